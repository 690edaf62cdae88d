"""360° feedback over HTTP: from the draft of a round to its report, and what no answer may leave behind."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from appraisal import clock, db
from appraisal.feedback.models import FeedbackBallot
from appraisal.idempotency import IdempotencyKey
from appraisal.people.models import Account
from tests import factories
from tests.caller import Caller, a_service
from tests.feedback.a_round import TODAY, UNTIL, Feedback, a_round, acting

QUESTIONS = [
    {"code": "teamwork", "kind": "rating", "text_zh": "团队协作", "text_en": "Works with others"},
    {"code": "strengths", "kind": "text", "text_zh": "优点", "text_en": "Strengths"},
]
ANSWER = {"ratings": {"teamwork": "4", "reliability": 5}, "remarks": [{"question": "strengths", "text": "耐心"}]}


class Site:
    """A served site with a round, and callers for its people."""

    def __init__(self, engine: Engine, database_url: str, var: Path, *, opened: bool = True) -> None:
        self.engine = engine
        with db.transaction(engine, write=True) as session:
            self.feedback = a_round(session, opened=opened)
            self.colleagues = [factories.an_employee(session, f"同事{count}") for count in range(4)]
            accounts = [acting(session, one).account_id for one in self.colleagues]
            payroll = factories.an_account(session, "payroll").id
        self.site = a_service(database_url, var)
        self.own, self.supervisor, self.hr = map(self.caller, (f.account_id for f in self.actors(self.feedback)))
        self.raters = [self.caller(account_id) for account_id in accounts]
        self.payroll = self.caller(payroll)
        self.nobody = Caller(self.site, None)
        self.appraisal = f"/feedback/appraisals/{self.feedback.appraisal.id}"
        self.round = f"/feedback/rounds/{self.feedback.round.id}"

    def actors(self, feedback: Feedback) -> tuple[Any, ...]:
        return feedback.own, feedback.supervisor, feedback.hr

    def caller(self, account_id: int | None) -> Caller:
        with db.transaction(self.engine, write=False) as session:
            return Caller(self.site, session.get_one(Account, account_id))

    def asked(self, index: int) -> int:
        """A colleague proposed by the employee and approved by the supervisor; the id of the request."""
        proposed = self.own.post(f"{self.appraisal}/raters", {"group": "peers", "number": self.colleagues[index].number})
        assert proposed.status == 201
        path = f"/feedback/raters/{proposed.json['id']}/decision"
        assert self.supervisor.post(path, {"approve": True}, version=proposed.version).status == 200
        return int(proposed.json["id"])


@pytest.fixture
def site(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Site]:
    with clock.at(TODAY):
        yield Site(engine, database_url, tmp_path)


def test_a_round_is_drafted_filled_and_opened_by_hr(engine: Engine, database_url: str, tmp_path: Path):
    with clock.at(TODAY):
        site = Site(engine, database_url, tmp_path, opened=False)
        drafted = site.hr.get(site.round)
        assert [group["share"] for group in drafted.json["groups"]] == ["40", "30", "20", "10"]
        filled = site.hr.put(site.round, {"questions": QUESTIONS}, version=drafted.version)
        assert [one["code"] for one in filled.json["questions"]] == ["teamwork", "strengths"]
        late = site.hr.put(site.round, {"questions": QUESTIONS}, version=drafted.version)
        assert (late.status, late.json["current"]["version"]) == (412, filled.version)
        opened = site.hr.post(f"{site.round}/opening", version=filled.version)
        assert (opened.status, opened.json["status"]) == (200, "open")
        assert site.hr.get("/feedback/rounds", status="open").json["total"] == 1
        again = {"cycle_id": site.feedback.cycle.id, "answers_until": UNTIL.isoformat(), "questions": QUESTIONS}
        assert site.hr.post("/feedback/rounds", again).json["code"] == "already_exists"
        for other in (site.own, site.supervisor, site.payroll):
            assert other.get(site.round).status == 403
            assert other.get("/feedback/rounds").status == 403


def test_from_asking_to_the_report(site: Site):
    requests = [site.asked(index) for index in range(3)]
    for caller, request in zip(site.raters, requests, strict=False):
        assert [one["id"] for one in caller.get("/feedback/requests").json["items"]] == [request]
        assert caller.get(f"/feedback/requests/{request}").json["subject"] == "张三"
        assert caller.post(f"/feedback/requests/{request}/answer", ANSWER).status == 204
        assert caller.get("/feedback/requests").json["items"] == []
    assert site.own.get(f"{site.appraisal}/report").json["code"] == "not_closed"
    closed = site.hr.post(f"{site.round}/closing", version=site.hr.get(site.round).version)
    assert closed.json["status"] == "closed"
    report = site.own.get(f"{site.appraisal}/report").json
    # teamwork 4, reliability 5, mean 4.5 on 1 to 5: 87.5 points
    assert (report["score"], report["answers"], report["withheld"]) == ("87.5", 3, 0)
    (group,) = report["groups"]
    assert group["means"] == [{"question": "teamwork", "mean": "4"}, {"question": "reliability", "mean": "5"}]
    assert group["remarks"] == [{"question": "strengths", "texts": ["耐心"] * 3}]
    assert site.payroll.get(f"{site.appraisal}/report").status == 403
    assert site.raters[0].get(f"{site.appraisal}/report").status == 404
    assert site.nobody.get(f"{site.appraisal}/report").status == 401


def test_who_sees_which_part_of_the_raters(site: Site):
    request = site.asked(0)
    assert site.own.get(site.appraisal).json["waiting"] is None
    assert site.supervisor.get(site.appraisal).json["waiting"] == 1
    seen = site.hr.get(site.appraisal).json
    assert [(one["code"], one["asked"], one["minimum"]) for one in seen["groups"]][0] == ("peers", 1, 3)
    before = site.hr.get(f"/feedback/raters/{request}").json
    site.raters[0].post(f"/feedback/requests/{request}/answer", ANSWER)
    assert site.hr.get(f"/feedback/raters/{request}").json == before
    assert site.raters[0].get(f"/feedback/raters/{request}").status == 404


def test_only_the_rater_sees_and_answers_a_request(site: Site):
    request = site.asked(0)
    for other in (site.own, site.supervisor, site.hr, site.raters[1]):
        assert other.get(f"/feedback/requests/{request}").status == 404
        assert other.post(f"/feedback/requests/{request}/answer", ANSWER).status == 404
    first = site.raters[0].post(f"/feedback/requests/{request}/answer", ANSWER)
    again = site.raters[0].post(f"/feedback/requests/{request}/answer", ANSWER)
    assert (first.status, again.status, again.json["code"]) == (204, 409, "already_answered")


def test_an_answer_leaves_no_fingerprint_with_the_account_even_when_a_key_is_sent(site: Site):
    request = site.asked(0)
    with db.transaction(site.engine, write=False) as session:
        before = len(session.exec(select(IdempotencyKey)).all())
    assert site.raters[0].post(f"/feedback/requests/{request}/answer", ANSWER, key="mine").status == 204
    with db.transaction(site.engine, write=False) as session:
        assert len(session.exec(select(IdempotencyKey)).all()) == before


@pytest.mark.parametrize(
    "body",
    [
        {"ratings": {"teamwork": "4"}},
        {"ratings": {"teamwork": "4", "reliability": "6"}},
        {"ratings": {"teamwork": "4", "reliability": None}},
        {"ratings": {"teamwork": "4", "reliability": "4"}, "remarks": [{"question": "strengths", "text": "a"}] * 2},
        {"ratings": {"teamwork": "4", "reliability": "4"}, "who": "me"},
    ],
)
def test_an_answer_that_does_not_fit_is_422_and_may_be_given_again(site: Site, body: dict[str, Any]):
    request = site.asked(0)
    assert site.raters[0].post(f"/feedback/requests/{request}/answer", body).status == 422
    assert site.raters[0].post(f"/feedback/requests/{request}/answer", ANSWER).status == 204


def test_an_outsider_answers_by_the_link_without_signing_in(site: Site):
    outsider = {"group": "external", "name": "王客户", "organisation": "某客户公司", "mail": "wang@example.com"}
    proposed = site.supervisor.post(f"{site.appraisal}/raters", outsider)
    assert proposed.json["mail"] is None
    rater = f"/feedback/raters/{proposed.json['id']}"
    assert site.hr.post(f"{rater}/link", {}).json["code"] == "no_ballot"
    assert site.hr.post(f"{rater}/decision", {"approve": True}, version=proposed.version).status == 200
    link = site.hr.post(f"{rater}/link", {}).json
    assert link["expires_at"].endswith("Z")
    token = {"token": link["token"]}
    assert site.nobody.post("/feedback/outside/form", token).json["subject"] == "张三"
    wrong = site.nobody.post("/feedback/outside/form", {"token": "x" * 43})
    assert site.nobody.post("/feedback/outside/answer", ANSWER | token).status == 204
    used = site.nobody.post("/feedback/outside/answer", ANSWER | token)
    assert (wrong.status, used.status) == (404, 404)
    assert wrong.json == used.json
    with db.transaction(site.engine, write=False) as session:
        assert session.exec(select(FeedbackBallot)).all() == []


def test_hr_reminds_and_extends_without_learning_who(site: Site):
    site.asked(0)
    assert site.hr.post(f"{site.round}/reminders", {}).json == {"people": 1}
    later = (UNTIL + timedelta(days=7)).isoformat()
    seen = site.hr.get(site.round).version
    extended = site.hr.post(f"{site.round}/extension", {"answers_until": later, "reason": "假期"}, version=seen)
    assert extended.json["answers_until"] == later
    assert site.hr.post(f"{site.round}/closing", version=extended.version).json["code"] == "still_asked"


def test_a_rater_is_refused_and_withdrawn_with_a_reason(site: Site):
    proposed = site.own.post(f"{site.appraisal}/raters", {"group": "peers", "number": site.colleagues[0].number})
    rater = f"/feedback/raters/{proposed.json['id']}"
    refused = site.supervisor.post(f"{rater}/decision", {"approve": False, "reason": "没有共事"}, version=proposed.version)
    assert (refused.json["status"], refused.json["reason"]) == ("refused", "没有共事")
    withdrawn = site.hr.post(f"{rater}/withdrawal", {"reason": "调离"}, version=refused.version)
    assert withdrawn.json["status"] == "withdrawn"
    assert site.own.post(f"{rater}/decision", {"approve": True}, version=withdrawn.version).status == 403


def test_raters_and_rounds_are_hidden_from_those_who_only_know_the_case(site: Site):
    rater = site.asked(0)
    assert [site.payroll.get(f"/feedback/raters/{one}").status for one in (rater, 999)] == [404, 404]
    with db.transaction(site.engine, write=True) as session:
        limited = factories.an_account(session, "hr", unit=factories.a_unit(session))
    somewhere = Caller(site.site, limited)
    assert [somewhere.get(f"/feedback/rounds/{one}").status for one in (site.feedback.round.id, 999)] == [404, 404]
    assert [site.own.get(f"/feedback/rounds/{one}").status for one in (site.feedback.round.id, 999)] == [403, 403]
