"""The impact of another text: who would move in a cycle that has been judged, and what it would cost."""

from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.core.policy.model import Policy
from appraisal.errors import NotAllowed, NotFound
from appraisal.policies import queries as policies
from appraisal.results import queries
from appraisal.results.impact import Impact, impact_of
from tests import factories
from tests.results.a_quarter import Quarter, a_quarter

GRADES = "rules/trading/grades.yaml"


@pytest.fixture
def quarter(session: Session) -> Quarter:
    return a_quarter(session)


def under(session: Session, *replaced: tuple[str, str, str]) -> Policy:
    """The trading policy with some words of some files replaced, compiled."""
    files = dict(factories.checked().files)
    for path, old, new in replaced:
        assert files[path].count(old) == 1, old
        files[path] = files[path].replace(old, new)
    return policies.compiled_state(factories.a_published_policy(session, files=files))


def seen(session: Session, quarter: Quarter, policy: Policy) -> Impact:
    return impact_of(session, factories.hr(session), quarter.cycle.id, policy)


def test_the_same_text_moves_nobody(session: Session, quarter: Quarter) -> None:
    found = seen(session, quarter, under(session))
    assert (found.cases, found.moves, found.grades) == (3, (), [])
    assert found.multipliers_before == found.multipliers_after


def test_a_multiplier_costs_what_it_is_given_to(session: Session, quarter: Quarter) -> None:
    was = queries.standing(session, quarter.appraisals["周"]).result
    found = seen(session, quarter, under(session, (GRADES, f"multiplier: {_plain(was.multiplier)}", "multiplier: 1.9")))
    [one] = [move for move in found.moves if move.appraisal_id == was.appraisal_id]
    assert (one.before.multiplier, one.after.multiplier) == (was.multiplier, D("1.9"))
    assert one.before.grade == one.after.grade
    assert found.multipliers_after - found.multipliers_before == (D("1.9") - was.multiplier) * len(found.moves)
    assert found.grades == []


def test_who_would_go_to_another_grade_is_counted(session: Session, quarter: Quarter) -> None:
    found = seen(session, quarter, under(session, (GRADES, "from: 95", "from: 80.5"), (GRADES, "from: 85", "from: 80")))
    assert all(move.after.grade == "S" for move in found.moves)
    assert sum(count for _, _, count in found.grades) == len(found.moves) > 0


def test_who_would_have_no_result_is_told_why_and_costs_nothing(session: Session, quarter: Quarter) -> None:
    renamed = ("weights/trading/sales.yaml", "id: sales\n", "id: selling\n")
    found = seen(session, quarter, under(session, renamed))
    assert found.cases == 3
    assert all(move.after is None and "sales" in move.refusal.en for move in found.moves)
    assert found.multipliers_before == found.multipliers_after == 0


def test_it_is_for_hr_of_the_whole_company(session: Session, quarter: Quarter) -> None:
    policy = under(session)
    limited = Actor(
        account_id=1, employee_id=None, name="x", roles=frozenset({"hr"}), limits=frozenset({("hr", quarter.sales.id)})
    )
    for actor in (limited, Actor(account_id=1, employee_id=None, name="x", roles=frozenset({"payroll"}))):
        with pytest.raises(NotAllowed):
            impact_of(session, actor, quarter.cycle.id, policy)


def test_a_cycle_that_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        impact_of(session, factories.hr(session), 2**31 - 1, under(session))


def _plain(number: D) -> str:
    return f"{number.normalize():f}" if number != number.to_integral() else f"{number:.1f}"
