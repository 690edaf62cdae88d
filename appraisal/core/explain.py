"""The sentences that explain an outcome: items, totals, parts, grade; each with the rule file and line it rests on."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from appraisal.core.assess import Assessed
from appraisal.core.combine import BESIDE_KPI, NAMES, Combined, Linked
from appraisal.core.inputs import Part
from appraisal.core.numbers import HUNDRED, ZERO, add, minus, percent_of, plain
from appraisal.core.outcome import Line
from appraisal.core.policy.general import Floor
from appraisal.core.policy.model import Band, Policy
from appraisal.core.scoring.items import ScoredItem


def sheet_lines(part: Assessed, several: bool) -> Iterator[Line]:
    label = f"[{part.sheet.label or part.sheet.case.post}] " if several else ""
    for scored in part.items:
        if scored.score is None:
            zh, en = f"{scored.name_zh}: {scored.how_zh}", f"{scored.name_en}: {scored.how_en}"
        else:
            product = (
                f"{plain(scored.score)} × {plain(scored.item.weight)}% = {plain(percent_of(scored.score, scored.item.weight))}"
            )
            zh, en = f"{scored.name_zh}: {scored.how_zh}; 得分 {product}", f"{scored.name_en}: {scored.how_en}; score {product}"
        yield Line(label + zh, label + en, scored.where.path, scored.where.line)
    for group in part.reweighted:
        product = f"{plain(group.mean)} × {plain(group.weight)}% = {plain(percent_of(group.mean, group.weight))}"
        zh, en = (
            f"维度 {group.dimension or '—'} 在册项目均分 {product}",
            f"Dimension {group.dimension or '-'}: mean of the items present {product}",
        )
        where = next(scored.where for scored in part.items if scored.score is None and scored.dimension == group.dimension)
        yield Line(label + zh, label + en, where.path, where.line)
    for line in part.verdict.lines:
        yield Line(label + line.zh, label + line.en, line.path, line.line)


def grade_line(band: Band, score: Decimal) -> Line:
    reached, factor = f"{plain(score)} ≥ {plain(band.from_)}", plain(band.multiplier)
    zh = f"综合得分 {reached}: 等级 {band.grade} {band.name.zh}, 奖金系数 {factor}"
    en = f"Score {reached}: grade {band.grade} ({band.name.en}), multiplier {factor}"
    return Line(zh, en, band.where.path, band.where.line)


def total_line(policy: Policy, assessed: Sequence[Assessed], whole: Combined) -> Line:
    where = policy.general.where
    if len(assessed) == 1:
        zh, en = f"计算得分合计 {plain(whole.computed)}", f"Computed total {plain(whole.computed)}"
    else:
        shares = " + ".join(f"{plain(part.computed)} × {plain(part.sheet.share)}" for part in assessed)
        days = plain(add(*(part.sheet.share for part in assessed)))
        zh = f"按份额合并 ({shares}) ÷ {days} = {plain(whole.computed)}"
        en = f"Combined by shares ({shares}) ÷ {days} = {plain(whole.computed)}"
        where = where.at("share_veto") if whole.vetoed else where.at("precision")
    return _after_incidents(Line(zh, en, where.path, where.line), whole)


def quarter_line(policy: Policy, quarters: Sequence[Part], whole: Combined) -> Line:
    """The year's KPI part as the mean of its quarters (D-24)."""
    where = policy.general.where.at("year_kpi")
    shares = " + ".join(f"{plain(part.before)} × {plain(part.share)}" for part in quarters)
    count = plain(add(*(part.share for part in quarters)))
    named = ", ".join(part.source for part in quarters if part.source) or str(len(quarters))
    zh = f"各季度 ({named}) 均分 ({shares}) ÷ {count} = {plain(whole.computed)}"
    en = f"Mean of the quarters ({named}) ({shares}) ÷ {count} = {plain(whole.computed)}"
    return _after_incidents(Line(zh, en, where.path, where.line), whole)


def annual_lines(
    policy: Policy, shares: Sequence[tuple[Part | None, Decimal]], kpi: Combined, whole: Combined
) -> Iterator[Line]:
    """KPI, 360° feedback and plan by their points (G-27); what is not there is named."""
    annual = policy.general.annual
    if annual is None or not shares:
        return
    there = {part.kind for part, _ in shares if part}
    absent = [kind for kind in BESIDE_KPI if getattr(annual, kind) and kind not in there]
    terms = [(NAMES[part.kind if part else "sheet"], part.score if part else kpi.computed, points) for part, points in shares]
    points = plain(add(*(share for _, share in shares)))
    zh = " + ".join(f"{name.zh} {plain(score)} × {plain(share)}" for name, score, share in terms)
    en = " + ".join(f"{name.en} {plain(score)} × {plain(share)}" for name, score, share in terms)
    zh, en = f"年度: ({zh}) ÷ {points} = {plain(whole.computed)}", f"Year: ({en}) ÷ {points} = {plain(whole.computed)}"
    for kind in absent:
        zh, en = f"{zh}; 没有{NAMES[kind].zh}的得分, 不计这一部分", f"{en}; there is no {NAMES[kind].en}, so it does not count"
    yield _after_incidents(Line(zh, en, annual.where.path, annual.where.line), whole)


def link_lines(linked: Sequence[Linked], own: Combined, whole: Combined) -> Iterator[Line]:
    """One's own result and the unit's or company's by their points (D-02)."""
    shares = [one for one in linked if one.points > ZERO]
    if not shares:
        return
    rest = minus(HUNDRED, add(*(one.points for one in shares)))
    mine, total = f"{plain(own.computed)} × {plain(rest)}", plain(whole.computed)
    terms = "".join(f" + {NAMES[one.link.to].zh} {plain(one.score)} × {plain(one.points)}" for one in shares)
    zh = f"挂钩: (本人 {mine}{terms}) ÷ 100 = {total}"
    terms = "".join(f" + {NAMES[one.link.to].en} {plain(one.score)} × {plain(one.points)}" for one in shares)
    en = f"Linked: (own {mine}{terms}) ÷ 100 = {total}"
    where = shares[0].link.where
    yield _after_incidents(Line(zh, en, where.path, where.line), whole)


def floor_lines(floors: Sequence[Floor], dimensions: Mapping[str, Decimal], policy: Policy) -> Iterator[Line]:
    """Why a grade was capped (D-14)."""
    for floor in floors:
        name, below = policy.dimensions[floor.dimension].name, f"{plain(dimensions[floor.dimension])} < {plain(floor.below)}"
        factor = next(plain(band.multiplier) for band in policy.bands if band.grade == floor.grade)
        zh = f"维度“{name.zh}”得分 {below}: 等级不高于 {floor.grade}, 奖金系数 {factor}"
        en = f"Dimension {name.en} {below}: no grade better than {floor.grade}, multiplier {factor}"
        yield Line(zh, en, floor.where.path, floor.where.line)


def factor_lines(linked: Sequence[Linked], band: Band, multiplier: Decimal) -> Iterator[Line]:
    """How the results of unit and company change the bonus (D-02)."""
    factors = [one for one in linked if one.link.coefficient]
    if not factors:
        return
    product = " × ".join(plain(factor) for factor in (band.multiplier, *(one.factor for one in factors)))
    where = factors[0].link.where
    zh, en = f"奖金系数 {product} = {plain(multiplier)}", f"Bonus multiplier {product} = {plain(multiplier)}"
    yield Line(zh, en, where.path, where.line)


def spared_line(score: Decimal, band: Band) -> Line:
    """What it would have been without the veto."""
    zh = f"若无否决: 得分 {plain(score)}, 等级 {band.grade}"
    return Line(zh, f"Without the veto: score {plain(score)}, grade {band.grade}", band.where.path, band.where.line)


def _after_incidents(line: Line, whole: Combined) -> Line:
    if whole.score == whole.computed:
        return line
    zh, en = f"{line.zh}; 事件处理后 {plain(whole.score)}", f"{line.en}; {plain(whole.score)} after incidents"
    return line._replace(zh=zh, en=en)


def raisable_items(part: Assessed) -> tuple[ScoredItem, ...]:
    """The items whose score alone moves the total by its weight: none was zeroed, and no dimension stands in for another."""
    if part.reweighted:
        return ()
    return tuple(scored for scored, by in zip(part.items, part.verdict.zeroed_by, strict=True) if by is None)
