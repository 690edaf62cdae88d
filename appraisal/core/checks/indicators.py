"""Indicators fit to be agreed on: who supplies the figure and how often, which way is better, and a formula that computes."""

import re
from collections.abc import Iterator
from decimal import Decimal

from appraisal.core.checks.common import mention, repeated, writing
from appraisal.core.checks.levels import in_order_on_the_scale
from appraisal.core.errors import CoreError, FormulaError
from appraisal.core.formula import Formula, ZeroDenominator, parse_formula
from appraisal.core.inputs import Direction
from appraisal.core.numbers import ONE, ZERO, plain
from appraisal.core.policy.model import Indicator, Operator, Policy
from appraisal.core.policy.tree import Problem, did_you_mean, error, warning

MAX_DECIMALS = 8
_READING = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_-]*")
_OPERATORS: dict[Direction, tuple[Operator, ...]] = {
    "higher": (">=", ">"),
    "lower": ("<=", "<"),
    "target": ("=",),
    "zero": ("=", "<="),
}


def check_kpis(policy: Policy) -> Iterator[Problem]:
    """Each indicator once; a KPI has a source, a cadence and, when it is scored, a direction (R-002-2, D-07)."""
    rows = [located.indicator for located in policy.library]
    yield from repeated(("指标", "indicator"), ((one.id, one.where.at("id")) for one in rows))
    for one in rows:
        if one.kind == "gs":
            continue
        yield from _stated(one, "sources", one.sources, "数据来源", "source")
        yield from _stated(one, "cadence", one.cadence, "周期", "cadence")
        if one.direction is None and one.status == "complete":
            zh = f"KPI {one.id} 没有方向 direction: 写 higher、lower、target 或 zero"
            yield error(one.where, zh, f"the KPI {one.id} has no direction: write higher, lower, target or zero")


def check_readings(policy: Policy) -> Iterator[Problem]:
    """A KPI that takes its figure from a reading names it as policy/indicator; whether there is one, another policy knows."""
    for one in writing(policy, "reading"):
        if one.reading is None:
            continue
        where = one.where.at("reading")
        if not _READING.fullmatch(one.reading):
            zh = f"reading 应写成 制度/指标, 如 kpi_sop/iqc_pass_rate, 不是 {one.reading}"
            yield error(where, zh, f"write reading as policy/indicator, such as kpi_sop/iqc_pass_rate, not {one.reading}")
        elif one.kind != "kpi":
            zh = f"{one.id} 是 {one.kind}: 只有 KPI 的数取自读数"
            yield error(where, zh, f"{one.id} is a {one.kind}: only the figure of a KPI comes from a reading")


def _stated(one: Indicator, key: str, value: tuple[str, ...] | None, zh_name: str, en_name: str) -> Iterator[Problem]:
    """A KPI that nobody supplies or that has no period is no KPI; a doubt said aloud only warns."""
    if value:
        return
    zh, en = f"KPI {one.id} 没有{zh_name}", f"the KPI {one.id} has no {en_name}"
    if value is None and one.uncertain:
        yield warning(one.where.at(key), f"{zh} (存疑)", f"{en} (marked uncertain)")
    else:
        zh = f"{zh}: 请写 {key}, 不明则写 null 并注明 uncertain"
        en = f"{en}: write {key}, or null with uncertain"
        yield error(one.where.at(key), zh, en)


def check_decimals(policy: Policy) -> Iterator[Problem]:
    """Formula results are rounded to a number of places there can be."""
    for one in writing(policy, "decimals"):
        if not 0 <= one.decimals <= MAX_DECIMALS:
            zh = f"decimals 是小数位数, 应在 0 至 {MAX_DECIMALS} 之间"
            yield error(one.where.at("decimals"), zh, f"decimals counts places: 0 to {MAX_DECIMALS}")


def check_goals(policy: Policy) -> Iterator[Problem]:
    """Rating levels belong to goals, lie on the scale and stand highest first."""
    for located in policy.library:
        one = located.indicator
        if one.kind == "kpi" and one.levels:
            zh = f"{one.id} 是 KPI, 不由人评分: levels 只用于 gs"
            yield warning(one.where.at("levels"), zh, f"{one.id} is a KPI, nobody rates it: levels are for gs")
        yield from in_order_on_the_scale(policy, [(level.rating, level.where.at("rating")) for level in one.levels])


def check_formulas(policy: Policy) -> Iterator[Problem]:
    """Formulas parse, name the declared inputs and no others, and say what a zero denominator means."""
    for one in writing(policy, "formula", "inputs", "zero_denominator"):
        yield from repeated(("输入", "input"), ((given.name, given.where.at("name")) for given in one.inputs))
        if one.formula is None:
            if one.inputs:
                zh = f"指标 {one.id} 列出了输入而没有公式"
                yield warning(one.where.at("inputs"), zh, f"the indicator {one.id} lists inputs but has no formula")
            if one.zero_denominator:
                zh = "没有公式, 此键不起作用"
                en = "without a formula this key does nothing"
                yield warning(one.where.at("zero_denominator"), zh, en)
            continue
        if one.kind == "gs":
            zh, en = f"{one.id} 由人评分, 公式不起作用", f"{one.id} is rated by a person, its formula does nothing"
            yield warning(one.where.at("formula"), zh, en)
        if one.status == "incomplete":
            zh, en = f"{one.id} 标为 incomplete 却有公式", f"{one.id} is marked incomplete and yet has a formula"
            yield warning(one.where.at("status"), zh, en)
        try:
            formula = parse_formula(one.formula)
        except FormulaError as refused:
            place = one.where.at("formula").character(refused.column)
            yield error(place, f"公式有误 ({refused.code}), 见第 {refused.column} 个字符", f"formula: {refused.message}")
            continue
        yield from _names(one, formula)


def _names(one: Indicator, formula: Formula) -> Iterator[Problem]:
    declared = [given.name for given in one.inputs]
    where = one.where.at("formula")
    for name in formula.names:
        if name not in declared:
            zh, en = did_you_mean(name, declared)
            place = where.character(mention(formula.text, name))
            yield error(place, f'公式中的 "{name}" 不在 inputs 之中, {zh}', f'"{name}" in the formula is no input, {en}')
    for given in one.inputs:
        if given.name not in formula.names:
            zh = f'输入 "{given.name}" 在公式中没有用到: 删去它或改公式'
            en = f'the formula does not use the input "{given.name}": drop it or mend the formula'
            yield error(given.where.at("name"), zh, en)
    divides = _may_divide_by_zero(formula)
    if divides and one.zero_denominator is None:
        zh = "公式的分母可能为 0: 请写 zero_denominator (no_base、no_base_strict 或 nothing_due)"
        yield warning(where, zh, "a denominator may be 0: say what that means with zero_denominator")
    if not divides and one.zero_denominator and set(formula.names) <= set(declared):
        zh = "公式没有可能为 0 的分母, 此键不起作用"
        en = "no denominator can be 0, this key does nothing"
        yield warning(one.where.at("zero_denominator"), zh, en)


def _may_divide_by_zero(formula: Formula) -> bool:
    """Tried with figures that are all 0, and with each one 0 in turn among ones and growing numbers."""
    names = formula.names
    trials = [dict.fromkeys(names, ZERO)]
    for zero in names:
        trials.append({name: ZERO if name == zero else ONE for name in names})
        trials.append({name: ZERO if name == zero else Decimal(2 + index) for index, name in enumerate(names)})
    for values in trials:
        try:
            formula.evaluate(values)
        except ZeroDenominator:
            return True
        except CoreError:
            continue
    return False


def check_targets(policy: Policy) -> Iterator[Problem]:
    """Declared targets on the right side of what is possible, and challenges on the right side of their target (D-12)."""
    for one in writing(policy, "target", "challenge", "operator", "direction", "best_possible"):
        if one.target is None:
            for key in ("challenge", "operator"):
                if getattr(one, key) is not None:
                    zh = f"写了 {key} 而没有 target: 请补 target"
                    en = f"{key} without a target: add the target"
                    yield error(one.where.at(key), zh, en)
            continue
        allowed = operators_of(policy, one.direction) if one.direction else ()
        if one.operator and one.direction and one.operator not in allowed:
            fitting = " ".join(allowed)
            zh = f"{one.operator} 与方向 {one.direction} 矛盾: 应为 {fitting}"
            en = f"{one.operator} contradicts the direction {one.direction}: write {fitting}"
            yield error(one.where.at("operator"), zh, en)
        if one.direction not in ("higher", "lower"):
            continue
        sign = "≥" if one.direction == "higher" else "≤"
        if one.challenge is not None and _worse(one, one.challenge, one.target):
            zh = f"挑战值 {plain(one.challenge)} 在目标值 {plain(one.target)} 的反面: 方向 {one.direction} 须 挑战 {sign} 目标"
            en = f"the challenge {plain(one.challenge)} must be {sign} the target {plain(one.target)}: it is on the wrong side"
            yield error(one.where.at("challenge"), zh, en)
        for key in ("target", "challenge"):
            figure = getattr(one, key)
            if figure is not None and one.best_possible is not None and _worse(one, one.best_possible, figure):
                zh = f"{key} {plain(figure)} 超出了可能的最好值 {plain(one.best_possible)}"
                en = f"{key} {plain(figure)} is beyond the best possible {plain(one.best_possible)}"
                yield error(one.where.at(key), zh, en)


def operators_of(policy: Policy, direction: Direction) -> tuple[Operator, ...]:
    """The operators that fit a direction; where nothing is scored, = 100 % may stand for the best there can be (R-000-13)."""
    exact: tuple[Operator, ...] = ("=",) if policy.general.purpose == "monitoring" else ()
    return tuple(dict.fromkeys((*_OPERATORS[direction], *exact)))


def _worse(one: Indicator, figure: Decimal, than: Decimal) -> bool:
    return figure < than if one.direction == "higher" else figure > than
