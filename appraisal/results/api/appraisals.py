"""Endpoints of appraisals: lists, the case, and one POST for every step that leads it on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Response

from appraisal import cells, files, paging, rest
from appraisal.core.numbers import parse_number
from appraisal.errors import NotFound
from appraisal.results import appeals, approving, exports, publishing, reopening, service, table, told
from appraisal.results.answers import AppraisalRowOut, CaseOut, ComputationOut, DoneListOut, DraftOut, GoalTasksOut
from appraisal.results.approving import Done
from appraisal.results.schemas import (
    AcceptanceIn,
    AcknowledgementEntryIn,
    AcknowledgementIn,
    AppealIn,
    AppraisalFilter,
    AppraisalListing,
    ApprovalIn,
    ApprovalsIn,
    ComputationIn,
    DecisionIn,
    DraftIn,
    GrantIn,
    InterviewIn,
    ManyIn,
    MoveIn,
    NothingIn,
    OpinionIn,
    ReasonIn,
    ReviewIn,
    RevisionIn,
    SelfAssessmentIn,
    SignatureEntryIn,
    SignatureIn,
    StatementIn,
    TurningDownIn,
    WaiverIn,
)
from appraisal.reviews import drafts, opinions, signing
from appraisal.reviews import service as review_service
from appraisal.reviews.models import SELF_ASSESSMENT, SUPERVISOR_REVIEW, ReviewDraft
from appraisal.reviews.queries import GoalRating

CASE = "/appraisals/<int:appraisal_id>"

endpoints = rest.Endpoints("appraisals", "考核 · Appraisals: the case and its six steps, from self-assessment to archive")


@endpoints.get("/appraisals", AppraisalListing, out=rest.page_of(AppraisalRowOut))
def list_appraisals(query: dict[str, Any]) -> rest.Page:
    """List the appraisals one may see, newest cycle first, then by employee number

    `result` is the layer that is the reader's to see: the latest one for who handles the case, the published one for the
    person, the approved one without its score for payroll. `grade` looks at that layer too.
    """
    found = table.appraisals(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, table.order(query), query)
    return page.with_items(table.appraisal_rows(rest.session(), rest.actor(), page.items))


@endpoints.get("/appraisals/file.csv", AppraisalFilter, content="text/csv")
def export_appraisals(query: dict[str, Any]) -> Response:
    """The same list as a table (CSV), whole

    At most 50 000 rows.
    """
    session, actor = rest.session(), rest.actor()
    found = paging.whole(session, table.appraisals(session, actor, query), table.order(query))
    rows = paging.in_parts(found, lambda part: table.appraisal_rows(session, actor, part))
    content = cells.as_csv(exports.APPRAISAL_HEADINGS, map(exports.appraisal_cells, rows))
    return rest.download("appraisals.csv", "text/csv", content)


@endpoints.get("/goal-tasks", out=GoalTasksOut)
def list_goal_tasks() -> dict[str, Any]:
    """List the goals of others that wait for one's rating."""
    return {"items": told.goal_tasks(rest.session(), rest.actor())}


@endpoints.get(CASE, out=CaseOut)
def show_appraisal(appraisal_id: int) -> dict[str, Any]:
    """Show a case: step, deadline, sheets, entries, layers, explanation, history, and what one may do next

    What is not the reader's to see is null or missing from its list; `scope` says how much of it that is.
    """
    return told.tell_case(rest.session(), rest.actor(), appraisal_id)


# Self-assessment, review, interview


@endpoints.get(f"{CASE}/self-assessment-draft", out=DraftOut)
def show_self_assessment_draft(appraisal_id: int) -> dict[str, Any]:
    """Show what one has written of one's self-assessment and not handed in yet."""
    return _show_draft(appraisal_id, SELF_ASSESSMENT)


@endpoints.put(f"{CASE}/self-assessment-draft", DraftIn, out=DraftOut, of=show_self_assessment_draft)
def save_self_assessment_draft(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Keep what one has written so far; nobody else reads it."""
    return _save_draft(body, appraisal_id, SELF_ASSESSMENT, version)


@endpoints.get(f"{CASE}/review-draft", out=DraftOut)
def show_review_draft(appraisal_id: int) -> dict[str, Any]:
    """Show what one has written of one's review and not handed in yet."""
    return _show_draft(appraisal_id, SUPERVISOR_REVIEW)


@endpoints.put(f"{CASE}/review-draft", DraftIn, out=DraftOut, of=show_review_draft)
def save_review_draft(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Keep what one has written so far; nobody else reads it."""
    return _save_draft(body, appraisal_id, SUPERVISOR_REVIEW, version)


@endpoints.post(f"{CASE}/self-assessment", SelfAssessmentIn, out=CaseOut, of=show_appraisal)
def submit_self_assessment(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Hand in one's self-assessment, with a rating of every goal."""
    return _made(review_service.submit_self_assessment, _rated(body), appraisal_id, version)


@endpoints.post(f"{CASE}/goal-ratings", ReviewIn, out=CaseOut, creates=True)
def rate_goals(body: dict[str, Any], appraisal_id: int) -> dict[str, Any]:
    """Rate the goals of which one is the assessor

    It takes a key and no version: several assessors rate beside each other, and none is in another's way.
    """
    return _made(review_service.rate_goals, _rated(body), appraisal_id)


@endpoints.post(f"{CASE}/former-opinion", OpinionIn, out=CaseOut, creates=True)
def write_former_opinion(body: dict[str, Any], appraisal_id: int) -> dict[str, Any]:
    """Write one's opinion as a supervisor of earlier days of the period."""
    return _made(opinions.write_opinion, body, appraisal_id)


@endpoints.post(f"{CASE}/former-opinion/waiver", WaiverIn, out=CaseOut, of=show_appraisal)
def waive_former_opinion(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Go on without the opinion of a former supervisor, with a reason."""
    return _made(opinions.waive_opinion, body, appraisal_id, version)


@endpoints.post(f"{CASE}/review", ReviewIn, out=CaseOut, of=show_appraisal)
def submit_review(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Hand in the supervisor's review: a comment, and a rating of every goal without an assessor of its own."""
    return _made(review_service.submit_supervisor_review, _rated(body), appraisal_id, version)


@endpoints.post(f"{CASE}/interview", InterviewIn, out=CaseOut, of=show_appraisal)
def record_interview(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Record the interview and sign the record."""
    return _made(review_service.record_interview, body, appraisal_id, version)


@endpoints.post(f"{CASE}/interview-signature", SignatureIn, out=CaseOut, of=show_appraisal)
def sign_interview(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Sign the record of one's interview, and say whether one sees it otherwise."""
    return _made(signing.sign_interview, body, appraisal_id, version)


@endpoints.post(f"{CASE}/interview-signature/entry", SignatureEntryIn, out=CaseOut, of=show_appraisal)
def enter_interview_signature(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Enter a signature given on paper, or a refusal before two witnesses."""
    return _made(signing.enter_signature, body, appraisal_id, version)


# Publication, appeal


@endpoints.post(f"{CASE}/compute", out=CaseOut, plain=True)
def compute_result(appraisal_id: int) -> dict[str, Any]:
    """Compute the result from today's figures; where nothing has changed, nothing is added."""
    service.compute_result(rest.session(), rest.actor(), appraisal_id)
    return show_appraisal(appraisal_id)


@endpoints.post(f"{CASE}/publication", NothingIn, out=CaseOut, of=show_appraisal)
def publish_result(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Publish the latest result to the employee; the window to appeal begins."""
    return _made(publishing.publish_result, body, appraisal_id, version)


@endpoints.post(f"{CASE}/acknowledgement", AcknowledgementIn, out=CaseOut, of=show_appraisal)
def acknowledge_result(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Say that one has received the published result, and whether one agrees."""
    return _made(publishing.acknowledge_result, body, appraisal_id, version)


@endpoints.post(f"{CASE}/acknowledgement/entry", AcknowledgementEntryIn, out=CaseOut, of=show_appraisal)
def enter_acknowledgement(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Enter an answer given on paper, or a refusal before two witnesses."""
    return _made(publishing.enter_acknowledgement, body, appraisal_id, version)


@endpoints.post(f"{CASE}/appeal", AppealIn, out=CaseOut, of=show_appraisal)
def file_appeal(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Appeal the published result; evidence may come later, and what comes late is taken in as late."""
    return _made(appeals.file_appeal, body, appraisal_id, version)


@endpoints.post(f"{CASE}/appeal/acceptance", AcceptanceIn, out=CaseOut, of=show_appraisal)
def accept_appeal(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Take the appeal up."""
    return _made(appeals.accept_appeal, body, appraisal_id, version)


@endpoints.post(f"{CASE}/appeal/refusal", TurningDownIn, out=CaseOut, of=show_appraisal)
def turn_down_appeal(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Do not take the appeal up, because it is late or about something else."""
    return _made(appeals.turn_down_appeal, body, appraisal_id, version)


@endpoints.post(f"{CASE}/appeal/statements", StatementIn, out=CaseOut, of=show_appraisal)
def state_on_appeal(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Add evidence, an opinion or a finding to the open appeal."""
    return _made(appeals.state_on_appeal, body, appraisal_id, version)


@endpoints.get(f"{CASE}/appeal/files/<int:file_id>", content="*/*")
def read_appeal_file(appraisal_id: int, file_id: int) -> Response:
    """Read a file that came with an appeal."""
    shown = show_appraisal(appraisal_id)
    if file_id not in {one for appeal in shown["appeals"] for act in appeal["acts"] for one in act["file_ids"]}:
        raise NotFound()
    stored = files.by_id(rest.session(), file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))


@endpoints.post(f"{CASE}/appeal/withdrawal", ReasonIn, out=CaseOut, of=show_appraisal)
def withdraw_appeal(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Take one's appeal back."""
    return _made(appeals.withdraw_appeal, body, appraisal_id, version)


@endpoints.post(f"{CASE}/appeal/decision", DecisionIn, out=CaseOut, of=show_appraisal)
def decide_appeal(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Decide the appeal: upheld, it makes a new layer, which is published with the decision."""
    return _made(appeals.decide_appeal, _rated(body), appraisal_id, version)


@endpoints.post(f"{CASE}/appeals-closing", NothingIn, out=CaseOut, of=show_appraisal)
def close_appeals(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Go on to approval, once the window to appeal is over."""
    return _made(publishing.close_appeals, body, appraisal_id, version)


# Approval, archive, 复核, other moves


@endpoints.post(f"{CASE}/approval", ApprovalIn, out=CaseOut, of=show_appraisal)
def approve_result(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Give the next link of the approval chain."""
    return _made(approving.approve_result, body, appraisal_id, version)


@endpoints.post(f"{CASE}/archive", NothingIn, out=CaseOut, of=show_appraisal)
def archive_appraisal(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """File an approved appraisal."""
    return _made(approving.archive_appraisal, body, appraisal_id, version)


@endpoints.post(f"{CASE}/reopening", ReasonIn, out=CaseOut, of=show_appraisal)
def request_reopening(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Ask that an approved result be looked at again (复核)."""
    return _made(reopening.request_reopening, body, appraisal_id, version)


@endpoints.post(f"{CASE}/reopening/decision", GrantIn, out=CaseOut, of=show_appraisal)
def decide_reopening(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Grant or decline that request; granted, the case is back at publication."""
    return _made(reopening.decide_reopening, body, appraisal_id, version)


@endpoints.post(f"{CASE}/reopening/revision", RevisionIn, out=CaseOut, of=show_appraisal)
def revise_result(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Say what 复核 comes to: a new layer, to be published and approved anew."""
    return _made(reopening.revise_result, _rated(body), appraisal_id, version)


@endpoints.post(f"{CASE}/moves", MoveIn, out=CaseOut, of=show_appraisal)
def move_appraisal(body: dict[str, Any], appraisal_id: int, version: int) -> dict[str, Any]:
    """Send back, take back, close as not handed in: a move that carries nothing with it but a reason."""
    asked = {"reason": body["reason"], "version": version}
    service.move_appraisal(rest.session(), rest.actor(), appraisal_id, body["action"], **asked)
    return show_appraisal(appraisal_id)


# Many at once: one that is refused does not stop the others


@endpoints.post("/appraisals/computations", ComputationIn, out=ComputationOut, plain=True)
def compute_results(body: dict[str, Any]) -> dict[str, Any]:
    """Compute everybody who is rated in a cycle from today's figures

    Where nothing has changed, nothing is added. `waiting` says who could not be computed, and why.
    """
    found = service.compute_cycle(rest.session(), rest.actor(), body["cycle_id"])
    waiting = [
        {"appraisal_id": one.appraisal_id, "number": one.employee_number, "code": one.error.code, "message": one.error.message}
        for one in found
        if one.error is not None
    ]
    return {"computed": len(found) - len(waiting), "waiting": waiting}


@endpoints.post("/appraisals/publications", ManyIn, out=DoneListOut, plain=True)
def publish_results(body: dict[str, Any]) -> dict[str, Any]:
    """Publish many results."""
    return _each(body, lambda one, version: publishing.publish_result(rest.session(), rest.actor(), one, version=version))


@endpoints.post("/appraisals/appeals-closings", ManyIn, out=DoneListOut, plain=True)
def close_many_appeals(body: dict[str, Any]) -> dict[str, Any]:
    """Send many on to approval whose window to appeal is over."""
    return _each(body, lambda one, version: publishing.close_appeals(rest.session(), rest.actor(), one, version=version))


@endpoints.post("/appraisals/approvals", ApprovalsIn, out=DoneListOut, plain=True)
def approve_results(body: dict[str, Any]) -> dict[str, Any]:
    """Give the next link of the approval chain for many."""
    return _done(approving.approve_results(rest.session(), rest.actor(), _chosen(body), note=body["note"]))


@endpoints.post("/appraisals/archivings", ManyIn, out=DoneListOut, plain=True)
def archive_appraisals(body: dict[str, Any]) -> dict[str, Any]:
    """File many approved appraisals."""
    return _each(body, lambda one, version: approving.archive_appraisal(rest.session(), rest.actor(), one, version=version))


def _made(act: Callable[..., object], body: Mapping[str, Any], appraisal_id: int, version: int | None = None) -> dict[str, Any]:
    """The act of a service, and the case as it stands after it."""
    seen = {} if version is None else {"version": version}
    act(rest.session(), rest.actor(), appraisal_id, **body, **seen)
    return show_appraisal(appraisal_id)


def _rated(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"ratings": [GoalRating(**one) for one in body["ratings"]]}


def _save_draft(body: dict[str, Any], appraisal_id: int, kind: str, version: int) -> dict[str, Any]:
    given = _rated(body) | {"version": version - 1}
    return _draft_out(drafts.save_draft(rest.session(), rest.actor(), appraisal_id, kind, **given))


def _show_draft(appraisal_id: int, kind: str) -> dict[str, Any]:
    return _draft_out(drafts.show_draft(rest.session(), rest.actor(), appraisal_id, kind))


def _draft_out(draft: ReviewDraft | None) -> dict[str, Any]:
    return {
        "version": draft.version + 1 if draft else 1,
        "comment": draft.comment if draft else "",
        "ratings": [_draft_rating(one) for one in draft.ratings] if draft else [],
        "saved_at": draft.saved_at if draft else None,
    }


def _draft_rating(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "factors": one["factors"] and {name: parse_number(text) for name, text in one["factors"].items()}}


def _chosen(body: dict[str, Any]) -> list[tuple[int, int]]:
    return [(one["id"], one["version"]) for one in body["appraisals"]]


def _each(body: dict[str, Any], act: Callable[[int, int], object]) -> dict[str, Any]:
    return _done(approving.each(_chosen(body), act))


def _done(done: Sequence[Done]) -> dict[str, Any]:
    rows = [
        {"appraisal_id": one.appraisal_id, "done": one.error is None}
        | {"code": one.error.code if one.error else None, "message": one.error.message if one.error else None}
        for one in done
    ]
    return {"done": sum(one.error is None for one in done), "rows": rows}
