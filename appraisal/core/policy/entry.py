"""What every entry of a rule file is made of: ids, bilingual texts, assumed values, dated editions."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from appraisal.core.policy.tree import NOWHERE, Where

Id = Annotated[str, "id"]
"""A name other rules refer to: a lower-case letter, then lower-case letters, digits, _ or -."""


@dataclass(frozen=True)
class Text:
    """A bilingual text."""

    zh: str
    en: str


@dataclass(frozen=True)
class Assumed:
    """One value the source does not give: the `key` it concerns (None: the whole entry) and the reason it stands."""

    key: str | None
    reason: str
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What every entry of a rule file may carry beside its own keys.

    `restored`: the words are our reading of damaged text; `uncertain` says why a reading or a value may be wrong.
    """

    assumed: tuple[Assumed, ...] = ()
    uncertain: str | None = None
    restored: bool = False
    note: str | None = None
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class Edition(Entry):
    """A dated block: in force from `effective`, inclusive, until a later block of the same file."""

    effective: date
    source: str | None = None
