"""The sentences that explain a judgement, each with the rule file and line it rests on."""

from appraisal.core.engine.watching import ALERT, RAISE_TARGET, TREND, UNREALISTIC_JUMP
from appraisal.core.judging.correlation import Correlation
from appraisal.core.judging.deviation import shown
from appraisal.core.monitoring.points import Point
from appraisal.core.numbers import plain
from appraisal.core.outcome import Line
from appraisal.core.policy.model import MonitoringEdition, Policy
from appraisal.core.policy.monitoring import GuardPair, LevelName, RelatedPair
from appraisal.core.policy.tree import Where

LEVEL_WORDS: dict[LevelName, tuple[str, str]] = {
    "normal": ("正常", "normal"),
    "attention": ("注意", "attention"),
    "abnormal": ("异常", "abnormal"),
    "severe": ("严重", "severe"),
}
NO_CAUSE = ("相关不等于因果", "a correlation is no cause")


def level_line(policy: Policy, point: Point, level: LevelName) -> Line:
    """Value, target, deviation and the level that follows."""
    off, target = point.deviation, point.target
    assert policy.monitoring is not None and off is not None and target is not None and point.value is not None
    name, places = point.indicator.name, policy.general.precision
    band = next(one for one in policy.monitoring.levels if one.level == level)
    rounded = off.rounded(places)
    if rounded is None:
        zh, en = "目标为 0 而未达到", "a target of 0 that is missed"
    else:
        # The policy names units in Chinese: in English a figure in the indicator's own unit stands without it.
        unit_zh, unit_en = (point.indicator.unit or "", "") if off.points else ("%", "%")
        if off.points and unit_zh == "%":
            unit_zh, unit_en = " 个百分点", " percentage points"
        zh, en = f"偏离 {plain(rounded)}{unit_zh}", f"{plain(rounded)}{unit_en} off"
    met_zh, met_en = ("达标", "met") if off.met else ("未达标", "missed")
    words = LEVEL_WORDS[level]
    zh = f"{name.zh} {plain(point.value)}, 目标 {shown(target)}, {met_zh}, {zh}: {words[0]}"
    en = f"{name.en} {plain(point.value)}, target {shown(target)}, {met_en}, {en}: {words[1]}"
    if band.response is not None:
        zh, en = f"{zh} ({band.response.zh})", f"{en} ({band.response.en})"
    return Line(zh, en, band.where.path, band.where.line)


def rule_line(policy: Policy, point: Point, rule: str) -> Line:
    """What another rule of readings says."""
    rules, name = policy.monitoring, point.indicator.name
    assert rules is not None
    where = place_of(rules, rule)
    if rule == TREND:
        zh, en = f"{name.zh} 连续 {point.worsenings} 期变差", f"{name.en} worsened {point.worsenings} times in a row"
    elif rule == ALERT:
        line = point.indicator.alert
        assert line is not None and point.value is not None
        zh = f"{name.zh} {plain(point.value)} 越过预警线 {line.operator} {plain(line.value)}"
        en = f"{name.en} {plain(point.value)} is beyond the warning line {line.operator} {plain(line.value)}"
        where = line.where
    elif rule == RAISE_TARGET:
        zh = f"{name.zh} 连续 {point.met_running} 期达标, 同业 {_benchmark(point)}: 建议提高目标"
        en = f"{name.en} met its target {point.met_running} times in a row, benchmark {_benchmark(point)}: raise the target"
    else:
        assert rule == UNREALISTIC_JUMP and point.target is not None
        zh = f"{name.zh} 的新目标 {shown(point.target)} 离基准过远, 请核实能否达到"
        en = f"the new target {shown(point.target)} of {name.en} is far from what was read before: can it be reached?"
    return Line(zh, en, where.path, where.line)


def place_of(rules: MonitoringEdition, rule: str) -> Where:
    """Where monitoring.yaml states a rule of readings."""
    parts = {TREND: rules.trend, RAISE_TARGET: rules.raise_target, UNREALISTIC_JUMP: rules.unrealistic_jump}
    part = parts.get(rule)
    if part is not None:
        return part.where
    return next((band.where for band in rules.levels if rule == f"monitoring/{band.level}"), rules.where)


def guard_line(policy: Policy, pair: GuardPair) -> Line:
    """An indicator that improves at another's cost."""
    one, other = (policy.watched[name].indicator.name for name in (pair.indicator, pair.guard))
    zh, en = f"{one.zh} 变好而 {other.zh} 变差", f"{one.en} improves while {other.en} worsens"
    if pair.follow_up is not None:
        zh, en = f"{zh}: {pair.follow_up.zh}", f"{en}: {pair.follow_up.en}"
    return Line(zh, en, pair.where.path, pair.where.line)


def related_line(
    policy: Policy, names: tuple[str, str], lag: int, found: Correlation | None, declared: RelatedPair | None
) -> Line:
    """Two that worsen together, and on how many readings the correlation rests."""
    one, other = (policy.watched[name].indicator.name for name in names)
    zh, en = f"{one.zh} 与 {other.zh} 同时变差", f"{one.en} and {other.en} worsen together"
    if lag:
        zh, en = f"{one.zh} 变差 {lag} 期之后 {other.zh} 变差", f"{other.en} worsens {lag} periods after {one.en}"
    if found is not None:
        zh = f"{zh} (ρ = {plain(found.rho)}, {found.readings} 期; {NO_CAUSE[0]})"
        en = f"{en} (ρ = {plain(found.rho)} over {found.readings} periods; {NO_CAUSE[1]})"
    if declared is not None:
        zh, en = f"{zh}: {declared.follow_up.zh}", f"{en}: {declared.follow_up.en}"
    assert policy.monitoring is not None
    where = declared.where if declared else policy.monitoring.where.at("correlation")
    return Line(zh, en, where.path, where.line)


def _benchmark(point: Point) -> str:
    return "—" if point.indicator.benchmark is None else plain(point.indicator.benchmark)
