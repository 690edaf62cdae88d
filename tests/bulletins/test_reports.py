"""KPI reports: made, made again when what they rest on changed, final, never overwritten; and who may."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select, text

from appraisal import audit, clock
from appraisal.actor import SYSTEM
from appraisal.bulletins import kpi_reports
from appraisal.bulletins.report_models import KpiReport
from appraisal.core.calendar import Period
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.monitoring import evaluations
from tests import factories
from tests.bulletins.reporting import Reporting, reporting, row_of

APRIL = date(2026, 4, 7)


@pytest.fixture
def made(session: Session) -> Reporting:
    """Three months read and evaluated."""
    around = reporting(session)
    for month, passed in (("2026-01", 99), ("2026-02", 98), ("2026-03", 90)):
        around.read(month, passed)
        around.evaluate(month)
    return around


def test_the_monthly_report_has_its_form_its_number_and_the_figure_with_its_evaluation(made: Reporting):
    with clock.at(APRIL):
        found = made.make("monthly", "2026-03")
    report, content = found.report, found.report.content
    assert report.number == f"QEF-29-01-2026-03-{made.around.unit.code}"
    assert (content["form"], content["kept"]["years"], content["due_on"]) == (
        "QEF-29-01",
        5,
        "2026-04-03",
    )  # the 5th is a Sunday
    assert (found.status, found.stale, report.provisional) == ("draft", False, False)
    row = row_of(content)
    assert (row["value"], row["level"], row["previous"]) == ("90", "attention", "98")
    assert row["evaluation_id"] == content["sources"][0]["evaluation_id"]
    assert len(row["reading_ids"]) == 1
    assert "iqc_pass_rate" not in {one["indicator"] for one in content["completeness"]["missing"]}


def test_a_report_on_the_company_has_no_unit_in_its_number(session: Session):
    around = reporting(session)
    around.read("2026-03", 99, unit=None)
    with clock.at(APRIL):
        evaluations.evaluate_period(session, around.manager, "kpi_sop", None, Period.parse("2026-03"))
        said = {"kind": "monthly", "policy": "kpi_sop", "unit_id": None, "period": Period.parse("2026-03")}
        made = kpi_reports.make_report(session, around.manager, **said)
    assert made.report.number == "QEF-29-01-2026-03"


def test_made_again_with_nothing_new_it_is_the_same_report(made: Reporting):
    with clock.at(APRIL):
        first, second = made.make("monthly", "2026-03"), made.make("monthly", "2026-03")
    assert first.report.id == second.report.id


def test_a_corrected_reading_makes_it_stale_and_the_later_version_takes_its_place(made: Reporting):
    with clock.at(APRIL):
        before = made.make("quarterly", "2026-Q1")
        corrected = made.around.session.exec(text("SELECT id FROM reading WHERE period = '2026-03'")).scalar_one()
        made.correct(corrected, 97)
        assert not kpi_reports.find_report(made.session, made.manager, before.report.id).stale
        made.evaluate_now("2026-03")
        stale = kpi_reports.find_report(made.session, made.manager, before.report.id)
        assert stale.stale and stale.status == "draft"
        after = made.make("quarterly", "2026-Q1")
        old = kpi_reports.find_report(made.session, made.manager, before.report.id)
    assert after.report.number == f"{before.report.number}-2"
    assert after.report.supersedes_id == before.report.id
    assert (old.status, old.superseded_by) == ("superseded", after.report.id)
    assert row_of(old.report.content)["periods"][-1]["value"] == "90"
    assert row_of(after.report.content)["periods"][-1]["value"] == "97"
    assert row_of(after.report.content)["periods"][-1]["corrected"]


def test_a_stale_report_does_not_become_final_and_the_later_version_does(made: Reporting):
    with clock.at(APRIL):
        before = made.make("monthly", "2026-03")
        reading = made.session.exec(text("SELECT id FROM reading WHERE period = '2026-03'")).scalar_one()
        made.correct(reading, 97)
        made.evaluate_now("2026-03")
        with pytest.raises(Conflict) as refused:
            kpi_reports.approve_report(made.session, made.manager, before.report.id, reason="其余无读数")
        assert refused.value.code == "stale"
        after = made.make("monthly", "2026-03")
        final = kpi_reports.approve_report(made.session, made.manager, after.report.id, reason="其余无读数")
        assert final.status == "final"
        with pytest.raises(Conflict) as refused:
            kpi_reports.approve_report(made.session, made.manager, before.report.id, reason="其余无读数")
        assert refused.value.code == "superseded"


def test_a_final_report_is_answered_as_it_is_until_a_month_is_evaluated_anew(made: Reporting):
    with clock.at(APRIL):
        final = made.make("monthly", "2026-03")
        kpi_reports.approve_report(made.session, made.manager, final.report.id, reason="其余无读数")
        assert made.make("monthly", "2026-03").report.id == final.report.id
        with pytest.raises(Conflict) as refused:
            kpi_reports.approve_report(made.session, made.manager, final.report.id, reason="其余无读数")
    assert refused.value.code == "already_final"


def test_a_report_with_readings_missing_becomes_final_only_with_a_reason(made: Reporting):
    with clock.at(APRIL):
        draft = made.make("monthly", "2026-03")
        with pytest.raises(Conflict) as refused:
            kpi_reports.approve_report(made.session, made.manager, draft.report.id)
        assert refused.value.code == "incomplete"
        final = kpi_reports.approve_report(made.session, made.manager, draft.report.id, reason="其余指标四月起采集")
    assert final.approval is not None and final.approval.reason == "其余指标四月起采集"


def test_the_database_itself_refuses_to_change_or_delete_a_report(made: Reporting):
    with clock.at(APRIL):
        report = made.make("monthly", "2026-03").report
    for statement in ("UPDATE kpi_report SET number = 'X'", "DELETE FROM kpi_report_source"):
        with pytest.raises(DatabaseError), made.session.begin_nested():
            made.session.connection().execute(text(statement))
    assert made.session.get_one(KpiReport, report.id, populate_existing=True).number == report.number


def test_the_quarter_has_its_rolled_up_figure_beside_the_months(made: Reporting):
    with clock.at(APRIL):
        row = made.row("quarterly", "2026-Q1")
    assert row["figure"] == "95.6667"  # 287 of 300 lots
    assert [one["value"] for one in row["periods"]] == ["99", "98", "90"]


def test_the_quarter_tells_which_months_were_evaluated_in_time(made: Reporting):
    with clock.at(APRIL):
        found = made.make("quarterly", "2026-Q1").report.content["updates"]
    assert (found["due"], found["made"], found["rate"]) == (3, 3, "100")


def test_a_quarter_may_be_reported_from_its_last_month_on_and_stays_provisional_until_that_is_evaluated(session: Session):
    around = reporting(session)
    for month in ("2026-01", "2026-02"):
        around.read(month, 99)
        around.evaluate(month)
    with clock.at(date(2026, 2, 28)), pytest.raises(Conflict) as refused:
        around.make("quarterly", "2026-Q1")
    assert refused.value.code == "too_early"
    with clock.at(date(2026, 3, 31)):
        assert around.make("quarterly", "2026-Q1").report.provisional


def test_the_annual_report_is_provisional_in_december_and_final_in_january_once_december_is_there(session: Session):
    around = reporting(session)
    for number in range(1, 12):
        around.read(f"2026-{number:02}", 99)
        around.evaluate(f"2026-{number:02}")
    with clock.at(date(2026, 11, 30)), pytest.raises(Conflict) as refused:
        around.make("annual", "2026")
    assert refused.value.code == "too_early"
    with clock.at(date(2026, 12, 21)):
        draft = around.make("annual", "2026")
        assert draft.report.provisional
        with pytest.raises(Conflict) as refused:
            kpi_reports.approve_report(session, around.manager, draft.report.id, reason="先定稿")
        assert refused.value.code == "provisional"
    around.read("2026-12", 98)
    around.evaluate("2026-12")
    with clock.at(date(2027, 1, 6)):
        assert kpi_reports.find_report(session, around.manager, draft.report.id).stale
        final = around.make("annual", "2026")
        assert not final.report.provisional
        approved = kpi_reports.approve_report(session, around.manager, final.report.id, reason="其余指标未采集")
    assert approved.status == "final"
    assert final.report.number == f"QEF-29-04-2026-{around.around.unit.code}-2"
    assert final.report.content["kept"] == {"years": None, "zh": "永久保存", "en": "kept for ever"}
    assert row_of(final.report.content)["proposal"]["value"] == "98.9167"


def test_benchmarks_entered_for_an_annual_report_stay_with_its_later_versions(session: Session):
    around = reporting(session)
    around.read("2026-11", 99)
    around.evaluate("2026-11")
    entered = kpi_reports.Benchmark("iqc_pass_rate", D("99.5"), "行业协会 2026")
    said = {"kind": "annual", "policy": "kpi_sop", "unit_id": around.unit_id, "period": Period.parse("2026")}
    with clock.at(date(2026, 12, 21)):
        kpi_reports.make_report(session, around.manager, **said, benchmarks=[entered])
    around.read("2026-12", 99)
    around.evaluate("2026-12")
    with clock.at(date(2027, 1, 6)):
        later = around.make("annual", "2026").report
        assert row_of(later.content)["benchmark"]["source"] == "行业协会 2026"
        assert later.supersedes_id is not None
        unknown = kpi_reports.Benchmark("nonsense", D(1), "行业协会")
        for asked in (said | {"benchmarks": [unknown]}, said | {"kind": "quarterly", "period": Period.parse("2026-Q4")}):
            with pytest.raises(Invalid) as refused:
                kpi_reports.make_report(session, around.manager, **({"benchmarks": [entered]} | asked))
            assert refused.value.code == "unknown_indicator"


def test_a_target_that_the_policy_declares_is_not_set_from_a_report(session: Session):
    around = reporting(session)
    around.read("2026-12", 99)
    around.evaluate("2026-12")
    with clock.at(date(2027, 1, 6)):
        report = around.make("annual", "2026").report
        with pytest.raises(Conflict) as refused:
            kpi_reports.adopt_target(session, around.manager, report.id, indicator="iqc_pass_rate", reason="全年达标")
        assert refused.value.code == "declared_in_policy"
        with pytest.raises(Invalid) as nothing:
            kpi_reports.adopt_target(session, around.manager, report.id, indicator="oqc_pass_rate", reason="全年达标")
    assert nothing.value.code == "no_proposal"


def test_the_management_review_is_made_of_the_same_evaluations(made: Reporting):
    with clock.at(APRIL):
        content = made.make("management_review", "2026-Q1").report.content
    assert (content["form"], content["kept"]) == (None, None)
    assert row_of(content)["periods_met"] == 2


@pytest.mark.parametrize(("kind", "period"), [("monthly", "2026-Q1"), ("quarterly", "2026-03"), ("annual", "2026-Q1")])
def test_a_report_is_on_a_period_of_its_own_length(made: Reporting, kind: str, period: str):
    with clock.at(APRIL), pytest.raises(Invalid) as refused:
        made.make(kind, period)
    assert refused.value.code == "bad_period"


def test_a_month_that_has_not_been_evaluated_has_no_report(made: Reporting):
    with clock.at(APRIL), pytest.raises(Conflict) as refused:
        made.make("monthly", "2025-12")
    assert refused.value.code == "not_evaluated"


def test_making_and_approving_are_on_the_trail(made: Reporting):
    with clock.at(APRIL):
        report = made.make("monthly", "2026-03").report
        kpi_reports.approve_report(made.session, made.manager, report.id, reason="其余无读数")
    audit.flush(made.session)
    acts = select(audit.AuditRecord.action).where(audit.AuditRecord.object_kind == "kpi_report")
    assert list(made.session.exec(acts.order_by(audit.AuditRecord.seq))) == ["kpi_report.make", "kpi_report.approve"]


def test_only_a_kpi_manager_of_the_unit_makes_reports_or_the_machine_itself(made: Reporting):
    said = {"kind": "monthly", "policy": "kpi_sop", "unit_id": made.unit_id, "period": Period.parse("2026-03")}
    elsewhere = factories.an_actor(made.session, "kpi_manager", unit=factories.a_unit(made.session, "别处"))
    here = factories.an_actor(made.session, "kpi_manager", unit=made.around.unit)
    with clock.at(APRIL):
        for actor in (made.around.hr, made.around.head, made.around.provider, elsewhere):
            with pytest.raises(NotAllowed):
                kpi_reports.make_report(made.session, actor, **said)
        assert kpi_reports.make_report(made.session, here, **said).is_new
        assert not kpi_reports.make_report(made.session, SYSTEM, **said).is_new


def test_heads_hr_approvers_and_auditors_read_reports_and_members_do_not(made: Reporting):
    with clock.at(APRIL):
        report_id = made.make("monthly", "2026-03").report.id
        readers = [
            made.around.head,
            made.around.hr,
            *(factories.an_actor(made.session, role) for role in ("approver", "auditor")),
        ]
        for actor in readers:
            assert kpi_reports.find_report(made.session, actor, report_id).report.id == report_id
        for actor in (made.around.member, made.around.provider):
            with pytest.raises(NotFound):
                kpi_reports.find_report(made.session, actor, report_id)
