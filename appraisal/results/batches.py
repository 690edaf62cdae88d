"""What one step of the way may be done about for many cases at once: which wait for it, and why others do not yet.

Each condition is that of the use case that does it, as far as it can be asked of all cases at once; what is ticked and refused
all the same is told with its reason.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, and_, col, or_, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.core.policy.model import Approver, Policy, Text
from appraisal.core.workflow import approvals_of
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import CLOSED, OPEN, Appraisal, Cycle
from appraisal.errors import Conflict
from appraisal.people import relations
from appraisal.people.models import Employee
from appraisal.results import courses, queries, table
from appraisal.results.models import Acknowledgement, ApprovalLink, Reopening, ReopeningDecision, Result
from appraisal.results.queries import Standing
from appraisal.reviews.models import ReviewEntry
from appraisal.reviews.queries import JUDGING

MOST_AT_ONCE = 500

PUBLISH, CLOSE_APPEALS, APPROVE, ARCHIVE = "publish", "close_appeals", "approve", "archive"

# What publishing has no move of its own for: the result is published where the appeals are closed.
_MOVE_OF = {PUBLISH: CLOSE_APPEALS}


@dataclass(frozen=True)
class Waiting:
    """A case and its latest result. `why_not` says what it still waits for; `link` is the approval that is due."""

    appraisal_id: int
    version: int
    employee_id: int
    number: str
    name: str
    places: Sequence[Mapping[str, Any]]
    result: Result
    answer: str | None
    until: date | None
    link: Text | None
    why_not: Message | None


@dataclass(frozen=True)
class Asked:
    """A request for 复核 that waits for the actor's word."""

    reopening: Reopening
    cycle: Cycle
    number: str
    name: str
    asked_by: str | None


def waiting_for(session: Session, actor: Actor, cycle: Cycle, act: str) -> list[Waiting]:
    """The cases of a cycle at the step at which `act` is done, that the actor may do it about, by employee number; in a number
    of queries that does not grow with them."""
    if cycle.status != OPEN:
        return []
    policy = cycles.policy_of(session, cycle)
    cases = _at_step(session, actor, cycle, policy, act)
    standings = queries.standings(session, [one.id for one, _ in cases])
    cases = [(one, who) for one, who in cases if one.id in standings and _is_due(act, standings[one.id])]
    ids = [one.id for one, _ in cases]
    places, results = table.places_of(session, ids), [standings[one].result for one in ids]
    answers = _answers(session, results)
    notes = _Notes(session, actor, cycle, policy, act, [standings[one] for one in ids])
    found = []
    for appraisal, who in cases:
        at = standings[appraisal.id]
        if not notes.is_mine(at.result):
            continue
        link, until, why_not = notes.of(at)
        person = (appraisal.id, appraisal.version, who.id, who.number, who.name)
        found.append(Waiting(*person, places[appraisal.id], at.result, answers.get(at.result.id), until, link, why_not))
    return found


def requests(session: Session, actor: Actor) -> list[Asked]:
    """The requests for 复核 that others have made and the actor decides as an approver, first one first; in closed cycles too
    (D-19)."""
    if actor.employee_id is None or actor.account_id is None:
        return []
    undecided = ~select(ReopeningDecision.reopening_id).where(ReopeningDecision.reopening_id == Reopening.id).exists()
    joined = (
        select(Reopening, Cycle, Employee)
        .join(Appraisal, col(Appraisal.id) == Reopening.appraisal_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(undecided, col(Cycle.status).in_((OPEN, CLOSED)), Appraisal.employee_id != actor.employee_id)
        .order_by(Reopening.id)
    )
    another = (
        or_(col(column).is_(None), column != own)
        for column, own in ((Reopening.employee_id, actor.employee_id), (Reopening.account_id, actor.account_id))
    )
    rows = session.exec(joined.where(*another, table.seen_as(session, actor, ("approver",)))).all()
    names = _names(session, {one.employee_id for one, _, _ in rows})
    return [Asked(one, cycle, who.number, who.name, names.get(one.employee_id)) for one, cycle, who in rows]


class _Notes:
    """What there is to say of each case, read once for all of them."""

    def __init__(
        self, session: Session, actor: Actor, cycle: Cycle, policy: Policy, act: str, standings: Sequence[Standing]
    ) -> None:
        self.session, self.actor, self.policy, self.act = session, actor, policy, act
        results = [one.result for one in standings]
        ids = [one.appraisal_id for one in results]
        self.appealed = courses.under_appeal(session, ids)
        self.stale = {one.id for one, _ in queries.stale_results(session, cycle)} if act != ARCHIVE else set()
        self.untils: dict[date, date | None] = {}
        self.links, self.judges, self.mine = {}, {}, {}
        if act == APPROVE:
            self.links = _links(session, results)
            self.judges = _judges(session, ids)
            self.mine = _mine(session, actor, cycle, ids, {one.by for one in approvals_of(policy.workflow)})

    def is_mine(self, one: Result) -> bool:
        """Whether the approval that is due is the actor's to give."""
        return self.act != APPROVE or one.appraisal_id in self.mine.get(self._link(one).by, ())

    def of(self, at: Standing) -> tuple[Text | None, date | None, Message | None]:
        """The approval that is due, the last day to appeal, and why it is not to be done now."""
        one, until = at.result, None
        if one.appraisal_id in self.appealed:
            return None, None, Message("申诉尚未处理完毕", "An appeal is open")
        if self.act == APPROVE:
            return self._to_approve(one)
        if one.appraisal_id in self.stale:
            return None, None, Message("计算之后数据有变, 请先重新计算", "Figures have changed: compute it again first")
        if self.act == CLOSE_APPEALS and at.publication is not None:
            until = self._until(at.publication.published_at.astimezone(clock.COMPANY_ZONE).date())
            decided = one.layer == "appealed"
            if until is not None and clock.today() <= until and not decided:
                return None, until, Message("申诉期未满", "Appeals are still open")
        return None, until, None

    def _to_approve(self, one: Result) -> tuple[Text | None, date | None, Message | None]:
        link, given = self._link(one), self.links.get(one.id, [])
        if one.appraisal_id in self.stale:
            return link.name, None, Message("数据有变, 待人力资源部重新计算", "Figures have changed: HR computes it again")
        if self.actor.employee_id in given:
            return (
                link.name,
                None,
                Message("前一环节由您批准, 本环节由他人办理", "You gave the link before; another gives this"),
            )
        own = one.layer != "computed" and one.computed_by == self.actor.account_id
        if own or self.actor.employee_id in self.judges.get(one.appraisal_id, ()):
            return link.name, None, Message("由您评定或决定, 须由他人审批", "You had a part in it: another approves it")
        return link.name, None, None

    def _link(self, one: Result) -> Approver:
        chain = approvals_of(self.policy.workflow)
        return chain[min(len(self.links.get(one.id, [])), len(chain) - 1)]

    def _until(self, published: date) -> date | None:
        if published not in self.untils:
            try:
                days = self.policy.workflow.appeal.window_days
                self.untils[published] = queries.after_working_days(self.session, published, days)
            except Conflict:
                self.untils[published] = None
        return self.untils[published]


def _at_step(session: Session, actor: Actor, cycle: Cycle, policy: Policy, act: str) -> Sequence[tuple[Appraisal, Employee]]:
    moves = [move for move in policy.workflow.moves if move.action == _MOVE_OF.get(act, act)]
    on = min(clock.today(), cycle.ends_on)
    theirs = relations.towards_others(session, actor, on, {role for move in moves for role in move.by})
    ways = [and_(Appraisal.step == move.from_, theirs[role]) for move in moves for role in move.by if role in theirs]
    if not ways:
        return []
    found = (
        select(Appraisal, Employee)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), or_(*ways))
        .where(Appraisal.employee_id != (actor.employee_id or 0))
    )
    return session.exec(found.order_by(Employee.number)).all()


def _is_due(act: str, at: Standing) -> bool:
    if act == PUBLISH:
        return at.publication is None
    if act == ARCHIVE:
        return at.approval is not None
    return at.publication is not None and (at.approval is None or act == CLOSE_APPEALS)


def _answers(session: Session, results: Sequence[Result]) -> dict[int, str]:
    found = select(Acknowledgement.result_id, Acknowledgement.answer)
    return dict(session.exec(found.where(col(Acknowledgement.result_id).in_([one.id for one in results]))).all())


def _links(session: Session, results: Sequence[Result]) -> dict[int, list[int]]:
    """Who has given the links so far, by result."""
    given: dict[int, list[int]] = {}
    asked = select(ApprovalLink.result_id, ApprovalLink.approver_id).order_by(ApprovalLink.id)
    for result_id, approver in session.exec(asked.where(col(ApprovalLink.result_id).in_([one.id for one in results]))):
        given.setdefault(result_id, []).append(approver)
    return given


def _judges(session: Session, ids: Collection[int]) -> dict[int, set[int]]:
    """Who has rated or reviewed each case."""
    judges: dict[int, set[int]] = {}
    asked = select(ReviewEntry.appraisal_id, ReviewEntry.author_id)
    for one, who in session.exec(asked.where(col(ReviewEntry.appraisal_id).in_(ids), col(ReviewEntry.kind).in_(JUDGING))):
        judges.setdefault(one, set()).add(who)
    return judges


def _mine(
    session: Session, actor: Actor, cycle: Cycle, ids: Collection[int], roles: Collection[str]
) -> dict[str, frozenset[int]]:
    """Of these cases those to whose person the actor stands in each of these roles."""
    theirs = relations.towards_others(session, actor, min(clock.today(), cycle.ends_on), roles)
    asked = select(Appraisal.id).join(Employee, col(Employee.id) == Appraisal.employee_id).where(col(Appraisal.id).in_(ids))
    return {role: frozenset(session.exec(asked.where(condition))) for role, condition in theirs.items()}


def _names(session: Session, employee_ids: Collection[int | None]) -> dict[int | None, str]:
    found = select(Employee.id, Employee.name).where(col(Employee.id).in_([one for one in employee_ids if one]))
    return dict(session.exec(found).all())
