"""The four KPIs about the KPIs are counted of what is on record and entered as readings, each with where it comes from."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from sqlmodel import Session, select

from appraisal import clock
from appraisal.actor import SYSTEM
from appraisal.bulletins import about_kpis, suggestions
from appraisal.bulletins.about_kpis import Entered, enter
from appraisal.core.calendar import Period
from appraisal.core.judging import readings as core
from appraisal.core.monitoring.evaluate import evaluate
from appraisal.errors import Invalid, NotAllowed
from appraisal.exceptions.models import KpiException
from appraisal.exceptions.responding import evaluate_and_respond
from appraisal.monitoring import queries, service
from appraisal.monitoring.models import Reading
from appraisal.monitoring.watched import watching
from tests import factories
from tests.bulletins.a_week import MARCH, READ, SUNDAY, Weekly, a_week
from tests.monitoring.samples import enter as enter_by_hand
from tests.monitoring.samples import iqc

DUE, AFTER = date(2026, 4, 4), date(2026, 4, 5)
"""The last day on which March's readings are in time, and the first on which that can be counted."""


def counted(week: Weekly, on: date = AFTER, month: Period = MARCH) -> Entered:
    with clock.at(on):
        return enter(week.session, week.manager, "kpi_sop", week.unit_id, month)


def figures(week: Weekly, name: str, month: Period = MARCH) -> tuple[int, int] | None:
    """So many of so many, as last entered."""
    key = ("kpi_sop", name, week.unit_id)
    found = queries.latest(week.session, [key])[key].get(str(month))
    if found is None:
        return None
    one, other = (int(D(figure)) for figure in found.inputs.values())
    return one, other


@pytest.mark.parametrize(("on", "count"), [(DUE, 3), (AFTER, 2)])
def test_a_reading_is_in_time_up_to_and_on_the_day_it_was_due(session: Session, on: date, count: int) -> None:
    with a_week(session) as week:
        oqc = {"indicator": "oqc_pass_rate", "inputs": {"OQC合格批数": D(99), "OQC检验批数": D(100)}}
        with clock.at(on):
            enter_by_hand(week.around, "2026-03", **oqc)
        counted(week, AFTER + timedelta(days=1))
        assert figures(week, "data_on_time") == (count, 3)


def test_what_was_never_entered_is_owed_and_a_correction_does_not_make_a_reading_late(session: Session) -> None:
    with a_week(session) as week:
        with clock.at(READ):
            enter_by_hand(
                week.around, "2026-02", indicator="oqc_pass_rate", inputs={"OQC合格批数": D(99), "OQC检验批数": D(100)}
            )
        with clock.at(AFTER):
            (first,) = session.exec(select(Reading).where(Reading.indicator == "iqc_pass_rate", Reading.period == "2026-03"))
            said = {"source_document": "QR-9", "reason": "复检", "inputs": iqc(91)}
            service.correct_reading(session, week.around.provider, first.id, **said)
        counted(week, AFTER)
        assert figures(week, "data_on_time") == (2, 3)


def test_it_is_not_counted_before_the_last_reading_was_due(session: Session) -> None:
    with a_week(session) as week:
        assert "data_on_time" in {one.indicator for one in counted(week, DUE).not_yet}
        assert figures(week, "data_on_time") is None
        counted(week, AFTER)
        assert figures(week, "data_on_time") == (2, 2)


@pytest.mark.parametrize(("on", "count"), [(date(2026, 4, 30), 1), (date(2026, 5, 1), 0)])
def test_the_dashboard_is_updated_in_time_until_the_end_of_the_month_that_follows(
    session: Session, on: date, count: int
) -> None:
    with a_week(session, evaluated=False) as week:
        assert figures(week, "dashboard_updated") is None
        assert "dashboard_updated" in {one.indicator for one in counted(week, date(2026, 4, 30)).not_yet}
        with clock.at(on):
            week.evaluate()
        counted(week, date(2026, 5, 2))
        assert figures(week, "dashboard_updated") == (count, 1)


def test_a_month_never_evaluated_was_not_updated(session: Session) -> None:
    with a_week(session, evaluated=False) as week:
        found = counted(week, date(2026, 5, 1))
        assert figures(week, "dashboard_updated") == (0, 1)
        assert {one.indicator for one in found.not_yet} == {"exceptions_started"}


def test_records_opened_count_of_what_levels_and_trends_call_for(session: Session) -> None:
    with a_week(session) as week:
        counted(week)
        assert figures(week, "exceptions_started") == (0, 0)  # evaluated, and nobody has looked at what it alerts of
        evaluate_and_respond(session, week.manager, "kpi_sop", week.unit_id, MARCH)
        counted(week)
        started = figures(week, "exceptions_started")
        assert started is not None and started[0] == started[1] >= 2
        first = session.exec(select(KpiException).order_by(KpiException.id)).first()
        first.due_on = clock.today() - timedelta(days=1)
        session.flush()
        counted(week)
        assert figures(week, "exceptions_started") == (started[0] - 1, started[1])


def test_suggestions_adopted_count_of_those_decided_in_the_month(session: Session) -> None:
    with a_week(session) as week:
        made = week.make().suggestions
        assert len(made) >= 2
        with clock.at(date(2026, 4, 30)):
            suggestions.decide(session, week.manager, made[0].id, adopted=True)
        with clock.at(date(2026, 5, 1)):
            suggestions.decide(session, week.manager, made[1].id, adopted=False, reason="已在办理")
            suggestions.decide(session, week.manager, made[0].id, adopted=False, reason="改了主意")
        april, may = Period.parse("2026-04"), Period.parse("2026-05")
        counted(week, date(2026, 6, 5), april)
        counted(week, date(2026, 6, 5), may)
        assert figures(week, "advice_adopted", april) == (1, 1)
        assert figures(week, "advice_adopted", may) == (0, 2)


def test_nothing_decided_and_nothing_due_are_what_the_policy_makes_of_them(session: Session) -> None:
    with a_week(session) as week:
        counted(week)
        assert figures(week, "advice_adopted") == (0, 0) and figures(week, "exceptions_started") == (0, 0)
        policy = watching(session).policy_on("kpi_sop", MARCH.first_day())
        assert policy is not None

        def value(name: str) -> D | None:
            given = (one.name for one in policy.watched[name].indicator.inputs)
            reading = core.Reading(MARCH, None, dict.fromkeys(given, D(0)))
            return evaluate(policy, {name: [reading]}, MARCH).of(name).value

        assert value("advice_adopted") is None  # no_base: no value, which is not 100
        assert value("exceptions_started") == 100  # nothing_due, as the policy declares


def test_they_are_readings_of_the_system_that_say_where_they_come_from_and_wait_for_a_person(session: Session) -> None:
    with a_week(session) as week:
        found = counted(week)
        assert len(found.recorded) == 4 and found.corrected == found.unchanged == ()
        for one in found.recorded:
            reading = session.get_one(Reading, one)
            assert (reading.origin, reading.entered_by, reading.period) == ("event", None, "2026-03")
            assert reading.source_document.startswith("本系统 ")
        kept = queries.confirmed_of(session, "kpi_sop", week.unit_id, MARCH.last_day())
        assert "data_on_time" not in kept
        with pytest.raises(NotAllowed):
            service.confirm_reading(session, week.manager, found.recorded[0])
        service.confirm_reading(session, week.around.checker, found.recorded[0])
        assert "data_on_time" in queries.confirmed_of(session, "kpi_sop", week.unit_id, MARCH.last_day())


def test_counted_again_only_what_differs_is_corrected(session: Session) -> None:
    with a_week(session) as week:
        first = counted(week)
        again = counted(week)
        assert (again.recorded, again.corrected, again.unchanged) == ((), (), first.recorded)
        evaluate_and_respond(session, week.manager, "kpi_sop", week.unit_id, MARCH)
        later = counted(week, SUNDAY)
        assert len(later.corrected) == 1 and later.recorded == ()
        reading = session.get_one(Reading, later.corrected[0])
        assert reading.reason == about_kpis.REASON and reading.corrects_id in first.recorded


@pytest.mark.parametrize(("on", "refused"), [(date(2026, 3, 31), True), (date(2026, 4, 1), False)])
def test_a_month_is_counted_once_it_is_over(session: Session, on: date, refused: bool) -> None:
    with a_week(session, evaluated=False) as week:
        if refused:
            with pytest.raises(Invalid) as found:
                counted(week, on)
            assert found.value.code == "month_not_over"
        else:
            assert len(counted(week, on).not_yet) == 3


def test_only_months_of_a_policy_that_watches_them_are_counted_and_by_whom_the_indicators_are_managed(session: Session) -> None:
    with a_week(session) as week, clock.at(AFTER):
        for period, code in (("2026-Q1", "bad_month"), ("2026-W10", "bad_month")):
            with pytest.raises(Invalid) as found:
                enter(session, week.manager, "kpi_sop", week.unit_id, Period.parse(period))
            assert found.value.code == code
        factories.a_published_policy(session, name="plant")
        with pytest.raises(Invalid) as found:
            enter(session, week.manager, "plant", week.unit_id, MARCH)
        assert found.value.code == "not_watched"
        for who in (week.around.provider, week.around.hr, week.around.head):
            with pytest.raises(NotAllowed):
                enter(session, who, "kpi_sop", week.unit_id, MARCH)
        assert enter(session, SYSTEM, "kpi_sop", week.unit_id, MARCH).recorded
