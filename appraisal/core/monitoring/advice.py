"""What an evaluation suggests to do, each by a rule that the policy writes down; people adopt it or not (R-000-56).

Nothing is suggested that no line of the rule files says: the response of a level, what to check of a guard or a related pair,
a task for another department, a target that may rise or cannot be reached, and the cause of a trend (000 7.2).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from appraisal.core.engine.watching import RAISE_TARGET, TREND, UNREALISTIC_JUMP
from appraisal.core.monitoring.areas import areas_of
from appraisal.core.monitoring.summary import line_at
from appraisal.core.monitoring.words import LEVEL_WORDS
from appraisal.core.outcome import Line
from appraisal.core.policy.model import Policy

AdviceKind = Literal["level", "trend", "guard", "related", "raise_target", "unrealistic_jump", "task"]
ADVICE_KINDS: Final[tuple[AdviceKind, ...]] = (
    *("level", "trend", "guard", "related", "raise_target", "unrealistic_jump", "task"),
)


@dataclass(frozen=True)
class Advice:
    """One suggestion about an indicator in a period of its own; `other` is the second of a pair, `department` who is to do it.

    `area` is where it is suggested: that of the indicator or, where it has none, of the other. `level` is that of a response.
    """

    kind: AdviceKind
    area: str
    indicator: str
    other: str | None
    period: str
    department: str | None
    line: Line
    level: str | None = None

    @property
    def key(self) -> str:
        """What makes it the same suggestion in another week: what is said of which indicators in which period."""
        parts = (self.kind, self.indicator, self.other, self.period, self.department, self.level)
        return "/".join(part or "" for part in parts)


def advice(policy: Policy, told: Mapping[str, Any]) -> tuple[Advice, ...]:
    """The suggestions of an evaluation, as `Evaluation.as_json()` tells it, of the indicators that belong to an area."""
    areas = {name: one.id for name, one in areas_of(policy).items()}
    periods = {one["id"]: one["period"] for one in told["indicators"]}
    levels = {one["id"]: one["level"] for one in told["indicators"]}
    found = []
    for kind, indicator, other, department, line in (*_of_readings(policy, told), *_of_pairs(policy, told)):
        area = areas.get(indicator) or areas.get(other or "")
        if area is not None:
            period = periods.get(indicator, told["period"])
            level = levels.get(indicator) if kind == "level" else None
            found.append(Advice(kind, area, indicator, other, period, department, line, level))
    return tuple(found)


_Found = tuple[AdviceKind, str, str | None, str | None, Line]


def _of_readings(policy: Policy, told: Mapping[str, Any]) -> Iterator[_Found]:
    rules = policy.monitoring
    assert rules is not None
    bands = {band.level: band for band in rules.levels}
    for one in told["indicators"]:
        name, called = one["id"], policy.watched[one["id"]].indicator.name
        band = bands.get(one["level"])
        if band is not None and band.level != "normal" and band.response is not None:
            words = LEVEL_WORDS[band.level]
            zh = f"{called.zh} {one['period']} {words[0]}: {band.response.zh}"
            en = f"{called.en}, {one['period']} {words[1]}: {band.response.en}"
            yield "level", name, None, None, line_at(zh, en, band.where)
        for rule in one["fired"]:
            if rule == TREND:
                zh = f"调查 {called.zh} 连续 {one['worsenings']} 期变差的原因"
                en = f"find out why {called.en} worsened {one['worsenings']} times in a row"
                yield "trend", name, None, None, line_at(zh, en, rules.trend.where)
            elif rule == RAISE_TARGET and rules.raise_target is not None:
                zh, en = f"提高 {called.zh} 的目标", f"raise the target of {called.en}"
                yield "raise_target", name, None, None, line_at(zh, en, rules.raise_target.where)
            elif rule == UNREALISTIC_JUMP and rules.unrealistic_jump is not None:
                zh, en = f"核实 {called.zh} 的新目标能否达到", f"see whether the new target of {called.en} can be reached"
                yield "unrealistic_jump", name, None, None, line_at(zh, en, rules.unrealistic_jump.where)
        for task in rules.tasks:
            if task.indicator == name and task.department in one["tasks"]:
                zh = f"由{task.department}办理 ({called.zh}): {task.follow_up.zh}"
                en = f"for {task.department} ({called.en}): {task.follow_up.en}"
                yield "task", name, None, task.department, line_at(zh, en, task.where)


def _of_pairs(policy: Policy, told: Mapping[str, Any]) -> Iterator[_Found]:
    rules = policy.monitoring
    assert rules is not None
    guards = {(pair.indicator, pair.guard): pair for pair in rules.guards}
    for one in told["guards"]:
        guard = guards.get((one["indicator"], one["guard"]))
        if guard is not None and guard.follow_up is not None:
            zh, en = _both(policy, one["indicator"], one["guard"])
            zh, en = f"{guard.follow_up.zh} ({zh})", f"{guard.follow_up.en} ({en})"
            yield "guard", one["indicator"], one["guard"], None, line_at(zh, en, guard.where)
    pairs = {(pair.first, pair.second, pair.lag): pair for pair in rules.pairs}
    for one in told["related"]:
        pair = pairs.get((one["first"], one["second"], one["lag"])) if one["declared"] else None
        if pair is not None:
            zh, en = _both(policy, pair.first, pair.second)
            zh, en = f"{pair.follow_up.zh} ({zh})", f"{pair.follow_up.en} ({en})"
            yield "related", pair.first, pair.second, pair.department, line_at(zh, en, pair.where)


def _both(policy: Policy, one: str, other: str) -> tuple[str, str]:
    first, second = policy.watched[one].indicator.name, policy.watched[other].indicator.name
    return f"{first.zh}、{second.zh}", f"{first.en}, {second.en}"
