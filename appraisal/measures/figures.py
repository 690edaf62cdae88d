"""What a figure has to be before it is kept: the agreed form, finite, storable, and one from which the formula gives an actual.

Entered by hand, pushed by a machine or imported: the same words refuse it.
"""

from collections.abc import Mapping
from decimal import Decimal

from appraisal.agreements.drafts import name_of
from appraisal.agreements.fields import require_figures, require_text
from appraisal.core.errors import ScoringError
from appraisal.core.policy.model import Indicator, Policy
from appraisal.core.scoring.rolling import is_weighed
from appraisal.errors import Fault, Invalid
from appraisal.labels import listing
from appraisal.measures import queries
from appraisal.measures.models import ORIGINS
from appraisal.measures.queries import Figure, Spans

LONGEST_SOURCE = 200


def checked_figure(
    policy: Policy,
    item: str,
    own_name: str | None,
    actual: Decimal | None,
    inputs: Mapping[str, Decimal] | None,
    *,
    is_part: bool = False,
) -> Figure:
    """The figure of an agreed item. Raises Invalid, or what the formula refuses as such.

    With `is_part` it is one of those that make the figure of the period; where the formula is computed over the sums of all,
    one of them need not give an actual.
    """
    located = policy.indicators.get(item)
    indicator = located.indicator if located else None
    _require_right_form(item, name_of(policy, item, own_name), indicator, actual, inputs)
    require_figures({"actual": actual} | {f"inputs.{name}": value for name, value in (inputs or {}).items()})
    figure = Figure(actual, dict(inputs) if inputs is not None else None)
    if is_part and is_weighed(policy, item):
        return figure
    try:
        queries.actual_by(policy, item, figure)
    except ScoringError as refusal:
        fault = Fault(refusal.path, refusal.message.zh, refusal.message.en)
        raise Invalid(refusal.code, refusal.message.zh, refusal.message.en, [fault]) from refusal
    return figure


def require_period(where: Spans, sheet_id: int, item: str, name: str, asked: str | None) -> str:
    """The period that a figure is for: the one asked for, or the only one there is. Raises Invalid `bad_period`, naming those
    for which the item's figures are entered."""
    periods = where.of(sheet_id, item)
    if asked in periods or (asked is None and len(periods) == 1):
        return asked or periods[0]
    known = ", ".join(periods)
    if asked is None:
        zh, en = f"「{name}」分期采集, 请写明考核期: {known}", f"{item} is gathered part by part, say for which: {known}"
    else:
        zh, en = f"「{name}」没有 {asked} 的数据, 可填: {known}", f"{item} has no figure for {asked}, only for: {known}"
    raise Invalid("bad_period", zh, en, [Fault("period", zh, en)])


def require_origin(origin: str, source_document: str) -> None:
    """Refuses a figure that does not say where it comes from (R-000-41, R-000-44)."""
    require_text(LONGEST_SOURCE, source_document=source_document)
    if origin not in ORIGINS:
        known = listing("measure_origin", ORIGINS)
        zh, en = f"来源须为: {known.zh}", f"the origin is one of: {', '.join(ORIGINS)}"
        raise Invalid("bad_origin", zh, en, [Fault("origin", zh, en)])


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
