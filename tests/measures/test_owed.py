"""What is still owed: every agreed KPI with its state, whose it is to provide, and until when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.checks import ItemDraft
from appraisal.cycles import queries as cycles
from appraisal.errors import NotAllowed
from appraisal.measures import owed, providers, service
from appraisal.people.models import Account
from tests import factories
from tests.agreements.samples import NEW_CUSTOMERS, PLAN, REVENUE, Quarter, a_quarter, record, sign
from tests.measures.counting import asked

COLLECTED = ItemDraft("collection_rate", "kpi", D(20), target=D(95), challenge=D(100))
WITH_FORMULA = (replace(REVENUE, weight=D(40)), COLLECTED, NEW_CUSTOMERS, PLAN)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 10, tzinfo=clock.COMPANY_ZONE)


@pytest.fixture
def quarter(session: Session) -> Quarter:
    with clock.at(at(1, 5)):
        quarter = a_quarter(session)
    sign(quarter, WITH_FORMULA)
    return quarter


def rows(quarter: Quarter, actor: Actor | None = None, **asked: object) -> Sequence[owed.Owed]:
    statement, order = owed.figures_owed(quarter.session, actor or quarter.hr, quarter.cycle, **asked)
    found = quarter.session.exec(statement.order_by(*(column for column, _ in order))).all()
    return owed.owed(quarter.session, quarter.cycle, found)


def states(quarter: Quarter, actor: Actor | None = None, **asked: object) -> dict[str, str]:
    return {row.item: row.state for row in rows(quarter, actor, **asked)}


def assign(quarter: Quarter, name: str, actor: Actor, days: int | None = None) -> None:
    asked = {"kind": "indicator", "name": name, "account_id": actor.account_id, "working_days": days}
    providers.assign_provider(quarter.session, quarter.hr, **asked)


def collect(quarter: Quarter, received: str, due: str) -> None:
    inputs = {"实际回款金额": D(received), "应收账款总额": D(due)}
    measure = service.record_actual(
        quarter.session, quarter.provider, quarter.sheet.id, "collection_rate", inputs=inputs, source_document="明细"
    )
    service.confirm_actual(quarter.session, quarter.checker, measure.id)


def test_every_agreed_kpi_is_owed_and_no_goal_is(quarter: Quarter):
    assert states(quarter) == dict.fromkeys(("revenue", "collection_rate", "new_customers"), "missing")


def test_a_figure_is_missing_then_unconfirmed_then_confirmed(session: Session, quarter: Quarter):
    entered = service.record_actual(
        session, quarter.provider, quarter.sheet.id, "revenue", actual=D(0), source_document="利润表"
    )
    assert states(quarter)["revenue"] == "unconfirmed"
    service.confirm_actual(session, quarter.checker, entered.id)
    assert states(quarter)["revenue"] == "confirmed"


def test_a_confirmed_figure_with_nothing_to_divide_by_is_told_apart(quarter: Quarter):
    collect(quarter, "0", "0")
    assert states(quarter)["collection_rate"] == "no_base"


def test_a_correction_that_waits_leaves_the_confirmed_figure_standing(session: Session, quarter: Quarter):
    record(quarter, {"revenue": "110"})
    (row,) = rows(quarter, item="revenue")
    later = service.correct_actual(session, quarter.provider, row.entry_id, actual=D(1), source_document="表", reason="笔误")
    (row,) = rows(quarter, item="revenue")
    assert (row.state, row.entry_id) == ("confirmed", later.id)


def test_it_is_narrowed_by_state_item_and_person(quarter: Quarter):
    record(quarter, {"revenue": "110"})
    assert states(quarter, state="confirmed") == {"revenue": "confirmed"}
    assert set(states(quarter, state="missing")) == {"collection_rate", "new_customers"}
    assert set(states(quarter, item="revenue", number=quarter.employee.number)) == {"revenue"}
    assert states(quarter, number="nobody") == {}


def test_a_provider_is_shown_what_is_left_to_them(quarter: Quarter):
    assign(quarter, "revenue", quarter.checker)
    assert set(states(quarter, quarter.provider)) == {"collection_rate", "new_customers"}
    assert set(states(quarter, quarter.checker)) == {"revenue", "collection_rate", "new_customers"}


def test_nobody_is_shown_their_own_and_only_providers_and_hr_ask(quarter: Quarter):
    own = replace(quarter.own, roles=frozenset({"employee", "hr"}))
    assert states(quarter, own) == {}
    for actor in (quarter.own, quarter.supervisor, quarter.payroll, quarter.approver):
        with pytest.raises(NotAllowed):
            states(quarter, actor)


def test_figures_are_due_when_the_first_step_is(quarter: Quarter):
    due_on = cycles.due_on(quarter.session, cycles.policy_of(quarter.session, quarter.cycle), quarter.appraisal)
    assert due_on is not None
    assert {row.due_on for row in rows(quarter)} == {due_on}


def test_they_stay_due_then_when_the_appraisal_has_gone_on(session: Session, quarter: Quarter):
    (before,) = {row.due_on for row in rows(quarter)}
    record(quarter, {"revenue": "110", "new_customers": "10"})
    collect(quarter, "91", "96")
    with clock.at(at(4, 2)):
        service.complete_data(session, quarter.provider, quarter.appraisal.id)
    assert {row.due_on for row in rows(quarter)} == {before}


def test_a_provider_with_fewer_working_days_owes_sooner(quarter: Quarter):
    # The first quarter ends on Tuesday, 31 March 2026; 6 April is the Qingming holiday.
    assign(quarter, "revenue", quarter.provider, 2)
    due = {row.item: row.due_on for row in rows(quarter)}
    assert due["revenue"] == date(2026, 4, 2)
    assert due["new_customers"] == date(2026, 4, 8)


def test_more_days_than_the_step_has_give_no_more_time(quarter: Quarter):
    assign(quarter, "revenue", quarter.provider, 30)
    assert len({row.due_on for row in rows(quarter)}) == 1


@pytest.mark.parametrize(("day", "overdue"), [(2, False), (3, True)])
def test_a_figure_is_overdue_the_day_after_it_was_due(quarter: Quarter, day: int, overdue: bool):
    assign(quarter, "revenue", quarter.provider, 2)
    with clock.at(at(4, day)):
        assert [row.is_overdue for row in rows(quarter, item="revenue")] == [overdue]


def test_a_confirmed_figure_is_never_overdue(quarter: Quarter):
    record(quarter, {"revenue": "110"})
    with clock.at(at(6, 1)):
        assert [row.is_overdue for row in rows(quarter, item="revenue")] == [False]


def test_the_sum_is_told_per_provider_and_for_what_is_nobodys(session: Session, quarter: Quarter):
    record(quarter, {"revenue": "110"})
    collect(quarter, "0", "0")
    assign(quarter, "revenue", quarter.provider, 2)
    assign(quarter, "collection_rate", quarter.provider)
    with clock.at(at(4, 3)):
        shares = owed.by_provider(session, quarter.hr, quarter.cycle)
    told = [(share.provider.provider if share.provider else None, share.items, share.counts, share.overdue) for share in shares]
    nothing = dict.fromkeys(owed.STATES, 0)
    name = quarter.provider.name
    assert told == [
        (name, ("revenue",), nothing | {"confirmed": 1}, 0),
        (name, ("collection_rate",), nothing | {"no_base": 1}, 0),
        (None, ("new_customers",), nothing | {"missing": 1}, 0),
    ]


def test_the_number_of_queries_does_not_grow_with_the_figures(session: Session):
    head = factories.an_employee(session, "李主管")
    post = factories.a_post(session)
    people = [factories.an_employee(session, post=post, supervisor=head) for _ in range(5)]
    cycle = factories.an_open_cycle(session)
    quarters = [a_quarter(session, person, cycle=cycle) for person in people]
    sign(quarters[0], WITH_FORMULA)
    few = asked(session, lambda: owed.by_provider(session, quarters[0].hr, cycle))
    for quarter in quarters[1:]:
        sign(quarter, WITH_FORMULA)
    many = asked(session, lambda: owed.by_provider(session, quarters[0].hr, cycle))
    assert many == few


def test_the_page_of_a_case_learns_what_is_waited_for_from_whom_and_until_when(session: Session, quarter: Quarter):
    assign(quarter, "revenue", quarter.provider, days=2)
    with clock.at(at(4, 8)):
        by_sheet = agreements.agreed(session, [quarter.sheet.id])
        found = owed.waiting_of(session, quarter.cycle, quarter.appraisal, by_sheet)
        login = session.get_one(Account, quarter.provider.account_id).login
        assert {item: (one.state, one.providers) for (_, item), one in found.items()} == {
            "revenue": ("missing", (login,)),
            "collection_rate": ("missing", ()),
            "new_customers": ("missing", ()),
        }
        due = {item: one.due_on for (_, item), one in found.items()}
        assert due["revenue"] < due["new_customers"] == rows(quarter, item="new_customers")[0].due_on
        record(quarter, {"new_customers": "10"})
        found = owed.waiting_of(session, quarter.cycle, quarter.appraisal, by_sheet)
        assert {item for _, item in found} == {"collection_rate", "revenue"}
