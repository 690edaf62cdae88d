"""What people do from the first page to the last, in a real browser: nothing here is done but by pressing and filling in."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.monitoring import holders
from appraisal.people.models import Account
from tests import factories
from tests.agreements.samples import AFTER_APPEALS, a_quarter, acting
from tests.browser.desks import Company, Desk
from tests.browser.serving import serving
from tests.browser.window import NARROW, WIDE, Window
from tests.incidents.coal import a_coal_company, reviewed
from tests.journeys.test_monitoring_month import TABLE
from tests.site import a_site

JANUARY, APRIL = datetime(2026, 1, 6, 2, 0, tzinfo=UTC), datetime(2026, 4, 8, 2, 0, tzinfo=UTC)
EARLY_APRIL = datetime(2026, 4, 2, 2, 0, tzinfo=UTC)
MAY = datetime.combine(AFTER_APPEALS, APRIL.timetz())


People = Callable[[Session], Mapping[str, Actor]]


@contextmanager
def _company(database_url: str, var: Path, window: Callable[..., Window], day: datetime, people: People) -> Iterator[Company]:
    """A served site with the people that are made in its database, by what they do."""
    site = a_site(database_url, var)
    with clock.at(day), db.transaction(site.target, write=True) as session:
        logins = {who: session.get_one(Account, actor.account_id).login for who, actor in people(session).items()}
    with serving(site, day) as served:
        yield Company(served, window, logins)


@pytest.fixture
def trading(database_url: str, tmp_path: Path, window: Callable[..., Window]) -> Iterator[Company]:
    """A cycle that has begun, and a sales person in it with everybody who has a part in what follows."""
    with _company(database_url, tmp_path, window, JANUARY, _sales) as company:
        company.works("employee", NARROW, "zh")
        company.works("supervisor", WIDE, "en")
        yield company


def _sales(session: Session) -> Mapping[str, Actor]:
    quarter = a_quarter(session)
    hr = factories.an_actor(session, "hr", employee=factories.an_employee(session, "赵人事"))
    named = {"employee": quarter.own, "supervisor": quarter.supervisor, "approver": quarter.approver, "hr": hr}
    return named | {"payroll": quarter.payroll, "data": quarter.provider, "checker": quarter.checker}


def test_one_appraisal_goes_from_agreement_to_archive_with_an_appeal(trading: Company):
    with trading.at(JANUARY):
        _is_agreed(trading)
    with trading.at(APRIL):
        _figures_come_in(trading)
        _is_assessed(trading)
        _is_published(trading)
        _is_appealed(trading)
    with trading.at(MAY):
        _is_approved_and_paid(trading)


def _is_agreed(trading: Company) -> None:
    """The employee chooses and signs on a phone, the supervisor reads and signs in English."""
    own, chief = trading["employee"], trading["supervisor"]
    own.go("/my/agreement")
    own.press("新建草稿")
    _choose(own, "revenue", weight="60", target="100", challenge="120")
    _choose(own, "new_customers", weight="30", target="10", challenge="12")
    _choose(own, "own-1", name_zh="客户档案整理", name_en="Tidy the customer files", dimension="operations", weight="10")
    own.page.locator('[data-item="own-1"] summary').click()
    _choose(own, "own-1", standard="全部档案齐全为 100, 每缺一户减 2 分")
    own.reads("合计 100 / 100")
    own.press("保存")
    own.reads("销售额", "未签署")
    own.press("签署", sure=True, inside="#sign")
    own.reads("您已签署, 待对方签署后生效")
    chief.go(own.path)
    chief.reads("Tidy the customer files", "Not signed yet")
    chief.press("Sign", sure=True, inside="#sign")
    chief.reads("Both sides have signed: the agreement is in force")


def _choose(desk: Desk, item: str, **values: str) -> None:
    """Ticks a line of the offer and fills it in."""
    line = desk.page.locator(f'[data-item="{item}"]')
    line.locator('input[type="checkbox"]').check()
    for name, value in values.items():
        found = line.locator(f'[name$=".{name}"]')
        found.select_option(value) if name == "dimension" else found.fill(value)


def _figures_come_in(trading: Company) -> None:
    """Entered by one, confirmed by another, and sent on."""
    data, checker = trading["data"], trading["checker"]
    for item, figure in (("销售额", "110"), ("新客户开发数量", "10")):
        data.go("/hr/figures?state=missing")
        data.press(item, inside="table")
        data.enter({"actual": figure, "source_document": "财务报表 2026-Q1"})
        data.press("录入")
    checker.go("/hr/figures")
    checker.press("待我确认 2")
    checker.press("确认所选", sure=True)
    checker.go("/hr/figures/ready")
    checker.press("送交所选", sure=True)


def _is_assessed(trading: Company) -> None:
    """On the phone by themselves, then in English by the supervisor, who keeps a record of their talk."""
    own, chief = trading["employee"], trading["supervisor"]
    own.go("/my/appraisal")
    own.press("自评")
    own.reads("110", "客户档案整理")
    own.enter({"ratings[0].rating": "88", "statement": "完成了主要目标, 新客户还需加强。"})
    own.press("提交", sure=True)
    own.reads("自评已提交", "完成了主要目标")
    chief.go("/team")
    chief.press("张三")
    chief.press("Review")
    chief.enter({"ratings[0].rating": "85", "comment": "Steady growth; few new customers."})
    chief.press("Hand in", sure=True)
    chief.press("Record the interview")
    chief.enter({"held_on": "2026-04-07", "place": "Room 2", "strengths": "Careful", "shortcomings": "Few new customers"})
    chief.enter({"plan": "Visit twenty new customers"})
    chief.press("Record the interview")
    chief.reads("The record of the interview is kept")
    own.go("/my/appraisal")
    own.misses("Steady growth")
    own.press("签署面谈记录")
    own.press("签署面谈记录")
    own.reads("面谈记录已签署")


def _is_published(trading: Company) -> None:
    """HR computes and publishes; the employee reads what it rests on, and does not agree."""
    hr, own = trading["hr"], trading["employee"]
    hr.go("/hr/results")
    hr.press("按最新数据计算", sure=True)
    hr.go("/hr/steps/publication")
    _pick_all(hr)
    hr.press("公布", inside="main form", sure=True)
    own.go("/my/appraisal")
    own.reads("Steady growth")
    own.press("确认结果")
    own.enter({"agrees": "false", "comment": "新客户少计两家"})
    own.press("确认结果")
    own.reads("您的答复已记录", "不认可")


def _pick_all(desk: Desk) -> None:
    for box in desk.page.locator("[data-picks] tbody input[type=checkbox]").all():
        box.check()


def _is_appealed(trading: Company) -> None:
    """With evidence; taken up by HR and decided for the employee."""
    own, hr, chief = trading["employee"], trading["hr"], trading["supervisor"]
    own.press("申诉")
    own.enter({"grounds": "三月签约的两家客户未计入", "wanted": "改定为 S"})
    own.hands_in("合同.pdf", b"%PDF-1.7 contract")
    own.press("申诉")
    own.reads("申诉已提交", "合同.pdf")
    hr.go("/hr/appeals")
    hr.press("张三")
    hr.press("受理申诉")
    hr.enter({"note": "已受理, 三日内核对合同"})
    hr.press("受理申诉")
    chief.go("/team")
    chief.press("张三")
    chief.press("Add a statement or evidence")
    chief.enter({"text": "Both contracts were signed in March."})
    chief.press("Add a statement or evidence")
    hr.go(own.path)
    hr.press("作出申诉决定")
    hr.enter({"upheld": "true", "reasons": "两份合同属实", "grade": "S"})
    hr.press("作出申诉决定", sure=True)
    hr.reads("申诉决定已作出", "变更")


def _is_approved_and_paid(trading: Company) -> None:
    """After the window: approved by somebody with no part in it, filed, and released by payroll."""
    hr, approver, payroll, own = (trading[who] for who in ("hr", "approver", "payroll", "employee"))
    hr.go("/hr/steps/appeals-closing")
    _pick_all(hr)
    hr.press("结束申诉期", inside="main form", sure=True)
    approver.go("/approvals")
    _pick_all(approver)
    approver.enter({"note": "同意发放"})
    approver.press("批准 1 人", sure=True)
    hr.go("/hr/steps/archiving")
    _pick_all(hr)
    hr.press("归档", inside="main form", sure=True)
    hr.go("/payroll")
    hr.press("编制发放单", sure=True)
    payroll.go("/payroll")
    payroll.press("打开待发放的发放单")
    payroll.press("核对无误, 发放", sure=True)
    payroll.reads("已发放", "S", "1.5")
    own.go("/my/appraisal")
    own.reads("归档", "申请复核", "S")


# The coal group


@pytest.fixture
def coal(database_url: str, tmp_path: Path, window: Callable[..., Window]) -> Iterator[Company]:
    """A quarter of the coal group in which the chef and the logistics supervisor were reviewed, and did well."""
    with _company(database_url, tmp_path, window, APRIL, _canteen) as company:
        yield company


def _canteen(session: Session) -> Mapping[str, Actor]:
    group = a_coal_company(session)
    for who in ("chef", "supervisor"):
        reviewed(group, who)
    return {"reporter": group.reporter, "hr": group.hr} | {who: group.actor(who) for who in ("chef", "supervisor")}


def test_a_food_event_of_the_chef_reaches_the_logistics_supervisor(coal: Company):
    with coal.at(APRIL):
        reporter, chef, hr = coal["reporter"], coal["chef"], coal["hr"]
        hr.go("/hr/results")
        hr.press("按最新数据计算", sure=True)
        assert _rows(hr, "周师傅", "刘后勤") == {"周师傅": False, "刘后勤": False}
        reporter.go("/people?search=周师傅")
        number = re.search(r"周师傅\s+(\S+)", reporter.said())
        assert number is not None
        reporter.go("/incidents/new")
        reporter.enter({"number": number[1], "event": "food_event", "happened_on": "2026-02-10"})
        reporter.enter({"facts": "午餐后五人腹泻, 留样检出超标"})
        reporter.press("登记")
        reporter.reads("已登记")
        chef.go("/")
        chef.press("事件")
        chef.enter({"statement": "当日按规程留样"})
        chef.press("提交陈述")
        hr.go(reporter.path)
        hr.press("认定")
        hr.reads("刘后勤")
        hr.enter({"findings": "检验报告属实"})
        hr.press("认定", sure=True)
        hr.reads("已认定", "刘后勤")
        hr.go("/hr/results")
        hr.press("按最新数据计算", sure=True)
        assert _rows(hr, "周师傅", "刘后勤") == {"周师傅": True, "刘后勤": True}


def _rows(desk: Desk, *names: str) -> dict[str, bool]:
    """Whom the table of results shows with a veto."""
    rows = {name: desk.page.locator("main table tr", has_text=name).first for name in names}
    return {name: row.locator(".veto").count() > 0 for name, row in rows.items()}


# The plant


@pytest.fixture
def plant(database_url: str, tmp_path: Path, window: Callable[..., Window]) -> Iterator[Company]:
    """A plant that is watched, with the people who answer for its quality."""
    with _company(database_url, tmp_path, window, EARLY_APRIL, _watched) as company:
        yield company


def _watched(session: Session) -> Mapping[str, Actor]:
    factories.a_published_policy(session, name="kpi_sop")
    unit = factories.a_unit(session, "示例厂")
    head = factories.a_unit_head(session, unit)
    quality, top = factories.an_employee(session, "罗品质"), factories.an_employee(session, "柯总")
    manager = factories.an_actor(session, "kpi_manager")
    for role, employee in (("品质负责人", quality), ("最高管理者", top)):
        said = {"policy": "kpi_sop", "role": role, "employee_id": employee.id, "from_on": JANUARY.date()}
        holders.name_holder(session, manager, unit_id=None, **said)
    named = {"manager": manager, "data": factories.an_actor(session, "data_provider")}
    named["checker"] = factories.an_actor(session, "data_provider")
    return named | {who: acting(session, one) for who, one in (("quality", quality), ("head", head))}


def test_a_monthly_import_raises_an_alert_that_is_answered_for_and_closed(plant: Company):
    with plant.at(EARLY_APRIL):
        _readings_come_in(plant)
        manager = plant["manager"]
        manager.go("/kpi")
        manager.enter({"period": "2026-03", "policy": "kpi_sop"})
        manager.press("评价", inside="#evaluate")
        manager.go("/kpi")
        manager.reads("IQC 合格率", "严重")
        manager.go("/kpi/exceptions")
        manager.reads("IQC 合格率", "CAPA", "罗品质")
        _exception_is_answered_for(plant)
        manager.go("/kpi/exceptions")
        manager.press("IQC 合格率")
        manager.enter({"closing": "四月首批合格"})
        manager.press("关闭", sure=True)
        manager.reads("已关闭")


def _readings_come_in(plant: Company) -> None:
    """As a table that one brings and another vouches for."""
    data, checker = plant["data"], plant["checker"]
    data.go("/kpi/readings/import")
    table = {"name": "三月.csv", "mimeType": "text/csv", "buffer": TABLE.format(unit="示例厂").encode()}
    data.page.set_input_files("#f-file", table)
    data.press("预览")
    data.reads("新增", "9")
    data.press("导入 9 行")
    checker.go("/kpi/readings?state=waiting")
    for box in checker.page.locator("main tbody input[type=checkbox]").all():
        box.check()
    checker.press("确认所选", sure=True)


def _exception_is_answered_for(plant: Company) -> None:
    """Its owner finds it at home, says why and what is done; the head of the unit looks whether it helped."""
    quality, head = plant["quality"], plant["head"]
    quality.go("/")
    quality.press("处理指标异常")
    quality.reads("IQC 合格率")
    quality.enter({"cause": "供应商批号 0312 混料"})
    quality.hands_in("lots.csv", "批号,结果\n0312,不合格\n".encode(), "text/csv")
    quality.press("记录原因")
    quality.enter({"action": "退货并加严抽样"})
    quality.press("记录措施")
    quality.enter({"report": "已退货"})
    quality.press("提交验证")
    head.go(quality.path)
    head.enter({"effective": "true", "verification": "四月首批合格"})
    head.press("记录验证结果")
    head.reads("验证结果已记录")
