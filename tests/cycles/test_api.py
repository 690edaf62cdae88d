"""Cycles, deadlines and notifications as a client sees them: who may, what is refused how, what is safe to repeat."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from appraisal import clock, db
from appraisal.cycles import queries
from appraisal.cycles.models import Appraisal, Cycle, DeadlineNotice
from appraisal.people.models import Account, Employee
from tests import factories as make
from tests.caller import Answer, Caller, a_service

TODAY = date(2026, 4, 13)


@dataclass
class Company:
    """Three people, a draft cycle, and everybody's way in."""

    engine: Engine
    hr: Caller
    manager: Caller
    employee: Caller
    other: Caller
    auditor: Caller
    person: Employee
    boss: Employee
    stranger: Employee
    accounts: dict[str, Account]

    def later(self, who: str) -> Caller:
        """The way in of somebody who signs in anew, because a session does not outlast its day."""
        return Caller(self.hr.client.application, self.accounts[who])

    def appraisal(self, person: Employee) -> int:
        with db.transaction(self.engine, write=False) as session:
            return session.exec(select(Appraisal.id).where(Appraisal.employee_id == person.id)).one()

    def opened(self) -> dict[str, object]:
        drafted = self.hr.post("/cycles", A_CYCLE).json
        return self.hr.post(f"/cycles/{drafted['id']}/open", version=drafted["version"]).json


A_CYCLE = {"code": "2026-Q1", "name": "一季度", "policy": "trading", "period": "2026-Q1", "pays": True}


@pytest.fixture
def company(engine: Engine, tmp_path: Path) -> Iterator[Company]:
    with clock.at(TODAY), db.transaction(engine, write=True) as session:
        make.a_published_policy(session)
        boss = make.an_employee(session, "李主管")
        person = make.an_employee(session, "张三", post=make.a_post(session), supervisor=boss)
        stranger = make.an_employee(session, "外人", post=make.a_post(session))
        accounts = {
            "hr": make.an_account(session, "hr"),
            "manager": make.an_account(session, "employee", employee=boss),
            "employee": make.an_account(session, "employee", employee=person),
            "other": make.an_account(session, "employee", employee=stranger),
            "auditor": make.an_account(session, "auditor"),
        }
    with clock.at(TODAY):
        site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
        ways = {who: Caller(site, account) for who, account in accounts.items()}
        yield Company(engine, **ways, person=person, boss=boss, stranger=stranger, accounts=accounts)


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def test_a_cycle_from_draft_to_open(company: Company):
    drafted = company.hr.post("/cycles", A_CYCLE | {"data_due_on": "2026-04-20"})
    assert (drafted.status, drafted.json["status"], drafted.json["data_due_on"]) == (201, "draft", "2026-04-20")
    path = f"/cycles/{drafted.json['id']}"
    found = company.hr.get(f"{path}/preflight").json
    assert (found["ready"], found["rated"]) == (True, 2)
    assert [one["kind"] for one in found["findings"]] == ["no_post", "no_supervisor"]
    changed = company.hr.put(path, {"name": "第一季度", "pays": True}, version=1)
    assert (changed.status, changed.json["name"], changed.version) == (200, "第一季度", 2)
    opened = company.hr.post(f"{path}/open", version=2)
    assert (opened.status, opened.json["status"], opened.json["policy_digest"]) == (200, "open", found["policy_digest"])
    assert company.hr.get(path).json == opened.json
    assert refused(company.hr.post(f"{path}/close", version=3)) == (409, "unfinished")
    assert company.hr.post(f"{path}/refresh", version=3).status == 200


def test_a_draft_is_hidden_from_who_does_not_prepare_it_and_dropped_by_hr(company: Company):
    path = f"/cycles/{company.hr.post('/cycles', A_CYCLE).json['id']}"
    assert company.employee.get(path).status == 404
    assert company.employee.get("/cycles").json["total"] == 0
    assert company.auditor.get(path).status == 200
    assert refused(company.auditor.delete(path, version=1)) == (403, "not_allowed")
    assert company.hr.delete(path, version=1).status == 204
    assert company.hr.get(path).status == 404


def test_everybody_knows_of_a_cycle_that_has_opened_and_only_hr_acts_on_it(company: Company):
    opened = company.opened()
    path, version = f"/cycles/{opened['id']}", opened["version"]
    assert company.employee.get(path).json["name"] == "一季度"
    assert company.employee.get("/cycles", status="open").json["total"] == 1
    for act in ("refresh", "close"):
        assert refused(company.employee.post(f"{path}/{act}", version=version)) == (403, "not_allowed")
    for page in ("preflight", "policy-move"):
        assert company.employee.get(f"{path}/{page}").status == 403
    assert company.employee.put(path, {"name": "改", "pays": True}, version=version).status == 403
    assert company.employee.post("/cycles", A_CYCLE | {"code": "x"}).status == 403
    assert company.employee.post("/cycles", A_CYCLE | {"code": "x", "unit_id": 10**6}).status == 403


def test_what_stands_in_the_way_is_told_under_errors(company: Company):
    drafted = company.hr.post("/cycles", A_CYCLE | {"period": "2025-Q4", "code": "early"}).json
    answer = company.hr.post(f"/cycles/{drafted['id']}/open", version=1)
    assert refused(answer) == (422, "not_ready")
    assert [fault["path"] for fault in answer.json["errors"]] == ["no_policy"]


@pytest.mark.parametrize(
    "wrong", [{"period": "2026-Q9"}, {"code": ""}, {"pays": "yes"}, {"unit_id": 10**6}, {"data_due_on": "2026-03-31"}, {"x": 1}]
)
def test_a_draft_that_makes_no_sense(company: Company, wrong: dict[str, object]):
    assert company.hr.post("/cycles", A_CYCLE | wrong).status == 422


def test_versions_and_keys_are_asked_for(company: Company):
    drafted = company.hr.post("/cycles", A_CYCLE, key="once").json
    assert company.hr.post("/cycles", A_CYCLE, key="once").json == drafted
    path = f"/cycles/{drafted['id']}"
    company.hr.put(path, {"name": "第一季度", "pays": True}, version=1)
    late = company.hr.put(path, {"name": "另名", "pays": True}, version=1)
    assert (late.status, late.json["current"]["name"]) == (412, "第一季度")
    assert company.hr.put(path, {"name": "另名", "pays": True}).status == 428


def test_a_running_cycle_names_whose_agreement_is_not_signed(company: Company):
    opened = company.opened()
    found = company.hr.get(f"/cycles/{opened['id']}/preflight", kind="agreement_unsigned").json
    assert {one["number"] for one in found["findings"]} == {company.person.number, company.stranger.number}
    assert {one["kind"]: one["count"] for one in found["counts"]}["agreement_unsigned"] == 2


def test_the_policy_moves_when_hr_names_the_text(company: Company):
    opened = company.opened()
    path = f"/cycles/{opened['id']}/policy-move"
    assert [one["kind"] for one in company.hr.get(path, blocking="true").json["findings"]] == ["same_policy"]
    with db.transaction(company.engine, write=True) as session:
        files = dict(make.checked().files)
        files["rules/trading/policy.yaml"] = files["rules/trading/policy.yaml"].replace("minimum_days: 15", "minimum_days: 20")
        digest = make.a_published_policy(session, files=files).digest
    assert company.hr.get(path).json["policy_digest"] == digest
    body = {"policy_digest": digest, "reason": "天数写错"}
    assert refused(company.auditor.post(path, body, version=opened["version"])) == (403, "not_allowed")
    moved = company.hr.post(path, body, version=opened["version"])
    assert (moved.status, moved.json["policy_digest"]) == (200, digest)


# Deadlines


def test_everybody_sees_the_deadlines_of_whom_they_see(company: Company):
    path = f"/cycles/{company.opened()['id']}/deadlines"
    seen = {who: company.__dict__[who].get(path).json["items"] for who in ("hr", "manager", "employee", "other", "auditor")}
    assert {who: sorted(row["name"] for row in rows) for who, rows in seen.items()} == {
        "hr": ["外人", "张三"],
        "manager": ["张三"],
        "employee": ["张三"],
        "other": ["外人"],
        "auditor": ["外人", "张三"],
    }
    row = seen["employee"][0]
    assert (row["step"], row["due_on"], row["overdue"]) == ("data_collection", "2026-04-20", False)
    with clock.at(date(2026, 4, 21)):
        hr = company.later("hr")
        first = hr.get(path, overdue="true", limit=1).json
        assert (first["total"], len(first["items"]), first["items"][0]["overdue"]) == (2, 1, True)
        assert len(hr.get(path, overdue="true", cursor=first["next"]).json["items"]) == 1
        assert hr.get(path, overdue="false").json["total"] == 0
        assert hr.get(path, step="interview").json["total"] == 0


def test_an_extension_over_the_api(company: Company):
    path = f"/cycles/{company.opened()['id']}/extensions"
    body = {"step": "data_collection", "until_on": "2026-04-27", "reason": "系统停机"}
    assert refused(company.manager.post(path, body)) == (403, "not_allowed")
    assert company.hr.post(path, body | {"until_on": "2026-04-26"}).status == 422
    answer = company.hr.post(path, body | {"appraisal_ids": [company.appraisal(company.person), 10**6]}, key="k")
    assert (answer.status, answer.json["done"], answer.json["left"]) == (201, 1, 1)
    assert [row["code"] for row in answer.json["rows"]] == ["done", "not_yours"]
    assert (
        company.hr.post(path, body | {"appraisal_ids": [company.appraisal(company.person), 10**6]}, key="k").json == answer.json
    )
    assert [company.__dict__[who].get(path).json["total"] for who in ("hr", "employee", "other")] == [1, 1, 0]


def test_a_reminder_is_read(company: Company):
    path = f"/cycles/{company.opened()['id']}/reminders"
    with db.transaction(company.engine, write=True) as session:
        session.get_one(Appraisal, company.appraisal(company.person)).step = "self_assessment"
    assert company.employee.post(path).status == 403
    rows = company.manager.post(path).json["rows"]
    assert [(row["name"], row["code"]) for row in rows] == [("张三", "done")]
    told = company.employee.get("/notifications", unread="true").json
    assert (told["total"], told["items"][0]["kind"]) == (1, "remind")
    assert told["items"][0]["message"]["zh"] == "一季度「自我评估」请尽快办理: 您本人"
    number = told["items"][0]["id"]
    assert company.other.post(f"/notifications/{number}/read").status == 404
    first = company.employee.post(f"/notifications/{number}/read").json
    assert first["read_at"] and company.employee.post(f"/notifications/{number}/read").json == first
    assert company.employee.get("/notifications", unread="true").json["total"] == 0
    assert company.hr.get("/notifications").json == {"items": [], "total": 0, "next": None}


def test_a_reassignment_moves_what_is_seen(company: Company):
    path = f"/cycles/{company.opened()['id']}/reassignments"
    body = {"supervisor_id": company.stranger.id, "reason": "李主管休假", "appraisal_ids": [company.appraisal(company.person)]}
    assert company.manager.post(path, body).status == 403
    assert company.hr.post(path, body | {"from_supervisor_id": company.boss.id}).status == 422
    assert company.hr.post(path, body).json["done"] == 1
    deadlines = path.replace("reassignments", "deadlines")
    assert company.manager.get(deadlines).json["total"] == 0
    assert company.other.get(deadlines).json["total"] == 2
    assert [row["supervisor_name"] for row in company.other.get(path).json["items"]] == ["外人"]
    assert company.employee.get(path).json["total"] == 0


def test_an_exception_is_hrs_once_and_nobody_elses(company: Company):
    company.opened()
    path = f"/appraisals/{company.appraisal(company.person)}/exceptions"
    body = {"kind": "unsigned", "reason": "本人长期驻外, 已电话确认"}
    assert refused(company.employee.post(path, body)) == (403, "not_allowed")
    assert company.other.post(path, body).status == 404
    assert company.hr.post(path, body | {"kind": "else"}).status == 422
    assert company.hr.post(path, body).json["kind"] == "unsigned"
    assert refused(company.hr.post(path, body)) == (409, "already_exists")
    with db.transaction(company.engine, write=False) as session:
        cycle = session.exec(select(Cycle)).one()
        assert queries.exception_of(session, company.appraisal(company.person)) is not None
        assert queries.exception_of(session, company.appraisal(company.stranger)) is None
    assert company.employee.get(f"/cycles/{cycle.id}/exceptions").json["total"] == 1
    assert company.other.get(f"/cycles/{cycle.id}/exceptions").json["total"] == 0


def test_looking_at_the_deadlines_twice_says_nothing_new(company: Company):
    opened = company.opened()
    with clock.at(date(2026, 4, 21)):
        hr = company.later("hr")
        assert company.later("manager").post("/deadlines/run").status == 403
        (ran,) = hr.post("/deadlines/run").json["cycles"]
        assert ran == {"cycle_id": opened["id"], "code": "2026-Q1", "noted": {"overdue": 2}, "undated": 0}
        assert hr.post("/deadlines/run").json["cycles"][0]["noted"] == {}
    with db.transaction(company.engine, write=False) as session:
        assert len(session.exec(select(DeadlineNotice)).all()) == 2


def test_of_a_draft_there_are_no_deadlines(company: Company):
    path = f"/cycles/{company.hr.post('/cycles', A_CYCLE).json['id']}"
    for page in ("deadlines", "extensions", "reassignments", "exceptions", "policy-move"):
        assert refused(company.hr.get(f"{path}/{page}")) == (409, "cycle_not_open")
