"""The case over HTTP: its whole way by one POST a step, what each reader is shown of it, and lists that stay fast."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from appraisal import clock, db
from appraisal.measures import service as measures
from appraisal.people.models import Account
from appraisal.reviews import queries
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating
from appraisal.web import Site
from tests import factories
from tests.agreements.samples import (
    AFTER_APPEALS,
    FIGURES,
    NEW_CUSTOMERS,
    PLAN,
    REVENUE,
    REVIEW_DAY,
    Quarter,
    a_quarter,
    approve,
    publish,
    record,
    review,
    sign,
)
from tests.caller import Answer, Caller, a_service

INTERVIEW = {
    "held_on": "2026-04-07",
    "began_at": "14:30",
    "place": "会议室",
    "strengths": "细致",
    "shortcomings": "新客户少",
    "plan": "多拜访",
    "next_goals": "新客户十五家",
}


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


@dataclass
class Place:
    """A served site with one person's appraisal, and accounts for everybody around it."""

    quarter: Quarter
    site: Site
    accounts: dict[str, Account]
    appraisal_id: int
    sheet_id: int

    def __getitem__(self, who: str) -> Caller:
        """Somebody who has just signed in: days pass between the steps."""
        return Caller(self.site, self.accounts[who])

    def case(self, who: str = "hr") -> Any:
        return self[who].get(f"/appraisals/{self.appraisal_id}").json

    def post(self, who: str, path: str, body: dict[str, Any] | None = None, version: int | None = None) -> Answer:
        seen = self.case()["version"] if version is None else version
        return self[who].post(f"/appraisals/{self.appraisal_id}/{path}", body or {}, version=seen)

    @property
    def rating(self) -> list[dict[str, Any]]:
        return [{"sheet_id": self.sheet_id, "item": "plan", "rating": "85"}]


def a_place(engine: Engine, tmp_path: Path, *, reviewed: bool = False) -> Place:
    with clock.at(REVIEW_DAY), db.transaction(engine, write=True) as session:
        head = factories.an_employee(session, "李主管")
        unit = factories.a_unit(session)
        employee = factories.an_employee(session, post=factories.a_post(session, unit=unit), supervisor=head)
        quarter = a_quarter(session, employee, cycle=factories.an_open_cycle(session, unit=unit))
        sign(quarter)
        record(quarter, FIGURES)
        if reviewed:
            review(quarter, (quarter.sheet, "plan", "85"))
        else:
            measures.complete_data(session, quarter.provider, quarter.appraisal.id)
        named = factories.an_account(session, "hr", employee=factories.an_employee(session, "钱人事"))
        auditor = factories.an_account(session, "auditor")
        stranger = factories.an_account(session, "employee", employee=factories.an_employee(session, "路人"))
        people = {
            "own": quarter.own, "supervisor": quarter.supervisor, "hr": quarter.hr, "approver": quarter.approver,
            "payroll": quarter.payroll, "provider": quarter.provider,
        }  # fmt: skip
        accounts = {name: session.get_one(Account, actor.account_id) for name, actor in people.items()}
        accounts |= {"decider": named, "auditor": auditor, "stranger": stranger}
        appraisal_id, sheet_id = quarter.appraisal.id, quarter.sheet.id
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    return Place(quarter, site, accounts, appraisal_id, sheet_id)


@pytest.fixture
def place(engine: Engine, tmp_path: Path) -> Place:
    """A person at the self-assessment."""
    return a_place(engine, tmp_path)


@pytest.fixture
def later(engine: Engine, tmp_path: Path) -> Place:
    """A person whose interview has been recorded."""
    return a_place(engine, tmp_path, reviewed=True)


def test_the_whole_way_from_self_assessment_to_archive(place: Place):
    assert (
        place.post("own", "self-assessment", {"statement": "完成", "ratings": place.rating}).json["step"] == "supervisor_review"
    )
    assert place.post("supervisor", "review", {"comment": "稳", "ratings": place.rating}).json["step"] == "interview"
    computed = place["hr"].post(f"/appraisals/{place.appraisal_id}/compute")
    assert computed.json["result"]["score"] == "86.5"
    recorded = place.post("supervisor", "interview", INTERVIEW)
    record = recorded.json["entries"][-1]["interview"]
    assert (record["held_on"], record["began_at"], record["next_goals"]) == ("2026-04-07", "14:30", "新客户十五家")
    signed = place.post("own", "interview-signature", {"disagrees": True, "comment": "保留意见"})
    assert [one["disagrees"] for one in signed.json["entries"][-1]["interview"]["signatures"]] == [False, True]
    assert place.post("hr", "publication").status == 200
    assert place.post("own", "acknowledgement", {"agrees": True}).json["acknowledgements"][0]["answer"] == "agreed"
    with clock.at(AFTER_APPEALS):
        assert place.post("hr", "appeals-closing").json["step"] == "approval"
        chosen = [{"id": place.appraisal_id, "version": place.case()["version"]}]
        done = place["approver"].post("/appraisals/approvals", {"appraisals": chosen, "note": "同意"})
        assert (done.status, done.json["done"]) == (200, 1)
        archived = place.post("hr", "archive").json
    assert (archived["step"], archived["possible"]) == ("archived", ["request_reopening"])
    assert [one["action"] for one in archived["moves"]] == ["close_appeals", "archive"]
    assert archived["explanation"]["grade"] == "A"


def test_a_cycle_is_computed_at_once_and_who_cannot_be_is_named(place: Place):
    cycle = {"cycle_id": place.case()["cycle"]["id"]}
    early = place["hr"].post("/appraisals/computations", cycle).json
    assert (early["computed"], [one["code"] for one in early["waiting"]]) == (0, ["missing_rating"])
    place.post("own", "self-assessment", {"statement": "完成", "ratings": place.rating})
    place.post("supervisor", "review", {"comment": "稳", "ratings": place.rating})
    for _ in range(2):
        assert place["hr"].post("/appraisals/computations", cycle).json == {"computed": 1, "waiting": []}
    assert [one["score"] for one in place.case()["layers"]] == ["86.5"]
    assert place["supervisor"].post("/appraisals/computations", cycle).status == 403
    assert place["hr"].post("/appraisals/computations", {"cycle_id": 10**6}).status == 404


def test_an_appeal_over_http_ends_in_a_new_layer(later: Place):
    later["hr"].post(f"/appraisals/{later.appraisal_id}/compute")
    later.post("hr", "publication")
    assert "appeal" in later.case("own")["possible"]
    filed = later.post("own", "appeal", {"grounds": "少计", "wanted": "改为 S"}).json
    assert (filed["appeals"][0]["state"], filed["appeals"][0]["late"]) == ("filed", False)
    assert later.post("hr", "appeal/acceptance", {"note": "受理"}).json["appeals"][0]["state"] == "accepted"
    assert later.post("supervisor", "appeal/statements", {"text": "台账如此"}).status == 200
    body = {"upheld": True, "reasons": "漏计属实", "grade": "S"}
    assert later.post("supervisor", "appeal/decision", body).status == 403
    decided = later.post("decider", "appeal/decision", body).json
    assert [(one["layer"], one["grade"]) for one in decided["layers"]] == [("computed", "A"), ("appealed", "S")]
    assert later.post("own", "appeal", {"grounds": "再诉"}).json["code"] == "appealed_before"


def test_a_version_is_needed_and_an_old_one_is_answered_with_the_case_as_it_stands(place: Place):
    body = {"statement": "完成", "ratings": place.rating}
    missing = place["own"].post(f"/appraisals/{place.appraisal_id}/self-assessment", body)
    assert (missing.status, missing.json["code"]) == (428, "version_needed")
    seen = place.case()["version"]
    first = place.post("own", "self-assessment", body, version=seen)
    assert (first.status, first.headers["ETag"]) == (200, f'"{first.version}"')
    late = place.post("own", "self-assessment", body, version=seen)
    assert (late.status, late.json["current"]["id"]) == (412, place.appraisal_id)


def test_a_step_by_the_wrong_person_is_403_by_a_stranger_404_and_too_early_409(place: Place):
    body = {"comment": "稳", "ratings": place.rating}
    assert place.post("own", "review", body).status == 403
    assert place.post("hr", "review", body).status == 403
    assert place.post("stranger", "review", body).status == 404
    assert place.post("supervisor", "review", body).status == 409


def test_what_is_unknown_or_unbounded_is_refused(place: Place):
    assert place.post("own", "self-assessment", {"statement": "完成", "score": 100}).status == 422
    assert place.post("own", "self-assessment", {"statement": "字" * 20_001}).status == 422
    assert place["hr"].get("/appraisals", limit=201).status == 422
    assert place["hr"].get("/appraisals", whose="everybody").status == 422


def test_a_draft_is_its_authors_alone_and_gone_once_it_is_handed_in(place: Place):
    path = f"/appraisals/{place.appraisal_id}/self-assessment-draft"
    assert place["own"].get(path).json == {"version": 1, "comment": "", "ratings": [], "saved_at": None}
    saved = place["own"].put(path, {"comment": "写了一半", "ratings": place.rating}, version=1)
    assert (saved.status, saved.version) == (200, 2)
    again = place["own"].put(path, {"comment": "别处写的", "ratings": []}, version=1)
    assert (again.status, again.json["current"]["comment"]) == (412, "写了一半")
    assert place["own"].put(path, {"comment": "", "ratings": []}, version=2).version == 3
    assert place["supervisor"].get(path).status == 403
    assert place["stranger"].get(path).status == 404
    assert place["supervisor"].put(path, {"comment": "代写"}, version=1).status == 403
    place.post("own", "self-assessment", {"statement": "完成", "ratings": place.rating})
    assert place["own"].get(path).version == 1


# Who is shown what


def test_before_publication_the_person_sees_no_score_no_rating_and_no_comment(place: Place):
    place.post("own", "self-assessment", {"statement": "完成", "ratings": place.rating})
    place.post("supervisor", "review", {"comment": "稳重", "ratings": place.rating})
    own = place.case("own")
    assert (own["scope"], own["result"], own["layers"], own["explanation"]) == ("own", None, [], None)
    assert [one["kind"] for one in own["entries"]] == ["self_assessment"]
    goal = own["sheets"][0]["items"][2]
    assert (goal["own_rating"]["rating"], goal["rating"]) == ("85", None)
    assert place.case("supervisor")["sheets"][0]["items"][2]["rating"]["rating"] == "85"
    (row,) = place["own"].get("/appraisals", whose="own").json["items"]
    assert row["result"] is None


def test_at_the_interview_the_proposed_result_is_marked_preliminary_and_pays_nothing(place: Place):
    place.post("own", "self-assessment", {"statement": "完成", "ratings": place.rating})
    place.post("supervisor", "review", {"comment": "稳重", "ratings": place.rating})
    place["hr"].post(f"/appraisals/{place.appraisal_id}/compute")
    proposed = place.case("own")
    shown = proposed["result"]
    assert (shown["preliminary"], shown["grade"], shown["multiplier"]) == (True, "A", None)
    assert proposed["explanation"] is None and place.case("supervisor")["explanation"] is not None
    assert place.case("supervisor")["result"]["preliminary"] is False
    place.post("supervisor", "interview", INTERVIEW)
    assert place.case("own")["result"] is None
    place.post("hr", "publication")
    published = place.case("own")
    assert (published["result"]["preliminary"], published["result"]["multiplier"]) == (False, "1.2")
    assert [one["kind"] for one in published["entries"]] == ["self_assessment", "supervisor_review", "interview"]


def test_payroll_sees_grade_and_multiplier_of_what_is_approved_and_nothing_else(later: Place):
    later["hr"].post(f"/appraisals/{later.appraisal_id}/compute")
    later.post("hr", "publication")
    assert (later.case("payroll")["scope"], later.case("payroll")["result"]) == ("payroll", None)
    assert later["payroll"].get("/appraisals").json["items"][0]["result"] is None
    assert later["payroll"].get("/appraisals", grade="A").json["total"] == 0
    with clock.at(AFTER_APPEALS):
        later.post("hr", "appeals-closing")
        later.post("approver", "approval", {"note": "同意"})
    told = later.case("payroll")
    assert (told["result"]["grade"], told["result"]["multiplier"], told["result"]["score"]) == ("A", "1.2", None)
    assert (told["sheets"], told["entries"], told["explanation"], told["moves"]) == ([], [], None, [])
    (row,) = later["payroll"].get("/results").json["items"]
    assert (row["grade"], row["multiplier"], row["score"], row["vetoed"]) == ("A", "1.2", None, None)
    (full,) = later["hr"].get("/results").json["items"]
    assert (full["score"], full["number"]) == ("86.5", f"{later.quarter.cycle.code}-{later.quarter.employee.number}-1")


def test_who_has_no_part_in_a_case_cannot_tell_it_from_none(place: Place):
    for who in ("stranger", "provider"):
        found = place[who].get(f"/appraisals/{place.appraisal_id}")
        assert (found.status, found.json) == (404, place[who].get("/appraisals/987654").json)
        assert place[who].get("/appraisals").json["total"] == 0
        assert place[who].get("/results").json["total"] == 0
    for who in ("hr", "auditor", "approver", "supervisor"):
        assert place.case(who)["scope"] == "full"


def test_the_assessor_of_a_goal_sees_that_item_and_nothing_else(engine: Engine, tmp_path: Path):
    with db.transaction(engine, write=True) as session:
        judge = factories.an_employee(session, "客服经理")
        account = factories.an_account(session, "employee", employee=judge)
        quarter = a_quarter(session)
        sign(quarter, (REVENUE, NEW_CUSTOMERS, replace(PLAN, assessor_id=judge.id)))
        record(quarter, FIGURES)
        measures.complete_data(session, quarter.provider, quarter.appraisal.id)
        own = session.get_one(Account, quarter.own.account_id)
        appraisal_id, sheet_id = quarter.appraisal.id, quarter.sheet.id
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    judging, person = Caller(site, account), Caller(site, own)
    assert judging.get("/goal-tasks").json["items"] == []
    rating = [{"sheet_id": sheet_id, "item": "plan", "rating": "70"}]
    person.post(f"/appraisals/{appraisal_id}/self-assessment", {"statement": "秘密", "ratings": rating}, version=2)
    (task,) = judging.get("/goal-tasks").json["items"]
    assert (task["appraisal_id"], task["item"]["item"], task["employee"]["name"]) == (appraisal_id, "plan", "张三")
    case = judging.get(f"/appraisals/{appraisal_id}").json
    assert (case["scope"], case["possible"]) == ("part", ["rate_goals"])
    assert [item["item"] for item in case["sheets"][0]["items"]] == ["plan"]
    assert (case["entries"], case["layers"], "秘密" in str(case)) == ([], [], False)
    assert judging.get("/appraisals").json["total"] == 0
    assert judging.post(f"/appraisals/{appraisal_id}/goal-ratings", {"comment": "及时", "ratings": rating}).status == 201
    assert judging.get("/goal-tasks").json["items"] == []


# Lists


def test_a_list_is_narrowed_and_goes_on_page_by_page(engine: Engine, tmp_path: Path):
    with db.transaction(engine, write=True) as session:
        unit, other = factories.a_unit(session, "甲部"), factories.a_unit(session, "乙部")
        head = factories.an_employee(session, "李主管")
        for index in range(5):
            post = factories.a_post(session, unit=unit if index < 3 else other)
            factories.an_employee(session, f"员工{index}", post=post, supervisor=head)
        cycle = factories.an_open_cycle(session)
        hr = session.get_one(Account, factories.hr(session).account_id)
        boss = factories.an_account(session, "employee", employee=head)
        unit_id = unit.id
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    caller = Caller(site, hr)
    first = caller.get("/appraisals", cycle_id=cycle.id, limit=2).json
    second = caller.get("/appraisals", cycle_id=cycle.id, limit=2, cursor=first["next"]).json
    third = caller.get("/appraisals", cycle_id=cycle.id, limit=2, cursor=second["next"]).json
    names = [row["employee"]["name"] for page in (first, second, third) for row in page["items"]]
    assert (names, first["total"], third["next"]) == ([f"员工{index}" for index in range(5)], 5, None)
    assert caller.get("/appraisals", unit_id=unit_id).json["total"] == 3
    assert caller.get("/appraisals", search="员工4").json["total"] == 1
    assert caller.get("/appraisals", search="%").json["total"] == 0
    assert caller.get("/appraisals", step="archived").json["total"] == 0
    assert Caller(site, boss).get("/appraisals", whose="team").json["total"] == 5
    assert Caller(site, boss).get("/appraisals", whose="own").json["total"] == 0


@pytest.mark.parametrize(("path", "asked"), [("/appraisals", {}), ("/appraisals", {"grade": "A"}), ("/results", {})])
def test_the_queries_of_a_list_do_not_grow_with_its_rows(engine: Engine, tmp_path: Path, path: str, asked: dict[str, str]):
    counts = []
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    for size in (1, 4):
        with clock.at(REVIEW_DAY), db.transaction(engine, write=True) as session:
            cycle_id = a_department(session, size)
            account = session.get_one(Account, factories.hr(session).account_id)
        caller = Caller(site, account)
        caller.get(path, cycle_id=cycle_id, **asked)
        said: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object, into: list[str] = said) -> None:
            into.append(statement)

        event.listen(site.target, "before_cursor_execute", note)
        assert caller.get(path, cycle_id=cycle_id, **asked).json["total"] == size
        event.remove(site.target, "before_cursor_execute", note)
        counts.append(len(said))
        assert not [one for one in said if "result.outcome" in one or "result.sheets" in one]
    assert counts[0] == counts[1] <= 20


def a_department(session: Session, size: int) -> int:
    unit = factories.a_unit(session)
    head = factories.an_employee(session, "李主管")
    several = [factories.an_employee(session, post=factories.a_post(session, unit=unit), supervisor=head) for _ in range(size)]
    cycle = factories.an_open_cycle(session, unit=unit)
    for employee in several:
        quarter = a_quarter(session, employee, cycle=cycle)
        sign(quarter)
        record(quarter, FIGURES)
        review(quarter, (quarter.sheet, "plan", "85"))
        publish(quarter)
        with clock.at(AFTER_APPEALS):
            approve(quarter)
    assert cycle.id is not None
    return cycle.id


def test_past_grades_come_in_by_file_and_the_same_file_may_be_sent_again(place: Place):
    number = place.quarter.employee.number
    text = f"工号,考核期,等级,得分,来源\n{number},2025-Q3,B,80.5,2025 汇总\n{number},2025-Q4,A,88,2025 汇总\n".encode()
    preview = place["hr"].upload("/past-grades/import", "past.csv", text, preview="true")
    assert (preview.status, preview.json["new"]) == (200, 2)
    assert place["hr"].get("/past-grades").json["total"] == 0
    assert place["hr"].upload("/past-grades/import", "past.csv", text).json["new"] == 2
    again = place["hr"].upload("/past-grades/import", "past.csv", text).json
    assert (again["new"], again["unchanged"]) == (0, 2)
    other = text.replace(b"A,88", b"B,88")
    refused = place["hr"].upload("/past-grades/import", "past.csv", other)
    assert (refused.status, refused.json["errors"][0]["path"]) == (422, "row 3, 等级")
    assert place["supervisor"].upload("/past-grades/import", "past.csv", text).status == 403
    assert [row["grade"] for row in place["own"].get("/past-grades").json["items"]] == ["B", "A"]
    assert place["stranger"].get("/past-grades").json["total"] == 0


def test_of_two_who_act_on_the_same_version_one_succeeds_and_the_other_is_told_that_it_is_late(engine: Engine, tmp_path: Path):
    """A supervisor and whoever stands in for them hand in a review of the same version at the same moment."""
    with clock.at(REVIEW_DAY), db.transaction(engine, write=True) as session:
        head, other = factories.an_employee(session, "李主管"), factories.an_employee(session, "代理人")
        several = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(6)]
        cycle = factories.an_open_cycle(session)
        factories.a_delegation(session, head, other, date(2026, 4, 1), date(2026, 4, 30))
        cases = []
        for employee in several:
            quarter = a_quarter(session, employee, cycle=cycle)
            sign(quarter)
            record(quarter, FIGURES)
            measures.complete_data(session, quarter.provider, quarter.appraisal.id)
            rated = [GoalRating(quarter.sheet.id, "plan", D(85))]
            reviews.submit_self_assessment(session, quarter.own, quarter.appraisal.id, statement="完成", ratings=rated)
            cases.append((quarter.appraisal.id, quarter.appraisal.version, quarter.sheet.id))
        accounts = [factories.an_account(session, "employee", employee=other)]
        accounts.append(session.get_one(Account, quarter.supervisor.account_id))
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    callers = [Caller(site, account) for account in accounts]
    for appraisal_id, version, sheet_id in cases:
        start, answers = threading.Barrier(2), []

        def act(caller: Caller, into: list[int], at: threading.Barrier, case: tuple[int, int, int]) -> None:
            one, seen, sheet = case
            body = {"comment": "稳", "ratings": [{"sheet_id": sheet, "item": "plan", "rating": "85"}]}
            with clock.at(REVIEW_DAY):
                at.wait(30)
                into.append(caller.post(f"/appraisals/{one}/review", body, version=seen).status)

        case = (appraisal_id, version, sheet_id)
        threads = [threading.Thread(target=act, args=(caller, answers, start, case)) for caller in callers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(answers) == [200, 412]
        with db.transaction(engine, write=False) as session:
            assert [one.kind for one in queries.entries_of(session, appraisal_id)] == ["self_assessment", "supervisor_review"]
