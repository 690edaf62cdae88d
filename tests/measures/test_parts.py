"""Figures gathered by the month and appraised by the quarter (R-003-46), and half-yearly ones in between (R-003-47)."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal.agreements.queries import agreed
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Invalid
from appraisal.measures import importing, owed, queries, service
from appraisal.measures.importers.table import read_figures
from appraisal.results.gathering import gather_sheets
from tests.agreements.coal import a_coal_quarter, a_later_cycle, drafts, rows_of
from tests.agreements.samples import Quarter, a_quarter, sign

VARIANCE = "finance_department-budget_variance"
TAX = "finance_department-effective_tax_rate"
SINGLE = [row for row in rows_of("finance_department") if row not in rows_of("finance_department")[4:9]]
SHEET = dict.fromkeys(SINGLE, "10") | {"finance_department-working_capital_days": "20"}
MONTHS = ["2026-01", "2026-02", "2026-03"]


@pytest.fixture
def quarter(session: Session) -> Quarter:
    quarter = a_coal_quarter(session, "finance_department")
    sign(quarter, drafts(SHEET))
    return quarter


def inputs_of(item: str, actual: str, budget: str, quarter: Quarter) -> dict[str, D]:
    policy = cycles.policy_of(quarter.session, quarter.cycle)
    names = [one.name for one in policy.indicators[item].indicator.inputs]
    return {name: D(actual) if "实际" in name else D(budget) for name in names}


def enter(quarter: Quarter, period: str | None, actual: str, budget: str, *, confirm: bool = True) -> int:
    said = {"inputs": inputs_of(VARIANCE, actual, budget, quarter), "source_document": "费用明细", "period": period}
    entry = service.record_actual(quarter.session, quarter.provider, quarter.sheet.id, VARIANCE, **said)
    if confirm:
        service.confirm_actual(quarter.session, quarter.checker, entry.id)
    return entry.id


def the_figure(quarter: Quarter) -> D | None:
    """The quarter's actual as it would be scored."""
    policy = cycles.policy_of(quarter.session, quarter.cycle)
    (sheet,) = gather_sheets(quarter.session, quarter.appraisal, quarter.cycle, policy)
    (item,) = [one for one in sheet.case.items if one.id == VARIANCE]
    if item.inputs is None and item.actual is None:
        return None
    return queries.actual_by(policy, VARIANCE, queries.Figure(item.actual, item.inputs))


def states(quarter: Quarter) -> list[tuple[str, str]]:
    policy, by_sheet = cycles.policy_of(quarter.session, quarter.cycle), agreed(quarter.session, [quarter.sheet.id])
    return [
        (one.period, one.state) for one in queries.completeness(quarter.session, policy, by_sheet) if one.item.item == VARIANCE
    ]


def test_three_months_make_the_quarter_by_the_formula_over_their_sums(quarter: Quarter) -> None:
    for period, actual, budget in zip(MONTHS, ("110", "95", "104"), ("100", "100", "103"), strict=True):
        enter(quarter, period, actual, budget)
    # (309 − 303) / 303 × 100, rounded once at four decimals.
    assert the_figure(quarter) == D("1.9802")


def test_until_every_month_is_confirmed_there_is_no_figure_and_the_list_names_the_months(quarter: Quarter) -> None:
    enter(quarter, "2026-01", "110", "100")
    waiting = enter(quarter, "2026-03", "104", "103", confirm=False)
    assert the_figure(quarter) is None
    assert states(quarter) == [("2026-01", "confirmed"), ("2026-02", "missing"), ("2026-03", "unconfirmed")]
    with pytest.raises(Invalid) as refused:
        service.complete_data(quarter.session, quarter.provider, quarter.appraisal.id)
    told = [fault.zh for fault in refused.value.faults if fault.path == VARIANCE]
    assert told == ["「成本费用预算差异率」 2026-02 缺少实际值", "「成本费用预算差异率」 2026-03 的数据尚未确认"]
    enter(quarter, "2026-02", "95", "100")
    assert the_figure(quarter) is None
    service.confirm_actual(quarter.session, quarter.checker, waiting)
    assert the_figure(quarter) == D("1.9802")


def test_the_list_of_what_is_owed_has_a_row_a_month(session: Session, quarter: Quarter) -> None:
    enter(quarter, "2026-02", "95", "100")
    statement, order = owed.figures_owed(session, quarter.provider, quarter.cycle, item=VARIANCE)
    rows = owed.owed(session, quarter.cycle, session.exec(statement.order_by(*(column for column, _ in order))).all())
    assert [(one.period, one.state) for one in rows] == [
        ("2026-01", "missing"),
        ("2026-02", "confirmed"),
        ("2026-03", "missing"),
    ]
    plain, order = owed.figures_owed(session, quarter.provider, quarter.cycle, item=TAX)
    rows = owed.owed(session, quarter.cycle, session.exec(plain).all())
    assert [(one.period, one.state) for one in rows] == [("2026-Q1", "missing")]
    shares = owed.by_provider(session, quarter.provider, quarter.cycle)
    assert sum(sum(one.counts.values()) for one in shares) == 4 + 2 * 3


def test_a_month_is_named_and_has_to_be_one_of_the_quarter(quarter: Quarter) -> None:
    for asked in (None, "2026-Q1", "2026-04"):
        with pytest.raises(Invalid) as refused:
            enter(quarter, asked, "1", "1")
        assert refused.value.code == "bad_period" and "2026-01, 2026-02, 2026-03" in refused.value.message.zh
    with pytest.raises(Invalid) as refused:
        said = {"inputs": None, "actual": D(1), "source_document": "表", "period": "2026-02"}
        service.record_actual(quarter.session, quarter.provider, quarter.sheet.id, "finance_department-cost_of_funds", **said)
    assert refused.value.code in ("bad_period", "inputs_needed")


def test_a_month_is_entered_once_and_corrected_for_itself(quarter: Quarter) -> None:
    first = enter(quarter, "2026-01", "110", "100")
    with pytest.raises(Conflict) as refused:
        enter(quarter, "2026-01", "111", "100")
    assert refused.value.code == "already_recorded"
    for period in MONTHS[1:]:
        enter(quarter, period, "100", "100")
    better = service.correct_actual(
        quarter.session,
        quarter.provider,
        first,
        inputs=inputs_of(VARIANCE, "103", "100", quarter),
        source_document="费用明细",
        reason="漏记冲销",
    )
    assert better.period == "2026-01" and the_figure(quarter) == D("3.3333")
    service.confirm_actual(quarter.session, quarter.checker, better.id)
    assert the_figure(quarter) == D(1)


def test_a_month_without_a_budget_is_taken_because_only_the_sums_are_divided(quarter: Quarter) -> None:
    enter(quarter, "2026-01", "10", "0")
    enter(quarter, "2026-02", "90", "100")
    enter(quarter, "2026-03", "110", "100")
    assert the_figure(quarter) == D(5)


def test_a_table_brings_the_months_row_by_row(session: Session, quarter: Quarter) -> None:
    names = list(inputs_of(VARIANCE, "1", "1", quarter))

    def line(period: str, actual: str, budget: str) -> str:
        given = "; ".join(f"{name}={actual if '实际' in name else budget}" for name in names)
        return f"{quarter.employee.number},{VARIANCE},{period},{given},费用明细"

    head = "工号,指标,考核期,原始数据,数据来源"
    text = "\n".join([head, *(line(period, "103", "100") for period in MONTHS)])
    read = read_figures("月报.csv", text.encode("utf-8-sig"))
    done = importing.import_figures(session, quarter.provider, read, upload=("月报.csv", text.encode("utf-8-sig")))
    assert len(done.recorded) == 3
    service.confirm_actuals(session, quarter.checker, done.recorded)
    assert the_figure(quarter) == D(3)
    wrong = read_figures("月报.csv", f"{head}\n{line('2026-Q1', '103', '100')}".encode("utf-8-sig"))
    (fault,) = importing.preview_figures(session, quarter.provider, wrong).faults
    assert "考核期" in fault.path and "2026-01、2026-02、2026-03" in fault.zh


def test_who_held_the_post_from_february_owes_two_months(session: Session) -> None:
    chief_quarter = a_coal_quarter(session, "finance_department")
    chief_quarter.sheet.from_on = date(2026, 2, 10)
    session.flush()
    sign(chief_quarter, drafts(SHEET))
    assert [period for period, _ in states(chief_quarter)] == ["2026-02", "2026-03"]
    enter(chief_quarter, "2026-02", "103", "100")
    enter(chief_quarter, "2026-03", "100", "100")
    assert the_figure(chief_quarter) == D("1.5")


def test_a_half_yearly_figure_is_carried_into_the_quarter_that_has_none(session: Session) -> None:
    """R-003-47: 投资收益率, 税务收益… 半年一统计, 其余季度沿用上一次的值 (G-56)."""
    quarter = a_coal_quarter(session, "finance_department")
    row = "finance_department-return_on_investment"
    sheet = dict.fromkeys(SINGLE, "10") | {row: "20"}
    sign(quarter, drafts(sheet))
    policy = cycles.policy_of(session, quarter.cycle)
    indicator = policy.indicators[row].indicator
    assert (indicator.missing, indicator.cadence) == ("carry_last", ("half",))
    figures = {"inputs": {one.name: D(50 + 50 * place) for place, one in enumerate(indicator.inputs)}}
    entry = service.record_actual(session, quarter.provider, quarter.sheet.id, row, source_document="报表", **figures)
    service.confirm_actual(session, quarter.checker, entry.id)
    first = queries.actual_by(policy, row, queries.figure_of(entry))
    later = a_later_cycle(session, "2026-Q2", quarter.head)
    second = a_quarter(session, quarter.employee, cycle=later)
    sign(second, drafts(sheet))

    def carried() -> tuple[D | None, D | None]:
        (held,) = gather_sheets(session, second.appraisal, later, policy)
        (item,) = [one for one in held.case.items if one.id == row]
        return item.actual, item.last_actual

    assert carried() == (None, first)
    assert queries.last_actual(session, policy, quarter.employee.id, quarter.cycle, row) is None
