"""One case as its reader may see it, field by field.

`full`: the supervisor, heads of the unit, HR, approvers and auditors see everything but drafts. `own`: the person sees what
they wrote, the interview, and what others judged once it is published; at the interview the proposed result, marked preliminary
(D-18). `payroll`: grade and multiplier once approved. `part`: who rates a goal or supervised before sees what that takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.models import AgreementItem
from appraisal.agreements.queries import Agreed
from appraisal.core.policy.model import Policy, Text
from appraisal.core.workflow import find_step
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import PERSON, Appraisal, Cycle, Sheet
from appraisal.errors import NotFound
from appraisal.people.models import Account, Employee, Post, Unit
from appraisal.results import decisions_told, possible, written_told
from appraisal.results.decisions_told import FULL, OWN, PART, PAYROLL, Decided
from appraisal.results.table import HANDLING
from appraisal.results.written_told import Written, entry_told
from appraisal.reviews import queries as reviews
from appraisal.reviews.models import INTERVIEW, SELF_ASSESSMENT
from appraisal.reviews.queries import GoalRating, JointPart, Key

SCOPES = (FULL, OWN, PAYROLL, PART)


@dataclass(frozen=True)
class Reader:
    """Who reads a case: what they are to it, how much that shows, and which goals are theirs to rate."""

    actor: Actor
    relations: frozenset[str]
    scope: str
    goals: frozenset[Key]
    is_former: bool


@dataclass(frozen=True)
class Place:
    """A sheet with where it was worked."""

    sheet: Sheet
    post: Post
    unit: Unit


@dataclass(frozen=True)
class Names:
    """People by their ids, as employees and as accounts."""

    employees: Mapping[int, dict[str, Any]]
    accounts: Mapping[int, dict[str, Any]]

    def of(self, employee_id: int | None, account_id: int | None = None) -> dict[str, Any] | None:
        """The employee, or whom the account belongs to; an account of a function goes by its login."""
        if employee_id is not None:
            return self.employees.get(employee_id)
        return None if account_id is None else self.accounts.get(account_id)


def tell_case(session: Session, actor: Actor, appraisal_id: int) -> dict[str, Any]:
    """The case for whoever may see any of it. Raises NotFound for others."""
    appraisal = session.get(Appraisal, appraisal_id)
    if appraisal is None:
        raise NotFound()
    cycle, relations = cycle_service.relations_to(session, actor, appraisal)
    policy = cycles.policy_of(session, cycle)
    sheets = _places(session, appraisal_id)
    by_sheet = agreements.agreed(session, [one.sheet.id for one in sheets])
    reader = _reader(session, actor, appraisal, cycle, relations, by_sheet)
    everything = decisions_told.load(session, appraisal, policy)
    decided = decisions_told.shown_to(session, reader.scope, appraisal, policy, everything)
    judged = reader.scope == FULL or (reader.scope == OWN and everything.published is not None)
    written = written_told.load(session, appraisal_id) if reader.scope != PAYROLL else Written()
    names = _names(session, appraisal, written, by_sheet, decided)
    step = find_step(policy.workflow, appraisal.step)
    return {
        "id": appraisal.id,
        "version": appraisal.version,
        "scope": reader.scope,
        "cycle": {"id": cycle.id, "code": cycle.code, "name": cycle.name, "period": cycle.period, "status": cycle.status},
        "employee": names.of(appraisal.employee_id),
        "rated": appraisal.rated,
        "not_rated_reason": appraisal.not_rated_reason,
        "step": appraisal.step,
        "step_name": step.name,
        "step_since": appraisal.step_since,
        "due_on": None if step.final else cycles.due_on(session, policy, appraisal),
        "sheets": _sheets(policy, reader, sheets, by_sheet, written, judged, names, names.of(appraisal.employee_id)),
        "entries": [
            entry_told(one, names.of, written.signatures.get(one.id or 0, {}))
            for one in written.entries
            if reader.scope in (FULL, OWN) and (judged or one.kind in (SELF_ASSESSMENT, INTERVIEW))
            if not written.is_blind(one, actor.employee_id)
        ],
        "former_opinions": [
            {"supervisor": names.of(one.supervisor_id), "opinion": one.opinion, "waived_because": one.waived_because}
            | {"entered_at": one.entered_at}
            for one in written.opinions
            if judged or one.supervisor_id == actor.employee_id
        ],
        **decided.as_told(names.of),
        "possible": possible.acts(
            appraisal,
            cycle,
            policy,
            reader.relations,
            everything,
            written.last_interview,
            rates=bool(reader.goals),
            is_former=reader.is_former,
        ),
    }


def goal_tasks(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """The goals of others that wait for the actor's rating: what it takes to judge them, and nothing else (D-06)."""
    if actor.employee_id is None:
        return []
    waiting = reviews.goals_to_rate(session, actor.employee_id)
    ids = {appraisal.employee_id for appraisal, _, _ in waiting}
    people = {one.id: one for one in session.exec(select(Employee).where(col(Employee.id).in_(ids)))}
    nobody = Names({}, {})
    running = {one.id: one for one in session.exec(select(Cycle).where(col(Cycle.id).in_({a.cycle_id for a, _, _ in waiting})))}
    return [
        {
            "appraisal_id": appraisal.id,
            "sheet_id": sheet.id,
            "employee": {"id": appraisal.employee_id}
            | {name: getattr(people[appraisal.employee_id], name) for name in ("number", "name")},
            "item": _item(cycles.policy_of(session, running[appraisal.cycle_id]), item, None, None, nobody) | {"assessors": []},
        }
        for appraisal, item, sheet in waiting
    ]


def _reader(
    session: Session,
    actor: Actor,
    appraisal: Appraisal,
    cycle: Cycle,
    relations: frozenset[str],
    by_sheet: Mapping[int, Agreed],
) -> Reader:
    own = "employee" in relations
    goals = frozenset(
        (sheet_id, item.item)
        for sheet_id, agreed in by_sheet.items()
        for item in agreed.items
        if item.kind == "gs" and actor.employee_id in item.raters and not own
    )
    former = not own and actor.employee_id is not None and appraisal.rated
    is_former = former and any(one.id == actor.employee_id for one in reviews.former_supervisors(session, appraisal, cycle))
    if own:
        scope = OWN
    elif not relations.isdisjoint(HANDLING):
        scope = FULL
    elif goals or is_former:
        scope = PART
    elif "payroll" in relations:
        scope = PAYROLL
    else:
        raise NotFound(hidden=True)
    return Reader(actor, relations, scope, goals, is_former)


def _places(session: Session, appraisal_id: int) -> list[Place]:
    found = (
        select(Sheet, Post, Unit)
        .join(Post, col(Post.id) == Sheet.post_id)
        .join(Unit, col(Unit.id) == Sheet.unit_id)
        .where(Sheet.appraisal_id == appraisal_id)
        .order_by(Sheet.from_on, Sheet.id)
    )
    return [Place(*row) for row in session.exec(found)]


def _sheets(
    policy: Policy,
    reader: Reader,
    sheets: Sequence[Place],
    by_sheet: Mapping[int, Agreed],
    written: Written,
    judged: bool,
    names: Names,
    holder: dict[str, Any] | None,
) -> list[dict[str, Any]]:
    """The sheets with those of their items that the reader may see, and what was said of each goal."""
    if reader.scope == PAYROLL:
        return []
    own = reader.scope in (FULL, OWN)
    said = written.said(SELF_ASSESSMENT)
    given = written.counting if judged or reader.goals else {}
    told = []
    for place in sheets:
        sheet, agreed = place.sheet, by_sheet.get(place.sheet.id or 0)
        told.append(
            {
                "id": sheet.id,
                "subject": _subject(place, holder),
                "post": Text(place.post.title, place.post.title_en),
                "unit": Text(place.unit.name, place.unit.name_en),
                "from_on": sheet.from_on,
                "to_on": sheet.to_on,
                "days": sheet.days,
                "share": sheet.share,
                "agreement_id": agreed.agreement.id if agreed and own else None,
                "signed": agreed is not None and agreed.is_signed,
                "items": [
                    _item(policy, item, said.get((sheet.id, item.item)), given.get((sheet.id, item.item)), names)
                    | {"assessors": _together(reader, written.joint.get((sheet.id, item.item), ()), names)}
                    for item in (agreed.items if agreed else ())
                    if own or (sheet.id, item.item) in reader.goals
                ],
            }
        )
    return told


def _together(reader: Reader, parts: Sequence[JointPart], names: Names) -> list[dict[str, Any]]:
    """Several who rate a goal together. What each gave is for those who handle the case; of these who rates it too sees that of
    the others once all have rated, so that nobody is led by another."""
    me = reader.actor.employee_id
    rates = any(part.assessor_id == me for part in parts)
    all_in = all(part.given is not None for part in parts)
    others = all_in if rates else reader.scope == FULL
    return [
        {"person": names.of(part.assessor_id), "share": part.share, "rated": part.given is not None}
        | {"given": _given(part.given) if others or part.assessor_id == me else None}
        for part in parts
    ]


def _given(given: GoalRating | None) -> dict[str, Any] | None:
    return given and {"rating": given.rating, "factors": given.factors}


def _subject(place: Place, holder: dict[str, Any] | None) -> dict[str, Any]:
    """Whose sheet it is: a unit's names who answers for it."""
    if place.sheet.subject == PERSON:
        name = holder["name"] if holder else ""
        return {"kind": PERSON, "name": Text(name, name), "responsible": None}
    return {"kind": place.sheet.subject, "name": Text(place.unit.name, place.unit.name_en), "responsible": holder}


def _item(
    policy: Policy, item: AgreementItem, said: GoalRating | None, given: GoalRating | None, names: Names
) -> dict[str, Any]:
    located = policy.indicators.get(item.item)
    name = located.indicator.name if located else Text(item.name_zh or item.item, item.name_en or item.name_zh or item.item)
    return {
        "item": item.item,
        "kind": item.kind,
        "name": name,
        "dimension": item.dimension or (located.dimension if located else None),
        "weight": item.weight,
        "target": item.target,
        "challenge": item.challenge,
        "unit": located.indicator.unit if located else item.unit,
        "standard": item.standard,
        "factor_max": agreements.draft_of(item).factor_max or None,
        "assessor": names.of(item.assessor_id),
        "own_rating": _given(said),
        "rating": _given(given),
    }


def _names(session: Session, appraisal: Appraisal, written: Written, by_sheet: Mapping[int, Agreed], decided: Decided) -> Names:
    wanted = {appraisal.employee_id, *written.employees, *decided.employees}
    wanted |= {one for agreed in by_sheet.values() for item in agreed.items for one in item.raters}
    people = session.execute(select(Employee.id, Employee.number, Employee.name).where(col(Employee.id).in_(wanted - {None})))
    employees = {one: {"id": one, "number": number, "name": name} for one, number, name in people}
    if not decided.accounts:
        return Names(employees, {})
    owners = session.execute(
        select(Account.id, Account.login, Employee.id, Employee.number, Employee.name)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(col(Account.id).in_(decided.accounts))
    )
    accounts = {account: {"id": one, "number": number, "name": name or login} for account, login, one, number, name in owners}
    return Names(employees, accounts)
