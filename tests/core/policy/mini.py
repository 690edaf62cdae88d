"""The small sound policy of tests/bad_rules/_base, and ways to change one place in it."""

from datetime import date
from pathlib import Path

from appraisal.core.checks import check_book
from appraisal.core.policy.loader import PolicyBook, load_book, read_files
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import Problem

FIRST_DAY = date(2026, 1, 1)
GRADES = "rules/mini/grades.yaml"
FILES = read_files(Path(__file__).parents[2] / "bad_rules" / "_base")
WATCHED = read_files(Path(__file__).parents[2] / "bad_rules" / "_watch")
"""The same for a policy that watches and does not grade."""


def files_with(path: str, *changes: tuple[str, str]) -> dict[str, str]:
    """The files, with each text in one of them replaced; a change that finds nothing is a mistake of the test."""
    text = FILES[path]
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return {**FILES, path: text}


def book_of(files: dict[str, str]) -> PolicyBook:
    """The book of files that have no problem."""
    book, problems = load_book(files, "mini")
    assert book is not None, [str(problem) for problem in problems]
    return book


def policy_with(path: str, *changes: tuple[str, str]) -> Policy:
    """The policy on its first day, after changes in one file."""
    return book_of(files_with(path, *changes)).on(FIRST_DAY)


def findings_with(path: str, *changes: tuple[str, str]) -> list[Problem]:
    """What the checks say after changes in one file."""
    return check_book(book_of(files_with(path, *changes)))


def refusals_with(path: str, *changes: tuple[str, str]) -> list[Problem]:
    """What the loader says after changes in one file."""
    book, problems = load_book(files_with(path, *changes), "mini")
    assert book is None
    return problems
