"""The regulation through a browser: everybody reads it with every rule's place; HR records how it was made known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import db, web
from appraisal.config import PROJECT_ROOT
from appraisal.core.policy.loader import read_files
from appraisal.policies.models import PolicyAcknowledgement, PolicyMeasure
from tests import factories as make
from tests.site import a_browser, a_site, form_token


@dataclass
class Office:
    """HR and an employee, under one policy that was published twice."""

    site: web.Site
    logins: Mapping[str, str]
    digest: str
    number: str

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        return a_browser(self.site, self.logins[who], language)


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Office:
    site = a_site(database_url, tmp_path)
    with db.transaction(site.target, write=True) as session:
        files = read_files(PROJECT_ROOT)
        make.a_published_policy(session)
        path = "rules/trading/grades.yaml"
        changed = files | {path: files[path].replace("multiplier: 0.5", "multiplier: 0.6")}
        stored = make.a_published_policy(session, files=changed, confirmed=False)
        make.a_published_policy(session, name="coal_group")
        own = make.an_employee(session, "张三")
        hr = make.an_account(session, "hr", "employee", employee=make.an_employee(session, "赵人事"))
        logins = {"hr": hr.login, "own": make.an_account(session, "employee", employee=own).login}
        return Office(site, logins, stored.digest, own.number)


def shown(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<wbr>|<[^>]+>", "", text))


def test_the_regulation_reads_as_a_document_in_which_every_rule_says_where_it_stands(office: Office):
    words = shown(office.browser("own").get("/policies/trading").text)
    for part in ("岗位与权重", "销售岗", "回款率", "实际回款金额 ÷ 应收账款总额 × 100", "越高越好", "严重违规一票否决"):
        assert part in words, part
    for part in ("连续 2 期等级不低于 A", "提交自评", "投诉接收", "假定值"):
        assert part in words, part
    for place in (r"rules/trading/grades\.yaml:\d+", r"rules/trading/indicators/finance\.yaml:\d+", r"weights|sales\.yaml:\d+"):
        assert re.search(place, words), place


def test_in_english_only_what_the_source_says_is_chinese(office: Office):
    text = office.browser("own", "en-GB,en").get("/policies/trading").text
    for part in (
        "Posts and weights",
        "Collection rate",
        "higher is better",
        "Veto after a serious violation",
        "grade at least A",
    ):
        assert part in shown(text), part


def test_a_curve_has_a_drawing_and_the_same_figures_as_a_table(office: Office):
    text = office.browser("own").get("/policies/trading").text
    part = text[text.index('id="c-higher"') : text.index('id="c-lower"')]
    assert '<path d="M' in part and 'role="img"' in part
    assert "介于目标值与挑战值之间" in part and re.search(r">110</th><td[^>]*>90</td>", part)


def test_the_sheet_of_a_post_has_the_printed_weights_and_the_print_beside_what_was_restored(office: Office):
    words = shown(office.browser("own").get("/policies/coal_group/posts/chef").text)
    for part in ("厨师", "权重合计 100", "就餐人员满意度", "印文", "存疑", "综合得分归零", "岗位「后勤主管」"):
        assert part in words, part


def test_a_post_is_found_by_a_part_of_its_name_and_nothing_says_what_to_do(office: Office):
    client = office.browser("own")
    assert "/policies/coal_group/posts/chef" in client.get("/policies/coal_group?q=厨师").text
    assert "没有找到" in client.get("/policies/coal_group?q=没有这种岗位").text


@pytest.mark.parametrize("address", ["/policies/nothing", "/policies/trading/posts/nobody", "/policies/trading?digest=x"])
def test_what_there_is_none_of_is_not_found(office: Office, address: str):
    assert office.browser("own").get(address).status_code == 404


def test_a_day_before_the_policy_there_is_none_and_a_bad_day_says_so(office: Office):
    client = office.browser("own")
    assert client.get("/policies/trading?on=2020-01-01").status_code == 404
    refused = client.get("/policies/trading?on=tomorrow")
    assert refused.status_code == 422 and "须为日期" in refused.text


def test_what_changed_is_told_in_words_and_side_by_side(office: Office):
    words = shown(office.browser("own").get("/policies/trading/diff").text)
    assert "C · 奖金系数" in words and "grades.bands[C].multiplier" in words
    assert "multiplier: 0.5" in words and "multiplier: 0.6" in words
    assert "只发布过一个版本" in office.browser("own").get("/policies/coal_group/diff").text


def test_somebody_notes_once_that_they_have_read_it(office: Office):
    client = office.browser("own")
    page = "/policies/trading"
    assert "我已阅读" in client.get(page).text
    for _ in range(2):
        answer = client.post(f"{page}/acknowledgement", data={"csrf_token": form_token(client, page), "digest": office.digest})
        assert answer.status_code == 303
    assert "您已于" in client.get(page).text and '<button class="main">' not in client.get(page).text
    with db.transaction(office.site.target, write=False) as session:
        assert len(session.exec(select(PolicyAcknowledgement)).all()) == 1


def test_hr_confirms_what_is_assumed_and_others_are_not_offered_it(office: Office):
    page = "/policies/trading/known"
    assert "确认全部假定值" not in office.browser("own").get(page).text
    client = office.browser("hr")
    assert "待确认" in client.get(page).text
    sent = {"csrf_token": form_token(client, page), "digest": office.digest}
    assert client.post("/policies/trading/assumed", data=sent).status_code == 303
    assert "由人力资源部确认" in client.get(page).text


def test_a_measure_that_is_refused_keeps_what_was_typed_and_sent_twice_is_recorded_once(office: Office):
    client, page = office.browser("hr"), "/policies/trading/known"
    sent = {"csrf_token": form_token(client, page), "idempotency_key": "once", "digest": office.digest, "kind": "training"}
    refused = client.post("/policies/trading/measures", data=sent | {"text": "办公室讲解", "held_on": "2199-01-01"})
    assert refused.status_code == 422 and "办公室讲解" in refused.text and "还没有到" in refused.text
    for _ in range(2):
        done = client.post("/policies/trading/measures", data=sent | {"text": "办公室讲解", "held_on": "2026-01-05"})
        assert done.status_code == 303
    with db.transaction(office.site.target, write=False) as session:
        assert [one.text for one in session.exec(select(PolicyMeasure)).all()] == ["办公室讲解"]
    assert "办公室讲解" in client.get(page).text


def test_a_list_signed_on_paper_names_the_numbers_it_does_not_know(office: Office):
    client, page = office.browser("hr"), "/policies/trading/known"
    sent = {"csrf_token": form_token(client, page), "idempotency_key": "p", "digest": office.digest, "file_ids[]": "1"}
    refused = client.post("/policies/trading/paper", data=sent | {"numbers": f"{office.number}, X99"})
    assert refused.status_code == 422 and "X99" in refused.text and office.number in refused.text


def test_the_effect_on_a_cycle_is_for_hr(office: Office):
    assert office.browser("own").get("/policies/trading/impact").status_code == 403
    assert "对周期的影响" in office.browser("hr").get("/policies/trading/impact").text


def test_the_list_of_policies_says_what_is_confirmed_and_read(office: Office):
    words = shown(office.browser("own").get("/policies").text)
    assert "煤业集团关键绩效指标体系" in words and "66 个岗位" in words and "待确认" in words and "未确认" in words
