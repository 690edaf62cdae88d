"""One appraisal as whoever works on it needs it, and the order in which they are refused.

First what somebody is to it (404, 403), then whether they have seen its present version (412), then the step (409): so that
an answer never tells more than its reader may know, and of two who send the same version the second is told that they are late.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session

from appraisal import db
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.drafts import name_of
from appraisal.agreements.models import AgreementItem
from appraisal.agreements.queries import Agreed
from appraisal.core.errors import Message
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.errors import NotAllowed, NotFound
from appraisal.labels import codes, label, listing
from appraisal.reviews import queries
from appraisal.reviews.queries import Key


@dataclass(frozen=True)
class UnderReview:
    """An appraisal with everything a review needs of it, and what the actor is to the person."""

    appraisal: Appraisal
    cycle: Cycle
    policy: Policy
    sheets: tuple[Sheet, ...]
    by_sheet: Mapping[int, Agreed]
    relations: frozenset[str]

    @property
    def goals(self) -> dict[Key, AgreementItem]:
        """The agreed goals that people rate, by sheet and item."""
        return {
            (sheet_id, item.item): item
            for sheet_id, agreed in self.by_sheet.items()
            for item in agreed.items
            if item.kind == "gs"
        }

    def name_of(self, key: Key) -> str:
        """What an item is called in Chinese."""
        goal = self.goals.get(key)
        return name_of(self.policy, key[1], goal.name_zh if goal else None)

    def is_past(self, action: str) -> bool:
        """Whether the appraisal stands at a later step than the last one that `action` leaves."""
        steps = [step.id for step in self.policy.workflow.steps]
        leaves = [steps.index(move.from_) for move in self.policy.workflow.moves if move.action == action]
        return bool(leaves) and steps.index(self.appraisal.step) > max(leaves)


def under_review(session: Session, actor: Actor, appraisal_id: int, *, lock: bool = False) -> UnderReview:
    """An appraisal for somebody who handles it, with `lock` for this transaction alone. Raises NotFound for others, and
    NotAllowed for who knows a part of it, as the assessor of a goal or a supervisor of earlier days."""
    try:
        appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id, lock=lock)
    except NotFound:
        if _knows_a_part(session, actor, appraisal_id):
            zh, en = "您在此考核中只办理自己的部分", "only a part of this appraisal is yours"
            raise NotAllowed("not_your_part", zh, en) from None
        raise
    return gathered(session, appraisal, cycle, relations)


def refuse_part(session: Session, actor: Actor, appraisal_id: int, zh: str, en: str) -> NoReturn:
    """Refuses what only an assessor of a goal or a former supervisor does: NotAllowed in these words for who knows of the
    appraisal, NotFound for others."""
    under_review(session, actor, appraisal_id)
    raise NotAllowed("not_your_part", zh, en)


def _knows_a_part(session: Session, actor: Actor, appraisal_id: int) -> bool:
    appraisal = session.get(Appraisal, appraisal_id)
    if appraisal is None or actor.employee_id is None:
        return False
    found = gathered(session, appraisal, session.get_one(Cycle, appraisal.cycle_id), frozenset())
    if any(actor.employee_id in item.raters for item in found.goals.values()):
        return True
    formers = queries.former_supervisors(session, appraisal, found.cycle) if appraisal.rated else ()
    return any(one.id == actor.employee_id for one in formers)


def gathered(session: Session, appraisal: Appraisal, cycle: Cycle, relations: frozenset[str]) -> UnderReview:
    """The same for an appraisal at hand, whatever the actor is to it."""
    sheets = tuple(cycles.sheets_of(session, [appraisal.id])[appraisal.id])
    by_sheet = agreements.agreed(session, [sheet.id for sheet in sheets])
    return UnderReview(appraisal, cycle, cycles.policy_of(session, cycle), sheets, by_sheet, relations)


def require_move(session: Session, found: UnderReview, action: str, version: int | None = None) -> None:
    """Refuses before anything is written: another's action, an older version, a cycle that is not open, another step."""
    require_mover(found, action)
    db.expect_version(found.appraisal, version)
    cycle_service.require_move(session, found.cycle, found.appraisal, action, found.relations)


def require_mover(found: UnderReview, action: str) -> None:
    """Refuses whoever never makes a move from where the appraisal stands, or where nobody makes it from there, at any step."""
    moves = [move for move in found.policy.workflow.moves if move.action == action]
    here = [move for move in moves if move.from_ == found.appraisal.step]
    by = dict.fromkeys(role for move in here or moves for role in move.by)
    if by and found.relations.isdisjoint(by):
        words, whose = action_words(action), listing("role", by)
        raise NotAllowed("not_your_step", f"“{words.zh}”由{whose.zh}办理", f"only {whose.en} may {words.en}")


def require_part(found: UnderReview, version: int | None, *allowed: str) -> None:
    """The same for an act that moves nothing: refuses who is none of these to the person, then an older version."""
    if found.relations.isdisjoint(allowed):
        whose = listing("role", allowed)
        raise NotAllowed("not_allowed", f"此操作仅限: {whose.zh}", f"this is for {whose.en} only")
    db.expect_version(found.appraisal, version)
    cycle_service.require_running(found.cycle, found.appraisal)


def touch(session: Session, appraisal: Appraisal) -> None:
    """Gives the appraisal a new version for an act that leaves its step as it is."""
    flag_modified(appraisal, "step")
    session.flush()


def action_words(action: str) -> Message:
    """The words for a move; one that a policy has added without words goes by its id."""
    return label("action", action) if action in codes("action") else Message(f"“{action}”", repr(action))
