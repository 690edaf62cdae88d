"""Valid rows by default; a test overrides what matters to it. Everything goes through the services, as in real life."""

import itertools
import secrets
from datetime import date, timedelta
from functools import cache

from sqlmodel import Session, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.config import PROJECT_ROOT
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.working_calendar import CALENDAR, PATH
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.people import absence, auth, clerks, units
from appraisal.people import service as people
from appraisal.people.models import Account, AccountRole, ApiToken, Delegation, Employee, Leave, Post, Unit
from appraisal.policies import service as policies
from appraisal.policies.models import StoredCalendar, StoredPolicy
from appraisal.policies.service import Checked, State

PASSWORD = "correct horse battery"
FIRST_DAY = date(2025, 1, 1)

_numbers = itertools.count(1)


def an_actor(session: Session, *roles: str, employee: Employee | None = None, unit: Unit | None = None) -> Actor:
    """Somebody with an account and these roles, in a unit and below only where one is given; the account's own employee
    likewise."""
    account = an_account(session, *roles, employee=employee, unit=unit)
    return auth.actor_of(session, account)


def an_account(
    session: Session, *roles: str, employee: Employee | None = None, password: str = PASSWORD, unit: Unit | None = None
) -> Account:
    """An account with a known password that need not be changed."""
    number = next(_numbers)
    account = Account(
        login=f"account{number}",
        password_hash=auth.HASHER.hash(password),
        employee_id=employee.id if employee else None,
        must_change_password=False,
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    where = unit.id if unit else None
    session.add_all(AccountRole(account_id=account.id, role=role, unit_id=where) for role in roles)
    session.flush()
    return account


def a_token(session: Session, account: Account, *scopes: str) -> str:
    """The text of a machine's token for an account."""
    text = secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            token_hash=auth.token_hash(text),
            account_id=account.id,
            name="test",
            scopes=list(scopes),
            created_by=account.id,
            created_at=clock.now(),
            expires_at=clock.now() + timedelta(days=1),
        )
    )
    session.flush()
    return text


def hr(session: Session) -> Actor:
    """Somebody of HR who is no employee of the tests; the same throughout a transaction."""
    if "hr" not in session.info:
        session.info["hr"] = an_actor(session, "hr")
    return session.info["hr"]


def a_unit(session: Session, name: str = "销售部", *, parent: Unit | None = None) -> Unit:
    """A unit that has been there all along."""
    code = f"U{next(_numbers)}"
    return people.create_unit(session, hr(session), code=code, name=name, name_en="Unit", from_on=FIRST_DAY, parent=parent)


def a_post(session: Session, policy_post: str = "sales", *, unit: Unit | None = None, title: str = "业务员") -> Post:
    """A post with a sheet in the trading policy."""
    unit = unit or a_unit(session)
    code = f"P{next(_numbers)}"
    return people.create_post(session, hr(session), code=code, title=title, title_en="Post", unit=unit, policy_post=policy_post)


def an_employee(
    session: Session,
    name: str = "张三",
    *,
    joined_on: date = FIRST_DAY,
    left_on: date | None = None,
    post: Post | None = None,
    supervisor: Employee | None = None,
) -> Employee:
    """An employee, in a post and under a supervisor from the first day where these are given."""
    actor = hr(session)
    employee = people.hire_employee(session, actor, number=f"E{next(_numbers):05}", name=name, joined_on=joined_on)
    if post is not None:
        people.assign_post(session, actor, employee, post, from_on=joined_on)
    if supervisor is not None:
        people.assign_supervisor(session, actor, employee, supervisor, from_on=joined_on)
    if left_on is not None:
        people.end_employment(session, actor, employee, left_on=left_on, reason="辞职")
    return employee


def a_unit_head(session: Session, unit: Unit, employee: Employee | None = None, *, from_on: date = FIRST_DAY) -> Employee:
    """Somebody who heads a unit."""
    employee = employee or an_employee(session, "部门负责人")
    units.appoint_head(session, hr(session), unit, employee, from_on=from_on)
    return employee


def a_leave(
    session: Session, employee: Employee, from_on: date, to_on: date, *, kind: str = "annual", neutral: bool = True
) -> Leave:
    """Leave, neutral unless said otherwise."""
    return absence.note_leave(session, hr(session), employee, kind=kind, from_on=from_on, to_on=to_on, neutral=neutral)


def a_delegation(session: Session, supervisor: Employee, stand_in: Employee, from_on: date, to_on: date) -> Delegation:
    """Somebody standing in for a supervisor; noted on its first day."""
    with clock.at(from_on):
        return absence.delegate(session, hr(session), supervisor, stand_in, from_on=from_on, to_on=to_on, reason="出差")


def a_clerk(session: Session, unit: Unit, employee: Employee | None = None) -> Actor:
    """Somebody who enters for those of a unit who have no account."""
    employee = employee or an_employee(session, "代录员")
    clerks.appoint_clerk(session, hr(session), employee, unit, from_on=FIRST_DAY, reason="一线员工无账号")
    return an_actor(session, "employee", employee=employee)


def checked(name: str = "trading", files: dict[str, str] | None = None) -> Checked:
    """Rule files as if a check had passed them: the shipped ones, or others; only their states are worked out."""
    return _shipped(name) if files is None else _with_states(name, files)


@cache
def _shipped(name: str) -> Checked:
    return _with_states(name, read_files(PROJECT_ROOT))


def _with_states(name: str, files: dict[str, str]) -> Checked:
    own = {path: text for path, text in files.items() if path.split("/")[1:2] == [name]}
    book, problems = load_book(own, name)
    assert book is not None, problems
    states = [book.on(day) for day in book.dates]
    return Checked(name, own, (), tuple(State(one.effective, one.digest, one.general.status) for one in states))


def a_published_policy(
    session: Session, *, name: str = "trading", confirmed: bool = True, files: dict[str, str] | None = None
) -> StoredPolicy:
    """The shipped trading policy as published, its assumed values confirmed by HR."""
    actor = hr(session)
    a_published_calendar(session)
    stored = policies.publish_policy(session, actor, checked(name, files))[-1]
    if confirmed:
        policies.confirm_assumed(session, actor, stored)
    return stored


def a_published_calendar(session: Session) -> StoredCalendar:
    """The shipped working calendar as published."""
    return policies.publish_calendar(session, hr(session), checked_calendar())


@cache
def checked_calendar() -> Checked:
    """The shipped working calendar as if a check had passed it."""
    return Checked(CALENDAR, {PATH: read_files(PROJECT_ROOT)[PATH]}, (), ())


def a_cycle(session: Session, *, period: str = "2026-Q1", pays: bool = True, unit: Unit | None = None) -> Cycle:
    """A draft of a trading cycle, under a published and confirmed policy."""
    a_published_policy(session)
    number = next(_numbers)
    return cycles.draft_cycle(
        session, hr(session), code=f"C{number}", name="测试周期", policy_name="trading", period=period, pays=pays, unit=unit
    )


def an_open_cycle(session: Session, *, period: str = "2026-Q1", unit: Unit | None = None) -> Cycle:
    """An open trading cycle with whoever is employed; in a rolled-back test, whom the test hired before."""
    cycle = a_cycle(session, period=period, unit=unit)
    cycles.open_cycle(session, hr(session), cycle)
    return cycle


def an_appraisal(
    session: Session, employee: Employee | None = None, *, cycle: Cycle | None = None, policy_post: str = "sales"
) -> Appraisal:
    """The appraisal of somebody with a post and a supervisor, in an open cycle."""
    if employee is None:
        head = an_employee(session, "李主管")
        employee = an_employee(session, post=a_post(session, policy_post), supervisor=head)
    cycle = cycle or an_open_cycle(session)
    found = select(Appraisal).where(Appraisal.cycle_id == cycle.id, Appraisal.employee_id == employee.id)
    return session.exec(found).one()
