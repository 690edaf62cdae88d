"""Evaluations as they are kept: a new row only where something is said anew; targets of 0 and set ones; who sees them."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from appraisal import clock, db
from appraisal.core.calendar import Period
from appraisal.errors import NotFound
from appraisal.monitoring import alerts, evaluations, targets
from appraisal.monitoring.evaluations import Evaluated
from appraisal.monitoring.models import KpiAlert, KpiEvaluation
from tests import factories
from tests.monitoring.samples import TODAY, Watched, iqc, read, watched

MARCH = Period.parse("2026-03")


@pytest.fixture(autouse=True)
def _after_march():
    with clock.at(TODAY):
        yield


@pytest.fixture
def around(session: Session) -> Watched:
    return watched(session)


def evaluate(around: Watched, period: Period = MARCH, policy: str = "kpi_sop") -> Evaluated:
    manager = factories.an_actor(around.session, "kpi_manager")
    return evaluations.evaluate_period(around.session, manager, policy, around.unit.id, period)


def said(evaluated: Evaluated, indicator: str = "iqc_pass_rate") -> dict:
    return next(one for one in evaluated.row.content["indicators"] if one["id"] == indicator)


def test_a_row_is_added_only_where_it_says_something_else(around: Watched):
    read(around, inputs=iqc(60))
    first, again = evaluate(around), evaluate(around)
    assert (first.is_new, again.is_new, again.row.id) == (True, False, first.row.id)
    read(around, indicator="monthly_revenue", inputs=None, value=D(9_000_000))
    later = evaluate(around)
    assert (later.is_new, later.row.readings_digest != first.row.readings_digest) == (True, True)
    assert evaluations.latest(around.session, "kpi_sop", around.unit.id, MARCH).id == later.row.id


def test_what_was_said_is_not_changed_or_deleted(engine: Engine):
    with db.transaction(engine, write=True) as session:
        evaluate(watched(session))
    for act in ("UPDATE kpi_evaluation SET period = '2026-04'", "DELETE FROM kpi_evaluation"):
        with pytest.raises(DatabaseError), engine.begin() as connection:
            connection.execute(text(act))


def test_it_keeps_the_last_values_and_that_of_the_year_before(around: Watched):
    for period, passed in (("2025-03", 91), ("2026-01", 97), ("2026-03", 99)):
        read(around, period, inputs=iqc(passed))
    one = said(evaluate(around))
    assert one["same_last_year"] == "91"
    assert [one["series"][0], *one["series"][-3:]] == [
        *(["2025-03", "91"], ["2026-01", "97"], ["2026-02", None], ["2026-03", "99"]),
    ]
    assert len(one["series"]) == evaluations.SERIES


@pytest.mark.parametrize(("cases", "level"), [("0", "normal"), ("1", "severe")])
def test_a_target_of_zero_is_met_or_missed_by_any_amount(around: Watched, cases, level):
    read(around, indicator="chemical_accidents", inputs=None, value=D(cases), source_document="安全月报")
    evaluated = evaluate(around)
    one = said(evaluated, "chemical_accidents")
    assert (one["level"], one["deviation"]) == (level, "0" if level == "normal" else None)
    standing = alerts.settle(around.session, around.provider, evaluated).standing
    assert [(one.indicator, one.level) for one in standing] == ([("chemical_accidents", "severe")] if level == "severe" else [])


def test_targets_set_beside_the_policy_are_judged_by(around: Watched):
    session, manager = around.session, factories.an_actor(around.session, "kpi_manager")
    factories.a_published_policy(session, name="plant")
    inputs = {"可运行时间": D(80), "计划运行时间": D(100)}
    read(around, policy="plant", indicator="equipment_availability", inputs=inputs, source_document="运行记录")
    assert said(evaluate(around, policy="plant"), "equipment_availability")["level"] is None
    wanted = {"policy": "plant", "indicator": "equipment_availability", "unit_id": around.unit.id, "operator": ">="}
    wanted |= {"value": D(100), "from_on": date(2026, 1, 1), "reason": "年度目标"}
    targets.set_target(session, manager, targets.Wanted(**wanted))
    one = said(evaluate(around, policy="plant"), "equipment_availability")
    assert (one["level"], one["deviation"], one["target"]["value"]) == ("abnormal", "20", "100")


def test_a_quarter_is_judged_at_its_end_and_its_month_is_alerted_of_once(around: Watched):
    for month in (1, 2, 3):
        read(around, f"2026-{month:02}", inputs=iqc(60))
    actor = factories.an_actor(around.session, "kpi_manager")
    for period in ("2026-03", "2026-Q1", "2026-03"):
        alerts.settle(around.session, actor, evaluate(around, Period.parse(period)))
    found = {(one.period, one.kind) for one in around.session.exec(select(KpiAlert))}
    assert found == {("2026-03", "level"), ("2026-Q1", "level")}


def test_everything_with_readings_of_the_period_is_there_to_evaluate(around: Watched):
    session, elsewhere = around.session, factories.a_unit(around.session, "另一部门")
    read(around, "2026-03", inputs=iqc(98))
    read(around, "2026-03", inputs=iqc(98), unit=elsewhere.code)
    read(around, "2026-02", inputs=iqc(98), unit=None)
    everywhere, here = factories.an_actor(session, "kpi_manager"), factories.an_actor(session, "kpi_manager", unit=around.unit)
    assert set(evaluations.subjects(session, everywhere, MARCH)) == {("kpi_sop", around.unit.id), ("kpi_sop", elsewhere.id)}
    assert evaluations.subjects(session, here, MARCH) == [("kpi_sop", around.unit.id)]
    assert evaluations.subjects(session, everywhere, Period.parse("2026-02")) == [("kpi_sop", None)]
    assert evaluations.subjects(session, around.hr, MARCH) == []


def test_heads_and_members_see_what_is_judged_of_their_unit_and_others_do_not(around: Watched):
    session = around.session
    read(around, inputs=iqc(60))
    evaluated = evaluate(around)
    alerts.settle(session, around.provider, evaluated)
    elsewhere = factories.a_unit(session, "另一部门")
    stranger = factories.an_actor(session, "employee", employee=factories.a_unit_head(session, elsewhere))
    for actor in (around.head, around.member, around.hr, factories.an_actor(session, "kpi_manager", unit=around.unit)):
        assert evaluations.find_evaluation(session, actor, evaluated.row.id)[0].id == evaluated.row.id
        assert len(session.exec(alerts.alerts_seen(session, actor, {})).all()) == 1
    for actor in (stranger, factories.an_actor(session, "kpi_manager", unit=elsewhere)):
        with pytest.raises(NotFound):
            evaluations.find_evaluation(session, actor, evaluated.row.id)
        assert session.exec(alerts.alerts_seen(session, actor, {})).all() == []


def test_of_a_period_evaluated_twice_the_list_has_the_last_unless_all_are_asked_for(around: Watched):
    session = around.session
    read(around, inputs=iqc(60))
    evaluate(around)
    read(around, indicator="monthly_revenue", inputs=None, value=D(9_000_000))
    later = evaluate(around)
    shown = session.exec(evaluations.evaluations_seen(session, around.hr, {"history": False})).all()
    assert [row[0].id for row in shown] == [later.row.id]
    assert len(session.exec(evaluations.evaluations_seen(session, around.hr, {"history": True})).all()) == 2
    assert len(session.exec(select(KpiEvaluation)).all()) == 2


def test_every_alert_is_explained_by_the_lines_of_its_own_rule(around: Watched):
    for month, passed in enumerate((96, 95, 94, 60), 12):
        period = "2025-12" if month == 12 else f"2026-{month - 12:02}"
        read(around, period, inputs=iqc(passed))
    evaluated = evaluate(around)
    standing = alerts.settle(around.session, around.provider, evaluated).standing
    lines = {one.kind: [line["zh"] for line in alerts.lines_of(one, evaluated.row.content)] for one in standing}
    assert set(lines) == {"level", "trend"}
    assert all(len(some) == 1 for some in lines.values())
    assert "偏离" in lines["level"][0]
    assert "连续 3 期变差" in lines["trend"][0]
