"""Rows of post sheets: told apart, resting on a known indicator or complete by themselves, and fit to be measured or rated."""

from collections.abc import Iterator
from typing import Final, get_args

from appraisal.core.calendar import Cadence
from appraisal.core.checks.common import check_total, own_rows, repeated, rows_of, unknown
from appraisal.core.numbers import ZERO
from appraisal.core.policy.model import Group, Indicator, Policy, PostItem
from appraisal.core.policy.tree import Problem, error, warning

OFTENER: Final = {cadence: rank for rank, cadence in enumerate(get_args(Cadence))}
PLACED: Final = frozenset(
    ("id", "indicator", "name", "raw", "restored", "source", "cadence", "assessor", "assessors", "serves")
) | {"assumed", "uncertain", "note"}
"""What a row may write that only places an indicator of the library; anything else would change that indicator."""


def check_items(policy: Policy) -> Iterator[Problem]:
    """Row ids single in the whole policy; a row under the id of a library's indicator is that indicator, unchanged."""
    for located in policy.sheets:
        rows = [row for group in located.post.groups for row in group.items]
        yield from repeated(("考核项", "item"), ((row.id, row.where.at("id")) for row in rows))
    yield from repeated(("考核项", "item"), ((row.id, row.where.at("id")) for row, _ in own_rows(policy)))
    library = {located.indicator.id for located in policy.library}
    for _, _, row in rows_of(policy):
        if row.is_plain:
            for key in row.where.keys:
                if key not in PLACED:
                    zh = f"考核项 {row.id} 用的是指标库的编号, 不能再写 {key}: 请给它自己的编号"
                    en = f"{row.id} is the library's own id, so the row cannot write {key}: give the row an id of its own"
                    yield error(row.where.at(key), zh, en)
        elif row.id in library:
            zh = f'编号 "{row.id}" 已是指标库的指标: 请改名, 或写 indicator: {row.id}'
            en = f'the id "{row.id}" is an indicator of the library: rename the row, or write indicator: {row.id}'
            yield error(row.where.at("id"), zh, en)


def check_rows(policy: Policy) -> Iterator[Problem]:
    """Each row has what it needs to be agreed on, collected and scored (R-003-9, R-003-15, D-07)."""
    library = {located.indicator.id: located.indicator for located in policy.library}
    resolved = {row.id: located.indicator for row, located in own_rows(policy)}
    for _, group, row in rows_of(policy):
        known = library.get(row.indicator or "")
        if row.indicator is None:
            yield from _standing_alone(group, row)
        elif known is None:
            yield unknown(("指标", "indicator"), row.indicator, library, row.where.at("indicator"))
            continue
        elif known.kind != group.kind:
            zh = f"指标 {row.indicator} 在指标库中是 {known.kind}, 不能放在 {group.kind} 组"
            en = f"the library has {row.indicator} as {known.kind}; move it out of this {group.kind} group"
            yield error(row.where.at("indicator"), zh, en)
            continue
        one = library[row.id] if row.is_plain else resolved[row.id]
        yield from _measured(row, one) if group.kind == "kpi" else _rated(row, one)
        if row.dimension is not None and row.dimension not in policy.dimensions:
            yield unknown(("维度", "dimension"), row.dimension, policy.dimensions, row.where.at("dimension"))
        if row.levels is not None and row.levels not in policy.level_sets:
            yield unknown(("等级说明", "level set"), row.levels, policy.level_sets, row.where.at("levels"))
        if row.collected and row.cadence and OFTENER[row.collected] < OFTENER[row.cadence]:
            zh = f"采集周期 {row.collected} 长于考核周期 {row.cadence}: 考核时还没有数据"
            en = f"figures collected each {row.collected} are not there when each {row.cadence} is appraised: collect oftener"
            yield error(row.where.at("collected"), zh, en)
        elif row.collected and row.collected != row.cadence and one.roll_up is None:
            zh = f"每 {row.collected} 采集的数字怎样合成考核期的实际值? 请写 roll_up: sum、mean、last 或 weighted"
            en = f"say how the figures of each {row.collected} become one: roll_up: sum, mean, last or weighted"
            yield error(row.where.at("collected"), zh, en)
        if one.roll_up == "weighted" and one.formula is None:
            zh = f"{row.id} 没有公式, 不能按公式汇总: roll_up 请写 sum、mean 或 last"
            yield error(row.where.at("roll_up"), zh, f"{row.id} has no formula to weigh by: write sum, mean or last")


def check_seldom(policy: Policy) -> Iterator[Problem]:
    """A KPI measured more seldom than it is appraised says what stands in the periods without a figure (R-003-47, G-56)."""
    cycles = {cycle.cadence for cycle in policy.general.cycles}
    for row, located in own_rows(policy):
        if located.indicator.kind != "kpi" or row.cadence is None or row.cadence in cycles or located.indicator.missing:
            continue
        if any(OFTENER[cycle] > OFTENER[row.cadence] for cycle in cycles):
            zh = f"{row.id} 每 {row.cadence} 才有一次数, 而考核更频繁: 请写 missing, 说明没有数的各期怎么办"
            en = f"{row.id} has a figure each {row.cadence} but is appraised oftener: say with missing what stands in between"
            yield warning(row.where.at("cadence"), zh, en)


def _standing_alone(group: Group, row: PostItem) -> Iterator[Problem]:
    """A row without an indicator of the library says itself what it is."""
    if row.name is None:
        zh = f"考核项 {row.id} 须写 indicator (指标库编号) 或 name"
        yield error(row.where, zh, f"the item {row.id} needs an indicator of the library or a name")
    wanted = [("definition", "定义")] + ([("unit", "计量单位")] if group.kind == "kpi" else [])
    for key, zh_name in wanted:
        if key not in row.where.keys:
            zh = f"考核项 {row.id} 没有{zh_name} {key}: 请补上, 或写 indicator (指标库编号)"
            yield error(row.where, zh, f"the item {row.id} has no {key}: add it, or name an indicator of the library")


def _measured(row: PostItem, one: Indicator) -> Iterator[Problem]:
    """A KPI has a direction, a source and a cadence; nobody rates it."""
    if one.direction is None and one.status == "complete":
        zh = f"KPI {row.id} 没有方向 direction: 写 higher、lower、target 或 zero"
        yield error(row.where, zh, f"the KPI {row.id} has no direction: write higher, lower, target or zero")
    if one.status == "incomplete" and not row.is_plain:
        zh = f"KPI {row.id} 所用的指标 {row.indicator} 没有公式 (incomplete), 不能计分: 请写 definition 或 formula"
        en = f"the indicator {row.indicator} of the KPI {row.id} has no formula and cannot be scored: write its definition"
        yield warning(row.where.at("indicator"), zh, en)
    yield from _stated(row, "source", one.sources, "KPI", "数据来源", "source")
    yield from _stated(row, "cadence", one.cadence, "KPI", "周期", "cadence")
    for key in ("levels", "factors", "assessors"):
        if key in row.where.keys:
            zh = f"{row.id} 是 KPI, 不由人评分: {key} 只用于 gs"
            yield warning(row.where.at(key), zh, f"{row.id} is a KPI, nobody rates it: {key} is for gs")


def _rated(row: PostItem, one: Indicator) -> Iterator[Problem]:
    """A goal has an assessor, a cadence and a standard; shares of assessors and points of factors total 100 (R-003-43, -48)."""
    if not one.has_standard:
        zh = f"GS {row.id} 没有评分标准: 请写 levels (等级说明) 或 factors (分项); 没有标准的目标不能开启周期 (D-08)"
        yield warning(row.where, zh, f"the goal {row.id} has no standard: write levels or factors, or no cycle can open (D-08)")
    yield from _stated(row, "cadence", one.cadence, "GS", "周期", "cadence")
    yield from _stated(row, "assessor", row.assessor or row.assessors, "GS", "考核人", "assessor")
    yield from repeated(("考核人", "assessor"), ((each.name, each.where.at("name")) for each in row.assessors))
    yield from repeated(("分项", "factor"), ((each.id, each.where.at("id")) for each in row.factors))
    shares = [(each.share, each.where.at("share")) for each in row.assessors]
    points = [(each.points, each.where.at("points")) for each in row.factors]
    for value, where in (*shares, *points):
        if value <= ZERO:
            yield error(where, "份额或分值须大于 0, 不用则删去", "a share or maximum must be above 0, or drop the entry")
    if shares:
        named = (f"{row.id} 各考核人的份额", f"the shares of the assessors of {row.id}")
        yield from check_total(named, (share for share, _ in shares), row.where.at("assessors"))
    if points:
        named = (f"{row.id} 各分项的满分", f"the factors of {row.id}")
        yield from check_total(named, (value for value, _ in points), row.where.at("factors"))


def _stated(row: PostItem, key: str, value: object, kind: str, zh_name: str, en_name: str) -> Iterator[Problem]:
    """What the source leaves blank is null with a doubt said aloud, which warns by itself; never left out (G-44).

    A row that only places an indicator leaves it to the library, where it is judged.
    """
    placed = row.is_plain and key not in row.where.keys and key != "assessor"
    if value or placed or (row.uncertain and key in row.where.keys):
        return
    zh = f"{kind} {row.id} 没有{zh_name} {key}: 请补上, 或写 null 并注明 uncertain"
    en = f"the {'KPI' if kind == 'KPI' else 'goal'} {row.id} has no {en_name}: add it, or null with uncertain"
    yield error(row.where.at(key), zh, en)
