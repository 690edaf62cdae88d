"""What is shown of answers and what they come to: worked out by hand, each rule on either side of its limit."""

from decimal import Decimal as D

import pytest

from appraisal.feedback.aggregate import Aggregate, Answer, Scale, aggregate, score

SHARES = {"peers": D(40), "team": D(30), "others": D(20), "external": D(10)}
ONE_TO_FIVE = Scale(D(1), D(5), 4)


def answers(*ratings: str) -> list[Answer]:
    return [Answer({"q": D(rating)}, {}) for rating in ratings]


def shown(found: Aggregate) -> list[tuple[tuple[str, ...], D, int]]:
    return [(one.groups, one.share, len(one.answers)) for one in found.shown]


def scored(found: Aggregate, scale: Scale = ONE_TO_FIVE) -> D | None:
    return score([(one.share, len(one.answers), one.sums) for one in found.shown], scale)


@pytest.mark.parametrize(("count", "alone"), [(2, False), (3, True), (4, True)])
def test_a_group_is_shown_by_itself_from_three_answers_on(count: int, alone: bool):
    found = aggregate(SHARES, {"peers": answers(*["4"] * count)}, 3)
    assert shown(found) == ([(("peers",), D(40), count)] if alone else [])
    assert found.withheld == (0 if alone else count)


def test_small_groups_are_shown_together_from_three_answers_on():
    found = aggregate(SHARES, {"peers": answers("3", "3", "3"), "team": answers("5", "5"), "others": answers("1")}, 3)
    assert shown(found) == [(("peers",), D(40), 3), (("team", "others"), D(50), 3)]
    assert found.withheld == 0


def test_small_groups_that_are_two_together_are_withheld_and_do_not_count():
    found = aggregate(SHARES, {"peers": answers("3", "3", "3"), "team": answers("5"), "others": answers("5")}, 3)
    assert shown(found) == [(("peers",), D(40), 3)]
    assert found.withheld == 2
    assert scored(found) == D(50)


def test_a_small_group_alone_is_never_hidden_in_a_large_one():
    found = aggregate(SHARES, {"peers": answers("3", "3", "3"), "team": answers("5", "5")}, 3)
    assert shown(found) == [(("peers",), D(40), 3)]
    assert found.withheld == 2


def test_a_higher_minimum_of_the_policy_holds():
    assert shown(aggregate(SHARES, {"peers": answers("3", "3", "3", "3")}, 5)) == []
    assert shown(aggregate(SHARES, {"peers": answers("3", "3", "3", "3", "3")}, 5)) == [(("peers",), D(40), 5)]


def test_the_groups_count_by_their_shares_however_many_answered():
    # peers: mean 5 = 100 points, six answers; team: mean 2 = 25 points, three. (40·100 + 30·25) / 70 = 67.857142…
    found = aggregate(SHARES, {"peers": answers(*["5"] * 6), "team": answers("2", "2", "2")}, 3)
    assert scored(found) == D("67.8571")


def test_a_merged_group_counts_by_the_shares_of_its_parts():
    # peers: 3 = 50 points × 40; team and others together: (5 + 5 + 2) / 3 = 4 = 75 points × 50. 5750 / 90 = 63.888…
    found = aggregate(SHARES, {"peers": answers("3", "3", "3"), "team": answers("5", "5"), "others": answers("2")}, 3)
    assert scored(found) == D("63.8889")


def test_a_tie_is_rounded_half_up_once():
    # (4 + 4 + 3) / 3 = 11/3: 66.666…; with five answers of which one is 4: 16/5 = 3.2, 55 points exactly
    assert scored(aggregate(SHARES, {"peers": answers("4", "4", "3")}, 3), Scale(D(1), D(5), 0)) == D(67)
    # 3.5 on a scale of 0 to 4 with no decimals: 87.5 becomes 88
    assert scored(aggregate(SHARES, {"peers": answers("3.5", "3.5", "3.5")}, 3), Scale(D(0), D(4), 0)) == D(88)


@pytest.mark.parametrize(("rating", "points"), [("1", "0"), ("3", "50"), ("5", "100")])
def test_the_scale_becomes_points_from_0_to_100(rating: str, points: str):
    assert scored(aggregate(SHARES, {"peers": answers(*[rating] * 3)}, 3)) == D(points)


def test_nothing_shown_is_no_score_and_not_zero():
    assert scored(aggregate(SHARES, {}, 3)) is None
    assert scored(aggregate(SHARES, {"peers": answers("5", "5")}, 3)) is None
