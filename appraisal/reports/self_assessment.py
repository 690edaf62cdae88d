"""自评与考核评分表: per item what was agreed and reached, and what the person and those who judge say of it.

Before publication the person's own copy holds what they wrote themselves; who rates together with others is told what they gave
once all have rated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.core.numbers import add, parse_number
from appraisal.core.policy.model import Policy, Text
from appraisal.measures import entries
from appraisal.measures import queries as measures
from appraisal.reports.case_told import About, Case, Said, case_of
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.queries import measured_in, titled
from appraisal.results import so_far
from appraisal.results.so_far import SoFar
from appraisal.reviews.models import DECISION, GOAL_RATING, SELF_ASSESSMENT, SUPERVISOR_REVIEW
from appraisal.reviews.queries import Key

TITLE = Text("绩效自评与考核评分表", "Self-assessment and review sheet")
_ROLES = {
    SELF_ASSESSMENT: Text("述职与自评", "Self-assessment"),
    SUPERVISOR_REVIEW: Text("直接上级评语", "Supervisor's comment"),
    GOAL_RATING: Text("评定人意见", "Assessor's comment"),
    DECISION: Text("申诉或复核改评理由", "Reasons of a decision"),
}
_SIGNERS = {
    SELF_ASSESSMENT: Text("本人（自评）", "Employee (self-assessment)"),
    SUPERVISOR_REVIEW: Text("直接上级（评分）", "Supervisor (review)"),
    GOAL_RATING: Text("评定人", "Assessor"),
}
_HANDED_IN = Text("已在系统中提交", "handed in on the screen")


@dataclass(frozen=True)
class Together:
    """One of several who rate a goal together: their share in per cent, and what they gave, where it may be told."""

    name: str
    share: Decimal
    rated: bool
    points: Decimal | None


@dataclass(frozen=True)
class ReviewedItem:
    """An item with what was said of it. A goal has ratings, by factor where it has factors; a KPI a figure and its evidence.
    `score` and `weighted` are those of the result that is told; None is missing, never 0."""

    name: Text
    is_goal: bool
    measured_in: Text | None
    weight: Decimal
    target: Decimal | None
    challenge: Decimal | None
    actual: Decimal | None
    own: Decimal | None
    given: Decimal | None
    factors: tuple[tuple[Text, Decimal | None, Decimal | None], ...]
    assessor: str | None
    together: tuple[Together, ...]
    evidence: tuple[str, ...]
    score: Decimal | None
    weighted: Decimal | None


@dataclass(frozen=True)
class ReviewedSheet:
    """The items of one post."""

    post: Text
    items: tuple[ReviewedItem, ...]


@dataclass(frozen=True)
class Total:
    """The result that is told, by the time this was made."""

    score: Decimal
    computed_score: Decimal
    grade: str
    grade_name: Text
    vetoed: bool
    published: bool


@dataclass(frozen=True)
class ReviewSheet:
    """The sheet whole. `judged`: what others say of the person is told; to the person only once it is published."""

    filing: Filing
    head: Head
    about: About
    step: Text
    judged: bool
    sheets: tuple[ReviewedSheet, ...]
    statements: tuple[Said, ...]
    total: Total | None
    signatures: tuple[Signature, ...]


def tell_review(session: Session, actor: Actor, appraisal_id: int) -> ReviewSheet:
    """The sheet of a case. Raises NotFound for who may not see it whole, and where nobody is rated."""
    case = case_of(session, actor, appraisal_id)
    told = case.told
    written = [one for one in told["entries"] if one["kind"] in _ROLES]
    latest = _latest(written)
    at = max([case.appraisal.step_since, *(one["entered_at"] for one in latest)])
    judged = not case.own or any(layer["published_at"] is not None for layer in told["layers"])
    return ReviewSheet(
        filing=case.filing(),
        head=case.head(TITLE, at),
        about=case.about,
        step=told["step_name"],
        judged=judged,
        sheets=_sheets(session, case),
        statements=(*(_said(one) for one in latest), *_opinions(told["former_opinions"])),
        total=_total(case),
        signatures=_signatures(case, latest, judged),
    )


FORM = Form("self_assessment", TITLE, "appraisal", tell_review, kept="appraisal")


def _latest(written: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of each kind and author what was handed in last, in the order of the sheet."""
    last = {(one["kind"], one["author"]["id"]): one for one in written}
    single = {kind: [key for key in last if key[0] == kind][-1:] for kind in (SELF_ASSESSMENT, SUPERVISOR_REVIEW)}
    return [last[key] for kind in _ROLES for key in single.get(kind, [key for key in last if key[0] == kind])]


def _said(entry: Mapping[str, Any]) -> Said:
    return Said(_ROLES[entry["kind"]], entry["author"]["name"], entry["entered_at"], entry["comment"])


def _opinions(opinions: Sequence[Mapping[str, Any]]) -> list[Said]:
    written = Text("前任上级意见", "Opinion of a former supervisor")
    waived = Text("前任上级意见从略的原因", "Why a former supervisor's opinion is left out")
    return [
        Said(
            written if one["opinion"] else waived,
            one["supervisor"]["name"],
            one["entered_at"],
            one["opinion"] or one["waived_because"],
        )
        for one in opinions
    ]


def _sheets(session: Session, case: Case) -> tuple[ReviewedSheet, ...]:
    sheets = case.told["sheets"]
    by_sheet = agreements.agreed(session, [one["id"] for one in sheets])
    reached = so_far.items_so_far(session, case.appraisal, case.cycle, by_sheet)
    decided, evidence = _decided(case), _evidence(session, list(by_sheet))
    return tuple(
        ReviewedSheet(
            titled(one["post"], one["subject"]["kind"]),
            tuple(
                _item(case.policy, item, reached.get(key), decided.get(key), evidence.get(key, ()))
                for item in one["items"]
                for key in [(one["id"], item["item"])]
            ),
        )
        for one in sheets
    )


def _item(
    policy: Policy, told: Mapping[str, Any], reached: SoFar | None, decided: Mapping[str, Any] | None, evidence: Sequence[str]
) -> ReviewedItem:
    located = policy.indicators.get(told["item"])
    names = {one.id: one.name for one in located.indicator.factors} if located else {}
    own, given = told["own_rating"] or {}, told["rating"] or {}
    factors = {**(own.get("factors") or {}), **(given.get("factors") or {})}
    score, weighted = ((decided or {}).get(name) for name in ("score", "weighted"))
    return ReviewedItem(
        name=told["name"],
        is_goal=told["kind"] == "gs",
        measured_in=measured_in(told["unit"]),
        weight=told["weight"],
        target=told["target"],
        challenge=told["challenge"],
        actual=reached.actual if reached and told["kind"] == "kpi" else None,
        own=_points(own),
        given=_points(given),
        factors=tuple(
            (names.get(one, Text(one, one)), (own.get("factors") or {}).get(one), (given.get("factors") or {}).get(one))
            for one in factors
        ),
        assessor=told["assessor"]["name"] if told["assessor"] else None,
        together=tuple(
            Together(one["person"]["name"], one["share"], one["rated"], _points(one["given"] or {}))
            for one in told["assessors"]
        ),
        evidence=tuple(evidence),
        score=parse_number(score) if score is not None else None,
        weighted=parse_number(weighted) if weighted is not None else None,
    )


def _points(given: Mapping[str, Any]) -> Decimal | None:
    """A rating, or what its factors come to."""
    factors = given.get("factors")
    return add(*factors.values()) if factors else given.get("rating")


def _decided(case: Case) -> dict[Key, Mapping[str, Any]]:
    """The scores of the result that is told, where it is about these very items."""
    keys = [(sheet["id"], item["item"]) for sheet in case.told["sheets"] for item in sheet["items"]]
    items = (case.told["explanation"] or {}).get("items", [])
    return dict(zip(keys, items, strict=True)) if [one["id"] for one in items] == [item for _, item in keys] else {}


def _evidence(session: Session, sheet_ids: Sequence[int]) -> dict[Key, list[str]]:
    """By item what the figures that count rest on: the document named with each, and the files with it."""
    counted = measures.confirmed(session, sheet_ids)
    files = entries.files_of(session, [one.id or 0 for one in counted.values()])
    found: dict[Key, list[str]] = {}
    for (sheet_id, item, _), one in counted.items():
        proofs = found.setdefault((sheet_id, item), [])
        proofs += [one.source_document, *(file.name for file in files[one.id or 0])]
    return {key: list(dict.fromkeys(proofs)) for key, proofs in found.items()}


def _total(case: Case) -> Total | None:
    result = case.told["result"]
    if result is None or result["preliminary"] or result["score"] is None:
        return None
    name = next(
        (band.name for band in case.policy.bands if band.grade == result["grade"]), Text(result["grade"], result["grade"])
    )
    figures = result["score"], result["computed_score"], result["grade"]
    return Total(*figures, name, bool(result["vetoed"]), result["published_at"] is not None)


def _signatures(case: Case, latest: Sequence[Mapping[str, Any]], judged: bool) -> tuple[Signature, ...]:
    """Who handed in what and when; lines to sign by hand for the person and the supervisor who have not."""
    done = [one for one in latest if one["kind"] in _SIGNERS]
    found = [Signature(_SIGNERS[one["kind"]], one["author"]["name"], one["entered_at"], remark=_HANDED_IN) for one in done]
    kinds = {one["kind"] for one in done}
    if SELF_ASSESSMENT not in kinds:
        found.insert(0, Signature(_SIGNERS[SELF_ASSESSMENT], case.about.employee_name))
    if SUPERVISOR_REVIEW not in kinds and judged:
        found.insert(1, Signature(_SIGNERS[SUPERVISOR_REVIEW]))
    return tuple(found)
