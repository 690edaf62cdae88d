"""A policy as a reader goes about it: finding a post or an indicator, names for ids, what is doubtful, what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, select

from appraisal.core.errors import Message
from appraisal.core.policy.diff import changes
from appraisal.core.policy.model import Entry, LocatedIndicator, LocatedPost, Policy, Text
from appraisal.core.policy.walk import entries_of
from appraisal.policies import queries, wording
from appraisal.policies.models import StoredPolicy

MOST = 60


@dataclass(frozen=True)
class Found:
    """Something of a policy that was looked for: what it is, its name, what else tells it apart, and where it is read."""

    kind: Literal["post", "item", "indicator", "rule"]
    name: Message
    beside: Message
    post: str | None
    anchor: str


def find(policy: Policy, wanted: str) -> list[Found]:
    """Posts, rows of their sheets, indicators and rules that have these words in name, id, or as printed; the first 60."""
    low = wanted.casefold()
    found = []
    for located in policy.sheets:
        one = located.post
        if _has(low, one.id, one.title, one.raw):
            found.append(Found("post", _message(one.title), _message(located.unit), one.id, ""))
    for indicator in (one.indicator for one in policy.library):
        if _has(low, indicator.id, indicator.name, indicator.raw):
            found.append(
                Found("indicator", _message(indicator.name), Message(indicator.id, indicator.id), None, f"i-{indicator.id}")
            )
    for row in policy.rows:
        own = policy.posts[row.post or ""]
        if _has(low, row.indicator.id, row.indicator.name, row.indicator.raw):
            found.append(
                Found("item", _message(row.indicator.name), _message(own.post.title), row.post, f"i-{row.indicator.id}")
            )
    for rule in policy.vetoes.rules:
        if _has(low, rule.id, rule.name, rule.raw):
            found.append(Found("rule", _message(rule.name), Message(rule.id, rule.id), None, f"r-{rule.id}"))
    return found[:MOST]


def names(policy: Policy) -> Mapping[str, Message]:
    """What ids are called: indicators and rows, posts, dimensions, events, rules, curves, steps, processes."""
    found = {key: _message(one.indicator.name) for key, one in policy.indicators.items()}
    found |= {key: _message(one.indicator.name) for key, one in policy.watched.items()}
    found |= {one.post.id: _message(one.post.title) for one in policy.sheets}
    found |= {one.id: _message(one.name) for one in policy.general.dimensions}
    found |= {one.id: _message(one.name) for one in policy.processes}
    for named in (*policy.vetoes.events, *policy.scoring.curves, *policy.workflow.steps):
        found.setdefault(named.id, _message(named.name))
    for rule in (*policy.vetoes.rules, *policy.outcomes.rules):
        found.setdefault(rule.id, _message(rule.name))
    return found


@dataclass(frozen=True)
class Remarks:
    """The entries that are readings of damaged text, and those that are doubtful, in the order of the files."""

    restored: tuple[Entry, ...]
    uncertain: tuple[Entry, ...]


def remarks(policy: Policy) -> Remarks:
    """What of a policy is restored, and what is uncertain."""
    entries = sorted(
        {(one.where.path, one.where.line, one.where.column): one for one in entries_of(policy)}.items(), key=lambda one: one[0]
    )
    found = [one for _, one in entries]
    return Remarks(tuple(one for one in found if one.restored), tuple(one for one in found if one.uncertain))


def library_for(policy: Policy, located: LocatedPost) -> list[tuple[str, list[LocatedIndicator]]]:
    """For a post that is weighted by dimension: the indicators of the library that apply to it, by dimension."""
    audiences = {one.name for one in policy.general.audiences if one.all_posts or located.post.id in one.posts}
    chosen = []
    for dimension in located.post.dimensions:
        declared = policy.dimensions.get(dimension)
        drawn = {dimension, *(declared.draws_on if declared else ())}
        fitting = [
            one
            for one in policy.library
            if one.dimension in drawn and (not one.indicator.applies_to or audiences.intersection(one.indicator.applies_to))
        ]
        chosen.append((dimension, fitting))
    return chosen


def all_states(session: Session, name: str) -> Sequence[StoredPolicy]:
    """Every state of a policy that was ever published, by the day it came into force, then in the order of publishing."""
    found = select(StoredPolicy).where(StoredPolicy.name == name).order_by(col(StoredPolicy.effective), col(StoredPolicy.id))
    return session.exec(found).all()


def first_to_come(session: Session, name: str) -> StoredPolicy | None:
    """The earliest state of the publication that counts, for a policy of which none is in force yet."""
    publication = queries.latest_publication(session, name)
    return next(iter(queries.states_of(session, publication)), None) if publication else None


def compared(before: StoredPolicy, after: StoredPolicy) -> tuple[list[wording.Told], dict[str, list[wording.Line]]]:
    """What changed between two states, value by value in words, and in their rule files line by line."""
    old, new = queries.compiled_state(before), queries.compiled_state(after)
    return wording.told(changes(old, new), {**names(old), **names(new)}), wording.side_by_side(before.files, after.files)


def _has(low: str, *texts: Text | str | None) -> bool:
    words = (f"{one.zh}\n{one.en}" if isinstance(one, Text) else one or "" for one in texts)
    return any(low in one.casefold() for one in words)


def _message(text: Text) -> Message:
    return Message(text.zh, text.en)
