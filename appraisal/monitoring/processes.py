"""流程图: a process of a policy step by step, each step with its indicators, what was read last, the target and the level.

The level is the stored evaluation's: a map judges nothing. Who may not see a unit's readings sees the process without them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.judging.deviation import Target
from appraisal.core.monitoring.points import declared_targets, own_period
from appraisal.core.policy.model import LocatedProcess, Policy
from appraisal.core.policy.processes import StepIndicator
from appraisal.errors import NotFound
from appraisal.monitoring import evaluations, queries, targets
from appraisal.monitoring.models import CADENCES, KpiEvaluation
from appraisal.monitoring.reach import reach_of
from appraisal.monitoring.spans import period_on
from appraisal.monitoring.watched import watching


@dataclass(frozen=True)
class AtStep:
    """An indicator of a process in its own period, with its guards. `judged` is what the evaluation says of it, as stored;
    `last` the last confirmed reading."""

    indicator: StepIndicator
    period: Period
    target: Target | None
    guards: tuple[str, ...]
    last: queries.Kept | None
    judged: Mapping[str, Any] | None


@dataclass(frozen=True)
class ProcessMap:
    """A process as it is in a period; `evaluation` is the latest of that period, where there is one and one may see it."""

    policy: Policy
    process: LocatedProcess
    period: Period
    evaluation: KpiEvaluation | None
    indicators: tuple[AtStep, ...]


def processes(session: Session, *, policy: str | None = None) -> list[tuple[Policy, LocatedProcess]]:
    """The processes of the policies in force today, in the order of their files."""
    known, today = watching(session), clock.today()
    in_force = (known.policy_on(name, today) for name in (known.states if policy is None else [policy]))
    return [(one, process) for one in in_force if one is not None for process in one.processes]


def process_map(
    session: Session, actor: Actor, policy: str, process: str, *, unit_id: int | None = None, period: str | None = None
) -> ProcessMap:
    """A process for a unit or the company in a period: by default the last one evaluated, else the last month that is over.

    The rules are those of that period, so an old one keeps its targets (R-004-11). The number of queries does not grow with
    steps or indicators. Raises NotFound, Invalid `bad_period`.
    """
    sees = reach_of(session, actor).covers(unit_id)
    evaluated = evaluations.latest_period(session, policy, unit_id) if sees and period is None else None
    asked = evaluations.period_of(period or evaluated or str(period_on("month", clock.today()).previous()))
    in_force = watching(session).policy_on(policy, asked.first_day())
    found = next((one for one in in_force.processes if one.id == process), None) if in_force else None
    if in_force is None or found is None:
        raise NotFound()
    evaluation = evaluations.latest(session, policy, unit_id, asked) if sees else None
    judged = {one["id"]: one for one in evaluation.content["indicators"]} if evaluation else {}
    wanted = targets.targets_of(session, in_force, unit_id) if sees else declared_targets(in_force)
    last = queries.last_of(session, policy, unit_id) if sees else {}
    guards = in_force.monitoring.guards if in_force.monitoring else ()
    rows = []
    for one in found.edition.indicators:
        own = own_period(one, asked) or period_on(min(one.cadence or ("month",), key=CADENCES.index), asked.last_day())
        paired = tuple(pair.guard for pair in guards if pair.indicator == one.id)
        rows.append(AtStep(one, own, wanted(one.id, own), paired, last.get(one.id), judged.get(one.id)))
    return ProcessMap(in_force, found, asked, evaluation, tuple(rows))
