"""Reads of agreements: the one that counts for a sheet, its items and signatures, and what stands around it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, or_, select

from appraisal import db
from appraisal.agreements.drafts import Background, ItemDraft, Joint, target_of
from appraisal.agreements.fields import as_figures
from appraisal.agreements.models import (
    COMPANY,
    DRAFT,
    SIGNED,
    Agreement,
    AgreementItem,
    Amendment,
    Goal,
    PastTarget,
    Signature,
    WeightApproval,
)
from appraisal.core.calendar import Period
from appraisal.core.combine import from_quarters
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.people.models import Employee, ReportingLine
from appraisal.people.queries import employed_on, holds_on, subtrees

# Made once, because an alias takes long to learn its columns.
_own, _above = db.another(ReportingLine), db.another(ReportingLine)


@dataclass(frozen=True)
class Agreed:
    """The agreement that counts for a sheet, with its items in order."""

    agreement: Agreement
    items: tuple[AgreementItem, ...]

    @property
    def is_signed(self) -> bool:
        """Whether it is in force: both have signed exactly this content, or what stands for a signature is on record."""
        return self.agreement.status == SIGNED


def agreed(session: Session, sheet_ids: Collection[int]) -> dict[int, Agreed]:
    """The agreement of each sheet that counts: the one in force, or where there is none the draft.

    What is proposed to amend one in force counts for nothing until it is signed. A sheet without agreement is absent.
    """
    current = select(Agreement).where(col(Agreement.sheet_id).in_(sheet_ids), col(Agreement.status).in_((DRAFT, SIGNED)))
    by_sheet: dict[int, Agreement] = {}
    for agreement in session.exec(current.order_by(Agreement.id)):
        if agreement.status == SIGNED or agreement.sheet_id not in by_sheet:
            by_sheet[agreement.sheet_id] = agreement
    items = items_of(session, [agreement.id for agreement in by_sheet.values()])
    return {sheet_id: Agreed(agreement, tuple(items[agreement.id])) for sheet_id, agreement in by_sheet.items()}


def counts() -> ColumnElement[bool]:
    """The same rule as `agreed` as a condition over `Agreement`: in force, or a draft where nothing is."""
    other = aliased(Agreement)
    in_force = select(other.id).where(other.sheet_id == Agreement.sheet_id, other.status == SIGNED).exists()
    return or_(Agreement.status == SIGNED, and_(Agreement.status == DRAFT, ~in_force))


def draft_on(session: Session, sheet_id: int) -> Agreement | None:
    """The draft of a sheet, a first one or the one that proposes an amendment."""
    return session.exec(select(Agreement).where(Agreement.sheet_id == sheet_id, Agreement.status == DRAFT)).one_or_none()


def last_revisions(session: Session, sheet_ids: Collection[int]) -> dict[int, int]:
    """The number of the last revision of each sheet's agreement, in force or not; none is given twice."""
    found = (
        select(Agreement.sheet_id, func.max(Agreement.revision))
        .where(col(Agreement.sheet_id).in_(sheet_ids))
        .group_by(col(Agreement.sheet_id))
    )
    return dict(session.exec(found).all())


def revisions_of(session: Session, sheet_id: int) -> Sequence[Agreement]:
    """Every agreement a sheet has ever had, oldest first."""
    return session.exec(select(Agreement).where(Agreement.sheet_id == sheet_id).order_by(Agreement.revision)).all()


def amendment_of(session: Session, agreement_id: int) -> Amendment | None:
    """The amendment that a revision proposes or has brought, if it is not the first."""
    return session.exec(select(Amendment).where(Amendment.agreement_id == agreement_id)).one_or_none()


def amendments_of(session: Session, sheet_id: int) -> Sequence[Amendment]:
    """Every amendment ever proposed to the agreements of a sheet, oldest first."""
    found = (
        select(Amendment)
        .join(Agreement, col(Agreement.id) == Amendment.agreement_id)
        .where(Agreement.sheet_id == sheet_id)
        .order_by(Amendment.id)
    )
    return session.exec(found).all()


def approvals_of(session: Session, agreement_id: int) -> Sequence[WeightApproval]:
    """Every word asked for or given on an agreement's weights, oldest first."""
    found = select(WeightApproval).where(WeightApproval.agreement_id == agreement_id).order_by(WeightApproval.id)
    return session.exec(found).all()


def items_of(session: Session, agreement_ids: Collection[int]) -> dict[int, list[AgreementItem]]:
    """The items of agreements, by agreement, in their order."""
    items: dict[int, list[AgreementItem]] = {agreement_id: [] for agreement_id in agreement_ids}
    found = select(AgreementItem).where(col(AgreementItem.agreement_id).in_(agreement_ids)).order_by(AgreementItem.position)
    for item in session.exec(found):
        items[item.agreement_id].append(item)
    return items


def signatures_of(session: Session, agreement_id: int) -> Sequence[Signature]:
    """The signatures under an agreement, first one first."""
    found = select(Signature).where(Signature.agreement_id == agreement_id).order_by(Signature.signed_at, Signature.id)
    return session.exec(found).all()


def has_items(policy: Policy, cycle: Cycle) -> bool:
    """Whether the sheets of a cycle hold items to agree upon: a year that is the mean of its quarters has none (D-24)."""
    return not from_quarters(policy, Period.parse(cycle.period))


def unsigned_sheets(sheets: Collection[Sheet], by_sheet: Mapping[int, Agreed]) -> list[Sheet]:
    """The sheets that still lack a signed agreement."""
    return [sheet for sheet in sheets if not (sheet.id in by_sheet and by_sheet[sheet.id].is_signed)]


def unsigned_in(session: Session, cycle: Cycle) -> Sequence[tuple[Employee, Sheet]]:
    """Whoever is rated in a cycle with the sheets for which no agreement is in force, by employee number."""
    in_force = select(Agreement.id).where(Agreement.sheet_id == Sheet.id, Agreement.status == SIGNED).exists()
    found = (
        select(Employee, Sheet)
        .join(Appraisal, col(Appraisal.employee_id) == Employee.id)
        .join(Sheet, col(Sheet.appraisal_id) == Appraisal.id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), ~in_force)
        .order_by(Employee.number, Sheet.id)
    )
    return session.exec(found).all()


def signed_among(session: Session, agreement_ids: Collection[int]) -> frozenset[int]:
    """The agreements under which anybody has signed."""
    return frozenset(session.exec(select(Signature.agreement_id).where(col(Signature.agreement_id).in_(agreement_ids))))


def draft_of(item: AgreementItem) -> ItemDraft:
    """The stored item as the value it was drafted from."""
    return ItemDraft(
        id=item.item,
        kind=item.kind,  # type: ignore[arg-type]
        weight=item.weight,
        dimension=item.dimension,
        target=item.target,
        challenge=item.challenge,
        threshold=item.threshold,
        baseline=item.baseline,
        curve=item.curve,
        direction=item.direction,  # type: ignore[arg-type]
        name_zh=item.name_zh,
        name_en=item.name_en,
        unit=item.unit,
        factor_max=as_figures(item.factor_max),
        standard=item.standard,
        source=item.source,
        assessor_id=item.assessor_id,
        goal_id=item.goal_id,
        assessors=tuple(Joint(one.assessor_id, one.share) for one in item.joint),
    )


def drafts_of(session: Session, agreement_id: int) -> list[ItemDraft]:
    """The items of one agreement as values, in their order."""
    return [draft_of(item) for item in items_of(session, [agreement_id])[agreement_id]]


def superior_of(session: Session, employee_id: int, on: date) -> int | None:
    """Who supervises somebody's supervisor on a day, by id: the one above both sides of the agreement."""
    own, above, head = aliased(ReportingLine), aliased(ReportingLine), aliased(Employee)
    found = (
        select(above.supervisor_id)
        .join(own, own.supervisor_id == above.employee_id)
        .join(head, head.id == own.supervisor_id)
        .join(Employee, col(Employee.id) == above.supervisor_id)
        .where(own.employee_id == employee_id, holds_on(own, on), holds_on(above, on), employed_on(on))
        .where(head.joined_on <= on, or_(head.left_on.is_(None), head.left_on >= on))
    )
    return session.exec(found).one_or_none()


def led_by_reports_of(employee_id: int, on: date) -> ColumnElement[bool]:
    """The condition over `Employee` that somebody's direct reports supervise that person on a day."""
    found = (
        select(_own.employee_id)
        .join(_above, _above.employee_id == _own.supervisor_id)
        .where(_above.supervisor_id == employee_id, holds_on(_own, on), holds_on(_above, on))
    )
    return col(Employee.id).in_(found)


def backgrounds(session: Session, cycle: Cycle, sheets: Collection[Sheet]) -> dict[int, Background]:
    """What stands around sheets of one cycle, by sheet, in a number of queries that does not grow with them."""
    owners = _owners(session, sheets)
    earlier = _earlier_targets(session, cycle, set(owners.values()))
    goals = goals_for(session, cycle, {sheet.unit_id for sheet in sheets})
    found = {}
    for sheet in sheets:
        own = earlier.get((owners[sheet.id], None), {}) | earlier.get((owners[sheet.id], sheet.policy_post), {})
        found[sheet.id] = Background(own, {goal.id: goal.name for goal in goals[sheet.unit_id]})
    return found


def goals_for(session: Session, cycle: Cycle, unit_ids: Collection[int]) -> dict[int, list[Goal]]:
    """The goals that an item of a unit's people can serve in a cycle, by unit: of the company, the unit and those above it."""
    covering = select(Goal).where(Goal.starts_on <= cycle.starts_on, Goal.ends_on >= cycle.ends_on).order_by(Goal.id)
    goals = session.exec(covering).all()
    below = subtrees(session, {goal.unit_id for goal in goals if goal.unit_id is not None})
    return {
        unit_id: [goal for goal in goals if goal.level == COMPANY or unit_id in below[goal.unit_id]] for unit_id in unit_ids
    }


def _owners(session: Session, sheets: Collection[Sheet]) -> dict[int, int]:
    """Whose each sheet is."""
    found = (
        select(Sheet.id, Appraisal.employee_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .where(col(Sheet.id).in_([sheet.id for sheet in sheets]))
    )
    return dict(session.exec(found).all())


def _earlier_targets(
    session: Session, cycle: Cycle, employee_ids: Collection[int]
) -> dict[tuple[int, str | None], dict[str, Decimal]]:
    """Targets of the same period a year ago by employee and post sheet; under no post those of any, imported ones included.

    What was agreed here goes before what was imported, and the person's own post before another.
    """
    before = _a_year_before(cycle.period)
    found: dict[tuple[int, str | None], dict[str, Decimal]] = {}
    if before is None:
        return found
    imported = select(PastTarget).where(col(PastTarget.employee_id).in_(employee_ids), PastTarget.period == before)
    for row in session.exec(imported):
        found.setdefault((row.employee_id, None), {})[row.item] = row.target
    signed = (
        select(Appraisal.employee_id, Sheet.policy_post, AgreementItem, Cycle)
        .join(Agreement, col(Agreement.id) == AgreementItem.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(Cycle.period == before, Cycle.policy_name == cycle.policy_name, Agreement.status == SIGNED)
        .where(col(Appraisal.employee_id).in_(employee_ids), AgreementItem.kind == "kpi")
        .order_by(Sheet.from_on, Sheet.id)
    )
    for employee_id, post, item, earlier in session.exec(signed):
        # What the item does not say itself, its row or the library said then.
        target = target_of(cycles.policy_of(session, earlier), draft_of(item))
        if target is not None:
            found.setdefault((employee_id, None), {})[item.item] = target
            found.setdefault((employee_id, post), {})[item.item] = target
    return found


def _a_year_before(written: str) -> str | None:
    """The same period a year ago; a 53rd week may have none."""
    period = Period.parse(written)
    try:
        return str(Period.parse(str(Period(period.cadence, period.year - 1, period.number))))
    except ValueError:
        return None
