"""One concept for every result made of parts: sheets of a transfer, concurrent posts, quarters of a year."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from appraisal.core.errors import ScoringError
from appraisal.core.numbers import ZERO, add, divide, times
from appraisal.core.policy.model import Policy


@dataclass(frozen=True)
class Part:
    """One part with its share (days, or points of 100), its scores before and after incidents, and whether it was vetoed."""

    label: str
    share: Decimal
    computed: Decimal
    score: Decimal
    vetoed: bool


@dataclass(frozen=True)
class Combined:
    """The parts' share-weighted mean, rounded once; a single part stays exactly as it is."""

    computed: Decimal
    score: Decimal
    vetoed: bool


def combine(policy: Policy, parts: Sequence[Part]) -> Combined:
    """The parts as one result (D-04). What a veto in one of several parts does is declared by `share_veto`.

    `whole`: the whole result is zero and vetoed; `own_sheet`: that part counts zero, and only if all are vetoed is the
    result. Raises ScoringError `bad_share`.
    """
    if not parts or any(part.share <= 0 for part in parts):
        raise ScoringError("bad_share", "sheets", "每张考核表的份额须大于 0", "every sheet needs a share above 0")
    if len(parts) == 1:
        (only,) = parts
        return Combined(only.computed, only.score, only.vetoed)
    places = policy.general.precision
    vetoed = any(part.vetoed for part in parts) if policy.general.share_veto == "whole" else all(part.vetoed for part in parts)
    shares = add(*(part.share for part in parts))
    computed = divide(add(*(times(part.computed, part.share) for part in parts)), shares, places)
    score = ZERO if vetoed else divide(add(*(times(part.score, part.share) for part in parts)), shares, places)
    return Combined(computed, score, vetoed)
