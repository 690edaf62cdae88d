"""What an event does to somebody it reaches in certain ways: the rules of one policy on one post, without any database.

Of several ways to the same person those that change nothing are left out, so that one event counts once for each person.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from appraisal.core.errors import Message
from appraisal.core.inputs import Reach
from appraisal.core.judging.vetoes import Struck, strike
from appraisal.core.policy.model import IncidentRule, Policy, Text
from appraisal.cycles.models import Sheet
from appraisal.labels import label

SELF: Final[Reach] = "self"
NAMED: Final[Reach] = "named"
# One's own doing before what others have done; what falls on a whole group last (D-10).
WAYS: Final[tuple[Reach, ...]] = (SELF, "post", "superior", NAMED, "unit")
COLLECTIVE: Final[frozenset[str]] = frozenset({NAMED, "unit"})


def knows(policy: Policy, event: str) -> bool:
    """Whether a policy has the event at all."""
    return any(one.id == event for one in policy.vetoes.events)


def rules_of(policy: Policy, event: str) -> tuple[IncidentRule, ...]:
    """The rules that an event sets off, in file order."""
    return tuple(rule for rule in policy.vetoes.rules if rule.event == event)


def is_for(rule: IncidentRule, policy_post: str) -> bool:
    """Whether a rule stands on the sheet of a post."""
    return rule.all_posts or policy_post in rule.posts


def struck_by(policy: Policy, policy_post: str, event: str, ways: Collection[str]) -> Struck:
    """What an event that reaches a holder of the post in these ways does to them."""
    return strike(policy, policy_post, [rule.id for rule in rules_of(policy, event)], {event: ways})


def telling_ways(policy: Policy, policy_post: str, event: str, ways: Collection[str]) -> tuple[Reach, ...]:
    """Of the ways in which one event reaches somebody, those that add something to what it does to them on this sheet.

    One's own event counts even where it does nothing, because rules may also ask how often it has happened.
    """
    kept: list[Reach] = []
    done = _done(struck_by(policy, policy_post, event, kept))
    for way in WAYS:
        if way in ways and (more := _done(struck_by(policy, policy_post, event, [*kept, way]))) != done:
            kept.append(way)
            done = more
    return tuple(kept) or ((SELF,) if SELF in ways else ())


def words_of(policy: Policy, struck: Struck, agreed: Collection[str] | None = None) -> list[Message]:
    """What an event does, said once per total or item; of items only those agreed on, where that is known."""
    if struck.vetoed:
        return [label("effect", "zero_total")]
    return [_of_item(policy, item) for item in struck.zeroed if agreed is None or item in agreed]


def sheets_on(sheets: Sequence[Sheet], day: date) -> list[Sheet]:
    """The sheets that hold a day; on a day without one, the last that began before it, or else the first."""
    holding = [sheet for sheet in sheets if sheet.from_on <= day <= sheet.to_on]
    begun = [sheet for sheet in sheets if sheet.from_on <= day]
    return holding or begun[-1:] or list(sheets[:1])


def _done(struck: Struck) -> tuple[bool, frozenset[str]]:
    return struck.vetoed, frozenset(struck.zeroed)


def _of_item(policy: Policy, item: str) -> Message:
    known = policy.indicators.get(item)
    name = known.indicator.name if known else Text(item, item)
    words = label("effect", "zero_item")
    return Message(words.zh.format(item=name.zh), words.en.format(item=name.en))
