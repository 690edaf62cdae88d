"""One period judged: levels and what follows from them, trends, guards, pairs; and the same for many periods at once."""

import json
from datetime import date
from random import Random

import pytest

from appraisal.core.calendar import Period
from appraisal.core.engine import reference
from appraisal.core.judging.deviation import Target
from appraisal.core.judging.readings import Reading
from appraisal.core.monitoring.bulk import evaluate_history
from appraisal.core.monitoring.evaluate import evaluate
from appraisal.core.monitoring.evaluation import Evaluation
from tests.core.monitoring.watched import MARCH, D, policy, series, several

JULY = Period("month", 2026, 7)


def judged(**values: str) -> Evaluation:
    return evaluate(policy(), several(**values), MARCH)


@pytest.mark.parametrize(
    ("value", "level", "record", "notify"),
    [
        ("98", "normal", None, ()),
        ("90", "attention", "assessment", ()),
        ("80", "abnormal", "capa", ()),
        ("50", "severe", "urgent_improvement", ("最高管理者",)),
    ],
)
def test_a_level_opens_its_record_and_tells_whom_the_policy_names(
    value: str, level: str, record: str | None, notify: tuple[str, ...]
) -> None:
    one = judged(pass_rate=value).of("pass_rate")
    assert (one.level, one.record.record if one.record else None, one.notify) == (level, record, notify)
    assert one.alerts is (level != "normal")


def test_a_zero_target_missed_is_severe_and_has_no_share() -> None:
    one = judged(accidents="1").of("accidents")
    assert (one.level, one.met, one.deviation) == ("severe", False, None)
    assert "目标为 0 而未达到" in one.lines[0].zh
    assert judged(accidents="0").of("accidents").level == "normal"


def test_points_are_told_as_points() -> None:
    one = judged(complaint_rate="1.3").of("complaint_rate")
    assert (one.level, one.deviation, one.points, one.met) == ("normal", D("0.3"), True, False)
    assert "0.3 个百分点" in one.lines[0].zh and "0.3 percentage points" in one.lines[0].en


def test_without_a_target_or_a_value_there_is_no_level() -> None:
    found = judged(availability="90", cycle_time="-")
    assert [(found.of(name).level, found.of(name).met) for name in ("availability", "cycle_time")] == [(None, None)] * 2
    assert list(found.alerts) == []


def test_what_has_no_formula_in_the_source_is_not_judged_at_all() -> None:
    with pytest.raises(KeyError):
        judged().of("escapes")


def test_three_worsenings_alert_inside_tolerance() -> None:
    one = judged(cycle_time="90 91 92 93").of("cycle_time")
    assert (one.level, one.trend, one.worsenings, one.alerts, one.met) == ("normal", True, 3, True, True)
    assert "连续 3 期变差" in one.lines[1].zh
    assert not judged(cycle_time="91 92 93").of("cycle_time").alerts


def test_a_warning_line_stands_apart_from_the_target_and_opens_the_task() -> None:
    at, beyond = (judged(cycle_time=value).of("cycle_time") for value in ("120", "120.1"))
    assert (at.beyond_alert, at.level, at.tasks) == (False, "abnormal", ())
    assert (beyond.beyond_alert, [task.department for task in beyond.tasks]) == (True, ["生产部"])


def test_a_task_for_another_department_opens_from_its_level_on() -> None:
    levels = {value: judged(complaint_rate=value).of("complaint_rate") for value in ("11", "11.1", "30")}
    assert [(one.level, len(one.tasks)) for one in levels.values()] == [("attention", 0), ("abnormal", 1), ("severe", 1)]


def test_a_target_met_three_times_and_a_benchmark_beaten_propose_a_higher_one() -> None:
    assert judged(pass_rate="98 98 98").of("pass_rate").raise_target
    assert not judged(pass_rate="97 98 98").of("pass_rate").raise_target
    assert "建议提高目标" in judged(pass_rate="98 98 98").of("pass_rate").lines[-1].zh


def test_a_new_target_far_from_what_was_read_before_is_flagged_once() -> None:
    readings = {"dispatch_time": series("29", "28", until=JULY)}
    one = evaluate(policy(), readings, JULY).of("dispatch_time")
    assert one.unrealistic and "请核实能否达到" in one.lines[-1].zh
    readings = {"dispatch_time": series("29", "28", "27", until=JULY.next())}
    assert not evaluate(policy(), readings, JULY.next()).of("dispatch_time").unrealistic
    near = {"dispatch_time": series("21", "20", until=JULY)}
    assert not evaluate(policy(), near, JULY).of("dispatch_time").unrealistic


def test_old_periods_keep_their_old_target() -> None:
    readings = {"concentration": series("45", "45", until=JULY)}
    before, after = (evaluate(policy(), readings, period).of("concentration") for period in (JULY.previous(), JULY))
    assert (before.met, after.met) == (True, False)


def test_targets_may_be_kept_elsewhere() -> None:
    found = evaluate(policy(), several(availability="80"), MARCH, lambda name, period: Target(">=", D(100)))
    assert (found.of("availability").level, found.of("availability").deviation) == ("abnormal", 20)


@pytest.mark.parametrize(
    ("cycle_time", "pass_rate", "flagged"),
    [("100 99", "98 97", True), ("99 100", "98 97", False), ("100 99", "97 98", False), ("100 99", "98 98", False)],
)
def test_an_indicator_that_improves_while_its_guard_worsens_is_flagged(cycle_time: str, pass_rate: str, flagged: bool) -> None:
    found = judged(cycle_time=cycle_time, pass_rate=pass_rate).guards
    assert [(one.indicator, one.guard) for one in found] == ([("cycle_time", "pass_rate")] if flagged else [])
    assert all("查是否省了检验" in one.line.zh and one.line.line > 1 for one in found)


def test_a_related_pair_is_told_with_what_to_look_at() -> None:
    (one,) = judged(complaint_rate="1 2 2", pass_rate="99 99 98").related
    assert (one.first, one.second, one.lag, one.correlation) == ("complaint_rate", "pass_rate", 1, None)
    assert "查供应商批号" in one.line.zh
    assert judged(complaint_rate="1 1 2", pass_rate="99 99 98").related == ()


def test_pairs_of_a_class_that_worsen_together_and_often_do_are_told_with_a_warning() -> None:
    text = "90 91 89 92 88 93 87 94 86 95 85"
    mirrored = " ".join(str(200 - int(one)) for one in text.split())
    (one,) = judged(pass_rate=text, close_rate=text).related
    assert (one.first, one.second, one.lag, one.declared) == ("pass_rate", "close_rate", 0, None)
    assert one.correlation is not None and (one.correlation.rho, one.correlation.readings) == (1, 11)
    assert "相关不等于因果" in one.line.zh and "no cause" in one.line.en
    (one,) = judged(pass_rate=text, inventory=mirrored).related
    assert one.correlation is not None and one.correlation.rho == -1
    falling = "99 98 97 96 95 94 93 92 91 90"
    assert judged(pass_rate=falling, inventory=falling).related == ()


def test_a_composite_and_its_parts_are_no_pair() -> None:
    text = "90 91 89 92 88 93 87 94 86 95 85"
    found = evaluate(policy(), several(availability=text, pass_rate="98 " * 10 + "98"), MARCH)
    assert found.of("oee").change == found.of("availability").change == -1
    assert found.related == ()


def test_pairs_of_different_classes_are_not_looked_for() -> None:
    text = "90 91 89 92 88 93 87 94 86 95 85"
    assert judged(close_rate=text, availability=text).related == ()


def test_a_quarterly_indicator_takes_part_when_its_quarter_ends() -> None:
    quarterly = policy(
        ("indicators/production.yaml", "cadence: [month]\n        target: 100", "cadence: [quarter]\n        target: 100")
    )
    readings = {"cycle_time": [Reading(Period("quarter", 2026, 1), D(130))]}
    assert evaluate(quarterly, readings, MARCH).of("cycle_time").level == "severe"
    with pytest.raises(KeyError):
        evaluate(quarterly, readings, MARCH.previous()).of("cycle_time")


def test_a_reading_that_cannot_be_is_told_and_judged_by_nothing() -> None:
    one = judged(pass_rate="101").of("pass_rate")
    assert one.problem is not None and (one.problem.code, one.level, one.value) == ("reading_out_of_range", None, None)


def test_late_and_corrected_readings_stay_visible() -> None:
    given = {"pass_rate": [Reading(MARCH, D(98), origin="manual", late=True, corrected=True)]}
    told = evaluate(policy(), given, MARCH).as_json()["indicators"][0]
    assert (told["id"], told["origin"], told["late"], told["corrected"]) == ("pass_rate", "manual", True, True)


def test_it_is_json_with_decimals_as_text() -> None:
    told = judged(pass_rate="90 89 88 87", cycle_time="100 99", complaint_rate="1 2 2 2").as_json()
    assert json.loads(json.dumps(told)) == told
    first = told["indicators"][0]
    assert (first["value"], first["target"], first["deviation"]) == (
        "87",
        {"operator": ">=", "value": "98", "phase": None},
        "11.2245",
    )
    assert first["fired"] == ["monitoring/abnormal", "monitoring/trend"] and first["record"] == "capa"
    assert all(line["path"].startswith("rules/watch/") and line["line"] > 1 for line in first["lines"])


def test_the_same_comes_out_of_the_plain_evaluator() -> None:
    values = {"pass_rate": "90 89 88 87", "cycle_time": "100 99", "complaint_rate": "1 2 2 2", "accidents": "1"}
    assert evaluate(policy(), several(**values), MARCH, fire=reference.fire) == judged(**values)


def _drawn(seed: int, periods: list[Period]) -> dict[str, list[Reading]]:
    random = Random(seed)
    given: dict[str, list[Reading]] = {}
    for name in ("pass_rate", "complaint_rate", "accidents", "close_rate", "cycle_time", "concentration", "dispatch_time"):
        middle = {"accidents": 0, "complaint_rate": 1, "dispatch_time": 20, "concentration": 45}.get(name, 96)
        given[name] = [
            Reading(period, D(max(0, min(100, middle + random.randint(-4, 4))))) for period in periods if random.random() > 0.1
        ]
    return given


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_history_is_judged_as_one_period_after_another(seed: int) -> None:
    periods = [Period("month", 2025, 1)]
    while len(periods) < 24:
        periods.append(periods[-1].next())
    readings = _drawn(seed, periods)
    asked = periods[6:]
    found = evaluate_history(policy(), readings, asked)
    assert found == evaluate_history(policy(), readings, asked, fire=reference.fire)
    every = evaluate_history(policy(), readings, asked, every_row=True)
    assert (every.fired, every.guards) == (found.fired, found.guards) and every.evaluations > found.evaluations
    seen = set()
    for place, period in enumerate(asked):
        single = evaluate(policy(), readings, period)
        for one in single.judged:
            rules = tuple(rule.rule for rule in one.fired)
            assert found.fired[one.indicator][place] == rules, (period, one.indicator)
            seen |= set(rules)
        assert found.guards[period] == tuple((one.indicator, one.guard) for one in single.guards)
    assert seen >= {"monitoring/normal", "monitoring/severe", "monitoring/attention"}


def test_the_periods_of_a_history_follow_each_other() -> None:
    with pytest.raises(ValueError, match="follow each other"):
        evaluate_history(policy(), {}, [MARCH, JULY])
    assert evaluate_history(policy(), {}, []).fired == {}


def test_the_policy_of_another_day_is_another() -> None:
    assert policy().effective == date(2026, 1, 1)
