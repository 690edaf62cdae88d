"""Agreements and past targets from a table: what the preview says, all or nothing, and bringing the same file again."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session, select

from appraisal.agreements import goals, importing, past_targets, queries, service
from appraisal.agreements.importing import Preview
from appraisal.agreements.models import Agreement, PastTarget
from appraisal.cycles import queries as cycles
from appraisal.errors import Invalid, NotAllowed
from appraisal.people.models import Employee
from appraisal.spreadsheets import Table, read
from tests import factories
from tests.agreements import coal
from tests.agreements.samples import SALES, Quarter, a_quarter, sign

HEAD = "工号,岗位,指标,类型,权重,目标值,挑战值,维度,评分标准,评定人工号"


@pytest.fixture
def quarter(session: Session) -> Quarter:
    return a_quarter(session)


def a_table(*lines: str, head: str = HEAD) -> Table:
    return read("责任书.csv", "\n".join((head, *lines)).encode("utf-8-sig"), importing.COLUMNS)


def sound(quarter: Quarter, target: str = "100", assessor: str = "") -> Table:
    number = quarter.employee.number
    return a_table(
        f"{number},,销售额,kpi,60,{target},120,,,",
        f"{number},,new_customers,,30,10,12,,,",
        f"{number},,客户档案整理,定性,10,,,运营与效率,全部档案齐全为 100,{assessor}",
    )


def bring(quarter: Quarter, table: Table) -> Preview:
    return importing.import_agreements(quarter.session, quarter.hr, quarter.cycle.id, table)


def look(quarter: Quarter, table: Table) -> Preview:
    return importing.preview_agreements(quarter.session, quarter.hr, quarter.cycle.id, table)


def actions(preview: Preview) -> list[str]:
    return [one.action for one in preview.planned]


def test_a_preview_changes_nothing_and_an_import_does_what_it_says(quarter: Quarter):
    assert actions(look(quarter, sound(quarter))) == ["create"]
    assert queries.agreed(quarter.session, [quarter.sheet.id]) == {}
    assert actions(bring(quarter, sound(quarter))) == ["create"]
    agreed = queries.agreed(quarter.session, [quarter.sheet.id])[quarter.sheet.id]
    first, second, own = map(queries.draft_of, agreed.items)
    assert (first, second) == SALES[:2]
    assert (own.id, own.kind, own.name_zh, own.dimension) == ("own-1", "gs", "客户档案整理", "operations")


def test_the_same_file_again_changes_nothing(quarter: Quarter):
    bring(quarter, sound(quarter))
    version = queries.agreed(quarter.session, [quarter.sheet.id])[quarter.sheet.id].agreement.version
    assert actions(bring(quarter, sound(quarter))) == ["unchanged"]
    agreements = quarter.session.exec(select(Agreement).where(Agreement.sheet_id == quarter.sheet.id)).all()
    assert [one.version for one in agreements] == [version]


def test_a_draft_takes_what_a_later_file_says(quarter: Quarter):
    bring(quarter, sound(quarter))
    assert actions(bring(quarter, sound(quarter, target="105"))) == ["change"]
    assert queries.agreed(quarter.session, [quarter.sheet.id])[quarter.sheet.id].items[0].target == D(105)


def test_what_has_been_signed_is_not_overwritten_but_may_be_brought_again(quarter: Quarter):
    bring(quarter, sound(quarter))
    agreement = queries.agreed(quarter.session, [quarter.sheet.id])[quarter.sheet.id].agreement
    service.sign_agreement(quarter.session, quarter.own, agreement.id, agreement.content_hash)
    assert actions(bring(quarter, sound(quarter))) == ["unchanged"]
    with pytest.raises(Invalid) as refused:
        bring(quarter, sound(quarter, target="99"))
    assert [fault.path for fault in refused.value.faults] == ["row 2, 工号"]
    service.sign_agreement(quarter.session, quarter.supervisor, agreement.id, agreement.content_hash)
    with pytest.raises(Invalid):
        bring(quarter, sound(quarter, target="99"))


def test_one_faulty_person_keeps_everybody_out(session: Session):
    first, second = (factories.an_employee(session, post=factories.a_post(session)) for _ in range(2))
    cycle = factories.an_open_cycle(session)
    table = a_table(
        f"{first.number},,revenue,,60,100,120,,,",
        f"{first.number},,new_customers,,30,10,12,,,",
        f"{first.number},,客户档案,gs,10,,,operations,齐全,",
        f"{second.number},,revenue,,60,100,120,,,",
        f"{second.number},,new_customers,,30,10,9,,,",
    )
    with pytest.raises(Invalid) as refused:
        importing.import_agreements(session, factories.hr(session), cycle.id, table)
    paths = [fault.path for fault in refused.value.faults]
    assert paths[0] == "row 5, 权重"
    assert "row 6, 挑战值" in paths
    sheets = {appraisal.id for appraisal, _ in cycles.appraisals_of(session, cycle)}
    own = [sheet.id for several in cycles.sheets_of(session, sheets).values() for sheet in several]
    assert queries.agreed(session, own) == {}


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("X0,,revenue,,60,100,120,,,", "row 2, 工号"),
        ("{n},采购员,revenue,,60,100,120,,,", "row 2, 岗位"),
        ("{n},,revenue,gs,60,100,120,,,", "row 2, 类型"),
        ("{n},,拜访客户,,60,100,120,,,", "row 2, 类型"),
        ("{n},,revenue,,六十,100,120,,,", "row 2, 权重"),
        ("{n},,revenue,,60,100,120,,,X1", "row 2, 评定人工号"),
        ("{n},,revenue,,60,100,120,,,{n}", "row 2, 评定人工号"),
        ("{n},,revenue,,60,100,99,,,", "row 2, 挑战值"),
        ("{n},,revenue,,60,100,120,天气,,", "row 2, 维度"),
    ],
)
def test_a_fault_names_its_row_and_column(quarter: Quarter, line: str, path: str):
    found = look(quarter, a_table(line.format(n=quarter.employee.number)))
    assert path in [fault.path for fault in found.faults]
    assert found.planned == ()


def test_of_two_posts_the_row_says_which(session: Session):
    head = factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, supervisor=head)
    posts = [factories.a_post(session), factories.a_post(session)]
    for post, beside in zip(posts, (False, True), strict=True):
        how = {"from_on": date(2025, 1, 1), "share": D(50), "beside": beside}
        factories.people.assign_post(session, factories.hr(session), employee, post, **how)
    quarter = a_quarter(session, employee)
    lines = ["{},{},revenue,,60,100,120,,,", "{},{},new_customers,,30,10,12,,,", "{},{},整理,gs,10,,,operations,齐全,"]
    vague = a_table(*(line.format(employee.number, "") for line in lines))
    assert [fault.path for fault in look(quarter, vague).faults] == [f"row {number}, 岗位" for number in (2, 3, 4)]
    both = a_table(*(line.format(employee.number, post.code) for post in posts for line in lines))
    assert actions(bring(quarter, both)) == ["create", "create"]


def test_an_item_goes_to_its_goal_by_name(quarter: Quarter):
    goal = goals.set_goal(quarter.session, quarter.hr, period="2026", name="销售额增长 20%")
    table = a_table(
        *(
            f"{quarter.employee.number},revenue,60,100,,,{goal.name}",
            f"{quarter.employee.number},new_customers,30,10,,,{goal.id}",
            f"{quarter.employee.number},order_cycle_time,10,5,,,",
        ),
        head="工号,指标,权重,目标值,挑战值,维度,上级目标",
    )
    bring(quarter, table)
    agreed = queries.agreed(quarter.session, [quarter.sheet.id])[quarter.sheet.id]
    assert [item.goal_id for item in agreed.items] == [goal.id, goal.id, None]
    bad = a_table(f"{quarter.employee.number},revenue,60,100,,,没有的目标", head="工号,指标,权重,目标值,挑战值,维度,上级目标")
    assert "row 2, 上级目标" in [fault.path for fault in look(quarter, bad).faults]


def test_only_hr_imports_and_of_a_unit_only_there(quarter: Quarter):
    with pytest.raises(NotAllowed):
        importing.preview_agreements(quarter.session, quarter.supervisor, quarter.cycle.id, sound(quarter))
    elsewhere = factories.a_unit(quarter.session, "采购部")
    limited = replace(factories.an_actor(quarter.session, "hr"), limits=frozenset({("hr", elsewhere.id)}))
    found = importing.preview_agreements(quarter.session, limited, quarter.cycle.id, sound(quarter))
    assert {fault.path for fault in found.faults} == {f"row {number}, 工号" for number in (2, 3, 4)}


# Past targets


def past(quarter: Quarter, *lines: str) -> Table:
    text = "\n".join(("工号,期间,指标,目标值,数据来源", *(line.format(n=quarter.employee.number) for line in lines)))
    return read("历史目标.csv", text.encode("gb18030"), past_targets.COLUMNS)


def test_past_targets_are_what_new_ones_are_measured_by(quarter: Quarter):
    table = past(quarter, "{n},2025-Q1,销售额,100,2025 责任书", "{n},2025-Q2,销售额,500,2025 责任书")
    past_targets.import_targets(quarter.session, quarter.hr, "trading", table)
    drafted = service.draft_agreement(quarter.session, quarter.own, quarter.sheet.id)
    easier = (replace(SALES[0], target=D("99.99")), *SALES[1:])
    warnings = service.set_items(quarter.session, quarter.own, drafted.id, easier)
    assert [(one.severity, one.code, one.path) for one in warnings] == [("warning", "target_easier", "items[0].target")]
    assert service.set_items(quarter.session, quarter.own, drafted.id, SALES) == ()


def test_what_was_agreed_here_goes_before_what_was_imported(session: Session):
    head = factories.an_employee(session, "李主管")
    employee: Employee = factories.an_employee(session, post=factories.a_post(session), supervisor=head)
    earlier = a_quarter(session, employee)
    sign(earlier)
    past_targets.import_targets(session, earlier.hr, "trading", past(earlier, "{n},2026-Q1,revenue,500,旧表"))
    later = a_quarter(session, employee, cycle=factories.an_open_cycle(session, period="2027-Q1"))
    assert queries.backgrounds(session, later.cycle, [later.sheet])[later.sheet.id].earlier["revenue"] == D(100)


def test_past_targets_brought_again_change_nothing_and_another_figure_corrects(quarter: Quarter):
    def bring_past(figure: str) -> list[str]:
        table = past(quarter, f"{{n}},2025-Q1,revenue,{figure},2025 责任书")
        found = past_targets.import_targets(quarter.session, quarter.hr, "trading", table)
        return [one.action for one in found.planned]

    assert [bring_past("100"), bring_past("100"), bring_past("120")] == [["create"], ["unchanged"], ["change"]]
    kept = quarter.session.exec(select(PastTarget).where(PastTarget.employee_id == quarter.employee.id)).one()
    assert kept.target == D(120)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("X0,2025-Q1,revenue,1,旧表", "row 2, 工号"),
        ("{n},2025-Q5,revenue,1,旧表", "row 2, 期间"),
        ("{n},2099-Q1,revenue,1,旧表", "row 2, 期间"),
        ("{n},2025-Q1,天气,1,旧表", "row 2, 指标"),
        ("{n},2025-Q1,revenue,,旧表", "row 2, 目标值"),
    ],
)
def test_a_faulty_past_target_keeps_the_whole_file_out(quarter: Quarter, line: str, path: str):
    with pytest.raises(Invalid) as refused:
        table = past(quarter, line, "{n},2025-Q1,new_customers,5,旧表")
        past_targets.import_targets(quarter.session, quarter.hr, "trading", table)
    assert [fault.path for fault in refused.value.faults] == [path]
    assert quarter.session.exec(select(PastTarget).where(PastTarget.employee_id == quarter.employee.id)).all() == []


def test_rows_of_a_sheet_of_groups_go_by_id_or_name_and_nothing_else_does(session: Session) -> None:
    quarter = coal.a_coal_quarter(session, "chef")
    number = quarter.employee.number
    rows = [f"{number},,就餐人员满意度,,50,,,,,", f"{number},,chef-service_attitude,,20,,,,,"]
    preview = bring(quarter, a_table(*rows, f"{number},,chef-hygiene,gs,30,,,,,"))
    assert actions(preview) == ["create"]
    agreed = queries.agreed(session, [quarter.sheet.id])[quarter.sheet.id]
    assert [item.item for item in agreed.items] == ["chef-diner_satisfaction", "chef-service_attitude", "chef-hygiene"]
    faults = look(quarter, a_table(*rows, f"{number},,整理库房,gs,30,,,,齐全,")).faults
    assert any("「整理库房」不在岗位「厨师」的考核表中" in fault.zh for fault in faults)


def test_a_table_that_misses_a_printed_total_says_which_group(session: Session) -> None:
    quarter = coal.a_coal_quarter(session, "chef")
    number = quarter.employee.number
    rows = [f"{number},,chef-diner_satisfaction,,55,,,,,", f"{number},,chef-service_attitude,,20,,,,,"]
    faults = look(quarter, a_table(*rows, f"{number},,chef-hygiene,,30,,,,,")).faults
    assert any("合计 55, 该组权重为 50" in fault.zh for fault in faults)
