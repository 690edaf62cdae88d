"""What HR has yet to confirm or settle: values the sources do not give, and values the rule file itself doubts."""

from collections.abc import Iterator

from appraisal.core.policy.tree import Problem, warning
from appraisal.core.policy.walk import assumptions_of, entries_of


def assumed_values(rules: object) -> Iterator[Problem]:
    """Every `assumed:` reason, in the words of the rule file."""
    for assumed in assumptions_of(rules):
        about = f"{assumed.key}: " if assumed.key else ""
        yield Problem(assumed.where, "assumed", about + assumed.reason)


def uncertain_values(rules: object) -> Iterator[Problem]:
    """Every `uncertain:` remark."""
    for entry in entries_of(rules):
        if entry.uncertain:
            zh, en = f"存疑, 请查明: {entry.uncertain}", "marked uncertain: settle it, then drop the remark"
            yield warning(entry.where.at("uncertain"), zh, en)
