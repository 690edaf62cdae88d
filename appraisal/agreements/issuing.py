"""Drafts for many at once: copied from last cycle, or issued to everybody who holds a post (D-22).

Nobody who has an agreement gets another, so both may be repeated. What comes of each person is told one by one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import queries
from appraisal.agreements.checks import findings
from appraisal.agreements.content import Content, Terms, require_storable
from appraisal.agreements.drafts import Background, Finding, ItemDraft, name_of, require_sound
from appraisal.agreements.models import SIGNED, Agreement
from appraisal.agreements.queries import Agreed
from appraisal.agreements.service import add_drafts
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN, Appraisal, Cycle, Sheet
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Employee

MOST = 2000


@dataclass(frozen=True)
class LeftOut:
    """An item of last cycle that does not fit the rules of this one, and why."""

    item: str
    name: str
    why: tuple[Finding, ...]


@dataclass(frozen=True)
class Issued:
    """What came of one person: `outcome` is a label "issue". `findings` are about what the draft says."""

    sheet: Sheet
    employee: Employee
    outcome: str
    agreement_id: int | None = None
    left_out: tuple[LeftOut, ...] = ()
    findings: tuple[Finding, ...] = ()


def issue_to_post(
    session: Session,
    actor: Actor,
    cycle_id: int,
    policy_post: str,
    drafts: Sequence[ItemDraft],
    *,
    unit_id: int | None = None,
    terms: Terms | None = None,
) -> list[Issued]:
    """The same items as a draft for everybody on a post of the policy, in a unit and below it where one is given: by HR.

    Raises Invalid for items that the post's rules forbid to anybody. Whoever is to assess an item of their own, or has another
    unit's goal to serve, is `refused` alone.
    """
    if not actor.holds("hr"):
        raise auth.for_others("hr")
    cycle, policy = _running(session, cycle_id)
    if policy_post not in policy.posts:
        zh, en = f"制度没有岗位 {policy_post} 的权重方案", f"the policy has no profile for the post {policy_post}"
        raise Invalid("unknown_post", zh, en, [Fault("policy_post", zh, en)])
    post, terms = policy.posts[policy_post].post, terms or Terms()
    require_storable(session, {}, drafts, terms)
    require_sound(findings(policy, post, [replace(draft, goal_id=None) for draft in drafts]))
    chosen = [
        (sheet, employee)
        for sheet, employee in _sheets(session, actor, cycle, ["hr"], unit_id=unit_id)
        if sheet.policy_post == policy_post
    ]
    around = queries.backgrounds(session, cycle, [sheet for sheet, _ in chosen])
    have = queries.agreed(session, [sheet.id for sheet, _ in chosen])
    found: list[Issued] = []
    for sheet, employee in chosen:
        if sheet.id in have:
            found.append(Issued(sheet, employee, "kept", have[sheet.id].agreement.id))
            continue
        seen = tuple(findings(policy, post, drafts, around[sheet.id]))
        own = any(employee.id in draft.raters for draft in drafts)
        bad = own or any(finding.severity == "error" for finding in seen)
        found.append(Issued(sheet, employee, "own_assessor" if own else "refused" if bad else "issued", findings=seen))
    contents = [Content(one.sheet.id, tuple(drafts), terms) for one in found if one.outcome == "issued"]
    return _added(session, actor, found, contents, f"下发到岗位「{post.title.zh}」")


def copy_agreements(
    session: Session, actor: Actor, cycle_id: int, *, sheet_ids: Collection[int] | None = None, unit_id: int | None = None
) -> list[Issued]:
    """What was last in force for the same person and post, in an earlier cycle of the same cadence, as a draft of this cycle:
    one's own, those of one's reports, or by HR everybody's.

    It is checked anew under the policy this cycle has pinned. Items that do not fit are left out and named, and what then is
    still wrong with the draft (a total below 100) is among its findings, to be mended before anybody can sign.
    """
    cycle, policy = _running(session, cycle_id)
    chosen = _sheets(session, actor, cycle, ["employee", "supervisor", "hr"], sheet_ids=sheet_ids, unit_id=unit_id)
    if sheet_ids is not None and set(sheet_ids) - {sheet.id for sheet, _ in chosen}:
        raise NotFound(hidden=True)
    have = queries.agreed(session, [sheet.id for sheet, _ in chosen])
    before = _last_in_force(session, cycle, [employee.id for _, employee in chosen])
    around = queries.backgrounds(session, cycle, [sheet for sheet, _ in chosen])
    gone = _assessors_gone(session, before)
    found: list[Issued] = []
    contents: list[Content] = []
    for sheet, employee in chosen:
        last = before.get((employee.id, sheet.policy_post))
        if sheet.id in have:
            found.append(Issued(sheet, employee, "kept", have[sheet.id].agreement.id))
        elif last is None:
            found.append(Issued(sheet, employee, "nothing_before"))
        else:
            source, earlier = last
            called = partial(_called_then, cycles.policy_of(session, earlier))
            made, drafts = _fitted(policy, sheet, employee, source, around[sheet.id], gone, called)
            found.append(made)
            if drafts:
                contents.append(Content(sheet.id, drafts, Terms.of(source.agreement)))
    return _added(session, actor, found, contents, f"沿用上期责任书至 {cycle.code}")


def _fitted(
    policy: Policy,
    sheet: Sheet,
    employee: Employee,
    source: Agreed,
    around: Background,
    gone: Collection[int],
    then: Callable[[ItemDraft], str],
) -> tuple[Issued, tuple[ItemDraft, ...]]:
    """The items of an earlier agreement that the rules of now allow, and what became of the others.

    `then` tells what an item was called, because a row that has gone has no name now. Goals of another period and assessors who
    have left are not carried over: the item stands, and somebody names others.
    """
    post = policy.posts[sheet.policy_post].post
    drafts = [
        replace(
            draft,
            goal_id=draft.goal_id if draft.goal_id in around.goals else None,
            assessor_id=None if draft.assessor_id in gone or draft.assessor_id == employee.id else draft.assessor_id,
            assessors=() if draft.raters.intersection({*gone, employee.id}) else draft.assessors,
        )
        for draft in map(queries.draft_of, source.items)
    ]
    wrong: dict[int, list[Finding]] = {}
    for finding in findings(policy, post, drafts, around):
        if finding.severity == "error" and finding.item is not None:
            wrong.setdefault(finding.item, []).append(finding)
    kept = tuple(draft for index, draft in enumerate(drafts) if index not in wrong)
    left_out = tuple(
        LeftOut(drafts[index].id, name_of(policy, drafts[index].id, then(drafts[index])), tuple(why))
        for index, why in wrong.items()
    )
    if not kept:
        return Issued(sheet, employee, "nothing_fits", left_out=left_out), ()
    seen = tuple(findings(policy, post, kept, around))
    return Issued(sheet, employee, "in_part" if left_out else "copied", left_out=left_out, findings=seen), kept


def _called_then(policy: Policy, draft: ItemDraft) -> str:
    return name_of(policy, draft.id, draft.name_zh)


def _added(session: Session, actor: Actor, found: Sequence[Issued], contents: Sequence[Content], reason: str) -> list[Issued]:
    made = {one.sheet_id: one.id for one in add_drafts(session, actor, contents, reason=reason)}
    return [replace(one, agreement_id=made[one.sheet.id]) if one.sheet.id in made else one for one in found]


def _running(session: Session, cycle_id: int) -> tuple[Cycle, Policy]:
    cycle = session.get(Cycle, cycle_id)
    if cycle is None:
        raise NotFound()
    if cycle.status != OPEN:
        raise Conflict("cycle_not_open", f"周期 {cycle.code} 不在进行中", f"the cycle {cycle.code} is not open")
    return cycle, cycles.policy_of(session, cycle)


def _sheets(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    roles: Collection[str],
    *,
    sheet_ids: Collection[int] | None = None,
    unit_id: int | None = None,
) -> Sequence[tuple[Sheet, Employee]]:
    """The sheets of those rated in a cycle to whom the actor is one of these, by employee number."""
    found = (
        select(Sheet, Employee)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True))
        .where(cycles.seen_by(session, actor, min(clock.today(), cycle.ends_on), roles))
        .order_by(Employee.number, Sheet.from_on, Sheet.id)
        .limit(MOST + 1)
    )
    if sheet_ids is not None:
        found = found.where(col(Sheet.id).in_(sheet_ids))
    if unit_id is not None:
        found = found.where(col(Sheet.unit_id).in_(people.unit_and_below(session, unit_id)))
    chosen = session.exec(found).all()
    if len(chosen) > MOST:
        zh = f"超过 {MOST} 张考核表, 请按部门分批办理"
        raise Invalid("too_many", zh, f"more than {MOST} sheets: do it unit by unit", [Fault("unit_id", zh, zh)])
    return chosen


def _last_in_force(
    session: Session, cycle: Cycle, employee_ids: Collection[int]
) -> Mapping[tuple[int, str], tuple[Agreed, Cycle]]:
    """The agreement last in force before a cycle, at its cadence and under its policy's name, by person and post, and the
    cycle it was made for."""
    found = (
        select(Appraisal.employee_id, Sheet.policy_post, Agreement, Cycle)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(Cycle.cadence == cycle.cadence, Cycle.policy_name == cycle.policy_name, Cycle.ends_on < cycle.starts_on)
        .where(col(Appraisal.employee_id).in_(employee_ids), Agreement.status == SIGNED)
        .order_by(Cycle.ends_on, Sheet.from_on, Sheet.id)
    )
    last = {(employee_id, post): (agreement, earlier) for employee_id, post, agreement, earlier in session.exec(found)}
    items = queries.items_of(session, [agreement.id for agreement, _ in last.values()])
    return {key: (Agreed(agreement, tuple(items[agreement.id])), earlier) for key, (agreement, earlier) in last.items()}


def _assessors_gone(session: Session, before: Mapping[tuple[int, str], tuple[Agreed, Cycle]]) -> frozenset[int]:
    named = {one for agreed, _ in before.values() for item in agreed.items for one in item.raters}
    left = select(Employee.id).where(col(Employee.id).in_(named), col(Employee.left_on) < clock.today())
    return frozenset(session.exec(left)) if named else frozenset()
