"""Use cases of actual figures: record, have another person confirm, correct by a later entry, declare the data complete."""

from collections.abc import Mapping
from decimal import Decimal

from sqlmodel import Session

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.checks import name_of
from appraisal.agreements.fields import as_text, require_figures, require_text
from appraisal.agreements.service import Context, find_sheet, require_open
from appraisal.core.errors import ScoringError
from appraisal.core.policy.model import Indicator
from appraisal.core.workflow import first_step
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.labels import listing
from appraisal.measures import queries
from appraisal.measures.models import ORIGINS, Measure, MeasureConfirmation
from appraisal.measures.queries import Figure

LONGEST_SOURCE = 200
_STATES = {
    "missing": ("缺少实际值", "has no figure"),
    "unconfirmed": ("的数据尚未确认", "is not confirmed yet"),
    "no_base": ("的分母为 0, 没有实际值", "has no actual, because its base is 0"),
}


def record_actual(
    session: Session,
    actor: Actor,
    sheet_id: int,
    item: str,
    *,
    source_document: str,
    actual: Decimal | None = None,
    inputs: Mapping[str, Decimal] | None = None,
    origin: str = "manual",
) -> Measure:
    """Enters the figure of an agreed KPI for the cycle's period, by a data provider or HR.

    An indicator with a formula takes its `inputs`, any other its `actual` (D-06). Counts once somebody else has confirmed it.
    Raises Conflict `already_recorded` (correct the entry instead), Invalid for figures that cannot stand.
    """
    context = _require_provider(session, actor, sheet_id)
    figure = _checked_figure(session, context, item, actual, inputs)
    if (sheet_id, item) in queries.latest(session, [sheet_id]):
        name = name_of(cycles.policy_of(session, context.cycle), item)
        zh, en = f"「{name}」已有数据, 请用更正", f"{item} has a figure already: correct that one"
        raise Conflict("already_recorded", zh, en)
    return _add(session, actor, context, item, figure, origin, source_document)


def confirm_actual(session: Session, actor: Actor, measure_id: int) -> MeasureConfirmation:
    """Vouches for a figure somebody else has entered. Raises Conflict when it was confirmed or corrected already."""
    measure, _ = _find(session, actor, measure_id)
    if actor.account_id is None or actor.account_id == measure.entered_by:
        zh, en = "数据须由录入人以外的人确认", "a figure is confirmed by somebody other than who entered it"
        raise NotAllowed("same_person", zh, en)
    if queries.confirmation_of(session, measure_id) is not None:
        raise Conflict("already_confirmed", "该数据已确认", "this figure has been confirmed already")
    _require_latest(session, measure)
    confirmation = MeasureConfirmation(measure_id=measure_id, confirmed_by=actor.account_id, confirmed_at=clock.now())
    session.add(confirmation)
    session.flush()
    after = _shown(measure) | {"confirmed": True}
    audit.record(session, actor, "measure.confirm", "measure", measure.id, before={"confirmed": False}, after=after)
    return confirmation


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
) -> Measure:
    """A later entry that takes the place of an earlier one once it is confirmed; the earlier one stays on record."""
    measure, context = _find(session, actor, measure_id)
    require_text(reason=reason)
    _require_latest(session, measure)
    figure = _checked_figure(session, context, measure.item, actual, inputs)
    return _add(session, actor, context, measure.item, figure, origin, source_document, corrects=measure, reason=reason)


def complete_data(session: Session, actor: Actor, appraisal_id: int, *, version: int | None = None) -> str:
    """Declares the data collection of an appraisal done and moves it on to self-assessment; the new step.

    Raises Invalid `agreement_unsigned`, or `figures_missing` naming every KPI that has no confirmed figure although the policy
    lets a missing one block the score.
    """
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id)
    if relations.isdisjoint({"data_provider", "hr"}):
        raise _not_a_provider()
    policy = cycles.policy_of(session, cycle)
    sheets = cycles.sheets_of(session, [appraisal_id])[appraisal_id]
    by_sheet = agreements.agreed(session, [sheet.id for sheet in sheets])
    if unsigned := agreements.unsigned_sheets(sheets, by_sheet):
        posts = "、".join(policy.posts[sheet.policy_post].post.title.zh for sheet in unsigned)
        zh, en = f"责任书尚未双方签署: {posts}", f"the agreement is not signed by both sides: {posts}"
        raise Invalid("agreement_unsigned", zh, en)
    faults = []
    for entry in queries.completeness(session, policy, by_sheet):
        if entry.state != "confirmed" and entry.missing_rule == "block":
            name = name_of(policy, entry.item.item, entry.item.name_zh)
            zh, en = _STATES[entry.state]
            faults.append(Fault(entry.item.item, f"「{name}」{zh}", f"{entry.item.item} {en}"))
    if faults:
        zh, en = "; ".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults)
        raise Invalid("figures_missing", f"数据不齐: {zh}", f"the data are not complete: {en}", faults)
    return cycle_service.advance_appraisal(session, actor, appraisal, "confirm_data", version=version)


def _require_provider(session: Session, actor: Actor, sheet_id: int) -> Context:
    context = find_sheet(session, actor, sheet_id)
    if context.relations.isdisjoint({"data_provider", "hr"}):
        raise _not_a_provider()
    require_open(context)
    return context


def _not_a_provider() -> NotAllowed:
    return NotAllowed("not_allowed", "数据由数据提供部门或人力资源部办理", "figures are for data providers and HR")


def _find(session: Session, actor: Actor, measure_id: int) -> tuple[Measure, Context]:
    measure = session.get(Measure, measure_id)
    if measure is None:
        raise NotFound()
    return measure, _require_provider(session, actor, measure.sheet_id)


def _require_latest(session: Session, measure: Measure) -> None:
    last = queries.latest(session, [measure.sheet_id])[measure.sheet_id, measure.item]
    if last.id != measure.id:
        zh, en = "该数据已被更正, 请以最新一条为准", "this figure has been corrected: take the latest entry"
        raise Conflict("already_corrected", zh, en)


def _checked_figure(
    session: Session, context: Context, item: str, actual: Decimal | None, inputs: Mapping[str, Decimal] | None
) -> Figure:
    """The figure of an agreed item, refused where it could not be stored, computed or told from another."""
    agreed = agreements.agreed(session, [context.sheet.id]).get(context.sheet.id)
    row = next((row for row in agreed.items if row.item == item and row.kind == "kpi"), None) if agreed else None
    if row is None:
        zh, en = f"责任书中没有指标 {item}", f"the agreement has no KPI {item}"
        raise Invalid("not_agreed", zh, en, [Fault("item", zh, en)])
    policy = cycles.policy_of(session, context.cycle)
    located = policy.indicators.get(item)
    indicator = located.indicator if located else None
    _require_right_form(item, name_of(policy, item, row.name_zh), indicator, actual, inputs)
    require_figures({"actual": actual} | {f"inputs.{name}": value for name, value in (inputs or {}).items()})
    figure = Figure(actual, dict(inputs) if inputs is not None else None)
    try:
        queries.actual_by(policy, item, figure)
    except ScoringError as refusal:
        fault = Fault(refusal.path, refusal.message.zh, refusal.message.en)
        raise Invalid(refusal.code, refusal.message.zh, refusal.message.en, [fault]) from refusal
    return figure


def _require_right_form(
    item: str, name: str, indicator: Indicator | None, actual: Decimal | None, inputs: Mapping[str, Decimal] | None
) -> None:
    if indicator is not None and indicator.formula is not None:
        names = {declared.name for declared in indicator.inputs}
        given = {name for name, value in (inputs or {}).items() if value is not None}
        if actual is not None or inputs is None or given != names or inputs.keys() != names:
            asked = ", ".join(declared.name for declared in indicator.inputs)
            zh = f"「{name}」由公式计算, 请填全部原始数据: {asked}"
            en = f"{item} is computed: enter all of its inputs: {asked}"
            raise Invalid("inputs_needed", zh, en, [Fault("inputs", zh, en)])
    elif actual is None or inputs is not None:
        zh, en = f"「{name}」没有公式, 请填实际值", f"{item} has no formula: enter its actual"
        raise Invalid("actual_needed", zh, en, [Fault("actual", zh, en)])


def _add(
    session: Session,
    actor: Actor,
    context: Context,
    item: str,
    figure: Figure,
    origin: str,
    source_document: str,
    *,
    corrects: Measure | None = None,
    reason: str | None = None,
) -> Measure:
    require_text(LONGEST_SOURCE, source_document=source_document)
    if origin not in ORIGINS:
        known = listing("measure_origin", ORIGINS)
        raise Invalid("bad_origin", f"来源须为: {known.zh}", f"the origin is one of: {', '.join(ORIGINS)}")
    collecting = first_step(cycles.policy_of(session, context.cycle).workflow).id
    measure = Measure(
        sheet_id=context.sheet.id,
        item=item,
        period=context.cycle.period,
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
    action = "measure.correct" if corrects else "measure.record"
    before = _shown(corrects) if corrects else None
    audit.record(session, actor, action, "measure", measure.id, before=before, after=_shown(measure), reason=reason)
    return measure


def _shown(measure: Measure) -> dict[str, object]:
    said: dict[str, object] = {"sheet_id": measure.sheet_id, "item": measure.item, "period": measure.period}
    said |= {"actual": measure.actual, "inputs": measure.inputs, "source_document": measure.source_document}
    return said | {"origin": measure.origin, "back_filled": measure.back_filled, "corrects_id": measure.corrects_id}
