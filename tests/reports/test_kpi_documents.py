"""KPI reports and exceptions on paper say what is stored, with whoever made and finished them, to their readers alone."""

from datetime import date

import pytest
from sqlmodel import Session

from appraisal import clock, files
from appraisal.bulletins import kpi_reports
from appraisal.core.numbers import parse_number
from appraisal.errors import NotFound
from appraisal.exceptions import service
from appraisal.reports import kpi_exception, kpi_report
from appraisal.reports.document import LANGUAGES
from tests import factories
from tests.bulletins.reporting import Reporting, reporting
from tests.exceptions.samples import one_open, troubled
from tests.exceptions.test_working import TODAY, act_on


@pytest.fixture
def around(session: Session) -> Reporting:
    """Three months of which the last is off target, each evaluated."""
    found = reporting(session)
    for period, passed in (("2026-01", 99), ("2026-02", 98), ("2026-03", 80)):
        found.read(period, passed)
        found.evaluate(period)
    return found


def test_a_monthly_report_on_paper_has_the_figures_that_were_frozen(around: Reporting) -> None:
    stored = around.make("monthly", "2026-03").report
    told = kpi_report.FORM_MONTHLY.built(around.session, around.manager, stored.id or 0)
    (row,) = (row for one in told.classes for row in one.rows if row.name.zh == "IQC 合格率")  # type: ignore[attr-defined]
    assert (row.value, row.target, row.level.name.zh) == (parse_number("80"), "≥ 98", "异常")
    assert row.deviation is not None and row.deviation.startswith("18.36") and row.before.figure == parse_number("98")
    assert row.chart is not None and len(row.chart.labels) == 3 and row.remarks
    assert (told.head.number, told.head.title.zh) == (stored.number, "月度 KPI 报告")
    said = stored.content["completeness"]
    assert (told.due, told.there) == (said["due"], said["there"])  # type: ignore[attr-defined]


def test_a_report_keeps_saying_what_it_said_after_a_correction(around: Reporting) -> None:
    reading = around.read("2026-04", 70)
    around.evaluate("2026-04")
    stored = around.make("monthly", "2026-04").report
    before = kpi_report.FORM_MONTHLY.built(around.session, around.manager, stored.id or 0)
    around.correct(reading.id, 99)
    assert kpi_report.FORM_MONTHLY.built(around.session, around.manager, stored.id or 0) == before


def test_the_rows_of_signatures_are_those_of_the_procedure_between_who_made_and_who_finished_it(around: Reporting) -> None:
    stored = around.make("monthly", "2026-03").report

    def signed() -> list[tuple[str, str | None, bool]]:
        told = kpi_report.FORM_MONTHLY.built(around.session, around.manager, stored.id or 0)
        return [(one.role.zh, one.name, one.signed_at is not None) for one in told.signatures]  # type: ignore[attr-defined]

    made, *lines, final = signed()
    assert made[0] == "编制" and made[2] and final == ("定稿", None, False)
    assert [name for _, name, _ in lines] == ["Miku", "Robert", "王婧", "KC", "Charles"] and not any(done for *_, done in lines)
    kpi_reports.approve_report(around.session, around.manager, stored.id or 0, reason="其余无读数")
    told = kpi_report.FORM_MONTHLY.built(around.session, around.manager, stored.id or 0)
    assert signed()[-1][2] and told.signatures[-1].content_hash == stored.digest  # type: ignore[attr-defined]
    assert told.why_final == "其余无读数"  # type: ignore[attr-defined]


def test_each_form_is_of_its_own_kind_of_report(around: Reporting) -> None:
    month, quarter = around.make("monthly", "2026-03").report, around.make("quarterly", "2026-Q1").report
    told = kpi_report.FORM_DASHBOARD.built(around.session, around.manager, quarter.id or 0)
    (row,) = (row for one in told.classes for row in one.rows if row.name.zh == "IQC 合格率")  # type: ignore[attr-defined]
    assert [one.mark for one in row.run] == ["●", "●", "◆"] and row.last_year.figure is None
    assert told.updates is not None and told.updates[0] == 3  # type: ignore[attr-defined]
    for form, other in (
        (kpi_report.FORM_MONTHLY, quarter),
        (kpi_report.FORM_DASHBOARD, month),
        (kpi_report.FORM_ANNUAL, month),
    ):
        with pytest.raises(NotFound):
            form.built(around.session, around.manager, other.id or 0)


def test_a_year_has_its_months_and_a_target_proposed(around: Reporting) -> None:
    with clock.at(date(2026, 12, 20)):
        stored = around.make("annual", "2026").report
    told = kpi_report.FORM_ANNUAL.built(around.session, around.manager, stored.id or 0)
    (row,) = (row for one in told.classes for row in one.rows if row.name.zh == "IQC 合格率")  # type: ignore[attr-defined]
    assert row.met == "2 / 3" and len(told.months) == 12  # type: ignore[attr-defined]
    assert kpi_report.FORM_ANNUAL.kept == "for_ever" and kpi_report.FORM_MONTHLY.kept == "kpi_form"
    for language in LANGUAGES:
        assert kpi_report.FORM_ANNUAL.html(told, language).startswith("<!doctype html>")


def test_who_does_not_read_a_report_has_no_paper_of_it(around: Reporting) -> None:
    stored = around.make("monthly", "2026-03").report
    for actor in (factories.an_actor(around.session, "employee"), factories.an_actor(around.session, "payroll")):
        with pytest.raises(NotFound):
            kpi_report.FORM_MONTHLY.built(around.session, actor, stored.id or 0)


# QEF-29-02


def test_the_sheet_of_an_exception_tells_its_whole_way(session: Session) -> None:
    around = troubled(session)
    with clock.at(TODAY):
        found = act_on(around, one_open(around), "closed")
    told = kpi_exception.tell_exception(session, around.manager, found.id or 0)
    assert (told.cause, told.action, told.carried_out, told.verification, told.closing) == (
        "混料",
        "隔离",
        "已隔离",
        "有效",
        "关闭",
    )
    (cause,) = told.causes
    assert (cause.value, cause.target, cause.deviation) == (parse_number("1.2"), "< 1", "20 %") and not cause.withdrawn
    assert [(one.role.zh, one.signed_at is not None) for one in told.signatures] == [
        *(("原因分析", True), ("制定措施", True), ("措施完成", True), ("效果验证", True), ("关闭", True)),
    ]
    assert told.signatures[0].name == "罗品质" and told.level is not None and told.level.mark == "◆"
    assert told.head.number == found.number and told.head.title == kpi_exception.FORM_TITLE


def test_a_sheet_that_is_still_worked_on_has_lines_for_what_is_to_come(session: Session) -> None:
    around = troubled(session)
    with clock.at(TODAY):
        found = one_open(around)
        stored = files.keep(session, around.owner, name="照片.png", content=b"\x89PNG\r\n\x1a\n", media_type="image/png")
        service.analyse(session, around.owner, found.id or 0, cause="混料", file_ids=[stored.id])
    told = kpi_exception.tell_exception(session, around.owner, found.id or 0)
    assert [one.signed_at is not None for one in told.signatures] == [True, False, False, False, False]
    assert told.action is None and told.entries[-1].proofs == (("照片.png", stored.sha256),)
    with pytest.raises(NotFound):
        kpi_exception.tell_exception(session, factories.an_actor(session, "employee"), found.id or 0)
