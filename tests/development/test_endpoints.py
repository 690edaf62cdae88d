"""Development over HTTP: a plan from draft to rating, check-ins, training needs, an improvement plan to its end."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from appraisal import clock, db
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Cycle
from appraisal.development import queries
from appraisal.development.service import improvement, notes, plans
from appraisal.people.models import Account
from tests import factories
from tests.caller import Answer, Caller, a_service
from tests.development.test_improvement import TERMS as VALUES
from tests.development.test_plans import COSTING, TODAY, a_year

GOALS = [
    {"goal": "商务英语达到中级", "actions": "每周两课时", "due_on": "2026-10-31"},
    {"goal": "掌握成本核算", "actions": "参加培训", "due_on": "2026-12-31"},
]
PDF = b"%PDF-1.7 signed"
TERMS: dict[str, Any] = {
    "from_on": "2026-12-21",
    "to_on": "2027-02-28",
    "facts": "连续两年回款率低于 70%",
    "causes": "客户分级不清",
    "assistance": "参加应收账款培训",
    "targets": [{"result": "回款率达到 90%", "due_on": "2027-02-28"}],
    "checks": ["2027-01-31"],
}


class Site:
    """A served site with a person in the annual cycle, and callers for those around them."""

    def __init__(self, engine: Engine, database_url: str, var: Path) -> None:
        self.engine = engine
        with db.transaction(engine, write=True) as session:
            self.year = a_year(session)
            self.manages = factories.an_actor(session, "approver", employee=factories.an_employee(session, "韩总"))
            payroll = factories.an_actor(session, "payroll")
            self.witnesses = [factories.an_employee(session, f"证人{count}").number for count in range(2)]
        self.site = a_service(database_url, var)
        year = self.year
        actors = (year.own, year.supervisor, year.hr, year.colleague, self.manages, payroll)
        self.own, self.supervisor, self.hr, self.colleague, self.manager, self.payroll = map(self.caller, actors)

    def caller(self, actor: Any) -> Caller:
        with db.transaction(self.engine, write=False) as session:
            return Caller(self.site, session.get_one(Account, actor.account_id))

    def plan(self) -> Answer:
        return self.own.post("/development-plans", {"appraisal_id": self.year.appraisal.id, "goals": GOALS})

    def improvement(self, **more: Any) -> Answer:
        return self.hr.post("/improvement-plans", {"employee_id": self.year.employee.id} | TERMS | more)


@pytest.fixture
def site(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Site]:
    with clock.at(TODAY):
        yield Site(engine, database_url, tmp_path)


def test_a_development_plan_from_draft_to_rating(site: Site):
    plan = site.plan()
    assert (plan.status, plan.json["status"], plan.headers["ETag"]) == (201, "draft", f'"{plan.version}"')
    path = f"/development-plans/{plan.json['id']}"
    changed = site.own.put(path, {"goals": GOALS[:1]}, version=plan.version)
    late = site.supervisor.put(path, {"goals": GOALS}, version=plan.version)
    assert (late.status, late.json["current"]["goals"][0]["goal"]) == (412, GOALS[0]["goal"])
    proposed = site.own.post(f"{path}/proposal", version=changed.version)
    returned = site.supervisor.post(f"{path}/return", {"reason": "加一项"}, version=proposed.version)
    full = site.own.put(path, {"goals": GOALS}, version=returned.version)
    proposed = site.own.post(f"{path}/proposal", version=full.version)
    agreed = site.supervisor.post(f"{path}/agreement", version=proposed.version)
    rated = site.supervisor.post(f"{path}/rating", {"ratings": ["80", "75.5"], "comment": "有进步"}, version=agreed.version)
    assert (rated.json["status"], rated.json["rating"]) == ("rated", "77.75")
    assert site.own.get(path).json["goals"][1]["rating"] == "75.5"
    assert site.payroll.get(path).status == 404
    assert site.colleague.get(path).status == 404


def test_plans_are_listed_to_those_who_may_see_them(site: Site):
    site.plan()
    cycle = {"cycle_id": site.year.cycle.id}
    for caller, count in ((site.own, 1), (site.supervisor, 1), (site.hr, 1), (site.colleague, 0), (site.payroll, 0)):
        assert caller.get("/development-plans", **cycle).json["total"] == count
    assert site.hr.get("/development-plans", **cycle, status="rated").json["items"] == []
    assert site.hr.get("/development-plans").status == 422
    assert site.hr.get("/development-plans", cycle_id=99999).status == 404


def test_check_ins_are_noted_and_read_by_both(site: Site):
    note = {"appraisal_id": site.year.appraisal.id, "held_on": "2026-06-01", "text": "中期谈话"}
    assert site.supervisor.post("/check-ins", note).status == 201
    assert site.own.post("/check-ins", note | {"held_on": "2026-03-01"}).json["author"]["name"] == "张三"
    read = site.own.get("/check-ins", appraisal_id=site.year.appraisal.id).json
    assert [one["held_on"] for one in read["items"]] == ["2026-03-01", "2026-06-01"]
    assert site.hr.post("/check-ins", note).status == 403
    assert site.payroll.get("/check-ins", appraisal_id=site.year.appraisal.id).status == 403
    assert site.colleague.get("/check-ins", appraisal_id=site.year.appraisal.id).status == 404


def test_a_training_need_is_noted_planned_and_done(site: Site):
    noted = site.supervisor.post("/training-needs", {"employee_id": site.year.employee.id, "topic": "单证", "need": "差错多"})
    path = f"/training-needs/{noted.json['id']}"
    planned = site.hr.post(f"{path}/settlement", {"status": "planned", "planned_on": "2027-01-10"}, version=noted.version)
    done = site.hr.post(f"{path}/settlement", {"status": "done", "outcome_note": "通过"}, version=planned.version)
    assert (done.json["status"], done.json["planned_on"]) == ("done", "2027-01-10")
    assert site.own.get("/training-needs").json["total"] == 1
    assert site.colleague.get("/training-needs").json["total"] == 0
    assert site.colleague.get(path).status == 404
    assert site.own.post(f"{path}/settlement", {"status": "dropped", "outcome_note": "不"}, version=done.version).status == 403


def test_an_improvement_plan_from_draft_to_its_end(site: Site):
    opened = site.improvement(last_grade="D")
    path = f"/improvement-plans/{opened.json['id']}"
    assert (opened.status, opened.json["post_title"], opened.json["joined_on"]) == (201, "业务员", "2025-01-01")
    assert site.own.get(path).status == 404
    assert site.own.get("/improvement-plans").json["total"] == 0
    changed = site.hr.put(path, TERMS | {"causes": "客户太多"}, version=opened.version)
    offered = site.hr.post(f"{path}/offer", version=changed.version)
    assert site.own.get("/improvement-plans").json["total"] == 1
    signed = {"content_hash": offered.json["content_hash"], "comment": "知道了"}
    signed_once = site.own.post(f"{path}/signature", signed, version=offered.version)
    again = site.own.post(f"{path}/signature", signed, version=signed_once.version)
    assert again.json["code"] == "already_signed"
    both = site.supervisor.post(f"{path}/signature", signed, version=signed_once.version)
    running = site.manager.post(f"{path}/approval", {"note": "同意"}, version=both.version)
    assert (running.status, running.json["status"]) == (200, "running")
    with clock.at(date(2027, 2, 28)):
        # Sessions last twelve hours: everybody has signed in anew.
        own, supervisor, hr, manager = (
            site.caller(actor) for actor in (site.year.own, site.year.supervisor, site.year.hr, site.manages)
        )
        held = {"due_on": "2027-01-31", "held_on": "2027-02-01", "findings": "回款率 85%"}
        checked = supervisor.post(f"{path}/checks", held, version=running.version)
        verdict = {"met": [False], "outcome": "not_met", "evaluation": "未达到", "measure": "training", "measures": "专题培训"}
        evaluated = supervisor.post(f"{path}/evaluation", verdict, version=checked.version)
        assert evaluated.json["status"] == "evaluated"
        refusal = {"role": "employee", "witnesses": site.witnesses, "comment": "拒绝签字"}
        refused = hr.post(f"{path}/refusal", refusal, version=evaluated.version)
        assert [one["name"] for one in refused.json["signatures"][-1]["witnesses"]] == ["证人0", "证人1"]
        stands = {"content_hash": refused.json["content_hash"]}
        both = supervisor.post(f"{path}/signature", stands, version=refused.version)
        closed = manager.post(f"{path}/approval", {}, version=both.version)
        assert (closed.json["status"], closed.json["outcome"]) == ("closed", "not_met")
        assert "胜任" not in own.get(path).data.decode()


def test_a_scan_of_the_signed_paper_is_kept_and_read_by_those_who_see_the_plan(site: Site):
    opened = site.improvement()
    path = f"/improvement-plans/{opened.json['id']}"
    offered = site.hr.post(f"{path}/offer", version=opened.version)
    scan = site.hr.upload("/files", "签字.pdf", PDF, "application/pdf").json["id"]
    paper = {"content_hash": offered.json["content_hash"], "role": "employee", "file_id": scan}
    assert site.hr.post(f"{path}/paper-signature", paper, version=offered.version).status == 200
    assert site.own.get(f"{path}/files/{scan}").data == PDF
    assert site.own.get(f"{path}/files/{scan + 1}").status == 404
    assert site.colleague.get(f"{path}/files/{scan}").status == 404


def test_an_improvement_plan_is_sent_back_and_cancelled(site: Site):
    opened = site.improvement()
    path = f"/improvement-plans/{opened.json['id']}"
    offered = site.hr.post(f"{path}/offer", version=opened.version)
    returned = site.manager.post(f"{path}/return", {"reason": "目标不具体"}, version=offered.version)
    assert returned.json["status"] == "draft"
    assert site.supervisor.post(f"{path}/cancellation", {"reason": "算了"}, version=returned.version).status == 403
    assert site.hr.post(f"{path}/cancellation", {"reason": "调岗"}, version=returned.version).json["status"] == "cancelled"
    assert site.payroll.get(path).status == 404


def test_lists_take_the_same_number_of_queries_however_long(site: Site):
    site.plan()
    site.improvement()

    def queries_of(path: str, **query: Any) -> int:
        seen: list[str] = []
        target = site.site.target
        event.listen(target, "before_cursor_execute", note := lambda *given: seen.append(given[2]))
        assert site.hr.get(path, **query).status == 200
        event.remove(target, "before_cursor_execute", note)
        return len(seen)

    lists = [("/development-plans", {"cycle_id": site.year.cycle.id}), ("/improvement-plans", {}), ("/training-needs", {})]
    few = [queries_of(path, **query) for path, query in lists]
    with db.transaction(site.engine, write=True) as session:
        another = more_people(session, site)
        assert queries.plan_of(session, another) is not None
    assert [queries_of(path, **query) for path, query in lists] == few


def more_people(session: Any, site: Site) -> int:
    """More people in the same cycle, each with a plan, a training need and an improvement plan."""
    cycle = session.get_one(Cycle, site.year.cycle.id)
    hr, head = factories.hr(session), factories.an_employee(session, "周主管")
    people = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(5)]
    cycle_service.refresh_cycle(session, hr, cycle)
    for employee in people:
        appraisal = factories.an_appraisal(session, employee, cycle=cycle)
        actor = factories.an_actor(session, "employee", employee=employee)
        plans.draft_plan(session, actor, appraisal.id, [COSTING])
        notes.note_training_need(session, hr, employee.id, topic="单证", need="差错多")
        improvement.open_improvement_plan(session, hr, employee.id, **VALUES)
    return appraisal.id
