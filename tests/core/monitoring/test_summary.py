"""A summary says what the figures say, with readings and rule behind each sentence; nothing is suggested without a rule."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from appraisal.core.calendar import Period
from appraisal.core.judging.deviation import Target, target_at
from appraisal.core.judging.readings import Reading
from appraisal.core.monitoring.advice import advice
from appraisal.core.monitoring.evaluate import evaluate
from appraisal.core.monitoring.summary import KINDS, CameIn, NotIn, Statement, Week, summaries
from appraisal.core.policy.model import Policy
from tests.core.monitoring.watched import MARCH, D, policy, series, several

WEEK = Period.parse("2026-W14")


def told(readings: Mapping[str, list[Reading]], known: Policy | None = None, **targets: str) -> dict[str, Any]:
    """The evaluation as it is kept, each indicator with the series it comes from."""
    known = known or policy()
    written = {name: Target(">=", D(value)) for name, value in targets.items()}

    def target(name: str, period: Period) -> Target | None:
        return written.get(name) or target_at(known.watched[name].indicator, period)

    content = evaluate(known, readings, MARCH, target).as_json()
    for one in content["indicators"]:
        given = readings.get(one["id"], ())
        one["series"] = [[str(each.period), str(each.value)] for each in given if each.value is not None]
    return content


def week(came_in: tuple[CameIn, ...] = (), not_in: tuple[NotIn, ...] = (), **ids: tuple[int, ...]) -> Week:
    return Week(WEEK, came_in, not_in, {(name, "2026-03"): known for name, known in ids.items()})


def said(found: tuple[Statement, ...], kind: str) -> list[Statement]:
    return [one for one in found if one.kind == kind]


def only(found: tuple[Statement, ...], kind: str) -> Statement:
    (one,) = said(found, kind)
    return one


def test_the_overview_counts_levels_missing_targets_and_missing_readings() -> None:
    readings = several(pass_rate="99 90", complaint_rate="1 1", close_rate="80 80", inventory="5 5")
    found = summaries(policy(), told(readings), week(pass_rate=(7,)))
    overview = only(found["compliance"], "overview")
    assert overview.line.zh.startswith("合规: 2026-03 有 ")
    assert "异常 " in overview.line.zh and "没有读数 1" in overview.line.zh
    assert overview.line.path == "rules/watch/monitoring.yaml" and overview.line.line > 30
    assert [(one.indicator, one.ids) for one in overview.rests_on] == [("pass_rate", (7,))]


def test_every_area_of_the_policy_has_a_summary_even_if_nothing_was_read() -> None:
    found = summaries(policy(), told({}), week())
    assert list(found) == ["compliance", "operations"]
    assert all([one.kind for one in statements] == ["overview"] for statements in found.values())


def test_a_level_is_told_in_the_words_of_the_evaluation_with_its_band_and_readings() -> None:
    found = summaries(policy(), told(several(pass_rate="99 90")), week(pass_rate=(7, 8)))["compliance"]
    level = only(found, "level")
    assert "90, 目标" in level.line.zh and level.rests_on[0].ids == (7, 8)
    assert level.line.path == "rules/watch/monitoring.yaml"


def test_what_worsened_is_told_with_what_it_was_before() -> None:
    found = summaries(policy(), told(several(pass_rate="99 98.5")), week())["compliance"]
    worsened = only(found, "worsened")
    assert "由 99 变为 98.5" in worsened.line.zh and "比 2026-02 变差" in worsened.line.zh
    assert "from 99 to 98.5" in worsened.line.en
    assert [one.period for one in worsened.rests_on] == ["2026-02", "2026-03"]


@pytest.mark.parametrize("values", ["98.5 99", "99 99", "- 99"])
def test_what_became_better_or_stayed_or_was_not_there_before_did_not_worsen(values: str) -> None:
    assert said(summaries(policy(), told(several(pass_rate=values)), week())["compliance"], "worsened") == []


@pytest.mark.parametrize(("values", "count"), [("99.9 99.8 99.7 99.6", 1), ("99.9 99.8 99.7 99.7", 0)])
def test_a_trend_is_told_after_three_worsenings_even_inside_tolerance(values: str, count: int) -> None:
    content = told(several(pass_rate=values))
    trends = said(summaries(policy(), content, week())["compliance"], "trend")
    behind = [rests.period for trend in trends for rests in trend.rests_on]
    assert behind == ["2025-12", "2026-01", "2026-02", "2026-03"] * count
    found = [one for one in advice(policy(), content) if one.kind == "trend"]
    assert len(found) == count and all(one.line.zh.endswith("变差的原因") for one in found)


def test_a_target_that_may_rise_is_suggested_beside_its_sentence() -> None:
    content = told(several(pass_rate="99.9 99.9 99.9"))
    told_of = only(summaries(policy(), content, week())["compliance"], "raise_target")
    assert [rests.period for rests in told_of.rests_on] == ["2026-01", "2026-02", "2026-03"]
    assert [one.kind for one in advice(policy(), content)] == ["raise_target"]
    assert advice(policy(), told(several(pass_rate="99.9 99.9"))) == ()


def test_a_guard_is_told_in_the_areas_of_both_and_suggested_once() -> None:
    content = told(several(cycle_time="10 8", pass_rate="99.5 99.4"))
    found = summaries(policy(), content, week(cycle_time=(1,), pass_rate=(2,)))
    for area in ("compliance", "operations"):
        guard = only(found[area], "guard")
        assert (guard.indicator, guard.other) == ("cycle_time", "pass_rate")
        assert [one.ids for one in guard.rests_on] == [(1,), (2,)]
    (one,) = advice(policy(), content)
    assert (one.kind, one.area, one.other, one.period) == ("guard", "operations", "pass_rate", "2026-03")
    assert one.line.zh.startswith("查是否省了检验") and one.line.line == guard.line.line


def test_a_declared_pair_brings_its_follow_up_and_department() -> None:
    known = policy(("monitoring.yaml", "lag: 1", "lag: 0"))
    content = told(several(complaint_rate="0.1 0.2", pass_rate="99.9 99.8"), known)
    found = only(summaries(known, content, week())["compliance"], "related")
    assert {found.indicator, found.other} == {"complaint_rate", "pass_rate"} and "查供应商批号" in found.line.zh
    (one,) = [one for one in advice(known, content) if one.kind == "related"]
    assert (one.department, one.line.en.startswith("Look at the supplier lots")) == ("采购部", True)


@pytest.mark.parametrize(("value", "kinds"), [("94.05", []), ("94", ["level"]), ("89.1", ["level"]), ("60", [])])
def test_a_level_is_suggested_with_the_response_that_the_policy_gives_it_and_only_then(value: str, kinds: list[str]) -> None:
    content = told({"pass_rate": series(value)}, pass_rate="99")
    found = advice(policy(), content)
    assert [one.kind for one in found] == kinds
    assert all(one.level == "attention" and one.line.zh.endswith("主管评估") for one in found)


def test_a_task_names_the_department() -> None:
    content = told(several(complaint_rate="1 100"))
    task = next(one for one in advice(policy(), content) if one.kind == "task")
    assert (task.department, task.indicator) == ("品质部", "complaint_rate")
    assert task.line.zh == f"由品质部办理 ({policy().watched['complaint_rate'].indicator.name.zh}): 排查产品"


def test_the_same_finding_is_the_same_suggestion_and_another_level_is_another() -> None:
    first, again = (advice(policy(), told({"pass_rate": series("92")}, pass_rate="99")) for _ in range(2))
    assert [one.key for one in first] == [one.key for one in again] == ["level/pass_rate//2026-03//attention"]


def test_readings_of_the_week_are_told_one_by_one_or_counted_with_late_ones_marked() -> None:
    one = (CameIn(5, "pass_rate", "2026-03", D("99.50"), late=True, back_filled=True, corrected=True),)
    found = summaries(policy(), told({}), week(one))["compliance"]
    assert only(found, "reading").line.zh.endswith("2026-03 为 99.5% (更正)")
    assert "(事后补填)" in only(found, "late").line.zh
    days = tuple(CameIn(at, "pass_rate", f"2026-03-3{at}", D(1)) for at in (0, 1))
    counted = summaries(policy(), told({}), week(days))["compliance"]
    assert "2 条, 2026-03-30 至 2026-03-31" in only(counted, "reading").line.zh
    assert [rest.ids for rest in only(counted, "reading").rests_on] == [(0,), (1,)]
    assert said(counted, "late") == []


def test_a_reading_that_is_not_there_is_told_in_its_area_with_the_day_it_was_due() -> None:
    found = summaries(policy(), told({}), week(not_in=(NotIn("oee", "2026-03", date(2026, 4, 4)),)))
    assert only(found["operations"], "missing").line.en.endswith("has no reading of 2026-03; it was due by 2026-04-04")
    assert said(found["compliance"], "missing") == []


def test_sentences_come_in_a_fixed_order_the_worst_level_first() -> None:
    readings = several(pass_rate="99 99", complaint_rate="1 100", accidents="0 0")
    statements = summaries(policy(), told(readings), week())["compliance"]
    kinds = [KINDS.index(one.kind) for one in statements]
    assert kinds == sorted(kinds)
    assert said(statements, "level")[0].indicator == "complaint_rate"


def test_what_is_kept_is_plain_json() -> None:
    statement = only(summaries(policy(), told(several(pass_rate="99")), week(pass_rate=(3,)))["compliance"], "level")
    kept = statement.as_json()
    assert kept["readings"] == [{"indicator": "pass_rate", "period": "2026-03", "ids": [3]}]
    assert set(kept) == {"kind", "indicator", "other", "zh", "en", "path", "line", "readings"}


def test_a_policy_without_areas_has_no_summaries_and_suggests_nothing() -> None:
    known = policy()
    assert known.monitoring is not None
    bare = replace(known, monitoring=replace(known.monitoring, advisors=()))
    content = told(several(pass_rate="99 60"))
    assert summaries(bare, content, week()) == {} and advice(bare, content) == ()
