"""The pages of 360° feedback: raters decided on, an answer given once, an outsider behind a link, the report in sum."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appraisal import clock, db, web
from appraisal.feedback.service import raters, reports
from appraisal.people.models import Account
from tests.feedback.a_round import Feedback, a_round
from tests.site import a_browser, a_site, form_token

DAY = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[web.Site]:
    with clock.at(DAY):
        yield a_site(database_url, tmp_path)


def login_of(feedback: Feedback, account_id: int | None) -> str:
    return feedback.session.get_one(Account, account_id).login


def test_an_answer_is_given_once_and_a_form_left_unfinished_keeps_what_was_marked(site: web.Site) -> None:
    with db.transaction(site.target, write=True) as session:
        feedback = a_round(session)
        rater, actor = feedback.ask()
        address, login = f"/feedback/{rater.id}", login_of(feedback, actor.account_id)
    client = a_browser(site, login)
    page = client.get(address).text
    assert "不足 3 人的组合并或不显示" in page and "idempotency_key" not in page
    token = {"csrf_token": form_token(client, address)}
    unfinished = {"ratings.teamwork": "4", "remarks[2].question": "strengths", "remarks[2].text": "有耐心"}
    told = client.post(address, data=token | unfinished)
    assert told.status_code == 422 and "尚未评分" in told.text and "有耐心" in told.text
    assert re.search(r'name="ratings.teamwork" value="4" required checked', told.text)
    told = client.post(address, data=token | unfinished | {"ratings.reliability": "5"}, follow_redirects=True)
    assert "已封存" in told.text and "有耐心" not in told.text
    again = client.post(address, data=token | unfinished | {"ratings.reliability": "1"})
    assert again.status_code == 409 and "只能作答一次" in again.text


def test_an_outsider_answers_behind_a_link_whose_token_is_in_no_address(site: web.Site) -> None:
    with db.transaction(site.target, write=True) as session:
        feedback = a_round(session)
        token = raters.issue_link(session, feedback.hr, feedback.ask_outsider().id).token
    client = site.test_client()
    form = {"csrf_token": form_token(client, "/feedback/outside"), "token": token}
    page = client.post("/feedback/outside", data=form)
    assert page.status_code == 200 and "团队协作" in page.text
    told = client.post("/feedback/outside/answer", data=form | {"ratings.teamwork": "4", "ratings.reliability": "5"})
    assert "链接已失效" in told.text
    used = client.post("/feedback/outside", data=form)
    assert used.status_code == 404 and "已使用" in used.text


def test_raters_are_proposed_by_one_and_decided_on_by_another(site: web.Site) -> None:
    with db.transaction(site.target, write=True) as session:
        feedback = a_round(session)
        own, lead = login_of(feedback, feedback.own.account_id), login_of(feedback, feedback.supervisor.account_id)
        case, head = f"/appraisals/{feedback.appraisal.id}/feedback", feedback.head.number
    client = a_browser(site, own)
    form = {"csrf_token": form_token(client, case), "idempotency_key": "once", "group": "peers", "number": head}
    told = client.post(f"{case}/raters", data=form, follow_redirects=True)
    assert "已提名" in told.text and "待确认" in told.text and "/decision" not in told.text
    assert client.post(f"{case}/raters", data=form).status_code == 303, "sent twice, it is taken once"
    browser = a_browser(site, lead)
    assert case in browser.get("/hr/feedback").text
    page = browser.get(case).text
    address = re.search(rf'action="({case}/raters/\d+/decision)"', page)
    assert address is not None
    fields = {"csrf_token": form_token(browser, case), "version": "1", "approve": "false"}
    told = browser.post(address[1], data=fields)
    assert told.status_code == 422
    assert "已邀请作答" in browser.post(address[1], data=fields | {"approve": "true"}, follow_redirects=True).text


def test_a_closed_round_shows_each_group_in_sum_and_small_ones_not_at_all(site: web.Site) -> None:
    with db.transaction(site.target, write=True) as session:
        feedback = a_round(session)
        feedback.answered("peers", "4 5", "4 4", "5 5", remark="有条理")
        feedback.answered("subordinates", "1 1", remark="脾气急")
        reports.close_round(session, feedback.hr, feedback.round.id)
        own, case = login_of(feedback, feedback.own.account_id), f"/appraisals/{feedback.appraisal.id}/feedback"
    page = a_browser(site, own).get(case).text
    assert "有条理" in page and "脾气急" not in page and "人数过少未显示" in page
