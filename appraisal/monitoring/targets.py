"""Targets that no rule file declares: set by a KPI manager for a unit or the company, with a reason, from a day on (R-000-39).

A target is never changed: a later one takes its place. What the policy declares itself is changed in the rule file only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col, select

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.judging import readings as core
from appraisal.core.judging.deviation import Target, TargetAt, target_jump
from appraisal.core.monitoring.points import declared_targets
from appraisal.core.numbers import divide, plain
from appraisal.core.policy.model import Indicator, Operator, Policy
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.monitoring import queries, reach
from appraisal.monitoring.models import KpiTarget
from appraisal.monitoring.watched import watching
from appraisal.people.models import Account, Employee, Unit

SHOWN = ("policy", "indicator", "unit_id", "operator", "value", "from_on", "to_on", "reason")
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Wanted:
    """A target to be set: of which indicator, for which unit or (None) the company, and from which day to which."""

    policy: str
    indicator: str
    unit_id: int | None
    operator: Operator
    value: Decimal
    from_on: date
    reason: str
    to_on: date | None = None


def set_target(session: Session, actor: Actor, wanted: Wanted, *, accept_unrealistic: bool = False) -> KpiTarget:
    """Sets a target for periods that begin from a day on, by a KPI manager of the unit.

    Raises Invalid `unknown_policy`, `unknown_indicator`, `unknown_unit`, `bad_days`; Conflict `declared_in_policy`, and
    `unrealistic_target` for one farther from the last reading than the policy's `unrealistic_jump`, unless that is accepted.
    """
    reach.require(actor, reach.MANAGING, wanted.unit_id)
    if actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的账号办理", "this is done by a named account")
    require_text(reason=wanted.reason)
    policy, indicator = _indicator(session, wanted)
    _check(session, wanted)
    if declares(indicator):
        zh = f"「{indicator.name.zh}」的目标由制度规定, 请修改制度文件"
        raise Conflict("declared_in_policy", zh, f"the policy declares the target of {indicator.id}: change the rule file")
    jump = unrealistic(session, policy, indicator, wanted)
    if jump is not None and not accept_unrealistic:
        zh = f"目标 {plain(wanted.value)} 与最近读数相差 {plain(jump)}%, 请核实能否达到; 确认后请注明 accept_unrealistic"
        en = (
            f"{plain(wanted.value)} lies {plain(jump)} % from the last reading: can it be reached? Then give accept_unrealistic"
        )
        raise Conflict("unrealistic_target", zh, en)
    made = KpiTarget(
        **{name: getattr(wanted, name) for name in SHOWN},
        set_by=actor.account_id,
        set_at=clock.now(),
    )
    session.add(made)
    session.flush()
    after = {name: getattr(made, name) for name in SHOWN} | {"unrealistic": jump is not None}
    audit.record(session, actor, "kpi_target.set", "kpi_target", made.id, after=after, reason=wanted.reason)
    return made


def targets_of(session: Session, policy: Policy, unit_id: int | None) -> TargetAt:
    """The target of each indicator in a period: the policy's where it declares one, else that set for the unit or the company,
    the one that began last by the period's first day (D-26). One query."""
    declared = declared_targets(policy)
    kept = _by_indicator(session, policy, unit_id)

    def target(name: str, period: Period) -> Target | None:
        if name not in kept or declares(policy.watched[name].indicator):
            return declared(name, period)
        first = period.first_day()
        for one in kept[name]:
            if one.from_on <= first:
                return Target(one.operator, one.value) if one.to_on is None or first <= one.to_on else None  # type: ignore[arg-type]
        return None

    return target


def declares(indicator: Indicator) -> bool:
    """Whether the rule file gives a target, so that none is set elsewhere."""
    return indicator.target is not None or bool(indicator.targets)


def unrealistic(session: Session, policy: Policy, indicator: Indicator, wanted: Wanted) -> Decimal | None:
    """By how many per cent the target lies from the last reading before it, where the policy allows less (G-42)."""
    rule = policy.monitoring.unrealistic_jump if policy.monitoring else None
    baseline = _last_value(session, policy, indicator, wanted)
    if rule is None or baseline is None:
        return None
    jump = target_jump(indicator, baseline, Target(wanted.operator, wanted.value))
    if jump is None or jump <= Fraction(rule.percent):
        return None
    return divide(Decimal(jump.numerator), Decimal(jump.denominator), policy.general.precision)


def set_targets_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the targets set that the actor sees, each with its unit and who set it; without an order."""
    found = (
        select(KpiTarget, Unit, Account.login, Employee.name)
        .outerjoin(Unit, col(Unit.id) == KpiTarget.unit_id)
        .join(Account, col(Account.id) == KpiTarget.set_by)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(reach.reach_of(session, actor).over(KpiTarget.unit_id))
    )
    for name in ("policy", "indicator", "unit_id"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiTarget, name) == asked[name])
    return found.where(col(KpiTarget.unit_id).is_(None)) if asked.get("company") else found


def find_target(session: Session, actor: Actor, target_id: int) -> Any:
    """A target as `set_targets_seen` has it. Raises NotFound."""
    found = session.exec(set_targets_seen(session, actor, {}).where(KpiTarget.id == target_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def _by_indicator(session: Session, policy: Policy, unit_id: int | None) -> dict[str, list[KpiTarget]]:
    """The targets set, by indicator, the one that counts first in front."""
    found = (
        select(KpiTarget)
        .where(KpiTarget.policy == policy.id, queries.of_subject(KpiTarget.unit_id, unit_id))
        .order_by(col(KpiTarget.from_on).desc(), col(KpiTarget.id).desc())
    )
    kept: dict[str, list[KpiTarget]] = {}
    for one in session.exec(found):
        kept.setdefault(one.indicator, []).append(one)
    return kept


def _indicator(session: Session, wanted: Wanted) -> tuple[Policy, Indicator]:
    policy = watching(session).policy_on(wanted.policy, wanted.from_on)
    if policy is None:
        zh, en = f"没有监测制度 {wanted.policy}", f"there is no monitoring policy {wanted.policy}"
        raise Invalid("unknown_policy", zh, en, [Fault("policy", zh, en)])
    located = policy.watched.get(wanted.indicator)
    if located is None:
        zh, en = f"制度 {policy.id} 不监测 {wanted.indicator}", f"the policy {policy.id} does not watch {wanted.indicator}"
        raise Invalid("unknown_indicator", zh, en, [Fault("indicator", zh, en)])
    return policy, located.indicator


def _check(session: Session, wanted: Wanted) -> None:
    if wanted.unit_id is not None and session.get(Unit, wanted.unit_id) is None:
        raise Invalid(
            "unknown_unit", "没有这个部门", "there is no such unit", [Fault("unit_id", "没有这个部门", "no such unit")]
        )
    if wanted.from_on < EARLIEST or (wanted.to_on is not None and wanted.to_on < wanted.from_on):
        zh, en = "起止日期不对: 止日不得早于起日", "the last day is not before the first"
        raise Invalid("bad_days", zh, en, [Fault("to_on", zh, en)])


def _last_value(session: Session, policy: Policy, indicator: Indicator, wanted: Wanted) -> Decimal | None:
    until = wanted.from_on - timedelta(days=1)
    kept = queries.confirmed_of(session, policy.id, wanted.unit_id, until, [indicator.id]).get(indicator.id)
    if not kept:
        return indicator.baseline
    try:
        value = core.value_of(indicator, kept[-1].reading)
    except ScoringError:
        value = None
    return indicator.baseline if value is None else value
