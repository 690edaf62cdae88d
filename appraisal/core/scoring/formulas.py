"""An item's actual: stated, or computed from raw figures by its indicator's formula. Curves only ever see the result."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from appraisal.core.errors import FormulaError, ScoringError
from appraisal.core.formula import NegativeDenominator, ZeroDenominator, parse_formula
from appraisal.core.inputs import Item
from appraisal.core.numbers import HUNDRED, plain
from appraisal.core.policy.model import Indicator

NOTHING_DUE: Final = HUNDRED


def actual_of(indicator: Indicator | None, item: Item) -> Decimal | None:
    """The actual, or None where it is missing; a computed one is rounded half-up at the indicator's `decimals`.

    Raises ScoringError `inputs_without_formula`, `unknown_input`, `zero_denominator`, `negative_denominator`,
    `actual_and_inputs` (a computed figure is never typed over, D-06), or the formula's own code.
    """
    if item.inputs is None:
        return item.actual
    if indicator is None or indicator.formula is None:
        zh = f"{item.id} 没有公式, 不能由原始数据计算; 请填 actual"
        en = f"{item.id} has no formula to use the inputs; state its actual"
        raise ScoringError("inputs_without_formula", "inputs", zh, en)
    computed = _computed(indicator, indicator.formula, item.inputs)
    if item.actual is not None and item.actual != computed:
        shown = "—" if computed is None else plain(computed)
        zh = f"同时给出实际值 {plain(item.actual)} 与原始数据 (算得 {shown}), 两者不符; 请只留原始数据"
        en = f"the actual {plain(item.actual)} and the inputs (which give {shown}) disagree; keep the inputs only"
        raise ScoringError("actual_and_inputs", "actual", zh, en)
    return computed


def _computed(indicator: Indicator, text: str, inputs: Mapping[str, Decimal | None]) -> Decimal | None:
    try:
        formula = parse_formula(text)
        known = {*formula.names, *(declared.name for declared in indicator.inputs)}
        for name in inputs:
            if name not in known:
                listing = ", ".join(formula.names)
                zh, en = f"公式没有用到「{name}」; 可用: {listing}", f"the formula does not use {name!r}; it uses: {listing}"
                raise ScoringError("unknown_input", f"inputs.{name}", zh, en)
        values = {name: value for name, value in inputs.items() if value is not None}
        if any(name not in values for name in formula.names):
            return None
        return formula.decimal(values, indicator.decimals)
    except ZeroDenominator as zero:
        return _without_base(indicator, text, zero.numerator_is_zero)
    except NegativeDenominator:
        zh = f"公式 {text} 的分母小于 0, 比率没有意义; 请核对数据"
        en = f"a denominator of {text} is negative, the ratio has no meaning; check the figures"
        raise ScoringError("negative_denominator", "inputs", zh, en) from None
    except FormulaError as refused:
        zh, en = f"公式 {text} 不能计算: {refused.message}", f"the formula {text} cannot be computed: {refused.message}"
        raise ScoringError(refused.code, "inputs", zh, en) from None


def _without_base(indicator: Indicator, text: str, numerator_is_zero: bool) -> Decimal | None:
    """What a zero denominator means here: nothing to measure (missing), nothing due (100), or bad figures (R-001-21, G-22)."""
    rule = indicator.zero_denominator
    if rule == "nothing_due":
        return NOTHING_DUE
    if rule == "no_base" or (rule == "no_base_strict" and numerator_is_zero):
        return None
    zh, en = f"公式 {text} 的分母为 0; 请核对数据", f"a denominator of {text} is 0; check the figures"
    raise ScoringError("zero_denominator", "inputs", zh, en)
