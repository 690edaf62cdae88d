"""Who knows of an incident: those who have to answer for it, decide it or look after the person, and nobody else."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from appraisal import files, notify
from appraisal.actor import Actor
from appraisal.errors import Invalid, NotAllowed, NotFound
from appraisal.incidents import queries, service
from appraisal.incidents.models import Incident
from appraisal.notify import Notification
from tests import factories
from tests.agreements.samples import Quarter, a_quarter
from tests.measures.counting import asked

DAY = date(2026, 2, 3)
PHOTO = b"\xff\xd8\xff a photograph"


@pytest.fixture
def quarter(session: Session) -> Quarter:
    return a_quarter(session)


@pytest.fixture
def filed(quarter: Quarter) -> Incident:
    return file(quarter)


def file(quarter: Quarter, event: str = "serious_violation", actor: Actor | None = None, **more: object) -> Incident:
    facts = {"event": event, "happened_on": DAY, "facts": "伪造客户签收单"}
    return service.file_incident(quarter.session, actor or quarter.supervisor, quarter.employee.id, **facts, **more)


def sees(session: Session, actor: Actor, incident: Incident) -> bool:
    listed = [row[0].id for row in session.exec(queries.incidents_seen(session, actor, {})).all()]
    single = queries.incident_seen(session, actor, incident.id) is not None
    assert (incident.id in listed) == single
    return single


def an_accountant(session: Session) -> Actor:
    post = factories.a_post(session, "functional", unit=factories.a_unit(session, "财务部"), title="会计")
    return factories.an_actor(session, "employee", employee=factories.an_employee(session, "会计", post=post))


def test_the_person_their_supervisor_hr_and_auditors_see_it(session: Session, quarter: Quarter, filed: Incident):
    for actor in (quarter.own, quarter.supervisor, quarter.hr, factories.an_actor(session, "auditor")):
        assert sees(session, actor, filed)


def test_others_do_not_not_even_who_provides_figures_or_pays(session: Session, quarter: Quarter, filed: Incident):
    colleague = factories.an_actor(session, "employee", employee=factories.an_employee(session))
    for actor in (colleague, quarter.provider, quarter.payroll, factories.an_actor(session, "admin")):
        assert not sees(session, actor, filed)
        with pytest.raises(NotFound):
            service.hear_incident(session, actor, filed.id, statement="听说的")


def test_an_approver_sees_what_is_part_of_a_result_and_no_mere_report(session: Session, quarter: Quarter, filed: Incident):
    assert not sees(session, quarter.approver, filed)
    service.hear_incident(session, quarter.own, filed.id, statement="无异议")
    assert not sees(session, quarter.approver, filed)
    service.confirm_incident(session, quarter.hr, filed.id, findings="属实")
    assert sees(session, quarter.approver, filed)
    service.withdraw_incident(session, quarter.hr, filed.id, reason="登记有误")
    assert not sees(session, quarter.approver, filed)


def test_a_data_provider_sees_what_they_have_filed(session: Session, quarter: Quarter):
    own, other = file(quarter, actor=quarter.provider), file(quarter)
    assert sees(session, quarter.provider, own)
    assert not sees(session, quarter.provider, other)
    with pytest.raises(NotAllowed):
        service.confirm_incident(session, quarter.provider, own.id, findings="属实")


def test_the_unit_that_confirms_an_event_sees_that_event_only(session: Session):
    accountant = an_accountant(session)
    quarter = a_quarter(session)
    theirs, other = file(quarter, "credit_loss"), file(quarter, "serious_violation")
    assert sees(session, accountant, theirs)
    assert not sees(session, accountant, other)


def test_nobody_decides_on_their_own_as_one_of_the_confirming_unit(session: Session):
    finance = factories.a_unit(session, "财务部")
    head = factories.an_employee(session, "李主管")
    person = factories.an_employee(session, post=factories.a_post(session, unit=finance), supervisor=head)
    quarter = a_quarter(session, person)
    filed = file(quarter, "credit_loss")
    service.hear_incident(session, quarter.own, filed.id, statement="已经追回")
    with pytest.raises(NotAllowed) as refused:
        service.confirm_incident(session, quarter.own, filed.id, findings="不属实")
    assert refused.value.code == "own_incident"


def test_hr_of_another_unit_neither_sees_nor_decides(session: Session, quarter: Quarter, filed: Incident):
    elsewhere = factories.a_unit(session, "仓储部")
    hr_elsewhere = replace(factories.an_actor(session, "hr"), limits=frozenset({("hr", elsewhere.id)}))
    assert not sees(session, hr_elsewhere, filed)
    with pytest.raises(NotFound):
        service.confirm_incident(session, hr_elsewhere, filed.id, findings="属实")


def test_the_person_learns_who_filed_it_once_they_have_been_heard(session: Session, quarter: Quarter, filed: Incident):
    assert queries.incident_seen(session, quarter.own, filed.id).filed_by is None
    assert queries.incident_seen(session, quarter.hr, filed.id).filed_by == quarter.head.name
    service.hear_incident(session, quarter.own, filed.id, statement="签收单由客户补签")
    assert queries.incident_seen(session, quarter.own, filed.id).filed_by == quarter.head.name


def test_withdrawn_before_the_hearing_it_never_says_who_filed_it(session: Session, quarter: Quarter, filed: Incident):
    service.withdraw_incident(session, quarter.hr, filed.id, reason="登记有误")
    assert queries.incident_seen(session, quarter.own, filed.id).filed_by is None


def test_it_is_found_by_status_event_person_and_day(session: Session, quarter: Quarter, filed: Incident):
    file(quarter, "credit_loss")

    def found(**asked: object) -> list[str]:
        return sorted(row[0].event for row in session.exec(queries.incidents_seen(session, quarter.hr, asked)).all())

    assert found() == ["credit_loss", "serious_violation"]
    assert found(event="credit_loss", number=quarter.employee.number) == ["credit_loss"]
    assert (found(status="draft", from_on=DAY, to_on=DAY) == found()) and found(status="heard") == []
    assert found(from_on=date(2026, 2, 4)) == found(to_on=date(2026, 2, 2)) == found(number="nobody") == []


def test_the_person_is_told_when_it_is_filed_and_when_it_is_decided(session: Session, quarter: Quarter, filed: Incident):
    service.hear_incident(session, quarter.own, filed.id, statement="无异议")
    service.confirm_incident(session, quarter.hr, filed.id, findings="属实")
    service.withdraw_incident(session, quarter.hr, filed.id, reason="客户出具证明")
    told = session.exec(
        select(Notification).where(Notification.employee_id == quarter.employee.id).order_by(Notification.id)
    ).all()
    about_it = [one for one in told if (one.about_kind, one.about_id) == ("incident", filed.id)]
    assert [one.kind for one in about_it] == ["incident_filed", "incident_confirmed", "incident_withdrawn"]
    assert "严重违规" in notify.sentence(about_it[0]).zh


# Evidence


def keep(session: Session, actor: Actor) -> int:
    return files.keep(session, actor, name="照片.jpg", content=PHOTO, media_type="image/jpeg").id


def test_each_act_carries_its_evidence(session: Session, quarter: Quarter):
    reported, answered = keep(session, quarter.supervisor), keep(session, quarter.own)
    filed = file(quarter, file_ids=[reported])
    heard = service.hear_incident(session, quarter.own, filed.id, statement="见附件", file_ids=[answered])
    found = [(stored.id, link.entry_id) for link, stored in queries.files_of(session, filed.id)]
    assert found == [(reported, None), (answered, heard.id)]


def test_evidence_is_read_by_who_sees_the_incident(session: Session, quarter: Quarter):
    file_id = keep(session, quarter.supervisor)
    filed, other = file(quarter, file_ids=[file_id]), file(quarter)
    for actor in (quarter.own, quarter.hr, quarter.supervisor):
        assert service.find_file(session, actor, filed.id, file_id).name == "照片.jpg"
    for actor, incident in ((quarter.provider, filed), (quarter.hr, other)):
        with pytest.raises(NotFound):
            service.find_file(session, actor, incident.id, file_id)


def test_only_files_one_has_handed_in_are_attached(session: Session, quarter: Quarter):
    with pytest.raises(Invalid) as refused:
        file(quarter, file_ids=[keep(session, quarter.own)])
    assert refused.value.code == "unknown_file"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incident_entry SET text = '无'",
        "DELETE FROM incident_entry",
        "UPDATE incident_file SET entry_id = NULL",
        "DELETE FROM incident_file",
    ],
)
def test_the_database_refuses_to_change_or_delete_what_was_said(session: Session, quarter: Quarter, statement: str):
    filed = file(quarter, file_ids=[keep(session, quarter.supervisor)])
    service.hear_incident(session, quarter.own, filed.id, statement="无异议")
    with pytest.raises(DBAPIError) as refused, session.begin_nested():
        session.connection().execute(text(statement))
    assert "only added" in str(refused.value.orig)


def test_the_number_of_queries_does_not_grow_with_the_incidents(session: Session, quarter: Quarter, filed: Incident):
    few = asked(session, lambda: session.exec(queries.incidents_seen(session, quarter.hr, {})).all())
    for _ in range(5):
        file(quarter)
    assert asked(session, lambda: session.exec(queries.incidents_seen(session, quarter.hr, {})).all()) == few
