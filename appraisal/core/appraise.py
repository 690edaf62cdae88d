"""The whole method on one screen: items → scores → incidents → total → grade → multiplier and outcomes, explained."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from appraisal.core.combine import Part, combine
from appraisal.core.engine.ruleset import RuleBook, compile_rules
from appraisal.core.engine.session import Fire
from appraisal.core.engine.session import fire as durable
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Case
from appraisal.core.judging.grades import band_of
from appraisal.core.judging.nearest import nearest_lines
from appraisal.core.judging.outcomes import Judged, outcomes_of
from appraisal.core.judging.vetoes import Verdict, apply_incidents
from appraisal.core.numbers import ONE, ZERO, add, percent_of, plain
from appraisal.core.outcome import ItemOutcome, Line, Outcome
from appraisal.core.policy.model import Band, Policy
from appraisal.core.scoring.items import ScoredItem, score_item
from appraisal.core.scoring.weighting import Reweighted, check_weights, total_score


@dataclass(frozen=True)
class Sheet:
    """One post sheet of an appraisal with its share of the whole: days in the post, or points of 100 (D-04)."""

    case: Case
    share: Decimal = ONE
    label: str = ""


@dataclass(frozen=True)
class Assessed:
    """A sheet with its item scores and what incidents made of them; `spared` is the score had no veto fallen on it."""

    sheet: Sheet
    items: tuple[ScoredItem, ...]
    verdict: Verdict
    computed: Decimal
    spared: Decimal
    score: Decimal
    reweighted: tuple[Reweighted, ...]


def appraise(policy: Policy, case: Case, fire: Fire = durable) -> Outcome:
    """The outcome of one sheet under the policy in force. Raises ScoringError."""
    return appraise_sheets(policy, [Sheet(case)], fire)


def appraise_sheets(policy: Policy, sheets: Sequence[Sheet], fire: Fire = durable) -> Outcome:
    """The outcome of one person's sheets in one period, combined by their shares and graded once. Raises ScoringError."""
    rules = compile_rules(policy)
    assessed = [_assess(policy, rules, sheet, fire) for sheet in sheets]
    parts = [Part(part.sheet.label, part.sheet.share, part.computed, part.score, part.verdict.vetoed) for part in assessed]
    whole = combine(policy, parts)
    band, grade_rule = band_of(policy, rules, whole.score, fire)
    case = sheets[0].case
    item_scores = tuple(score for part in assessed for score in part.verdict.scores)
    judged = Judged(band.grade, case.period, case.history, whole.score, whole.vetoed, item_scores)
    consequences = outcomes_of(policy, judged, fire)
    struck = sorted(dict.fromkeys(rule for part in assessed for rule in part.verdict.fired), key=lambda rule: rule.line)
    several = len(sheets) > 1
    lines = [line for part in assessed for line in _sheet_lines(part, several)]
    lines.append(_total_line(policy, assessed, whole.computed, whole.score, whole.vetoed))
    lines.append(_grade_line(band, whole.score))
    if whole.vetoed:
        unvetoed = [replace(part, score=own.spared, vetoed=False) for part, own in zip(parts, assessed, strict=True)]
        spared = combine(policy, unvetoed)
        reached, _ = band_of(policy, rules, spared.score, fire)
        zh = f"若无否决: 得分 {plain(spared.score)}, 等级 {reached.grade}"
        en = f"without the veto: score {plain(spared.score)}, grade {reached.grade}"
        lines.append(Line(zh, en, reached.where.path, reached.where.line))
    else:
        lines.extend(nearest_lines(policy, band, whole.score, () if several else _raisable(assessed[0])))
    return Outcome(
        policy=policy.id,
        digest=policy.digest,
        computed_score=whole.computed,
        score=whole.score,
        vetoed=whole.vetoed,
        grade=band.grade,
        multiplier=band.multiplier,
        outcomes=consequences.ids,
        items=tuple(
            _item_outcome(*entry)
            for part in assessed
            for entry in zip(part.items, part.verdict.scores, part.verdict.zeroed_by, strict=True)
        ),
        fired=(*struck, grade_rule, *consequences.fired),
        lines=(*lines, *consequences.lines),
    )


def dimension_warnings(policy: Policy, case: Case) -> Iterator[str]:
    """Where the items' weights leave the post's dimension weights: the agreement's business, so here only a warning."""
    post = policy.posts.get(case.post)
    for dimension, weight in (post.post.dimensions if post else {}).items():
        agreed = add(ZERO, *(item.weight for item in case.items if _dimension(policy, item.id, item.dimension) == dimension))
        if agreed != weight:
            yield f"dimension {dimension} of post {case.post} has {plain(agreed)} points, its profile says {plain(weight)}"


def _dimension(policy: Policy, item: str, stated: str | None) -> str | None:
    located = policy.indicators.get(item)
    return stated or (located.dimension if located else None)


def _assess(policy: Policy, rules: RuleBook, sheet: Sheet, fire: Fire) -> Assessed:
    case = sheet.case
    check_case(policy, case)
    items = tuple(_scored_items(policy, case))
    places = policy.general.precision
    computed, reweighted = total_score(items, [item.score for item in items], places)
    verdict = apply_incidents(policy, rules, case, items, fire)
    spared = computed
    if any(verdict.zeroed_by):
        spared, reweighted = total_score(items, verdict.scores, places)
    return Assessed(sheet, items, verdict, computed, spared, ZERO if verdict.vetoed else spared, reweighted)


def check_case(policy: Policy, case: Case) -> None:
    """Raises ScoringError for a post without profile (R-002-16), no or repeated items, weights off 100, unknown grades."""
    for refused in policy.refused:
        if refused.id == case.post:
            raise ScoringError("post_refused", "post", refused.reason.zh, refused.reason.en)
    if case.post not in policy.posts:
        known = ", ".join(policy.posts)
        raise ScoringError(
            "unknown_post", "post", f"制度中没有岗位 {case.post}; 可用: {known}", f"no post {case.post}; known: {known}"
        )
    if not case.items:
        raise ScoringError("no_items", "items", "没有考核项目", "there are no items to appraise")
    ids = [item.id for item in case.items]
    for index, item_id in enumerate(ids):
        if item_id in ids[:index]:
            raise ScoringError("repeated_item", f"items[{index}].id", f"项目 {item_id} 重复", f"the item {item_id} is repeated")
    check_weights([item.weight for item in case.items])


def _scored_items(policy: Policy, case: Case) -> Iterator[ScoredItem]:
    for index, item in enumerate(case.items):
        try:
            yield score_item(policy, item)
        except ScoringError as error:
            raise error.under(f"items[{index}]") from None


def _raisable(part: Assessed) -> tuple[ScoredItem, ...]:
    """The items whose score alone moves the total by its weight: none was zeroed, and no dimension stands in for another."""
    if part.reweighted:
        return ()
    return tuple(scored for scored, by in zip(part.items, part.verdict.zeroed_by, strict=True) if by is None)


def _item_outcome(scored: ScoredItem, score: Decimal | None, zeroed_by: str | None) -> ItemOutcome:
    weight = scored.item.weight
    weighted = None if score is None else percent_of(score, weight)
    return ItemOutcome(scored.item.id, scored.score, score, weight, weighted, scored.missing, zeroed_by)


def _sheet_lines(part: Assessed, several: bool) -> Iterator[Line]:
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
            f"dimension {group.dimension or '-'}: mean of the items present {product}",
        )
        where = next(scored.where for scored in part.items if scored.score is None and scored.dimension == group.dimension)
        yield Line(label + zh, label + en, where.path, where.line)
    for line in part.verdict.lines:
        yield Line(label + line.zh, label + line.en, line.path, line.line)


def _grade_line(band: Band, score: Decimal) -> Line:
    reached, factor = f"{plain(score)} ≥ {plain(band.from_)}", plain(band.multiplier)
    zh = f"综合得分 {reached}: 等级 {band.grade} {band.name.zh}, 奖金系数 {factor}"
    en = f"score {reached}: grade {band.grade} ({band.name.en}), multiplier {factor}"
    return Line(zh, en, band.where.path, band.where.line)


def _total_line(policy: Policy, assessed: Sequence[Assessed], computed: Decimal, score: Decimal, vetoed: bool) -> Line:
    where = policy.general.where
    if len(assessed) == 1:
        zh, en = f"计算得分合计 {plain(computed)}", f"computed total {plain(computed)}"
    else:
        shares = " + ".join(f"{plain(part.computed)} × {plain(part.sheet.share)}" for part in assessed)
        days = plain(add(*(part.sheet.share for part in assessed)))
        zh = f"按份额合并 ({shares}) ÷ {days} = {plain(computed)}"
        en = f"combined by shares ({shares}) ÷ {days} = {plain(computed)}"
        where = where.at("share_veto") if vetoed else where.at("precision")
    if score != computed:
        zh, en = f"{zh}; 事件处理后 {plain(score)}", f"{en}; {plain(score)} after incidents"
    return Line(zh, en, where.path, where.line)
