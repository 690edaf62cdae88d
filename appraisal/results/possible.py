"""What somebody may do with a case as it stands: what a page offers. Whether it may be done is the service's to say."""

from collections.abc import Collection

from sqlmodel import Session

from appraisal.core.policy.model import Policy
from appraisal.core.workflow import moves_from
from appraisal.cycles.models import CLOSED, OPEN, Appraisal, Cycle
from appraisal.results import courses, queries
from appraisal.results.models import Acknowledgement
from appraisal.results.queries import Standing
from appraisal.reviews import queries as reviews
from appraisal.reviews.models import INTERVIEW
from appraisal.reviews.queries import Key


def acts(
    session: Session,
    appraisal: Appraisal,
    cycle: Cycle,
    policy: Policy,
    relations: Collection[str],
    goals: Collection[Key],
    is_former: bool,
) -> list[str]:
    """The moves of the workflow and the acts beside it, by name."""
    if not appraisal.rated or cycle.status not in (OPEN, CLOSED):
        return []
    moves = [move.action for move in moves_from(policy.workflow, appraisal.step, relations)]
    moves = [one for one in dict.fromkeys(moves) if cycle.status == OPEN and one != "reopen"]
    latest = queries.standing(session, appraisal.id)
    beside = _on_results(session, appraisal, cycle, policy, set(relations), latest) if latest else []
    if cycle.status == OPEN:
        steps = [step.id for step in policy.workflow.steps]
        reviewing = next(steps.index(move.from_) for move in policy.workflow.moves if move.action == "submit_review")
        here = steps.index(appraisal.step)
        beside += ["rate_goals"] if goals and here == reviewing else []
        beside += ["write_opinion"] if is_former and here <= reviewing else []
        settled = latest is not None and latest.approval is not None and not queries.reopened(session, [appraisal])
        beside += ["compute"] if here > reviewing and not settled and {"hr", "approver"} & set(relations) else []
        beside += ["sign_interview"] if "employee" in relations and _waits_for_signature(session, appraisal) else []
    return [*moves, *beside]


def _on_results(
    session: Session, appraisal: Appraisal, cycle: Cycle, policy: Policy, relations: set[str], latest: Standing
) -> list[str]:
    found = []
    closing = {move.from_ for move in policy.workflow.moves if move.action == "close_appeals"}
    if cycle.status == OPEN and appraisal.step in closing and "hr" in relations and latest.publication is None:
        found.append("publish")
    if cycle.status == OPEN and latest.publication and latest.approval is None:
        if "employee" in relations:
            found += [] if session.get(Acknowledgement, latest.result.id) else ["acknowledge"]
        found += _on_appeal(session, appraisal, policy, relations)
    if approved := queries.last_approved(session, appraisal.id):
        asked = [one for one, decision in queries.reopenings_of(session, appraisal.id) if decision is None]
        again = appraisal.id in queries.reopened(session, [appraisal])
        if asked:
            found += ["decide_reopening"] if "approver" in relations else []
        elif not again and relations & {"employee", "supervisor", "hr"} and approved[0].id == latest.result.id:
            found.append("request_reopening")
        found += ["revise"] if again and relations & {"hr", "approver"} else []
    return found


def _on_appeal(session: Session, appraisal: Appraisal, policy: Policy, relations: set[str]) -> list[str]:
    course = courses.course_of(session, policy, appraisal.id)
    if course is None or course.ended:
        published = queries.last_published(session, appraisal.id)
        settled = set() if course is None else {course.appeal.result_id, *(act.result_id for act in course.acts)}
        return ["appeal"] if "employee" in relations and published and published[0].id not in settled else []
    found = ["state"] if relations & {"employee", "supervisor", "hr", "approver"} else []
    found += ["withdraw_appeal"] if "employee" in relations else []
    if "hr" in relations:
        found += [] if course.accepted else ["accept_appeal"]
        found += ["turn_down_appeal"] if course.may_be_turned_down else []
    return found + (["decide_appeal"] if course.decide_by and relations & {"hr", "approver"} else [])


def _waits_for_signature(session: Session, appraisal: Appraisal) -> bool:
    entry = reviews.last_entry(session, appraisal.id, INTERVIEW)
    return entry is not None and "employee" not in reviews.interview_signatures(session, [entry.id]).get(entry.id, {})
