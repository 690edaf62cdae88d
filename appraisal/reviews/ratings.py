"""Entries with their ratings: what may be rated by whom on which scale, and how an entry is stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlmodel import Session

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.fields import as_text, require_figures
from appraisal.core.errors import ScoringError
from appraisal.core.scoring.items import score_item
from appraisal.errors import Fault, Invalid
from appraisal.reviews.models import Rating, ReviewEntry
from appraisal.reviews.queries import GoalRating, Key
from appraisal.reviews.scope import UnderReview


def check_ratings(
    found: UnderReview, ratings: Sequence[GoalRating], allowed: Collection[Key], required: Collection[Key]
) -> None:
    """Refuses, all at once, ratings of what is not one's to rate, repeated or missing ones, and values outside the scale."""
    faults = []
    seen: set[Key] = set()
    for index, given in enumerate(ratings):
        path, key = f"ratings[{index}]", (given.sheet_id, given.item)
        require_figures({f"{path}.rating": given.rating} | {f"{path}.factors.{n}": v for n, v in (given.factors or {}).items()})
        if key not in allowed or key in seen:
            zh = f"「{found.name_of(key)}」不在此处评分或重复"
            faults.append(Fault(path, zh, f"{given.item} is not rated here, or twice"))
            continue
        seen.add(key)
        item = agreements.draft_of(found.goals[key]).as_item()
        try:
            scored = score_item(found.policy, replace(item, rating=given.rating, factors=dict(given.factors or {})))
            if scored.missing:
                faults.append(Fault(path, f"「{found.name_of(key)}」没有评分", f"{given.item} has no rating"))
        except ScoringError as refusal:
            placed = refusal.under(path)
            faults.append(Fault(placed.path, placed.message.zh, placed.message.en))
    faults += [
        Fault("ratings", f"目标「{found.name_of(key)}」尚未评分", f"the goal {key[1]} is not rated yet")
        for key in required
        if key not in seen
    ]
    if faults:
        raise Invalid("bad_ratings", "; ".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults), faults)


def add_entry(
    session: Session,
    actor: Actor,
    found: UnderReview,
    kind: str,
    comment: str,
    ratings: Sequence[GoalRating] = (),
    fields: Mapping[str, object] | None = None,
) -> ReviewEntry:
    """Stores an entry with its ratings, on record."""
    entry = ReviewEntry(
        appraisal_id=found.appraisal.id,
        kind=kind,
        author_id=actor.employee_id,
        comment=comment,
        entered_at=clock.now(),
        **(fields or {}),
    )
    session.add(entry)
    session.flush()
    session.add_all(
        Rating(
            entry_id=entry.id,
            sheet_id=given.sheet_id,
            item=given.item,
            rating=given.rating,
            factors=as_text(given.factors) if given.factors else None,
        )
        for given in ratings
    )
    session.flush()
    said = [{"sheet_id": r.sheet_id, "item": r.item, "rating": r.rating, "factors": dict(r.factors or {})} for r in ratings]
    after = {"appraisal_id": found.appraisal.id, "comment": comment, "ratings": said, **(fields or {})}
    audit.record(session, actor, f"review.{kind}", "review_entry", entry.id, after=after)
    return entry
