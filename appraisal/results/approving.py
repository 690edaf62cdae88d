"""审批: the links of the chain in their order, each given by another named person, and filing once the last has been given.

Nobody approves a result they rated, reviewed, calibrated or decided an appeal about (D-05, D-19).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from appraisal import audit, clock, jobs
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.workflow import approvals_of
from appraisal.cycles import service as cycle_service
from appraisal.errors import AppraisalError, Conflict, NotAllowed
from appraisal.labels import label
from appraisal.results import courses, queries
from appraisal.results.computing import shown
from appraisal.results.guards import fresh, note_move, require_name, require_no_appeal, require_published
from appraisal.results.models import COMPUTED, Approval, ApprovalLink, InForce, Result
from appraisal.results.queries import Standing
from appraisal.reviews import queries as reviews
from appraisal.reviews.scope import UnderReview, require_move, under_review


@dataclass(frozen=True)
class Done:
    """What came of one appraisal among many: nothing to say, or why not."""

    appraisal_id: int
    error: AppraisalError | None = None


def approve_result(
    session: Session, actor: Actor, appraisal_id: int, *, note: str | None = None, version: int | None = None
) -> ApprovalLink:
    """A named person gives the next link of the chain for the latest result; with the last one it is approved."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, "approve", version)
    require_name(actor)
    _require_no_part(session, actor, found)
    latest = fresh(session, found)
    require_published(
        latest, "请退回上级评估, 面谈后重新公布", "send it back to the review, and publish it after the interview"
    )
    if latest.approval:
        raise Conflict("already_approved", "该结果已批准", "this result has been approved already")
    require_no_appeal(session, found)
    if latest.result.layer != COMPUTED and latest.result.computed_by == actor.account_id:
        raise NotAllowed("own_assessment", "作出该结果的人不得审批", "nobody approves a result that they decided themselves")
    if note is not None:
        require_text(note=note)
    return _give_link(session, actor, found, latest, note)


def approve_results(
    session: Session, actor: Actor, wanted: Sequence[tuple[int, int]], *, note: str | None = None
) -> list[Done]:
    """The same for many, each by its id and version; one that is refused does not stop the others."""
    return each(wanted, lambda one, version: approve_result(session, actor, one, note=note, version=version))


def each(wanted: Sequence[tuple[int, int]], act: Callable[[int, int], object]) -> list[Done]:
    """An act for many appraisals. It refuses before it writes, so what one is refused leaves nothing behind.

    In the order of ids, so that two who handle the same ones wait for each other instead of blocking each other.
    """
    done = {}
    for appraisal_id, version in sorted(dict(wanted).items()):
        try:
            act(appraisal_id, version)
            done[appraisal_id] = Done(appraisal_id)
        except AppraisalError as refusal:
            done[appraisal_id] = Done(appraisal_id, refusal)
    return [done[appraisal_id] for appraisal_id in dict(wanted)]


def archive_appraisal(session: Session, actor: Actor, appraisal_id: int, *, version: int | None = None) -> str:
    """Files an approved appraisal, its last step, and asks for its documents. Raises Conflict `not_approved` for any other."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, "archive", version)
    latest = queries.standing(session, appraisal_id)
    if latest is None or latest.approval is None:
        raise Conflict("not_approved", "结果尚未批准, 不能归档", "only an approved result is archived")
    before = found.appraisal.step
    reached = cycle_service.advance_appraisal(session, actor, found.appraisal, "archive")
    note_move(session, actor, found, "archive", before)
    jobs.enqueue(session, actor, "reports.archive_case", {"appraisal_id": appraisal_id}, about=f"appraisal:{appraisal_id}")
    return reached


def _require_no_part(session: Session, actor: Actor, found: UnderReview) -> None:
    if actor.employee_id in reviews.assessors_of(session, found.appraisal.id):
        raise NotAllowed("own_assessment", "评定人不得审批自己评定的结果", "nobody approves a result they rated or reviewed")
    if actor.employee_id in courses.deciders_of(session, found.appraisal.id):
        raise NotAllowed("own_decision", "申诉决定人不得审批", "nobody approves a result they decided an appeal about")


def put_in_force(session: Session, result: Result, **approval: Any) -> None:
    """Stores the approval of a layer: from now on it stands, and not one approved before."""
    session.add(Approval(result_id=result.id, **approval))
    session.flush()
    session.merge(InForce(appraisal_id=result.appraisal_id, result_id=result.id))
    session.flush()


def _give_link(session: Session, actor: Actor, found: UnderReview, latest: Standing, note: str | None) -> ApprovalLink:
    chain, given = approvals_of(found.policy.workflow), queries.links_of(session, latest.result.id)
    link = chain[len(given)]
    if link.by not in found.relations:
        whose = label("role", link.by)
        zh, en = f"当前审批环节“{link.name.zh}”由{whose.zh}办理", f"the link {link.name.en!r} is given by {whose.en}"
        raise NotAllowed("not_your_link", zh, en)
    if actor.employee_id in {one.approver_id for one in given}:
        raise NotAllowed("approved_before", "每个审批环节由不同的人批准", "each link of the chain is given by another person")
    row = ApprovalLink(
        result_id=latest.result.id,
        link=link.id,
        approver_id=actor.employee_id,
        account_id=actor.account_id,
        approved_at=clock.now(),
        note=note,
    )
    session.add(row)
    cycle_service.advance_appraisal(session, actor, found.appraisal, "approve")
    if len(given) + 1 == len(chain):
        approval = {"approver_id": row.approver_id, "account_id": row.account_id, "approved_at": row.approved_at, "note": note}
        put_in_force(session, latest.result, **approval)
    session.flush()
    after = shown(latest.result) | {"link": link.id}
    audit.record(session, actor, "result.approve", "result", latest.result.id, after=after, reason=note)
    return row
