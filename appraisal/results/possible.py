"""What somebody may do with a case as it stands: what a page offers. Whether it may be done is the service's to say."""

from collections.abc import Collection, Mapping

from appraisal.core.policy.model import Policy
from appraisal.core.workflow import find_step, moves_from
from appraisal.cycles.models import CLOSED, OPEN, Appraisal, Cycle
from appraisal.results.decisions_told import Decided
from appraisal.reviews.models import InterviewSignature


def acts(
    appraisal: Appraisal,
    cycle: Cycle,
    policy: Policy,
    relations: Collection[str],
    decided: Decided,
    interview: Mapping[str, InterviewSignature] | None,
    *,
    rates: bool,
    is_former: bool,
) -> list[str]:
    """The moves of the workflow and the acts beside it, by name. `interview`: the signatures under its record, where there is
    one; `rates`: whether goals are the reader's to rate."""
    if not appraisal.rated or cycle.status not in (OPEN, CLOSED):
        return []
    roles = frozenset(relations)
    beside = _on_approved(decided, roles)
    if cycle.status == CLOSED:
        return beside
    moves = [move.action for move in moves_from(policy.workflow, appraisal.step, roles) if move.action != "reopen"]
    steps = [step.id for step in policy.workflow.steps]
    reviewing = next(steps.index(move.from_) for move in policy.workflow.moves if move.action == "submit_review")
    here = steps.index(appraisal.step)
    again = decided.is_granted and not find_step(policy.workflow, appraisal.step).final
    settled = decided.latest is not None and decided.latest.approved_at is not None and not again
    found = [*dict.fromkeys(moves), *_on_results(appraisal, policy, roles, decided), *beside]
    found += ["rate_goals"] if rates and here == reviewing else []
    found += ["write_opinion"] if is_former and here <= reviewing else []
    found += ["compute"] if here > reviewing and not settled and roles & {"hr", "approver"} else []
    found += ["revise"] if again and roles & {"hr", "approver"} else []
    return found + (["sign_interview"] if "employee" in roles and interview and "employee" not in interview else [])


def _on_results(appraisal: Appraisal, policy: Policy, roles: frozenset[str], decided: Decided) -> list[str]:
    latest = decided.latest
    if latest is None:
        return []
    found = []
    closing = {move.from_ for move in policy.workflow.moves if move.action == "close_appeals"}
    if appraisal.step in closing and "hr" in roles and latest.published_at is None:
        found.append("publish")
    published = decided.published
    if published is None or published.approved_at is not None:
        return found
    if "employee" in roles and published.id not in {one.result_id for one in decided.answers}:
        found.append("acknowledge")
    return found + _on_appeal(roles, decided)


def _on_appeal(roles: frozenset[str], decided: Decided) -> list[str]:
    course = decided.appeals[-1] if decided.appeals else None
    if course is None or course.ended:
        settled = set() if course is None else {course.appeal.result_id, *(act.result_id for act in course.acts)}
        return ["appeal"] if "employee" in roles and decided.published and decided.published.id not in settled else []
    found = ["state"] if roles & {"employee", "supervisor", "hr", "approver"} else []
    found += ["withdraw_appeal"] if "employee" in roles else []
    if "hr" in roles:
        found += [] if course.accepted else ["accept_appeal"]
        found += ["turn_down_appeal"] if course.may_be_turned_down else []
    return found + (["decide_appeal"] if course.decide_by and roles & {"hr", "approver"} else [])


def _on_approved(decided: Decided, roles: frozenset[str]) -> list[str]:
    """What may be done about a result that has been approved, also after its cycle has closed."""
    if decided.approved is None:
        return []
    if any(decision is None for _, decision in decided.reopenings):
        return ["decide_reopening"] if "approver" in roles else []
    stands = decided.latest is not None and decided.latest.id == decided.approved.id
    return ["request_reopening"] if stands and roles & {"employee", "supervisor", "hr"} else []
