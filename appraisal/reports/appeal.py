"""申诉表与处理决定: one appeal against one published result, everything that was said to it, and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from appraisal import files
from appraisal.actor import Actor
from appraisal.core.policy.model import Text
from appraisal.errors import NotFound
from appraisal.reports.case_told import About, Case, case_of
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.results.models import ACCEPTED, DISMISSED, FILED, REJECTED, STATED, UPHELD, WITHDRAWN, Appeal
from appraisal.reviews.models import INTERVIEW, SUPERVISOR_REVIEW

TITLE = Text("绩效考核申诉表与处理决定", "Appeal and decision")
_ENDING = (REJECTED, WITHDRAWN, UPHELD, DISMISSED)
_STATES = {
    FILED: Text("待受理", "to be taken up"),
    ACCEPTED: Text("已受理，待决定", "taken up, to be decided"),
    REJECTED: Text("不予受理", "not taken up"),
    WITHDRAWN: Text("已撤回", "taken back"),
    UPHELD: Text("申诉成立，变更结果", "upheld: the result is changed"),
    DISMISSED: Text("申诉不成立，维持结果", "dismissed: the result stands"),
}
_GROUNDS = {"late": Text("逾期提出", "it came late"), "out_of_scope": Text("不属申诉范围", "it is about something else")}
_SIDES = {
    FILED: Text("申诉人", "Who appeals"),
    ACCEPTED: Text("受理人（人力资源部）", "Taken up by (HR)"),
    REJECTED: Text("不予受理的经办人", "Not taken up by"),
    WITHDRAWN: Text("撤回人", "Taken back by"),
    UPHELD: Text("决定人", "Decided by"),
    DISMISSED: Text("决定人", "Decided by"),
}
_ENTERED = Text("已在系统中办理", "done on the screen")


@dataclass(frozen=True)
class Figures:
    """What a result came to."""

    score: Decimal
    grade: str
    grade_name: Text


@dataclass(frozen=True)
class Act:
    """One act of the appeal: who said what and when, with the names of the files that came with it."""

    kind: str
    name: str
    at: datetime
    text: str
    files: tuple[str, ...] = ()
    wanted: str | None = None
    ground: Text | None = None
    delayed_because: str | None = None


@dataclass(frozen=True)
class AppealDocument:
    """An appeal whole. `before` is the result it is against, `after` what an upheld one has made, where it may be told."""

    filing: Filing
    head: Head
    about: About
    assessor: str | None
    reviewed_at: datetime | None
    interviewed_on: date | None
    published_at: datetime | None
    late: bool
    state: Text
    answer_by: date | None
    decide_by: date | None
    before: Figures | None
    after: Figures | None
    filed: Act
    taken_up: Act | None
    statements: tuple[Act, ...]
    ended: Act | None
    upheld: bool
    signatures: tuple[Signature, ...]


def tell_appeal(session: Session, actor: Actor, appeal_id: int) -> AppealDocument:
    """One appeal. Raises NotFound for who may not see the case whole."""
    row = session.get(Appeal, appeal_id)
    if row is None:
        raise NotFound()
    case = case_of(session, actor, row.appraisal_id)
    told = next((one for one in case.told["appeals"] if one["id"] == appeal_id), None)
    if told is None:
        raise NotFound()
    names = {one.id: one.name for one in files.by_ids(session, [n for act in told["acts"] for n in act["file_ids"]]).values()}
    acts = [_act(one, names) for one in told["acts"]]
    ended = next((one for one in acts if one.kind in _ENDING), None)
    against = next((one for one in case.told["layers"] if one["result_id"] == row.result_id), None)
    made = next((one["result_id"] for one in told["acts"] if one["result_id"] is not None), None)
    review, talk = _last(case, SUPERVISOR_REVIEW), _last(case, INTERVIEW)
    return AppealDocument(
        filing=case.filing(appeal_id),
        head=case.head(TITLE, acts[-1].at, f"-A{appeal_id}"),
        about=case.about,
        assessor=review["author"]["name"] if review else None,
        reviewed_at=review["entered_at"] if review else None,
        interviewed_on=talk["interview"]["held_on"] if talk else None,
        published_at=against["published_at"] if against else None,
        late=told["late"],
        state=_STATES[told["state"]],
        answer_by=told["accept_by"],
        decide_by=told["decide_by"],
        before=_figures(case, against),
        after=_figures(case, next((one for one in case.told["layers"] if one["result_id"] == made), None)),
        filed=acts[0],
        taken_up=next((one for one in acts if one.kind == ACCEPTED), None),
        statements=tuple(one for one in acts if one.kind == STATED),
        ended=ended,
        upheld=ended is not None and ended.kind == UPHELD,
        signatures=_signatures(acts, ended),
    )


def appeals_of_case(session: Session, appraisal_id: int) -> Sequence[int]:
    """The appeals of an appraisal, the first one first."""
    found = select(Appeal.id).where(Appeal.appraisal_id == appraisal_id).order_by(Appeal.id)
    return [one for one in session.exec(found) if one is not None]


FORM = Form("appeal", TITLE, "appeal", tell_appeal, kept="appraisal", of_case=appeals_of_case)


def _last(case: Case, kind: str) -> Mapping[str, Any] | None:
    return next((one for one in reversed(case.told["entries"]) if one["kind"] == kind), None)


def _act(told: Mapping[str, Any], names: Mapping[int | None, str]) -> Act:
    return Act(
        kind=told["kind"],
        name=told["by"]["name"] if told["by"] else "—",
        at=told["at"],
        text=told["text"],
        files=tuple(names[one] for one in told["file_ids"]),
        wanted=told["wanted"],
        ground=_GROUNDS[told["ground"]] if told["ground"] else None,
        delayed_because=told["delayed_because"],
    )


def _figures(case: Case, layer: Mapping[str, Any] | None) -> Figures | None:
    if layer is None or layer["score"] is None:
        return None
    named = next(
        (band.name for band in case.policy.bands if band.grade == layer["grade"]), Text(layer["grade"], layer["grade"])
    )
    return Figures(layer["score"], layer["grade"], named)


def _signatures(acts: Sequence[Act], ended: Act | None) -> tuple[Signature, ...]:
    """Who did what on the screen; a line for who is still to decide."""
    found = [Signature(_SIDES[one.kind], one.name, one.at, remark=_ENTERED) for one in acts if one.kind in _SIDES]
    return tuple(found if ended else [*found, Signature(_SIDES[DISMISSED])])
