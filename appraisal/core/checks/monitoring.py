"""What is watched makes sense together: levels, phases, guards and pairs, inputs from other indicators, duplicates."""

from collections.abc import Iterator
from datetime import timedelta

from appraisal.core.checks.common import repeated, unknown
from appraisal.core.checks.indicators import operators_of
from appraisal.core.engine.watching import watching_problems
from appraisal.core.judging.deviation import Target, target_jump
from appraisal.core.numbers import ONE, ZERO, plain
from appraisal.core.policy.general import PolicyEdition
from appraisal.core.policy.model import Indicator, MonitoringEdition, Policy
from appraisal.core.policy.monitoring import FREQUENCIES, LEVELS, MonitoringPolicyEdition, PhaseTarget
from appraisal.core.policy.tree import Problem, Where, error, warning

MOST_PERIODS = 60
MOST_LAGS = 12
MOST_PERCENT = 1_000_000
_INDICATOR = ("指标", "indicator")


def check_watched(policy: Policy) -> Iterator[Problem]:
    """What indicators say for monitoring: known units of display, bounds the right way round, thresholds on the bad side."""
    wanted = {located.dimension for located in policy.library}
    for dimension in policy.general.dimensions:
        if policy.general.purpose == "monitoring" and dimension.id not in wanted:
            zh = f"类别 {dimension.id} 没有指标"
            yield warning(dimension.where.at("id"), zh, f"the class {dimension.id} has no indicator")
    for located in policy.watched.values():
        one = located.indicator
        if one.scale is not None and one.scale.divide_by <= ZERO:
            where = one.scale.where.at("divide_by")
            yield error(where, "divide_by 应大于 0, 如 10000", "divide_by must be above 0, such as 10000")
        if one.lowest is not None and one.highest is not None and one.lowest > one.highest:
            zh = f"lowest {plain(one.lowest)} 大于 highest {plain(one.highest)}: 请对调"
            yield error(one.where.at("lowest"), zh, "lowest lies above highest: exchange them")
        yield from _collected(one)
        if one.targets and one.target is not None:
            zh, en = "target 与 targets 只写其一", "write either target or targets"
            yield error(one.where.at("targets"), zh, en)
        if one.alert is not None and one.direction in ("higher", "lower", "zero"):
            bad = ("<", "<=") if one.direction == "higher" else (">", ">=")
            if one.alert.operator not in bad:
                zh = f"预警线应在坏的一侧: 方向 {one.direction} 写 {' '.join(bad)}"
                en = f"the warning line lies on the bad side: with {one.direction} write {' '.join(bad)}"
                yield error(one.alert.where.at("operator"), zh, en)
        if one.corrected is not None and one.printed is None:
            zh, en = "写了 corrected 而没有 printed: 请照录原文", "corrected without printed: keep what the source prints"
            yield error(one.where.at("corrected"), zh, en)
        if one.printed is not None and one.corrected is None:
            zh, en = "写了 printed 而没有 corrected: 请写明为何更正", "printed without corrected: say why it was corrected"
            yield error(one.where.at("printed"), zh, en)


def _collected(one: Indicator) -> Iterator[Problem]:
    """Figures that come in oftener than they are judged become one in a declared way; none comes in too seldom."""
    if one.roll_up == "weighted" and one.formula is None:
        zh = f"{one.id} 没有公式, 不能按公式汇总: roll_up 请写 sum、mean 或 last"
        yield error(one.where.at("roll_up"), zh, f"{one.id} has no formula to weigh by: write sum, mean or last")
    if one.collected is None or not one.cadence:
        return
    finest = min(FREQUENCIES.index(cadence) for cadence in one.cadence)
    often, where = FREQUENCIES.index(one.collected), one.where.at("collected")
    if often > finest:
        zh = f"采集周期 {one.collected} 长于监测周期 {FREQUENCIES[finest]}: 到期时还没有数据"
        yield error(
            where, zh, f"figures collected each {one.collected} are not there each {FREQUENCIES[finest]}: collect oftener"
        )
    elif often < finest and one.roll_up is None:
        zh = f"{one.id} 各次采集的数怎样合成一期的数? 请写 roll_up: sum、mean、last 或 weighted"
        yield error(where, zh, f"say how the figures of {one.id} become one: roll_up: sum, mean, last or weighted")


def check_duplicates(policy: Policy) -> Iterator[Problem]:
    """An indicator listed twice under different ids: the same name and the same formula (R-001-3)."""
    first: dict[tuple[str, str], Indicator] = {}
    for located in policy.library:
        one = located.indicator
        key = (one.name.zh.replace(" ", "").casefold(), "".join((one.formula or one.definition.zh).split()))
        earlier = first.setdefault(key, one)
        if earlier is not one:
            zh = f"指标 {one.id} 与 {earlier.id} 同名同式 ({earlier.where.path} 第 {earlier.where.line} 行): 请合并为一个"
            en = f"{one.id} has the name and formula of {earlier.id} ({earlier.where.path}:{earlier.where.line}): merge the two"
            yield error(one.where.at("id"), zh, en)


def check_phases(policy: Policy) -> Iterator[Problem]:
    """Phases of a target follow each other without gap or overlap, and only the last may stay open (R-000-39)."""
    for located in policy.watched.values():
        one = located.indicator
        for phase in one.targets:
            if phase.to is not None and phase.to < phase.from_:
                yield error(phase.where.at("to"), "阶段的末日早于首日", "the phase ends before it begins")
            fitting = operators_of(policy, one.direction) if one.direction else ()
            if fitting and phase.operator not in fitting:
                zh = f"{phase.operator} 与方向 {one.direction} 矛盾: 应为 {' '.join(fitting)}"
                en = f"{phase.operator} contradicts the direction {one.direction}: write {' '.join(fitting)}"
                yield error(phase.where.at("operator"), zh, en)
        for earlier, later in zip(one.targets, one.targets[1:], strict=False):
            yield from _between(earlier, later)


def _between(earlier: PhaseTarget, later: PhaseTarget) -> Iterator[Problem]:
    where = later.where.at("from")
    if earlier.to is None:
        zh = f"前一阶段「{earlier.phase.zh}」没有写 to, 与此阶段重叠: 请写它的末日"
        yield error(where, zh, f"the phase {earlier.phase.en} has no end and overlaps this one: write its to")
        return
    due = earlier.to + timedelta(days=1)
    if later.from_ < due:
        zh = f"与前一阶段「{earlier.phase.zh}」重叠: 应从 {due} 起"
        yield error(where, zh, f"overlaps the phase {earlier.phase.en}: begin on {due}")
    elif later.from_ > due:
        zh = f"与前一阶段「{earlier.phase.zh}」之间有空档: 应从 {due} 起"
        yield error(where, zh, f"a gap after the phase {earlier.phase.en}: begin on {due}")


def check_links(policy: Policy) -> Iterator[Problem]:
    """Inputs taken from another indicator name a known one, and never come back to where they began."""
    for located in policy.watched.values():
        one = located.indicator
        for given in one.inputs:
            if given.indicator is not None and given.indicator not in policy.watched:
                yield unknown(_INDICATOR, given.indicator, policy.watched, given.where.at("indicator"))
        if _reaches(policy, one.id, one.id, set()):
            zh = f"指标 {one.id} 的输入绕回它自己"
            yield error(one.where.at("inputs"), zh, f"the inputs of {one.id} come back to itself")


def _reaches(policy: Policy, start: str, goal: str, seen: set[str]) -> bool:
    seen.add(start)
    found = policy.watched.get(start)
    names = [given.indicator for given in found.indicator.inputs if given.indicator] if found else []
    return any(name == goal or (name not in seen and _reaches(policy, name, goal, seen)) for name in names)


def check_monitoring(policy: Policy) -> Iterator[Problem]:
    """monitoring.yaml: complete ascending levels, counts there can be, and names that are watched."""
    rules = policy.monitoring
    if rules is None:
        return
    yield from _levels(rules)
    yield from _counts(rules)
    yield from watching_problems(policy)
    yield from _jumps(policy, rules)
    yield from _guards(policy, rules)
    yield from _pairs(policy, rules)
    for task in rules.tasks:
        if task.indicator not in policy.watched:
            yield unknown(_INDICATOR, task.indicator, policy.watched, task.where.at("indicator"))
        elif task.level is None and policy.watched[task.indicator].indicator.alert is None:
            zh = f"指标 {task.indicator} 没有预警线 alert: 请写 level"
            yield error(task.where, zh, f"{task.indicator} has no alert line: write a level")
    yield from repeated(("记录", "record"), ((one.level, one.where.at("level")) for one in rules.records))
    yield from _settings(policy.general)


def _levels(rules: MonitoringEdition) -> Iterator[Problem]:
    where = rules.where.at("levels")
    named = [band.level for band in rules.levels]
    if tuple(named) != LEVELS:
        listing = ", ".join(LEVELS)
        zh = f"偏离等级须齐全并由轻到重: {listing}; 现为 {', '.join(named) or '空'}"
        yield error(where, zh, f"the levels must be complete, mildest first: {listing}")
        return
    before = ZERO
    for band in rules.levels[:-1]:
        place = band.where.at("up_to")
        if band.up_to is None:
            zh = f"等级 {band.level} 没有上限 up_to: 只有最后一级可以不写"
            yield error(place, zh, f"the level {band.level} has no up_to: only the last may go without")
            return
        if band.up_to < before or (band.up_to == before and band is not rules.levels[0]):
            zh = f"上限须逐级升高: {plain(band.up_to)} 不大于前一级的 {plain(before)}"
            yield error(place, zh, f"the levels must ascend: {plain(band.up_to)} is not above {plain(before)}")
        if band.up_to > MOST_PERCENT:
            zh = f"上限 {plain(band.up_to)} 过大, 至多 {MOST_PERCENT}"
            yield error(place, zh, f"{plain(band.up_to)} is too much, at most {MOST_PERCENT}")
        before = band.up_to
    if rules.levels[-1].up_to is not None:
        zh, en = "最后一级不写 up_to, 否则更大的偏离没有等级", "the last level has no up_to, or worse deviations have no level"
        yield error(rules.levels[-1].where.at("up_to"), zh, en)


def _counts(rules: MonitoringEdition) -> Iterator[Problem]:
    if rules.trend.worsenings < 1:
        yield error(rules.trend.where.at("worsenings"), "至少 1 次", "at least 1")
    if rules.raise_target is not None and rules.raise_target.months < 1:
        yield error(rules.raise_target.where.at("months"), "至少 1 个月", "at least 1 month")
    if rules.unrealistic_jump is not None and rules.unrealistic_jump.percent <= ZERO:
        yield error(rules.unrealistic_jump.where.at("percent"), "应大于 0", "must be above 0")
    if rules.review is not None:
        if rules.review.periods < 1:
            yield error(rules.review.where.at("periods"), "至少 1 期", "at least 1 period")
        if not ZERO < rules.review.redundant <= ONE:
            yield error(rules.review.where.at("redundant"), "相关系数应大于 0、至多 1", "a correlation: above 0, at most 1")
    given = rules.correlation
    if given is None:
        return
    if not 2 <= given.minimum <= given.periods <= MOST_PERIODS:
        zh = f"须 2 ≤ minimum ≤ periods ≤ {MOST_PERIODS}"
        yield error(given.where.at("minimum"), zh, f"2 ≤ minimum ≤ periods ≤ {MOST_PERIODS}")
    if not 0 <= given.lags <= MOST_LAGS:
        yield error(given.where.at("lags"), f"应在 0 至 {MOST_LAGS} 之间", f"0 to {MOST_LAGS}")
    if given.strength is not None and not ZERO <= given.strength <= ONE:
        yield error(given.where.at("strength"), "相关系数应在 0 至 1 之间", "a correlation lies between 0 and 1")


def _jumps(policy: Policy, rules: MonitoringEdition) -> Iterator[Problem]:
    """Targets too far from the baseline that the indicator itself declares (R-004-6)."""
    limit = rules.unrealistic_jump.percent if rules.unrealistic_jump else ZERO
    for located in policy.watched.values() if limit > ZERO else ():
        one = located.indicator
        if one.baseline is None:
            continue
        declared = [Target(phase.operator, phase.value, None, phase.where) for phase in one.targets]
        if one.target is not None and one.operator is not None:
            declared.append(Target(one.operator, one.target, None, one.where.at("target")))
        for target in declared[:1]:
            jump = target_jump(one, one.baseline, target)
            if jump is not None and jump > limit:
                zh = f"{one.id} 的目标 {plain(target.value)} 离基准 {plain(one.baseline)} 超过 {plain(limit)}%: 请核实能否达到"
                en = f"the target {plain(target.value)} of {one.id} lies over {plain(limit)}% from {plain(one.baseline)}"
                yield warning(target.where, zh, f"{en}: can it be reached?")


def _guards(policy: Policy, rules: MonitoringEdition) -> Iterator[Problem]:
    named = ((f"{one.indicator} / {one.guard}", one.where.at("indicator")) for one in rules.guards)
    yield from repeated(("护栏", "guard pair"), named)
    for pair in rules.guards:
        for key in ("indicator", "guard"):
            yield from _directed(policy, getattr(pair, key), pair.where.at(key))
        if pair.indicator == pair.guard:
            zh, en = "指标不能做自己的护栏", "an indicator cannot guard itself"
            yield error(pair.where.at("guard"), zh, en)


def _pairs(policy: Policy, rules: MonitoringEdition) -> Iterator[Problem]:
    named = ((f"{one.first} / {one.second} / {one.lag}", one.where.at("first")) for one in rules.pairs)
    yield from repeated(("关联", "related pair"), named)
    lags = rules.correlation.lags if rules.correlation else 0
    for pair in rules.pairs:
        for key in ("first", "second"):
            yield from _directed(policy, getattr(pair, key), pair.where.at(key))
        if pair.first == pair.second:
            yield error(pair.where.at("second"), "两个指标须不同", "two different indicators make a pair")
        if not 0 <= pair.lag <= max(lags, 0):
            zh = f"lag 应在 0 至 {lags} 之间 (correlation.lags)"
            yield error(pair.where.at("lag"), zh, f"a lag lies between 0 and {lags} (correlation.lags)")


def _directed(policy: Policy, name: str, where: Where) -> Iterator[Problem]:
    """A known indicator of which one can tell whether it improves or worsens."""
    if name not in policy.watched:
        yield unknown(_INDICATOR, name, policy.watched, where)
    elif policy.watched[name].indicator.direction is None:
        zh = f"指标 {name} 没有方向, 看不出是好是坏: 请写 direction"
        yield error(where, zh, f"{name} has no direction, so nobody can tell better from worse: write it")


def _settings(general: PolicyEdition) -> Iterator[Problem]:
    if not isinstance(general, MonitoringPolicyEdition):
        return
    yield from repeated(("表单", "form"), ((one.id, one.where.at("id")) for one in general.forms))
    yield from repeated(("例会", "meeting"), ((one.id, one.where.at("id")) for one in general.meetings))
    training = general.training
    if training is not None and sum((one.hours for one in training.courses), ZERO) != training.hours:
        total = plain(sum((one.hours for one in training.courses), ZERO))
        zh = f"课程合计 {total} 小时, 不等于 {plain(training.hours)}"
        yield error(training.where.at("hours"), zh, f"the courses total {total} hours, not {plain(training.hours)}")
    for meeting in general.meetings:
        if meeting.day is not None and not 1 <= meeting.day <= 28:
            yield error(meeting.where.at("day"), "day 应在 1 至 28 之间", "a day lies between 1 and 28")
        if (meeting.falls_on == "day") != (meeting.day is not None):
            zh, en = "falls_on: day 才写 day, 且必须写", "a day is written with falls_on: day, and only then"
            yield error(meeting.where.at("day"), zh, en)
