"""A supervisor's people and their goals side by side: what each says of theirs, what the supervisor has written so far, and how
what they have given compares with what others give. Read for pages; a review is handed in by its own use case.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import mean, pstdev

from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.drafts import name_of
from appraisal.agreements.models import AgreementItem
from appraisal.agreements.queries import Agreed
from appraisal.core.numbers import ZERO, add, divide, parse_number, round_half_up, times
from appraisal.core.policy.model import Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.people.models import Employee
from appraisal.reviews import queries
from appraisal.reviews.models import SELF_ASSESSMENT, SUPERVISOR_REVIEW, Rating, ReviewDraft, ReviewEntry
from appraisal.reviews.queries import GoalRating, Key

# Below these nobody can be told from the figures: ratings of mine, of others, and how many others.
FEWEST_MINE, FEWEST_OTHERS, FEWEST_AUTHORS = 3, 10, 3


@dataclass(frozen=True)
class GoalToScore:
    """A goal with what its owner says of it and what the supervisor has written. `factors`: the parts it is rated by, each with
    its name and most points. `waits` where somebody else rates it."""

    key: Key
    name: Text
    weight: Decimal
    factors: Sequence[tuple[str, Text, Decimal]]
    standard: str | None
    own: GoalRating | None
    mine: GoalRating | None
    waits: bool


@dataclass(frozen=True)
class PersonToScore:
    """Somebody whose review is due. `draft_version` is what the API's draft endpoint takes: 1 before anything was saved."""

    appraisal: Appraisal
    employee: Employee
    goals: Sequence[GoalToScore]
    comment: str
    draft_version: int


@dataclass(frozen=True)
class Spread:
    """How many ratings, their mean and how far they lie from it, with one decimal."""

    count: int
    mean: Decimal
    spread: Decimal


def due(session: Session, actor: Actor, cycle: Cycle) -> Sequence[tuple[Appraisal, Employee]]:
    """Those of the actor's whose review is due in a cycle, by number."""
    policy = cycles.policy_of(session, cycle)
    step = next(move.from_ for move in policy.workflow.moves if move.action == "submit_review")
    return session.exec(
        select(Appraisal, Employee)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), Appraisal.step == step)
        .where(cycles.supervises(session, actor, min(clock.today(), cycle.ends_on)))
        .order_by(Employee.number)
    ).all()


def to_score(session: Session, actor: Actor, cycle: Cycle) -> list[PersonToScore]:
    """The same with their goals and what is written so far; the number of queries does not grow with them."""
    policy, found = cycles.policy_of(session, cycle), due(session, actor, cycle)
    ids = [appraisal.id or 0 for appraisal, _ in found]
    sheets, by_sheet = _agreed(session, ids)
    own, drafts = _said(session, ids, SELF_ASSESSMENT), _drafts(session, actor, ids)
    people = []
    for appraisal, employee in found:
        draft = drafts.get(appraisal.id or 0)
        mine = ratings_of_draft(draft)
        goals = [
            _goal(policy, actor, (sheet.id or 0, item.item), item, own, mine)
            for sheet in sheets[appraisal.id or 0]
            for item in _goals(by_sheet, sheet)
        ]
        written = (draft.comment, draft.version + 1) if draft else ("", 1)
        people.append(PersonToScore(appraisal, employee, goals, *written))
    return people


def points_by_side(
    session: Session, actor: Actor, appraisal_ids: Collection[int]
) -> dict[int, tuple[Decimal | None, Decimal | None]]:
    """What people give their goals themselves and what their review gives them, or the actor's draft of it: each the mean by
    weight with one decimal, None before every goal has a figure."""
    sheets, by_sheet = _agreed(session, appraisal_ids)
    own, given = _said(session, appraisal_ids, SELF_ASSESSMENT), _said(session, appraisal_ids, SUPERVISOR_REVIEW)
    drafts = _drafts(session, actor, appraisal_ids)
    found = {}
    for one in appraisal_ids:
        goals = [((sheet.id or 0, item.item), item.weight) for sheet in sheets[one] for item in _goals(by_sheet, sheet)]
        written = ratings_of_draft(drafts.get(one))
        found[one] = (_by_weight(goals, own), _by_weight(goals, written if written else given))
    return found


def severity(session: Session, actor: Actor, cycle: Cycle) -> tuple[Spread, Spread] | None:
    """What the actor has given in the reviews of a cycle beside what all other supervisors have; None where it is so little
    that single people could be told from it."""
    latest: dict[Key, tuple[int, GoalRating]] = {}
    asked = (
        select(Rating, ReviewEntry.author_id)
        .join(ReviewEntry, col(ReviewEntry.id) == Rating.entry_id)
        .join(Appraisal, col(Appraisal.id) == ReviewEntry.appraisal_id)
        .where(Appraisal.cycle_id == cycle.id, ReviewEntry.kind == SUPERVISOR_REVIEW)
        .order_by(Rating.id)
    )
    for rating, author in session.exec(asked):
        latest[rating.sheet_id, rating.item] = (author, queries.value_of(rating))
    mine = [given.points or ZERO for author, given in latest.values() if author == actor.employee_id]
    others = [(author, given.points or ZERO) for author, given in latest.values() if author != actor.employee_id]
    enough = len({author for author, _ in others}) >= FEWEST_AUTHORS and len(others) >= FEWEST_OTHERS
    if len(mine) < FEWEST_MINE or not enough:
        return None
    return _spread(mine), _spread([points for _, points in others])


def ratings_of_draft(draft: ReviewDraft | None) -> dict[Key, GoalRating]:
    """What has been rated in a draft."""
    return {(one["sheet_id"], one["item"]): _given(one) for one in draft.ratings} if draft else {}


def _given(one: Mapping[str, object]) -> GoalRating:
    factors: Mapping[str, str] | None = one["factors"]  # type: ignore[assignment]
    rating: str | None = one["rating"]  # type: ignore[assignment]
    return GoalRating(
        one["sheet_id"],  # type: ignore[arg-type]
        one["item"],  # type: ignore[arg-type]
        rating=None if rating is None else parse_number(rating),
        factors=None if not factors else {name: parse_number(text) for name, text in factors.items()},
    )


def _agreed(session: Session, appraisal_ids: Collection[int]) -> tuple[Mapping[int, Sequence[Sheet]], Mapping[int, Agreed]]:
    sheets = cycles.sheets_of(session, appraisal_ids)
    return sheets, agreements.agreed(session, [sheet.id or 0 for several in sheets.values() for sheet in several])


def _goals(by_sheet: Mapping[int, Agreed], sheet: Sheet) -> list[AgreementItem]:
    agreed = by_sheet.get(sheet.id or 0)
    return [item for item in agreed.items if item.kind == "gs"] if agreed else []


def _goal(
    policy: Policy,
    actor: Actor,
    key: Key,
    item: AgreementItem,
    own: Mapping[Key, GoalRating],
    mine: Mapping[Key, GoalRating],
) -> GoalToScore:
    located = policy.indicators.get(item.item)
    declared = {one.id: one for one in located.indicator.factors} if located else {}
    most = agreements.draft_of(item).factor_max or {one.id: one.points for one in declared.values()}
    zh = name_of(policy, item.item, item.name_zh)
    name = located.indicator.name if located else Text(zh, item.name_en or zh)
    return GoalToScore(
        key=key,
        name=name,
        weight=item.weight,
        factors=[(one, declared[one].name if one in declared else Text(one, one), points) for one, points in most.items()],
        standard=item.standard,
        own=own.get(key),
        mine=mine.get(key),
        waits=bool(item.raters) and actor.employee_id not in item.raters,
    )


def _said(session: Session, appraisal_ids: Collection[int], kind: str) -> dict[Key, GoalRating]:
    """For each goal the latest rating in entries of a kind."""
    asked = (
        select(Rating)
        .join(ReviewEntry, col(ReviewEntry.id) == Rating.entry_id)
        .where(col(ReviewEntry.appraisal_id).in_(appraisal_ids), ReviewEntry.kind == kind)
        .order_by(Rating.id)
    )
    return {(one.sheet_id, one.item): queries.value_of(one) for one in session.exec(asked)}


def _drafts(session: Session, actor: Actor, appraisal_ids: Collection[int]) -> dict[int, ReviewDraft]:
    asked = select(ReviewDraft).where(
        col(ReviewDraft.appraisal_id).in_(appraisal_ids),
        ReviewDraft.kind == SUPERVISOR_REVIEW,
        ReviewDraft.author_id == actor.employee_id,
    )
    return {one.appraisal_id: one for one in session.exec(asked)}


def _by_weight(goals: Sequence[tuple[Key, Decimal]], given: Mapping[Key, GoalRating]) -> Decimal | None:
    known = [(weight, given[key].points) for key, weight in goals if key in given]
    points = [times(weight, one) for weight, one in known if one is not None]
    whole = add(ZERO, *(weight for weight, _ in known))
    if len(points) < len(goals) or not points or not whole:
        return None
    return divide(add(ZERO, *points), whole, 1)


def _spread(points: Sequence[Decimal]) -> Spread:
    return Spread(len(points), round_half_up(mean(points), 1), round_half_up(pstdev(points), 1))
