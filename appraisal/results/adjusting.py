"""Layers that people decide: a case scored anew after an appeal or a review, and a grade set for a result that stands.

The computed figures stay what they are. What is set is the grade, and what follows from it by the policy: the multiplier and
the consequences. A vetoed total keeps its grade: only a withdrawn incident lifts it (R-003-36).
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.combine import links_of, multiply
from appraisal.core.engine.session import fire
from appraisal.core.judging.outcomes import Judged, outcomes_of
from appraisal.core.numbers import parse_number, plain
from appraisal.core.policy.model import Band, Policy
from appraisal.cycles.models import Appraisal
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.labels import label
from appraisal.results import computing
from appraisal.results.cases import sheets_from_json
from appraisal.results.gathering import gather_all
from appraisal.results.models import Result
from appraisal.results.queries import Standing
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating
from appraisal.reviews.scope import UnderReview

_COPIED = ("computed_score", "score", "vetoed", "coefficient", "sheets", "policy_digest", "case_digest", "read_from")


def rescore(
    session: Session,
    actor: Actor,
    found: UnderReview,
    before: Standing,
    *,
    layer: str,
    reason: str,
    ratings: Sequence[GoalRating] = (),
    grade: str | None = None,
) -> Result:
    """The case as it stands today, with goals rated anew and perhaps another grade, stored as the next layer.

    Raises Invalid `nothing_changed` for a decision that leaves score and grade as they were, Conflict `vetoed`.
    """
    require_text(reason=reason)
    if ratings:
        reviews.record_decision(session, actor, found, reasons=reason, ratings=ratings)
    gathered = gather_all(session, [found.appraisal], found.cycle, found.policy)[found.appraisal.id]
    outcome, sheets = computing.outcome_of(found.policy, gathered)
    result = computing.layer_of(actor, found.policy, found.appraisal, before, outcome, sheets, layer, reason)
    if grade is not None and grade != result.grade:
        set_grade(found.policy, result, grade, layer, reason)
    if (result.score, result.grade, result.vetoed) == (before.result.score, before.result.grade, before.result.vetoed):
        zh = "决定没有改变得分和等级: 请重新评分、改定等级, 或先更正并确认数据"
        en = "the decision changes neither score nor grade: rate anew, name a grade, or have the figures corrected first"
        raise Invalid("nothing_changed", zh, en)
    return _stored(session, actor, before, result)


def regrade(
    session: Session,
    actor: Actor,
    appraisal: Appraisal,
    policy: Policy,
    before: Standing,
    *,
    layer: str,
    grade: str,
    reason: str,
) -> Result:
    """The standing result with another grade, stored as the next layer: its case is not looked at again."""
    require_text(reason=reason)
    result = Result(
        appraisal_id=appraisal.id,
        seq=before.result.seq + 1,
        layer=layer,
        grade=before.result.grade,
        multiplier=before.result.multiplier,
        outcome=before.result.outcome,
        computed_by=actor.account_id,
        computed_at=clock.now(),
        reason=reason,
        **{name: getattr(before.result, name) for name in _COPIED},
    )
    set_grade(policy, result, grade, layer, reason)
    result.adjusts_id = before.result.id
    return _stored(session, actor, before, result)


def band_named(policy: Policy, grade: str) -> Band:
    """The policy's band of that grade. Raises Invalid `unknown_grade`."""
    for band in policy.bands:
        if band.grade == grade:
            return band
    known = "、".join(band.grade for band in policy.bands)
    zh, en = f"没有等级 {grade}; 可用: {known}", f"there is no grade {grade}; the policy has {known}"
    raise Invalid("unknown_grade", zh, en, [Fault("grade", zh, en)])


def set_grade(policy: Policy, result: Result, grade: str, layer: str, reason: str) -> None:
    """Gives a result that is not stored yet another grade, its multiplier (after the linked results of unit
    and company) and its consequences. Raises Conflict `vetoed`."""
    band = band_named(policy, grade)
    if result.vetoed and grade != result.grade:
        zh = f"一票否决的结果等级为 {result.grade}, 只有撤回事件才能改变 (R-003-36)"
        raise Conflict("vetoed", zh, f"a vetoed result keeps {result.grade}: only withdrawing the incident changes it")
    sheets = sheets_from_json(result.sheets)
    case = sheets[0].case
    linked = links_of(policy, case.period, [(sheet.case.post, sheet.share) for sheet in sheets], case.parts)
    multiplier = multiply(band.multiplier, linked)
    scores = tuple(None if item["score"] is None else parse_number(item["score"]) for item in result.outcome["items"])
    judged = Judged(grade, case.period, case.history, result.score, result.vetoed, scores)
    consequences = outcomes_of(policy, judged, fire)
    words = label("layer", layer)
    line = {
        "zh": f"{words.zh}: 等级由 {result.grade} 定为 {grade}, 奖金系数 {plain(multiplier)}。原因: {reason}",
        "en": f"{words.en}: grade {result.grade} set to {grade}, multiplier {plain(multiplier)}. Reason: {reason}",
        "path": band.where.path,
        "line": band.where.line,
    }
    told: dict[str, Any] = dict(result.outcome)
    rules = {(rule.where.path, rule.where.line) for rule in policy.outcomes.rules}
    kept = [one for one in told["lines"] if (one["path"], one["line"]) not in rules]
    told["lines"] = [*kept, line, *(one._asdict() for one in consequences.lines)]
    earlier = [one for one in told["fired"] if not one["rule"].startswith("outcomes/")]
    told["fired"] = [*earlier, *(one._asdict() for one in consequences.fired)]
    told |= {"grade": grade, "multiplier": plain(multiplier), "outcomes": list(consequences.ids)}
    result.grade, result.multiplier, result.outcome = grade, multiplier, told


def _stored(session: Session, actor: Actor, before: Standing, result: Result) -> Result:
    session.add(result)
    session.flush()
    computing.note(session, actor, before, result, f"result.{result.layer}")
    return result
