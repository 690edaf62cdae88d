"""Series as the core takes them: the confirmed reading of each period, rolled up by the declared method, with its marks."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.core.calendar import Period
from appraisal.core.judging.readings import value_of
from appraisal.core.monitoring.evaluate import evaluate
from appraisal.core.policy.model import Policy
from appraisal.monitoring import queries, service
from appraisal.monitoring.watched import watching
from appraisal.people import units
from tests.measures.counting import asked
from tests.monitoring.samples import TODAY, Watched, enter, iqc, read, watched


@pytest.fixture
def around(session: Session) -> Iterator[Watched]:
    with clock.at(TODAY):
        yield watched(session)


@pytest.fixture
def policy(around: Watched) -> Policy:
    found = watching(around.session).policy_on("kpi_sop", TODAY)
    assert found is not None
    return found


def series(
    around: Watched, policy: Policy, until: str, periods: int = 3, indicator: str = "iqc_pass_rate"
) -> dict[str, D | None]:
    found = queries.series(around.session, policy, indicator, around.unit.id, Period.parse(until), periods)
    return {str(one.period): value_of(policy.watched[indicator].indicator, one) for one in found}


def test_months_come_in_order_and_one_without_a_reading_is_absent(around: Watched, policy: Policy):
    for month, passed in ((3, 97), (1, 95)):
        read(around, f"2026-{month:02}", inputs=iqc(passed))
    enter(around, "2026-02")  # not confirmed
    assert series(around, policy, "2026-03") == {"2026-01": D(95), "2026-03": D(97)}
    assert series(around, policy, "2026-03", periods=1) == {"2026-03": D(97)}


def test_a_weighed_quarter_is_the_formula_over_the_sums(around: Watched, policy: Policy):
    for month, (passed, of) in enumerate(((90, 100), (10, 10), (300, 390)), 1):
        read(around, f"2026-{month:02}", inputs=iqc(passed, of))
    assert series(around, policy, "2026-Q1", periods=1) == {"2026-Q1": D(80)}


def test_a_quarter_of_which_a_month_is_missing_has_no_reading(around: Watched, policy: Policy):
    for month in (1, 3):
        read(around, f"2026-{month:02}")
    assert series(around, policy, "2026-Q1") == {}


def test_days_make_a_month_whatever_days_there_are(around: Watched, policy: Policy):
    for day, passed in ((2, 40), (20, 45)):
        read(around, f"2026-03-{day:02}", inputs=iqc(passed, 50))
    assert series(around, policy, "2026-03") == {"2026-03": D(85)}
    assert series(around, policy, "2026-W10") == {"2026-W10": D(80)}


def test_weeks_make_the_month_of_their_thursday_once_all_are_there(around: Watched, policy: Policy):
    weeks = ("2026-W10", "2026-W11", "2026-W12")
    for week in weeks:
        read(around, week, inputs=iqc(9, 10))
    assert series(around, policy, "2026-03") == {}
    read(around, "2026-W13", inputs=iqc(5, 10))
    assert series(around, policy, "2026-03") == {"2026-03": D(80)}


def test_marks_of_late_and_corrected_parts_are_the_wholes(around: Watched, policy: Policy):
    first = read(around, "2026-01")
    later = service.correct_reading(
        around.session, around.provider, first.id, source_document="QR", reason="漏计", inputs=iqc(90)
    )
    service.confirm_reading(around.session, around.checker, later.id)
    for month in (2, 3):
        read(around, f"2026-{month:02}", origin="event")
    (quarter,) = queries.series(around.session, policy, "iqc_pass_rate", around.unit.id, Period.parse("2026-Q1"), 1)
    assert (quarter.late, quarter.corrected, quarter.origin) == (True, True, "manual")
    (march,) = queries.series(around.session, policy, "iqc_pass_rate", around.unit.id, Period.parse("2026-03"), 1)
    assert (march.late, march.corrected, march.origin) == (False, False, "event")


def test_the_company_and_a_unit_have_series_of_their_own(around: Watched, policy: Policy):
    read(around, "2026-03", unit=None, inputs=iqc(70))
    assert series(around, policy, "2026-03") == {}
    (company,) = queries.series(around.session, policy, "iqc_pass_rate", None, Period.parse("2026-03"), 1)
    assert company.inputs["IQC合格批数"] == D(70)


def test_the_core_judges_them_as_they_come(around: Watched, policy: Policy):
    read(around, "2026-03", inputs=iqc(70))
    month = Period.parse("2026-03")
    judged = evaluate(policy, queries.series_of(around.session, policy, around.unit.id, month, 24), month).judged
    (rate,) = [one for one in judged if one.indicator == "iqc_pass_rate"]
    assert (rate.value, rate.level) == (D(70), "severe")


def test_the_number_of_queries_does_not_grow_with_the_indicators(around: Watched, policy: Policy):
    read(around, "2026-03")
    month = Period.parse("2026-03")

    def count(indicators: list[str] | None) -> int:
        return asked(around.session, lambda: queries.series_of(around.session, policy, around.unit.id, month, 24, indicators))

    one = count(["iqc_pass_rate"])
    read(around, "2026-03", indicator="oqc_pass_rate", inputs={"OQC合格批数": D(9), "OQC检验批数": D(10)})
    assert count(None) == one


def test_a_day_before_the_first_week_counts_in_its_month_only(around: Watched, policy: Policy):
    read(around, date(2026, 3, 1).isoformat(), inputs=iqc(9, 10))
    assert series(around, policy, "2026-03") == {"2026-03": D(90)}
    assert series(around, policy, "2026-W10") == {"2026-W09": D(90)}


def test_a_new_name_of_the_unit_ends_no_series(around: Watched, policy: Policy):
    read(around, "2026-02", inputs=iqc(90))
    said = {"code": "Q2", "name": "品质保证部", "name_en": "Quality", "from_on": date(2026, 3, 1), "reason": "更名"}
    with clock.at(date(2026, 2, 20)):
        around.unit = units.rename_unit(around.session, around.hr, around.unit, **said)
    read(around, "2026-03", inputs=iqc(95))
    assert series(around, policy, "2026-03") == {"2026-02": D(90), "2026-03": D(95)}
