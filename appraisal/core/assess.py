"""One post sheet: is it whole, what does each item score, what do incidents make of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from appraisal.core.engine.ruleset import RuleBook
from appraisal.core.engine.session import Fire
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Case, Sheet
from appraisal.core.judging.vetoes import Verdict, apply_incidents
from appraisal.core.numbers import ZERO, add, plain
from appraisal.core.policy.model import Policy
from appraisal.core.scoring.items import ScoredItem, score_item
from appraisal.core.scoring.weighting import Reweighted, check_weights, total_score


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


def assess(policy: Policy, rules: RuleBook, sheet: Sheet, fire: Fire) -> Assessed:
    """One sheet: its items scored and weighted, its incidents applied. Raises ScoringError."""
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


def check_post(policy: Policy, post: str) -> None:
    """Raises ScoringError for a post without profile (R-002-16)."""
    for refused in policy.refused:
        if refused.id == post:
            raise ScoringError("post_refused", "post", refused.reason.zh, refused.reason.en)
    if post not in policy.posts:
        known = ", ".join(policy.posts)
        raise ScoringError("unknown_post", "post", f"制度中没有岗位 {post}; 可用: {known}", f"no post {post}; known: {known}")


def check_case(policy: Policy, case: Case) -> None:
    """Raises ScoringError for a post without profile, no or repeated items, weights off 100, unknown grades."""
    check_post(policy, case.post)
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
