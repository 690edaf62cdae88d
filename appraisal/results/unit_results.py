"""部门结果: what units and the company have come to in a cycle, as a document says; it counts once another person confirms it.

Only what a policy ties people to is entered (D-02), and no unit that is appraised by a sheet of its own: that one's approved
result is the unit's (`unit_subjects`). Entries are never changed: a later one corrects, and counts from its confirmation on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from appraisal import audit, clock, db, files
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.calendar import Period
from appraisal.core.numbers import HUNDRED, ZERO
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, OPEN, Cycle
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.files import StoredFile
from appraisal.people import auth
from appraisal.people.models import Unit, UnitHead
from appraisal.people.queries import holds_on
from appraisal.results import unit_subjects
from appraisal.results.models import UnitResult, UnitResultConfirmation, UnitResultFile
from appraisal.results.unit_subjects import Counting

READING = ("hr", "approver", "auditor")
CONFIRMING = ("hr", "approver")


@dataclass(frozen=True)
class Figures:
    """What a document says of a unit: its score out of 100, and what it makes of its people's bonuses, where that is asked."""

    score: Decimal
    coefficient: Decimal | None
    source_document: str
    file_ids: Sequence[int] = ()


def record_unit_result(session: Session, actor: Actor, cycle_id: int, unit_id: int | None, figures: Figures) -> UnitResult:
    """HR enters the result of a unit, or without one of the company, in a running cycle whose policy ties people to it.

    Raises Conflict `already_recorded` (correct that one), `own_sheet`, `not_linked`, `cycle_not_open`; Invalid for figures that
    cannot be; NotAllowed `own_unit` for the head of that unit.
    """
    auth.require_role(actor, "hr", unit=unit_id)
    cycle = _running(session, cycle_id)
    if unit_id is not None and session.get(Unit, unit_id) is None:
        raise Invalid(
            "unknown_unit", "没有这个部门", "there is no such unit", [Fault("unit_id", "没有这个部门", "no such unit")]
        )
    _require_other(session, actor, unit_id)
    db.one_at_a_time(session, f"result of a unit in cycle {cycle_id}")
    known = select(UnitResult.id).where(UnitResult.cycle_id == cycle_id, _of(unit_id))
    if session.exec(known).first() is not None:
        zh, en = "该部门本期已有结果, 请用更正", "this unit has a result in the cycle already: correct that one"
        raise Conflict("already_recorded", zh, en)
    return _add(session, actor, cycle, unit_id, figures)


def correct_unit_result(session: Session, actor: Actor, unit_result_id: int, figures: Figures, *, reason: str) -> UnitResult:
    """A later entry in the place of an earlier one, which counts until this one is confirmed.

    Raises Conflict `already_corrected` over one that is not the latest.
    """
    earlier = find_unit_result(session, actor, unit_result_id)
    auth.require_role(actor, "hr", unit=earlier.unit_id)
    cycle = _running(session, earlier.cycle_id)
    _require_other(session, actor, earlier.unit_id)
    require_text(reason=reason)
    db.one_at_a_time(session, f"result of a unit in cycle {cycle.id}")
    _require_latest(session, earlier)
    return _add(session, actor, cycle, earlier.unit_id, figures, corrects=earlier, reason=reason)


def confirm_unit_result(session: Session, actor: Actor, unit_result_id: int) -> UnitResultConfirmation:
    """HR or an approver other than who entered it vouches for a result; from then on it counts.

    Raises NotAllowed `same_person`, `own_unit`; Conflict `already_confirmed`, `already_corrected`.
    """
    found = find_unit_result(session, actor, unit_result_id)
    auth.require_role(actor, *CONFIRMING, unit=found.unit_id)
    if actor.account_id is None or actor.account_id == found.entered_by:
        zh, en = "部门结果须由录入人以外的人确认", "a unit's result is confirmed by somebody other than who entered it"
        raise NotAllowed("same_person", zh, en)
    _require_other(session, actor, found.unit_id)
    cycle = _running(session, found.cycle_id)
    db.one_at_a_time(session, f"result of a unit in cycle {cycle.id}")
    if session.get(UnitResultConfirmation, unit_result_id) is not None:
        raise Conflict("already_confirmed", "该结果已确认", "this result has been confirmed already")
    _require_latest(session, found)
    confirmation = UnitResultConfirmation(
        unit_result_id=unit_result_id, confirmed_by=actor.account_id, confirmed_at=clock.now()
    )
    session.add(confirmation)
    session.flush()
    audit.record(session, actor, "unit_result.confirm", "unit_result", unit_result_id, after=_shown(found))
    return confirmation


# Reads


def counting(session: Session, cycle_id: int) -> dict[int | None, Counting]:
    """The result of each unit in a cycle that counts, the company's under None: that of its own sheet, or where it has none the
    latest confirmed entry."""
    found = (
        select(UnitResult)
        .join(UnitResultConfirmation, col(UnitResultConfirmation.unit_result_id) == UnitResult.id)
        .where(UnitResult.cycle_id == cycle_id)
        .order_by(UnitResult.id)
    )
    entered = {one.unit_id: Counting(one.unit_id, one.score, one.coefficient) for one in session.exec(found)}
    own = unit_subjects.own_results(session, session.get_one(Cycle, cycle_id))
    return {unit: one for unit, one in (entered | own).items() if one is not None}


def readable(actor: Actor, cycle_id: int | None) -> Any:
    """The select of the entries the actor may read, each with unit, confirmation and the entry in its place. Roles limited to
    units read those of their units, never the company's (D-23)."""
    if not actor.holds(*READING):
        raise auth.for_others(*READING)
    later = aliased(UnitResult)
    found = (
        select(UnitResult, Unit, UnitResultConfirmation, later.id.label("corrected_by"))  # type: ignore[union-attr]
        .outerjoin(Unit, col(Unit.id) == UnitResult.unit_id)
        .outerjoin(UnitResultConfirmation, col(UnitResultConfirmation.unit_result_id) == UnitResult.id)
        .outerjoin(later, later.corrects_id == UnitResult.id)
    )
    limits = [actor.units_of(role) for role in READING if role in actor.roles]
    if None not in limits:
        found = found.where(col(UnitResult.unit_id).in_({unit for some in limits if some is not None for unit in some}))
    return found if cycle_id is None else found.where(UnitResult.cycle_id == cycle_id)


def find_unit_result(session: Session, actor: Actor, unit_result_id: int) -> UnitResult:
    """An entry for those who may read it. Raises NotFound for others."""
    found = session.get(UnitResult, unit_result_id)
    if found is None:
        raise NotFound()
    if not actor.has(*READING, unit=found.unit_id):
        raise NotFound(hidden=True)
    return found


def files_of(session: Session, unit_result_ids: Collection[int]) -> dict[int, list[StoredFile]]:
    """The documents of entries, by entry."""
    return files.attached(session, UnitResultFile, UnitResultFile.unit_result_id, unit_result_ids)


def find_file(session: Session, actor: Actor, unit_result_id: int, file_id: int) -> StoredFile:
    """A document of an entry, for those who may read that. Raises NotFound."""
    find_unit_result(session, actor, unit_result_id)
    if session.get(UnitResultFile, (unit_result_id, file_id)) is None:
        raise NotFound()
    return files.by_id(session, file_id)


# What every entry is held to


def _add(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    unit_id: int | None,
    figures: Figures,
    corrects: UnitResult | None = None,
    reason: str | None = None,
) -> UnitResult:
    if actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的账号办理", "this is done by a named account")
    _check(session, cycle, unit_id, figures)
    evidence = files.own(session, actor, list(dict.fromkeys(figures.file_ids)))
    added = UnitResult(
        cycle_id=cycle.id,
        unit_id=unit_id,
        score=figures.score,
        coefficient=figures.coefficient,
        source_document=figures.source_document,
        entered_by=actor.account_id,
        entered_at=clock.now(),
        corrects_id=corrects.id if corrects else None,
        reason=reason,
    )
    session.add(added)
    session.flush()
    session.add_all(UnitResultFile(unit_result_id=added.id, file_id=stored.id) for stored in evidence)
    session.flush()
    action = "unit_result.correct" if corrects else "unit_result.record"
    change = {"before": _shown(corrects) if corrects else None, "after": _shown(added)}
    audit.record(session, actor, action, "unit_result", added.id, **change, reason=reason)
    return added


def _check(session: Session, cycle: Cycle, unit_id: int | None, figures: Figures) -> None:
    require_text(200, source_document=figures.source_document)
    if unit_id is not None and unit_id in unit_subjects.appraised_units(session, cycle):
        zh, en = (
            "该部门本期有自己的考核表, 其批准的结果即部门结果, 不另录入 (D-01)",
            "this unit has a sheet of its own in the cycle, whose approved result is the unit's: nothing is entered (D-01)",
        )
        raise Conflict("own_sheet", zh, en)
    to = "company" if unit_id is None else "unit"
    cadence = Period.parse(cycle.period).cadence
    policy = cycles.policy_of(session, cycle)
    links = [link for link in policy.general.unit_links if link.to == to and (not link.cadences or cadence in link.cadences)]
    if not links:
        zh, en = (
            "制度没有让本期的结果与部门或公司结果挂钩 (D-02)",
            "the policy ties nobody in this cycle to the result of a unit or of the company (D-02)",
        )
        raise Conflict("not_linked", zh, en)
    if not ZERO <= figures.score <= HUNDRED:
        zh, en = "得分须在 0 与 100 之间", "a score lies between 0 and 100"
        raise Invalid("bad_score", zh, en, [Fault("score", zh, en)])
    if figures.coefficient is None and any(link.coefficient for link in links):
        zh, en = "制度以系数挂钩, 请填写系数", "the policy ties bonuses to it by a coefficient: give it"
        raise Invalid("coefficient_needed", zh, en, [Fault("coefficient", zh, en)])
    if figures.coefficient is not None and figures.coefficient < ZERO:
        zh, en = "系数不得小于 0", "a coefficient is not below 0"
        raise Invalid("bad_coefficient", zh, en, [Fault("coefficient", zh, en)])


def _running(session: Session, cycle_id: int) -> Cycle:
    cycle = session.get(Cycle, cycle_id)
    if cycle is None or cycle.status == DRAFT:
        zh, en = "没有已开启的这一周期", "there is no such cycle that has opened"
        raise Invalid("unknown_cycle", zh, en, [Fault("cycle_id", zh, en)])
    if cycle.status != OPEN:
        raise Conflict("cycle_not_open", f"周期 {cycle.code} 不在进行中", f"the cycle {cycle.code} is not open")
    return cycle


def _require_other(session: Session, actor: Actor, unit_id: int | None) -> None:
    """Refuses the head of the unit itself, and for the company that of its topmost one: nobody judges what they head (D-05)."""
    if actor.employee_id is None:
        return
    headed = select(UnitHead.id).join(Unit, col(Unit.id) == UnitHead.unit_id)
    headed = headed.where(UnitHead.employee_id == actor.employee_id, holds_on(UnitHead, clock.today()))
    of_it = col(Unit.parent_id).is_(None) if unit_id is None else Unit.id == unit_id
    if session.exec(headed.where(of_it)).first() is not None:
        zh, en = (
            "部门负责人不得录入或确认本部门的结果 (D-05)",
            "nobody enters or confirms the result of a unit they head (D-05)",
        )
        raise NotAllowed("own_unit", zh, en)


def _require_latest(session: Session, found: UnitResult) -> None:
    if session.exec(select(UnitResult.id).where(UnitResult.corrects_id == found.id)).first() is not None:
        zh, en = "该结果已被更正, 请以最新一条为准", "this result has been corrected: take the latest entry"
        raise Conflict("already_corrected", zh, en)


def _of(unit_id: int | None) -> Any:
    return col(UnitResult.unit_id).is_(None) if unit_id is None else UnitResult.unit_id == unit_id


def _shown(found: UnitResult) -> dict[str, Any]:
    names = ("cycle_id", "unit_id", "score", "coefficient", "source_document", "corrects_id")
    return {name: getattr(found, name) for name in names}
