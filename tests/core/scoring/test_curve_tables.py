"""Curves that read points from tables, or add and take them by events and steps: both sides of each edge, what they refuse."""

from tests.core.scoring.sampled_curves import CLOSING_DAY, MATRIX, PER_3_PERCENT, curve, reading, refusal, score, scores

# Tables


def test_closed_upper_edges_belong_to_the_better_step() -> None:
    scoring = curve("steps", steps=CLOSING_DAY, otherwise=0)
    found = scores(scoring, (-1, "24.99", 25, "25.01", 30, "30.01"), "lower")
    assert found == ["100", "100", "100", "60", "60", "0"]


def test_open_upper_edges_belong_to_the_worse_step() -> None:
    scoring = curve("steps", steps=[{"below": 25, "points": 100}, {"below": 30, "points": 60}], otherwise=0)
    assert scores(scoring, ("24.99", 25, "29.99", 30), "lower") == ["100", "60", "60", "0"]


def test_lower_edges_open_and_closed() -> None:
    scoring = curve("steps", steps=[{"above": 95, "points": 100}, {"from": 90, "points": 80}], otherwise=10)
    assert scores(scoring, ("95.01", 95, 90, "89.99")) == ["100", "80", "80", "10"]


def test_open_and_closed_edges_may_share_one_figure_the_narrower_first() -> None:
    down = curve("steps", steps=[{"above": 5, "points": 100}, {"from": 5, "points": 50}], otherwise=0)
    assert scores(down, ("5.01", 5, "4.99")) == ["100", "50", "0"]
    up = curve("steps", steps=[{"below": 5, "points": 100}, {"upto": 5, "points": 50}], otherwise=0)
    assert scores(up, ("4.99", 5, "5.01"), "lower") == ["100", "50", "0"]


def test_a_step_on_attainment_compares_exactly() -> None:
    scoring = curve("steps", steps=[{"from": "33.33333333", "points": 50}], otherwise=0, of="attainment")
    assert score(scoring, actual=1, target=3) == "50"
    above = curve("steps", steps=[{"from": "33.33333334", "points": 50}], otherwise=0, of="attainment")
    assert score(above, actual=1, target=3) == "0"
    assert refusal(scoring, actual=1, target=0) == ("target_not_positive", "target")
    assert refusal(scoring, actual=1, target=None) == ("target_missing", "target")


def test_a_step_on_deviation_looks_at_both_sides_of_the_target() -> None:
    scoring = curve("steps", steps=[{"upto": 5, "points": 100}, {"upto": 10, "points": 60}], otherwise=0, of="deviation")
    found = scores(scoring, (190, "189.99999", 210, "210.00001", 180, 220, "220.00001"), "target", target=200)
    assert found == ["100", "60", "100", "60", "60", "60", "0"]


def test_half_open_steps_take_the_highest_lower_bound_reached() -> None:
    table = [{"from": "25.08", "points": 100}, {"from": "20.64", "points": 90}, {"from": "16.21", "points": 80}]
    scoring = curve("half_open_steps", steps=table)
    found = scores(scoring, ("25.08", "25.07999999", "20.64", "20.63", "16.21", "16.20", -3))
    assert found == ["100", "90", "90", "80", "80", "0", "0"]
    by_share = curve("half_open_steps", steps=table, otherwise=5, of="attainment")
    assert scores(by_share, ("250.8", "250.79", 1), target=1000) == ["100", "90", "5"]


def test_between_two_levels_points_lie_on_a_line() -> None:
    levels = [{"at": 60, "points": 40}, {"at": 80, "points": 60}, {"at": 100, "points": 100}]
    scoring = curve("interpolate", levels=levels, below=5)
    found = scores(scoring, ("59.99", 60, 70, "79.99", 80, 90, "99.99", 100, 300))
    assert found == ["5", "40", "50", "59.99", "60", "80", "99.98", "100", "100"]
    assert score(scoring, actual="66.66666") == "46.6667"
    assert score(curve("interpolate", levels=[{"at": 3, "points": 70}], below=0), actual=3) == "70"


def test_levels_may_fall_and_may_be_shares_of_the_target() -> None:
    falling = curve("interpolate", levels=[{"at": 0, "points": 100}, {"at": 10, "points": 0}], below=100)
    assert scores(falling, (-1, 0, 4, 10, 11), "lower") == ["100", "100", "60", "0", "0"]
    shares = curve("interpolate", levels=[{"at": 90, "points": 70}, {"at": 100, "points": 100}], below=0, of="attainment")
    assert scores(shares, ("269.99", 270, 280, 300), target=300) == ["0", "70", "80", "100"]


def test_a_matrix_is_read_by_two_factors_each_at_its_lower_bound() -> None:
    scoring = curve("matrix", **MATRIX)
    cells = [(200, 90), (200, "89.99"), (200, "79.99"), (199, 95), (180, 80), ("179.99", 95)]
    assert [score(scoring, actual=a, actual2=b, target=200) for a, b in cells] == ["100", "80", "10", "70", "50", "10"]
    assert refusal(scoring, actual=200, target=200) == ("actual2_missing", "actual2")
    assert refusal(scoring, actual=None, actual2=1, target=200) == ("actual_missing", "actual")


# Deductions and events


def test_deduct_takes_points_for_each_event_down_to_the_floor() -> None:
    scoring = curve("deduct", points=15, floor=20)
    assert scores(scoring, (0, 1, "0.5", 5, 6, 99), "lower") == ["100", "85", "92.5", "25", "20", "20"]
    assert score(curve("deduct", points=5, start=60), "zero", actual=2) == "50"
    assert refusal(scoring, "lower", actual=-1) == ("actual_negative", "actual")
    assert refusal(scoring, "higher", actual=1) == ("direction_unsuited", "direction")


def test_zero_tolerance_gives_all_for_none_and_the_declared_deduction_or_nothing_after() -> None:
    strict, declared = curve("zero_tolerance"), curve("zero_tolerance", deduction=40)
    assert scores(strict, (0, 1, 2), "zero") == ["100", "0", "0"]
    assert scores(declared, (0, 1, 2, 3), "zero") == ["100", "60", "20", "0"]
    assert score(strict, "zero", actual="0.00000001") == "0"
    assert refusal(strict, "zero", actual=-1) == ("actual_negative", "actual")
    assert refusal(strict, "higher", actual=0) == ("direction_unsuited", "direction")


def test_events_add_and_take_their_points_within_floor_and_cap() -> None:
    scoring = curve("event_points", start=80, points={"complaint": -3, "award": 5}, floor=60, cap=90)
    cases = [{}, {"complaint": 2}, {"award": 1, "complaint": 1}, {"award": 2}, {"award": 3}, {"complaint": 7}, {"complaint": 0}]
    found = [score(scoring, None, events=events) for events in cases]
    assert found == ["80", "74", "82", "90", "90", "60", "80"]
    assert "complaint (-3 × 2)" in scoring(reading(None, events={"complaint": 2})).en


def test_events_that_cannot_be_counted_are_refused() -> None:
    scoring = curve("event_points", points={"complaint": -3})
    assert refusal(scoring, events=None) == ("events_missing", "events")
    assert refusal(scoring, events={"applause": 1}) == ("unknown_event", "events.applause")
    assert refusal(scoring, events={"complaint": -1}) == ("bad_event_count", "events.complaint")
    assert refusal(scoring, events={"complaint": "0.5"}) == ("bad_event_count", "events.complaint")


def test_whole_steps_count_only_when_complete_and_stop_at_each_cap() -> None:
    scoring = curve("add_deduct", **PER_3_PERCENT, whole_steps=True)
    actuals = (100, "102.99", 103, "105.99", 106, 118, 130, "97.01", 97, 94, 85, 82, 10)
    found = scores(scoring, actuals, target=100)
    assert found == ["80", "80", "81", "81", "82", "86", "86", "80", "79", "78", "75", "75", "75"]


def test_pro_rata_counts_parts_of_a_step() -> None:
    scoring = curve("add_deduct", **PER_3_PERCENT, whole_steps=False)
    found = scores(scoring, (100, "101.5", 103, "117.99", 118, 119, "98.5", 85, 84), target=100)
    assert found == ["80", "80.5", "81", "85.9967", "86", "86", "79.5", "75", "75"]


def test_add_deduct_turns_round_for_lower_is_better_and_counts_units_with_any_target() -> None:
    scoring = curve("add_deduct", **PER_3_PERCENT, whole_steps=True)
    assert scores(scoring, (97, "97.01", 103), "lower", target=100) == ["81", "80", "79"]
    units = curve("add_deduct", **PER_3_PERCENT, whole_steps=True, of="units")
    assert scores(units, (-10, -7, -13), target=-10) == ["80", "81", "79"]
    assert score(units, actual=3, target=0) == "81"
    assert refusal(scoring, actual=3, target=0) == ("target_not_positive", "target")
    assert refusal(units, actual=3) == ("target_missing", "target")


def test_deduct_to_zero_keeps_the_base_for_over_achievement() -> None:
    scoring = curve("add_deduct", base=15, step=2, points=1, cap_up=0, cap_down=15, whole_steps=True)
    assert scores(scoring, (200, 100, "98.01", 98, 72, 70, 0), target=100) == ["15", "15", "15", "14", "1", "0", "0"]


def test_add_deduct_never_leaves_the_hundred_points() -> None:
    scoring = curve("add_deduct", base=98, step=1, points=1, cap_up=10, cap_down=200, whole_steps=False)
    assert scores(scoring, (101, 102, 110, 2, 1), target=100) == ["99", "100", "100", "0", "0"]
