"""Readings to values: stated or computed, composites of other indicators, parts to a period; nothing becomes 0 in silence."""

from dataclasses import replace

import pytest

from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.judging.readings import Reading, reading_problems, roll_up, value_of, values_of
from tests.core.monitoring.watched import MARCH, D, indicator, policy, series

PASSED = {"合格数": D(97), "检验数": D(100)}
RATE = indicator("pass_rate")


def weeks(*parts: dict[str, object]) -> list[Reading]:
    return [Reading(Period("week", 2026, 10 + place), **part) for place, part in enumerate(parts)]  # type: ignore[arg-type]


def refusal(one, reading: Reading) -> str:
    with pytest.raises(ScoringError) as refused:
        value_of(one, reading)
    return refused.value.code


def test_a_value_is_as_stated_or_computed_of_its_inputs() -> None:
    assert value_of(RATE, Reading(MARCH, D(98))) == 98
    assert value_of(RATE, Reading(MARCH, None, PASSED)) == 97
    assert value_of(RATE, Reading(MARCH, D(97), PASSED)) == 97
    assert value_of(RATE, Reading(MARCH)) is None


def test_a_computed_figure_is_never_typed_over() -> None:
    assert refusal(RATE, Reading(MARCH, D(98), PASSED)) == "actual_and_inputs"


def test_a_missing_input_leaves_the_value_missing() -> None:
    assert value_of(RATE, Reading(MARCH, None, {"合格数": D(97), "检验数": None})) is None


def test_nothing_inspected_is_missing_and_complaints_without_shipments_are_wrong() -> None:
    assert value_of(RATE, Reading(MARCH, None, {"合格数": D(0), "检验数": D(0)})) is None
    complaints = indicator("complaint_rate")
    assert value_of(complaints, Reading(MARCH, None, {"投诉数": D(0), "发货数": D(0)})) is None
    assert refusal(complaints, Reading(MARCH, None, {"投诉数": D(3), "发货数": D(0)})) == "zero_denominator"
    assert refusal(complaints, Reading(MARCH, None, {"投诉数": D(3), "发货数": D(-5)})) == "negative_denominator"


@pytest.mark.parametrize(("value", "sound"), [("0", True), ("100", True), ("-0.00000001", False), ("100.00000001", False)])
def test_figures_lie_where_they_can(value: str, sound: bool) -> None:
    if sound:
        assert value_of(RATE, Reading(MARCH, D(value))) == D(value)
    else:
        assert refusal(RATE, Reading(MARCH, D(value))) == "reading_out_of_range"


def test_figures_without_bounds_may_be_anything() -> None:
    assert value_of(indicator("cycle_time"), Reading(MARCH, D("-5"))) == -5


def test_a_composite_is_made_of_the_values_of_others() -> None:
    found = values_of(policy(), {"availability": series("90"), "pass_rate": [Reading(MARCH, None, PASSED)]})
    assert found.at("oee", MARCH) == D("87.3")
    assert found.at("availability", MARCH) == 90


def test_a_composite_lacks_a_value_where_one_of_them_does() -> None:
    found = values_of(policy(), {"availability": series("90", "91"), "pass_rate": series("97", None)})
    assert (found.at("oee", MARCH), found.at("oee", MARCH.previous())) == (None, D("87.3"))


def test_a_reading_that_cannot_be_used_is_told_and_spoils_no_other() -> None:
    found = values_of(policy(), {"pass_rate": series("98", "101"), "cycle_time": series("90")})
    assert found.at("pass_rate", MARCH) is None and found.at("cycle_time", MARCH) == 90
    assert found.problems["pass_rate", MARCH].code == "reading_out_of_range"
    assert found.at("pass_rate", MARCH.previous()) == 98


@pytest.mark.parametrize(
    ("readings", "code"),
    [({"nonsense": series("1")}, "unknown_indicator"), ({"pass_rate": series("1") * 2}, "repeated_period")],
)
def test_readings_of_nothing_known_or_twice_are_refused(readings: dict[str, list[Reading]], code: str) -> None:
    with pytest.raises(ScoringError) as refused:
        values_of(policy(), readings)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "reading", "codes"),
    [
        ("pass_rate", Reading(MARCH, None, PASSED), []),
        ("pass_rate", Reading(MARCH, D(98)), []),
        ("pass_rate", Reading(MARCH, None, {"合格数": D(1)}), ["missing_input"]),
        ("pass_rate", Reading(MARCH), ["missing_input", "missing_input"]),
        ("cycle_time", Reading(MARCH), ["missing_value"]),
        ("pass_rate", Reading(MARCH, D(101)), ["reading_out_of_range"]),
        ("complaint_rate", Reading(MARCH, None, {"投诉数": D(1), "发货数": D(0)}), ["zero_denominator"]),
        ("oee", Reading(MARCH), []),
    ],
)
def test_what_is_wrong_with_a_row_of_an_import(name: str, reading: Reading, codes: list[str]) -> None:
    assert [one.code for one in reading_problems(indicator(name), reading)] == codes


def test_weighted_parts_are_computed_once_over_the_sums_of_their_inputs() -> None:
    parts = weeks({"inputs": {"合格数": D(9), "检验数": D(10)}}, {"inputs": {"合格数": D(900), "检验数": D(990)}})
    whole = roll_up(RATE, MARCH, parts)
    assert (whole.value, whole.inputs) == (D("90.9"), {"合格数": D(909), "检验数": D(1000)})


@pytest.mark.parametrize(("how", "value"), [("sum", "10"), ("mean", "3.3333"), ("last", "5")], ids=lambda one: str(one))
def test_parts_are_added_averaged_or_the_last_one_taken(how: str, value: str) -> None:
    one = replace(indicator("accidents"), roll_up=how)
    whole = roll_up(one, MARCH, weeks({"value": D(2)}, {"value": D(3)}, {"value": D(5)}))
    assert whole.value == D(value)


@pytest.mark.parametrize("how", ["sum", "mean"])
def test_a_part_that_is_missing_leaves_the_whole_missing(how: str) -> None:
    one = replace(indicator("accidents"), roll_up=how)
    assert roll_up(one, MARCH, weeks({"value": D(2)}, {"value": None})).value is None


def test_where_a_part_came_late_or_by_hand_or_was_corrected_the_whole_says_so() -> None:
    parts = weeks({"value": D(1)}, {"value": D(1), "origin": "import", "late": True}, {"value": D(1), "corrected": True})
    whole = roll_up(indicator("accidents"), MARCH, parts)
    assert (whole.value, whole.origin, whole.late, whole.corrected) == (3, "import", True, True)
    by_hand = roll_up(indicator("accidents"), MARCH, [*parts, *weeks({"value": D(0), "origin": "manual"})])
    assert by_hand.origin == "manual"
    assert roll_up(indicator("accidents"), MARCH, parts[:1]).late is False


def test_no_part_at_all_is_no_figure() -> None:
    assert roll_up(indicator("accidents"), MARCH, []).value is None
