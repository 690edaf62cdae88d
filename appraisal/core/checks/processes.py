"""Processes of seed 004: steps that follow each other, goals that hang together, few core indicators, each SMART and linked."""

from collections.abc import Iterator, Mapping

from appraisal.core.checks.common import repeated, unknown
from appraisal.core.policy.model import LocatedProcess, Policy
from appraisal.core.policy.processes import Goal, ProcessEdition, StepIndicator
from appraisal.core.policy.tree import Problem, error, warning


def check_processes(policy: Policy) -> Iterator[Problem]:
    """Every process by itself, and no id twice among all that is watched."""
    yield from repeated(("流程", "process"), ((one.id, one.edition.where) for one in policy.processes))
    named = [
        *((one.indicator.id, one.indicator.where.at("id")) for one in policy.library),
        *((one.id, one.where.at("id")) for process in policy.processes for one in process.edition.indicators),
    ]
    if policy.processes:
        yield from repeated(("指标", "indicator"), named)
    guarded = {pair.indicator for pair in policy.monitoring.guards} if policy.monitoring else set()
    for process in policy.processes:
        yield from _steps(process.edition)
        yield from _goals(process.edition)
        yield from _core(process)
        yield from _natures(process.edition)
        for one in process.edition.indicators:
            yield from _links(process.edition, one)
            yield from _smart(one)
            if one.wants_guard and one.id not in guarded:
                zh = f"指标 {one.id} 不宜单独使用, 却没有护栏: 请在 monitoring.yaml 的 guards 中配对"
                yield warning(one.where.at("wants_guard"), zh, f"{one.id} must not stand alone: pair it in guards")


def _steps(process: ProcessEdition) -> Iterator[Problem]:
    yield from repeated(("步骤", "step"), ((one.id, one.where.at("id")) for one in process.steps))
    goals = {goal.id: goal for goal in process.goals}
    made: set[str] = set()
    for step in process.steps:
        if step.serves is not None and step.serves not in goals:
            yield unknown(("目标", "goal"), step.serves, goals, step.where.at("serves"))
        for key, zh, en in (("roles", "角色", "roles"), ("inputs", "输入", "inputs"), ("outputs", "输出", "outputs")):
            if not getattr(step, key):
                yield warning(step.where.at(key), f"步骤 {step.id} 没有{zh}", f"the step {step.id} has no {en}")
        taken = {one.zh for one in step.inputs}
        if made and taken and made.isdisjoint(taken):
            zh = f"步骤 {step.id} 的输入不是前面任何步骤的输出: 次序有缺口, 请调整次序或补上中间的步骤"
            en = f"the step {step.id} takes nothing that an earlier step puts out: a gap, reorder or add the step between"
            yield warning(step.where.at("inputs"), zh, en)
        made.update(one.zh for one in step.outputs)


def _goals(process: ProcessEdition) -> Iterator[Problem]:
    yield from repeated(("目标", "goal"), ((one.id, one.where.at("id")) for one in process.goals))
    goals = {goal.id: goal for goal in process.goals}
    for goal in process.goals:
        if goal.serves is not None and goal.serves not in goals:
            yield unknown(("目标", "goal"), goal.serves, goals, goal.where.at("serves"))
        elif _is_circle(goal, goals):
            yield error(goal.where.at("serves"), f"目标 {goal.id} 的上级关系成环", f"the goal {goal.id} serves itself")
        elif goal.department is not None and goal.serves is None:
            zh = f"部门目标 {goal.id} 没有向上的联系: 请写 serves"
            yield warning(goal.where.at("id"), zh, f"the department's goal {goal.id} has no link upwards: write serves")


def _is_circle(goal: Goal, goals: Mapping[str, Goal]) -> bool:
    seen: list[str] = []
    at: Goal | None = goal
    while at is not None and at.id not in seen:
        seen.append(at.id)
        at = goals.get(at.serves or "")
    return at is goal


def _core(process: LocatedProcess) -> Iterator[Problem]:
    core = [one for one in process.edition.indicators if one.core]
    most = process.edition.most_core
    for one in core[most:]:
        zh = f"流程 {process.id} 的核心指标超过 {most} 个: 请只留直接关系流程目标的 (R-004-13)"
        en = f"more than {most} core indicators of {process.id}: keep those that its goal hangs on"
        yield warning(one.where.at("core"), zh, en)


def _natures(process: ProcessEdition) -> Iterator[Problem]:
    """A goal hard to quantify has indicators of behaviour and of results, not of one kind only (R-004-14)."""
    for goal in process.goals:
        found = [one for one in process.indicators if one.serves == goal.id and one.nature is not None]
        kinds = {one.nature for one in found}
        if len(kinds) == 1:
            zh_lacks, en_lacks = ("结果", "result") if kinds == {"behaviour"} else ("行为", "behaviour")
            zh = f"目标 {goal.id} 只有一类指标, 缺{zh_lacks}指标: 难以量化的目标须行为与结果并用"
            en = f"the goal {goal.id} lacks an indicator of {en_lacks}: pair behaviour with result"
            yield warning(found[0].where.at("nature"), zh, en)


def _links(process: ProcessEdition, one: StepIndicator) -> Iterator[Problem]:
    steps = {step.id: step for step in process.steps}
    goals = {goal.id: goal for goal in process.goals}
    if one.step is not None and one.step not in steps:
        yield unknown(("步骤", "step"), one.step, steps, one.where.at("step"))
    if one.serves is None:
        zh = f"指标 {one.id} 没有向上的联系: 请写 serves, 注明支撑哪个目标 (R-004-4)"
        yield error(one.where.at("id"), zh, f"{one.id} has no link upwards: write the goal that it serves")
    elif one.serves not in goals:
        yield unknown(("目标", "goal"), one.serves, goals, one.where.at("serves"))


def _smart(one: StepIndicator) -> Iterator[Problem]:
    """SMART: measurable down to the field, with a target, an owner and a period; `monitor_only` says that it has no target."""
    missing = [
        (zh, en)
        for lacks, zh, en in (
            (one.target is None and not one.targets and one.status != "monitor_only", "目标值 target", "a target"),
            (one.target is not None and one.operator is None, "比较符 operator", "an operator"),
            (one.unit is None, "计量单位 unit", "a unit"),
            (one.owner is None, "负责人 owner", "an owner"),
            (not one.cadence, "周期 cadence", "a cadence"),
            (not one.sources, "数据来源 sources", "a source"),
            (
                any(given.source is None and given.indicator is None for given in one.inputs),
                "各输入的字段 source",
                "its fields",
            ),
        )
        if lacks
    ]
    if missing:
        zh, en = "、".join(name for name, _ in missing), ", ".join(name for _, name in missing)
        yield warning(one.where.at("id"), f"指标 {one.id} 不合 SMART, 缺{zh}", f"{one.id} is not SMART, it lacks {en}")
