"""指标库: the indicators that the monitoring policies in force watch, each with the last reading one may see."""

from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.policy.model import LocatedIndicator, Policy
from appraisal.monitoring import queries
from appraisal.monitoring.reach import reach_of
from appraisal.monitoring.watched import watching

Shown = tuple[Policy, LocatedIndicator, queries.Kept | None]


def indicators(
    session: Session, actor: Actor, *, policy: str | None = None, dimension: str | None = None, unit_id: int | None = None
) -> list[Shown]:
    """The indicators of the policies in force today, in the order of their files, with the last confirmed reading of a unit or
    the company where the actor may see it. The number of queries does not grow with the indicators."""
    known, today = watching(session), clock.today()
    may_see = reach_of(session, actor).covers(unit_id)
    found: list[Shown] = []
    for name in known.states if policy is None else [policy]:
        in_force = known.policy_on(name, today)
        if in_force is None:
            continue
        chosen = [one for one in in_force.watched.values() if dimension in (None, one.dimension)]
        last = queries.last_of(session, name, unit_id) if may_see and chosen else {}
        found += [(in_force, one, last.get(one.indicator.id)) for one in chosen]
    return found
