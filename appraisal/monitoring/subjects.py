"""What there is to look at: the policies, units and periods that have been evaluated, as far as somebody may see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.monitoring import reach
from appraisal.monitoring.models import KpiEvaluation
from appraisal.people.models import Unit


@dataclass(frozen=True)
class Subject:
    """A policy and a unit, or with None the company, with the periods that have been evaluated, the latest in front."""

    policy: str
    unit_id: int | None
    name: Message
    periods: tuple[str, ...]

    def before(self, period: str) -> str | None:
        """The evaluated period next to this one, earlier."""
        return self._beside(period, 1)

    def after(self, period: str) -> str | None:
        """The evaluated period next to this one, later."""
        return self._beside(period, -1)

    def _beside(self, period: str, step: int) -> str | None:
        if period not in self.periods:
            return None
        place = self.periods.index(period) + step
        return self.periods[place] if 0 <= place < len(self.periods) else None


COMPANY = Message("公司", "Company")


def evaluated(session: Session, actor: Actor) -> list[Subject]:
    """What the actor may see judged, one query: the policies by name, the company before units, units by code."""
    found = (
        select(KpiEvaluation.policy, KpiEvaluation.unit_id, Unit, KpiEvaluation.period)
        .outerjoin(Unit, col(Unit.id) == KpiEvaluation.unit_id)
        .where(reach.reach_of(session, actor).over(KpiEvaluation.unit_id))
        .order_by(KpiEvaluation.policy, Unit.code, col(KpiEvaluation.ends_on).desc(), col(KpiEvaluation.starts_on).desc())
    )
    periods: dict[tuple[str, int | None], dict[str, None]] = {}
    names: dict[int | None, Message] = {None: COMPANY}
    for policy, unit_id, unit, period in session.exec(found):
        periods.setdefault((policy, unit_id), {})[period] = None
        if unit is not None:
            names[unit_id] = Message(unit.name, unit.name_en or unit.name)
    there = [Subject(policy, unit_id, names[unit_id], tuple(each)) for (policy, unit_id), each in periods.items()]
    return sorted(there, key=lambda one: (one.policy, one.unit_id is not None))


def chosen(subjects: Sequence[Subject], policy: str | None, unit_id: int | None) -> Subject | None:
    """The one that is asked for; without one, or where that has not been evaluated, the one with the latest period among those
    of the policy, or else of all."""
    latest = sorted(subjects, key=lambda one: one.periods[0], reverse=True)
    exact = (one for one in latest if (one.policy, one.unit_id) == (policy, unit_id))
    of_policy = (one for one in latest if one.policy == policy and unit_id is None)
    if policy is None:
        return next((one for one in latest if unit_id in (None, one.unit_id)), None)
    return next(exact, None) or next(of_policy, None)
