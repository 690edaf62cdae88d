"""The score to a grade and a bonus multiplier: the engine says which band, the band says how much."""

from decimal import Decimal

from appraisal.core.engine.ruleset import RuleBook
from appraisal.core.engine.session import Fire
from appraisal.core.outcome import Fired
from appraisal.core.policy.model import Band, Policy


def band_of(policy: Policy, rules: RuleBook, score: Decimal, fire: Fire) -> tuple[Band, Fired]:
    """The band whose rule fires for the unrounded `score`, and that rule (R-002-27, G-34)."""
    (rule_ids,) = fire(rules.grade, [rules.grade.fact({"score": score})])
    (rule_id,) = rule_ids
    band = next(band for band in policy.bands if rule_id.partition("/")[2] == band.grade)
    return band, Fired(rule_id, band.where.path, band.where.line)
