"""Suggestions are taken up or not, by whom and why; the rate of adoption counts each once and leaves out the undecided."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest
from sqlmodel import Session, select

from appraisal import clock
from appraisal.bulletins import suggestions
from appraisal.bulletins.models import KpiSuggestion, KpiSuggestionDecision
from appraisal.bulletins.suggestions import Adoption, decide
from appraisal.errors import Invalid, NotAllowed, NotFound
from appraisal.exceptions.models import KpiException, KpiTask
from appraisal.exceptions.responding import evaluate_and_respond
from tests import factories
from tests.bulletins.a_week import MARCH, Weekly, a_week


@pytest.fixture
def week(session: Session) -> Iterator[Weekly]:
    with a_week(session) as found:
        found.make()
        yield found


def all_of(week: Weekly) -> list[KpiSuggestion]:
    return list(week.session.exec(select(KpiSuggestion).order_by(KpiSuggestion.id)))


def adoption(week: Weekly, **when: datetime) -> Adoption:
    return suggestions.adoption(week.session, "kpi_sop", week.unit_id, **when)


def state(week: Weekly, suggestion_id: int) -> str:
    return suggestions.state_of(suggestions.find_suggestion(week.session, week.manager, suggestion_id)[2])


def test_one_is_adopted_without_a_reason_and_another_refused_with_one(week: Weekly) -> None:
    first, second, *_ = all_of(week)
    assert state(week, first.id) == "undecided"
    decide(week.session, week.manager, first.id, adopted=True)
    decide(week.session, week.manager, second.id, adopted=False, reason="供应商已换")
    assert (state(week, first.id), state(week, second.id)) == ("adopted", "not_adopted")


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_what_is_not_adopted_needs_a_reason(week: Weekly, reason: str | None) -> None:
    one = all_of(week)[0]
    with pytest.raises(Invalid) as refused:
        decide(week.session, week.manager, one.id, adopted=False, reason=reason)
    assert refused.value.code == "text_needed"
    assert state(week, one.id) == "undecided"


def test_a_later_decision_counts_and_the_earlier_one_stays_on_record(week: Weekly) -> None:
    one = all_of(week)[0]
    decide(week.session, week.manager, one.id, adopted=True)
    decide(week.session, week.manager, one.id, adopted=False, reason="无效")
    assert state(week, one.id) == "not_adopted"
    told = suggestions.decisions_of(week.session, one.id)
    assert [decision.adopted for decision, *_ in told] == [True, False]
    assert adoption(week) == Adoption(0, 1, len(all_of(week)) - 1)


def test_the_rate_is_of_what_was_decided(week: Weekly) -> None:
    found = all_of(week)
    assert len(found) >= 3
    assert adoption(week) == Adoption(0, 0, len(found)) and adoption(week).rate is None
    decide(week.session, week.manager, found[0].id, adopted=True)
    decide(week.session, week.manager, found[1].id, adopted=True)
    assert adoption(week).rate == D(100)
    decide(week.session, week.manager, found[2].id, adopted=False, reason="不适用")
    assert (adoption(week).decided, adoption(week).rate) == (3, D("66.67"))


@pytest.mark.parametrize(("adopted", "decided", "rate"), [(7, 10, D(70)), (0, 3, D(0)), (1, 3, D("33.33")), (0, 0, None)])
def test_it_is_rounded_half_up_and_nothing_decided_is_no_rate(adopted: int, decided: int, rate: D | None) -> None:
    assert Adoption(adopted, decided, 0).rate == rate


def test_a_span_counts_from_its_beginning_until_before_its_end(week: Weekly) -> None:
    one = all_of(week)[0]
    moment = datetime(2026, 4, 3, 8, tzinfo=UTC)
    with clock.at(moment):
        decide(week.session, week.manager, one.id, adopted=True)
    second = timedelta(seconds=1)
    assert adoption(week, begins=moment, ends=moment + second).decided == 1
    assert adoption(week, begins=moment + second).decided == 0
    before = adoption(week, ends=moment)
    assert (before.decided, before.undecided) == (0, len(all_of(week)))
    assert adoption(week, ends=datetime(2026, 4, 1, tzinfo=UTC)) == Adoption(0, 0, 0)


def test_the_head_of_the_unit_decides_too_and_nobody_else(week: Weekly) -> None:
    session, around, one = week.session, week.around, all_of(week)[0]
    assert decide(session, around.head, one.id, adopted=True).decided_by == around.head.account_id
    for who in (around.hr, factories.an_actor(session, "auditor")):
        with pytest.raises(NotAllowed):
            decide(session, who, one.id, adopted=True)
    elsewhere = factories.an_actor(session, "kpi_manager", unit=factories.a_unit(session, "别处"))
    for who in (around.member, around.provider, elsewhere):
        with pytest.raises(NotFound):
            decide(session, who, one.id, adopted=True)


def test_it_may_name_the_exception_or_task_it_led_to_of_the_same_unit_only(week: Weekly) -> None:
    session, one = week.session, all_of(week)[0]
    evaluate_and_respond(session, week.manager, "kpi_sop", week.unit_id, MARCH)
    exception = session.exec(select(KpiException)).first()
    kept = decide(session, week.manager, one.id, adopted=True, exception_id=exception.id)
    assert kept.exception_id == exception.id
    with pytest.raises(Invalid) as refused:
        decide(session, week.manager, one.id, adopted=True, exception_id=exception.id + 100)
    assert refused.value.code == "unknown_exception"
    exception.unit_id = None
    session.flush()
    with pytest.raises(Invalid):
        decide(session, week.manager, one.id, adopted=True, exception_id=exception.id)
    with pytest.raises(Invalid) as refused:
        decide(session, week.manager, one.id, adopted=True, task_id=1 if session.get(KpiTask, 1) is None else 999)
    assert refused.value.code == "unknown_task"


def test_decisions_are_on_the_trail_and_cannot_be_changed(week: Weekly) -> None:
    one = all_of(week)[0]
    decide(week.session, week.manager, one.id, adopted=False, reason="不适用")
    (entry,) = [entry for entry in week.session.info["audit"] if entry.action == "kpi_suggestion.decide"]
    assert entry.object_id == str(one.id) and "不适用" in entry.payload
    kept = week.session.exec(select(KpiSuggestionDecision)).one()
    kept.reason = "别的"
    with pytest.raises(Exception, match=r"only added|never changed|refuse|may not"), week.session.begin_nested():
        week.session.flush()


@pytest.mark.parametrize(
    ("asked", "some"), [({"state": "undecided"}, True), ({"state": "adopted"}, False), ({"company": True}, False)]
)
def test_the_list_is_of_what_is_asked_for(week: Weekly, asked: dict[str, object], some: bool) -> None:
    found = week.session.execute(suggestions.suggestions_seen(week.session, week.manager, asked)).all()
    assert bool(found) is some


def test_several_are_found_by_their_ids_at_once(week: Weekly) -> None:
    ids = [one.id for one in all_of(week)]
    assert set(suggestions.of_ids(week.session, ids)) == set(ids)
