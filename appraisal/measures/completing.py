"""Data collection declared done for many at once. One who is refused, because a figure is missing, does not stop the others."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.errors import AppraisalError
from appraisal.measures.places import require_provider
from appraisal.measures.service import complete_data


@dataclass(frozen=True)
class Completed:
    """What came of one appraisal: nothing to say, or why it stays at data collection."""

    appraisal_id: int
    error: AppraisalError | None = None


def complete_many(session: Session, actor: Actor, appraisal_ids: Collection[int]) -> list[Completed]:
    """Declares the data of these appraisals complete, each on its own. `complete_data` refuses before it writes, so what one
    is refused leaves nothing behind. Raises NotAllowed for who provides no figures at all."""
    require_provider(actor)
    done = {}
    # In the order of ids, so that two who declare the same ones wait for each other instead of blocking each other.
    for appraisal_id in sorted(set(appraisal_ids)):
        try:
            complete_data(session, actor, appraisal_id)
            done[appraisal_id] = Completed(appraisal_id)
        except AppraisalError as refusal:
            done[appraisal_id] = Completed(appraisal_id, refusal)
    return [done[one] for one in dict.fromkeys(appraisal_ids)]
