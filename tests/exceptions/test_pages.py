"""The pages of exceptions: one taken from its opening to its closing through them alone, the board, tasks of departments."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import clock, db, web
from appraisal.exceptions.models import KpiException, KpiExceptionEntry, KpiTask
from appraisal.people.models import Account
from tests.exceptions.samples import one_open, troubled
from tests.site import a_browser, a_site, form_of, send

NOW = datetime(2026, 4, 8, 2, 0, tzinfo=UTC)


@dataclass
class Place:
    """An exception that has just been opened, on a served site."""

    site: web.Site
    exception_id: int
    number: str
    top: int
    top_number: str
    logins: dict[str, str]
    browsers: dict[tuple[str, str], FlaskClient] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/kpi/exceptions/{self.exception_id}"

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        if (who, language) not in self.browsers:
            self.browsers[who, language] = a_browser(self.site, self.logins[who], language)
        return self.browsers[who, language]

    def page(self, who: str, path: str | None = None, language: str = "zh") -> str:
        got = self.browser(who, language).get(path or self.path)
        assert got.status_code == 200, got.status_code
        return got.text

    def send(self, who: str, act: str, **given: Any) -> Any:
        client, to = self.browser(who), f"{self.path}/{act}"
        return client.post(to, data=form_of(client.get(self.path).text, to) | given)

    def do(self, who: str, act: str, **given: Any) -> None:
        got = self.send(who, act, **given)
        assert got.status_code == 303, got.text[:3000]

    def found(self) -> KpiException:
        with db.transaction(self.site.target, write=False) as session:
            return session.get_one(KpiException, self.exception_id)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    site = a_site(database_url, tmp_path)
    with clock.at(NOW):
        with db.transaction(site.target, write=True) as session:
            around = troubled(session)
            found = one_open(around)
            found.owner_id = around.owner.employee_id
            actors = {one: getattr(around, one) for one in ("manager", "another", "owner", "head", "member", "hr")}
            logins = {name: session.get_one(Account, one.account_id).login for name, one in actors.items()}
            kept = (found.id, found.number, around.top.id, around.top.number)
        yield Place(site, *kept, logins)


def test_an_exception_is_taken_from_its_opening_to_its_closing_through_its_page(place: Place):
    place.do("owner", "analysis", cause="批次混料")
    place.do("owner", "action", action="隔离并复检", action_due_on="2026-04-20")
    place.do("owner", "completion", report="已隔离三批")
    assert "等待验证" in place.page("owner")  # never by its owner
    place.do("manager", "verification", effective="true", verification="复检合格")
    place.do("manager", "closing", closing="已恢复")
    page = place.page("owner")
    for words in ("批次混料", "隔离并复检", "已隔离三批", "复检合格", "已恢复", "已关闭"):
        assert words in page, words
    assert "<textarea" not in page  # nothing is left to do


def test_the_sheet_tells_the_figures_that_raised_it(place: Place):
    page = place.page("owner")
    assert place.number in page and "1.2" in page and "&lt; 1" in page and "20 %" in page
    english = place.page("owner", language="en")
    assert "What raised it" in english and "Find the cause" in english


def test_an_action_found_ineffective_goes_back_to_its_owner(place: Place):
    place.do("owner", "analysis", cause="混料")
    place.do("owner", "action", action="复检", action_due_on="2026-04-20")
    place.do("owner", "completion", report="已复检")
    place.do("manager", "verification", effective="false", verification="又有投诉")
    assert "退回" in place.page("owner")


def test_a_form_that_lacks_something_is_refused_and_keeps_what_was_typed(place: Place):
    place.do("owner", "analysis", cause="混料")
    got = place.send("owner", "action", action="隔离三个批号", action_due_on="2030-01-01")
    assert got.status_code == 422
    assert "隔离三个批号" in got.text and "应对期限" in got.text


def test_a_page_that_is_no_longer_true_is_refused_with_the_reason(place: Place):
    got = place.send("owner", "analysis", cause="混料", version="99")
    assert got.status_code == 409 and 'class="refused"' in got.text and "混料" in got.text
    assert place.found().cause is None


def test_only_who_may_act_is_offered_to_and_to_others_it_is_as_good_as_none(place: Place):
    assert "记录原因" in place.page("owner") and "指定责任人" not in place.page("owner")
    assert "指定责任人" in place.page("manager")
    head = place.page("head")
    assert "记录原因" not in head and "加一条记录" in head
    assert place.browser("member").get(place.path).status_code == 404


def test_a_manager_names_another_owner_and_another_day_takes_a_reason(place: Place):
    refused = place.send("manager", "assignment", owner=place.top_number, due_on="2026-08-01")
    assert refused.status_code == 422
    place.do("manager", "assignment", owner=place.top_number, due_on="2026-08-01", reason="等供应商")
    assert place.found().owner_id == place.top


def test_a_note_is_added_to_what_happened(place: Place):
    place.do("head", "notes", text="已通知供应商")
    with db.transaction(place.site.target, write=False) as session:
        assert session.exec(select(KpiExceptionEntry).where(KpiExceptionEntry.text == "已通知供应商")).one()
    assert "已通知供应商" in place.page("owner")


def test_it_cannot_be_made_void_while_an_alert_stands(place: Place):
    assert "作废" not in place.page("manager")


def test_the_board_has_the_open_ones_by_state_and_the_ended_ones_as_a_list(place: Place):
    board = place.page("manager", "/kpi/exceptions")
    assert place.path in board and "待分析" in board
    assert place.path not in place.page("manager", "/kpi/exceptions?state=closed")
    assert "没有符合条件" in place.page("member", "/kpi/exceptions")


def test_those_past_their_day_stand_in_front_and_are_marked(place: Place):
    with clock.at(datetime(2027, 4, 8, 2, 0, tzinfo=UTC)):
        place.browsers.clear()
        page = place.page("manager", "/kpi/exceptions?overdue=true")
    assert place.path in page and "overdue" in page and "逾期" in page
    assert place.path not in place.page("manager", "/kpi/exceptions?overdue=true")


def test_a_department_is_asked_once_and_answers(place: Place):
    given = {"department": "生产部", "follow_up": "核对批次", "idempotency_key": "just-once"}
    for _ in range(2):
        place.do("manager", "tasks", **given)
    with db.transaction(place.site.target, write=False) as session:
        (task,) = session.exec(
            select(KpiTask).where(KpiTask.department == "生产部", KpiTask.exception_id == place.exception_id)
        ).all()
    at = f"/kpi/tasks/{task.id}"
    assert "生产部,核对批次,待办," in place.page("manager", "/kpi/tasks/file.csv")
    assert "核对批次" not in place.page("manager", "/kpi/tasks/file.csv?state=done")
    assert "核对批次" in place.page("manager", "/kpi/tasks") and "核对批次" in place.page("manager")
    refused = send(place.browser("manager"), at, f"{at}/completion")
    assert refused.status_code == 422
    done = send(place.browser("manager"), at, f"{at}/completion", note="无异常")
    assert done.status_code == 303 and "无异常" in place.page("manager", at)


def test_a_task_is_taken_back_with_a_reason(place: Place):
    place.do("manager", "tasks", department="别的部门", follow_up="核对")
    with db.transaction(place.site.target, write=False) as session:
        task = session.exec(select(KpiTask).where(KpiTask.department == "别的部门")).one()
    at = f"/kpi/tasks/{task.id}"
    assert send(place.browser("manager"), at, f"{at}/drop", reason="重复").status_code == 303
    assert "已取消" in place.page("manager", at)
    assert place.browser("member").get(at).status_code == 404
