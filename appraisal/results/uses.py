"""结果应用: who an approved result puts on which list, and what somebody is to be trained in (R-002-36 to R-002-42).

The lists are what results stored when they were made: nothing is decided anew, and nothing is concluded from them. A person
decides about promotion, transfer or pay; that somebody cannot do their work follows from no grade.
"""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer
from sqlmodel import Session, col, func, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cells import harmless
from appraisal.core.numbers import parse_number, plain
from appraisal.core.policy.model import OutcomeRule, Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, EXTERNAL, Appraisal, Cycle, Sheet
from appraisal.development.models import TrainingNeed
from appraisal.development.service.notes import note_training_need
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.results import table
from appraisal.results.cases import sheets_from_json
from appraisal.results.models import Approval, InForce, Result

READING = ("hr", "approver", "auditor")
BY_SCORE = "pay_raise_priority"
"""The one list that is an order: who comes first, and nothing of how much."""

TRAINING = "training"
HEADINGS = ("次序", "工号", "姓名", "部门", "岗位", "得分", "等级", "批准日期")


@dataclass(frozen=True)
class Weak:
    """An item of an approved result that somebody did badly in."""

    item: str
    name: Text
    score: Decimal


@dataclass(frozen=True)
class Noted:
    """What came of noting needs in bulk: how many people and new needs, and the appraisals with nothing to note."""

    people: int
    needs: int
    without: tuple[int, ...]


def list_of(session: Session, actor: Actor, cycle_id: int, outcome: str) -> tuple[Cycle, OutcomeRule, Any]:
    """A cycle's list of an outcome: its rule, and the select of approved results that stand and have stored it, with `position`
    to order by and `place` in the order of scores. Of those the actor sees as HR, approver or auditor, and themselves.

    Raises NotFound for a cycle that has not opened, Invalid `unknown_outcome` for what its policy does not know.
    """
    if not actor.holds(*READING):
        raise auth.for_others(*READING)
    cycle, policy = _opened(session, cycle_id)
    rule = policy.outcome_rules.get(outcome)
    if rule is None:
        known = ", ".join(policy.outcome_rules)
        zh, en = f"制度没有结果应用“{outcome}”; 可用: {known}", f"the policy has no outcome {outcome}; it has {known}"
        raise Invalid("unknown_outcome", zh, en, [Fault("outcome", zh, en)])
    by_score = col(Result.score).desc()
    order = (by_score, col(Employee.number)) if outcome == BY_SCORE else (col(Employee.number),)
    found = _approved(
        session,
        actor,
        cycle,
        ("employee", *READING),
        *(Result.id, Result.appraisal_id, Result.score, Result.grade, Approval.approved_at),
        *(Employee.id.label("employee_id"), Employee.number, Employee.name),  # type: ignore[union-attr]
        func.rank().over(order_by=by_score).label("place"),
        func.row_number(type_=Integer).over(order_by=order).label("position"),
    ).where(_has_outcome(outcome))
    return cycle, rule, select(found.subquery())


def rows_of(session: Session, outcome: str, page: Sequence[Any]) -> list[dict[str, Any]]:
    """What rows of that select show; only the order of pay raises has places."""
    places = table.places_of(session, [row.appraisal_id for row in page])
    return [
        {
            "place": row.place if outcome == BY_SCORE else None,
            "appraisal_id": row.appraisal_id,
            "employee": {"id": row.employee_id, "number": row.number, "name": row.name},
            "places": places[row.appraisal_id],
            "score": row.score,
            "grade": row.grade,
            "approved_at": row.approved_at,
        }
        for row in page
    ]


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A list as a table that spreadsheets open as it is."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for row in rows:
        units, posts = ("; ".join(dict.fromkeys(place[name]["zh"] for place in row["places"])) for name in ("unit", "post"))
        who, approved_on = row["employee"], row["approved_at"].astimezone(clock.COMPANY_ZONE).date()
        cells = (row["place"], who["number"], who["name"], units, posts, plain(row["score"]), row["grade"], approved_on)
        writer.writerow(map(harmless, cells))
    return text.getvalue().encode("utf-8-sig")


def note_training_needs(
    session: Session,
    actor: Actor,
    cycle_id: int,
    *,
    appraisal_ids: Collection[int] | None = None,
    below: Decimal | None = None,
) -> Noted:
    """HR notes what people are to be trained in: the weakest items of their approved results, or all `below` a score.

    Of the appraisals named, or of everybody whom the policy's outcome `training` names. What has been noted stays as it is.
    """
    if not actor.holds("hr"):
        raise auth.for_others("hr")
    cycle, policy = _opened(session, cycle_id)
    found = _approved(session, actor, cycle, ("hr",), Result, Employee.id)
    if appraisal_ids is None:
        found = found.where(_has_outcome(TRAINING))
    else:
        found = found.where(col(Result.appraisal_id).in_(appraisal_ids))
    chosen = session.execute(found.order_by(Employee.number)).all()
    known = _known_needs(session, [result.appraisal_id for result, _ in chosen])
    people = needs = 0
    without = set(appraisal_ids or ())
    for result, employee_id in chosen:
        weak = weakest(policy, result, below)
        new = [one for one in weak if (result.appraisal_id, one.item) not in known]
        for one in new:
            zh, en = f"{cycle.name}: {one.name.zh}得分 {plain(one.score)}", f"{one.name.en} scored {plain(one.score)}"
            about = {"appraisal_id": result.appraisal_id, "item": one.item}
            note_training_need(session, actor, employee_id, topic=one.name.zh[:200], need=f"{zh} / {en}", **about)
        people += bool(new)
        needs += len(new)
        if weak:
            without.discard(result.appraisal_id)
    return Noted(people, needs, tuple(sorted(without)))


def weakest(policy: Policy, result: Result, below: Decimal | None = None) -> list[Weak]:
    """The items of a result with the lowest score, or all below one, each named once; none where no item was scored."""
    own = {item.id: item.name for sheet in sheets_from_json(result.sheets) for item in sheet.case.items}
    scored = [(one["id"], parse_number(one["score"])) for one in result.outcome["items"] if one["score"] is not None]
    if not scored:
        return []
    lowest = min(score for _, score in scored)
    chosen: dict[str, Decimal] = {}
    for item, score in scored:
        if score < below if below is not None else score == lowest:
            chosen[item] = min(score, chosen.get(item, score))
    return [Weak(item, _name(policy, item, own.get(item)), score) for item, score in chosen.items()]


def _opened(session: Session, cycle_id: int) -> tuple[Cycle, Policy]:
    cycle = session.get(Cycle, cycle_id)
    if cycle is None or cycle.status == DRAFT:
        raise NotFound()
    return cycle, cycles.policy_of(session, cycle)


def _approved(session: Session, actor: Actor, cycle: Cycle, roles: Collection[str], *columns: Any) -> Any:
    """The select of what stands approved in a cycle, of those to whom the actor is one of `roles`. A contractor is promoted,
    trained and paid by nobody here (D-01)."""
    outside = select(Sheet.id).where(Sheet.appraisal_id == Appraisal.id, Sheet.subject == EXTERNAL).exists()
    seen = cycles.seen_by(session, actor, min(clock.today(), cycle.ends_on), roles)
    return (
        select(*columns)
        .join(InForce, col(InForce.result_id) == Result.id)
        .join(Approval, col(Approval.result_id) == Result.id)
        .join(Appraisal, col(Appraisal.id) == Result.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), ~outside, seen)
    )


def _has_outcome(outcome: str) -> Any:
    # Stored as a list of ids: its text holds each between quotes, on both databases.
    return col(Result.outcome)["outcomes"].as_string().contains(f'"{outcome}"', autoescape=True)


def _known_needs(session: Session, appraisal_ids: Collection[int]) -> frozenset[tuple[int | None, str | None]]:
    found = select(TrainingNeed.appraisal_id, TrainingNeed.item).where(col(TrainingNeed.appraisal_id).in_(appraisal_ids))
    return frozenset(session.exec(found).all())


def _name(policy: Policy, item: str, own: str | None) -> Text:
    located = policy.indicators.get(item)
    return located.indicator.name if located else Text(own or item, own or item)
