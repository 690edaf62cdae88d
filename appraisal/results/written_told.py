"""The part of a case that people have written: entries with their ratings, interviews with their signatures, opinions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from appraisal.reviews import queries as reviews
from appraisal.reviews.models import INTERVIEW, FormerOpinion, InterviewSignature, ReviewEntry
from appraisal.reviews.queries import GoalRating, JointPart, Key
from appraisal.reviews.signing import content_hash

Named = Callable[..., dict[str, Any] | None]


@dataclass(frozen=True)
class Written:
    """What people have written and rated: entries, the ratings of each, signatures under interviews, former opinions."""

    entries: Sequence[ReviewEntry] = ()
    ratings: Mapping[int, Sequence[GoalRating]] = field(default_factory=dict)
    signatures: Mapping[int, Mapping[str, InterviewSignature]] = field(default_factory=dict)
    opinions: Sequence[FormerOpinion] = ()
    counting: Mapping[Key, GoalRating] = field(default_factory=dict)
    joint: Mapping[Key, Sequence[JointPart]] = field(default_factory=dict)

    @property
    def last_interview(self) -> Mapping[str, InterviewSignature] | None:
        """The signatures under the latest record of an interview."""
        held = [one.id for one in self.entries if one.kind == INTERVIEW]
        return self.signatures.get(held[-1] or 0, {}) if held else None

    def said(self, *kinds: str) -> dict[Key, GoalRating]:
        """For each goal the latest rating in entries of these kinds."""
        chosen = [one for one in self.entries if one.kind in kinds]
        return {(given.sheet_id, given.item): given for one in chosen for given in self.ratings.get(one.id or 0, ())}

    def is_blind(self, entry: ReviewEntry, reader_id: int | None) -> bool:
        """Whether a reader who rates a goal together with the author of an entry has to wait until all of them have rated."""
        if entry.kind not in reviews.JUDGING or entry.author_id == reader_id:
            return False
        waiting = {key for key, parts in self.joint.items() if any(part.given is None for part in parts)}
        rates = {key for key in waiting if any(part.assessor_id == reader_id for part in self.joint[key])}
        return any((given.sheet_id, given.item) in rates for given in self.ratings.get(entry.id or 0, ()))

    @property
    def employees(self) -> set[int]:
        """The employees to be named."""
        found = {one.author_id for one in self.entries} | {one.supervisor_id for one in self.opinions}
        signatures = [one for by_role in self.signatures.values() for one in by_role.values()]
        return found | {who for one in signatures for who in (one.witness_id, one.second_witness_id) if who is not None}


def load(session: Session, appraisal_id: int) -> Written:
    """Everything written on an appraisal, in a few queries."""
    entries = reviews.entries_of(session, appraisal_id)
    interviews = [one.id for one in entries if one.kind == INTERVIEW]
    return Written(
        entries=entries,
        ratings=reviews.ratings_of(session, [one.id for one in entries]) if entries else {},
        signatures=reviews.interview_signatures(session, interviews) if interviews else {},
        opinions=reviews.opinions_of(session, appraisal_id),
        counting=reviews.ratings_that_count(session, [appraisal_id]),
        joint=reviews.joint_parts(session, [appraisal_id]),
    )


def entry_told(entry: ReviewEntry, named: Named, signatures: Mapping[str, InterviewSignature]) -> dict[str, Any]:
    """An entry as the case shows it; the record of an interview with who has signed it."""
    held = None
    if entry.kind == INTERVIEW:
        spoken = ("held_on", "began_at", "place", "strengths", "shortcomings", "plan", "next_goals", "training", "support")
        held = {name: getattr(entry, name) for name in spoken} | {
            "content_hash": content_hash(entry),
            "signatures": [
                {"role": one.role, "how": one.how, "disagrees": one.disagrees, "comment": one.comment, "file_id": one.file_id}
                | {"witnesses": [named(who) for who in (one.witness_id, one.second_witness_id) if who is not None]}
                | {"signed_at": one.signed_at}
                for one in signatures.values()
            ],
        }
    return {
        "id": entry.id,
        "kind": entry.kind,
        "author": named(entry.author_id),
        "comment": entry.comment,
        "entered_at": entry.entered_at,
        "interview": held,
    }
