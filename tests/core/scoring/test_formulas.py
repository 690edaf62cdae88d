"""Where an actual comes from: stated or computed, and what each zero-denominator rule does with nothing to divide by."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.policy.model import Indicator, Input, Text
from appraisal.core.scoring.formulas import actual_of


def an_indicator(formula: str | None = "投诉 / 客户 * 100", **changes: Any) -> Indicator:
    plain = Indicator(
        id="complaint_rate",
        name=Text("投诉率", "Complaint rate"),
        kind="kpi",
        definition=Text("投诉客户占比", "Share of customers who complained"),
        unit="%",
        direction="lower",
        formula=formula,
        inputs=(Input(name="投诉", en="Complaints"), Input(name="客户", en="Customers")),
        sources=("台账",),
        cadence=("quarter",),
    )
    return replace(plain, **changes)


def an_item(actual: str | None = None, **inputs: str | None) -> Item:
    figures = {name: None if text is None else Decimal(text) for name, text in inputs.items()}
    stated = None if actual is None else Decimal(actual)
    return Item(id="complaint_rate", kind="kpi", weight=Decimal(10), actual=stated, inputs=figures or None)


def refusal(indicator: Indicator | None, item: Item) -> tuple[str, str]:
    with pytest.raises(ScoringError) as caught:
        actual_of(indicator, item)
    assert caught.value.message.zh
    return caught.value.code, caught.value.path


def test_a_stated_actual_is_taken_as_it_is_and_a_missing_one_stays_missing() -> None:
    assert actual_of(an_indicator(), an_item("1.23456789")) == Decimal("1.23456789")
    assert actual_of(None, an_item("5")) == 5
    assert actual_of(an_indicator(), an_item()) is None


def test_a_computed_actual_is_rounded_half_up_at_the_indicator_s_decimals() -> None:
    assert actual_of(an_indicator(), an_item(投诉="1", 客户="3")) == Decimal("33.3333")
    assert actual_of(an_indicator(decimals=0), an_item(投诉="1", 客户="200")) == 1
    assert actual_of(an_indicator(decimals=0), an_item(投诉="0.99999999", 客户="200")) == 0


@pytest.mark.parametrize(
    ("rule", "nothing_over_nothing", "something_over_nothing"),
    [
        ("no_base", None, None),
        ("no_base_strict", None, "zero_denominator"),
        ("nothing_due", Decimal(100), Decimal(100)),
        (None, "zero_denominator", "zero_denominator"),
    ],
)
def test_a_zero_denominator_follows_the_declared_rule(
    rule: Any, nothing_over_nothing: Any, something_over_nothing: Any
) -> None:
    indicator = an_indicator(zero_denominator=rule)
    for complaints, expected in (("0", nothing_over_nothing), ("3", something_over_nothing)):
        item = an_item(投诉=complaints, 客户="0")
        if isinstance(expected, str):
            assert refusal(indicator, item) == (expected, "inputs")
        else:
            assert actual_of(indicator, item) == expected


@pytest.mark.parametrize("rule", ["no_base", "no_base_strict", "nothing_due", None])
def test_a_negative_denominator_is_an_error_under_every_rule(rule: Any) -> None:
    assert refusal(an_indicator(zero_denominator=rule), an_item(投诉="0", 客户="-1")) == ("negative_denominator", "inputs")
    assert actual_of(an_indicator(zero_denominator=rule), an_item(投诉="0", 客户="0.00000001")) == 0


def test_a_missing_input_makes_the_figure_missing_never_nothing() -> None:
    assert actual_of(an_indicator(), an_item(投诉=None, 客户="3")) is None
    assert actual_of(an_indicator(), an_item(投诉="1")) is None


def test_an_unknown_input_is_named_and_a_declared_but_unused_one_is_not_an_error() -> None:
    assert refusal(an_indicator(), an_item(投诉="1", 客户="3", 订单="9")) == ("unknown_input", "inputs.订单")
    more = an_indicator(inputs=(Input(name="订单", en="Orders"),))
    assert actual_of(more, an_item(投诉="1", 客户="4", 订单="9")) == 25


def test_a_computed_figure_is_never_typed_over() -> None:
    assert actual_of(an_indicator(), an_item("25", 投诉="1", 客户="4")) == 25
    assert actual_of(an_indicator(), an_item("25.0000", 投诉="1", 客户="4")) == 25
    assert refusal(an_indicator(), an_item("25.0001", 投诉="1", 客户="4")) == ("actual_and_inputs", "actual")
    assert refusal(an_indicator(), an_item("25", 投诉="1", 客户=None)) == ("actual_and_inputs", "actual")


def test_inputs_need_a_formula_that_can_be_computed() -> None:
    assert refusal(an_indicator(formula=None), an_item(投诉="1")) == ("inputs_without_formula", "inputs")
    assert refusal(None, an_item(投诉="1")) == ("inputs_without_formula", "inputs")
    assert refusal(an_indicator(formula="投诉 ** 客户"), an_item(投诉="1", 客户="1")) == ("formula_not_allowed", "inputs")
    huge = an_item(投诉="999999999999999", 客户="0.00000001")
    assert refusal(an_indicator(), huge) == ("bad_number", "inputs")
