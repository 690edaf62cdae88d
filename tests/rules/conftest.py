"""Turns the YAML cases that HR reads and writes into tests: one test per case, named by the case's sentence.

A case file holds `title`, optional `defaults` (merged under every case) and `cases`. A case is the JSON of
`appraisal score`, shortened: `kind` may be left out where the item has a rating or factors (gs) or not (kpi).
`expect` names any part of the outcome; what it does not name is not compared. A case with `readings` is one of monitoring,
see watching.py.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from appraisal.core.appraise import appraise
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import case_from_json
from appraisal.core.policy.loader import PolicyBook, load_book, read_document, read_files
from appraisal.core.policy.tree import Node
from tests.rules.watching import WATCHED, watched_agrees, watched_outcome

ROOT = Path(__file__).parents[2]
WORDS = ("computed_score", "score", "vetoed", "grade", "multiplier", "outcomes", "fired", "items", "zeroed", "missing", "error")


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Every YAML file beside this one is a file of cases."""
    return CaseFile.from_parent(parent, path=file_path) if file_path.suffix == ".yaml" else None


class CaseFile(pytest.File):
    """A file of cases; its folder names the policy."""

    def collect(self) -> Iterator[pytest.Item]:
        node, problems = read_document(self.path.read_text("utf-8"), self.path.name)
        if node is None or problems:
            raise self.CollectError("\n".join(str(problem) for problem in problems))
        document = plain_values(node)
        for entry in document["cases"]:
            case = {"policy": self.path.parent.name, **document.get("defaults", {}), **entry["case"]}
            yield CaseItem.from_parent(self, name=entry["name"], case=case, expect=entry["expect"])


class CaseItem(pytest.Item):
    """One case: what comes out of the engine must be what the case expects."""

    def __init__(self, *, case: dict[str, Any], expect: dict[str, Any], **rest: Any) -> None:
        super().__init__(**rest)
        self.case, self.expect = case, expect

    def runtest(self) -> None:
        watches = "readings" in self.case
        words = WATCHED if watches else WORDS
        unknown = set(self.expect) - set(words)
        if unknown or not self.expect:
            raise WrongCase(f"expect names {sorted(unknown) or 'nothing'}; known: {', '.join(words)}")
        found = watched_outcome(book(self.case["policy"]), self.case) if watches else outcome_of(self.case)
        agree = watched_agrees if watches else agrees
        differing = [
            f"{word}: expected {wanted!r}, found {found.get(word)!r}"
            for word, wanted in self.expect.items()
            if not agree(word, wanted, found.get(word))
        ]
        if differing or ("error" in found and "error" not in self.expect):
            raise WrongCase("\n".join([*differing, str(found)]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, WrongCase) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


class WrongCase(Exception):
    """The outcome is not the expected one, or the case cannot be read."""


def outcome_of(case: dict[str, Any]) -> dict[str, Any]:
    """The outcome in the words a case file uses, or `error` with the code of the refusal."""
    try:
        read = case_from_json({**case, "items": [{"kind": kind_of(item), **item} for item in case["items"]]})
        outcome = appraise(book(case["policy"]).on(read.on), read)
    except ScoringError as error:
        return {"error": error.code, "message": str(error)}
    found = outcome.as_json()
    found["zeroed"] = {item["id"]: item["zeroed_by"] for item in found["items"] if item["zeroed_by"]}
    found["missing"] = [item["id"] for item in found["items"] if item["missing"]]
    found["items"] = {item["id"]: item["score"] for item in found["items"]}
    found["fired"] = [rule["rule"] for rule in found["fired"]]
    return found


def agrees(name: str, wanted: Any, found: Any) -> bool:
    """Of the items only those the case names are compared; everything else must be equal."""
    if name == "items" and found is not None:
        return all(item in found and found[item] == score for item, score in wanted.items())
    return bool(wanted == found)


def kind_of(item: dict[str, Any]) -> str:
    """A goal is rated or has factors; a KPI has a figure."""
    return "gs" if {"rating", "factors"} & item.keys() else "kpi"


def plain_values(node: Node) -> Any:
    """The document as plain values: numbers stay the text that was written, plain true and false become booleans."""
    if isinstance(node.value, tuple):
        return [plain_values(entry) for entry in node.value]
    if isinstance(node.value, str) or node.value is None:
        return node.value if node.quoted else {"true": True, "false": False}.get(node.value or "", node.value)
    return {key: plain_values(entry) for key, entry in node.value.items()}


@cache
def book(policy: str) -> PolicyBook:
    """The shipped policy, which must load without a problem."""
    loaded, problems = load_book(read_files(ROOT), policy)
    if loaded is None:
        raise WrongCase("\n".join(str(problem) for problem in problems))
    return loaded
