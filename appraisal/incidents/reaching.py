"""Whom an incident reaches beside the person concerned, and what that does to the appraisals of each.

Who was where on the day of the event decides, not who is there now (D-10). A rule says by its posts on whose sheet it stands:
`unit` reaches the members of the person's unit where such a sheet belongs to it; `post:<id>` the holders of that post where the
person concerned holds a post of the rule; `superior` the direct supervisor where the rule stands on the supervisor's own sheet,
because that is who answers for their people (属员责任) and nobody above. Whom a rule calls `named` has to be chosen.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from appraisal.agreements import queries as agreements
from appraisal.core.errors import Message
from appraisal.core.policy.model import Event, IncidentRule, Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Appraisal, Cycle
from appraisal.incidents import queries
from appraisal.incidents.models import Incident
from appraisal.incidents.queries import Reached
from appraisal.incidents.reach import NAMED, WAYS, is_for, knows, rules_of, sheets_on, struck_by, telling_ways, words_of
from appraisal.labels import label
from appraisal.people import queries as people
from appraisal.people.models import Employee
from appraisal.people.queries import Held


@dataclass(frozen=True)
class Affected:
    """An appraisal that an incident has a say in, and what it does there; nothing where no rule falls on its sheet."""

    appraisal: Appraisal
    cycle: Cycle
    employee: Employee
    effects: tuple[Message, ...]


def policies_over(session: Session, incident: Incident) -> list[Policy]:
    """The policies, among those pinned by the cycles of the person concerned over the day, that know the event."""
    over = [
        cycles.policy_of(session, cycle) for cycle in queries.cycles_over(session, incident.employee_id, incident.happened_on)
    ]
    return list({policy.digest: policy for policy in over if knows(policy, incident.event)}.values())


def event_of(session: Session, incident: Incident) -> Event | None:
    """The event as those policies have it; None where a cycle has moved to a text that no longer knows it."""
    events = (event for policy in policies_over(session, incident) for event in policy.vetoes.events)
    return next((event for event in events if event.id == incident.event), None)


def asks_for_names(policies: Collection[Policy], event: str) -> bool:
    """Whether a rule of the event is for named people, so that somebody has to choose them."""
    rules = [rule for policy in policies for rule in rules_of(policy, event)]
    return any(effect.subject == NAMED for rule in rules for effect in rule.effects)


def reach_found(session: Session, incident: Incident) -> dict[int, set[str]]:
    """Whom the rules of the event reach by who was where that day, and in which ways; who has been named is not among them."""
    day = incident.happened_on
    held = people.posts_held(session, None, day, day)
    superior = people.supervisor_on(session, incident.employee_id, day)
    found: dict[int, set[str]] = {}

    def note(reached: Collection[int], way: str) -> None:
        for employee_id in reached:
            found.setdefault(employee_id, set()).add(way)

    for policy in policies_over(session, incident):
        for rule in rules_of(policy, incident.event):
            stands_for = [one for one in held if is_for(rule, one.policy_post)]
            own = [one for one in stands_for if one.employee_id == incident.employee_id]
            for subject in dict.fromkeys(effect.subject for effect in rule.effects):
                if subject == "unit":
                    note(_members(session, incident, rule, held), "unit")
                elif subject == "superior" and superior and any(one.employee_id == superior.id for one in stands_for):
                    note([superior.id], "superior")
                elif subject.startswith("post:") and own:
                    holders = [one.employee_id for one in held if f"post:{one.policy_post}" == subject]
                    note(_appraised(session, incident, policy, holders), "post")
    return found


def reach_expected(session: Session, incident: Incident) -> list[Reached]:
    """The person concerned and, by number, everybody else whom the incident would reach if it were confirmed now."""
    kept = queries.reach_kept(session, incident)
    ways = reach_found(session, incident)
    for one in kept:
        ways[one.employee.id] = {*one.ways, *ways.get(one.employee.id, ())}
    others = session.exec(select(Employee).where(col(Employee.id).in_(ways)).order_by(Employee.number)).all()
    reasons = {one.employee.id: one.reason for one in kept}
    ordered = sorted(others, key=lambda one: one.id != incident.employee_id)
    return [Reached(who, tuple(way for way in WAYS if way in ways[who.id]), reasons.get(who.id)) for who in ordered]


def affected(session: Session, incident: Incident, reached: Sequence[Reached]) -> list[Affected]:
    """The appraisals over the day of those whom an incident reaches, in their order, with what it does to each.

    Somebody else's event that does nothing on a sheet is no part of its case, and left out; one's own always is one.
    """
    ways = {one.employee.id: frozenset(one.ways) for one in reached}
    asked = (
        select(Appraisal, Cycle, Employee)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(col(Appraisal.employee_id).in_(ways), col(Appraisal.rated).is_(True), Cycle.status != DRAFT)
        .where(Cycle.starts_on <= incident.happened_on, Cycle.ends_on >= incident.happened_on)
        .order_by(Cycle.starts_on, Cycle.id)
    )
    rows = session.exec(asked).all()
    sheets = cycles.sheets_of(session, [appraisal.id for appraisal, _, _ in rows])
    agreed = agreements.agreed(session, [sheet.id for several in sheets.values() for sheet in several])
    found: list[Affected] = []
    for appraisal, cycle, employee in rows:
        policy = cycles.policy_of(session, cycle)
        if not (knows(policy, incident.event) and agreements.has_items(policy, cycle)):
            continue
        effects: list[Message] = []
        counts = False
        for sheet in sheets_on(sheets[appraisal.id], incident.happened_on):
            telling = telling_ways(policy, sheet.policy_post, incident.event, ways[employee.id])
            items = {row.item for row in agreed[sheet.id].items} if sheet.id in agreed else None
            effects += words_of(policy, struck_by(policy, sheet.policy_post, incident.event, telling), items)
            counts = counts or bool(telling)
        if counts:
            found.append(Affected(appraisal, cycle, employee, tuple(dict.fromkeys(effects))))
    order = [one.employee.id for one in reached]
    return sorted(found, key=lambda one: order.index(one.employee.id))


def effect_on(employee_id: int, found: Collection[Affected]) -> Message:
    """What an incident does to somebody, in one line."""
    words = list(dict.fromkeys(words for one in found if one.employee.id == employee_id for words in one.effects))
    if not words:
        return label("effect", "none")
    return Message("; ".join(one.zh for one in words), "; ".join(one.en for one in words))


def _members(session: Session, incident: Incident, rule: IncidentRule, held: Sequence[Held]) -> set[int]:
    """Who was in the unit of the person concerned that day: the one for which they hold a post of the rule, otherwise those of
    theirs where somebody does. The rule of another unit's sheet reaches nobody there."""
    own = [one for one in held if one.employee_id == incident.employee_id]
    standing = {one.unit_id for one in own if is_for(rule, one.policy_post)}
    if not standing:
        standing = {one.unit_id for one in own} & {one.unit_id for one in held if is_for(rule, one.policy_post)}
    within = {unit for units in people.subtrees(session, standing).values() for unit in units}
    return {one.employee_id for one in held if one.unit_id in within}


def _appraised(session: Session, incident: Incident, policy: Policy, employee_ids: Collection[int]) -> Sequence[int]:
    """Those of them who are appraised over the day under a text of the same policy: posts of others may be called alike."""
    found = (
        select(Appraisal.employee_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(col(Appraisal.employee_id).in_(employee_ids), Cycle.policy_name == policy.id, Cycle.status != DRAFT)
        .where(Cycle.starts_on <= incident.happened_on, Cycle.ends_on >= incident.happened_on)
        .distinct()
    )
    return session.exec(found).all()
