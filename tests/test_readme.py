"""The lists of codes in the README are closed: what the code can say stands there, and nothing else."""

import ast
import re
from datetime import date

from appraisal.config import PROJECT_ROOT
from appraisal.core.policy.loader import load_book, read_files

README = (PROJECT_ROOT / "README.md").read_text("utf-8")
RAISERS = {"ScoringError", "error"}


def listed(heading: str) -> set[str]:
    """The codes named in the first cells of the table under a heading."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {code for row in rows for code in re.findall(r"`([a-z0-9_]+)`", row)}


def raised() -> set[str]:
    """Every code a case can be refused with, as a pattern: an f-string's fields stand for a word."""
    patterns = set()
    for folder in (PROJECT_ROOT / "appraisal" / "core", PROJECT_ROOT / "appraisal" / "policies"):
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", None))
                if isinstance(node, ast.Call) and name in RAISERS and node.args:
                    patterns |= _pattern(node.args[0])
    return patterns


def _pattern(code: ast.expr) -> set[str]:
    if isinstance(code, ast.Constant) and isinstance(code.value, str) and re.fullmatch("[a-z0-9_]+", code.value):
        return {code.value}
    if isinstance(code, ast.JoinedStr):
        return {"".join(part.value if isinstance(part, ast.Constant) else "[a-z0-9]+" for part in code.values)}
    return set()


def test_every_code_a_case_can_be_refused_with_is_listed() -> None:
    codes = listed("Why a case cannot be scored")
    assert {pattern for pattern in raised() if not any(re.fullmatch(pattern, code) for code in codes)} == set()


def test_no_code_is_listed_that_nothing_raises() -> None:
    patterns = raised()
    assert {code for code in listed("Why a case cannot be scored") if not any(re.fullmatch(p, code) for p in patterns)} == set()


def test_the_outcomes_listed_are_those_of_the_shipped_policy() -> None:
    book, _ = load_book(read_files(PROJECT_ROOT), "trading")
    assert book is not None
    assert listed("What can follow from a grade") == {rule.id for rule in book.on(date(2026, 3, 31)).outcomes.rules}
