"""Whom a calibration session looks at, which grades they would have, and which limits of the policy these keep or break."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from appraisal.core.judging.distribution import Violation, limits_for, violations
from appraisal.core.policy.model import Policy
from appraisal.cycles.models import EXTERNAL, Appraisal, Cycle, Sheet
from appraisal.errors import Conflict
from appraisal.people import queries as people
from appraisal.people.models import Employee, Unit
from appraisal.results import queries
from appraisal.results.models import Calibration, CalibrationProposal, Result

MOVE = "close_calibration"


@dataclass(frozen=True)
class Member:
    """Somebody whose grade is looked at: as computed, and as proposed. `unit_id` is that of their last sheet."""

    appraisal_id: int
    employee_id: int
    number: str
    name: str
    step: str
    unit_id: int
    result_id: int | None
    score: Decimal | None
    computed_grade: str | None
    vetoed: bool
    proposed_grade: str | None
    reason: str | None

    @property
    def grade(self) -> str | None:
        """The grade they would have if the session closed now."""
        return self.proposed_grade or self.computed_grade


@dataclass(frozen=True)
class Group:
    """A population that the limits apply to: the whole session, or one unit. `unit` is None for the whole."""

    unit: Unit | None
    size: int
    counts: Mapping[str, int]
    limits: Mapping[str, int]
    broken: tuple[Violation, ...]


def members_of(session: Session, calibration: Calibration, cycle: Cycle) -> list[Member]:
    """Everybody a session looks at, by number, in a number of queries that does not grow with them."""
    units = units_of(session, calibration.unit_id)
    other, given = aliased(Sheet), aliased(CalibrationProposal)
    last = select(func.max(other.from_on)).where(other.appraisal_id == Appraisal.id).scalar_subquery()
    newest = (
        select(func.max(given.id))
        .where(given.calibration_id == calibration.id, given.appraisal_id == Appraisal.id)
        .scalar_subquery()
    )
    # A proposal for a result that has been computed anew since is none any more.
    shown = (col(CalibrationProposal.id) == newest) & (CalibrationProposal.result_id == Result.id)
    columns = (
        *(Appraisal.id, Employee.id, Employee.number, Employee.name, Appraisal.step, func.min(Sheet.unit_id)),
        *(Result.id, Result.score, Result.grade, Result.vetoed, CalibrationProposal.grade, CalibrationProposal.reason),
    )
    found = (
        select(*columns)  # type: ignore[call-overload]
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Sheet, (col(Sheet.appraisal_id) == Appraisal.id) & (Sheet.from_on == last))
        .join(Result, (col(Result.appraisal_id) == Appraisal.id) & queries.is_latest(), isouter=True)
        .join(CalibrationProposal, shown, isouter=True)
        # Contractors are none of those whose grades share a limit (D-01).
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), Sheet.subject != EXTERNAL)
        .group_by(Appraisal.id, Employee.id, Result.id, CalibrationProposal.id)
        .order_by(Employee.number)
    )
    if units is not None:
        found = found.where(col(Sheet.unit_id).in_(units))
    return [_member(*row) for row in session.execute(found)]


def groups_of(session: Session, policy: Policy, members: Sequence[Member]) -> list[Group]:
    """The populations of a session with their grades as proposed, and the limits these keep or break."""
    by_unit: dict[int | None, list[str]] = {}
    single = policy.distribution is None or policy.distribution.scope == "whole"
    for member in members:
        if member.grade is not None:
            by_unit.setdefault(None if single else member.unit_id, []).append(member.grade)
    units = {unit.id: unit for unit in session.exec(select(Unit).where(col(Unit.id).in_([one for one in by_unit if one])))}
    return [
        Group(
            unit=units.get(unit_id),
            size=len(grades),
            counts={band.grade: grades.count(band.grade) for band in policy.bands},
            limits=limits_for(policy, len(grades)),
            broken=violations(policy, grades),
        )
        for unit_id, grades in by_unit.items()
    ]


def is_proposed_for(session: Session, appraisal: Appraisal) -> bool:
    """Whether a grade has been proposed for somebody since they came to their present step."""
    found = select(CalibrationProposal.id).where(
        CalibrationProposal.appraisal_id == appraisal.id, CalibrationProposal.proposed_at >= appraisal.step_since
    )
    return session.exec(found.limit(1)).first() is not None


def step_of(policy: Policy) -> str:
    """The step that closing a session leaves. Raises Conflict `no_calibration` where the workflow has none."""
    for move in policy.workflow.moves:
        if move.action == MOVE:
            return move.from_
    raise Conflict("no_calibration", "制度的流程没有校准步骤", "the workflow of this policy has no calibration")


def impossible(groups: Sequence[Group]) -> tuple[str, str]:
    """In both languages, for how many people the grades as they stand are impossible."""
    zh, en = [], []
    for group in groups:
        for one in group.broken:
            where_zh, where_en = (f"{group.unit.name} ", f"{group.unit.name_en}: ") if group.unit else ("", "")
            most = f"{where_zh}{group.size} 人中 {one.grade} 及以上至多 {one.limit} 人"
            zh.append(f"{most}, 现为 {one.count} 人: {one.too_many} 人不可行")
            en.append(
                f"{where_en}of {group.size} people at most {one.limit} may have {one.grade} or better, {one.count} do:"
                f" impossible for {one.too_many}"
            )
    return "; ".join(zh), "; ".join(en)


def _member(*row: object) -> Member:
    return Member(*row[:9], bool(row[9]), *row[10:])  # type: ignore[arg-type]


def units_of(session: Session, unit_id: int | None) -> frozenset[int] | None:
    """The units a session reaches; None: all."""
    return None if unit_id is None else people.unit_and_below(session, unit_id)
