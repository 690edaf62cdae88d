"""The policies that watch indicators, with every published state: a reading is judged by the one of its period's first day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from appraisal.core.policy.model import LocatedIndicator, Policy
from appraisal.policies import queries as policies
from appraisal.policies.models import PolicyState, StoredPolicy

# Whether the policy of a digest watches; a stored text never changes.
_watching: dict[str, bool] = {}


@dataclass(frozen=True)
class Watching:
    """The states of the policies that watch, by name, earliest first, as (effective, digest)."""

    session: Session
    states: Mapping[str, Sequence[tuple[date, str]]]

    def policy_on(self, name: str, day: date) -> Policy | None:
        """The policy in force on a day, and before its first state that one: readings from before are judged by it."""
        known = self.states.get(name)
        if not known:
            return None
        digest = next((digest for effective, digest in reversed(known) if effective <= day), known[0][1])
        return policies.compiled(self.session, digest)

    def indicator_on(self, name: str, indicator: str, day: date) -> LocatedIndicator | None:
        """An indicator as the policy of a day has it."""
        policy = self.policy_on(name, day)
        return policy.watched.get(indicator) if policy else None


def watching(session: Session) -> Watching:
    """Every policy with monitoring.yaml that has been published, in a number of queries that does not grow with them."""
    counted = policies.publications_that_count().subquery()
    found = session.exec(
        select(StoredPolicy.name, PolicyState.effective, StoredPolicy.digest)
        .join(PolicyState, col(PolicyState.stored_policy_id) == StoredPolicy.id)
        .join(counted, counted.c.id == PolicyState.publication_id)
        .order_by(PolicyState.effective)
    ).all()
    if unknown := {digest for _, _, digest in found} - _watching.keys():
        stored = select(StoredPolicy).where(col(StoredPolicy.digest).in_(unknown))
        _watching.update({one.digest: f"rules/{one.name}/monitoring.yaml" in one.files for one in session.exec(stored)})
    states: dict[str, list[tuple[date, str]]] = {}
    for name, effective, digest in found:
        if _watching[digest]:
            states.setdefault(name, []).append((effective, digest))
    return Watching(session, dict(sorted(states.items())))
