"""Moving an appraisal on: whose turn it is, in which order, on which version; and closing the cycle at the end."""

import threading
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.cycles import queries, service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed, NotFound
from appraisal.people import service as people
from tests import factories as make


class Case:
    """An appraisal at its first step, and everybody who has to do with it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.head = make.an_employee(session, "李主管")
        self.person = make.an_employee(session, post=make.a_post(session), supervisor=self.head)
        self.appraisal = make.an_appraisal(session, self.person)
        self.cycle = session.get_one(Cycle, self.appraisal.cycle_id)
        self.hr = make.hr(session)
        self.employee = make.an_actor(session, "employee", employee=self.person)
        self.supervisor = make.an_actor(session, "employee", employee=self.head)
        self.approver = make.an_actor(session, "approver")

    def move(self, actor: Actor, action: str, **how: object) -> str:
        return service.advance_appraisal(self.session, actor, self.appraisal, action, **how)

    def refused(self, kind: type[AppraisalError], actor: Actor, action: str, **how: object) -> str:
        before = self.appraisal.step
        with pytest.raises(kind) as refusal:
            self.move(actor, action, **how)
        assert self.appraisal.step == before
        return refusal.value.code


@pytest.fixture
def case(session: Session) -> Case:
    return Case(session)


def test_from_the_first_step_to_the_archive_each_at_their_turn(case: Case):
    reached = [
        case.move(case.hr, "confirm_data"),
        case.move(case.employee, "submit_self_assessment"),
        case.move(case.supervisor, "submit_review"),
        case.move(case.supervisor, "record_interview"),
        case.move(case.hr, "close_appeals"),
        case.move(case.approver, "approve"),
        case.move(case.hr, "archive"),
    ]
    assert reached == ["self_assessment", "supervisor_review", "interview", "publication", "approval", "approval", "archived"]


def test_a_step_that_is_not_due_is_refused(case: Case):
    assert case.refused(Conflict, case.supervisor, "submit_review") == "wrong_step"


def test_another_persons_step_is_refused(case: Case):
    case.move(case.hr, "confirm_data")
    assert case.refused(NotAllowed, case.supervisor, "submit_self_assessment") == "not_your_step"


def test_who_is_nothing_to_the_case_is_told_there_is_none(case: Case):
    stranger = make.an_actor(case.session, "employee", "admin", employee=make.an_employee(case.session, "外人"))
    assert case.refused(NotFound, stranger, "confirm_data") == "not_found"
    with pytest.raises(NotFound):
        service.find_appraisal(case.session, stranger, case.appraisal.id)
    with pytest.raises(NotFound):
        service.find_appraisal(case.session, stranger, 10**6)


def test_nobody_handles_their_own_case_whatever_their_roles(case: Case):
    colleague = make.an_actor(case.session, "hr", employee=make.an_employee(case.session, "同事"))
    assert service.find_appraisal(case.session, colleague, case.appraisal.id)[2] == {"hr"}
    case.move(colleague, "confirm_data")
    themselves = replace(case.employee, roles=frozenset({"employee", "hr", "approver"}))
    assert service.find_appraisal(case.session, themselves, case.appraisal.id)[2] == {"employee"}
    case.move(themselves, "submit_self_assessment")
    assert case.refused(NotAllowed, themselves, "return_to_self_assessment", reason="自己退回") == "not_your_step"


def test_sending_back_needs_a_reason(case: Case):
    case.move(case.hr, "confirm_data")
    case.move(case.employee, "submit_self_assessment")
    for reason in (None, "  "):
        assert case.refused(Invalid, case.supervisor, "return_to_self_assessment", reason=reason) == "reason_needed"
    assert case.move(case.supervisor, "return_to_self_assessment", reason="述职缺数据") == "self_assessment"


def test_a_move_on_an_older_version_is_refused(case: Case):
    seen = case.appraisal.version
    case.move(case.hr, "confirm_data", version=seen)
    assert case.refused(Conflict, case.employee, "submit_self_assessment", version=seen) == "stale_version"
    case.move(case.employee, "submit_self_assessment", version=seen + 1)


def test_nobody_moves_what_is_not_rated(case: Case):
    leaver = make.an_employee(case.session, joined_on=date(2026, 3, 25), post=make.a_post(case.session))
    service.refresh_cycle(case.session, case.hr, case.cycle)
    case.appraisal = queries.appraisal_of(case.session, case.cycle, leaver)
    assert case.refused(Conflict, case.hr, "confirm_data") == "not_rated"


def test_on_a_change_of_supervisor_the_one_of_the_last_day_acts(case: Case):
    new_head = make.an_employee(case.session, "新主管")
    people.assign_supervisor(case.session, case.hr, case.person, new_head, from_on=date(2026, 3, 31))
    case.move(case.hr, "confirm_data")
    case.move(case.employee, "submit_self_assessment")
    with clock.at(date(2026, 4, 2)):
        assert case.refused(NotFound, case.supervisor, "submit_review") == "not_found"
        assert case.move(make.an_actor(case.session, "employee", employee=new_head), "submit_review") == "interview"


def test_a_change_of_supervisor_after_the_period_does_not_matter(case: Case):
    people.assign_supervisor(case.session, case.hr, case.person, make.an_employee(case.session), from_on=date(2026, 4, 1))
    case.move(case.hr, "confirm_data")
    case.move(case.employee, "submit_self_assessment")
    with clock.at(date(2026, 4, 2)):
        assert case.move(case.supervisor, "submit_review") == "interview"


def test_a_move_is_on_the_trail_with_its_reason(case: Case):
    case.move(case.hr, "confirm_data", reason="数据齐全")
    audit.flush(case.session)
    last = case.session.exec(select(audit.AuditRecord).order_by(audit.AuditRecord.seq)).all()[-1]
    assert (last.action, last.object_id) == ("appraisal.confirm_data", str(case.appraisal.id))
    assert '"after":{"step":"self_assessment"}' in last.payload
    assert "数据齐全" in last.payload


def test_of_two_at_once_exactly_one_moves_the_appraisal(engine: Engine):
    with db.transaction(engine, write=True) as session:
        case = Case(session)
        appraisal_id, actor = case.appraisal.id, case.hr
    ready, outcomes = threading.Barrier(2), []

    def move() -> None:
        ready.wait()
        try:
            with db.transaction(engine, write=True) as own:
                service.advance_appraisal(own, actor, own.get_one(Appraisal, appraisal_id), "confirm_data", version=1)
            outcomes.append("moved")
        except Conflict as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=move) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["moved", "stale_version"]


# Who sees which appraisals


def test_a_list_holds_ones_own_ones_reports_or_by_role_all(case: Case):
    make.an_employee(case.session, "别人", post=make.a_post(case.session))
    service.refresh_cycle(case.session, case.hr, case.cycle)

    def seen(actor: Actor) -> list[str]:
        return [employee.name for _, employee in queries.appraisals_seen_by(case.session, actor, case.cycle)]

    assert seen(case.employee) == ["张三"]
    assert seen(case.supervisor) == ["张三"]
    assert seen(case.hr) == seen(case.approver) == ["张三", "别人"]
    assert seen(make.an_actor(case.session, "admin", "data_provider")) == []


# Closing


def test_a_cycle_closes_once_everybody_rated_has_come_to_the_end(case: Case):
    with pytest.raises(Conflict) as refused:
        service.close_cycle(case.session, case.hr, case.cycle)
    assert refused.value.code == "unfinished"
    case.appraisal.step = "archived"
    service.close_cycle(case.session, case.hr, case.cycle)
    assert (case.cycle.status, case.cycle.closed_at is None) == ("closed", False)


def test_in_a_closed_cycle_nothing_moves(case: Case):
    case.appraisal.step = "archived"
    service.close_cycle(case.session, case.hr, case.cycle)
    assert case.refused(Conflict, case.hr, "confirm_data") == "cycle_not_open"


# Taking back, 复核, exceptions


def test_who_takes_back_what_they_handed_in_owes_no_reason(case: Case):
    case.move(case.hr, "confirm_data")
    case.move(case.employee, "submit_self_assessment")
    assert case.move(case.employee, "withdraw_self_assessment") == "self_assessment"
    case.move(case.employee, "submit_self_assessment")
    case.move(case.supervisor, "submit_review")
    assert case.move(case.supervisor, "withdraw_review") == "supervisor_review"


def test_a_closed_cycle_opens_again_for_a_review_of_what_was_approved(case: Case):
    case.appraisal.step = "archived"
    service.close_cycle(case.session, case.hr, case.cycle)
    assert case.refused(NotAllowed, case.hr, "reopen", reason="算错") == "not_your_step"
    assert case.refused(Invalid, case.approver, "reopen") == "reason_needed"
    assert case.cycle.status == "closed"
    assert case.move(case.approver, "reopen", reason="复核发现算错") == "publication"
    assert (case.cycle.status, case.cycle.closed_at) == ("open", None)
    audit.flush(case.session)
    actions = [one.action for one in case.session.exec(select(audit.AuditRecord).order_by(audit.AuditRecord.seq)).all()]
    assert actions[-2:] == ["cycle.reopen", "appraisal.reopen"]


def test_an_exception_is_recorded_once_by_hr_with_a_reason(case: Case):
    def record(actor: Actor, reason: str = "本人驻外, 无法签署") -> None:
        service.record_exception(case.session, actor, case.appraisal.id, reason=reason)

    for actor in (case.employee, case.supervisor, case.approver):
        with pytest.raises(NotAllowed):
            record(actor)
    with pytest.raises(Invalid):
        record(case.hr, " ")
    record(case.hr)
    with pytest.raises(Conflict):
        record(case.hr)
    exception = queries.exception_of(case.session, case.appraisal.id)
    assert (exception.kind, exception.reason) == ("unsigned", "本人驻外, 无法签署")


def test_nobody_excepts_their_own_case(case: Case):
    with pytest.raises(NotAllowed):
        themselves = replace(case.employee, roles=frozenset({"hr"}))
        service.record_exception(case.session, themselves, case.appraisal.id, reason="自己免签")
