"""One dictionary, one number: an agreed KPI that names a watched indicator takes the confirmed reading as its figure."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.agreements.checks import ItemDraft
from appraisal.cycles import queries as cycles
from appraisal.errors import NotAllowed
from appraisal.measures import queries as measures
from appraisal.measures import service as figures
from appraisal.measures.models import Measure
from appraisal.monitoring import service, taking
from appraisal.monitoring.importers import Reported
from appraisal.monitoring.models import Reading
from appraisal.people import auth
from appraisal.people.models import Account, AccountRole, Unit
from tests import factories
from tests.agreements.samples import NEW_CUSTOMERS, PLAN, Quarter, a_quarter, sign
from tests.results.policies import a_cycle_under

FINANCE = "rules/trading/indicators/finance.yaml"
REVENUE_ROW = "      - id: revenue\n"
TODAY = date(2026, 4, 2)


@pytest.fixture
def quarter(session: Session) -> Iterator[Quarter]:
    """A quarter under a trading policy whose revenue is the one that is watched."""
    with clock.at(TODAY):
        rules = dict(factories.checked().files)
        assert rules[FINANCE].count(REVENUE_ROW) == 1
        rules[FINANCE] = rules[FINANCE].replace(REVENUE_ROW, REVENUE_ROW + "        reading: kpi_sop/monthly_revenue\n")
        factories.a_published_policy(session, name="kpi_sop")
        chief = factories.an_employee(session, "李主管")
        employee = factories.an_employee(session, post=factories.a_post(session), supervisor=chief)
        yield a_quarter(session, employee, cycle=a_cycle_under(session, rules))


def enter(quarter: Quarter, period: str, value: str, unit: str | None = "own") -> Reading:
    own = quarter.session.get_one(Unit, quarter.sheet.unit_id).code
    said = {"source_document": f"利润表 {period}", "value": D(value), "policy": "kpi_sop"}
    reported = Reported(None, "monthly_revenue", period, unit=own if unit == "own" else unit, **said)
    return service.enter_reading(quarter.session, quarter.provider, reported)


def read(quarter: Quarter, *values: str, unit: str | None = "own") -> list[Reading]:
    """The months of the quarter, entered and confirmed."""
    rows = [enter(quarter, f"2026-{month:02}", value, unit) for month, value in enumerate(values, 1)]
    service.confirm_readings(quarter.session, quarter.checker, [row.id for row in rows])
    return rows


def figure(quarter: Quarter) -> Measure | None:
    return measures.latest(quarter.session, [quarter.sheet.id]).get((quarter.sheet.id, "revenue", "2026-Q1"))


def why(quarter: Quarter) -> list[str]:
    return [one.code for one in taking.take_readings(quarter.session, quarter.hr, quarter.cycle.id).left]


def test_once_the_last_month_is_confirmed_the_quarters_mean_is_the_figure(quarter: Quarter):
    sign(quarter)
    months = read(quarter, "100", "110")
    assert figure(quarter) is None
    last = enter(quarter, "2026-03", "121.5")
    service.confirm_reading(quarter.session, quarter.checker, last.id)
    taken = figure(quarter)
    assert taken is not None
    assert (taken.actual, taken.origin, taken.entered_by) == (D("110.5"), "event", quarter.provider.account_id)
    ids = ", ".join(f"#{one.id}" for one in (*months, last))
    assert taken.source_document == f"reading kpi_sop/monthly_revenue 2026-Q1 ({ids})"
    policy = cycles.policy_of(quarter.session, quarter.cycle)
    counted = measures.figures(quarter.session, policy, [quarter.sheet.id])
    assert counted[quarter.sheet.id, "revenue"].actual == D("110.5")
    assert measures.confirmation_of(quarter.session, taken.id).confirmed_by == quarter.checker.account_id


def test_an_agreement_signed_later_takes_the_readings_that_are_there(quarter: Quarter):
    read(quarter, "30", "40", "40")
    sign(quarter)
    assert figure(quarter) is None
    assert len(taking.take_readings(quarter.session, quarter.hr, quarter.cycle.id).recorded) == 1
    again = taking.take_readings(quarter.session, quarter.hr, quarter.cycle.id)
    assert (again.recorded, again.corrected, again.unchanged, again.left) == ((), (), 1, ())


def test_a_corrected_reading_corrects_the_figure(quarter: Quarter):
    sign(quarter)
    *_, march = read(quarter, "30", "40", "50")
    first = figure(quarter)
    said = {"source_document": "利润表", "reason": "跨期", "value": D(80)}
    later = service.correct_reading(quarter.session, quarter.provider, march.id, **said)
    assert figure(quarter).id == first.id
    service.confirm_reading(quarter.session, quarter.checker, later.id)
    assert (figure(quarter).actual, figure(quarter).corrects_id) == (D(50), first.id)


def test_what_somebody_has_entered_stands(quarter: Quarter):
    sign(quarter)
    by_hand = figures.record_actual(
        quarter.session, quarter.provider, quarter.sheet.id, "revenue", actual=D(99), source_document="合同台账"
    )
    read(quarter, "30", "40", "40")
    assert figure(quarter).id == by_hand.id
    assert why(quarter) == ["entered"]


def test_readings_of_another_unit_or_the_company_are_not_the_sheets(quarter: Quarter):
    sign(quarter)
    read(quarter, "30", "40", "40", unit=None)
    read(quarter, "30", "40", "40", unit=factories.a_unit(quarter.session, "采购部").code)
    assert (figure(quarter), why(quarter)) == (None, ["no_reading"])


def test_nobody_provides_the_figure_of_their_own_appraisal(quarter: Quarter):
    sign(quarter)
    rows = [enter(quarter, f"2026-{month:02}", "40") for month in (1, 2, 3)]
    account = quarter.session.get_one(Account, quarter.own.account_id)
    quarter.session.add(AccountRole(account_id=account.id, role="data_provider"))
    own = auth.actor_of(quarter.session, account)
    service.confirm_readings(quarter.session, own, [row.id for row in rows])
    assert (figure(quarter), why(quarter)) == (None, ["own_reading"])


def test_a_sheet_that_has_not_agreed_on_it_takes_nothing(quarter: Quarter):
    other = ItemDraft("collection_rate", "kpi", D(60), target=D(95), challenge=D(100))
    sign(quarter, (other, NEW_CUSTOMERS, PLAN))
    read(quarter, "30", "40", "40")
    assert (figure(quarter), why(quarter)) == (None, [])


def test_only_hr_and_data_providers_have_a_cycle_take_readings(quarter: Quarter):
    for actor in (quarter.own, quarter.supervisor, quarter.approver):
        with pytest.raises(NotAllowed):
            taking.take_readings(quarter.session, actor, quarter.cycle.id)
