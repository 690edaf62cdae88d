"""The whole method on one screen: items → scores → incidents → total → grade → multiplier and outcomes, explained."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from appraisal.core.assess import Assessed, assess, check_post
from appraisal.core.combine import (
    annual_shares,
    check_parts,
    check_shares,
    combine,
    combine_links,
    combine_year,
    from_quarters,
    links_of,
    multiply,
)
from appraisal.core.engine.ruleset import RuleBook, compile_rules
from appraisal.core.engine.session import Fire
from appraisal.core.engine.session import fire as durable
from appraisal.core.errors import ScoringError
from appraisal.core.explain import (
    annual_lines,
    factor_lines,
    floor_lines,
    grade_line,
    link_lines,
    quarter_line,
    raisable_items,
    sheet_lines,
    spared_line,
    total_line,
)
from appraisal.core.inputs import Case, Part, Sheet
from appraisal.core.judging.floors import cap, dimension_scores, missed_floors
from appraisal.core.judging.grades import band_of
from appraisal.core.judging.nearest import nearest_lines
from appraisal.core.judging.outcomes import Judged, outcomes_of
from appraisal.core.numbers import percent_of
from appraisal.core.outcome import Fired, ItemOutcome, Outcome
from appraisal.core.policy.general import Floor
from appraisal.core.policy.model import Policy
from appraisal.core.scoring.items import ScoredItem


def appraise(policy: Policy, case: Case, fire: Fire = durable) -> Outcome:
    """The outcome of one sheet under the policy in force. Raises ScoringError."""
    return appraise_sheets(policy, [Sheet(case)], fire)


def appraise_sheets(policy: Policy, sheets: Sequence[Sheet], fire: Fire = durable) -> Outcome:
    """The outcome of one person's sheets in one period, with the parts that the first case holds. Raises ScoringError."""
    return appraise_parts(policy, sheets, sheets[0].case.parts if sheets else (), fire)


def appraise_parts(policy: Policy, sheets: Sequence[Sheet], parts: Sequence[Part], fire: Fire = durable) -> Outcome:
    """The outcome of one person's sheets and what else the policy counts in the period, graded once. Raises ScoringError."""
    rules = compile_rules(policy)
    posts = [(sheet.case.post, sheet.share) for sheet in sheets]
    check_shares([share for _, share in posts])
    case = sheets[0].case
    check_parts(policy, case.period, posts, parts)
    assessed = _assess_all(policy, rules, sheets, fire)
    counted = _counted(assessed) if assessed else [part for part in parts if part.kind == "quarter"]
    shares = annual_shares(policy, case.period, parts)
    linked = links_of(policy, case.period, posts, parts)

    kpi = combine(policy, counted)
    year = combine_year(policy, kpi, shares)
    whole = combine_links(policy, year, linked)
    reached, grade_rule = band_of(policy, rules, whole.score, fire)
    dimensions = dimension_scores(policy, [(one.sheet.share, one.items, one.verdict.scores) for one in assessed])
    band, floors = cap(policy, reached, missed_floors(policy, dimensions))
    multiplier = multiply(band.multiplier, linked)
    item_scores = tuple(score for one in assessed for score in one.verdict.scores)
    collective = whole.vetoed and bool(assessed) and not any(one.verdict.own_veto for one in assessed)
    judged = Judged(band.grade, case.period, case.history, whole.score, whole.vetoed, item_scores, collective)
    consequences = outcomes_of(policy, judged, fire)
    struck = sorted(dict.fromkeys(rule for one in assessed for rule in one.verdict.fired), key=lambda rule: rule.line)
    several = len(sheets) > 1
    lines = [line for one in assessed for line in sheet_lines(one, several)]
    lines.append(total_line(policy, assessed, kpi) if assessed else quarter_line(policy, counted, kpi))
    lines.extend(annual_lines(policy, shares, kpi, year))
    lines.extend(link_lines(linked, year, whole))
    lines.append(grade_line(reached, whole.score))
    lines.extend(floor_lines(floors, dimensions, policy))
    lines.extend(factor_lines(linked, band, multiplier))
    if whole.vetoed:
        spares = [one.spared for one in assessed] or [part.before for part in counted]
        unvetoed = [replace(part, score=spare, vetoed=False) for part, spare in zip(counted, spares, strict=True)]
        spared = combine_links(policy, combine_year(policy, combine(policy, unvetoed), shares), linked)
        lines.append(spared_line(spared.score, band_of(policy, rules, spared.score, fire)[0]))
    elif band == reached:
        alone = not several and not shares and not linked
        lines.extend(nearest_lines(policy, band, whole.score, raisable_items(assessed[0]) if alone and assessed else ()))
    return Outcome(
        policy=policy.id,
        digest=policy.digest,
        computed_score=whole.computed,
        score=whole.score,
        vetoed=whole.vetoed,
        grade=band.grade,
        multiplier=multiplier,
        outcomes=consequences.ids,
        items=tuple(
            _item_outcome(*entry)
            for one in assessed
            for entry in zip(one.items, one.verdict.scores, one.verdict.zeroed_by, strict=True)
        ),
        fired=(*struck, grade_rule, *map(_fired_floor, floors), *consequences.fired),
        lines=(*lines, *consequences.lines),
    )


def _assess_all(policy: Policy, rules: RuleBook, sheets: Sequence[Sheet], fire: Fire) -> list[Assessed]:
    """Every sheet scored; none where the year's KPI part comes from its quarters, whose sheets hold no items."""
    if not from_quarters(policy, sheets[0].case.period):
        return [assess(policy, rules, sheet, fire) for sheet in sheets]
    for sheet in sheets:
        check_post(policy, sheet.case.post)
        if sheet.case.items:
            zh, en = "年度取各季度的均分, 考核表不再有项目", "the year is the mean of its quarters: its sheets hold no items"
            raise ScoringError("items_and_quarters", "items", zh, en)
    return []


def _counted(assessed: Sequence[Assessed]) -> list[Part]:
    return [Part("sheet", one.sheet.share, one.score, one.sheet.label, one.computed, one.verdict.vetoed) for one in assessed]


def _fired_floor(floor: Floor) -> Fired:
    return Fired(f"policy/floor_{floor.dimension}", floor.where.path, floor.where.line)


def _item_outcome(scored: ScoredItem, score: Decimal | None, zeroed_by: str | None) -> ItemOutcome:
    weight = scored.item.weight
    weighted = None if score is None else percent_of(score, weight)
    return ItemOutcome(scored.item.id, scored.score, score, weight, weighted, scored.missing, zeroed_by)
