"""The pages of reports, meetings, weekly summaries and reviews: what they say, what their forms take and refuse."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import clock, db, web
from appraisal.bulletins.models import KpiProposal, KpiSuggestion
from appraisal.bulletins.report_models import KpiAction, KpiMeeting, KpiReport
from appraisal.people.models import Account, Employee
from tests import factories
from tests.bulletins.a_week import a_week
from tests.site import a_browser, a_site, send

NOW = datetime(2026, 4, 8, 2, 0, tzinfo=UTC)


@dataclass
class Place:
    """A unit whose incoming inspection went wrong in March, evaluated, on a served site."""

    site: web.Site
    unit_id: int
    member_number: str
    logins: dict[str, str]
    browsers: dict[tuple[str, str], FlaskClient] = field(default_factory=dict)

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        if (who, language) not in self.browsers:
            self.browsers[who, language] = a_browser(self.site, self.logins[who], language)
        return self.browsers[who, language]

    def page(self, who: str, path: str, language: str = "zh") -> str:
        got = self.browser(who, language).get(path)
        assert got.status_code == 200, (got.status_code, path)
        return got.text

    def do(self, who: str, page: str, action: str, **given: Any) -> str:
        got = send(self.browser(who), page, action, **given)
        assert got.status_code == 303, got.text[:3000]
        return got.location

    def of(self, table: Any) -> list[Any]:
        with db.transaction(self.site.target, write=False) as session:
            return list(session.exec(select(table).order_by(table.id)).all())

    def make_report(self, kind: str = "monthly", period: str = "2026-03") -> str:
        said = {"kind": kind, "period": period, "policy": "kpi_sop", "unit_id": str(self.unit_id)}
        return self.do("manager", "/kpi/reports", "/kpi/reports", **said)

    def plan_meeting(self) -> str:
        calendar = "/kpi/meetings?year=2026"
        action = f"/kpi/meetings?policy=kpi_sop&unit_id={self.unit_id}&year=2026"
        said = {"policy": "kpi_sop", "kind": "quality_meeting", "about": "2026-03", "unit_id": str(self.unit_id)}
        return self.do("manager", calendar, action, **said)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    site = a_site(database_url, tmp_path)
    with db.transaction(site.target, write=True) as session, a_week(session) as weekly:
        weekly.make()
        around = weekly.around
        manager = factories.an_actor(session, "kpi_manager", employee=factories.an_employee(session, "王指标"))
        actors = {
            "manager": manager,
            "head": around.head,
            "member": around.member,
            "hr": around.hr,
            "provider": around.provider,
        }
        logins = {name: session.get_one(Account, one.account_id).login for name, one in actors.items()}
        member = session.get_one(Employee, around.member.employee_id)
        kept = (weekly.unit_id, member.number)
    with clock.at(NOW):
        yield Place(site, *kept, logins)


def test_a_report_is_made_once_and_reads_as_a_document(place: Place):
    at = place.make_report()
    assert place.make_report() == at and len(place.of(KpiReport)) == 1
    page = place.page("head", at)
    for words in ("QEF-29-01", "月度 KPI 报告", "IQC 合格率", "数据完整性", "异常与改善", "打印"):
        assert words in page, words
    assert "How complete the figures are" in place.page("head", at, "en")
    assert at in place.page("head", "/kpi/reports") and "QEF-29-01" in place.page("head", "/kpi/reports/file.csv")
    assert "QEF-29-01" not in place.page("head", "/kpi/reports/file.csv?kind=annual")


def test_a_report_is_made_final_with_a_reason_for_what_is_missing(place: Place):
    at = place.make_report()
    refused = send(place.browser("manager"), at, f"{at}/approval")
    assert refused.status_code == 409 and "缺" in refused.text
    place.do("manager", at, f"{at}/approval", reason="其余指标尚未启用")
    page = place.page("manager", at)
    assert "已定稿" in page and "其余指标尚未启用" in page and f"{at}/approval" not in page


def test_a_period_of_another_length_is_refused_and_what_was_typed_stays(place: Place):
    said = {"kind": "quarterly", "period": "2026-03", "policy": "kpi_sop", "unit_id": str(place.unit_id)}
    got = send(place.browser("manager"), "/kpi/reports", "/kpi/reports", **said)
    assert got.status_code == 422 and 'value="2026-03"' in got.text


@pytest.mark.parametrize(
    ("kind", "period", "words"), [("quarterly", "2026-Q1", "比上期"), ("management_review", "2026-Q1", "9.3.2")]
)
def test_longer_reports_read_as_documents_too(place: Place, kind: str, period: str, words: str):
    assert words in place.page("manager", place.make_report(kind, period))


def test_reports_are_for_who_reads_them_and_made_by_kpi_managers_alone(place: Place):
    at = place.make_report()
    assert place.browser("member").get(at).status_code == 404
    assert "编制报告" not in place.page("head", "/kpi/reports")


def test_a_meeting_is_put_on_record_held_and_decides(place: Place):
    at = place.plan_meeting()
    said = {"held_on": "2026-04-07", "minutes": "来料不良", "more_attendees[0]": place.member_number}
    place.do("manager", at, f"{at}/minutes", **said)
    decided = {"text": "加严检验", "actions[0].text": "到现场审核", "actions[0].due_on": "2026-05-15"}
    place.do("manager", at, f"{at}/decisions", **decided, **{"actions[0].owner": place.member_number})
    page = place.page("member", at)  # who was there reads it
    assert "来料不良" in page and "加严检验" in page and "到现场审核" in page
    (action,) = place.of(KpiAction)
    own = f"/kpi/actions/{action.id}"
    place.do("member", own, f"{own}/end", status="done", note="已审核")
    assert "已审核" in place.page("member", own)


def test_minutes_on_a_page_that_is_no_longer_true_are_refused_and_kept(place: Place):
    at = place.plan_meeting()
    got = send(place.browser("manager"), at, f"{at}/minutes", held_on="2026-04-07", minutes="写了很久", version="99")
    assert got.status_code == 409 and "写了很久" in got.text


def test_a_meeting_is_called_off_with_a_reason(place: Place):
    at = place.plan_meeting()
    place.do("manager", at, f"{at}/cancellation", reason="改期")
    assert place.of(KpiMeeting)[0].status == "cancelled" and "已取消" in place.page("manager", at)
    assert "已取消" in place.page("manager", "/kpi/meetings/file.csv")


def test_the_calendar_tells_what_is_due_and_leaves_out_what_is_weekly(place: Place):
    page = place.page("head", "/kpi/meetings?year=2026")
    assert "日历" in page and "2026-W20" not in page
    assert "2026-W20" in place.page("head", "/kpi/meetings?year=2026&weekly=true")


def test_a_weeks_summaries_stand_by_area_with_what_each_sentence_rests_on(place: Place):
    page = place.page("head", "/kpi/summaries")
    assert "2026-W14" in page and "IQC 合格率" in page and "依据" in page and "/kpi/readings/" in page
    assert "采纳率" in page and "采纳率" not in place.page("member", "/kpi/summaries")


def test_a_suggestion_is_not_adopted_without_a_reason(place: Place):
    at = f"/kpi/suggestions/{place.of(KpiSuggestion)[0].id}"
    refused = send(place.browser("head"), at, f"{at}/decision", adopted="false")
    assert refused.status_code == 422
    place.do("head", at, f"{at}/decision", adopted="false", reason="已有措施")
    assert "已有措施" in place.page("manager", at) and "未采纳" in place.page("manager", "/kpi/suggestions")
    assert place.browser("member").get(at).status_code == 404


def test_summaries_are_written_by_a_kpi_manager(place: Place):
    action = f"/kpi/summaries?policy=kpi_sop&unit_id={place.unit_id}"
    assert send(place.browser("manager"), "/kpi/summaries", action, week="2026-W99").status_code == 422
    assert "2026-W15" in place.do("manager", "/kpi/summaries", action, week="2026-W15")
    assert "写一周的摘要" not in place.page("head", "/kpi/summaries")


def test_indicators_are_reviewed_and_proposals_decided_with_a_reason(place: Place):
    said = {"policy": "kpi_sop", "unit_id": str(place.unit_id), "quarter": "2026-Q1"}
    at = place.do("manager", "/kpi/indicator-reviews", "/kpi/indicator-reviews", **said)
    proposal = place.of(KpiProposal)[0].id
    decide = f"/kpi/indicator-reviews/proposals/{proposal}/decision"
    refused = send(place.browser("manager"), at, decide, choice="adopt")
    assert refused.status_code == 422 and f'id="p-{proposal}"' in refused.text
    place.do("manager", at, decide, choice="decline", reason="再看一季")
    page = place.page("head", at)
    assert "再看一季" in page and decide not in page


def test_nothing_of_all_this_is_in_one_language_only(place: Place):
    at = place.make_report()
    for path in (at, "/kpi/reports", "/kpi/meetings", "/kpi/summaries", "/kpi/suggestions", "/kpi/indicator-reviews"):
        assert '<html lang="en">' in place.page("manager", path, "en")
