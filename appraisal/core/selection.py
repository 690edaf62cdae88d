"""Choosing from a post's sheet: which rows may be agreed on, how a group's printed weight is shared, and what comes nearest.

A printed weight belongs to all rows under it (R-003-22), so choosing few of many is the rule, not the exception (R-003-16).
Printed weights are the reference: an agreement that leaves them needs approval and shows both (D-09).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, islice
from typing import Final, Literal

from appraisal.core.numbers import HUNDRED, ONE, ZERO, add, minus, plain, times
from appraisal.core.policy.model import DesignRule, Group, Post, Severity

Code = Literal["group_empty", "group_too_many", "group_weight_off", "too_many_items", "not_of_the_post", "weights_reallotted"]

NEAREST: Final = 3
"""How many selections are proposed in place of one that is not feasible."""
_TENTH: Final = Decimal("0.1")


@dataclass(frozen=True)
class Chosen:
    """A row somebody wants, with the weight they want it to have (None: its even part of what is left of the group)."""

    id: str
    weight: Decimal | None = None


@dataclass(frozen=True)
class Found:
    """What stands against a selection; `approval` is no mistake, but somebody has to agree. `group` counts from 0."""

    severity: Severity | Literal["approval"]
    code: Code
    zh: str
    en: str
    group: int | None = None
    item: str | None = None


@dataclass(frozen=True)
class Room:
    """How many rows of a group can be chosen while each keeps the least weight a row should have."""

    group: Group
    least: int
    most: int


@dataclass(frozen=True)
class Feasibility:
    """What can be chosen from a sheet. `most` rows in all; `keeps_printed`: whether any choice keeps all printed weights."""

    rooms: tuple[Room, ...]
    most: int
    keeps_printed: bool


@dataclass(frozen=True)
class Share:
    """A group's printed weight beside the one agreed on, and its chosen rows."""

    group: Group
    printed: Decimal
    agreed: Decimal
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """A selection with the weight of each row. `preview`: some weights are an even split that nobody has agreed on yet."""

    weights: Mapping[str, Decimal]
    shares: tuple[Share, ...]
    preview: bool
    findings: tuple[Found, ...]

    @property
    def is_feasible(self) -> bool:
        """Whether it keeps to the design rules as well, whatever severity the policy gives them."""
        return all(found.severity == "approval" for found in self.findings)

    @property
    def can_stand(self) -> bool:
        return not any(found.severity == "error" for found in self.findings)

    @property
    def needs_approval(self) -> bool:
        return any(found.severity == "approval" for found in self.findings)


@dataclass(frozen=True)
class _Limits:
    """The design rules that bound a choice: the most rows of a sheet, the least weight of a row."""

    most: DesignRule | None
    least: DesignRule | None

    def rows_for(self, weight: Decimal) -> int | None:
        """How many rows a weight feeds; None where the policy sets no least weight."""
        limit = self.least.limit if self.least else None
        return int(weight // limit) if limit is not None and limit > ZERO else None


def feasible(post: Post, rules: Sequence[DesignRule]) -> Feasibility:
    """What the printed weights and the policy's design rules leave to choose on a post's sheet (R-003-14, -16)."""
    limits = _limits(rules)
    rooms = []
    for group in post.groups:
        fed = limits.rows_for(group.weight)
        rooms.append(Room(group, 1, len(group.items) if fed is None else min(len(group.items), fed)))
    total = sum(room.most for room in rooms)
    most = total if limits.most is None or limits.most.limit is None else min(total, int(limits.most.limit))
    kept = all(room.most >= room.least for room in rooms) and sum(room.least for room in rooms) <= most
    return Feasibility(tuple(rooms), most if kept else _most_reallotted(post, limits), kept)


def even_split(weight: Decimal, rows: Sequence[str]) -> dict[str, Decimal]:
    """A weight shared evenly among rows in whole points, what remains to the first ones; exact. A preview, no agreement.

    Smaller steps than a point where there are more rows than points, so that no row is left with nothing.
    """
    if not rows:
        return {}
    step, count = ONE, len(rows)
    while weight > ZERO and weight < times(step, Decimal(count)):
        step = times(step, _TENTH)
    whole = int(weight // step)
    parts = [times(step, Decimal(whole // count + (index < whole % count))) for index in range(count)]
    last = whole % count
    parts[last] = add(parts[last], minus(weight, add(*parts)))
    return dict(zip(rows, parts, strict=True))


def judge(post: Post, rules: Sequence[DesignRule], chosen: Sequence[Chosen]) -> Selection:
    """The weights of a selection and everything that stands against it.

    Weights that total 100 may leave the printed ones: that asks for approval and is no error (D-09).
    """
    limits = _limits(rules)
    wanted = {one.id: one.weight for one in chosen}
    shares: list[Share] = []
    weights: dict[str, Decimal] = {}
    for group in post.groups:
        rows = tuple(row.id for row in group.items if row.id in wanted)
        weighed = _weighed(group.weight, {row: wanted[row] for row in rows})
        weights |= weighed
        shares.append(Share(group, group.weight, add(ZERO, *weighed.values()), rows))
    findings = [*_strangers(post, wanted), *_totals(shares), *_crowds(limits, shares), *_too_many(limits, len(weights))]
    preview = any(wanted[row] is None for row in weights)
    return Selection(weights, tuple(shares), preview, tuple(findings))


def nearest(post: Post, rules: Sequence[DesignRule], chosen: Sequence[Chosen]) -> tuple[Selection, ...]:
    """Up to three feasible selections that change the fewest rows, those first in print preferred, each evenly split.

    Where no choice can keep the printed weights, 100 is shared evenly among the rows and the selection asks for approval.
    """
    room = feasible(post, rules)
    wanted = {one.id for one in chosen}
    order = {row.id: place for place, row in enumerate(row for group in post.groups for row in group.items)}
    if not order:
        return ()
    if room.keeps_printed:
        parts = [([row.id for row in one.group.items], one.least, one.most) for one in room.rooms]
    else:
        parts = [(list(order), 1, room.most)]
    best: dict[int, list[tuple[int, tuple[int, ...]]]] = {0: [(0, ())]}
    for rows, least, most in parts:
        found: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
        for count, before in best.items():
            for cost, taken in _variants(rows, wanted, least, min(most, room.most - count)):
                places = tuple(order[row] for row in taken)
                found.setdefault(count + len(taken), []).extend((past + cost, kept + places) for past, kept in before)
        best = {count: sorted(options)[:NEAREST] for count, options in found.items()}
    names = list(order)
    options = sorted(option for kept in best.values() for option in kept)[:NEAREST]
    return tuple(_proposed(post, rules, [names[place] for place in places], room.keeps_printed) for _, places in options)


def _proposed(post: Post, rules: Sequence[DesignRule], rows: Sequence[str], keeps_printed: bool) -> Selection:
    if keeps_printed:
        return judge(post, rules, [Chosen(row) for row in rows])
    return judge(post, rules, [Chosen(row, weight) for row, weight in even_split(HUNDRED, rows).items()])


def _variants(rows: Sequence[str], wanted: set[str], least: int, most: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Ways to choose from rows with the fewest changes for each number of them: leave out of the wanted, or add to them."""
    own = [row for row in rows if row in wanted]
    others = [row for row in rows if row not in wanted]
    for count in range(least, most + 1):
        if count <= len(own):
            for kept in islice(combinations(own, count), NEAREST):
                yield len(own) - count, kept
        else:
            for added in islice(combinations(others, count - len(own)), NEAREST):
                yield len(added), tuple(row for row in rows if row in own or row in added)


def _limits(rules: Sequence[DesignRule]) -> _Limits:
    by_name = {rule.rule: rule for rule in rules}
    return _Limits(by_name.get("max_items"), by_name.get("min_item_weight"))


def _most_reallotted(post: Post, limits: _Limits) -> int:
    """The most rows where 100 may be shared anew."""
    bounds = [sum(len(group.items) for group in post.groups)]
    if limits.most and limits.most.limit is not None:
        bounds.append(int(limits.most.limit))
    if (fed := limits.rows_for(HUNDRED)) is not None:
        bounds.append(fed)
    return min(bounds)


def _weighed(printed: Decimal, wanted: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
    """The weights as wished for; rows without a wish share evenly what these leave of the printed weight."""
    stated = {row: weight for row, weight in wanted.items() if weight is not None}
    rest = minus(printed, add(ZERO, *stated.values()))
    split = even_split(max(rest, ZERO), [row for row in wanted if row not in stated])
    return {row: stated[row] if row in stated else split[row] for row in wanted}


def _strangers(post: Post, wanted: Mapping[str, Decimal | None]) -> Iterator[Found]:
    known = {row.id for group in post.groups for row in group.items}
    for row in wanted:
        if row not in known:
            zh = f"{row} 不是岗位「{post.title.zh}」考核表中的项: 请从该表中选择"
            en = f"{row} is not on the sheet of {post.title.en}: choose from that sheet"
            yield Found("error", "not_of_the_post", zh, en, item=row)


def _totals(shares: Sequence[Share]) -> Iterator[Found]:
    """Groups that leave their printed weight: a mistake, unless all together still total 100 and so were allotted anew."""
    off = [(place, share) for place, share in enumerate(shares) if share.agreed != share.printed]
    if off and add(ZERO, *(share.agreed for share in shares)) == HUNDRED:
        pairs = "; ".join(f"{_called(share.group)} {plain(share.printed)} → {plain(share.agreed)}" for _, share in off)
        zh = f"权重与制度印的不同, 须经批准 (印的 → 约定的): {pairs}"
        yield Found("approval", "weights_reallotted", zh, f"these weights leave the printed ones and need approval: {pairs}")
        return
    for place, share in off:
        printed, agreed, named = plain(share.printed), plain(share.agreed), _called(share.group)
        if share.rows:
            zh = f"{named}: 所选各项合计 {agreed}, 该组权重为 {printed}"
            en = f"{named}: the chosen rows total {agreed}, the group weighs {printed}"
            yield Found("error", "group_weight_off", zh, en, group=place)
        else:
            zh = f"{named}: 一项也没有选, 其权重 {printed} 没有着落; 请至少选一项, 或把全部权重重新分配为 100 并报批"
            en = f"{named}: no row is chosen and its {printed} points go nowhere; choose one, or allot 100 anew for approval"
            yield Found("error", "group_empty", zh, en, group=place)


def _crowds(limits: _Limits, shares: Sequence[Share]) -> Iterator[Found]:
    """Groups with more rows than their weight feeds, at the least weight a row should have."""
    for place, share in enumerate(shares):
        fed = limits.rows_for(share.agreed)
        if fed is None or limits.least is None or limits.least.limit is None or len(share.rows) <= max(fed, 0):
            continue
        named, count, weight = _called(share.group), len(share.rows), plain(share.agreed)
        least = plain(limits.least.limit)
        zh = f"{named}: {weight} 分选了 {count} 项, 每项至少 {least} 分时至多 {fed} 项"
        en = f"{named}: {count} rows share {weight} points; at {least} or more each it takes {fed} at most"
        yield Found(limits.least.severity, "group_too_many", zh, en, group=place)


def _too_many(limits: _Limits, count: int) -> Iterator[Found]:
    if limits.most and limits.most.limit is not None and count > limits.most.limit:
        limit = plain(limits.most.limit)
        zh, en = f"共选 {count} 项, 制度规定至多 {limit} 项", f"{count} rows are chosen, the policy allows {limit}"
        yield Found(limits.most.severity, "too_many_items", zh, en)


def _called(group: Group) -> str:
    """A group by its kind and its first row, as nobody has given it a name."""
    first = group.items[0] if group.items else None
    named = first.name.zh if first and first.name else (first.id if first else "")
    return f"{group.kind.upper()}「{named}{' …' if len(group.items) > 1 else ''}」"
