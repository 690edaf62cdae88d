"""Lines of the form in which items are chosen: the rows or indicators that a post may agree on, with what is agreed already.

A form is matched to them by item, so that what somebody typed stands where it belongs though the agreement has changed since.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from appraisal.agreements.declared import Declared, Place, declared, places_of
from appraisal.agreements.drafts import ItemDraft, dimension_of
from appraisal.core.numbers import ZERO, add, parse_number, plain
from appraisal.core.policy.model import LocatedIndicator, Policy, Post, Text
from appraisal.errors import Fault

FIGURES: Final = ("weight", "target", "challenge", "threshold", "baseline")
WORDS: Final = ("name_zh", "name_en", "unit", "direction", "dimension", "curve", "standard", "source")
SPARE: Final = 2
"""Empty lines for items of the person's own, where the sheet leaves room for any."""
_NAME = re.compile(r"items\[(\d+)\]\.(.+)")
_FAULT = re.compile(r"items\[(\d+)\](?:\.(.+))?")


@dataclass
class Line:
    """One line: an item that is chosen or could be. `typed` are its fields by name; `faults` what to mend in them."""

    id: str
    kind: str
    name: Text | None
    part: str
    chosen: bool = False
    typed: dict[str, str] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    definition: Text | None = None
    unit: str | None = None
    declared: Declared | None = None
    uncertain: str | None = None

    @property
    def weight(self) -> Decimal | None:
        """The weight that is typed, if it is a number."""
        try:
            return parse_number(self.typed.get("weight", "").strip())
        except ValueError:
            return None

    @property
    def own(self) -> bool:
        """Whether it is the person's own and not of the library."""
        return self.name is None


@dataclass(frozen=True)
class Part:
    """Lines whose weights total what is printed for a group, by its place, or a dimension; None: nothing is printed."""

    key: str
    name: Text | None
    kind: str | None
    printed: Decimal | None
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """The weights of what is chosen, as far as they are numbers."""
        return add(ZERO, *(weight for line in self.lines if line.chosen and (weight := line.weight) is not None))


def lines_of(policy: Policy, post: Post, drafts: Sequence[ItemDraft], numbers: Mapping[int, str]) -> list[Line]:
    """The lines of a post's form, the drafted items chosen; `numbers` are those of employees who are to rate, by id."""
    places = places_of(policy, post.id) if post.id in policy.posts else {}
    chosen = {draft.id: draft for draft in drafts}
    offered = [located for located in _offered(policy, post) if located.indicator.id not in chosen or post.groups]
    made = [
        _of_draft(policy, draft, places.get(draft.id), numbers) for draft in drafts if not post.groups or draft.id not in places
    ]
    for located in offered:
        item, place = located.indicator.id, places.get(located.indicator.id)
        if item in chosen:
            made.append(_of_draft(policy, chosen[item], place, numbers))
        else:
            made.append(_of_row(policy, located, place))
    if not post.groups:
        made += _spare({line.id for line in made}, SPARE)
    return made


def typed_into(lines: list[Line], given: Mapping[str, str], faults: Mapping[str, Fault]) -> list[Line]:
    """The lines with what a form brought in, and beside each field what is wrong with it."""
    by_place: dict[int, dict[str, str]] = {}
    for name, value in given.items():
        if found := _NAME.fullmatch(name):
            by_place.setdefault(int(found[1]), {})[found[2]] = value
    known = {line.id: line for line in lines}
    sent: list[Line] = []
    for line in lines:
        line.chosen = False
    for place in sorted(by_place):
        values = by_place[place]
        item = values.get("id") or given.get(f"_id[{place}]", "")
        line = known.get(item)
        if line is None:
            if not item or not values.get("id"):
                continue
            known[item] = line = Line(item, values.get("kind", "gs"), None, "own")
            lines.append(line)
        line.chosen, line.typed = bool(values.get("id")), {key: text for key, text in values.items() if key != "id"}
        line.kind = values.get("kind", line.kind) if line.own else line.kind
        if line.chosen:
            sent.append(line)
    for path, fault in faults.items():
        if (found := _FAULT.fullmatch(path)) and int(found[1]) < len(sent):
            sent[int(found[1])].faults[found[2] or "weight"] = fault
    return lines


def taken(lines: list[Line], weights: Mapping[str, str]) -> list[Line]:
    """The lines with exactly these items chosen, at these weights; what else was typed stays."""
    for line in lines:
        line.chosen = line.id in weights
        if line.chosen:
            line.typed = line.typed | {"weight": weights[line.id]}
    return lines


def parts_of(policy: Policy, post: Post, lines: Sequence[Line]) -> list[Part]:
    """The lines by what their weights total: groups or dimensions in the order of the sheet, the person's own last."""
    if post.groups:
        heads = [(str(n), None, group.kind, group.weight) for n, group in enumerate(post.groups, start=1)]
    elif post.dimensions:
        heads = [(key, policy.dimensions[key].name, None, weight) for key, weight in post.dimensions.items()]
    else:
        heads = [(one.id, one.name, None, None) for one in policy.general.dimensions]
    by_part: dict[str, list[Line]] = {}
    keys = {key for key, *_ in heads}
    for line in lines:
        by_part.setdefault(line.part if line.part in keys else "own", []).append(line)
    found = [Part(key, name, kind, printed, tuple(by_part.get(key, ()))) for key, name, kind, printed in heads]
    own = by_part.get("own", [])
    return [part for part in found if part.lines or part.printed is not None] + (
        [Part("own", None, None, None, tuple(own))] if own else []
    )


def _offered(policy: Policy, post: Post) -> Iterator[LocatedIndicator]:
    """What may be agreed on beside the person's own: the rows of the sheet, else what the library has for the post."""
    if post.groups:
        for group in post.groups:
            for row in group.items:
                yield policy.indicators[row.id]
        return
    audiences = {one.name: one for one in policy.general.audiences}
    for located in policy.library:
        one = located.indicator
        meant = [audiences[name] for name in one.applies_to if name in audiences]
        suits = not one.applies_to or any(each.all_posts or post.id in each.posts for each in meant)
        usable = one.kind == "gs" or one.status != "incomplete"
        if suits and usable and (not post.dimensions or located.dimension in post.dimensions):
            yield located


def _of_draft(policy: Policy, draft: ItemDraft, place: Place | None, numbers: Mapping[int, str]) -> Line:
    located = policy.indicators.get(draft.id)
    typed = {name: plain(value) for name in FIGURES if (value := getattr(draft, name)) is not None}
    typed |= {name: value for name in WORDS if (value := getattr(draft, name)) is not None}
    typed |= {f"factor_max.{name}": plain(points) for name, points in draft.factor_max.items()}
    if draft.goal_id is not None:
        typed["goal_id"] = str(draft.goal_id)
    if draft.assessor_id is not None:
        typed["assessor"] = numbers.get(draft.assessor_id, "")
    for n, one in enumerate(draft.assessors):
        typed[f"assessors[{n}].assessor_id"] = str(one.assessor_id)
        typed |= {f"assessors[{n}].share": plain(one.share)} if one.share is not None else {}
    line = Line(draft.id, draft.kind, located.indicator.name if located else None, "own", True, typed)
    return _dressed(policy, line, draft, place, dimension_of(policy, draft), located)


def _of_row(policy: Policy, located: LocatedIndicator, place: Place | None) -> Line:
    one = located.indicator
    draft = ItemDraft(one.id, one.kind, Decimal(1))
    line = Line(one.id, one.kind, one.name, "own")
    return _dressed(policy, line, draft, place, located.dimension, located)


def _dressed(
    policy: Policy, line: Line, draft: ItemDraft, place: Place | None, dimension: str | None, located: LocatedIndicator | None
) -> Line:
    line.part = str(place.place) if place else dimension or "own"
    line.declared = declared(policy, ItemDraft(draft.id, draft.kind, draft.weight), place) if located else None
    if located:
        line.definition, line.unit = located.indicator.definition, located.indicator.unit
    line.uncertain = place.row.uncertain if place else None
    return line


def _spare(known: set[str], count: int) -> list[Line]:
    """Empty lines under ids that nothing has."""
    free = (f"own-{n}" for n in range(1, 1000))
    return [
        Line(item, "gs", None, "own") for item, _ in zip((one for one in free if one not in known), range(count), strict=False)
    ]
