"""A row of a sheet is an indicator of its own: by itself, or on top of one of the library."""

from dataclasses import replace
from decimal import Decimal

import pytest

from appraisal.core.checks import check_book
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.policy.digest import digest_of
from appraisal.core.policy.model import Policy
from appraisal.core.policy.show import show
from appraisal.core.scoring.items import ScoredItem, score_item
from tests.core.policy.mini import FILES, FIRST_DAY, book_of, files_with, policy_with

FINANCE, WORKSHOP = "rules/mini/indicators/finance.yaml", "weights/mini/workshop.yaml"
OUTPUT = "{id: output, name: {zh: 产量, en: Output}, definition: {zh: 本期产量, en: Output of the period}, unit: 吨, "
ROW = OUTPUT + "direction: higher, source: 生产日报, cadence: quarter}"
GOAL = "levels: order, assessor: 班长, cadence: quarter}"
FACTORS = "factors: [{id: A, name: {zh: 设备, en: Machines}, points: 60}, {id: B, name: {zh: 地面, en: Floor}, points: 40}]"


def policy_with_row(row: str) -> Policy:
    return policy_with(WORKSHOP, (ROW, row))


def collected(**keys: str) -> str:
    """A row on top of the library's collection_rate."""
    written = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"{{id: workshop-collection, indicator: collection_rate{written}}}"


def goal_with_factors(**item: object) -> ScoredItem:
    policy = policy_with(WORKSHOP, (GOAL, f"{FACTORS}, assessor: 班长, cadence: quarter}}"))
    return score_item(policy, replace(Item(id="tidiness", kind="gs", weight=Decimal(100)), **item))  # type: ignore[arg-type]


def test_the_library_stays_the_library_and_the_rows_stand_beside_it() -> None:
    policy = book_of(FILES).on(FIRST_DAY)
    assert [one.indicator.id for one in policy.rows] == ["output", "tidiness"]
    assert {one.indicator.id for one in policy.library}.isdisjoint({"output", "tidiness"})
    assert list(policy.indicators) == [*(one.indicator.id for one in policy.library), "output", "tidiness"]
    assert [one["id"] for one in show(policy)["indicators"]] == [one.indicator.id for one in policy.library]


def test_a_row_by_itself_says_all_there_is_to_say() -> None:
    located = book_of(FILES).on(FIRST_DAY).indicators["output"]
    one = located.indicator
    assert (one.kind, one.unit, one.direction, one.sources, one.cadence) == ("kpi", "吨", "higher", ("生产日报",), ("quarter",))
    assert (located.post, located.dimension, one.applies_to, one.decimals) == ("workshop", None, (), 4)


def test_a_row_on_an_indicator_takes_from_the_library_what_it_does_not_write() -> None:
    policy = policy_with_row(collected(name="{zh: 货款回收, en: Collection}", decimals="2", missing="carry_last"))
    located = policy.indicators["workshop-collection"]
    one, base = located.indicator, policy.indicators["collection_rate"].indicator
    assert (one.formula, one.inputs, one.zero_denominator, one.best_possible) == (
        base.formula,
        base.inputs,
        base.zero_denominator,
        base.best_possible,
    )
    assert (one.definition, one.unit, one.direction) == (base.definition, base.unit, base.direction)
    assert (one.sources, one.cadence, located.dimension) == (base.sources, base.cadence, "finance")
    assert (one.name.zh, one.decimals, one.missing) == ("货款回收", 2, "carry_last")


def test_what_a_row_writes_wins() -> None:
    row = collected(source="出纳日报", cadence="month", unit="分", target="95", dimension="quality", best_possible="110")
    located = policy_with_row(row).indicators["workshop-collection"]
    one = located.indicator
    assert (one.sources, one.cadence, one.unit, located.dimension) == (("出纳日报",), ("month",), "分", "quality")
    assert (one.target, one.challenge, one.operator, one.best_possible) == (Decimal(95), None, None, Decimal(110))


def test_a_goal_of_its_own_never_keeps_the_librarys_challenge() -> None:
    assert policy_with_row(collected()).indicators["workshop-collection"].indicator.challenge == 100
    assert policy_with_row(collected(target="80")).indicators["workshop-collection"].indicator.challenge is None


@pytest.mark.parametrize(("uncertain", "cadence"), [("", ("quarter", "year")), (", uncertain: 缺字", None)])
def test_a_period_in_doubt_is_never_settled_by_the_library(uncertain: str, cadence: object) -> None:
    row = f"{{id: workshop-collection, indicator: collection_rate, cadence: null{uncertain}}}"
    assert policy_with_row(row).indicators["workshop-collection"].indicator.cadence == cadence


def test_a_row_with_its_own_definition_can_be_scored_though_the_library_has_no_formula() -> None:
    files = files_with(FINANCE, ("        direction: lower\n", "        status: incomplete\n"))
    row = "{id: workshop-cost, indicator: cost_control, direction: lower"
    warned = {**files, WORKSHOP: files[WORKSHOP].replace(ROW, f"{row}}}")}
    assert [problem.message[:17] for problem in check_book(book_of(warned))] == ["KPI workshop-cost"]
    whole = {**files, WORKSHOP: files[WORKSHOP].replace(ROW, f"{row}, definition: {{zh: 费用合计, en: Cost in all}}}}")}
    assert check_book(book_of(whole)) == []


def test_a_row_is_scored_under_its_own_id_like_an_indicator_of_the_library() -> None:
    policy = policy_with_row(collected(name="{zh: 货款回收, en: Collection}"))
    figures = {"实际回款": Decimal(95), "应收账款": Decimal(100)}
    scored = score_item(policy, Item(id="workshop-collection", kind="kpi", weight=Decimal(100), inputs=figures))
    assert (scored.score, scored.name_zh, scored.dimension) == (Decimal(90), "货款回收", "finance")


def test_a_mistake_a_row_inherits_is_told_once_where_it_stands() -> None:
    files = files_with(FINANCE, ("formula: 实际回款 / 应收账款 * 100", "formula: 实际回款 / 应收帐款 * 100"))
    alone = check_book(book_of(files))
    files[WORKSHOP] = files[WORKSHOP].replace(ROW, collected())
    assert check_book(book_of(files)) == alone != []


def test_described_levels_of_a_row_come_from_its_set() -> None:
    levels = book_of(FILES).on(FIRST_DAY).indicators["tidiness"].indicator.levels
    assert [(level.rating, level.text, level.en) for level in levels][0] == (95, "始终整洁", "Tidy throughout")


# sub-factors (R-003-48)


def test_a_goal_with_factors_of_its_own_is_rated_by_them() -> None:
    scored = goal_with_factors(factors={"A": Decimal(50), "B": Decimal("30.5")})
    assert scored.score == Decimal("80.5")


@pytest.mark.parametrize(("points", "refused"), [("60", False), ("60.01", True)])
def test_a_factor_gets_at_most_the_points_the_row_gives_it(points: str, refused: bool) -> None:
    given = {"A": Decimal(points), "B": Decimal(0)}
    if not refused:
        assert goal_with_factors(factors=given).score == 60
        return
    with pytest.raises(ScoringError) as error:
        goal_with_factors(factors=given)
    assert (error.value.code, error.value.path) == ("factor_out_of_range", "factors.A")


def test_a_factor_the_row_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(ScoringError) as error:
        goal_with_factors(factors={"A": Decimal(50), "C": Decimal(10)})
    assert (error.value.code, error.value.path) == ("factor_out_of_range", "factors.C")


def test_a_goal_with_factors_takes_no_rating_beside_them() -> None:
    with pytest.raises(ScoringError) as error:
        goal_with_factors(rating=Decimal(90))
    assert error.value.code == "rating_and_factors"


def test_a_goal_whose_factor_is_missing_is_not_rated_yet() -> None:
    with pytest.raises(ScoringError) as error:
        goal_with_factors(factors={"A": Decimal(50)})
    assert error.value.code == "missing_rating"


def test_factors_of_the_agreement_come_before_those_of_the_row() -> None:
    agreed = {"X": Decimal(100)}
    assert goal_with_factors(factors={"X": Decimal(70)}, factor_max=agreed).score == 70


# fingerprints


def test_keys_left_out_do_not_change_the_fingerprint() -> None:
    policy = book_of(FILES).on(FIRST_DAY)
    written = ROW.replace("}}", "}}").removesuffix("}") + ", restored: false, factors: [], assessors: [], inputs: []}"
    assert digest_of(policy_with_row(written)) == digest_of(policy)
    assert digest_of(policy_with_row(ROW.removesuffix("}") + ", restored: true}")) != digest_of(policy)
