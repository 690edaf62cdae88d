"""Words for codes, in both languages: pages, commands and documents take them from here, so a code has one name everywhere.

What a policy names itself (steps, grades, posts, indicators) is named there and not here.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from appraisal.core.errors import Message
from appraisal.labels import cases, desk, indicators, messages, preflight, rules

_WORDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    **desk.WORDS,
    **rules.WORDS,
    **cases.WORDS,
    **preflight.WORDS,
    **indicators.WORDS,
    **messages.WORDS,
}


def label(kind: str, code: str) -> Message:
    """The words for a code. Raises KeyError for a code nobody has named, so that none is ever shown bare."""
    return Message(*_WORDS[kind][code])


def listing(kind: str, chosen: Iterable[str]) -> Message:
    """The words for several codes, in the order given, as one enumeration."""
    words = [label(kind, code) for code in chosen]
    return Message("、".join(word.zh for word in words), ", ".join(word.en for word in words))


def measured_in(unit: str) -> Message:
    """A unit of measure in words; one that has none here stays as the policy writes it."""
    return label("measure", unit) if unit in _WORDS["measure"] else Message(unit, unit)


def codes(kind: str) -> tuple[str, ...]:
    """The codes of a kind, in the order they are shown."""
    return tuple(_WORDS[kind])
