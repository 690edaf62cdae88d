"""The sentences that explain an outcome: item by item, the total, the grade; each with the rule file and line it rests on."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from appraisal.core.assess import Assessed
from appraisal.core.numbers import add, percent_of, plain
from appraisal.core.outcome import Line
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


def total_line(policy: Policy, assessed: Sequence[Assessed], computed: Decimal, score: Decimal, vetoed: bool) -> Line:
    where = policy.general.where
    if len(assessed) == 1:
        zh, en = f"计算得分合计 {plain(computed)}", f"Computed total {plain(computed)}"
    else:
        shares = " + ".join(f"{plain(part.computed)} × {plain(part.sheet.share)}" for part in assessed)
        days = plain(add(*(part.sheet.share for part in assessed)))
        zh = f"按份额合并 ({shares}) ÷ {days} = {plain(computed)}"
        en = f"Combined by shares ({shares}) ÷ {days} = {plain(computed)}"
        where = where.at("share_veto") if vetoed else where.at("precision")
    if score != computed:
        zh, en = f"{zh}; 事件处理后 {plain(score)}", f"{en}; {plain(score)} after incidents"
    return Line(zh, en, where.path, where.line)


def raisable_items(part: Assessed) -> tuple[ScoredItem, ...]:
    """The items whose score alone moves the total by its weight: none was zeroed, and no dimension stands in for another."""
    if part.reweighted:
        return ()
    return tuple(scored for scored, by in zip(part.items, part.verdict.zeroed_by, strict=True) if by is None)
