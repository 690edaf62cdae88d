"""The ledger: a report is heard, then confirmed by somebody else, and may be withdrawn; nothing else moves a result."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import Session, select

from appraisal import audit
from appraisal.audit import AuditRecord
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.incidents import queries, service
from appraisal.incidents.models import Incident
from tests import factories
from tests.agreements.samples import Quarter, a_quarter


@pytest.fixture
def quarter(session: Session) -> Quarter:
    return a_quarter(session)


@pytest.fixture
def filed(quarter: Quarter) -> Incident:
    return file(quarter)


def file(quarter: Quarter, event: str = "serious_violation", happened_on: date = date(2026, 2, 3)) -> Incident:
    return service.file_incident(
        quarter.session, quarter.supervisor, quarter.employee.id, event=event, happened_on=happened_on, facts="伪造客户签收单"
    )


def counting(quarter: Quarter) -> list[str]:
    found = queries.confirmed_between(quarter.session, quarter.employee.id, quarter.cycle.starts_on, quarter.cycle.ends_on)
    return [incident.event for incident in found]


def test_an_incident_counts_once_it_was_heard_and_confirmed_and_no_longer_once_withdrawn(
    session: Session, quarter: Quarter, filed: Incident
):
    assert counting(quarter) == []
    service.hear_incident(session, quarter.own, filed.id, statement="签收单由客户补签")
    assert counting(quarter) == []
    service.confirm_incident(session, quarter.hr, filed.id, findings="经核对签名系伪造")
    assert counting(quarter) == ["serious_violation"]
    service.withdraw_incident(session, quarter.hr, filed.id, reason="客户出具证明")
    assert counting(quarter) == []
    said = [(entry.status, entry.text) for entry in queries.entries_of(session, filed.id)]
    assert said == [("heard", "签收单由客户补签"), ("confirmed", "经核对签名系伪造"), ("withdrawn", "客户出具证明")]


def test_nothing_is_confirmed_before_the_hearing(session: Session, quarter: Quarter, filed: Incident):
    with pytest.raises(Conflict) as refused:
        service.confirm_incident(session, quarter.hr, filed.id, findings="属实")
    assert refused.value.code == "not_heard"


def test_nobody_confirms_an_incident_against_themselves(session: Session, quarter: Quarter, filed: Incident):
    service.hear_incident(session, quarter.hr, filed.id, statement="本人放弃陈述")
    own_hr = replace(quarter.own, roles=frozenset({"employee", "hr"}))
    with pytest.raises(NotAllowed) as refused:
        service.confirm_incident(session, own_hr, filed.id, findings="不属实")
    assert refused.value.code == "own_incident"
    with pytest.raises(NotAllowed):
        service.withdraw_incident(session, own_hr, filed.id, reason="不属实")


def test_who_filed_it_does_not_confirm_it(session: Session, quarter: Quarter):
    filed = service.file_incident(
        session, quarter.hr, quarter.employee.id, event="serious_violation", happened_on=date(2026, 2, 3), facts="旷工"
    )
    service.hear_incident(session, quarter.own, filed.id, statement="无异议")
    with pytest.raises(NotAllowed) as refused:
        service.confirm_incident(session, quarter.hr, filed.id, findings="属实")
    assert refused.value.code == "same_person"


def test_the_supervisor_files_but_does_not_confirm(session: Session, quarter: Quarter):
    filed = service.file_incident(
        session, quarter.hr, quarter.employee.id, event="serious_violation", happened_on=date(2026, 2, 3), facts="旷工"
    )
    service.hear_incident(session, quarter.own, filed.id, statement="无异议")
    with pytest.raises(NotAllowed):
        service.confirm_incident(session, quarter.supervisor, filed.id, findings="属实")


def test_the_unit_that_the_policy_names_confirms(session: Session):
    finance = factories.a_post(session, "functional", unit=factories.a_unit(session, "财务部"), title="会计")
    accountant = factories.an_actor(session, "employee", employee=factories.an_employee(session, "会计", post=finance))
    quarter = a_quarter(session)
    filed, other = file(quarter, "credit_loss"), file(quarter, "serious_violation")
    service.hear_incident(session, accountant, filed.id, statement="未到场")
    service.confirm_incident(session, accountant, filed.id, findings="坏账三十万元")
    assert counting(quarter) == ["credit_loss"]
    with pytest.raises(NotFound):
        service.hear_incident(session, accountant, other.id, statement="未到场")


def test_a_stranger_neither_files_nor_sees(session: Session, quarter: Quarter, filed: Incident):
    stranger = factories.an_actor(session, "employee", employee=factories.an_employee(session))
    with pytest.raises(NotFound):
        service.hear_incident(session, stranger, filed.id, statement="听说的")
    with pytest.raises(NotFound):
        service.file_incident(
            session, stranger, quarter.employee.id, event="credit_loss", happened_on=date(2026, 2, 3), facts="听说的"
        )


def test_an_event_the_policy_does_not_know_is_refused_with_those_it_knows(quarter: Quarter):
    with pytest.raises(Invalid) as refused:
        file(quarter, "late_for_work")
    assert refused.value.code == "unknown_event"
    assert "serious_violation" in refused.value.message.zh


@pytest.mark.parametrize(
    ("day", "fits"), [("2025-12-31", False), ("2026-01-01", True), ("2026-03-31", True), ("2026-04-01", False)]
)
def test_an_incident_happens_within_a_cycle_of_the_person(quarter: Quarter, day: str, fits: bool):
    happened_on = date.fromisoformat(day)
    if fits:
        assert file(quarter, happened_on=happened_on).happened_on == happened_on
    else:
        with pytest.raises(Invalid) as refused:
            file(quarter, happened_on=happened_on)
        assert refused.value.code == "no_cycle"


def test_a_withdrawn_incident_stays_withdrawn(session: Session, quarter: Quarter, filed: Incident):
    service.withdraw_incident(session, quarter.hr, filed.id, reason="登记有误")
    with pytest.raises(Conflict) as refused:
        service.hear_incident(session, quarter.own, filed.id, statement="晚了")
    assert refused.value.message.zh == "事件当前状态为“已撤回”, 不能执行此操作"


def test_the_trail_holds_every_act(session: Session, quarter: Quarter, filed: Incident):
    service.hear_incident(session, quarter.own, filed.id, statement="无异议")
    service.confirm_incident(session, quarter.hr, filed.id, findings="属实")
    audit.flush(session)
    kept = select(AuditRecord).where(AuditRecord.object_kind == "incident", AuditRecord.object_id == str(filed.id))
    acts = [record.action for record in session.exec(kept.order_by(AuditRecord.seq))]
    assert acts == ["incident.file", "incident.heard", "incident.confirmed"]
