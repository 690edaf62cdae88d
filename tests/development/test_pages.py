"""The pages of development: a plan agreed on, a talk noted, an improvement plan from its draft to its outcome."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appraisal import clock, db, web
from appraisal.people.models import Account, Employee
from tests import factories
from tests.agreements.samples import acting
from tests.site import a_browser, a_site, form_token

DAY = datetime(2026, 4, 24, 2, 0, tzinfo=UTC)


class Place:
    """A person in an annual cycle, and a browser for everybody who has a part in it."""

    def __init__(self, site: web.Site) -> None:
        with db.transaction(site.target, write=True) as session:
            head = factories.an_employee(session, "李主管")
            employee = factories.an_employee(session, post=factories.a_post(session), supervisor=head)
            cycle = factories.an_open_cycle(session, period="2026")
            self.appraisal_id = factories.an_appraisal(session, employee, cycle=cycle).id
            self.number = employee.number
            chief: Employee = factories.an_employee(session, "韩总")
            actors = {"own": acting(session, employee), "supervisor": acting(session, head), "hr": factories.hr(session)}
            actors["approver"] = factories.an_actor(session, "approver", employee=chief)
            self.logins = {who: session.get_one(Account, one.account_id).login for who, one in actors.items()}
        self.site, self.browsers = site, dict[str, Any]()

    def browser(self, who: str) -> Any:
        if who not in self.browsers:
            self.browsers[who] = a_browser(self.site, self.logins[who])
        return self.browsers[who]

    def send(self, who: str, address: str, page: str, **fields: str) -> Any:
        client = self.browser(who)
        text = client.get(page).text
        form = re.search(rf'<form[^>]*action="{re.escape(address)}".*?</form>', text, re.DOTALL)
        hidden = re.findall(r'<input type="hidden" name="([\w_]+)" value="([^"]*)"', form[0] if form else "")
        data = {"csrf_token": form_token(client, page)} | dict(hidden) | fields
        return client.post(address, data=data, follow_redirects=True)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    with clock.at(DAY):
        yield Place(a_site(database_url, tmp_path))


def test_a_development_plan_is_written_proposed_agreed_and_a_gap_between_lines_does_no_harm(place: Place) -> None:
    new = f"/appraisals/{place.appraisal_id}/development-plan"
    wish = {"goals[0].goal": "商务英语", "goals[0].actions": "每周两课时", "goals[0].due_on": "2026-10-31"}
    told = place.send("own", new, new, **wish, **{"goals[2].goal": "信用证", "goals[2].due_on": "2026-11-30"})
    assert told.status_code == 422 and "信用证" in told.text and 'id="f-goals-1-actions-fault"' in told.text
    told = place.send("own", new, new, **wish)
    plan = told.request.path
    assert "草稿已保存" in told.text and "商务英语" in told.text
    assert "已提交上级" in place.send("own", f"{plan}/proposal", plan).text
    assert "已退回修改" in place.send("supervisor", f"{plan}/return", plan, reason="补充信用证").text
    place.send("own", f"{plan}/proposal", plan)
    assert "已同意" in place.send("supervisor", f"{plan}/agreement", plan).text
    told = place.send("supervisor", f"{plan}/rating", plan, **{"ratings[0]": "101", "comment": "好"})
    assert told.status_code == 422 and "101" in told.text
    assert "已评定" in place.send("supervisor", f"{plan}/rating", plan, **{"ratings[0]": "80", "comment": "好"}).text


def test_a_talk_is_read_by_both_sides(place: Place) -> None:
    page = f"/appraisals/{place.appraisal_id}/development"
    note = {"held_on": "2026-04-20", "text": "客户分级已完成"}
    assert "客户分级已完成" in place.send("supervisor", f"/appraisals/{place.appraisal_id}/check-ins", page, **note).text
    assert "客户分级已完成" in place.browser("own").get("/my/development").text


def test_an_improvement_plan_goes_from_its_draft_to_its_outcome(place: Place) -> None:
    new = "/hr/improvement-plans/new"
    says = {"from_on": "2026-04-24", "to_on": "2026-07-23", "facts": "回款率 62%", "causes": "分级不清", "assistance": "培训"}
    says |= {"targets[0].result": "回款率 90%", "targets[0].due_on": "2026-07-23", "checks[0]": "2026-04-24"}
    refused = place.send("hr", new, new, **says, number="E99999")
    assert refused.status_code == 422 and "分级不清" in refused.text and "没有工号" in refused.text
    told = place.send("hr", new, new, **says, number=place.number)
    plan = told.request.path
    assert place.browser("own").get(plan).status_code == 404, "not before it is offered"
    place.send("hr", f"{plan}/offer", plan)
    assert "待签署与批准" in place.browser("own").get("/my/development").text
    assert "已签署" in place.send("own", f"{plan}/signature", plan, comment="同意").text
    assert "请刷新" in place.send("supervisor", f"{plan}/signature", plan, version="1").text
    place.send("supervisor", f"{plan}/signature", plan)
    assert "已批准" in place.send("approver", f"{plan}/approval", plan).text
    check = {"due_on": "2026-04-24", "held_on": "2026-04-24", "findings": "有改进"}
    assert "有改进" in place.send("supervisor", f"{plan}/checks", plan, **check).text
    wrong = {"met[0]": "true", "outcome": "not_met", "evaluation": "已达到"}
    told = place.send("supervisor", f"{plan}/evaluation", plan, **wrong)
    assert told.status_code == 422 and "已达到" in told.text
    told = place.send("supervisor", f"{plan}/evaluation", plan, **wrong | {"outcome": "met"})
    assert "评价已提交" in told.text and "达到预期结果" in told.text
    assert plan in place.browser("approver").get("/hr/improvement-plans").text


@pytest.mark.parametrize("who", ["own", "supervisor", "approver"])
def test_only_hr_drafts_an_improvement_plan(place: Place, who: str) -> None:
    assert place.browser(who).get("/hr/improvement-plans/new").status_code == 403
