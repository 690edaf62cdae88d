"""The nearest change that would have moved the grade: what people ask first when they see their result."""

from collections.abc import Sequence
from decimal import Decimal

from appraisal.core.numbers import HUNDRED, ZERO, divide, divide_up, minus, plain
from appraisal.core.outcome import Line
from appraisal.core.policy.model import Band, Policy
from appraisal.core.scoring.items import ScoredItem


def nearest_lines(policy: Policy, band: Band, score: Decimal, items: Sequence[ScoredItem]) -> tuple[Line, ...]:
    """How far the next grade up and the next grade down are; with `items` of a single sheet, the easiest item to raise."""
    bands = policy.bands
    place = bands.index(band)
    lines = []
    if place > 0:
        above = bands[place - 1]
        gap = minus(above.from_, score)
        zh, en = f"再多 {plain(gap)} 分即为 {above.grade}", f"{plain(gap)} more points would be grade {above.grade}"
        if easiest := _easiest(gap, items, policy.general.precision):
            zh, en = f"{zh}; {easiest[0]}", f"{en}; {easiest[1]}"
        lines.append(Line(zh, en, above.where.path, above.where.line))
    if place + 1 < len(bands):
        below = bands[place + 1]
        margin = minus(score, band.from_)
        zh = f"高出 {band.grade} 下限 {plain(margin)} 分, 低于 {plain(band.from_)} 即为 {below.grade}"
        en = f"{plain(margin)} above the lower edge of {band.grade}; below {plain(band.from_)} it would be {below.grade}"
        lines.append(Line(zh, en, band.where.path, band.where.line))
    return tuple(lines)


def _easiest(gap: Decimal, items: Sequence[ScoredItem], places: int) -> tuple[str, str] | None:
    """The one item that closes the gap alone with the smallest rise of its own score, if any can."""
    rises = []
    for scored in items:
        if scored.score is None:
            continue
        rise = divide_up(gap * HUNDRED, scored.item.weight, places)
        if scored.score + rise <= _most(scored):
            rises.append((rise, scored))
    if not rises:
        return None
    rise, scored = min(rises, key=lambda pair: pair[0])
    assert scored.score is not None
    needed = scored.score + rise
    zh = f"例如「{scored.name_zh}」由 {plain(scored.score)} 分提高到 {plain(needed)} 分"
    en = f"for example {scored.name_en} from {plain(scored.score)} to {plain(needed)}"
    if (actual := _actual_for(scored, needed)) is not None:
        zh, en = f"{zh}(实际值达到 {plain(actual)})", f"{en} (an actual of {plain(actual)})"
    return zh, en


def _most(scored: ScoredItem) -> Decimal:
    """The best score the item can have where its curve says so, else 100."""
    parameters = scored.curve.parameters if scored.curve else {}
    most: Decimal = parameters.get("at_challenge", parameters.get("cap", HUNDRED))
    return most


def _actual_for(scored: ScoredItem, needed: Decimal) -> Decimal | None:
    """An actual that scores `needed`, for the one curve that can be turned round by hand; checked through the curve itself."""
    reading, curve = scored.reading, scored.curve
    if (
        reading is None
        or curve is None
        or curve.method != "target_challenge"
        or reading.target is None
        or reading.target <= ZERO
    ):
        return None
    at_target: Decimal = curve.parameters["at_target"]
    at_challenge: Decimal = curve.parameters["at_challenge"]
    target, challenge = reading.target, reading.challenge
    if not ZERO < at_target < at_challenge:
        return None
    if challenge is not None and challenge != target and needed > at_target:
        step = divide((needed - at_target) * (challenge - target), at_challenge - at_target, 8)
        actual = target + step
    elif reading.direction == "higher":
        actual = divide_up(target * needed, at_target, 8)
    else:
        actual = target + target - divide_up(target * needed, at_target, 8)
    trimmed = _trim(actual, reading.direction == "higher")
    reached = curve(reading._replace(actual=trimmed))
    return trimmed if reached.score >= needed else None


def _trim(actual: Decimal, upwards: bool) -> Decimal:
    """Four decimals at most, rounded towards the better side."""
    return divide_up(actual, Decimal(1), 4) if upwards else -divide_up(-actual, Decimal(1), 4)
