"""A company of any size on a real database: a small department taken through its cycles by the services, then multiplied.

Copies are rows like any others, with numbers, logins and codes of their own; policies, cycles and the people of HR are shared.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine, Table, insert, select, text
from sqlmodel import Session

from appraisal import clock, db
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.measures import service as measures
from appraisal.people.models import Account, Employee
from appraisal.results import approving
from tests import factories
from tests.agreements.samples import FIGURES, Quarter, a_quarter, approve, publish, record, review, sign

DEPARTMENT = 10
STEP = 1_000
QUARTERS = (("2026-Q1", date(2026, 4, 8)), ("2026-Q2", date(2026, 7, 8)), ("2026-Q3", date(2026, 10, 12)))
OPEN_MONTH = ("2026-10", date(2026, 11, 4))

# Whose rows belong to nobody in particular.
SHARED = frozenset(
    {
        *("job", "schedule", "cycle", "audit_record", "audit_head", "audit_seal", "idempotency_key", "alembic_version"),
        *("stored_policy", "policy_confirmation", "stored_calendar", "file_content"),
    }
)


@dataclass(frozen=True)
class Built:
    """What a client needs to know: tokens of HR and of people, the last closed cycle, appraisals to see and to fill in."""

    hr: str
    people: dict[int, str]
    closed_cycle: int
    closed: list[int]
    open: dict[int, int]


def build(target: Engine, people: int) -> Built:
    """A company of `people` on an empty migrated database."""
    with db.transaction(target, write=True) as session:
        hr, closed = _department(session)
    _multiply(target, people // DEPARTMENT)
    with target.connect() as connection:
        if target.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
        else:
            connection.exec_driver_sql("ANALYZE")
    with db.transaction(target, write=True) as session:
        return _built(session, hr, closed)


def _department(session: Session) -> tuple[str, int]:
    """Ten people under a head: three quarters closed, and a month that waits for their self-assessments."""
    with clock.at(date(2026, 1, 5)):
        unit = factories.a_unit(session)
        head = factories.an_employee(session, "李主管")
        post = factories.a_post(session, unit=unit)
        staff = [factories.an_employee(session, f"员工{n}", post=post, supervisor=head) for n in range(DEPARTMENT)]
    for employee in (head, *staff):
        factories.an_account(session, "employee", employee=employee)
    for period, day in QUARTERS:
        with clock.at(day):
            closed = _quarter(session, period, [*staff])
    with clock.at(OPEN_MONTH[1]):
        month = factories.a_cycle(session, period=OPEN_MONTH[0], pays=False)
        cycles.open_cycle(session, factories.hr(session), month)
        for quarter in [a_quarter(session, employee, cycle=month) for employee in staff]:
            sign(quarter)
            record(quarter, FIGURES)
            measures.complete_data(session, quarter.provider, quarter.appraisal.id)
    account = session.get_one(Account, factories.hr(session).account_id)
    return factories.a_token(session, account, *SCOPES), closed


SLICES = ("appraisals", "results", "reviews", "cycles", "people")
SCOPES = tuple(f"{name}:{way}" for name in SLICES for way in ("read", "write"))


def _quarter(session: Session, period: str, staff: list[Employee]) -> int:
    cycle = factories.a_cycle(session, period=period)
    cycles.open_cycle(session, factories.hr(session), cycle)
    quarters: list[Quarter] = [a_quarter(session, employee, cycle=cycle) for employee in staff]
    for number, quarter in enumerate(quarters):
        sign(quarter)
        record(quarter, {**FIGURES, "revenue": str(90 + 3 * number)})
        review(quarter, (quarter.sheet, "plan", str(70 + 3 * number)), held_on=clock.today())
        publish(quarter)
    today = clock.today()
    with clock.at(date(today.year, today.month, 28)):
        for quarter in quarters:
            approve(quarter)
            approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id)
        cycles.close_cycle(session, factories.hr(session), cycle)
    return int(cycle.id or 0)


def _multiply(target: Engine, times: int) -> None:
    """So many departments in all, by copies of every row of the first."""
    tables = [table for table in db.all_tables().sorted_tables if table.name not in SHARED]
    with target.begin() as connection:
        rows = {table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in tables}
        key_of = {table.name: next(iter(table.primary_key)).name for table in tables}
        known = {name: {row[key_of[name]] for row in found} for name, found in rows.items()}
        numbers = [key for keys in known.values() for key in keys if isinstance(key, int)]
        if max(numbers) >= STEP:
            raise RuntimeError(f"a department has more than {STEP} rows in a table")
        # HR, payroll and the like are there once; their accounts have no employee, or one without a post.
        for table in tables:
            copies = [_copy(table, row, known, n) for n in range(1, times) for row in rows[table.name]]
            for start in range(0, len(copies), 20_000):
                connection.execute(insert(table), copies[start : start + 20_000])
            if target.dialect.name == "postgresql" and "id" in table.c and copies:
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {STEP * times})"))


def _copy(table: Table, row: dict[str, Any], known: dict[str, set[Any]], n: int) -> dict[str, Any]:
    """A row of the n-th copy: its own id, its neighbours of the same copy, and unique texts made its own."""
    copied = dict(row)
    unique = {column.name for column in table.columns if column.unique}
    for column in table.columns:
        value = row[column.name]
        if value is None:
            continue
        referred = next((key.column.table.name for key in column.foreign_keys), None)
        is_own = column.name == "id" and referred is None
        if is_own and isinstance(value, int) or (referred is not None and value in known.get(referred, ())):
            copied[column.name] = value + n * STEP if isinstance(value, int) else value
        elif isinstance(value, str) and column.name in unique:
            copied[column.name] = f"{value}-{n}" if len(value) < 60 else f"{n:06}{value[6:]}"
    return copied


def _built(session: Session, hr: str, closed: int) -> Built:
    finished = session.execute(select(Appraisal.id).where(Appraisal.cycle_id == closed).order_by(Appraisal.id)).scalars()
    month = session.execute(select(Cycle.id).where(Cycle.period == OPEN_MONTH[0])).scalar_one()
    waiting = session.execute(
        select(Appraisal.id, Account.id)
        .join(Account, Account.employee_id == Appraisal.employee_id)
        .where(Appraisal.cycle_id == month, Appraisal.step == "self_assessment")
        .order_by(Appraisal.id)
        .limit(400)
    ).all()
    tokens = {
        appraisal_id: factories.a_token(session, session.get_one(Account, account_id), *SCOPES)
        for appraisal_id, account_id in waiting
    }
    return Built(hr, tokens, closed, list(finished), dict(waiting))
