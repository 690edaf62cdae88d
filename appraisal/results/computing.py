"""Results computed: the cases of many appraisals at once, each scored by the core or refused for itself.

The use cases in `service` say who may; here is only what is computed and what is stored of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.core.appraise import appraise_sheets
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Sheet as CoreSheet
from appraisal.core.outcome import Outcome
from appraisal.core.policy.model import Policy
from appraisal.core.workflow import find_step
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import AppraisalError, Conflict, Fault, Invalid
from appraisal.results import courses, queries
from appraisal.results.cases import digest_of, sheets_json
from appraisal.results.gathering import gather_all
from appraisal.results.models import COMPUTED, REVIEWED, Reopening, Result
from appraisal.results.parts import coefficient_of
from appraisal.results.queries import Standing

# A transaction that had begun before the computation may commit after it: results look back this far when asked for freshness.
LOOK_BACK = timedelta(minutes=1)


@dataclass(frozen=True)
class Answer:
    """What came of one case: a result, why there is none, or with both the approved one that stands."""

    result: Result | None
    error: AppraisalError | None


def compute(session: Session, actor: Actor, cycle: Cycle, appraisals: Sequence[Appraisal]) -> dict[int, Answer]:
    """Each of these appraisals of a cycle computed, in a number of queries that does not grow with them."""
    if not appraisals:
        return {}
    for appraisal in appraisals:
        cycle_service.require_running(cycle, appraisal)
    policy = cycles.policy_of(session, cycle)
    before = queries.standings(session, [appraisal.id for appraisal in appraisals])
    again = queries.reopened(session, appraisals)
    disputed = courses.under_appeal(session, [appraisal.id for appraisal in appraisals])
    gathered = gather_all(session, appraisals, cycle, policy)
    answers: dict[int, Answer] = {}
    made: list[tuple[Appraisal, Result]] = []
    for appraisal in appraisals:
        latest, reopening = before.get(appraisal.id), again.get(appraisal.id)
        if refusal := _refusal(latest, reopening, appraisal.id in disputed):
            answers[appraisal.id] = Answer(latest.result if latest else None, refusal)
            continue
        try:
            answers[appraisal.id] = _answer(actor, policy, appraisal, gathered[appraisal.id], latest, reopening)
        except AppraisalError as error:
            answers[appraisal.id] = Answer(None, error)
            continue
        result = answers[appraisal.id].result
        if result is not None and result.id is None:
            made.append((appraisal, result))
    session.add_all(result for _, result in made)
    session.flush()
    for appraisal, result in made:
        note(session, actor, before.get(appraisal.id), result, "result.compute")
    return answers


def outcome_of(policy: Policy, gathered: Sequence[CoreSheet] | ScoringError) -> tuple[Outcome, Sequence[CoreSheet]]:
    """The case scored, with what was scored. Raises Invalid with the core's own code and path."""
    try:
        if isinstance(gathered, ScoringError):
            raise gathered
        return appraise_sheets(policy, gathered), gathered
    except ScoringError as refusal:
        fault = Fault(refusal.path, refusal.message.zh, refusal.message.en)
        raise Invalid(refusal.code, refusal.message.zh, refusal.message.en, [fault]) from refusal


def layer_of(
    actor: Actor,
    policy: Policy,
    appraisal: Appraisal,
    before: Standing | None,
    outcome: Outcome,
    sheets: Sequence[CoreSheet],
    layer: str = COMPUTED,
    reason: str | None = None,
) -> Result:
    """The next layer of a result, not stored yet."""
    now = clock.now()
    stored = sheets_json(sheets)
    return Result(
        appraisal_id=appraisal.id,
        seq=before.result.seq + 1 if before else 1,
        layer=layer,
        computed_score=outcome.computed_score,
        score=outcome.score,
        grade=outcome.grade,
        multiplier=outcome.multiplier,
        coefficient=coefficient_of(policy, sheets),
        vetoed=outcome.vetoed,
        outcome=outcome.as_json(),
        sheets=stored,
        policy_digest=outcome.digest,
        case_digest=digest_of(stored),
        computed_by=actor.account_id,
        computed_at=now,
        read_from=now - LOOK_BACK,
        reason=reason,
    )


def note(session: Session, actor: Actor, before: Standing | None, result: Result, action: str) -> None:
    """Puts a stored layer on record, beside the one it follows."""
    change = {"before": shown(before.result) if before else None, "after": shown(result)}
    audit.record(session, actor, action, "result", result.id, **change, reason=result.reason)


def _refusal(latest: Standing | None, reopening: Reopening | None, disputed: bool) -> AppraisalError | None:
    """Why nothing is computed, whatever the case says."""
    if latest and latest.approval and reopening is None:
        zh, en = (
            "结果已批准, 不能重新计算; 如有差错请申请复核",
            "the result has been approved: ask for it to be reopened if it is wrong",
        )
        return Conflict("already_approved", zh, en)
    if disputed:
        zh, en = "申诉正在处理, 由申诉决定重新计算", "an appeal is open: its decision computes the result anew"
        return Conflict("appeal_open", zh, en)
    return None


def _answer(
    actor: Actor,
    policy: Policy,
    appraisal: Appraisal,
    gathered: Sequence[CoreSheet] | ScoringError,
    before: Standing | None,
    reopening: Reopening | None,
) -> Answer:
    """A new layer, not stored yet, or the latest one where nothing has changed."""
    outcome, sheets = outcome_of(policy, gathered)
    _require_reviewed(policy, appraisal)
    if before and (before.result.policy_digest, before.result.case_digest) == (policy.digest, digest_of(sheets_json(sheets))):
        return Answer(before.result, None)
    reviewed = (REVIEWED, reopening.reason) if reopening else (COMPUTED, None)
    return Answer(layer_of(actor, policy, appraisal, before, outcome, sheets, *reviewed), None)


def _require_reviewed(policy: Policy, appraisal: Appraisal) -> None:
    """Refuses to store a result before the step in which the supervisor reviews is behind."""
    steps = [step.id for step in policy.workflow.steps]
    reviewing = next(move.from_ for move in policy.workflow.moves if move.action == "submit_review")
    if steps.index(appraisal.step) <= steps.index(reviewing):
        here = find_step(policy.workflow, appraisal.step).name
        zh, en = f"上级评估尚未完成, 当前步骤: {here.zh}", f"the supervisor's review is not done; the step is {here.en}"
        raise Conflict("not_reviewed", zh, en)


def shown(result: Result) -> dict[str, object]:
    """What the audit trail keeps of a result."""
    return {
        "appraisal_id": result.appraisal_id,
        "seq": result.seq,
        "layer": result.layer,
        "computed_score": result.computed_score,
        "score": result.score,
        "grade": result.grade,
        "multiplier": result.multiplier,
        "coefficient": result.coefficient,
        "vetoed": result.vetoed,
        "policy_digest": result.policy_digest,
        "case_digest": result.case_digest,
    }
