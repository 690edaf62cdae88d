"""Earlier grades as integers: how many periods in a row, and which grade k periods ago."""

from collections.abc import Callable, Mapping, Sequence

from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import PastGrade
from appraisal.core.policy.model import Policy


def past_by_period(policy: Policy, period: Period, history: Sequence[PastGrade]) -> Mapping[Period, PastGrade]:
    """Earlier grades of the same cadence by period. Raises ScoringError for an unknown grade, a repeated or later period."""
    known = policy.ranks
    by_period: dict[Period, PastGrade] = {}
    for index, past in enumerate(history):
        at = f"history[{index}]"
        if past.grade not in known:
            listing = ", ".join(known)
            raise ScoringError(
                "unknown_grade", f"{at}.grade", f"未知等级 {past.grade}; 可用: {listing}", f"unknown grade; known: {listing}"
            )
        if past.period in by_period:
            raise ScoringError(
                "repeated_period", f"{at}.period", f"期间 {past.period} 重复", f"the period {past.period} is repeated"
            )
        if past.period.cadence == period.cadence and past.period.first_day() >= period.first_day():
            zh, en = f"{past.period} 不早于本期 {period}", f"{past.period} is not before {period}"
            raise ScoringError("not_past", f"{at}.period", zh, en)
        by_period[past.period] = past
    return by_period


def run_length(now: bool, period: Period, past: Mapping[Period, PastGrade], holds: Callable[[PastGrade], bool]) -> int:
    """How many periods in a row, ending with this one (`now`), satisfy the condition; an absent period breaks the run."""
    if not now:
        return 0
    length, at = 1, period.previous()
    while at in past and holds(past[at]):
        length, at = length + 1, at.previous()
    return length
