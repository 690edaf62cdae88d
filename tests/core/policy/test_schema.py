"""The JSON Schemas for editors say what the loader accepts."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from appraisal.core.policy.loader import read_document, read_files
from appraisal.core.policy.schema import schemas
from appraisal.core.policy.tree import Node
from appraisal.core.scoring.curves import METHODS
from tests.core.policy.mini import FILES, GRADES, WATCHED, files_with

SCHEMAS = schemas({name: method.keys for name, method in METHODS.items()})
SHIPPED = read_files(Path(__file__).parents[3])


def as_json(node: Node) -> Any:
    """The document as an editor's YAML 1.2 parser hands it to the schema."""
    if isinstance(node.value, tuple):
        return [as_json(child) for child in node]
    if isinstance(node.value, dict):
        return {key: as_json(child) for key, child in node.value.items()}
    if node.quoted or not isinstance(node.value, str):
        return node.value
    if node.value in ("true", "false"):
        return node.value == "true"
    for kind in (int, float):
        try:
            return kind(node.value)
        except ValueError:
            continue
    return node.value


def complaints(path: str, text: str) -> list[str]:
    """What the schema of that file says about the text."""
    node, problems = read_document(text, path)
    assert node is not None and problems == []
    schema = SCHEMAS[kind_of(path)]
    return [error.message for error in Draft202012Validator(schema).iter_errors(as_json(node))]


def kind_of(path: str) -> str:
    """The name of the schema for a rule file."""
    if path.startswith("weights/"):
        return "weights.yaml"
    if path.startswith("rules/calendar/"):
        return "calendar.yaml"
    folder, name = path.rsplit("/", 2)[1:]
    return f"{folder}.yaml" if folder in ("indicators", "processes") else name


def test_there_is_a_valid_schema_for_every_kind_of_rule_file() -> None:
    assert set(SCHEMAS) == {kind_of(path) for path in (*FILES, *WATCHED)}
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", [*FILES, *WATCHED, *SHIPPED])
def test_what_the_loader_accepts_the_schema_accepts(path: str) -> None:
    assert complaints(path, {**FILES, **WATCHED, **SHIPPED}[path]) == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (GRADES, "multiplier: 1.2", "multiplyer: 1.2"),
        (GRADES, ", multiplier: 1.2", ""),
        (GRADES, "from: 85", "from: '85'"),
        (GRADES, "effective: 2026-01-01", "effective: 1.1.2026"),
        (GRADES, "multiplier: 1.2}", "multiplier: 1.2, assumed: {multiplyer: 未写}}"),
        ("rules/mini/policy.yaml", "missing: block", "missing: blok"),
        ("rules/mini/policy.yaml", "precision: 4", "precision: 4.5"),
        ("rules/mini/vetoes.yaml", "all_posts: true", "all_posts: yes"),
        ("rules/mini/indicators/finance.yaml", "- id: revenue", "- id: Revenue"),
        ("rules/mini/scoring.yaml", "zero_at: 20", "zero_att: 20"),
        ("rules/mini/scoring.yaml", "method: on_target", "method: on_targt"),
        ("rules/mini/scoring.yaml", "{from: 98, points: 100}", "{from: 98, pts: 100}"),
        ("rules/mini/scoring.yaml", "zero: none_allowed", "nought: none_allowed"),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(path: str, old: str, new: str) -> None:
    assert complaints(path, files_with(path, (old, new))[path])


def test_without_the_methods_any_parameters_pass() -> None:
    curve = schemas()["scoring.yaml"]["$defs"]["Curve"]
    assert "allOf" not in curve
    assert "enum" not in curve["properties"]["method"]


def test_an_editor_learns_what_a_key_is_for() -> None:
    assert "bonus multiplier" in SCHEMAS["grades.yaml"]["$defs"]["Band"]["description"]
    assert SCHEMAS["indicators.yaml"]["$defs"]["Indicator"]["properties"]["decimals"]["default"] == 4
