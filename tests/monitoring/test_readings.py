"""Readings: entered by one person, confirmed by another, corrected by a later one, never overwritten; and what is none."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from appraisal import audit, clock
from appraisal.audit import AuditRecord
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed, NotFound
from appraisal.monitoring import entries, queries, service
from appraisal.monitoring.models import Reading
from appraisal.monitoring.watched import watching
from tests import factories
from tests.monitoring.samples import TODAY, Watched, enter, iqc, read, reported, watched


@pytest.fixture
def around(session: Session) -> Iterator[Watched]:
    with clock.at(TODAY):
        yield watched(session)


def refused(around: Watched, period: str = "2026-03", **more: object) -> tuple[str, str]:
    """The code of the refusal and the field it names."""
    with pytest.raises(Invalid) as raised:
        enter(around, period, **more)
    return raised.value.code, raised.value.faults[0].path


def state(around: Watched, reading: Reading) -> str:
    return entries.find_entry(around.session, around.provider, reading.id).state


def test_a_reading_keeps_its_inputs_and_is_computed_by_the_policy(around: Watched):
    reading = enter(around)
    assert (reading.value, reading.inputs) == (None, {"IQC合格批数": "98", "IQC检验批数": "100"})
    assert queries.value_by(watching(around.session), reading) == D(98)
    assert (reading.cadence, reading.starts_on, reading.ends_on) == ("month", date(2026, 3, 1), date(2026, 3, 31))


def test_it_counts_once_somebody_else_has_confirmed_it(around: Watched):
    reading = enter(around)
    assert state(around, reading) == "waiting"
    assert queries.confirmed_of(around.session, "kpi_sop", around.unit.id, TODAY) == {}
    with pytest.raises(NotAllowed, match="somebody other"):
        service.confirm_reading(around.session, around.provider, reading.id)
    service.confirm_reading(around.session, around.checker, reading.id)
    assert state(around, reading) == "confirmed"
    assert list(queries.confirmed_of(around.session, "kpi_sop", around.unit.id, TODAY)) == ["iqc_pass_rate"]


def test_a_correction_counts_once_it_is_confirmed_and_the_first_stays_on_record(around: Watched):
    first = read(around)
    said = {"source_document": "QR-2603b", "reason": "漏计两批", "inputs": iqc(96)}
    later = service.correct_reading(around.session, around.provider, first.id, **said)

    def counted() -> D | None:
        (kept,) = queries.confirmed_of(around.session, "kpi_sop", around.unit.id, TODAY)["iqc_pass_rate"]
        return kept.reading.inputs["IQC合格批数"]

    assert (counted(), state(around, first)) == (D(98), "corrected")
    service.confirm_reading(around.session, around.checker, later.id)
    assert counted() == D(96)
    assert (later.corrects_id, later.reason) == (first.id, "漏计两批")
    with pytest.raises(Conflict) as raised:
        service.correct_reading(around.session, around.provider, first.id, **said)
    assert raised.value.code == "already_corrected"


def test_a_period_with_a_reading_takes_no_second_one(around: Watched):
    enter(around)
    with pytest.raises(Conflict) as raised:
        enter(around)
    assert raised.value.code == "already_recorded"
    enter(around, unit=None)  # the company's is another


@pytest.mark.parametrize("statement", ["UPDATE reading SET value = 1", "DELETE FROM reading"])
def test_the_database_itself_refuses_to_change_a_reading(around: Watched, statement: str):
    enter(around)
    around.session.flush()
    with pytest.raises(DBAPIError, match="only added"), around.session.begin_nested():
        around.session.connection().execute(text(statement))


def test_every_act_is_on_the_trail(around: Watched):
    reading = read(around)
    service.correct_reading(around.session, around.provider, reading.id, source_document="QR", reason="漏计", inputs=iqc(97))
    audit.flush(around.session)
    found = around.session.exec(
        select(AuditRecord.action).where(AuditRecord.object_kind == "reading").order_by(AuditRecord.seq)
    )
    assert found.all() == ["reading.record", "reading.confirm", "reading.correct"]


@pytest.mark.parametrize(
    ("period", "more", "expected"),
    [
        ("2026-13", {}, ("bad_period", "period")),
        ("2026-05", {}, ("future_period", "period")),
        ("2026-04", {}, ("period_not_over", "period")),
        ("2026-Q1", {}, ("bad_cadence", "period")),
        ("2026-03", {"indicator": "iqc"}, ("unknown_indicator", "indicator")),
        ("2026-03", {"policy": "trading"}, ("unknown_policy", "policy")),
        ("2026-03", {"unit": "nowhere"}, ("unknown_unit", "unit")),
        ("2026-03", {"source_document": " "}, ("text_needed", "source_document")),
        ("2026-03", {"record_type": "sale"}, ("wrong_record_type", "record_type")),
        ("2026-03", {"record_type": "memo"}, ("bad_record_type", "record_type")),
        ("2026-03", {"inputs": None, "value": D(98)}, ("inputs_needed", "inputs")),
        ("2026-03", {"inputs": {"IQC合格批数": D(98)}}, ("missing_input", "inputs.IQC检验批数")),
        ("2026-03", {"inputs": iqc() | {"批数": D(1)}}, ("unknown_input", "inputs.批数")),
        ("2026-03", {"inputs": iqc(98, "0.00001")}, ("bad_number", "inputs.IQC检验批数")),
        ("2026-03", {"inputs": iqc(5, -100)}, ("negative_denominator", "inputs")),
        ("2026-03", {"inputs": iqc(101, 100)}, ("reading_out_of_range", "value")),
        ("2026-03", {"measured_in": "件"}, ("wrong_unit", "measured_in")),
    ],
)
def test_what_cannot_stand_is_named(around: Watched, period: str, more: dict[str, object], expected: tuple[str, str]):
    assert refused(around, period, **more) == expected
    assert around.session.exec(select(Reading)).all() == []


@pytest.mark.parametrize("passed", [0, 100])
def test_the_ends_of_the_range_are_in_it(around: Watched, passed: int):
    assert queries.value_by(watching(around.session), enter(around, inputs=iqc(passed))) == D(passed)


def test_nothing_to_divide_by_is_no_value_and_never_zero(around: Watched):
    reading = enter(around, inputs=iqc(0, 0))
    assert queries.value_by(watching(around.session), reading) is None


def test_one_number_for_one_period(around: Watched):
    enter(around, "2026-03-05")
    enter(around, "2026-03-06")
    assert refused(around, "2026-03") == ("overlapping_period", "period")
    assert refused(around, "2026-W10") == ("overlapping_period", "period")
    enter(around, "2026-02")


def test_a_name_finds_its_indicator_where_one_policy_uses_it(around: Watched):
    named = enter(around, indicator="IQC 合格率", policy=None)
    assert (named.policy, named.indicator) == ("kpi_sop", "iqc_pass_rate")


@pytest.mark.parametrize(("measured_in", "kept"), [(None, "120"), ("元", "120"), ("万元", "1200000")])
def test_an_amount_in_the_unit_it_is_shown_in_is_kept_in_its_own(around: Watched, measured_in: str | None, kept: str):
    revenue = {"indicator": "monthly_revenue", "inputs": None, "value": D(120), "measured_in": measured_in}
    assert enter(around, **revenue).inputs == {"营业收入": kept}


def test_an_amount_in_another_unit_is_refused(around: Watched):
    revenue = {"indicator": "monthly_revenue", "inputs": None, "value": D(120), "measured_in": "美元"}
    assert refused(around, **revenue) == ("wrong_unit", "measured_in")


@pytest.mark.parametrize(("day", "late"), [(date(2026, 4, 4), False), (date(2026, 4, 5), True)])
def test_a_reading_is_late_from_the_day_of_the_monthly_report_on(around: Watched, day: date, late: bool):
    with clock.at(day):
        by_hand = enter(around)
        pushed = enter(around, unit=None, origin="event")
    assert (by_hand.late, by_hand.back_filled) == (late, late)
    assert (pushed.late, pushed.back_filled) == (late, False)


def test_readings_from_before_the_policy_are_computed_by_its_first_rules(around: Watched):
    assert queries.value_by(watching(around.session), enter(around, "2025-06")) == D(98)


def test_only_data_providers_enter(around: Watched):
    for actor in (around.hr, around.head, around.member):
        with pytest.raises(NotAllowed):
            service.enter_reading(around.session, actor, reported(around))


def test_a_provider_of_one_unit_enters_for_that_unit_only(around: Watched):
    here = factories.an_actor(around.session, "data_provider", unit=around.unit)
    service.enter_reading(around.session, here, reported(around))
    for unit in (None, factories.a_unit(around.session, "采购部").code):
        with pytest.raises(NotAllowed):
            service.enter_reading(around.session, here, reported(around, unit=unit))


def test_hr_confirms_and_heads_do_not(around: Watched):
    reading = enter(around)
    with pytest.raises(NotAllowed):
        service.confirm_reading(around.session, around.head, reading.id)
    service.confirm_reading(around.session, around.hr, reading.id)


def seen(around: Watched, actor: object) -> set[int]:
    return {entries.entry(row).reading.id for row in around.session.exec(entries.entries_seen(around.session, actor))}


def test_everybody_reads_what_concerns_their_units(around: Watched):
    confirmed, waiting = read(around), enter(around, "2026-02")
    company = read(around, unit=None)
    elsewhere = read(around, unit=factories.a_unit(around.session, "采购部").code)
    everything = {confirmed.id, waiting.id, company.id, elsewhere.id}
    for role in ("hr", "approver", "auditor", "data_provider"):
        assert seen(around, factories.an_actor(around.session, role)) == everything
    assert seen(around, around.head) == {confirmed.id, waiting.id}
    assert seen(around, around.member) == {confirmed.id}
    assert seen(around, factories.an_actor(around.session, "payroll", "admin")) == set()
    limited = factories.an_actor(around.session, "hr", unit=around.unit)
    assert seen(around, limited) == {confirmed.id, waiting.id}
    with pytest.raises(NotFound):
        entries.find_entry(around.session, around.member, waiting.id)


def test_many_are_confirmed_all_or_none(around: Watched):
    ids = [enter(around, f"2026-{month:02}").id for month in (1, 2, 3)]
    with pytest.raises(Invalid) as raised:
        service.confirm_readings(around.session, around.provider, ids)
    assert (raised.value.code, len(raised.value.faults)) == ("cannot_confirm", 3)
    assert list(service.confirm_readings(around.session, around.checker, ids)) == ids
    assert list(service.confirm_readings(around.session, around.checker, ids)) == []


def test_an_appraisal_policy_takes_no_readings(around: Watched):
    factories.a_published_policy(around.session)
    with pytest.raises(AppraisalError):
        enter(around, indicator="revenue", policy="trading", inputs=None, value=D(1))
