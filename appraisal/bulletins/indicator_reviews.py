"""The quarterly review of the indicators themselves: which to drop, raise, redefine or pair, and what was decided (D-27).

A proposal is made by the rules from the readings on record; people decide, and nothing changes by itself: a rule file is edited
and published, a target set, by those who do that. A review made again is kept only where it finds something else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import exists, or_
from sqlmodel import Session, col, func, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.bulletins.models import KpiIndicatorReview, KpiProposal, KpiProposalDecision
from appraisal.bulletins.report_reach import sees
from appraisal.core.calendar import Period
from appraisal.core.monitoring.review import Proposal, review
from appraisal.core.numbers import plain
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.monitoring import evaluations, queries, reach, targets
from appraisal.monitoring.spans import period_on
from appraisal.people.models import Account, Employee, Unit

Choice = Literal["adopt", "decline", "later"]
OPEN = "open"
STATES = ("adopt", "decline", "later", OPEN)

_decision = db.another(KpiProposalDecision)


@dataclass(frozen=True)
class Reviewed:
    """The review on record with its proposals, and whether it was added now."""

    row: KpiIndicatorReview
    proposals: tuple[KpiProposal, ...]
    is_new: bool


def make_review(session: Session, actor: Actor, policy_name: str, unit_id: int | None, quarter: Period) -> Reviewed:
    """Reviews the indicators by the readings up to the last month of a quarter that is over; by a KPI manager, or the machine.

    Raises Invalid `bad_quarter`, `quarter_not_over`, `unknown_policy`, `unknown_unit`; Conflict `no_review_rule`.
    """
    evaluations.require_may_evaluate(actor, unit_id)
    if quarter.cadence != "quarter":
        zh, en = "须为季度, 如 2026-Q1", "needs a quarter such as 2026-Q1"
        raise Invalid("bad_quarter", zh, en, [Fault("quarter", zh, en)])
    if quarter.last_day() >= clock.today():
        zh, en = f"{quarter} 尚未结束", f"{quarter} is not over yet"
        raise Invalid("quarter_not_over", zh, en, [Fault("quarter", zh, en)])
    if unit_id is not None and session.get(Unit, unit_id) is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_unit", zh, en, [Fault("unit_id", zh, en)])
    month = period_on("month", quarter.last_day())
    policy = evaluations.policy_of(session, policy_name, month)
    rules = policy.monitoring
    if rules is None or rules.review is None:
        zh, en = f"制度 {policy_name} 没有写指标复核 (review)", f"the policy {policy_name} has no rule for a review"
        raise Conflict("no_review_rule", zh, en)
    db.one_at_a_time(session, f"kpi review {policy_name} {unit_id}")
    periods = max(rules.review.periods, rules.correlation.periods if rules.correlation else 0)
    readings = queries.series_of(session, policy, unit_id, month, periods)
    found = review(policy, readings, month, targets.targets_of(session, policy, unit_id))
    known = _latest(session, policy_name, unit_id, quarter)
    if known is not None and known[0].digest == policy.digest and list(map(_said, known[1])) == list(map(_found, found)):
        return Reviewed(known[0], tuple(known[1]), False)
    row = KpiIndicatorReview(
        policy=policy_name,
        unit_id=unit_id,
        quarter=str(quarter),
        digest=policy.digest,
        made_by=actor.account_id,
        made_at=clock.now(),
    )
    session.add(row)
    session.flush()
    proposals = [KpiProposal(review_id=row.id, **_found(one)) for one in found]
    session.add_all(proposals)
    session.flush()
    after = {"policy": policy_name, "unit_id": unit_id, "quarter": str(quarter), "digest": policy.digest}
    told = [{"indicator": one.indicator, "action": one.action, "other": one.other} for one in proposals]
    audit.record(session, actor, "kpi_review.make", "kpi_indicator_review", row.id, after=after | {"proposals": told})
    return Reviewed(row, tuple(proposals), True)


def decide(session: Session, actor: Actor, proposal_id: int, choice: Choice, reason: str) -> KpiProposalDecision:
    """A KPI manager adopts a proposal, declines it or leaves it for later, and says why; a later decision counts instead.

    Raises Invalid `text_needed`.
    """
    found = find_proposal(session, actor, proposal_id)
    reach.require(actor, reach.MANAGING, found[1].unit_id)
    if actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的账号办理", "this is done by a named account")
    require_text(reason=reason)
    db.one_at_a_time(session, f"kpi proposal {proposal_id}")
    before: KpiProposalDecision | None = found[3]
    made = KpiProposalDecision(
        proposal_id=proposal_id, choice=choice, reason=reason, decided_by=actor.account_id, decided_at=clock.now()
    )
    session.add(made)
    session.flush()
    change = {"before": {"choice": before.choice} if before else None, "after": {"choice": choice}}
    audit.record(session, actor, "kpi_proposal.decide", "kpi_proposal", proposal_id, **change, reason=reason)
    return made


# Reads


def reviews_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the reviews that the actor sees, each with unit, number of proposals and of those decided on, without an
    order. The last of a quarter, unless `history` is asked for."""
    proposals = select(func.count()).where(KpiProposal.review_id == KpiIndicatorReview.id).scalar_subquery()
    some = exists().where(KpiProposalDecision.proposal_id == KpiProposal.id, KpiProposalDecision.choice != "later")
    decided = select(func.count()).where(KpiProposal.review_id == KpiIndicatorReview.id, some).scalar_subquery()
    found = (
        select(KpiIndicatorReview, Unit, proposals.label("proposals"), decided.label("decided"))
        .outerjoin(Unit, col(Unit.id) == KpiIndicatorReview.unit_id)
        .where(sees(session, actor, KpiIndicatorReview.unit_id))
    )
    for name in ("policy", "unit_id", "quarter"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiIndicatorReview, name) == asked[name])
    if asked.get("company"):
        found = found.where(col(KpiIndicatorReview.unit_id).is_(None))
    if not asked.get("history", True):
        found = found.where(col(KpiIndicatorReview.id).in_(_last_ids()))
    return found


def find_review(session: Session, actor: Actor, review_id: int) -> Any:
    """A review as `reviews_seen` has it. Raises NotFound."""
    found = session.execute(reviews_seen(session, actor, {}).where(KpiIndicatorReview.id == review_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def proposals_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the proposals that the actor sees, each with review, unit, the decision that counts and who took it,
    without an order. Those of the last review of a quarter, unless `history` is asked for."""
    newest = select(func.max(col(KpiProposalDecision.id))).group_by(KpiProposalDecision.proposal_id)
    found = (
        select(KpiProposal, KpiIndicatorReview, Unit, _decision, Account.login, Employee.name)
        .join(KpiIndicatorReview, col(KpiIndicatorReview.id) == KpiProposal.review_id)
        .outerjoin(Unit, col(Unit.id) == KpiIndicatorReview.unit_id)
        .outerjoin(_decision, col(_decision.proposal_id) == KpiProposal.id)
        .outerjoin(Account, col(Account.id) == _decision.decided_by)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(or_(col(_decision.id).is_(None), col(_decision.id).in_(newest)))
        .where(sees(session, actor, KpiIndicatorReview.unit_id))
    )
    for name, column in (
        *(("policy", KpiIndicatorReview.policy), ("unit_id", KpiIndicatorReview.unit_id)),
        *(("quarter", KpiIndicatorReview.quarter), ("review_id", KpiProposal.review_id)),
        *(("indicator", KpiProposal.indicator), ("action", KpiProposal.action)),
    ):
        if asked.get(name) is not None:
            found = found.where(column == asked[name])
    if asked.get("company"):
        found = found.where(col(KpiIndicatorReview.unit_id).is_(None))
    if asked.get("state") == OPEN:
        found = found.where(col(_decision.id).is_(None))
    elif asked.get("state") is not None:
        found = found.where(_decision.choice == asked["state"])
    if not asked.get("history", True):
        found = found.where(col(KpiIndicatorReview.id).in_(_last_ids()))
    return found


def find_proposal(session: Session, actor: Actor, proposal_id: int) -> Any:
    """A proposal as `proposals_seen` has it. Raises NotFound."""
    found = session.execute(proposals_seen(session, actor, {}).where(KpiProposal.id == proposal_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def _last_ids() -> Any:
    same = (KpiIndicatorReview.policy, col(KpiIndicatorReview.unit_id), KpiIndicatorReview.quarter)
    return select(func.max(col(KpiIndicatorReview.id))).group_by(*same)


def _latest(
    session: Session, policy: str, unit_id: int | None, quarter: Period
) -> tuple[KpiIndicatorReview, Sequence[KpiProposal]] | None:
    unit = col(KpiIndicatorReview.unit_id).is_(None) if unit_id is None else KpiIndicatorReview.unit_id == unit_id
    same = (KpiIndicatorReview.policy == policy, unit, KpiIndicatorReview.quarter == str(quarter))
    row = session.exec(select(KpiIndicatorReview).where(*same).order_by(col(KpiIndicatorReview.id).desc()).limit(1)).first()
    if row is None:
        return None
    of_it = select(KpiProposal).where(KpiProposal.review_id == row.id).order_by(KpiProposal.id)  # type: ignore[arg-type]
    return row, session.exec(of_it).all()


def _found(one: Proposal) -> dict[str, Any]:
    counted = one.correlation
    return {
        "indicator": one.indicator,
        "finding": one.finding,
        "action": one.action,
        "other": one.other,
        "rho": plain(counted.rho) if counted else None,
        "readings": counted.readings if counted else None,
        **one.line._asdict(),
    }


def _said(one: KpiProposal) -> dict[str, Any]:
    names = ("indicator", "finding", "action", "other", "rho", "readings", "zh", "en", "path", "line")
    return {name: getattr(one, name) for name in names}
