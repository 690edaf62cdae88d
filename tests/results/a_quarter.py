"""A small quarter with results as they are stored: a department with a head, its people, and those who handle results."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from sqlmodel import Session

from appraisal import clock
from appraisal.core.appraise import appraise_sheets
from appraisal.core.calendar import Period
from appraisal.core.inputs import Case, Incident, Item, Sheet
from appraisal.core.outcome import Outcome
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.incidents.models import CONFIRMED
from appraisal.incidents.models import Incident as LedgerIncident
from appraisal.people.models import Employee, Unit
from appraisal.results.approving import put_in_force
from appraisal.results.cases import digest_of, sheets_json
from appraisal.results.models import Publication, Result
from tests.factories import a_post, a_unit, an_account, an_employee, an_open_cycle

THEN = datetime(2026, 4, 10, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Quarter:
    """Appraisals and logins by the name of who they belong to."""

    cycle: Cycle
    sales: Unit
    appraisals: dict[str, int]
    logins: dict[str, str]


def a_quarter(session: Session) -> Quarter:
    """周 has a published and approved result, 吴 a published veto, 郑 a computed one, 王 none; 陈 works elsewhere."""
    company = a_unit(session, "示范公司")
    sales, buying = a_unit(session, "销售部", parent=company), a_unit(session, "采购部", parent=company)
    head = an_employee(session, "李主管")
    people: dict[str, Employee] = {"李": head}
    for name in ("周戊", "吴<b>己</b>", "郑庚", "王辛"):
        people[name[0]] = an_employee(session, name, post=a_post(session, "sales", unit=sales), supervisor=head)
    other_head = people["孙"] = an_employee(session, "孙主管")
    people["陈"] = an_employee(session, "陈癸", post=a_post(session, "purchasing", unit=buying), supervisor=other_head)
    people["韩"] = an_employee(session, "韩总")
    cycle = an_open_cycle(session)
    logins = {name: an_account(session, "employee", employee=person).login for name, person in people.items() if name != "韩"}
    approver = an_account(session, "approver", employee=people["韩"])
    roles = ("hr", "payroll", "data_provider", "admin")
    logins |= {"韩": approver.login} | {role: an_account(session, role).login for role in roles}
    found = {name: cycles.appraisal_of(session, cycle, person) for name, person in people.items()}
    appraisals = {name: appraisal for name, appraisal in found.items() if appraisal is not None}
    approve = (people["韩"].id, approver.id)
    a_result(session, appraisals["周"], ("1100", "95"), published=True, approved_by=approve)
    fact = LedgerIncident(
        employee_id=people["吴"].id,
        event="serious_violation",
        happened_on=datetime(2026, 2, 11).date(),
        facts="<script>alert(1)</script>未经批准签订担保函",
        status=CONFIRMED,
        filed_at=THEN,
    )
    session.add(fact)
    a_result(session, appraisals["吴"], ("1100", "95"), incident="serious_violation", published=True)
    a_result(session, appraisals["郑"], ("900", "80"))
    session.flush()
    return Quarter(cycle, sales, {name: appraisal.id for name, appraisal in appraisals.items()}, logins)


def a_result(
    session: Session,
    appraisal: Appraisal,
    actuals: tuple[str, str],
    *,
    seq: int = 1,
    incident: str | None = None,
    published: bool = False,
    approved_by: tuple[int, int] | None = None,
) -> Result:
    """A result of two items, computed by the core and stored as the services store it."""
    cycle = session.get_one(Cycle, appraisal.cycle_id)
    policy = cycles.policy_of(session, cycle)
    figures = (("revenue", "60", "1000", "1250"), ("customer_satisfaction", "40", "90", "95"))
    items = tuple(
        Item(name, "kpi", Decimal(weight), target=Decimal(target), challenge=Decimal(best), actual=Decimal(actual))
        for (name, weight, target, best), actual in zip(figures, actuals, strict=True)
    )
    incidents = (Incident(incident),) if incident else ()
    period = Period.parse(cycle.period)
    sheets = [Sheet(Case(on=period.last_day(), period=period, post="sales", items=items, incidents=incidents))]
    result = stored_result(session, appraisal, sheets, appraise_sheets(policy, sheets), seq=seq)
    if published:
        session.add(Publication(result_id=result.id, published_at=THEN))
    if approved_by is not None:
        employee, account = approved_by
        put_in_force(session, result, approver_id=employee, account_id=account, approved_at=THEN)
    session.flush()
    return result


def stored_result(session: Session, appraisal: Appraisal, sheets: list[Sheet], outcome: Outcome, seq: int = 1) -> Result:
    """An outcome as a layer of the appraisal's result."""
    stored = sheets_json(sheets)
    result = Result(
        appraisal_id=appraisal.id,
        seq=seq,
        computed_score=outcome.computed_score,
        score=outcome.score,
        grade=outcome.grade,
        multiplier=outcome.multiplier,
        vetoed=outcome.vetoed,
        outcome=outcome.as_json(),
        sheets=stored,
        policy_digest=outcome.digest,
        case_digest=digest_of(stored),
        read_from=clock.now(),
        computed_at=clock.now(),
    )
    session.add(result)
    session.flush()
    return result
