"""Everything that somebody may do about a case, by the name under which `possible` offers it: what its form brings in, which
use case takes it, and the words around it. The page of each stands under the case's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from appraisal import files
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.errors import Fault, Invalid
from appraisal.fields import File, Flag, In, Line, OneOf, Prose, Upload
from appraisal.measures import service as measures
from appraisal.people import queries as people
from appraisal.results import appeals, approving, publishing, reopening
from appraisal.results import schemas as shapes
from appraisal.results import service as results
from appraisal.reviews import opinions, service, signing
from appraisal.reviews.models import ON_PAPER, REFUSED, SELF_ASSESSMENT, SUPERVISOR_REVIEW
from appraisal.reviews.queries import GoalRating

UseCase = Callable[..., object]


class _PaperIn(In):
    """What somebody else enters: a scan of what was signed, or two witnesses by their numbers."""

    comment = Prose(20_000, allow_none=True, load_default=None)
    scan = File(load_default=None)
    witness = Line(40, load_default="")
    second_witness = Line(40, load_default="")


class PaperSignatureIn(_PaperIn):
    how = OneOf(ON_PAPER, REFUSED, required=True)
    disagrees = Flag(load_default=False)


class PaperAnswerIn(_PaperIn):
    answer = OneOf("agreed", "disagreed", "refused", required=True)


@dataclass(frozen=True)
class Act:
    """One thing to do. `asks`: what will happen, asked before; an act without a page of its own is a button on the case's.

    `draft` is the kind of draft that its form keeps, `rates` whether it has goals to rate.
    """

    name: str
    path: str
    words: Message
    done: Message
    use_case: UseCase
    shape: type[In] = shapes.NothingIn
    asks: Message | None = None
    versioned: bool = True
    creates: bool = False
    uploads: bool = False
    draft: str | None = None

    @property
    def is_button(self) -> bool:
        """Whether there is nothing to fill in."""
        return self.shape is shapes.NothingIn


def rated(use_case: UseCase, *, some: bool = False) -> UseCase:
    """The use case with ratings as it takes them; with `some`, a goal left empty is not rated."""

    def act(session: Session, actor: Actor, appraisal_id: int, *, ratings: list[Mapping[str, Any]], **more: Any) -> object:
        given = [GoalRating(**one) for one in ratings if not some or one["rating"] is not None or one["factors"]]
        return use_case(session, actor, appraisal_id, ratings=given, **more)

    return act


def _on_paper(use_case: UseCase) -> UseCase:
    """The use case with the scan kept first, and witnesses found by their numbers."""

    def act(
        session: Session,
        actor: Actor,
        appraisal_id: int,
        *,
        scan: Upload | None,
        witness: str,
        second_witness: str,
        **more: Any,
    ) -> object:
        numbers = {"witness": witness.strip(), "second_witness": second_witness.strip()}
        found = {path: people.employee_by_number(session, number) for path, number in numbers.items() if number}
        faults = [Fault(path, "没有这个工号", "there is no such number") for path, one in found.items() if one is None]
        if faults:
            raise Invalid("unknown_employee", "请核对见证人的工号", "check the numbers of the witnesses", faults)
        kept = None
        if scan is not None and scan.content:
            kept = files.keep(session, actor, name=scan.name, content=scan.content, media_type=scan.media_type).id
        witnesses = [one.id for one in found.values() if one is not None]
        return use_case(session, actor, appraisal_id, file_id=kept, witness_ids=witnesses, **more)

    return act


def _computed(session: Session, actor: Actor, appraisal_id: int) -> object:
    return results.compute_result(session, actor, appraisal_id)


ACTS = (
    Act(
        *("confirm_data", "data", Message("数据已齐, 开始自评", "Figures are complete: start the self-assessment")),
        Message("数据已确认齐全, 考核进入自评", "The figures are complete; the self-assessment begins"),
        measures.complete_data,
        asks=Message("确认数据齐全后, 考核进入自评。", "Once you confirm this, the self-assessment begins."),
    ),
    Act(
        *("submit_self_assessment", "self-assessment", Message("自评", "Self-assessment")),
        Message("自评已提交, 由直接上级评估", "Your self-assessment is in; your supervisor goes on from here"),
        rated(service.submit_self_assessment),
        shapes.SelfAssessmentIn,
        draft=SELF_ASSESSMENT,
    ),
    Act(
        *("rate_goals", "goal-ratings", Message("评定目标", "Rate the goals")),
        Message("评分已提交", "Your ratings are in"),
        rated(service.rate_goals, some=True),
        shapes.ReviewIn,
        versioned=False,
        creates=True,
    ),
    Act(
        *("write_opinion", "opinion", Message("写前任意见", "Write your opinion as former supervisor")),
        Message("前任意见已提交", "Your opinion is in"),
        opinions.write_opinion,
        shapes.OpinionIn,
        versioned=False,
        creates=True,
    ),
    Act(
        *("waive_opinion", "opinion-waiver", Message("略去前任意见", "Go on without an opinion")),
        Message("已注明原因, 不再等待该前任意见", "The opinion is not waited for any more"),
        opinions.waive_opinion,
        shapes.WaiverIn,
    ),
    Act(
        *("submit_review", "review", Message("上级评估", "Review")),
        Message("评估已提交, 下一步是面谈", "The review is in; the interview comes next"),
        rated(service.submit_supervisor_review),
        shapes.ReviewIn,
        draft=SUPERVISOR_REVIEW,
    ),
    Act(
        *("record_interview", "interview", Message("记录面谈", "Record the interview")),
        Message("面谈记录已保存并由您签署", "The record of the interview is kept, with your signature"),
        service.record_interview,
        shapes.InterviewIn,
    ),
    Act(
        *("sign_interview", "interview-signature", Message("签署面谈记录", "Sign the interview record")),
        Message("面谈记录已签署", "You have signed the record of the interview"),
        signing.sign_interview,
        shapes.SignatureIn,
    ),
    Act(
        *("enter_signature", "interview-signature/paper", Message("录入面谈签署", "Enter a signature under the interview")),
        Message("签署已录入", "The signature is entered"),
        _on_paper(signing.enter_signature),
        PaperSignatureIn,
        uploads=True,
    ),
    Act(
        *("compute", "computation", Message("计算结果", "Compute the result")),
        Message("结果已按最新数据计算", "The result is computed from the latest figures"),
        _computed,
        versioned=False,
    ),
    Act(
        *("publish", "publication", Message("公布结果", "Publish the result")),
        Message("结果已公布, 申诉期开始", "The result is published; the appeal window is open"),
        publishing.publish_result,
        asks=Message(
            "公布后本人可以看到结果, 申诉期从今天起算。公布不能收回。",
            "The employee will see the result, and the appeal window begins today. Publication cannot be taken back.",
        ),
    ),
    Act(
        *("acknowledge", "acknowledgement", Message("确认结果", "Acknowledge the result")),
        Message("您的答复已记录", "Your answer is on record"),
        publishing.acknowledge_result,
        shapes.AcknowledgementIn,
    ),
    Act(
        *("enter_acknowledgement", "acknowledgement/paper", Message("录入对结果的答复", "Enter an answer to the result")),
        Message("答复已录入", "The answer is entered"),
        _on_paper(publishing.enter_acknowledgement),
        PaperAnswerIn,
        uploads=True,
    ),
    Act(
        *("appeal", "appeal", Message("申诉", "Appeal")),
        Message("申诉已提交, 人力资源部将答复是否受理", "Your appeal is in; HR will answer whether it is taken up"),
        appeals.file_appeal,
        shapes.AppealIn,
    ),
    Act(
        *("accept_appeal", "appeal/acceptance", Message("受理申诉", "Take the appeal up")),
        Message("申诉已受理", "The appeal is taken up"),
        appeals.accept_appeal,
        shapes.AcceptanceIn,
    ),
    Act(
        *("turn_down_appeal", "appeal/refusal", Message("不予受理", "Do not take it up")),
        Message("已答复不予受理", "The appeal is not taken up"),
        appeals.turn_down_appeal,
        shapes.TurningDownIn,
    ),
    Act(
        *("state", "appeal/statements", Message("补充意见或证据", "Add a statement or evidence")),
        Message("已加入申诉记录", "It is added to the appeal"),
        appeals.state_on_appeal,
        shapes.StatementIn,
    ),
    Act(
        *("withdraw_appeal", "appeal/withdrawal", Message("撤回申诉", "Take the appeal back")),
        Message("申诉已撤回", "The appeal is taken back"),
        appeals.withdraw_appeal,
        shapes.ReasonIn,
        asks=Message("撤回后对同一结果不能再次申诉。", "This result cannot be appealed again after that."),
    ),
    Act(
        *("decide_appeal", "appeal/decision", Message("作出申诉决定", "Decide the appeal")),
        Message("申诉决定已作出并告知本人", "The appeal is decided, and the employee is told"),
        rated(appeals.decide_appeal, some=True),
        shapes.DecisionIn,
        asks=Message(
            "决定作出后不能更改; 变更的结果随即公布。", "A decision is final; a result that it changes is published at once."
        ),
    ),
    Act(
        *("close_appeals", "appeals-closing", Message("结束申诉期, 送审批", "Close the appeals, on to approval")),
        Message("申诉期已结束, 进入审批", "The appeals are closed; approval comes next"),
        publishing.close_appeals,
    ),
    Act(
        *("approve", "approval", Message("审批", "Approve")),
        Message("已批准", "Approved"),
        approving.approve_result,
        shapes.ApprovalIn,
    ),
    Act(
        *("archive", "archive", Message("归档", "Archive")),
        Message("已归档", "Archived"),
        approving.archive_appraisal,
        asks=Message("归档后只有经审批同意的复核才能再改变结果。", "Only an approved review can change it after that."),
    ),
    Act(
        *("request_reopening", "reopening", Message("申请复核", "Ask for a review of the result")),
        Message("复核申请已提交, 由审批人决定", "Your request is in; an approver decides"),
        reopening.request_reopening,
        shapes.ReasonIn,
    ),
    Act(
        *("decide_reopening", "reopening/decision", Message("决定复核申请", "Decide on the request for review")),
        Message("复核申请已答复", "The request is answered"),
        reopening.decide_reopening,
        shapes.GrantIn,
    ),
    Act(
        *("revise", "reopening/revision", Message("改定复核结果", "Decide what the review comes to")),
        Message("复核结果已形成, 请公布", "The reviewed result is made: publish it next"),
        rated(reopening.revise_result, some=True),
        shapes.RevisionIn,
    ),
)
BY_NAME: Mapping[str, Act] = {act.name: act for act in ACTS}
