"""Rows of a table through bulk and the single path, each answered by its judgement or its error; and rule files for both."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from appraisal.core.appraise import appraise
from appraisal.core.bulk import BulkOutcome, Judgement, Table, appraise_table
from appraisal.core.calendar import Period
from appraisal.core.engine import session
from appraisal.core.engine.ruleset import grades_upwards
from appraisal.core.engine.session import Fire
from appraisal.core.errors import ScoringError
from appraisal.core.policy.model import Policy

ON, QUARTER = date(2026, 3, 31), Period.parse("2026-Q1")

NAME = "name: {zh: 名, en: name}"


def rules(name: str, entries: Sequence[str], events: str = "") -> str:
    written = "".join(f"\n      - {entry}" for entry in entries) or " []"
    return f"title: {{zh: 规则, en: Rules}}\neditions:\n  - effective: 2026-01-01\n{events}    rules:{written}\n"


Answer = Judgement | tuple[str, str]


def single(policy: Policy, table: Table, row: int, fire: Fire) -> Answer:
    """The row through the single path: its judgement, or code and path of its error."""
    try:
        return Judgement.of(appraise(policy, table.case(row, grades_upwards(policy)), fire))
    except ScoringError as error:
        return error.code, error.path


def answer(outcome: BulkOutcome, row: int) -> Answer:
    try:
        return outcome.judgement(row)
    except ScoringError as error:
        return error.code, error.path


def bulk(policy: Policy, table: Table, *, every_row: bool, fire: Fire = session.fire) -> list[Answer]:
    """All rows; a table that is refused as a whole is answered by that refusal in every row."""
    try:
        outcome = appraise_table(policy, table, fire, every_row=every_row)
    except ScoringError as error:
        return [(error.code, error.path)] * len(table)
    answers = [answer(outcome, row) for row in range(len(table))]
    arrays_agree(outcome, answers)
    return answers


def arrays_agree(outcome: BulkOutcome, answers: Sequence[Answer]) -> None:
    """The columns of the result say what each row's judgement says."""
    for row, found in enumerate(answers):
        if isinstance(found, tuple):
            assert (outcome.scores[row], outcome.computed[row]) == (-1, -1)
            assert (outcome.grade(row), outcome.vetoed[row]) == (None, False)
            continue
        assert Decimal(int(outcome.scores[row])).scaleb(-outcome.places) == found.score
        assert Decimal(int(outcome.computed[row])).scaleb(-outcome.places) == found.computed_score
        assert (outcome.grade(row), outcome.vetoed[row]) == (found.grade, found.vetoed)
