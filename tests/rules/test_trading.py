"""The trading policy holds what its source holds: rows, dimensions, profiles, cycles; what it adds is marked assumed."""

from collections import Counter
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import Policy

ROOT = Path(__file__).parents[2]
SILENT = ("direction", "zero_denominator", "decimals", "cadence", "curve", "levels")


@cache
def trading() -> Policy:
    book, problems = load_book(read_files(ROOT), "trading")
    assert book is not None, problems
    return book.on(date(2026, 3, 31))


def test_thirty_source_rows_stand_in_five_dimensions_of_8_7_6_5_and_4() -> None:
    rows = {(entry.dimension, entry.indicator.source_row) for entry in trading().library}
    assert Counter(dimension for dimension, _ in rows) == {"finance": 8, "customer": 7, "operations": 6, "team": 5, "risk": 4}


def test_the_split_document_row_makes_31_indicators_of_30_rows() -> None:
    rows = Counter(entry.indicator.source_row for entry in trading().library)
    assert sum(rows.values()) == 31
    assert [row for row, times in rows.items() if times == 2] == ["002 运营与效率 3"]


def test_the_two_rows_that_cannot_be_computed_are_goals_with_described_levels() -> None:
    goals = [entry.indicator for entry in trading().library if entry.indicator.kind == "gs"]
    assert {goal.id for goal in goals} == {"brand_awareness", "cross_department_collaboration"}
    assert all(goal.levels for goal in goals)


def test_the_five_profiles_are_those_of_article_5() -> None:
    profiles = {post: [str(weight) for weight in entry.post.dimensions.values()] for post, entry in trading().posts.items()}
    assert profiles == {
        "sales": ["60", "30", "10"],
        "purchasing": ["50", "40", "10"],
        "documents_logistics": ["60", "20", "20"],
        "marketing": ["50", "30", "20"],
        "functional": ["40", "40", "20"],
    }


def test_posts_without_a_profile_are_refused_with_a_reason_in_both_languages() -> None:
    assert {post.id for post in trading().refused} == {"customer_service", "management", "administration", "risk_control"}
    assert all(post.reason.zh and post.reason.en for post in trading().refused)


def test_every_value_an_indicator_needs_and_the_source_does_not_give_is_marked_assumed() -> None:
    unmarked = [
        (entry.indicator.id, key)
        for entry in trading().library
        for key in SILENT
        if _stated(entry.indicator, key) and key not in {assumed.key for assumed in entry.indicator.assumed}
    ]
    assert not unmarked


def test_every_wording_of_an_audience_means_some_post() -> None:
    wordings = {audience.name for audience in trading().general.audiences}
    assert {wording for entry in trading().library for wording in entry.indicator.applies_to} == wordings


def test_the_multiplier_of_grade_a_is_the_only_assumed_one() -> None:
    assert [band.grade for band in trading().bands if "multiplier" in {assumed.key for assumed in band.assumed}] == ["A"]
    assert [band.multiplier for band in trading().bands] == [Decimal(text) for text in ("1.5", "1.2", "1.0", "0.5", "0")]


def test_only_quarter_and_year_pay() -> None:
    assert {cycle.cadence: cycle.pays for cycle in trading().general.cycles} == {"month": False, "quarter": True, "year": True}


def _stated(indicator: object, key: str) -> bool:
    """Whether the rule says something for the key; decimals only count where a formula is rounded by them."""
    if key == "decimals":
        return getattr(indicator, "formula", None) is not None
    return bool(getattr(indicator, key))
