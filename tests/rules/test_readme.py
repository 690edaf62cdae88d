"""rules/README.md lists every scoring method and every key; these tests compare the copies with the code."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_type_hints

from appraisal.core.numbers import plain
from appraisal.core.policy import files, model, monitoring, working_calendar
from appraisal.core.policy.tree import Node
from appraisal.core.scoring.curves import METHODS

RULES = Path(__file__).parents[2] / "rules"
README = (RULES / "README.md").read_text("utf-8")
WEIGHTS = (RULES.parent / "weights" / "README.md").read_text("utf-8")
FILES = (
    *(files.PolicyFile, files.IndicatorFile, files.ScoringFile, files.GradesFile, files.VetoesFile, files.OutcomesFile),
    *(files.WorkflowFile, working_calendar.CalendarFile, monitoring.MonitoringPolicyEdition, files.MonitoringFile),
    files.ProcessFile,
)


def test_the_table_of_methods_has_one_row_for_each_method_with_its_parameters() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ · [^|]+ \| [^|]+ \| ([^|]+) \|$", README, re.MULTILINE)
    assert {name: set(re.findall(r"`([^`]+)`", parameters)) for name, parameters in rows} == {
        name: {_written(key, method.defaults) for key in method.keys} for name, method in METHODS.items()
    }


def test_every_key_a_rule_file_may_hold_is_explained() -> None:
    missing = {key for kind in FILES for key in _keys(kind) if key not in _words(README)}
    assert not missing


def test_every_key_a_weights_file_may_hold_is_explained() -> None:
    missing = {key for key in _keys(files.WeightsFile) if key not in _words(WEIGHTS)}
    assert not missing


def test_a_key_that_is_not_explained_would_be_found() -> None:
    assert "from" in _keys(files.GradesFile)
    assert "from" in _words("`from`") and "from" not in _words("`fromage`")


def _written(key: str, defaults: Mapping[str, Any]) -> str:
    value = defaults.get(key)
    if value is None:
        return key
    return f"{key}={plain(value) if isinstance(value, Decimal) else value}"


def _words(text: str) -> set[str]:
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return {word for code in inline for word in re.findall(r"\w+", code, re.ASCII)}


def _keys(kind: Any) -> set[str]:
    """Every key of a dataclass and of the dataclasses inside it, as YAML writes it."""
    found: set[str] = set()
    if is_dataclass(kind) and kind not in (model.Text, model.Assumed, Node):
        for field in fields(kind):
            if field.name != "where":
                found |= {field.name.rstrip("_")} | _keys(get_type_hints(kind)[field.name])
    for argument in get_args(kind):
        found |= _keys(argument)
    return found
