"""Whom an incident reaches beside the person concerned: who was where that day, who is named, who decides, who is told."""

import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from appraisal import audit, clock, files, notify
from appraisal.actor import Actor
from appraisal.audit import AuditRecord
from appraisal.cycles import service as cycles
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed, NotFound
from appraisal.incidents import naming, queries, service
from appraisal.incidents.models import Incident
from appraisal.notify import Notification
from appraisal.people import queries as people
from tests import factories as make
from tests.incidents.coal import DAY, Company, a_coal_company, confirmed, filed
from tests.measures.counting import asked

PLANNING = {"planning", "strategist", "mover"}


@pytest.fixture(autouse=True)
def _in_april():
    with clock.at(date(2026, 4, 8)):
        yield


@pytest.fixture
def company(session: Session) -> Company:
    return a_coal_company(session)


def reached(company: Company, incident: Incident) -> dict[str, tuple[str, ...]]:
    """Whom an incident reaches beside the person concerned or would, by what they do, and in which ways."""
    _, found, _ = naming.preview_reach(company.session, company.hr, incident.id)
    who = {one.id: name for name, one in company.people.items()}
    own = company.session.get_one(Incident, incident.id).employee_id
    return {who[one.employee.id]: one.ways for one in found if one.employee.id != own}


def does(company: Company, incident: Incident) -> dict[str, list[str]]:
    """What an incident does to whom."""
    _, _, affected = naming.preview_reach(company.session, company.hr, incident.id)
    who = {one.id: name for name, one in company.people.items()}
    return {who[one.employee.id]: [words.zh for words in one.effects] for one in affected}


def refusal(kind: type[AppraisalError], call, *args, **more) -> str:
    with pytest.raises(kind) as refused:
        call(*args, **more)
    return refused.value.code


def name(company: Company, incident: Incident, who: str, actor: Actor | None = None, reason: str = "当班") -> None:
    naming.name_person(company.session, actor or company.hr, incident.id, company.people[who].id, reason=reason)


def told(company: Company, who: str) -> list[str]:
    found = select(Notification).where(Notification.employee_id == company.people[who].id).order_by(Notification.id)
    return [notify.sentence(one).zh for one in company.session.exec(found) if one.about_kind == "incident"]


# By who was where that day


def test_the_unit_is_whoever_held_a_post_in_it_that_day(company: Company):
    incident = filed(company, "planning", "planning_failure")
    assert reached(company, incident) == dict.fromkeys(PLANNING - {"planning"}, ("unit",))
    assert does(company, incident) == dict.fromkeys(PLANNING, ["总分归零(计算分保留)"])


def test_it_is_the_unit_of_the_rules_own_sheet_whoever_of_it_the_event_is_about(company: Company):
    assert set(reached(company, filed(company, "strategist", "planning_failure"))) == PLANNING - {"strategist"}
    # They had left the department that day, and 财务部 has no such rule.
    assert reached(company, filed(company, "leaver", "planning_failure")) == {}
    assert reached(company, filed(company, "chef", "planning_failure")) == {}


def test_a_post_besides_in_another_unit_brings_that_unit_nothing(company: Company):
    held = company.units["办公室"].id
    posts = people.posts_held(company.session, [company.people["planning"].id], DAY, DAY)
    assert held in {one.unit_id for one in posts}
    assert set(reached(company, filed(company, "planning", "planning_failure"))).isdisjoint({"typist", "chef", "driver"})


def test_another_post_is_reached_whatever_its_unit_by_the_event_of_the_rules_own_post_alone(company: Company):
    assert reached(company, filed(company, "chef", "food_event")) == {"supervisor": ("post",)}
    assert reached(company, filed(company, "supervisor", "food_event")) == {}
    assert reached(company, filed(company, "typist", "driver_complaint")) == {}


def test_who_holds_a_post_of_that_name_but_is_not_appraised_under_the_policy_is_not_reached(company: Company):
    elsewhere = make.a_post(company.session, "logistics_supervisor", title="同名岗位")
    company.people["outsider"] = make.an_employee(company.session, "外单位", post=elsewhere)
    assert set(reached(company, filed(company, "chef", "food_event"))) == {"supervisor"}


def test_the_superior_is_reached_where_the_rule_stands_on_their_own_sheet(company: Company):
    incident = filed(company, "engineer", "technical_staff_accident")
    assert reached(company, incident) == {"technical": ("superior",)}
    assert does(company, incident) == {"engineer": [], "technical": ["总分归零(计算分保留)"]}
    assert reached(company, filed(company, "technical", "technical_staff_accident")) == {}
    assert reached(company, filed(company, "driver", "technical_staff_accident")) == {}


def test_a_preview_says_which_item_becomes_nothing(company: Company):
    assert does(company, filed(company, "driver", "driver_complaint")) == {
        "driver": ["「服务态度」归零"],
        "supervisor": ["「行政后勤保障工作效果」归零"],
    }


def test_whom_a_confirmed_incident_reaches_stays_although_others_turn_out_to_have_been_there(company: Company):
    session, incident = company.session, confirmed(company, "planning", "planning_failure")
    before = reached(company, incident)
    post = make.a_post(session, "strategy_specialist", unit=company.units["企划部"])
    company.people["found"] = make.an_employee(session, "补录", post=post)
    assert reached(company, incident) == before
    kept = session.exec(select(queries.IncidentPerson).where(queries.IncidentPerson.incident_id == incident.id)).all()
    assert {(one.reach, one.chosen_by, one.reason) for one in kept} == {("unit", company.hr.account_id, None)}


def test_it_counts_for_everybody_it_reaches_from_the_confirmation_to_the_withdrawal(company: Company):
    session, supervisor = company.session, company.people["supervisor"].id

    def counting() -> list[tuple[str, frozenset[str]]]:
        found = queries.reaching_by_person(session, [supervisor], date(2026, 1, 1), date(2026, 3, 31))[supervisor]
        return [(one.incident.event, one.ways) for one in found]

    incident = filed(company, "chef", "food_event")
    assert counting() == []
    service.confirm_incident(session, company.hr, incident.id, findings="属实")
    assert counting() == [("food_event", frozenset({"post"}))]
    assert queries.confirmed_between(session, supervisor, DAY, DAY) == []
    service.withdraw_incident(session, company.hr, incident.id, reason="检验合格")
    assert counting() == []


@pytest.mark.parametrize("statement", ["DELETE FROM incident_person", "UPDATE incident_person SET employee_id = 1"])
def test_the_database_itself_keeps_whom_a_confirmed_incident_has_reached(company: Company, statement: str):
    confirmed(company, "chef", "food_event")
    with pytest.raises(DBAPIError) as refused, company.session.begin_nested():
        company.session.connection().execute(text(statement))
    assert "only added" in str(refused.value.orig)


def test_the_number_of_queries_does_not_grow_with_those_it_reaches(company: Company):
    session = company.session
    few, many = filed(company, "strategist", "planning_failure"), filed(company, "planning", "planning_failure")
    post = make.a_post(session, "strategy_specialist", unit=company.units["企划部"])
    for name in ("甲", "乙", "丙"):
        make.an_employee(session, name, post=post)

    def looking(incident: Incident) -> int:
        return asked(session, lambda: naming.preview_reach(session, company.hr, incident.id))

    looking(few)
    before = looking(few)
    cycles.refresh_cycle(session, company.hr, company.cycle)
    assert len(naming.preview_reach(session, company.hr, many.id)[2]) == len(PLANNING) + 3
    assert looking(many) == before


# Named people: “相关员工” (R-003-31)


def test_named_people_are_chosen_with_a_reason_and_taken_out_again_on_the_trail(company: Company):
    session, incident = company.session, filed(company, "production", "production_accident")
    name(company, incident, "engineer", reason="当班工程师")
    name(company, incident, "technical")
    naming.unname_person(session, company.hr, incident.id, company.people["technical"].id, reason="当日出差")
    assert reached(company, incident) == {"engineer": ("named",)}
    service.confirm_incident(session, company.hr, incident.id, findings="属实")
    assert does(company, incident) == dict.fromkeys(("production", "engineer"), ["总分归零(计算分保留)"])
    audit.flush(session)
    kept = select(AuditRecord).where(AuditRecord.object_kind == "incident", AuditRecord.object_id == str(incident.id))
    acts = [(one.action, json.loads(one.payload)["reason"]) for one in session.exec(kept.order_by(AuditRecord.seq))]
    assert acts[2:] == [
        ("incident.name", "当班工程师"),
        ("incident.name", "当班"),
        ("incident.unname", "当日出差"),
        ("incident.confirmed", "属实"),
    ]


def test_who_cannot_be_named_is_refused(company: Company):
    session, incident = company.session, filed(company, "production", "production_accident")
    other = filed(company, "chef", "food_event")
    assert refusal(Conflict, name, company, other, "typist") == "nobody_to_name"
    assert refusal(Invalid, name, company, incident, "production") == "not_related"
    assert refusal(Invalid, name, company, incident, "latecomer") == "not_related"
    name(company, incident, "engineer")
    assert refusal(Conflict, name, company, incident, "engineer") == "named_already"
    assert refusal(Invalid, name, company, incident, "technical", reason=" ") == "text_needed"
    with pytest.raises(NotFound):
        naming.name_person(session, company.hr, incident.id, 10**6, reason="x")
    with pytest.raises(NotFound):
        naming.unname_person(session, company.hr, incident.id, company.people["technical"].id, reason="x")


def test_once_it_is_confirmed_nobody_is_named_nor_taken_out(company: Company):
    session, incident = company.session, filed(company, "production", "production_accident")
    name(company, incident, "engineer")
    service.confirm_incident(session, company.hr, incident.id, findings="属实")
    assert refusal(Conflict, name, company, incident, "technical") == "wrong_status"
    engineer = company.people["engineer"].id
    assert refusal(Conflict, naming.unname_person, session, company.hr, incident.id, engineer, reason="x") == "wrong_status"


def test_only_who_would_confirm_it_names_and_nobody_themselves(company: Company):
    incident = filed(company, "production", "production_accident")
    own_hr = replace(company.actor("engineer"), roles=frozenset({"employee", "hr"}))
    assert refusal(NotAllowed, name, company, incident, "engineer", own_hr) == "own_incident"
    about = replace(company.actor("production"), roles=frozenset({"employee", "hr"}))
    assert refusal(NotAllowed, name, company, incident, "engineer", about) == "own_incident"
    assert refusal(NotAllowed, name, company, incident, "engineer", company.actor("chief")) == "not_allowed"
    with pytest.raises(NotFound):
        name(company, incident, "engineer", company.actor("typist"))
    name(company, incident, "technical", own_hr)
    name(company, incident, "engineer")
    engineer = company.people["engineer"].id
    assert (
        refusal(NotAllowed, naming.unname_person, company.session, own_hr, incident.id, engineer, reason="x") == "own_incident"
    )


def test_naming_somebody_makes_a_version_that_an_older_view_does_not_confirm(company: Company):
    session, incident = company.session, filed(company, "production", "production_accident")
    before = incident.version
    name(company, incident, "engineer")
    confirming = {"findings": "属实", "version": before}
    assert refusal(Conflict, service.confirm_incident, session, company.hr, incident.id, **confirming) == "stale_version"


def test_where_a_rule_is_for_named_people_it_is_not_confirmed_without_any_unless_it_says_why(company: Company):
    session, incident = company.session, filed(company, "production", "production_accident")
    confirm = [service.confirm_incident, session, company.hr, incident.id]
    assert refusal(Conflict, *confirm, findings="属实") == "nobody_named"
    assert refusal(Invalid, *confirm, findings="属实", nobody_named=" ") == "text_needed"
    entry = service.confirm_incident(session, company.hr, incident.id, findings="属实", nobody_named="责任全在设备")
    assert entry.nobody_named == "责任全在设备"
    assert reached(company, incident) == {}


def test_nobody_says_there_is_nobody_where_somebody_is_named_or_need_not_be(company: Company):
    incident, other = filed(company, "production", "production_accident"), filed(company, "chef", "food_event")
    name(company, incident, "engineer")
    for one in (incident, other):
        said = {"findings": "属实", "nobody_named": "无"}
        assert refusal(Invalid, service.confirm_incident, company.session, company.hr, one.id, **said) == "names_needless"


# Who confirms: as the row says (D-05)


def test_the_office_confirms_what_the_row_has_it_keep_unless_it_hits_them(company: Company):
    session, incident = company.session, filed(company, "chef", "food_event")
    # 办公室统计; the logistics supervisor is of the office too, and would be struck.
    assert refusal(NotAllowed, service.confirm_incident, session, company.actor("supervisor"), incident.id, findings="x") == (
        "own_incident"
    )
    assert refusal(NotAllowed, naming.preview_reach, session, company.actor("supervisor"), incident.id) == "own_incident"
    assert service.confirm_incident(session, company.actor("typist"), incident.id, findings="属实").status == "confirmed"


def test_where_the_row_names_no_unit_an_approver_confirms_or_hr(company: Company):
    session, incident = company.session, filed(company, "engineer", "own_safety_accident")
    approver = make.an_actor(session, "approver", employee=make.an_employee(session, "韩总"))
    here = make.an_actor(session, "approver", employee=make.an_employee(session, "卫总"), unit=company.units["办公室"])
    assert refusal(NotAllowed, service.confirm_incident, session, company.actor("technical"), incident.id, findings="x") == (
        "not_allowed"
    )
    for nothing_to_them in (company.actor("typist"), here):
        with pytest.raises(NotFound):
            service.confirm_incident(session, nothing_to_them, incident.id, findings="x")
    assert service.confirm_incident(session, approver, incident.id, findings="公司管理层通报").status == "confirmed"


def test_an_approver_does_not_confirm_what_a_unit_does(company: Company):
    session, incident = company.session, filed(company, "chef", "food_event")
    approver = make.an_actor(session, "approver", employee=make.an_employee(session, "韩总"))
    with pytest.raises(NotFound):
        service.confirm_incident(session, approver, incident.id, findings="x")


def test_hr_that_an_incident_hits_neither_confirms_nor_withdraws_it(company: Company):
    session, incident = company.session, filed(company, "planning", "planning_failure")
    of_the_unit = replace(company.actor("strategist"), roles=frozenset({"employee", "hr"}))
    assert refusal(NotAllowed, service.confirm_incident, session, of_the_unit, incident.id, findings="x") == "own_incident"
    service.confirm_incident(session, company.hr, incident.id, findings="属实")
    assert refusal(NotAllowed, service.withdraw_incident, session, of_the_unit, incident.id, reason="x") == "own_incident"


# Who is told, and sees what


def test_whom_it_reaches_is_told_what_it_does_to_them_and_when_it_is_withdrawn(company: Company):
    incident = filed(company, "driver", "driver_complaint")
    assert told(company, "supervisor") == []
    service.confirm_incident(company.session, company.hr, incident.id, findings="属实")
    assert told(company, "supervisor") == [
        "一起已认定的事件牵连到您: 对司机服务的投诉 (2026-02-10); 后果: 「行政后勤保障工作效果」归零"
    ]
    service.withdraw_incident(company.session, company.hr, incident.id, reason="投诉人撤回")
    assert told(company, "supervisor")[1:] == ["涉及您的事件已撤回: 对司机服务的投诉 (2026-02-10)"]
    assert [line[:9] for line in told(company, "driver")] == ["登记了一起涉及您的", "涉及您的事件已认定", "涉及您的事件已撤回"]


def test_who_was_named_in_a_report_that_is_never_confirmed_hears_nothing_of_it(company: Company):
    session, incident = company.session, filed(company, "production", "production_accident")
    name(company, incident, "driver")
    service.withdraw_incident(session, company.hr, incident.id, reason="误报")
    assert told(company, "driver") == []
    assert queries.incident_seen(session, company.actor("driver"), incident.id) is None


def test_whom_it_reaches_sees_it_once_it_is_confirmed_but_not_what_others_have_said(company: Company):
    session, incident = company.session, filed(company, "planning", "planning_failure")
    report = files.keep(session, company.hr, name="报告.pdf", media_type="application/pdf", content=b"%PDF-1.7 report")
    service.hear_incident(session, company.hr, incident.id, statement="补充", file_ids=[report.id])
    strategist, latecomer = company.actor("strategist"), company.actor("latecomer")
    assert queries.incident_seen(session, strategist, incident.id) is None
    service.confirm_incident(session, company.hr, incident.id, findings="属实")
    seen = queries.incident_seen(session, strategist, incident.id)
    assert seen is not None and (seen.in_full, seen.filed_by, seen.incident.event) == (False, None, "planning_failure")
    assert [row[0].id for row in session.exec(queries.incidents_seen(session, strategist, {})).all()] == [incident.id]
    with pytest.raises(NotFound):
        service.find_file(session, strategist, incident.id, report.id)
    assert refusal(NotAllowed, service.withdraw_incident, session, strategist, incident.id, reason="x") == "not_allowed"
    assert refusal(NotAllowed, naming.preview_reach, session, strategist, incident.id) == "not_allowed"
    assert queries.incident_seen(session, latecomer, incident.id) is None
    head = queries.incident_seen(session, company.actor("planning"), incident.id)
    assert head is not None and head.in_full


def test_people_are_shown_to_who_decides_and_to_themselves(company: Company):
    session, incident = company.session, filed(company, "production", "production_accident")
    name(company, incident, "engineer")

    def shown(actor: Actor) -> set[str]:
        found = session.get_one(Incident, incident.id)
        return company.names([one.employee.id for one in naming.people_shown(session, actor, found)])

    everybody, auditor = {"production", "engineer"}, make.an_actor(session, "auditor")
    assert shown(company.hr) == shown(auditor) == everybody
    assert shown(company.actor("production")) == {"production"}
    assert shown(company.actor("engineer")) == shown(company.actor("chief")) == set()
    service.confirm_incident(session, company.hr, incident.id, findings="属实")
    assert shown(company.actor("engineer")) == {"engineer"}
    assert shown(company.actor("chief")) == set()
