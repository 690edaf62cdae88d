"""The whole method on one screen: items → scores → incidents → total → grade → multiplier and outcomes, explained."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from appraisal.core.assess import assess
from appraisal.core.combine import Part, combine
from appraisal.core.engine.ruleset import compile_rules
from appraisal.core.engine.session import Fire
from appraisal.core.engine.session import fire as durable
from appraisal.core.explain import grade_line, raisable_items, sheet_lines, total_line
from appraisal.core.inputs import Case, Sheet
from appraisal.core.judging.grades import band_of
from appraisal.core.judging.nearest import nearest_lines
from appraisal.core.judging.outcomes import Judged, outcomes_of
from appraisal.core.numbers import percent_of, plain
from appraisal.core.outcome import ItemOutcome, Line, Outcome
from appraisal.core.policy.model import Policy
from appraisal.core.scoring.items import ScoredItem


def appraise(policy: Policy, case: Case, fire: Fire = durable) -> Outcome:
    """The outcome of one sheet under the policy in force. Raises ScoringError."""
    return appraise_sheets(policy, [Sheet(case)], fire)


def appraise_sheets(policy: Policy, sheets: Sequence[Sheet], fire: Fire = durable) -> Outcome:
    """The outcome of one person's sheets in one period, combined by their shares and graded once. Raises ScoringError."""
    rules = compile_rules(policy)
    assessed = [assess(policy, rules, sheet, fire) for sheet in sheets]
    parts = [Part(part.sheet.label, part.sheet.share, part.computed, part.score, part.verdict.vetoed) for part in assessed]
    whole = combine(policy, parts)
    band, grade_rule = band_of(policy, rules, whole.score, fire)
    case = sheets[0].case
    item_scores = tuple(score for part in assessed for score in part.verdict.scores)
    judged = Judged(band.grade, case.period, case.history, whole.score, whole.vetoed, item_scores)
    consequences = outcomes_of(policy, judged, fire)
    struck = sorted(dict.fromkeys(rule for part in assessed for rule in part.verdict.fired), key=lambda rule: rule.line)
    several = len(sheets) > 1
    lines = [line for part in assessed for line in sheet_lines(part, several)]
    lines.append(total_line(policy, assessed, whole.computed, whole.score, whole.vetoed))
    lines.append(grade_line(band, whole.score))
    if whole.vetoed:
        unvetoed = [replace(part, score=own.spared, vetoed=False) for part, own in zip(parts, assessed, strict=True)]
        spared = combine(policy, unvetoed)
        reached, _ = band_of(policy, rules, spared.score, fire)
        zh = f"若无否决: 得分 {plain(spared.score)}, 等级 {reached.grade}"
        en = f"Without the veto: score {plain(spared.score)}, grade {reached.grade}"
        lines.append(Line(zh, en, reached.where.path, reached.where.line))
    else:
        lines.extend(nearest_lines(policy, band, whole.score, () if several else raisable_items(assessed[0])))
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


def _item_outcome(scored: ScoredItem, score: Decimal | None, zeroed_by: str | None) -> ItemOutcome:
    weight = scored.item.weight
    weighted = None if score is None else percent_of(score, weight)
    return ItemOutcome(scored.item.id, scored.score, score, weight, weighted, scored.missing, zeroed_by)
