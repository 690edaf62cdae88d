"""One concept for every result made of parts: sheets of a transfer, concurrent posts, quarters of a year, KPI with 360°
feedback and development plan, links to the result of a unit. The mean by shares is rounded once; what is alone stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Part, PartKind
from appraisal.core.numbers import HUNDRED, ONE, ZERO, add, divide, minus, round_half_up, times
from appraisal.core.policy.model import Policy, Text, UnitLink

NAMES: Final[Mapping[PartKind, Text]] = {
    "sheet": Text("KPI", "KPI"),
    "quarter": Text("季度结果", "results of the quarters"),
    "feedback": Text("360度评估", "360° feedback"),
    "development": Text("个人发展计划", "development plan"),
    "unit": Text("部门结果", "result of the unit"),
    "company": Text("公司结果", "result of the company"),
}

BESIDE_KPI: Final[tuple[PartKind, ...]] = ("feedback", "development")
"""What a year may be made of beside the KPI part."""

MULTIPLIER_PLACES: Final = 4

Posts = Sequence[tuple[str, Decimal]]
"""The posts of somebody in a period, each with its share."""


@dataclass(frozen=True)
class Combined:
    """What several parts come to; a single part stays exactly as it is."""

    computed: Decimal
    score: Decimal
    vetoed: bool


def combine(policy: Policy, parts: Sequence[Part]) -> Combined:
    """The share-weighted mean of sheets or quarters as one result (D-04, D-24).

    What a veto in one of several does is declared by `share_veto`. `whole`: the whole result is zero and vetoed;
    `own_sheet`: that part counts zero, and only if all are vetoed is the result. Raises ScoringError `bad_share`.
    """
    check_shares([part.share for part in parts])
    if len(parts) == 1:
        (only,) = parts
        return Combined(only.before, only.score, only.vetoed)
    places = policy.general.precision
    vetoed = any(part.vetoed for part in parts) if policy.general.share_veto == "whole" else all(part.vetoed for part in parts)
    shares = add(*(part.share for part in parts))
    computed = divide(add(*(times(part.before, part.share) for part in parts)), shares, places)
    score = ZERO if vetoed else divide(add(*(times(part.score, part.share) for part in parts)), shares, places)
    return Combined(computed, score, vetoed)


def check_shares(shares: Sequence[Decimal]) -> None:
    """Raises ScoringError `bad_share` unless there are shares, all above 0."""
    if not shares or min(shares) <= 0:
        raise ScoringError("bad_share", "sheets", "每张考核表的份额须大于 0", "every sheet needs a share above 0")


def wanted_parts(policy: Policy, period: Period, posts: Sequence[str]) -> frozenset[PartKind]:
    """The kinds of parts that a result of this period takes beside the sheets: to be gathered before it is computed."""
    general = policy.general
    wanted: set[PartKind] = {link.to for post in posts for link in policy.links_for(post, period.cadence)}
    if from_quarters(policy, period):
        wanted.add("quarter")
    if period.cadence == "year" and general.annual:
        wanted |= {kind for kind in BESIDE_KPI if getattr(general.annual, kind)}
    return frozenset(wanted)


def from_quarters(policy: Policy, period: Period) -> bool:
    """Whether the KPI part of this period is the mean of its quarters, so that its sheets hold no items (D-24)."""
    return period.cadence == "year" and policy.general.year_kpi == "mean_of_quarters"


def check_parts(policy: Policy, period: Period, posts: Posts, parts: Sequence[Part]) -> None:
    """Raises ScoringError: `unexpected_part`, `repeated_part`, `bad_share`, `part_missing`."""
    wanted = wanted_parts(policy, period, [post for post, _ in posts])
    for index, part in enumerate(parts):
        at, name = f"parts[{index}]", NAMES[part.kind]
        if part.kind not in wanted:
            zh, en = f"制度没有把{name.zh}计入本期结果", f"the policy does not count the {name.en} in this period"
            raise ScoringError("unexpected_part", f"{at}.kind", zh, en)
        if part.kind in BESIDE_KPI and any(part.kind == earlier.kind for earlier in parts[:index]):
            raise ScoringError("repeated_part", f"{at}.kind", f"{name.zh}重复", f"the {name.en} is given twice")
        if part.share <= 0:
            raise ScoringError("bad_share", f"{at}.share", "份额须大于 0", "a share must lie above 0")
    dropped = policy.general.annual is not None and policy.general.annual.missing == "drop"
    for kind in sorted(wanted - {part.kind for part in parts}):
        if not (dropped and kind in BESIDE_KPI):
            zh, en = (
                f"缺少{NAMES[kind].zh}的得分, 不能计算",
                f"there is no score of the {NAMES[kind].en}, so there is no result",
            )
            raise ScoringError("part_missing", "parts", zh, en)


def annual_shares(policy: Policy, period: Period, parts: Sequence[Part]) -> tuple[tuple[Part | None, Decimal], ...]:
    """What a year is made of, as far as it is there, with points of 100: KPI (None) first. Nothing in other cycles."""
    annual = policy.general.annual
    if period.cadence != "year" or annual is None:
        return ()
    return ((None, annual.kpi), *((part, getattr(annual, part.kind)) for part in parts if part.kind in BESIDE_KPI))


def combine_year(policy: Policy, kpi: Combined, shares: Sequence[tuple[Part | None, Decimal]]) -> Combined:
    """KPI, 360° feedback and development plan by their points of 100 (G-27); 一票否决 in the KPI part voids the year."""
    if len(shares) < 2:
        return kpi
    whole = add(*(share for _, share in shares))

    def total(own: Decimal) -> Decimal:
        points = add(*(times(part.score if part else own, share) for part, share in shares))
        return divide(points, whole, policy.general.precision)

    return Combined(total(kpi.computed), ZERO if kpi.vetoed else total(kpi.score), kpi.vetoed)


@dataclass(frozen=True)
class Linked:
    """A unit's or the company's part in somebody's result: its score with points of 100, and a factor of the bonus."""

    link: UnitLink
    score: Decimal
    points: Decimal
    factor: Decimal


def links_of(policy: Policy, period: Period, posts: Posts, parts: Sequence[Part]) -> tuple[Linked, ...]:
    """What somebody's posts are linked to (D-02), in file order; over several posts by their shares.

    Raises ScoringError `part_missing` where a coefficient is wanted and a unit's result has none.
    """
    if not policy.general.unit_links:
        return ()
    places = policy.general.precision
    by_link: dict[UnitLink, list[Decimal]] = {}
    for post, share in posts:
        for link in policy.links_for(post, period.cadence):
            by_link.setdefault(link, []).append(share)
    everything = add(*(share for _, share in posts))
    linked = []
    for link, shares in by_link.items():
        results = [part for part in parts if part.kind == link.to]
        held = add(*shares)
        points, factor = ZERO, ONE
        score = _mean([(part.score, part.share) for part in results], places)
        if link.share is not None:
            points = _mean([(link.share, held), (ZERO, minus(everything, held))], places)
        else:
            full = _mean([(_coefficient(part), part.share) for part in results], places)
            factor = _mean([(full, held), (ONE, minus(everything, held))], places)
        linked.append(Linked(link, score, points, factor))
    return tuple(linked)


def combine_links(policy: Policy, own: Combined, linked: Sequence[Linked]) -> Combined:
    """One's own result and the linked ones by their points of 100. A veto of one's own voids the whole."""
    if not any(one.points for one in linked):
        return own
    rest = minus(HUNDRED, add(*(one.points for one in linked)))
    others = add(*(times(one.score, one.points) for one in linked))

    def total(mine: Decimal) -> Decimal:
        return divide(add(times(mine, rest), others), HUNDRED, policy.general.precision)

    return Combined(total(own.computed), ZERO if own.vetoed else total(own.score), own.vetoed)


def multiply(multiplier: Decimal, linked: Sequence[Linked]) -> Decimal:
    """The bonus multiplier of a grade after the coefficients of unit and company, half-up at four decimals."""
    factors = [one.factor for one in linked if one.link.coefficient]
    return round_half_up(times(multiplier, *factors), MULTIPLIER_PLACES) if factors else multiplier


def _coefficient(part: Part) -> Decimal:
    if part.coefficient is None:
        zh, en = f"{NAMES[part.kind].zh}没有系数", f"the {NAMES[part.kind].en} has no coefficient"
        raise ScoringError("part_missing", "parts", zh, en)
    return part.coefficient


def _mean(weighted: Sequence[tuple[Decimal, Decimal]], places: int) -> Decimal:
    """The mean by shares, rounded once; what counts alone stays exactly as it is."""
    counting = [(value, share) for value, share in weighted if share > 0]
    if len({value for value, _ in counting}) == 1:
        return counting[0][0]
    return divide(add(*(times(value, share) for value, share in counting)), add(*(share for _, share in counting)), places)
