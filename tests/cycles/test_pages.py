"""The pages of cycles: from a draft through its pre-flight to an open one, and what HR settles in between."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import clock, db, later, web, worker
from appraisal.cycles.models import OPEN, Appraisal, Cycle, CycleException
from appraisal.people.models import Employee
from tests import factories as make
from tests.cycles.coal import a_coal_cycle, a_holder
from tests.site import a_browser, a_site, form_of, send

TODAY = date(2026, 4, 13)
A_CYCLE = {"code": "2026-Q1", "name": "一季度<b>", "policy": "trading", "period": "2026-Q1", "pays": "true"}


@dataclass
class Company:
    """Somebody with a post and a supervisor, and logins by role."""

    person: Employee
    logins: dict[str, str]


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> web.Site:
    return a_site(database_url, tmp_path)


@pytest.fixture
def company(site: web.Site) -> Iterator[Company]:
    with clock.at(TODAY):
        with db.transaction(site.target, write=True) as session:
            make.a_published_policy(session, confirmed=False)
            boss = make.an_employee(session, "李主管")
            person = make.an_employee(session, "张三", post=make.a_post(session), supervisor=boss)
            roles = ("hr", "auditor", "approver", "data_provider")
            logins = {role: make.an_account(session, role).login for role in roles}
            session.flush()
            session.expunge_all()
        yield Company(person, logins)


@pytest.fixture
def hr(site: web.Site, company: Company) -> FlaskClient:
    return a_browser(site, company.logins["hr"])


def drafted(hr: FlaskClient) -> str:
    """A draft's address."""
    answer = send(hr, "/hr/cycles/new", "/hr/cycles/new", **A_CYCLE)
    assert answer.status_code == 303, answer.text
    return str(answer.location).removesuffix("/preflight")


def opened(hr: FlaskClient) -> str:
    cycle = drafted(hr)
    send(hr, f"{cycle}/preflight", f"{cycle}/confirm-assumed")
    assert send(hr, f"{cycle}/preflight", f"{cycle}/open").status_code == 303
    return cycle


def test_a_cycle_goes_from_draft_over_its_pre_flight_to_open(site: web.Site, hr: FlaskClient):
    assert "没有考核周期" in hr.get("/hr/cycles").text
    cycle = drafted(hr)
    text = hr.get(f"{cycle}/preflight").text
    for words in ("开启前检查", "假定值未确认", "须先处理", "确认全部"):
        assert words in text, words
    assert "开启周期" not in text, "what cannot be done yet is not offered"
    answer = send(hr, f"{cycle}/preflight", f"{cycle}/confirm-assumed")
    text = hr.get(answer.location).text
    assert "已确认全部假定值" in text and "1 人建立考核表" in text and "不能退回草稿" in text
    answer = send(hr, f"{cycle}/preflight", f"{cycle}/open")
    assert answer.status_code == 303 and "1 人参评" in hr.get(answer.location).text
    with db.transaction(site.target, write=False) as session:
        assert session.exec(select(Cycle)).one().status == OPEN
    text = hr.get("/hr/cycles").text
    assert "一季度&lt;b&gt;" in text and "进行中" in text


def test_every_finding_says_what_to_do_and_where(hr: FlaskClient, site: web.Site):
    with db.transaction(site.target, write=True) as session:
        make.an_employee(session, "无主管", post=make.a_post(session))
    text = hr.get(f"{drafted(hr)}/preflight").text
    assert "无直接上级" in text and "请登记直接上级, 或之后改派" in text
    assert "Confirm all" in hr.get(f"{drafted_again(hr)}/preflight?lang=en").text


def drafted_again(hr: FlaskClient) -> str:
    answer = send(hr, "/hr/cycles/new", "/hr/cycles/new", **A_CYCLE | {"code": "other"})
    return str(answer.location).removesuffix("/preflight")


def test_a_draft_that_cannot_stand_is_shown_again_as_it_was_typed(hr: FlaskClient):
    answer = send(hr, "/hr/cycles/new", "/hr/cycles/new", **A_CYCLE | {"period": "2026-Q9"})
    assert answer.status_code == 422 and "一季度&lt;b&gt;" in answer.text and "2026-Q9" in answer.text
    drafted(hr)
    again = send(hr, "/hr/cycles/new", "/hr/cycles/new", **A_CYCLE)
    assert again.status_code == 409 and "周期 2026-Q1 已存在" in again.text


def test_a_draft_is_changed_on_the_version_that_was_seen_and_deleted(hr: FlaskClient):
    cycle = drafted(hr)
    given = {"name": "第一季度", "pays": "false", "data_due_on": "2026-04-09"}
    assert send(hr, f"{cycle}/edit", f"{cycle}/edit", **given | {"version": "9"}).status_code == 409
    assert send(hr, f"{cycle}/edit", f"{cycle}/edit", **given).status_code == 303
    text = hr.get(cycle).text
    assert "第一季度" in text and "不发放" in text and "2026 年 4 月 9 日" in text
    answer = send(hr, cycle, f"{cycle}/drop")
    assert answer.status_code == 303 and hr.get(cycle).status_code == 404


def test_what_is_opened_cannot_be_edited_any_more(hr: FlaskClient):
    cycle = opened(hr)
    assert hr.get(f"{cycle}/edit").status_code == 409
    assert "删除草稿" not in hr.get(cycle).text


def test_enrolment_is_brought_up_to_date(site: web.Site, hr: FlaskClient):
    cycle = opened(hr)
    with db.transaction(site.target, write=True) as session:
        make.an_employee(session, "新人", post=make.a_post(session))
    assert "2 人参评" in hr.get(f"{cycle}/preflight").text
    answer = send(hr, f"{cycle}/preflight", f"{cycle}/refresh")
    assert "参评人员已更新: 2 人参评" in hr.get(answer.location).text
    with db.transaction(site.target, write=False) as session:
        assert len(session.exec(select(Appraisal)).all()) == 2


def test_a_cycle_of_many_is_opened_and_brought_up_to_date_in_the_background(
    site: web.Site, hr: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(later, "MANY", 1)
    cycle = drafted(hr)
    form = form_of(hr.get(f"{cycle}/preflight").text, f"{cycle}/confirm-assumed")
    refused = hr.post(f"{cycle}/open", data=form | {"version": "1"})
    assert refused.status_code == 422 and "须先处理" in refused.text, "what stands in the way is told at once"
    send(hr, f"{cycle}/preflight", f"{cycle}/confirm-assumed")
    job = send(hr, f"{cycle}/preflight", f"{cycle}/open").location
    assert "/jobs/" in job and "开启周期" in hr.get(job).text
    assert send(hr, f"{cycle}/preflight", f"{cycle}/open").location == job, "it is begun once"
    with db.transaction(site.target, write=True) as session:
        login = make.an_account(session, "hr").login
    refused = send(a_browser(site, login), f"{cycle}/preflight", f"{cycle}/open")
    assert refused.status_code == 409 and "已有人在办理此事" in refused.text
    assert worker.work_off(site.target) == 1
    text = hr.get(job).text
    assert '<dt>参评人数</dt><dd class="figure">1</dd>' in text and f'href="{cycle}"' in text
    assert "进行中" in hr.get("/hr/cycles").text
    with db.transaction(site.target, write=True) as session:
        make.an_employee(session, "新人", post=make.a_post(session))
    refreshed = send(hr, f"{cycle}/preflight", f"{cycle}/refresh").location
    assert "/jobs/" in refreshed and worker.work_off(site.target) == 1
    assert '<dt>参评人数</dt><dd class="figure">2</dd>' in hr.get(refreshed).text


def test_an_exception_lets_those_chosen_go_on_and_needs_a_reason(site: web.Site, hr: FlaskClient):
    cycle = opened(hr)
    page = f"{cycle}/exceptions"
    text = hr.get(page).text
    assert "张三" in text and "未双方签署" in text
    with db.transaction(site.target, write=False) as session:
        one = session.exec(select(Appraisal)).one().id
    assert send(hr, page, page, **{"appraisal_ids[]": [one]}).status_code == 422
    answer = send(hr, page, page, reason="长期出差", **{"appraisal_ids[]": [one]})
    text = hr.get(answer.location).text
    assert "已记录 1 项例外" in text and "长期出差" in text and "全部责任书都已双方签署或已记录例外" in text
    with db.transaction(site.target, write=False) as session:
        assert session.exec(select(CycleException)).one().appraisal_id == one


def test_a_cycle_ends_once_everybody_is_filed_and_not_before(site: web.Site, hr: FlaskClient):
    cycle = opened(hr)
    assert "还有 1 人未归档" in hr.get(cycle).text
    with db.transaction(site.target, write=True) as session:
        session.exec(select(Appraisal)).one().step = "archived"
    answer = send(hr, cycle, f"{cycle}/close")
    assert "周期已结束" in hr.get(answer.location).text


def test_moving_to_the_same_text_is_said_to_be_no_move(hr: FlaskClient):
    text = hr.get(f"{opened(hr)}/policy-move").text
    assert "周期已使用现行文本" in text and "改用现行文本</button>" not in text


def test_readers_see_and_change_nothing_and_others_learn_nothing(site: web.Site, company: Company, hr: FlaskClient):
    cycle = drafted(hr)
    for who in ("auditor", "approver"):
        reader = a_browser(site, company.logins[who])
        text = reader.get(cycle).text
        assert "一季度" in text and "删除草稿" not in text and reader.get(f"{cycle}/edit").status_code == 403
        assert "确认全部" not in reader.get(f"{cycle}/preflight").text
    stranger = a_browser(site, company.logins["data_provider"])
    assert stranger.get(cycle).status_code == 404 and stranger.get("/hr/cycles").status_code == 403
    assert stranger.get("/hr/cycles/99999").status_code == 404


# Blank cells (R-003-43)


@pytest.fixture
def coal(site: web.Site) -> Iterator[tuple[str, str]]:
    """The login of HR, and the address of a draft in which the drivers' rows lack cadence and assessor."""
    with clock.at(date(2026, 1, 5)):
        with db.transaction(site.target, write=True) as session:
            a_holder(session, "driver", "司机")
            cycle = a_coal_cycle(session)
            login = make.an_account(session, "hr").login
            found = login, f"/hr/cycles/{cycle.id}"
        yield found


def test_blank_cells_are_ruled_on_row_by_row_or_all_at_once(site: web.Site, coal: tuple[str, str]):
    login, cycle = coal
    hr, page = a_browser(site, login), f"{cycle}/rulings"
    text = hr.get(page).text
    assert "4 项待补" in text and "出车及时性" in text and "4 项没有周期" in text
    answer = send(hr, page, f"{page}/cadence", cadence="quarter", reason="按季度考核")
    text = hr.get(answer.location).text
    assert "已补定 4 项" in text and "3 项待补" in text and "项没有周期" not in text
    place = re.search(r'name="rulings\[(\d+)\]\.assessor"', text)
    assert place is not None
    name = f"rulings[{place[1]}]"
    refused = send(hr, page, page, **{f"{name}.assessor_number": "E-none", "reason": "由其评定"})
    assert refused.status_code == 422 and "没有工号 E-none" in refused.text and 'value="E-none"' in refused.text
    answer = send(hr, page, page, **{f"{name}.assessor": "办公室主任", "reason": "由其评定"})
    text = hr.get(answer.location).text
    assert "已补定 1 项" in text and "2 项待补" in text and "办公室主任" in text


def test_rulings_that_say_nothing_and_a_missing_earlier_cycle_are_told_so(site: web.Site, coal: tuple[str, str]):
    login, cycle = coal
    hr, page = a_browser(site, login), f"{cycle}/rulings"
    assert "请至少填写一项" in send(hr, page, page, reason="无").text
    assert "没有可沿用补定的较早周期" in send(hr, page, f"{page}/copy").text
    stale = send(hr, page, f"{page}/cadence", cadence="quarter", reason="按季", version="99")
    assert stale.status_code == 409
