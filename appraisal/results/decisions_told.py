"""The part of a case that is about its result: layers, explanation, answers, appeals, 复核, and the moves it has made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session, col, select

from appraisal.core.policy.model import Policy
from appraisal.cycles.models import Appraisal
from appraisal.labels import codes, label
from appraisal.results import courses, parts, queries
from appraisal.results.courses import Course
from appraisal.results.models import (
    Acknowledgement,
    Approval,
    ApprovalLink,
    Publication,
    Reopening,
    ReopeningDecision,
    Result,
    StepMove,
)

Named = Callable[..., dict[str, Any] | None]

# How much of a case its reader is shown.
FULL, OWN, PAYROLL, PART = "full", "own", "payroll", "part"


@dataclass(frozen=True)
class Decided:
    """What there is to tell, and whose names it takes."""

    layers: Sequence[Row[Any]] = ()
    shown: Row[Any] | None = None
    preliminary: bool = False
    outcome: Mapping[str, Any] | None = None
    parts: Sequence[Mapping[str, Any]] = ()
    figures_only: bool = False
    links: Mapping[int, Sequence[ApprovalLink]] = field(default_factory=dict)
    answers: Sequence[Acknowledgement] = ()
    appeals: Sequence[Course] = ()
    files: Mapping[int, Sequence[int]] = field(default_factory=dict)
    reopenings: Sequence[tuple[Reopening, ReopeningDecision | None]] = ()
    moves: Sequence[StepMove] = ()

    @property
    def latest(self) -> Row[Any] | None:
        """The last layer."""
        return self.layers[-1] if self.layers else None

    @property
    def published(self) -> Row[Any] | None:
        """The last layer that the employee has been shown."""
        return next((one for one in reversed(self.layers) if one.published_at is not None), None)

    @property
    def approved(self) -> Row[Any] | None:
        """The approved layer that stands."""
        return next((one for one in reversed(self.layers) if one.approved_at is not None), None)

    @property
    def is_granted(self) -> bool:
        """Whether 复核 of the approved layer that stands has been granted."""
        approved = self.approved
        return approved is not None and any(
            decision is not None and decision.granted and one.result_id == approved.id for one, decision in self.reopenings
        )

    @property
    def accounts(self) -> set[int]:
        """The accounts to be named."""
        acts = [act.account_id for course in self.appeals for act in course.acts if act.employee_id is None]
        found = {*(one.computed_by for one in self.layers), *(one.entered_by for one in self.answers), *acts}
        found |= {one.account_id for one in self.moves} | {one.account_id for one, _ in self.reopenings}
        return {one for one in found if one is not None}

    @property
    def employees(self) -> set[int]:
        """The employees to be named."""
        found = {act.employee_id for course in self.appeals for act in course.acts}
        found |= {link.approver_id for links in self.links.values() for link in links}
        found |= {who for one in self.answers for who in (one.witness_id, one.second_witness_id)}
        found |= {one.employee_id for one, _ in self.reopenings} | {one.employee_id for _, one in self.reopenings if one}
        return {one for one in found if one is not None}

    def as_told(self, named: Named) -> dict[str, Any]:
        """The same as fields of the case."""
        return {
            "layers": [self._layer(one, named) for one in self.layers],
            "result": self.shown and self._figures(self.shown),
            "explanation": self.outcome,
            "parts": parts.tell(self.parts),
            "acknowledgements": [_answer(one, named) for one in self.answers],
            "appeals": [self._appeal(one, named) for one in self.appeals],
            "reopenings": [_reopening(*one, named) for one in self.reopenings],
            "moves": [_move(one, named) for one in self.moves],
        }

    def _figures(self, row: Row[Any]) -> dict[str, Any]:
        told = not self.figures_only
        preliminary = self.preliminary and row is self.shown
        return {
            "result_id": row.id,
            "layer": row.layer,
            "preliminary": preliminary,
            "computed_score": row.computed_score if told else None,
            "score": row.score if told else None,
            "grade": row.grade,
            # What a proposed result would pay is nobody's to count on yet.
            "multiplier": None if preliminary else row.multiplier,
            "vetoed": row.vetoed if told else None,
            "published_at": row.published_at,
            "approved_at": row.approved_at,
        }

    def _layer(self, row: Row[Any], named: Named) -> dict[str, Any]:
        links = self.links.get(row.id, ())
        figures = self._figures(row)
        return figures | {
            "seq": row.seq,
            "reason": None if self.figures_only or figures["preliminary"] else row.reason,
            "computed_by": named(None, row.computed_by),
            "computed_at": row.computed_at,
            "approvals": [
                {"link": one.link, "approver": named(one.approver_id), "approved_at": one.approved_at, "note": one.note}
                for one in links
            ],
        }

    def _appeal(self, course: Course, named: Named) -> dict[str, Any]:
        return {
            "id": course.appeal.id,
            "result_id": course.appeal.result_id,
            "late": course.appeal.late,
            "state": course.state,
            "filed_at": course.appeal.filed_at,
            "accept_by": course.accept_by,
            "decide_by": course.decide_by,
            "acts": [
                {
                    "id": act.id,
                    "kind": act.kind,
                    "text": act.text,
                    "wanted": act.wanted,
                    "ground": act.ground,
                    "delayed_because": act.delayed_because,
                    "result_id": act.result_id,
                    "by": named(act.employee_id, act.account_id),
                    "at": act.acted_at,
                    "file_ids": list(self.files.get(act.id or 0, ())),
                }
                for act in course.acts
            ],
        }


def load(session: Session, appraisal: Appraisal, policy: Policy) -> Decided:
    """Everything there is to tell about the result of an appraisal, in a few queries."""
    if not appraisal.rated:
        return Decided()
    layers = _layers(session, appraisal.id)
    ids = [one.id for one in layers]
    links: dict[int, list[ApprovalLink]] = {}
    if ids:
        for link in session.exec(select(ApprovalLink).where(col(ApprovalLink.result_id).in_(ids)).order_by(ApprovalLink.id)):
            links.setdefault(link.result_id, []).append(link)
    appeals = courses.courses_of(session, policy, appraisal.id) if ids else []
    acts = [act.id for course in appeals for act in course.acts if act.id]
    return Decided(
        layers=layers,
        links=links,
        answers=session.exec(select(Acknowledgement).where(col(Acknowledgement.result_id).in_(ids))).all() if ids else (),
        appeals=appeals,
        files=courses.files_of(session, acts) if acts else {},
        reopenings=queries.reopenings_of(session, appraisal.id) if ids else (),
        moves=session.exec(select(StepMove).where(StepMove.appraisal_id == appraisal.id).order_by(StepMove.id)).all(),
    )


def shown_to(session: Session, scope: str, appraisal: Appraisal, policy: Policy, everything: Decided) -> Decided:
    """What of it a reader of this scope is told, with the explanation of the layer that they see last."""
    layers = everything.layers
    preliminary = False
    if scope == PART:
        return Decided()
    if scope == PAYROLL:
        approved = [one for one in layers if one.approved_at is not None][-1:]
        return Decided(layers=approved, shown=approved[0] if approved else None, figures_only=True)
    if scope == OWN:
        published = [one for one in layers if one.published_at is not None]
        # At the interview the supervisor shows what is proposed (D-18); whatever was published before stands beside it.
        preliminary = bool(layers) and _is_at_interview(policy, appraisal) and layers[-1].published_at is None
        layers = [*published, layers[-1]] if preliminary else published
    shown = layers[-1] if layers else None
    if shown is None:
        return replace(everything, layers=layers, preliminary=preliminary)
    beside = col(Result.sheets)[(0, "case", "parts")].label("parts")
    outcome, stored = session.exec(select(Result.outcome, beside).where(Result.id == shown.id)).one()
    # Its reasons tell the rating of every goal, which is not for the person before publication.
    told = {"outcome": None if preliminary else outcome, "parts": stored or ()}
    return replace(everything, layers=layers, shown=shown, preliminary=preliminary, **told)


def _layers(session: Session, appraisal_id: int | None) -> list[Row[Any]]:
    columns = (
        *(Result.id, Result.seq, Result.layer, Result.computed_score, Result.score, Result.grade, Result.multiplier),
        *(Result.vetoed, Result.reason, Result.computed_by, Result.computed_at),
    )
    found = (
        select(*columns, Publication.published_at, Approval.approved_at)  # type: ignore[call-overload]
        .outerjoin(Publication, col(Publication.result_id) == Result.id)
        .outerjoin(Approval, col(Approval.result_id) == Result.id)
        .where(Result.appraisal_id == appraisal_id)
        .order_by(Result.seq)
    )
    return list(session.execute(found))


def _is_at_interview(policy: Policy, appraisal: Appraisal) -> bool:
    return any(move.action == "record_interview" and move.from_ == appraisal.step for move in policy.workflow.moves)


def _answer(one: Acknowledgement, named: Named) -> dict[str, Any]:
    return {
        "result_id": one.result_id,
        "answer": one.answer,
        "comment": one.comment,
        "file_id": one.file_id,
        "witnesses": [named(who) for who in (one.witness_id, one.second_witness_id) if who is not None],
        "entered_by": named(None, one.entered_by),
        "at": one.acknowledged_at,
    }


def _reopening(request: Reopening, decision: ReopeningDecision | None, named: Named) -> dict[str, Any]:
    return {
        "id": request.id,
        "result_id": request.result_id,
        "reason": request.reason,
        "by": named(request.employee_id, request.account_id),
        "at": request.requested_at,
        "granted": decision.granted if decision else None,
        "decided_because": decision.reason if decision else None,
        "decided_by": named(decision.employee_id) if decision else None,
        "decided_at": decision.decided_at if decision else None,
    }


def _move(one: StepMove, named: Named) -> dict[str, Any]:
    words = label("action", one.action) if one.action in codes("action") else {"zh": one.action, "en": one.action}
    return {
        "action": one.action,
        "action_name": words,
        "from_step": one.from_step,
        "to_step": one.to_step,
        "reason": one.reason,
        "by": named(None, one.account_id),
        "at": one.moved_at,
    }
