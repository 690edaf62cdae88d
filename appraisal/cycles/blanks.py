"""What the source leaves blank in the rows of a post's sheet: cadence, source, assessor and standard (R-003-43, G-44, D-07).

Nothing is guessed: a blank stays one until HR has ruled on it for a cycle (`rulings`), and keeps that cycle from opening.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from appraisal.core.policy.model import Group, Policy, Post, PostItem, Text

CADENCE, SOURCE, ASSESSOR = "cadence", "source", "assessor"
KEYS: Final = (CADENCE, SOURCE, ASSESSOR)
STANDARD: Final = "standard"
FINDINGS: Final = {
    ASSESSOR: "goal_without_assessor",
    STANDARD: "goal_without_standard",
    CADENCE: "blank_cadence",
    SOURCE: "blank_source",
}


@dataclass(frozen=True)
class Ruled:
    """What HR has settled of a row for one cycle. `assessor` is whose office it is, `assessor_id` the person, where named."""

    cadence: str | None = None
    source: str | None = None
    assessor: str | None = None
    assessor_id: int | None = None


NOTHING: Final = Ruled()


@dataclass(frozen=True)
class Row:
    """A row of a post's sheet with what the source says of it, its own indicator included."""

    post: Post
    group: Group
    item: PostItem
    name: Text
    cadence: tuple[str, ...]
    sources: tuple[str, ...]
    has_standard: bool

    @property
    def printed(self) -> dict[str, str | None]:
        """What stands in the source, by key; None where it is blank."""
        assessor = self.item.assessor or "、".join(one.name for one in self.item.assessors)
        return {CADENCE: "、".join(self.cadence) or None, SOURCE: "、".join(self.sources) or None, ASSESSOR: assessor or None}

    def wants(self, key: str) -> bool:
        """Whether a row of its kind has this at all: figures have a source, goals an assessor."""
        return key == CADENCE or key == (SOURCE if self.group.kind == "kpi" else ASSESSOR)

    def blanks(self, ruled: Ruled = NOTHING) -> tuple[str, ...]:
        """What is missing still, in the order of the findings."""
        said = self.printed
        blank = {key for key in KEYS if self.wants(key) and said[key] is None and getattr(ruled, key) is None}
        if self.group.kind == "gs" and not self.has_standard:
            blank.add(STANDARD)
        return tuple(key for key in FINDINGS if key in blank)


def rows_of(policy: Policy, post_id: str) -> Iterator[Row]:
    """The rows of a post's sheet in the order of the source; a post that is given by dimensions alone has none."""
    post = policy.posts[post_id].post
    for group in post.groups:
        for item in group.items:
            located = policy.indicators.get(item.id)
            known = located.indicator if located else None
            yield Row(
                post,
                group,
                item,
                item.name or (known.name if known else Text(item.id, item.id)),
                tuple((known.cadence if known else None) or ()),
                tuple((known.sources if known else None) or ()),
                known is not None and known.has_standard,
            )


def row_of(policy: Policy, item_id: str) -> Row | None:
    """The row with this id, whichever post's it is; a library's indicator that several posts place is the first one's."""
    found = (row for located in policy.sheets for row in rows_of(policy, located.post.id) if row.item.id == item_id)
    return next(found, None)


def blanks_by_kind(policy: Policy, post_id: str, ruled: Mapping[str, Ruled]) -> dict[str, list[Text]]:
    """The names of a post's rows that lack something, by the kind of finding."""
    found: dict[str, list[Text]] = {}
    for row in rows_of(policy, post_id):
        for key in row.blanks(ruled.get(row.item.id, NOTHING)):
            found.setdefault(FINDINGS[key], []).append(row.name)
    return found
