"""What summaries suggest, and whether people take it up: adopted or not, by whom, when, and for what reason (R-000-56).

A suggestion is kept once, however many weeks tell of it, so that nobody decides the same thing four times a month and the rate
of adoption counts it once. Decisions are never changed: who thinks better of it decides again, and the last one counts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, or_, true
from sqlmodel import Session, col, func, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.bulletins.models import KpiSuggestion, KpiSuggestionDecision
from appraisal.bulletins.report_reach import sees
from appraisal.core.calendar import Period
from appraisal.core.monitoring.advice import Advice
from appraisal.core.numbers import HUNDRED, divide
from appraisal.errors import Fault, Invalid, NotAllowed, NotFound
from appraisal.exceptions.models import KpiException, KpiTask
from appraisal.monitoring import reach
from appraisal.monitoring.models import KpiAlert, KpiEvaluation
from appraisal.people.models import Account, Employee, Unit

ADOPTED, NOT_ADOPTED, UNDECIDED = "adopted", "not_adopted", "undecided"
STATES = (ADOPTED, NOT_ADOPTED, UNDECIDED)
SHOWN = ("policy", "unit_id", "key", "advisor", "kind", "indicator", "other", "period", "department", "zh", "en")
PLACES = 2

_decision = db.another(KpiSuggestionDecision)


@dataclass(frozen=True)
class Adoption:
    """How many suggestions were adopted of those decided on; what nobody has decided yet counts in neither. `rate` in per cent,
    None where nothing was decided."""

    adopted: int
    decided: int
    undecided: int

    @property
    def rate(self) -> Decimal | None:
        """Adopted of decided in per cent, half-up."""
        return divide(HUNDRED * self.adopted, Decimal(self.decided), PLACES) if self.decided else None


def keep(
    session: Session,
    actor: Actor,
    evaluation: KpiEvaluation,
    week: Period,
    found: Sequence[Advice],
    ids: Mapping[tuple[str, str], Sequence[int]],
) -> list[KpiSuggestion]:
    """Adds the suggestions that are not on record yet, and gives all that hold, in their order; two queries, whatever there is.

    `ids` are the readings behind an indicator and period.
    """
    unit_id = evaluation.unit_id
    unit = col(KpiSuggestion.unit_id).is_(None) if unit_id is None else KpiSuggestion.unit_id == unit_id
    keys = {one.key for one in found}
    same = (KpiSuggestion.policy == evaluation.policy, unit, col(KpiSuggestion.key).in_(keys))
    known = {one.key: one for one in session.exec(select(KpiSuggestion).where(*same))}
    added = []
    for one in found:
        if one.key not in known:
            known[one.key] = made = _made(evaluation, week, one, ids)
            session.add(made)
            added.append(made)
    session.flush()
    for made in added:
        audit.record(
            session,
            actor,
            "kpi_suggestion.make",
            "kpi_suggestion",
            made.id,
            after={name: getattr(made, name) for name in SHOWN},
        )
    return list({one.key: known[one.key] for one in found}.values())


def decide(
    session: Session,
    actor: Actor,
    suggestion_id: int,
    *,
    adopted: bool,
    reason: str | None = None,
    exception_id: int | None = None,
    task_id: int | None = None,
) -> KpiSuggestionDecision:
    """A KPI manager or the head of the unit takes a suggestion up, naming what it led to if they like, or says why not.

    Raises Invalid `text_needed` for one not adopted without a reason, `unknown_exception` and `unknown_task` for what is of
    another unit or policy.
    """
    found = find_suggestion(session, actor, suggestion_id)[0]
    if not (reach.may(actor, reach.MANAGING, found.unit_id) or found.unit_id in reach.headed(session, actor)):
        reach.require(actor, reach.MANAGING, found.unit_id)
    if actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的账号办理", "this is done by a named account")
    if not adopted or reason is not None:
        require_text(reason=reason or "")
    _check_led_to(session, found, exception_id, task_id)
    db.one_at_a_time(session, f"kpi suggestion {suggestion_id}")
    before = latest_decision(session, suggestion_id)
    made = KpiSuggestionDecision(
        suggestion_id=suggestion_id,
        adopted=adopted,
        reason=reason,
        exception_id=exception_id,
        task_id=task_id,
        decided_by=actor.account_id,
        decided_at=clock.now(),
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor,
        "kpi_suggestion.decide",
        "kpi_suggestion",
        suggestion_id,
        before={"adopted": before.adopted} if before else None,
        after={"adopted": adopted, "exception_id": exception_id, "task_id": task_id},
        reason=reason,
    )
    return made


# Reads


def suggestions_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the suggestions that the actor sees, each with unit, the decision that counts and who took it, without an
    order. They are for those who manage, check or head a unit, not for all who work in it."""
    found = _with_decision().where(sees(session, actor, KpiSuggestion.unit_id))
    for name in ("policy", "unit_id", "advisor", "indicator", "kind", "period", "week"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiSuggestion, name) == asked[name])
    if asked.get("company"):
        found = found.where(col(KpiSuggestion.unit_id).is_(None))
    if asked.get("state") is not None:
        undecided = col(_decision.id).is_(None)
        states = {ADOPTED: _decision.adopted == true(), NOT_ADOPTED: and_(~undecided, _decision.adopted != true())}
        found = found.where(states.get(asked["state"], undecided))
    return found


def find_suggestion(session: Session, actor: Actor, suggestion_id: int) -> Any:
    """A suggestion as `suggestions_seen` has it. Raises NotFound."""
    found = session.execute(suggestions_seen(session, actor, {}).where(KpiSuggestion.id == suggestion_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def of_ids(session: Session, ids: Collection[int]) -> dict[int, Any]:
    """Suggestions as `suggestions_seen` has them by id, for who sees what names them."""
    return {row[0].id: row for row in session.execute(_with_decision().where(col(KpiSuggestion.id).in_(set(ids))))}


def latest_decision(session: Session, suggestion_id: int) -> KpiSuggestionDecision | None:
    """The decision that counts."""
    of_it = select(KpiSuggestionDecision).where(KpiSuggestionDecision.suggestion_id == suggestion_id)
    return session.exec(of_it.order_by(col(KpiSuggestionDecision.id).desc()).limit(1)).first()


def decisions_of(session: Session, suggestion_id: int) -> Sequence[Any]:
    """All decisions on a suggestion, each with who took it, the first in front."""
    found = (
        select(KpiSuggestionDecision, Account.login, Employee.name)
        .join(Account, col(Account.id) == KpiSuggestionDecision.decided_by)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(KpiSuggestionDecision.suggestion_id == suggestion_id)
        .order_by(KpiSuggestionDecision.id)  # type: ignore[arg-type]
    )
    return session.exec(found).all()


def adoption(
    session: Session, policy: str, unit_id: int | None, begins: datetime | None = None, ends: datetime | None = None
) -> Adoption:
    """What became of the suggestions of a unit or the company: those decided from `begins` until before `ends` by the decision
    that counted then, and those made before `ends` that nobody had decided by then (R-000-37). One query."""
    within = [] if ends is None else [KpiSuggestionDecision.decided_at < ends]
    newest = select(func.max(col(KpiSuggestionDecision.id))).where(*within).group_by(KpiSuggestionDecision.suggestion_id)
    unit = col(KpiSuggestion.unit_id).is_(None) if unit_id is None else KpiSuggestion.unit_id == unit_id
    found = (
        select(KpiSuggestionDecision.adopted, KpiSuggestionDecision.decided_at)
        .select_from(KpiSuggestion)
        .outerjoin(
            KpiSuggestionDecision,
            and_(col(KpiSuggestionDecision.suggestion_id) == KpiSuggestion.id, col(KpiSuggestionDecision.id).in_(newest)),
        )
        .where(KpiSuggestion.policy == policy, unit)
    )
    if ends is not None:
        found = found.where(or_(KpiSuggestion.made_at < ends, col(KpiSuggestionDecision.id).is_not(None)))
    adopted = decided = undecided = 0
    for was_adopted, decided_at in session.exec(found):
        if decided_at is None:
            undecided += 1
        elif begins is None or decided_at >= begins:
            decided += 1
            adopted += bool(was_adopted)
    return Adoption(adopted, decided, undecided)


def state_of(decision: KpiSuggestionDecision | None) -> str:
    """What a suggestion has come to."""
    return UNDECIDED if decision is None else ADOPTED if decision.adopted else NOT_ADOPTED


def _check_led_to(session: Session, found: KpiSuggestion, exception_id: int | None, task_id: int | None) -> None:
    exception = session.get(KpiException, exception_id) if exception_id is not None else None
    same = exception is not None and (exception.policy, exception.unit_id) == (found.policy, found.unit_id)
    if exception_id is not None and not same:
        zh, en = "没有这个部门的这一异常应对单", "there is no such exception of this unit and policy"
        raise Invalid("unknown_exception", zh, en, [Fault("exception_id", zh, en)])
    task = session.get(KpiTask, task_id) if task_id is not None else None
    alert = session.get(KpiAlert, task.alert_id) if task is not None else None
    if task_id is not None and (alert is None or (alert.policy, alert.unit_id) != (found.policy, found.unit_id)):
        zh, en = "没有由这个部门的预警而来的这一任务", "there is no such task that came of an alert of this unit and policy"
        raise Invalid("unknown_task", zh, en, [Fault("task_id", zh, en)])


def _with_decision() -> Any:
    newest = select(func.max(col(KpiSuggestionDecision.id))).group_by(KpiSuggestionDecision.suggestion_id)
    return (
        select(KpiSuggestion, Unit, _decision, Account.login, Employee.name)
        .outerjoin(Unit, col(Unit.id) == KpiSuggestion.unit_id)
        .outerjoin(_decision, col(_decision.suggestion_id) == KpiSuggestion.id)
        .outerjoin(Account, col(Account.id) == _decision.decided_by)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(or_(col(_decision.id).is_(None), col(_decision.id).in_(newest)))
    )


def _made(evaluation: KpiEvaluation, week: Period, one: Advice, ids: Mapping[tuple[str, str], Sequence[int]]) -> KpiSuggestion:
    periods = {judged["id"]: judged["period"] for judged in evaluation.content["indicators"]}
    rests = [
        {"indicator": name, "period": periods.get(name, one.period), "ids": list(ids.get((name, periods.get(name, "")), ()))}
        for name in (one.indicator, one.other)
        if name is not None
    ]
    return KpiSuggestion(
        policy=evaluation.policy,
        unit_id=evaluation.unit_id,
        key=one.key,
        advisor=one.area,
        week=str(week),
        kind=one.kind,
        indicator=one.indicator,
        other=one.other,
        period=one.period,
        department=one.department,
        **one.line._asdict(),
        readings=rests,
        made_at=clock.now(),
    )
