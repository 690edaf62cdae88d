"""The result notice: what it says of which result, and how figures are written. What all documents hold to: test_documents."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import get_args

import pypdf
import pytest
from sqlmodel import Session

from appraisal import pdf
from appraisal.config import PROJECT_ROOT
from appraisal.core.appraise import appraise_sheets
from appraisal.core.calendar import Period
from appraisal.core.combine import NAMES
from appraisal.core.inputs import Case, Item, Reach, Sheet
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.formats import aligned, formulas, number
from appraisal.labels import codes
from appraisal.people import service as people
from appraisal.policies import queries as policies
from appraisal.reports.result_notice import FORM, NoticePart, NoticeSheet, tell_result
from tests.factories import a_post, a_published_policy, a_unit, an_appraisal, an_employee, checked, hr
from tests.reports.sample import a_notice, a_vetoed_notice, an_item
from tests.results.a_quarter import stored_result


def html_of(notice: object) -> str:
    return FORM.html(notice, "zh")


def test_the_pdf_holds_every_part_of_the_notice() -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf.render(html_of(a_notice()))))
    text = "".join(page.extract_text() for page in reader.pages)
    for words in ("绩效考核结果通知书", "TR-2026-Q1-0007", "85.13948", "优秀", "rules/trading/grades.yaml:8", "签收", "韩总"):
        assert words in text
    assert len(reader.pages) == 2


def test_the_same_notice_gives_the_same_bytes_in_this_process_and_in_a_child() -> None:
    html = html_of(a_notice())
    here = pdf.render(html)
    assert here == pdf.render(html) == pdf.render_in_child(html)
    assert here != pdf.render(html_of(a_notice(employee_name="另一人")))


def test_a_name_with_markup_is_printed_and_not_obeyed() -> None:
    html = html_of(a_notice(employee_name='<img src="file:///etc/passwd"><b>甲'))
    assert "<img" not in html and "&lt;b&gt;甲" in html


def test_a_veto_a_transfer_and_a_missing_figure_are_said_in_words() -> None:
    html = html_of(a_vetoed_notice())
    for words in ("因一票否决", "资信损失, 回款率单项零分", "（占 50%）", "缺数", "尚未批准"):
        assert words in html


def test_a_missing_figure_is_a_dash_and_never_zero() -> None:
    assert number(None) == "—"
    item = an_item("毛利率", "Gross margin", "20", None)
    html = html_of(a_notice(sheets=(a_notice().sheets[0].__class__(Text("岗", "Post"), "", None, (item,)),)))
    assert "<td>缺数</td>" in html


@pytest.mark.parametrize(
    ("figure", "written"),
    [("1234567.5", "1,234,567.5"), ("-1200", "−1,200"), ("-0.25", "−0.25"), ("85.00", "85"), ("0E-8", "0"), ("999", "999")],
)
def test_figures_are_written_plainly(figure: str, written: str) -> None:
    assert number(Decimal(figure)) == written


@pytest.mark.parametrize(
    ("figure", "places", "hidden"), [("92", 4, ".0000"), ("92.5", 4, "000"), ("92.1234", 4, None), ("92", 0, None)]
)
def test_columns_keep_their_points_in_line_with_digits_nobody_sees(figure: str, places: int, hidden: str | None) -> None:
    shown = aligned(Decimal(figure), places)
    assert shown.startswith(figure)
    assert (f">{hidden}</span>" in shown) if hidden else ("<span" not in shown)


def test_a_line_never_breaks_inside_a_product_or_after_a_sign() -> None:
    nbsp = "\N{NO-BREAK SPACE}"
    written = formulas("80 + 20 × 5 ÷ 8; 得分 92.5 × 20% = 18.5; 92.5 ≥ 85: A")
    assert written == "80 + 20 × 5 ÷ 8; 得分 92.5 × 20% = 18.5; 92.5 ≥ 85: A".replace(" × ", f"{nbsp}×{nbsp}").replace(
        " ÷ ", f"{nbsp}÷{nbsp}"
    ).replace("+ ", f"+{nbsp}").replace("= ", f"={nbsp}").replace("≥ ", f"≥{nbsp}")


# Built from stored results


def test_after_a_transfer_each_post_has_its_items_with_their_own_reasons(session: Session) -> None:
    employee = an_employee(session, "周戊", supervisor=an_employee(session))
    unit = a_unit(session)
    for post, day in (("sales", date(2025, 1, 1)), ("purchasing", date(2026, 2, 15))):
        people.assign_post(session, hr(session), employee, a_post(session, post, unit=unit), from_on=day)
    appraisal = an_appraisal(session, employee)
    cycle = session.get_one(Cycle, appraisal.cycle_id)
    item = Item("revenue", "kpi", Decimal(100), target=Decimal(100), challenge=Decimal(125), actual=Decimal(110))
    case = Case(on=date(2026, 3, 31), period=Period.parse("2026-Q1"), post="sales", items=(item,))
    better = replace(case, post="purchasing", items=(replace(item, actual=Decimal(125)),))
    sheets = [Sheet(case, Decimal(4500), "销售岗 1 月"), Sheet(better, Decimal(4500), "采购岗 2 月")]
    outcome = appraise_sheets(cycles.policy_of(session, cycle), sheets)
    result = stored_result(session, appraisal, sheets, outcome)
    notice = tell_result(session, hr(session), appraisal.id)
    assert [sheet.share for sheet in notice.sheets] == [Decimal(50), Decimal(50)]
    assert [item.score for item in notice.items] == [Decimal(88), Decimal(100)] and notice.score == Decimal(94)
    assert [sheet.span for sheet in notice.sheets] == ["1 月", "2 月"]
    for sheet, score in zip(notice.sheets, ("88", "100"), strict=True):
        (reason,) = sheet.items[0].reasons
        assert reason.text.zh.startswith("销售额: ") and f"得分 {score} × 100%" in reason.text.zh
        assert reason.text.en.startswith("Sales revenue: ")
    assert not any(reason.text.zh.startswith("[") for reason in notice.summary)
    assert notice.number == f"{cycle.code}-{employee.number}-{result.seq}"


def test_a_computed_figure_is_shown_as_the_formula_gave_it(session: Session) -> None:
    appraisal = an_appraisal(session)
    cycle = session.get_one(Cycle, appraisal.cycle_id)
    inputs = {"实际回款金额": Decimal(855000), "应收账款总额": Decimal(900000)}
    item = Item("collection_rate", "kpi", Decimal(100), target=Decimal(90), challenge=Decimal(98), inputs=inputs)
    sheets = [Sheet(Case(on=date(2026, 3, 31), period=Period.parse("2026-Q1"), post="sales", items=(item,)))]
    stored_result(session, appraisal, sheets, appraise_sheets(cycles.policy_of(session, cycle), sheets))
    assert [item.actual for item in tell_result(session, hr(session), appraisal.id).items] == [Decimal(95)]


def test_a_figure_carried_from_an_earlier_period_is_shown_where_there_is_no_newer_one(session: Session) -> None:
    rules = "rules/trading/indicators/finance.yaml"
    files = dict(checked().files)
    first = "      - id: revenue\n"
    assert files[rules].count(first) == 1
    files[rules] = files[rules].replace(first, f"{first}        missing: carry_last\n")
    policy = policies.compiled_state(a_published_policy(session, files=files))
    appraisal = an_appraisal(session)
    item = Item("revenue", "kpi", Decimal(100), target=Decimal(100), challenge=Decimal(125), last_actual=Decimal(110))
    sheets = [Sheet(Case(on=date(2026, 3, 31), period=Period.parse("2026-Q1"), post="sales", items=(item,)))]
    stored_result(session, appraisal, sheets, appraise_sheets(policy, sheets))
    assert [item.actual for item in tell_result(session, hr(session), appraisal.id).items] == [Decimal(110)]


def test_every_unit_of_measure_and_every_reach_has_words() -> None:
    book, _ = load_book(read_files(PROJECT_ROOT), "trading")
    assert book is not None
    units = {entry.indicator.unit for day in book.dates for entry in book.on(day).library} - {None}
    assert units <= set(codes("measure"))
    assert set(codes("reach")) == set(get_args(Reach))


def test_what_the_result_takes_beside_the_sheet_is_told_with_its_score() -> None:
    quarters = tuple(NoticePart(NAMES["quarter"], f"2026-Q{one}", Decimal(80 + one), None) for one in (1, 2))
    company = NoticePart(NAMES["company"], "", Decimal(90), Decimal("1.05"))
    bare = NoticeSheet(Text("销售代表", "Sales representative"), "", None, ())
    html = html_of(a_notice(sheets=(bare,), parts=(*quarters, company)))
    assert "2026-Q2</td><td>82</td><td>—</td>" in html and "公司结果" in html and "<td>90</td><td>1.05</td>" in html
    assert "挑战" not in html  # without items there is no table of them
