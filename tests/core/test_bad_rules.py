"""Each mistake HR can make in a rule file is found where it stands, in words that say what is wrong."""

import re
from pathlib import Path

import pytest

from appraisal.core.checks import check_book
from appraisal.core.checks.calendar import check_calendar
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.tree import Problem
from appraisal.core.policy.working_calendar import load_calendar

BAD_RULES = Path(__file__).parents[1] / "bad_rules"
BASE = read_files(BAD_RULES / "_base")
CALENDAR = {path: text for path, text in BASE.items() if path.startswith("rules/calendar/")}
WATCHED = read_files(BAD_RULES / "_watch") | CALENDAR
FIRST_LINE = re.compile(r"# (?P<severity>error|warning|assumed) (?P<line>\d+): (?P<words>.+)")
SECOND_LINE = re.compile(r"# on: (?P<path>(rules|weights)/.+\.yaml)")


def findings(files: dict[str, str], policy: str = "mini") -> list[Problem]:
    """What `appraisal policy check` prints."""
    calendar, found = load_calendar(files)
    book, problems = load_book(files, policy)
    return [*found, *(check_calendar(calendar) if calendar else []), *problems, *(check_book(book) if book else [])]


def test_the_base_policy_has_no_finding_at_all() -> None:
    assert [str(problem) for problem in findings(BASE)] == []
    assert [str(problem) for problem in findings(WATCHED, "watch")] == []


@pytest.mark.parametrize("path", sorted(BAD_RULES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_mistake_is_found_where_it_stands_in_the_promised_words(path: Path) -> None:
    text = path.read_text("utf-8")
    promise, place = (form.fullmatch(line) for form, line in zip((FIRST_LINE, SECOND_LINE), text.splitlines(), strict=False))
    assert promise and place, "line 1 is `# severity line: words`, line 2 is `# on: the file of _base it replaces`"
    base, policy = (BASE, "mini") if place["path"] in BASE else (WATCHED, "watch")
    assert place["path"] in base
    found = findings({**base, place["path"]: text}, policy)
    promised = [
        problem
        for problem in found
        if (problem.where.path, problem.where.line) == (place["path"], int(promise["line"]))
        and problem.severity == promise["severity"]
        and promise["words"] in problem.message
    ]
    assert promised, "found instead:\n" + "\n".join(map(str, found))
    assert any(problem.severity == "error" for problem in found) == (promise["severity"] == "error")


def test_there_is_a_file_for_every_kind_of_severity() -> None:
    severities = {path.read_text("utf-8").split()[1] for path in BAD_RULES.glob("*.yaml")}
    assert severities == {"error", "warning", "assumed"}
