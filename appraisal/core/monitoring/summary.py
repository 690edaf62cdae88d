"""The weekly summary of each area: sentences made of an evaluation and of what came in, by code and never by guess (R-000-54).

Every sentence names the readings it rests on and the line of the rule files that makes it one, so that whoever reads it can go
and look. What is suggested is in `advice`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from appraisal.core.calendar import Period
from appraisal.core.engine.watching import ALERT, RAISE_TARGET, TREND, UNREALISTIC_JUMP
from appraisal.core.monitoring.areas import areas_of
from appraisal.core.monitoring.words import LEVEL_WORDS
from appraisal.core.numbers import plain
from appraisal.core.outcome import Line
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import LEVELS, Advisor
from appraisal.core.policy.tree import Where

Kind = Literal[
    "overview",
    "reading",
    "level",
    "value",
    "worsened",
    "trend",
    "alert_line",
    "raise_target",
    "unrealistic_jump",
    "guard",
    "related",
    "late",
    "missing",
    "problem",
]
KINDS: Final[tuple[Kind, ...]] = (
    *("overview", "reading", "level", "value", "worsened", "trend", "alert_line", "raise_target", "unrealistic_jump"),
    *("guard", "related", "late", "missing", "problem"),
)
"""What a sentence is about, in the order in which a summary tells it."""
KIND_OF_RULE: Final[Mapping[str, Kind]] = {
    TREND: "trend",
    ALERT: "alert_line",
    RAISE_TARGET: "raise_target",
    UNREALISTIC_JUMP: "unrealistic_jump",
}


@dataclass(frozen=True)
class CameIn:
    """A reading that began to count in the week. `period` is its own, which may be a day."""

    id: int
    indicator: str
    period: str
    value: Decimal | None
    late: bool = False
    back_filled: bool = False
    corrected: bool = False


@dataclass(frozen=True)
class NotIn:
    """A reading that was due by `due_on`, inclusive, and is not there."""

    indicator: str
    period: str
    due_on: date


@dataclass(frozen=True)
class Week:
    """What the week brought. `ids` are the readings that the figure of an indicator and period rests on."""

    period: Period
    came_in: Sequence[CameIn]
    not_in: Sequence[NotIn]
    ids: Mapping[tuple[str, str], Sequence[int]]


@dataclass(frozen=True)
class Rests:
    """The readings of an indicator in a period."""

    indicator: str
    period: str
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Statement:
    """One sentence with what it rests on: readings, and a line of the rule files."""

    kind: Kind
    indicator: str | None
    other: str | None
    line: Line
    rests_on: tuple[Rests, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "indicator": self.indicator,
            "other": self.other,
            **self.line._asdict(),
            "readings": [{"indicator": one.indicator, "period": one.period, "ids": list(one.ids)} for one in self.rests_on],
        }


def summaries(policy: Policy, told: Mapping[str, Any], week: Week) -> dict[str, tuple[Statement, ...]]:
    """The sentences of every area of the policy, by its id, in its order.

    `told` is `Evaluation.as_json()`; where its indicators have a `series` ([[period, value], …]), what a value was before is
    told as well. An area of which nothing can be said has its overview alone.
    """
    areas = areas_of(policy)
    advisors = policy.monitoring.advisors if policy.monitoring else ()
    return {one.id: tuple(_Writer(policy, told, week, one, areas).written()) for one in advisors}


def line_at(zh: str, en: str, where: Where) -> Line:
    """A sentence with the place it rests on."""
    return Line(zh, en, where.path, where.line)


def line_of(told: Mapping[str, Any]) -> Line:
    """A sentence as an evaluation keeps it."""
    return Line(told["zh"], told["en"], told["path"], told["line"])


def rule_lines(one: Mapping[str, Any]) -> Iterator[tuple[str | None, Line]]:
    """What an evaluation says of an indicator, with the rule that says it; none for its level, which comes first."""
    rules = [rule for rule in one["fired"] if rule.partition("/")[2] not in LEVELS]
    names = [*([None] if one["level"] is not None else []), *rules]
    yield from zip(names, map(line_of, one["lines"]), strict=True)


def periods_behind(policy: Policy, one: Mapping[str, Any], rule: str | None = None) -> int:
    """On how many periods what a rule says of an indicator rests: a run on each of its periods, all else on one."""
    if rule == TREND:
        return int(one["worsenings"]) + 1
    if rule == RAISE_TARGET and policy.monitoring is not None and policy.monitoring.raise_target is not None:
        return policy.monitoring.raise_target.months
    return 1


class _Writer:
    """The sentences of one area."""

    def __init__(
        self, policy: Policy, told: Mapping[str, Any], week: Week, advisor: Advisor, areas: Mapping[str, Advisor]
    ) -> None:
        self.policy, self.told, self.week, self.advisor = policy, told, week, advisor
        self.names = {name for name, area in areas.items() if area is advisor}
        self.judged = [one for one in told["indicators"] if one["id"] in self.names]
        self.periods = {one["id"]: one["period"] for one in told["indicators"]}

    def written(self) -> list[Statement]:
        found = [self._overview(), *self._came_in(), *self._judged(), *self._pairs(), *self._not_in()]
        worst_first = {level: -place for place, level in enumerate(LEVELS)}
        levels = {one["id"]: worst_first.get(one["level"], 1) for one in self.judged}
        return sorted(found, key=lambda one: (KINDS.index(one.kind), levels.get(one.indicator or "", 1)))

    def _overview(self) -> Statement:
        counts = {level: sum(one["level"] == level for one in self.judged) for level in LEVELS}
        silent = sum(one["value"] is None for one in self.judged)
        aimless = sum(one["value"] is not None and one["level"] is None for one in self.judged)
        zh = [f"{LEVEL_WORDS[level][0]} {count}" for level, count in counts.items()]
        en = [f"{count} {LEVEL_WORDS[level][1]}" for level, count in counts.items()]
        if aimless:
            zh, en = [*zh, f"没有目标 {aimless}"], [*en, f"{aimless} without target"]
        if silent:
            zh, en = [*zh, f"没有读数 {silent}"], [*en, f"{silent} without reading"]
        name, period, count = self.advisor.name, self.told["period"], len(self.judged)
        line = line_at(
            f"{name.zh}: {period} 有 {count} 个指标到期, 其中{'、'.join(zh)}",
            f"{name.en}: {count} indicators are due in {period}, of these {', '.join(en)}",
            self.advisor.where,
        )
        rests = tuple(found for one in self.judged if (found := self._rests(one["id"])).ids)
        return Statement("overview", None, None, line, rests)

    def _came_in(self) -> Iterator[Statement]:
        by_indicator: dict[str, list[CameIn]] = {}
        for one in self.week.came_in:
            if one.indicator in self.names:
                by_indicator.setdefault(one.indicator, []).append(one)
        for name, several in by_indicator.items():
            rests = tuple(Rests(name, one.period, (one.id,)) for one in several)
            yield Statement("reading", name, None, self._new(name, several), rests)
            late = [one for one in several if one.late]
            if late:
                periods = ", ".join(one.period for one in late)
                zh, en = self._called(name)
                backfilled = any(one.back_filled for one in late)
                zh = f"{zh} 迟报: {periods}{' (事后补填)' if backfilled else ''}"
                en = f"{en} came late: {periods}{' (filled in afterwards)' if backfilled else ''}"
                held = tuple(Rests(name, one.period, (one.id,)) for one in late)
                yield Statement("late", name, None, self._at_indicator(name, zh, en), held)

    def _new(self, name: str, several: Sequence[CameIn]) -> Line:
        zh, en = self._called(name)
        unit = self.policy.watched[name].indicator.unit or ""
        space = "" if unit == "%" else " "
        if len(several) == 1:
            (one,) = several
            value = "—" if one.value is None else f"{plain(one.value)}{space}{unit}".rstrip()
            marked = (" (更正)", " (a correction)") if one.corrected else ("", "")
            return self._at_indicator(
                name, f"本周新读数: {zh} {one.period} 为 {value}{marked[0]}", f"new: {en} {one.period} is {value}{marked[1]}"
            )
        first, last = several[0].period, several[-1].period
        count = len(several)
        return self._at_indicator(
            name, f"本周新读数: {zh} {count} 条, {first} 至 {last}", f"new: {count} readings of {en}, {first} to {last}"
        )

    def _judged(self) -> Iterator[Statement]:
        assert self.policy.monitoring is not None
        for one in self.judged:
            name, rests = one["id"], (self._rests(one["id"]),)
            for rule, line in rule_lines(one):
                kind = "level" if rule is None else KIND_OF_RULE[rule]
                yield Statement(kind, name, None, line, self._run(one, periods_behind(self.policy, one, rule)))
            zh, en = self._called(name)
            if one["problem"] is not None:
                message = one["problem"]["message"]
                zh, en = f"{zh} {one['period']} 的读数不能用: {message['zh']}", f"{en} {one['period']}: {message['en']}"
                yield Statement("problem", name, None, self._at_indicator(name, zh, en), rests)
            elif one["value"] is not None and one["level"] is None:
                zh = f"{zh} {one['period']} 为 {one['value']}, 没有目标, 不分级"
                en = f"{en} {one['period']} is {one['value']}; without a target it has no level"
                yield Statement("value", name, None, self._at_indicator(name, zh, en), rests)
            if one["change"] == -1:
                yield self._worsened(one)

    def _worsened(self, one: Mapping[str, Any]) -> Statement:
        assert self.policy.monitoring is not None
        name, before = one["id"], str(Period.parse(one["period"]).previous())
        zh, en = self._called(name)
        known = dict(one.get("series") or ()).get(before)
        was = (f"由 {known} 变为 {one['value']}, ", f", from {known} to {one['value']}") if known is not None else ("", "")
        zh, en = f"{zh} {was[0]}比 {before} 变差", f"{en} became worse than in {before}{was[1]}"
        rests = (self._rests(name, before), self._rests(name))
        return Statement("worsened", name, None, line_at(zh, en, self.policy.monitoring.trend.where), rests)

    def _pairs(self) -> Iterator[Statement]:
        """Told in the area of either of the two."""
        for one in self.told["guards"]:
            if self.names & {one["indicator"], one["guard"]}:
                rests = (self._rests(one["indicator"]), self._rests(one["guard"]))
                yield Statement("guard", one["indicator"], one["guard"], line_of(one["line"]), rests)
        for one in self.told["related"]:
            if self.names & {one["first"], one["second"]}:
                rests = (self._rests(one["first"]), self._rests(one["second"]))
                yield Statement("related", one["first"], one["second"], line_of(one["line"]), rests)

    def _not_in(self) -> Iterator[Statement]:
        for one in self.week.not_in:
            if one.indicator in self.names:
                zh, en = self._called(one.indicator)
                zh = f"{zh} {one.period} 没有读数, 应于 {one.due_on.isoformat()} 前报齐 (含当日)"
                en = f"{en} has no reading of {one.period}; it was due by {one.due_on.isoformat()}"
                yield Statement("missing", one.indicator, None, self._at_indicator(one.indicator, zh, en))

    def _run(self, one: Mapping[str, Any], count: int) -> tuple[Rests, ...]:
        """The last so many periods of an indicator, the earliest first."""
        periods = [Period.parse(one["period"])]
        while len(periods) < count:
            periods.append(periods[-1].previous())
        return tuple(self._rests(one["id"], str(period)) for period in reversed(periods))

    def _rests(self, name: str, period: str | None = None) -> Rests:
        at = period or self.periods.get(name, self.told["period"])
        return Rests(name, at, tuple(self.week.ids.get((name, at), ())))

    def _called(self, name: str) -> tuple[str, str]:
        called = self.policy.watched[name].indicator.name
        return called.zh, called.en

    def _at_indicator(self, name: str, zh: str, en: str) -> Line:
        return line_at(zh, en, self.policy.watched[name].indicator.where)
