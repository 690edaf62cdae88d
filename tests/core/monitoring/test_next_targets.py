"""Targets of the next year are proposed from the year's figures, with the rule that says so."""

from dataclasses import replace
from decimal import Decimal as D

from appraisal.core.judging.deviation import Target
from appraisal.core.monitoring.next_targets import Proposed, propose
from tests.rules.kpi_sop.test_kpi_sop import indicator

PASS_RATE = indicator("iqc_pass_rate")
COMPLAINTS = indicator("complaint_rate")
AT_LEAST_98 = Target(">=", D(98))


def of(*values: str, met: bool = True, target: Target | None = AT_LEAST_98) -> Proposed | None:
    return propose(PASS_RATE, target, [(D(value), met) for value in values])


def test_a_target_met_all_year_is_proposed_at_the_mean_with_the_best_beside_it() -> None:
    found = of("98.5", "99", "99.2")
    assert found is not None
    assert (found.operator, found.value, found.rule) == (">=", D("98.9"), "hold_mean")
    assert (found.mean, found.best) == (D("98.9"), D("99.2"))
    assert "3 期全部达到 ≥ 98" in found.line.zh and "all 3 periods met ≥ 98" in found.line.en


def test_a_target_missed_once_is_kept() -> None:
    found = propose(PASS_RATE, AT_LEAST_98, [(D(99), True), (D("97.9"), False), (D(99), True)])
    assert found is not None
    assert (found.value, found.rule) == (D(98), "keep")
    assert "3 期中有 1 期未达标" in found.line.zh


def test_a_figure_that_was_not_judged_is_not_taken_for_met() -> None:
    found = propose(PASS_RATE, AT_LEAST_98, [(D(99), True), (D(99), None)])
    assert found is not None and found.rule == "keep"


def test_a_mean_at_the_target_is_no_reason_to_raise_it_and_one_just_above_is() -> None:
    at, above = of("98", "98"), of("98", "98.0002")
    assert at is not None and at.rule == "keep"
    assert above is not None and above.rule == "hold_mean" and above.value == D("98.0001")


def test_of_what_is_better_lower_the_least_is_best_and_a_strict_target_stays_strict() -> None:
    found = propose(COMPLAINTS, Target("<", D(1)), [(D("0.4"), True), (D("0.6"), True)])
    assert found is not None
    assert (found.operator, found.value, found.best, found.rule) == ("<", D("0.5"), D("0.4"), "hold_mean")


def test_without_a_target_the_mean_is_where_to_start() -> None:
    found = of("97", "98", target=None)
    assert found is not None
    assert (found.operator, found.value, found.rule) == (">=", D("97.5"), "start_at_mean")


def test_nothing_is_proposed_without_figures_or_where_nobody_can_tell_better_from_worse() -> None:
    assert of() is None
    assert propose(replace(PASS_RATE, direction=None), None, [(D(98), None)]) is None


def test_a_target_to_be_hit_is_kept() -> None:
    exact = replace(PASS_RATE, direction="target")
    found = propose(exact, Target("=", D(100)), [(D(100), True), (D(100), True)])
    assert found is not None
    assert (found.rule, found.best) == ("keep", None)
