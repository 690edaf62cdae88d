"""Parts of a result by their shares: one part stays as it is, several are averaged and rounded once."""

from decimal import Decimal

import pytest

from appraisal.core.combine import combine
from appraisal.core.inputs import Part
from tests.core.cases import POLICY, code_and_path, trading

OWN_SHEET = (POLICY, "share_veto: whole ", "share_veto: own_sheet ")


def part(share: str, computed: str, score: str | None = None, vetoed: bool = False) -> Part:
    after = "0" if vetoed else score or computed
    return Part("sheet", Decimal(share), Decimal(after), computed=Decimal(computed), vetoed=vetoed)


def test_a_single_part_stays_exactly_as_it_is() -> None:
    (alone,) = parts = [part("31", "84.99999999", "59.12345678")]
    found = combine(trading(), parts)
    assert (found.computed, found.score, found.vetoed) == (alone.before, alone.score, False)


def test_several_parts_count_by_their_shares() -> None:
    found = combine(trading(), [part("30", "90"), part("60", "84")])
    assert (found.computed, found.score) == (Decimal("86"), Decimal("86"))


@pytest.mark.parametrize(("scores", "mean"), [(("80", "80.0001"), "80.0001"), (("80", "80.0002"), "80.0001")])
def test_the_mean_is_rounded_half_up_at_the_precision_of_the_policy(scores: tuple[str, str], mean: str) -> None:
    assert combine(trading(), [part("1", score) for score in scores]).score == Decimal(mean)


def test_thirds_are_rounded_once() -> None:
    assert combine(trading(), [part("1", "80"), part("2", "81")]).score == Decimal("80.6667")
    assert combine(trading((POLICY, "precision: 4", "precision: 0")), [part("1", "80"), part("2", "81")]).score == Decimal("81")


def test_shares_may_be_days_or_points() -> None:
    by_days = combine(trading(), [part("31", "90"), part("59", "70")])
    by_points = combine(trading(), [part("3.1", "90"), part("5.9", "70")])
    assert by_days == by_points


def test_a_veto_in_one_part_voids_the_whole_where_the_policy_says_so() -> None:
    found = combine(trading(), [part("30", "90", vetoed=True), part("60", "84")])
    assert (found.computed, found.score, found.vetoed) == (Decimal("86"), Decimal("0"), True)


def test_a_veto_in_one_part_counts_there_alone_where_the_policy_says_so() -> None:
    found = combine(trading(OWN_SHEET), [part("30", "90", vetoed=True), part("60", "84")])
    assert (found.computed, found.score, found.vetoed) == (Decimal("86"), Decimal("56"), False)


def test_when_every_part_is_vetoed_so_is_the_whole() -> None:
    found = combine(trading(OWN_SHEET), [part("30", "90", vetoed=True), part("60", "84", vetoed=True)])
    assert (found.computed, found.score, found.vetoed) == (Decimal("86"), Decimal("0"), True)


@pytest.mark.parametrize("shares", [[], ["0"], ["-1"], ["30", "0"], ["30", "-30"]])
def test_a_share_of_zero_or_less_is_refused(shares: list[str]) -> None:
    assert code_and_path(combine, trading(), [part(share, "80") for share in shares]) == ("bad_share", "sheets")
