"""Retention: what is due and never a day early, what keeps it back, what a purge takes and leaves, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, inspect, text, update
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, func, select

from appraisal import audit, clock, db
from appraisal.actor import SYSTEM, Actor
from appraisal.audit import AuditRecord
from appraisal.core.policy.general import Kept, KeptOfPeople
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development.models import ImprovementPlan
from appraisal.errors import Conflict
from appraisal.files import FileContent, StoredFile
from appraisal.incidents.models import Incident
from appraisal.people import auth
from appraisal.people.models import Account, Employee
from appraisal.records import due, holds, purging
from appraisal.records.due import preview
from appraisal.records.erasing import below
from appraisal.records.models import Purged, PurgedGrades, PurgeDoor
from appraisal.records.terms import Terms, day_after
from appraisal.reports.catalogue import FORMS
from appraisal.reports.models import ArchivedDocument
from appraisal.results.models import Appeal, AppealAct, Reopening, ReopeningDecision, Result
from tests.world import World, a_world

# Cases of the first quarter of 2026 are kept until 2031-03-31.
KEPT_UNTIL = date(2031, 3, 31)
DUE = KEPT_UNTIL + timedelta(days=1)
LONG_AFTER = date(2034, 1, 1)
LEFT = date(2028, 6, 30)


@pytest.mark.parametrize(
    ("ended", "years", "first"),
    [
        (date(2026, 3, 31), 5, date(2031, 4, 1)),
        (date(2024, 2, 28), 5, date(2029, 3, 1)),
        (date(2024, 2, 29), 5, date(2029, 3, 2)),
        (date(2024, 2, 29), 4, date(2028, 3, 1)),
        (date(2026, 12, 31), 0, date(2027, 1, 1)),
    ],
)
def test_a_term_is_whole_years_and_over_the_day_after(ended: date, years: int, first: date):
    assert day_after(ended, years) == first


def test_the_longer_of_what_was_said_then_and_is_said_now_counts(session: Session, monkeypatch: pytest.MonkeyPatch):
    world = settled(session)
    cycle = session.get_one(Cycle, session.get_one(Appraisal, world.ids["closed"]).cycle_id)
    terms = Terms(session, DUE)
    assert terms.of("appraisal", cycle.policy_name, cycle.policy_digest).years == 5
    for pinned, in_force in ((7, 3), (3, 7)):
        kept = iter((pinned, in_force))
        monkeypatch.setattr(
            "appraisal.core.policy.general.PolicyEdition.kept",
            lambda *_, years=kept: KeptOfPeople(years=next(years), after_leaving=2),
        )
        assert Terms(session, DUE).of("appraisal", cycle.policy_name, cycle.policy_digest).years == 7
    monkeypatch.setattr("appraisal.core.policy.general.PolicyEdition.kept", lambda *_: Kept(years=1))
    assert Terms(session, DUE).of("payroll", cycle.policy_name, None).years == 1


def test_a_case_is_due_the_day_after_its_five_years_and_not_on_the_last(session: Session):
    world = settled(session)
    assert not ready(session, KEPT_UNTIL, "case")
    assert world.ids["closed"] in ready(session, DUE, "case")


def test_a_case_is_due_two_years_after_leaving_and_not_on_the_last_day_of_them(session: Session):
    world = settled(session, left_on=date(2030, 2, 15))
    assert not ready(session, date(2032, 2, 15), "case")
    assert world.ids["closed"] in ready(session, date(2032, 2, 16), "case")


def test_of_somebody_employed_or_hired_again_nothing_is_ever_due(session: Session):
    world = settled(session)
    person = session.get_one(Employee, session.get_one(Appraisal, world.ids["closed"]).employee_id)
    assert ready(session, DUE, "case")
    person.left_on = None
    session.flush()
    assert not ready(session, date(2090, 1, 1), "case") and person.id not in ready(session, date(2090, 1, 1), "person")


def test_a_plan_that_followed_the_case_keeps_it_as_long_as_itself(session: Session):
    world = settled(session)
    case = session.get_one(Appraisal, world.ids["closed"])
    plan = session.exec(select(ImprovementPlan)).first()
    assert plan is not None
    plan.appraisal_id, plan.employee_id, plan.from_on, plan.to_on = (
        case.id,
        case.employee_id,
        date(2026, 5, 1),
        date(2026, 7, 31),
    )
    session.flush()
    assert case.id not in ready(session, date(2031, 7, 31), "case")
    assert case.id in ready(session, date(2031, 8, 1), "case")


def test_holds_open_matters_and_open_cycles_keep_things_back_and_say_so(session: Session):
    world = settled(session)
    case = session.get_one(Appraisal, world.ids["closed"])
    hr = actor(session, world, "hr")
    hold = holds.set_hold(session, hr, case.employee_id, reason="仲裁")
    assert not ready(session, DUE, "case")
    assert due.HELD in blocked(session, DUE)[case.id]
    with pytest.raises(Conflict):
        holds.set_hold(session, hr, case.employee_id, reason="再一次")
    holds.lift_hold(session, hr, hold.id or 0, reason="裁决已生效")
    assert case.id in ready(session, DUE, "case")
    cycle = session.get_one(Cycle, case.cycle_id)
    for change, words in ((("status", "open"), due.CYCLE_OPEN),):
        before = getattr(cycle, change[0])
        setattr(cycle, *change)
        session.flush()
        assert blocked(session, DUE)[case.id] == (words,)
        setattr(cycle, change[0], before)
    session.flush()
    result = session.exec(select(Result).where(Result.appraisal_id == case.id)).first()
    assert result is not None
    session.add(Appeal(appraisal_id=case.id, result_id=result.id, late=False, filed_at=clock.now()))
    session.add(Reopening(appraisal_id=case.id, result_id=result.id, reason="x", requested_at=clock.now()))
    incident = session.exec(select(Incident)).first()
    assert incident is not None
    incident.employee_id, incident.status = case.employee_id, "heard"
    session.flush()
    assert set(blocked(session, DUE)[case.id]) == {due.APPEALED, due.REOPENING, due.INCIDENT_OPEN}


def test_documents_go_by_their_class_and_what_is_permanent_never_goes(session: Session, monkeypatch: pytest.MonkeyPatch):
    world = settled(session)
    for kind in ("kpi_form", "for_ever"):
        monkeypatch.setitem(due.FORMS, kind, replace(FORMS["result_notice"], id=kind, about="report", kept=kind))
    document = session.get_one(ArchivedDocument, world.ids["published_document"])
    kept = {"file_id": document.file_id, "language": "zh", "made_at": clock.now(), "about_id": 1}
    monthly = ArchivedDocument(
        form="kpi_form", number="M", html_sha256="1" * 64, period="2026-03", dated=date(2026, 4, 5), **kept
    )
    annual = ArchivedDocument(form="for_ever", number="A", html_sha256="2" * 64, period="2026", dated=date(2027, 1, 5), **kept)
    unknown = ArchivedDocument(form="gone", number="G", html_sha256="3" * 64, dated=date(2026, 1, 1), **kept)
    session.add_all((monthly, annual, unknown))
    session.flush()
    last = date(2031, 4, 5)
    assert monthly.id not in ready(session, last, "document")
    assert monthly.id in ready(session, last + timedelta(days=1), "document")
    far = ready(session, date(2110, 1, 1), "document")
    assert annual.id not in far and unknown.id not in far


def test_a_purge_takes_the_cases_and_the_person_and_the_chain_still_holds(engine: Engine):
    with db.transaction(engine, write=True) as session:
        world = settled(session)
        case = session.get_one(Appraisal, world.ids["closed"])
        person = session.get_one(Employee, case.employee_id)
        name, number, login = person.name, person.number, world.accounts["self"].login
        cases = set(session.exec(select(Appraisal.id).where(Appraisal.employee_id == person.id)))
        others = set(session.exec(select(Appraisal.id).where(Appraisal.employee_id != person.id)))
        records = session.exec(select(func.count()).select_from(AuditRecord)).one()
    assert len(cases) > 5
    run(engine, LONG_AFTER)
    with db.transaction(engine, write=False) as session:
        assert set(session.exec(select(Appraisal.id))) == others
        person = session.get_one(Employee, case.employee_id)
        assert person.name.startswith("已离职-") and person.number.startswith("X-") and number not in person.name
        account = session.exec(select(Account).where(Account.employee_id == person.id)).one()
        assert account.disabled and account.login != login
        assert audit.verify(session) is None
        assert session.exec(select(func.count()).select_from(AuditRecord)).one() > records
        erased = session.exec(select(AuditRecord).where(col(AuditRecord.payload).is_(None))).all()
        assert {"appraisal", "employee", "result"} <= {one.object_kind for one in erased}
        assert not session.exec(select(PurgeDoor)).all()
        ended = session.exec(select(AuditRecord).where(AuditRecord.action.startswith("purge."))).all()  # type: ignore[attr-defined]
        assert ended and all(name not in (one.payload or "") and number not in (one.payload or "") for one in ended)
        assert sum(session.exec(select(PurgedGrades.people))) >= 1
        assert {one.object_id for one in session.exec(select(Purged).where(Purged.kind == "case"))} == cases


def test_nothing_of_the_person_is_left_in_any_table_about_them_alone(engine: Engine):
    with db.transaction(engine, write=True) as session:
        world = settled(session)
        person = session.get_one(Appraisal, world.ids["closed"]).employee_id
        name = session.get_one(Employee, person).name
        contents = session.exec(select(func.count()).select_from(FileContent)).one()
    run(engine, LONG_AFTER)
    with db.transaction(engine, write=False) as session:
        for table in (*purging.OF_PEOPLE, "notification", "policy_acknowledgement"):
            found = session.execute(text(f"SELECT count(*) FROM {table} WHERE employee_id = :who"), {"who": person})
            assert found.scalar() == 0, table
        assert session.exec(select(func.count()).select_from(FileContent)).one() < contents
        files = set(session.exec(select(StoredFile.sha256)))
        assert set(session.exec(select(FileContent.sha256))) == files
        own = select(AuditRecord.payload).where(AuditRecord.object_kind == "employee", AuditRecord.object_id == str(person))
        assert not any(name in (payload or "") for payload in session.exec(own))
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_running_again_does_nothing_more(engine: Engine):
    with db.transaction(engine, write=True) as session:
        settled(session)
    run(engine, LONG_AFTER)
    before = counted(engine)
    second = run(engine, LONG_AFTER)
    after = counted(engine)
    assert second == 0
    assert {name: count for name, count in after.items() if before[name] != count}.keys() == {"audit_record", "purge"}


def test_no_purge_is_as_of_a_day_that_has_not_come(session: Session):
    settled(session)
    with clock.at(DUE), pytest.raises(Conflict):
        purging.begin(session, SYSTEM, DUE + timedelta(days=1))


def test_a_hold_that_is_set_while_a_purge_runs_still_counts(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(purging, "AT_ONCE", 1)
    with db.transaction(engine, write=True) as session:
        world = settled(session)
        person = session.get_one(Appraisal, world.ids["closed"]).employee_id
        hr = actor(session, world, "hr")
    with clock.at(LONG_AFTER):
        with db.transaction(engine, write=True) as session:
            purge_id = purging.begin(session, SYSTEM, LONG_AFTER).id or 0
        with db.transaction(engine, write=True) as session:
            assert purging.take_some(session, SYSTEM, purge_id) == 1
            holds.set_hold(session, hr, person, reason="仲裁")
        while some(engine, purge_id):
            pass
    with db.transaction(engine, write=False) as session:
        assert session.exec(select(Appraisal).where(Appraisal.employee_id == person)).first() is not None
        assert not session.get_one(Employee, person).number.startswith("X-")


@pytest.mark.parametrize(
    "statement", ["DELETE FROM measure", "UPDATE payroll_line SET grade = 'S'", "DELETE FROM incident_entry"]
)
def test_without_an_open_purge_the_database_keeps_what_it_keeps(engine: Engine, statement: str):
    with db.transaction(engine, write=True) as session:
        a_world(session)
    with pytest.raises(DatabaseError), engine.begin() as connection:
        connection.execute(text(statement))


def test_what_hangs_on_a_case_is_known(engine: Engine):
    # A table that is new here hangs on cases: its rows go with them. Say so by adding it.
    names = set(inspect(engine).get_table_names())
    assert below("appraisal") <= names
    assert not {"employee", "account", "goal", "cycle", "unit", "incident", "kpi_report", "reading"} & below("appraisal")
    assert {"measure", "appeal_act", "feedback_remark", "rating", "improvement_signature", "payroll_line"} <= below("appraisal")


# What the tests work with


def settled(session: Session, left_on: date = LEFT) -> World:
    """The world long after: cycles closed, nothing open, and everybody but the office gone."""
    world = a_world(session)
    closed = session.get_one(Appraisal, world.ids["closed"])
    session.execute(update(Cycle).where(col(Cycle.status) == "open").values(status="closed"))
    session.execute(update(Incident).values(status="withdrawn"))
    session.execute(update(ImprovementPlan).values(status="cancelled"))
    for appeal in session.exec(select(Appeal)).all():
        session.add(AppealAct(appeal_id=appeal.id, kind="withdrawn", text="不再申诉", acted_at=clock.now()))
    for asked in session.exec(select(Reopening)).all():
        if session.get(ReopeningDecision, asked.id) is None:
            who = world.accounts["approver"]
            decision = {"granted": False, "reason": "否", "account_id": who.id, "employee_id": who.employee_id}
            session.add(ReopeningDecision(reopening_id=asked.id, **decision, decided_at=clock.now()))
    session.get_one(Employee, closed.employee_id).left_on = left_on
    session.flush()
    session.expire_all()
    return world


def actor(session: Session, world: World, who: str) -> Actor:
    return auth.actor_of(session, session.get_one(Account, world.accounts[who].id))


def ready(session: Session, on: date, kind: str) -> set[int]:
    return {one.id for one in preview(session, on).ready if one.kind == kind}


def blocked(session: Session, on: date) -> dict[int, tuple[object, ...]]:
    return {one.id: one.blocks for one in preview(session, on).cases if one.blocks}


def run(engine: Engine, on: date) -> int:
    with clock.at(on):
        with db.transaction(engine, write=True) as session:
            purge_id = purging.begin(session, SYSTEM, on).id or 0
        return sum(_all(engine, purge_id))


def _all(engine: Engine, purge_id: int) -> Iterator[int]:
    while taken := some(engine, purge_id):
        yield taken


def some(engine: Engine, purge_id: int) -> int:
    with db.transaction(engine, write=True) as session:
        return purging.take_some(session, SYSTEM, purge_id)


def counted(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in inspect(connection).get_table_names()
            if not name.startswith(("procrastinate", "alembic"))
        }
