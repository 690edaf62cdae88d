"""The posts and indicators of a policy as its booklet prints them: each row whole, so that nobody has to look elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from appraisal.core.numbers import add
from appraisal.core.policy.model import (
    Entry,
    Group,
    Indicator,
    LocatedPost,
    Policy,
    PostItem,
    Text,
)
from appraisal.formats import number
from appraisal.policies import wording
from appraisal.reports.booklet_paper import Dimension, Measured, PostSheet, UnitPosts
from appraisal.reports.queries import measured_in, words

SIGNS: Final = {">=": "≥", "<=": "≤"}
NOTHING: Final = Text("", "")


def units_of(policy: Policy) -> Iterator[UnitPosts]:
    """The posts of a policy, unit by unit in the order of its files."""
    units: dict[Text, list[LocatedPost]] = {}
    for located in policy.sheets:
        units.setdefault(located.unit, []).append(located)
    for place, (unit, posts) in enumerate(units.items(), 1):
        yield UnitPosts(unit, f"unit-{place}", tuple(_post(policy, located) for located in posts))


def library_of(policy: Policy) -> Iterator[Dimension]:
    """The library of a policy, dimension by dimension."""
    dimensions: dict[str | None, list[Indicator]] = {}
    for located in policy.library:
        dimensions.setdefault(located.dimension, []).append(located.indicator)
    for dimension, indicators in dimensions.items():
        declared = policy.dimensions.get(dimension or "")
        name = declared.name if declared else Text("其他", "Other")
        yield Dimension(name, tuple(_measured(policy, one) for one in indicators))


def remarks_on(entry: Entry) -> tuple[Text, ...]:
    """Marks of what of an entry its source does not say, and of what is a reading of damaged text: the reasons stand in lists
    of their own at the end of the booklet, the print beside the rule in its file."""
    marks = (
        (entry.assumed, Text("假定", "assumed")),
        (entry.uncertain, Text("存疑", "uncertain")),
        (entry.restored, Text("还原", "restored")),
    )
    return tuple(mark for holds, mark in marks if holds)


def joined(texts: Iterable[Text], zh: str = "、", en: str = ", ") -> Text:
    """Several texts as one."""
    several = list(texts)
    return Text(zh.join(one.zh for one in several), en.join(one.en for one in several))


def plain(text: str) -> Text:
    """Words that the policy has in one language."""
    return Text(text, text)


def _post(policy: Policy, located: LocatedPost) -> PostSheet:
    post = located.post
    here = f"post:{post.id}"
    vetoes = [
        rule.name
        for rule in policy.vetoes.rules
        if post.id in rule.posts or any(effect.subject == here for effect in rule.effects)
    ]
    dimensions = policy.dimensions
    return PostSheet(
        anchor=f"post-{post.id}",
        title=post.title,
        subject=words("subject", post.subject) if post.subject != "person" else None,
        weights=tuple(
            (dimensions[one].name if one in dimensions else plain(one), weight) for one, weight in post.dimensions.items()
        ),
        rows=tuple(row for group in post.groups for row in _rows(policy, group)),
        total=add(*(group.weight for group in post.groups), *post.dimensions.values()),
        vetoes=tuple(vetoes),
        remarks=remarks_on(post),
    )


def _rows(policy: Policy, group: Group) -> Iterator[Measured]:
    for place, item in enumerate(group.items):
        located = policy.indicators.get(item.id)
        if located is None:
            continue
        weight = group.weight if place == 0 else None
        yield _measured(policy, located.indicator, item, weight, len(group.items))


def _measured(
    policy: Policy, one: Indicator, item: PostItem | None = None, weight: Decimal | None = None, shared: int = 1
) -> Measured:
    curve = policy.curves.get(one.curve or "")
    rated = [(level.rating, Text(level.text, level.en or level.text)) for level in one.levels]
    rated += [(factor.points, factor.name) for factor in one.factors]
    collected = [words("frequency", one.collected)] if one.collected else []
    own = remarks_on(item or one)
    return Measured(
        name=one.name,
        kind=words("item_kind", one.kind),
        unit=measured_in(one.unit),
        definition=one.definition,
        formula=wording.formula(one.formula) if one.formula else None,
        standard=tuple(rated),
        direction=words("direction", one.direction) if one.direction else None,
        targets=tuple(_targets(one)),
        curve=curve.name if curve else None,
        source=joined(map(plain, [*(one.sources or ()), *([one.owner] if one.owner else [])]))
        if one.sources or one.owner
        else NOTHING,
        cadence=joined([*collected, *(words("cadence", cadence) for cadence in one.cadence or ())])
        if one.cadence or collected
        else None,
        assessor=_assessor(item) if item else None,
        remarks=(*_status(one), *own),
        weight=weight,
        shared=shared,
    )


def _targets(one: Indicator) -> Iterator[Text]:
    if one.target is not None:
        value = f"{SIGNS.get(one.operator or '', one.operator or '')} {number(one.target)}".strip()
        yield Text(f"目标 {value}", f"target {value}")
    for phase in one.targets:
        value = f"{SIGNS.get(phase.operator, phase.operator)} {number(phase.value)}"
        yield Text(f"{phase.phase.zh} {value}", f"{phase.phase.en} {value}")


def _status(one: Indicator) -> Sequence[Text]:
    if one.status == "incomplete":
        return (Text("没有公式", "no formula"),)
    return (Text("只监测", "watched only"),) if one.status == "monitor_only" else ()


def _assessor(item: PostItem) -> str | None:
    if item.assessors:
        return "、".join(f"{one.name} {number(one.share)}%" for one in item.assessors)
    return item.assessor
