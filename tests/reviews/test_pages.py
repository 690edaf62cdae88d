"""The pages of a case: one taken from self-assessment to archive through them alone, and what each of them says and refuses."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from appraisal import clock, db
from tests import factories
from tests.agreements.samples import AFTER_APPEALS, PLAN, SALES, a_quarter, record, sign
from tests.reviews.a_place import DAY, TALK, Fields, Place, a_place, assessed, buttons, login_of, published, refusals, reviewed
from tests.site import a_site


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    made = a_place(a_site(database_url, tmp_path))
    with clock.at(DAY):
        yield made


def test_one_case_from_self_assessment_to_archive_through_the_pages_alone(place: Place) -> None:
    assert place.browser("own").get("/my/appraisal").location == place.path
    assert buttons(place.read("hr"))[0] == "数据已齐, 开始自评"
    assert "考核进入自评" in place.do("hr", "/data", page=place.path)
    text = place.read("own")
    assert buttons(text)[0] == "自评" and "110" in text and "86.50" not in text
    told = place.do("own", "/self-assessment", **{"ratings[0].rating": "88", "statement": "完成了主要目标"})
    assert "自评已提交" in told and "完成了主要目标" in told
    assert buttons(place.read("supervisor"))[0] == "上级评估"
    assert "自评" in place.read("supervisor", "/review") and "88" in place.read("supervisor", "/review")
    place.do("supervisor", "/review", **{"ratings[0].rating": "85", "comment": "销售稳定增长"})
    assert "销售稳定增长" not in place.read("own")
    assert "第二会议室" in place.do("supervisor", "/interview", **TALK)
    assert buttons(place.read("own"))[0] == "签署面谈记录"
    assert "有不同意见" in place.do("own", "/interview-signature", disagrees="true", comment="新客户周期长")
    place.do("hr", "/computation", page=place.path)
    assert buttons(place.read("hr"))[0] == "公布结果"
    assert "申诉期开始" in place.do("hr", "/publication", page=place.path)
    told = place.read("own")
    assert "86.5" in told and "销售稳定增长" in told and buttons(told)[0] == "确认结果"
    assert "不认可" in place.do("own", "/acknowledgement", agrees="false", comment="计划分偏低")
    assert "待受理" in place.do("own", "/appeal", grounds="客户档案已全部补齐", wanted="重新评分")
    assert buttons(place.read("hr"))[0] == "受理申诉"
    place.do("hr", "/appeal/acceptance", note="已受理, 三日内核对档案")
    place.do("supervisor", "/appeal/statements", text="仍缺两户")
    told = place.do("hr", "/appeal/decision", upheld="true", reasons="已补齐", **{"ratings[0].rating": "95"})
    assert "变更" in told and "87.5" in told
    place.browsers.clear()  # nobody stays signed in that long
    with clock.at(datetime.combine(AFTER_APPEALS, DAY.timetz())):
        assert buttons(place.read("hr"))[0] == "结束申诉期, 送审批"
        place.do("hr", "/appeals-closing", page=place.path)
        assert buttons(place.read("approver"))[0] == "审批"
        assert "同意发放" in place.do("approver", "/approval", note="同意发放")
        assert buttons(place.read("hr"))[0] == "归档"
        told = place.do("hr", "/archive", page=place.path)
        assert "已归档" in told and "申请复核" in told
        place.do("own", "/reopening", reason="金额有误")
        place.do("approver", "/reopening/decision", granted="true", reason="确需核对")
        assert "改定复核结果" not in buttons(place.read("hr")), "who decided the appeal has had a part in it"
        assert buttons(place.read("other_hr"))[0] == "改定复核结果"
        assert "复核改定" in place.do("other_hr", "/reopening/revision", reason="核对后改定", grade="S")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_the_way_is_shown_in_both_languages(place: Place, language: str) -> None:
    published(place)
    for who, below in (
        *(("own", ""), ("own", "/acknowledgement"), ("own", "/appeal"), ("supervisor", ""), ("hr", ""), ("approver", "")),
        *(("hr", "/interview-signature/paper"), ("hr", "/acknowledgement/paper"), ("hr", "/moves?action=return_to_review")),
    ):
        text = place.read(who, below, language)
        assert text.count("<h1") == 1, below
        assert ("绩效面谈" in text) == (language == "zh" and below in ("", "/acknowledgement") and below == ""), below


def test_who_may_see_a_case_and_who_may_not(place: Place) -> None:
    published(place)
    for who in ("own", "supervisor", "hr", "approver"):
        assert place.browser(who).get(place.path).status_code == 200
    for below in ("", "/review", "/appeal", "/moves?action=return_to_review", "/appeal/files/1"):
        assert place.browser("stranger").get(place.path + below).status_code == 404
    # Payroll learns the grade once it is approved, and nothing else.
    text = place.read("payroll")
    assert "86.5" not in text and "完成了主要目标" not in text


def test_the_rail_says_whose_case_it_is(place: Place) -> None:
    """My own under my appraisal, with my agreement too; one of my team's under the team."""
    for who, below, lit in (("own", "", "我的考核"), ("own", "/agreement", "我的责任书"), ("supervisor", "", "团队考核")):
        rail = place.read(who, below).partition('<nav class="rail"')[2].partition("</nav>")[0]
        assert re.findall(r'aria-current="page">.*?</svg>([^<]+)<', rail) == [lit]


def test_what_others_are_late_with_is_not_held_against_who_waits(place: Place) -> None:
    with clock.at(DAY + timedelta(days=60)):
        for text in (place.read("own"), place.browser("own").get("/").text):
            assert "已过" in text and "由数据提供部门、人力资源部办理" in text
            assert "逾期" not in text and 'class="due late"' not in text
        assert "逾期" in place.read("hr") and 'class="due late"' in place.read("hr")


def test_what_is_not_to_be_done_now_leads_back_to_the_case_and_says_so(place: Place) -> None:
    client = place.browser("own")
    got = client.get(f"{place.path}/acknowledgement")
    assert (got.status_code, got.location) == (302, place.path)
    assert "现在不能办理" in client.get(place.path).text


def test_a_refused_self_assessment_keeps_what_was_typed_and_names_what_is_missing(place: Place) -> None:
    place.do("hr", "/data", page=place.path)
    got = place.send("own", "/self-assessment", statement="写了一半的述职")
    assert got.status_code == 422
    assert "写了一半的述职" in got.text
    assert "「客户档案整理」缺少评分" in refusals(got.text)
    got = place.send("own", "/self-assessment", **{"ratings[0].rating": "188", "statement": "述职"})
    assert got.status_code == 422 and 'value="188"' in got.text and "aria-invalid" in got.text


def test_a_draft_is_kept_and_comes_back_and_nobody_else_sees_it(place: Place) -> None:
    place.do("hr", "/data", page=place.path)
    client = place.browser("own")
    sent = Fields(client.get(f"{place.path}/self-assessment").text, f"{place.path}/self-assessment").found
    sent |= {"statement": "草稿里的话", "ratings[0].rating": "77"}
    got = client.post(f"{place.path}/self-assessment/draft", data=sent)
    assert (got.status_code, got.location) == (303, f"{place.path}/self-assessment")
    again = place.read("own", "/self-assessment")
    assert "草稿里的话" in again and 'value="77"' in again and "草稿保存于" in again
    assert "草稿里的话" not in place.read("supervisor") + place.read("hr")


def test_what_was_sent_back_comes_back_into_the_form(place: Place) -> None:
    assessed(place, "88")
    got = place.send("supervisor", "/moves?action=return_to_self_assessment")
    assert got.status_code == 422
    assert "请补充客户情况" in place.do("supervisor", "/moves?action=return_to_self_assessment", reason="请补充客户情况")
    again = place.read("own", "/self-assessment")
    assert "完成了主要目标" in again
    assert 'value="88"' in again
    place.do("own", "/self-assessment", statement="补充了客户情况")
    assert "撤回自评" in place.read("own")
    place.do("own", "/moves?action=withdraw_self_assessment")
    assert buttons(place.read("own"))[0] == "自评"


def test_a_form_on_an_older_version_is_told_so_and_keeps_its_text(place: Place) -> None:
    reviewed(place)
    client = place.browser("supervisor")
    sent = Fields(client.get(f"{place.path}/interview").text, f"{place.path}/interview").found | TALK
    sent["version"] = str(int(sent["version"]) - 1)
    got = client.post(f"{place.path}/interview", data=sent)
    assert got.status_code == 409 and 'role="alert"' in got.text and "第二会议室" in got.text


def test_a_signature_on_paper_takes_its_scan_and_a_refusal_two_witnesses(place: Place) -> None:
    reviewed(place)
    place.do("supervisor", "/interview", **TALK)
    assert place.send("hr", "/interview-signature/paper", how="on_paper").status_code == 422
    got = place.send("hr", "/interview-signature/paper", how="refused", witness="没有此人")
    assert got.status_code == 422 and "没有这个工号" in got.text
    scan = (BytesIO(b"%PDF-1.7 signed"), "签字.pdf", "application/pdf")
    assert "纸质签署" in place.do("hr", "/interview-signature/paper", how="on_paper", scan=scan)


def test_an_appeal_brings_its_files_and_those_who_see_the_case_can_read_them(place: Place) -> None:
    published(place)
    client = place.browser("own")
    page = client.get(f"{place.path}/appeal").text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    headers = {"X-CSRF-Token": token[1], "Idempotency-Key": "one"}
    data = {"file": (BytesIO(b"%PDF-1.7 proof"), "证据.pdf", "application/pdf")}
    kept = client.post("/api/v1/files", data=data, headers=headers).get_json()["id"]
    sent = Fields(page, f"{place.path}/appeal").found | {"grounds": "有证据", "file_ids[]": str(kept)}
    assert client.post(f"{place.path}/appeal", data=sent).status_code == 303
    assert "证据.pdf" in place.read("hr")
    got = place.browser("hr").get(f"{place.path}/appeal/files/{kept}")
    assert got.data == b"%PDF-1.7 proof" and "attachment" in got.headers["Content-Disposition"]
    assert place.browser("hr").get(f"{place.path}/appeal/files/{kept + 1}").status_code == 404


def test_a_goal_with_an_assessor_of_its_own_is_rated_by_them_and_they_see_no_more(database_url: str, tmp_path: Path) -> None:
    site = a_site(database_url, tmp_path)
    with clock.at(DAY), db.transaction(site.target, write=True) as session:
        judge = factories.an_employee(session, "郑评定")
        judging = login_of(session, factories.an_actor(session, "employee", employee=judge))
    with clock.at(DAY):
        place = a_place(site, (*SALES[:2], replace(PLAN, assessor_id=judge.id)))
        place.logins["judge"] = judging
        assert "没有等您评定的目标" in place.browser("judge").get("/my/ratings").text
        assessed(place)
        listed = place.browser("judge").get("/my/ratings").text
        assert f'href="{place.path}/goal-ratings"' in listed and "客户档案整理" in listed
        text = place.read("judge")
        assert buttons(text)[0] == "评定目标" and "客户档案整理" in text
        assert "销售收入" not in text and "完成了主要目标" not in text
        refused = place.send("supervisor", "/review", comment="好")
        assert refused.status_code == 422 and "客户档案整理" in refusals(refused.text)
        done = place.do("judge", "/goal-ratings", **{"ratings[0].rating": "90", "comment": "齐全"})
        assert "评分已提交" in done and "没有等您评定的目标" in done
        place.do("supervisor", "/review", comment="好")


def test_a_figure_that_is_missing_says_who_owes_it_and_until_when(database_url: str, tmp_path: Path) -> None:
    site = a_site(database_url, tmp_path)
    with clock.at(DAY), db.transaction(site.target, write=True) as session:
        quarter = a_quarter(session)
        sign(quarter)
        record(quarter, {"revenue": "110"})
        place = Place(site, quarter.appraisal.id, "", {"own": login_of(session, quarter.own)})
    with clock.at(DAY):
        text = place.read("own")
    assert "待录入" in text and "由数据提供部门录入" in text and "不含 2 项" in text
