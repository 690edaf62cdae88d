"""Agreements and goals as a client sees them: who may, what is refused how, and the way from draft to amendment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import select

from appraisal import clock, db
from appraisal.cycles.models import Appraisal, Sheet
from appraisal.people.models import Employee
from tests import factories as make
from tests.caller import Answer, Caller, a_service

TODAY = date(2026, 1, 12)
ITEMS = [
    {"id": "revenue", "kind": "kpi", "weight": "60", "target": "100", "challenge": "120"},
    {"id": "new_customers", "kind": "kpi", "weight": 30, "target": "10", "challenge": "12"},
    {
        "id": "plan",
        "kind": "gs",
        "weight": "10",
        "dimension": "operations",
        "name_zh": "客户档案整理",
        "standard": "全部档案齐全为 100",
    },
]
HARDER = [ITEMS[0] | {"target": "110"}, *ITEMS[1:]]
CSV = (
    "工号,指标,类型,权重,目标值,挑战值,维度,评分标准\n"
    "{n},revenue,,60,100,120,,\n{n},new_customers,,30,10,12,,\n{n},客户档案,gs,10,,,operations,齐全\n"
)


@dataclass
class Company:
    """A person, the two above, a colleague, HR and others, in an open cycle."""

    engine: Engine
    cycle_id: int
    person: Employee
    colleague: Employee
    own: Caller
    boss: Caller
    superior: Caller
    other: Caller
    hr: Caller
    payroll: Caller
    auditor: Caller

    def sheet_of(self, employee: Employee) -> int:
        with db.transaction(self.engine, write=False) as session:
            found = select(Sheet.id).join(Appraisal).where(Appraisal.employee_id == employee.id)
            return session.exec(found).one()

    def drafted(self) -> Answer:
        draft = self.boss.post("/agreements", {"sheet_id": self.sheet_of(self.person)})
        assert draft.status == 201, draft.json
        put = self.boss.put(f"/agreements/{draft.json['id']}", {"items": ITEMS}, version=draft.version)
        assert put.status == 200, put.json
        return put

    def signed(self) -> dict[str, Any]:
        draft = self.drafted()
        path, seen = f"/agreements/{draft.json['id']}/sign", {"content_hash": draft.json["content_hash"]}
        assert self.own.post(path, seen, version=draft.version).status == 200
        done = self.boss.post(path, seen, version=draft.version)
        assert (done.status, done.json["status"]) == (200, "signed")
        return done.json


@pytest.fixture
def company(engine: Engine, tmp_path: Path) -> Iterator[Company]:
    with clock.at(TODAY), db.transaction(engine, write=True) as session:
        make.a_published_policy(session)
        superior = make.an_employee(session, "王总")
        boss = make.an_employee(session, "李主管", supervisor=superior)
        unit = make.a_unit(session)
        person = make.an_employee(session, "张三", post=make.a_post(session, unit=unit), supervisor=boss)
        colleague = make.an_employee(session, "外人", post=make.a_post(session))
        cycle = make.an_open_cycle(session)
        people = [make.an_account(session, "employee", employee=one) for one in (person, boss, superior, colleague)]
        people += [make.an_account(session, role) for role in ("hr", "payroll", "auditor")]
        cycle_id = cycle.id
    with clock.at(TODAY):
        site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
        yield Company(engine, cycle_id, person, colleague, *(Caller(site, account) for account in people))


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def test_from_draft_to_force(company: Company):
    draft = company.drafted().json
    assert (draft["status"], draft["revision"], draft["post"]["en"]) == ("draft", 1, "Sales")
    assert draft["employee"]["name"] == "张三" and draft["supervisor"]["name"] == "李主管"
    assert [item["name"]["zh"] for item in draft["items"]] == ["销售额", "新客户开发数量", "客户档案整理"]
    assert draft["findings"] == []
    path, seen = f"/agreements/{draft['id']}", {"content_hash": draft["content_hash"]}
    assert refused(company.own.post(f"{path}/sign", {"content_hash": "sha256:other"}, version=2)) == (409, "content_changed")
    half = company.own.post(f"{path}/sign", seen, version=draft["version"])
    assert [one["role"] for one in half.json["signatures"]] == ["employee"]
    assert refused(company.boss.put(path, {"items": ITEMS}, version=draft["version"])) == (409, "agreement_signed")
    done = company.boss.post(f"{path}/sign", seen, version=draft["version"])
    assert (done.json["status"], done.headers["ETag"]) == ("signed", f'"{done.version}"')


def test_who_sees_an_agreement_and_who_does_not(company: Company):
    agreement = company.signed()
    path, listed = f"/agreements/{agreement['id']}", {"cycle_id": company.cycle_id}
    for who in (company.own, company.boss, company.superior, company.hr, company.auditor):
        assert who.get(path).status == 200
        assert [row["id"] for row in who.get("/agreements", **listed).json["items"]] == [agreement["id"]]
    for who in (company.other, company.payroll):
        assert refused(who.get(path)) == (404, "not_found")
        assert who.get("/agreements", **listed).json["items"] == []
    assert refused(company.own.get("/agreements/999999")) == (404, "not_found")


def test_what_the_rules_forbid_comes_back_item_by_item(company: Company):
    draft = company.drafted()
    wrong = [ITEMS[0] | {"challenge": "99"}, ITEMS[1] | {"weight": "20"}, ITEMS[2]]
    answer = company.boss.put(f"/agreements/{draft.json['id']}", {"items": wrong}, version=draft.version)
    assert refused(answer) == (422, "agreement_errors")
    assert {"items", "items[0].challenge"} <= {fault["path"] for fault in answer.json["errors"]}


def test_versions_and_unknown_fields_are_held_to(company: Company):
    draft = company.drafted()
    path = f"/agreements/{draft.json['id']}"
    assert company.boss.put(path, {"items": ITEMS}).status == 428
    stale = company.boss.put(path, {"items": ITEMS}, version=draft.version - 1)
    assert (stale.status, stale.json["current"]["version"]) == (412, draft.version)
    assert refused(company.boss.put(path, {"items": ITEMS, "salary": 1}, version=draft.version)) == (422, "bad_fields")


def test_who_may_not_sign_or_amend_is_told_so_before_anything_else(company: Company):
    agreement = company.signed()
    path, seen = f"/agreements/{agreement['id']}", {"content_hash": "sha256:other"}
    for who in (company.superior, company.hr, company.auditor):
        assert refused(who.post(f"{path}/sign", seen, version=1)) == (403, "not_allowed")
        amendment = {"items": ITEMS, "reason": "上调"}
        assert refused(who.post(f"{path}/amendments", amendment)) == (403, "not_allowed")
    for act in ("sign", "exception", "withdrawal"):
        body = {"sign": seen, "exception": seen | {"reason": "例外"}, "withdrawal": {"reason": "作废"}}[act]
        assert refused(company.other.post(f"{path}/{act}", body, version=1)) == (404, "not_found")


def test_an_amendment_from_proposal_to_force(company: Company):
    agreement = company.signed()
    proposed = company.own.post(f"/agreements/{agreement['id']}/amendments", {"items": HARDER, "reason": "新增业务"})
    assert (proposed.status, proposed.json["status"]) == (201, "proposed")
    path = f"/amendments/{proposed.json['id']}"
    listed = company.superior.get("/amendments", cycle_id=company.cycle_id, status="proposed").json["items"]
    assert [row["id"] for row in listed] == [proposed.json["id"]]
    yes = {"approve": True, "content_hash": proposed.json["content_hash"]}
    assert refused(company.boss.post(f"{path}/decision", yes, version=1)) == (403, "not_allowed")
    assert refused(company.other.get(path)) == (404, "not_found")
    approved = company.superior.post(f"{path}/decision", yes, version=1)
    assert (approved.status, approved.json["status"]) == (200, "approved")
    assert refused(company.hr.post(f"{path}/decision", yes, version=1)) == (412, "stale_version")
    revision = company.own.get(f"/agreements/{proposed.json['agreement_id']}")
    seen = {"content_hash": revision.json["content_hash"]}
    for who in (company.own, company.boss):
        assert company.own.get(f"/agreements/{agreement['id']}").json["status"] == "signed"
        assert who.post(f"/agreements/{revision.json['id']}/sign", seen, version=revision.version).status == 200
    old = company.own.get(f"/agreements/{agreement['id']}").json
    assert (old["status"], old["items"][0]["target"]) == ("superseded", "100")
    assert [(one["revision"], one["status"]) for one in old["revisions"]] == [(1, "superseded"), (2, "signed")]


def test_paper_refusals_and_exceptions(company: Company):
    draft = company.drafted()
    path = f"/agreements/{draft.json['id']}"
    scan = company.hr.upload("/files", "scan.pdf", b"%PDF-1.7 signed", "application/pdf")
    seen = {"content_hash": draft.json["content_hash"]}
    on_paper = seen | {"role": "supervisor", "file_id": scan.json["id"], "signed_on": "2026-01-10"}
    assert refused(company.boss.post(f"{path}/paper-signature", on_paper, version=2)) == (403, "not_allowed")
    entered = company.hr.post(f"{path}/paper-signature", on_paper, version=draft.version)
    assert (entered.status, entered.json["signatures"][0]["kind"]) == (200, "paper")
    assert company.own.get(f"{path}/files/{scan.json['id']}").data == b"%PDF-1.7 signed"
    assert refused(company.own.get(f"{path}/files/{scan.json['id'] + 1}")) == (404, "not_found")
    witnesses = [company.colleague.id, company.colleague.id]
    refusal = seen | {"role": "employee", "witness_ids": witnesses, "reason": "认为目标过高"}
    assert refused(company.hr.post(f"{path}/refusal", refusal, version=entered.version)) == (422, "bad_witnesses")
    excepted = company.hr.post(f"{path}/exception", seen | {"reason": "本人长期病假"}, version=entered.version)
    assert (excepted.status, excepted.json["status"]) == (200, "signed")


def test_who_lacks_an_agreement_is_listed(company: Company):
    missing = company.hr.get("/agreements/missing", cycle_id=company.cycle_id).json
    assert {(row["employee"]["name"], row["draft_id"]) for row in missing["items"]} == {("张三", None), ("外人", None)}
    company.signed()
    missing = company.hr.get("/agreements/missing", cycle_id=company.cycle_id).json
    assert [row["employee"]["name"] for row in missing["items"]] == ["外人"]
    assert company.boss.get("/agreements/missing", cycle_id=company.cycle_id).json["items"] == []


def test_issued_imported_and_withdrawn(company: Company):
    body = {"cycle_id": company.cycle_id, "policy_post": "sales", "items": ITEMS}
    assert refused(company.boss.post("/agreements/issue", body)) == (403, "not_allowed")
    issued = company.hr.post("/agreements/issue", body, key="once").json["people"]
    assert [one["outcome"] for one in issued] == ["issued", "issued"]
    again = company.hr.post("/agreements/issue", body, key="once")
    assert again.headers["Idempotency-Replayed"] == "true"
    first = company.hr.get(f"/agreements/{issued[0]['agreement_id']}")
    gone = company.hr.post(f"/agreements/{first.json['id']}/withdrawal", {"reason": "改为导入"}, version=first.version)
    assert gone.json["status"] == "dropped"
    table = CSV.format(n=company.person.number).encode()
    sent = {"cycle_id": str(company.cycle_id)}
    looked = company.hr.upload("/agreements/import", "责任书.csv", table, **sent, preview="true")
    assert looked.status == 200, looked.json
    assert [one["action"] for one in looked.json["people"]] == ["create"]
    assert looked.json["faults"] == []
    done = [company.hr.upload("/agreements/import", "责任书.csv", table, **sent).json["people"][0]["action"] for _ in "ab"]
    assert done == ["create", "unchanged"]
    bad = company.hr.upload("/agreements/import", "责任书.csv", table.replace(b",60,", b",50,"), **sent)
    assert refused(bad) == (422, "bad_rows")
    assert refused(company.boss.upload("/agreements/import", "责任书.csv", table, **sent)) == (403, "not_allowed")


def test_copying_answers_person_by_person(company: Company):
    answer = company.own.post("/agreements/copy", {"cycle_id": company.cycle_id})
    assert [(one["outcome"], one["employee"]["name"]) for one in answer.json["people"]] == [("nothing_before", "张三")]
    foreign = {"cycle_id": company.cycle_id, "sheet_ids": [company.sheet_of(company.colleague)]}
    assert refused(company.own.post("/agreements/copy", foreign)) == (404, "not_found")


def test_goals_from_setting_to_dropping(company: Company):
    goal = company.hr.post("/goals", {"period": "2026", "name": "销售额增长 20%", "target": "20", "measured_in": "%"})
    assert (goal.status, goal.json["level"]) == (201, "company")
    assert refused(company.own.post("/goals", {"period": "2026", "name": "别的目标"})) == (403, "not_allowed")
    path = f"/goals/{goal.json['id']}"
    assert company.own.get(path).json["target"] == "20"
    assert company.own.get("/goals", period="2026").json["total"] == 1
    assert refused(company.payroll.get(path)) == (404, "not_found")
    assert company.payroll.get("/goals").json["total"] == 0
    change = {"name": "销售额增长 25%", "target": "25", "reason": "上调"}
    changed = company.hr.put(path, change, version=1)
    assert (changed.status, changed.json["target"], changed.version) == (200, "25", 2)
    loop = company.hr.put(path, change | {"parent_id": goal.json["id"]}, version=2)
    assert refused(loop) == (422, "goal_loop")
    assert company.hr.delete(path, version=2).status == 204
    assert company.hr.get(path).status == 404


def test_past_targets_come_in_and_are_seen_by_those_they_concern(company: Company):
    table = f"工号,期间,指标,目标值,数据来源\n{company.person.number},2025-Q1,revenue,120,2025 责任书\n".encode()
    sent = {"policy": "trading"}
    looked = company.hr.upload("/past-targets/import", "旧.csv", table, **sent, preview="true")
    assert [one["action"] for one in looked.json["targets"]] == ["create"]
    assert company.hr.upload("/past-targets/import", "旧.csv", table, **sent).status == 200
    assert company.own.get("/past-targets").json["items"][0]["target"] == "120"
    assert company.other.get("/past-targets").json["items"] == []
    draft = company.drafted().json
    assert [(one["severity"], one["code"]) for one in draft["findings"]] == [("warning", "target_easier")]


def test_the_number_of_queries_of_a_list_does_not_grow_with_its_rows(engine: Engine, tmp_path: Path):
    def listing(people: int) -> int:
        with db.transaction(engine, write=True) as session:
            unit = make.a_unit(session)
            for _ in range(people):
                make.an_employee(session, post=make.a_post(session, unit=unit))
            cycle = make.an_open_cycle(session, unit=unit)
            account = make.an_account(session, "hr")
            cycle_id = cycle.id
        site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
        hr = Caller(site, account)
        issued = hr.post("/agreements/issue", {"cycle_id": cycle_id, "policy_post": "sales", "items": ITEMS})
        assert len(issued.json["people"]) == people
        seen: list[str] = []
        target = site.target
        listen = ("before_cursor_execute", lambda *call: seen.append(call[2]))
        event.listen(target, *listen)
        try:
            assert len(hr.get("/agreements", cycle_id=cycle_id).json["items"]) == people
        finally:
            event.remove(target, *listen)
        return len(seen)

    assert listing(3) == listing(20)
