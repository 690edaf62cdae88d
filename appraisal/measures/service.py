"""Use cases of actual figures: record, have another person confirm, correct by a later entry, declare the data complete."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from appraisal import audit, clock, files
from appraisal.actor import Actor
from appraisal.agreements import approvals
from appraisal.agreements import queries as agreements
from appraisal.agreements.drafts import name_of
from appraisal.agreements.fields import as_text, require_text
from appraisal.agreements.service import Context, find_sheet, require_open
from appraisal.core.workflow import first_step
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import OPEN, Appraisal, Cycle, Sheet
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.measures import providers, queries
from appraisal.measures.entries import find_entry
from appraisal.measures.figures import checked_figure, require_origin, require_period
from appraisal.measures.models import Measure, MeasureConfirmation, MeasureFile
from appraisal.measures.queries import Figure, Spans
from appraisal.measures.reach import reach_of
from appraisal.people.models import Employee

MOST_AT_ONCE = 20_000
_STATES = {
    "missing": ("缺少实际值", "has no figure"),
    "unconfirmed": ("的数据尚未确认", "is not confirmed yet"),
    "no_base": ("的分母为 0, 没有实际值", "has no actual, because its base is 0"),
}
_REFUSALS = {
    "same_person": ("数据须由录入人以外的人确认", "a figure is confirmed by somebody other than who entered it"),
    "already_corrected": ("该数据已被更正, 请以最新一条为准", "this figure has been corrected: take the latest entry"),
    "unknown_measure": ("没有这条数据, 或不由您确认", "there is no such entry for you to confirm"),
    "cycle_not_open": ("考核周期不在进行中, 或此人不参评", "its cycle is not open, or the person is not rated"),
}


def record_actual(
    session: Session,
    actor: Actor,
    sheet_id: int,
    item: str,
    *,
    source_document: str,
    period: str | None = None,
    actual: Decimal | None = None,
    inputs: Mapping[str, Decimal] | None = None,
    origin: str = "manual",
    file_ids: Sequence[int] = (),
) -> Measure:
    """Enters the figure of an agreed KPI for the cycle's period, by HR or a data provider to whom it is left (`providers`).

    `period` says for which part of it where the figures are gathered part by part (月度统计、季度考核). An indicator with
    a formula takes its `inputs`, any other its `actual` (D-06). `file_ids` are the evidence. Counts once somebody else has
    confirmed it. Raises Conflict `already_recorded` (correct the entry instead), NotAllowed
    `not_your_figure`, Invalid `bad_period` and for figures that cannot stand.
    """
    context = find_sheet(session, actor, sheet_id)
    require_provider_of(session, actor, context, item)
    policy = cycles.policy_of(session, context.cycle)
    where = queries.spans(session, policy, [sheet_id])
    figure = _checked(session, context, item, actual, inputs, where)
    name = name_of(policy, item)
    period = require_period(where, sheet_id, item, name, period)
    if (sheet_id, item, period) in queries.latest(session, [sheet_id]):
        part = f" {period}" if where.in_parts(sheet_id, item) else ""
        zh, en = f"「{name}」{part}已有数据, 请用更正", f"{item}{part} has a figure already: correct that one"
        raise Conflict("already_recorded", zh, en)
    return _add(session, actor, context, item, period, figure, origin, source_document, file_ids)


def confirm_actual(session: Session, actor: Actor, measure_id: int) -> MeasureConfirmation:
    """Vouches for a figure somebody else has entered. Raises Conflict when it was confirmed or corrected already."""
    measure, _ = _find(session, actor, measure_id)
    if actor.account_id is None or actor.account_id == measure.entered_by:
        raise NotAllowed("same_person", *_REFUSALS["same_person"])
    if queries.confirmation_of(session, measure_id) is not None:
        raise Conflict("already_confirmed", "该数据已确认", "this figure has been confirmed already")
    _require_latest(session, measure)
    _confirm(session, actor, [measure])
    return session.get_one(MeasureConfirmation, measure_id)


def confirm_actuals(session: Session, actor: Actor, measure_ids: Sequence[int]) -> Sequence[int]:
    """Vouches for many figures at once, all or none; those confirmed already are left as they are. Returns the others' ids.

    Raises Invalid `cannot_confirm` naming each that the actor has entered themselves, that has been corrected, or that is none
    of theirs. The number of queries does not grow with the figures.
    """
    if not actor.holds("data_provider", "hr"):
        raise queries.not_a_provider()
    wanted = list(dict.fromkeys(measure_ids))
    if len(wanted) > MOST_AT_ONCE:
        zh, en = f"一次最多确认 {MOST_AT_ONCE} 条", f"at most {MOST_AT_ONCE} figures are confirmed at once"
        raise Invalid("too_many", zh, en, [Fault("measure_ids", zh, en)])
    theirs, closed = _handled(session, actor, wanted)
    corrected = set(session.exec(select(Measure.corrects_id).where(col(Measure.corrects_id).in_(wanted))))
    known = select(MeasureConfirmation.measure_id).where(col(MeasureConfirmation.measure_id).in_(wanted))
    confirmed = set(session.exec(known))

    def refusal(measure_id: int) -> str | None:
        if measure_id not in theirs:
            return "unknown_measure"
        if measure_id in closed:
            return "cycle_not_open"
        if actor.account_id is None or theirs[measure_id].entered_by == actor.account_id:
            return "same_person"
        return "already_corrected" if measure_id in corrected else None

    waiting = [measure_id for measure_id in wanted if measure_id not in confirmed or measure_id not in theirs]
    refused = [(index, code) for index, one in enumerate(waiting) if (code := refusal(one)) is not None]
    if refused:
        faults = [Fault(f"measure_ids[{wanted.index(waiting[index])}]", *_REFUSALS[code]) for index, code in refused[:500]]
        zh, en = f"有 {len(refused)} 条不能确认, 未确认任何数据", f"{len(refused)} cannot be confirmed; nothing has been"
        raise Invalid("cannot_confirm", zh, en, faults)
    _confirm(session, actor, [theirs[measure_id] for measure_id in waiting])
    return waiting


def waiting_of_file(session: Session, actor: Actor, file_id: int) -> Sequence[int]:
    """The entries that an imported file has brought, that have not been corrected and that nobody has confirmed: for who
    confirms the whole file. Raises NotFound for a file that has brought nothing."""
    if not actor.holds("data_provider", "hr"):
        raise queries.not_a_provider()
    brought = session.exec(select(MeasureFile.measure_id).where(MeasureFile.file_id == file_id)).all()
    theirs, _ = _handled(session, actor, brought)
    if not theirs:
        raise NotFound()
    later = set(session.exec(select(Measure.corrects_id).where(col(Measure.corrects_id).in_(brought))))
    known = select(MeasureConfirmation.measure_id).where(col(MeasureConfirmation.measure_id).in_(brought))
    return sorted(set(brought) - later - set(session.exec(known)))


def correct_actual(
    session: Session,
    actor: Actor,
    measure_id: int,
    *,
    source_document: str,
    reason: str,
    actual: Decimal | None = None,
    inputs: Mapping[str, Decimal] | None = None,
    origin: str = "manual",
    file_ids: Sequence[int] = (),
) -> Measure:
    """A later entry that takes the place of an earlier one once it is confirmed; the earlier one stays on record (R-000-45)."""
    measure, context = _find(session, actor, measure_id)
    require_text(reason=reason)
    _require_latest(session, measure)
    where = queries.spans(session, cycles.policy_of(session, context.cycle), [measure.sheet_id])
    figure = _checked(session, context, measure.item, actual, inputs, where)
    more = {"corrects": measure, "reason": reason}
    return _add(session, actor, context, measure.item, measure.period, figure, origin, source_document, file_ids, **more)


def complete_data(session: Session, actor: Actor, appraisal_id: int, *, version: int | None = None) -> str:
    """Declares the data collection of an appraisal done and moves it on to self-assessment; the new step.

    Raises Invalid `agreement_unsigned` where HR has recorded no exception (D-16), Conflict `weights_not_approved` where
    what then goes unsigned leaves the printed weights, or `figures_missing` naming every KPI that
    has no confirmed figure although the policy lets a missing one block the score.
    """
    seen_as = (*cycles.SEEN_AS, "data_provider")
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id, seen_as=seen_as)
    if relations.isdisjoint({"data_provider", "hr"}):
        raise queries.not_a_provider()
    policy = cycles.policy_of(session, cycle)
    sheets = cycles.sheets_of(session, [appraisal_id])[appraisal_id]
    by_sheet = agreements.agreed(session, [sheet.id for sheet in sheets])
    unsigned = agreements.unsigned_sheets(sheets, by_sheet) if agreements.has_items(policy, cycle) else []
    if unsigned and cycles.exception_of(session, appraisal_id) is None:
        posts = "、".join(policy.posts[sheet.policy_post].post.title.zh for sheet in unsigned)
        zh, en = f"责任书尚未双方签署: {posts}", f"the agreement is not signed by both sides: {posts}"
        raise Invalid("agreement_unsigned", zh, en)
    for sheet in unsigned:
        if (draft := by_sheet.get(sheet.id)) is not None:
            approvals.require_unsigned_sound(session, policy, sheet, draft)
    faults = []
    for entry in queries.completeness(session, policy, by_sheet):
        if entry.state != "confirmed" and entry.missing_rule == "block":
            name = name_of(policy, entry.item.item, entry.item.name_zh)
            zh, en = _STATES[entry.state]
            part = f" {entry.period} " if entry.is_part else ""
            faults.append(Fault(entry.item.item, f"「{name}」{part}{zh}", f"{entry.item.item}{part.rstrip()} {en}"))
    if faults:
        zh, en = "; ".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults)
        raise Invalid("figures_missing", f"数据不齐: {zh}", f"the data are not complete: {en}", faults)
    return cycle_service.advance_appraisal(session, actor, appraisal, "confirm_data", version=version)


def require_provider_of(session: Session, actor: Actor, context: Context, item: str) -> None:
    """Refuses who does not provide the figure of an item of this sheet; nobody provides their own (D-05). Raises NotAllowed,
    and Conflict where the case does not run."""
    if context.relations.isdisjoint({"data_provider", "hr"}):
        raise queries.not_a_provider()
    if "hr" not in context.relations:
        policy = cycles.policy_of(session, context.cycle)
        known = providers.assignments(session, context.cycle)
        if item in providers.withheld_from(session, actor, policy, known):
            name = name_of(policy, item)
            zh, en = f"「{name}」由其他数据提供方负责", f"others have been assigned to provide {item}"
            raise NotAllowed("not_your_figure", zh, en)
    require_open(context)


def _find(session: Session, actor: Actor, measure_id: int) -> tuple[Measure, Context]:
    """An entry for somebody who may handle it. Raises NotFound for who does not see it."""
    measure = find_entry(session, actor, measure_id).measure
    context = find_sheet(session, actor, measure.sheet_id)
    require_provider_of(session, actor, context, measure.item)
    return measure, context


def _handled(session: Session, actor: Actor, measure_ids: Sequence[int]) -> tuple[dict[int, Any], set[int]]:
    """The entries among these that the actor handles, by id, and those of them whose case is not running."""
    columns = [getattr(Measure, name) for name in ("id", "entered_by", *queries.SHOWN)]
    entries = session.exec(select(*columns).where(col(Measure.id).in_(measure_ids))).all()
    sheet_ids = {entry.sheet_id for entry in entries}
    running: dict[int, bool] = {}
    as_hr: dict[int, bool] = {}
    withheld: dict[int, frozenset[str]] = {}
    of_sheets = select(Appraisal.cycle_id).join(Sheet, col(Sheet.appraisal_id) == Appraisal.id)
    for cycle in session.exec(select(Cycle).where(col(Cycle.id).in_(of_sheets.where(col(Sheet.id).in_(sheet_ids))))).all():
        reach = reach_of(session, actor, cycle)
        # All sheets of the cycle: a long list of ids inside a join misleads SQLite into reading it once per row.
        found = (
            select(Sheet.id, Appraisal.rated, reach.as_hr.label("as_hr"))
            .select_from(Sheet)
            .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
            .join(Employee, col(Employee.id) == Appraisal.employee_id)
            .where(Appraisal.cycle_id == cycle.id, reach.as_hr | reach.as_provider)
        )
        for sheet_id, rated, is_hrs in session.exec(found):
            running[sheet_id], as_hr[sheet_id] = rated and cycle.status == OPEN, bool(is_hrs)
            withheld[sheet_id] = reach.withheld
    theirs = {
        entry.id: entry
        for entry in entries
        if entry.sheet_id in running and (as_hr[entry.sheet_id] or entry.item not in withheld[entry.sheet_id])
    }
    return theirs, {one for one, entry in theirs.items() if not running[entry.sheet_id]}


def _confirm(session: Session, actor: Actor, entries: Sequence[Any]) -> None:
    now = clock.now()
    vouched = {"confirmed_by": actor.account_id, "confirmed_at": now}
    queries.add_rows(session, MeasureConfirmation, [{"measure_id": entry.id, **vouched} for entry in entries])
    for entry in entries:
        after = queries.shown(entry) | {"confirmed": True}
        audit.record(session, actor, "measure.confirm", "measure", entry.id, before={"confirmed": False}, after=after)


def _require_latest(session: Session, measure: Measure) -> None:
    last = queries.latest(session, [measure.sheet_id])[measure.sheet_id, measure.item, measure.period]
    if last.id != measure.id:
        raise Conflict("already_corrected", *_REFUSALS["already_corrected"])


def _checked(
    session: Session,
    context: Context,
    item: str,
    actual: Decimal | None,
    inputs: Mapping[str, Decimal] | None,
    where: Spans,
) -> Figure:
    """The figure of an agreed item, refused where it could not be stored, computed or told from another."""
    agreed = agreements.agreed(session, [context.sheet.id]).get(context.sheet.id)
    row = next((row for row in agreed.items if row.item == item and row.kind == "kpi"), None) if agreed else None
    if row is None:
        zh, en = f"责任书中没有指标 {item}", f"the agreement has no KPI {item}"
        raise Invalid("not_agreed", zh, en, [Fault("item", zh, en)])
    is_part = where.in_parts(context.sheet.id, item)
    return checked_figure(where.policy, item, row.name_zh, actual, inputs, is_part=is_part)


def _add(
    session: Session,
    actor: Actor,
    context: Context,
    item: str,
    period: str,
    figure: Figure,
    origin: str,
    source_document: str,
    file_ids: Sequence[int],
    *,
    corrects: Measure | None = None,
    reason: str | None = None,
) -> Measure:
    require_origin(origin, source_document)
    evidence = files.own(session, actor, list(dict.fromkeys(file_ids)))
    collecting = first_step(cycles.policy_of(session, context.cycle).workflow).id
    measure = Measure(
        sheet_id=context.sheet.id,
        item=item,
        period=period,
        actual=figure.actual,
        inputs=None if figure.inputs is None else as_text(figure.inputs),
        origin=origin,
        source_document=source_document,
        entered_by=actor.account_id,
        entered_at=clock.now(),
        back_filled=context.appraisal.step != collecting,
        corrects_id=corrects.id if corrects else None,
        reason=reason,
    )
    session.add(measure)
    session.flush()
    session.add_all(MeasureFile(measure_id=measure.id, file_id=one.id) for one in evidence)
    session.flush()
    action = "measure.correct" if corrects else "measure.record"
    before = queries.shown(corrects) if corrects else None
    after = queries.shown(measure) | {"evidence": [one.sha256 for one in evidence]}
    audit.record(session, actor, action, "measure", measure.id, before=before, after=after, reason=reason)
    return measure
