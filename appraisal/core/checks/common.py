"""What several checks share: names said twice, names nobody declared, totals, and which indicators a post may agree on."""

import re
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from appraisal.core.numbers import HUNDRED, ZERO, add, minus, plain
from appraisal.core.policy.model import Group, Indicator, LocatedIndicator, Policy, Post, PostItem
from appraisal.core.policy.tree import Problem, Where, did_you_mean, error


def repeated(kind: tuple[str, str], named: Iterable[tuple[str, Where]]) -> Iterator[Problem]:
    """A problem for each name after its first; `kind` says what is named, in Chinese and English."""
    first: dict[str, Where] = {}
    for name, where in named:
        if (earlier := first.setdefault(name, where)) is not where:
            zh = f'{kind[0]} "{name}" 重复, 前一处在 {earlier.path} 第 {earlier.line} 行: 只留一处或改名'
            en = f'{kind[1]} "{name}" is repeated, first at {earlier.path}:{earlier.line}: keep one or rename'
            yield error(where, zh, en)


def unknown(kind: tuple[str, str], name: str, known: Iterable[str], where: Where) -> Problem:
    """A name that nothing declares, with the nearest that something does."""
    zh, en = did_you_mean(name, known)
    return error(where, f'{kind[0]} "{name}" 未定义, {zh}', f'{kind[1]} "{name}" is not defined, {en}')


def check_total(kind: tuple[str, str], shares: Iterable[Decimal], where: Where) -> Iterator[Problem]:
    """A problem where shares or weights do not total exactly 100; `kind` says what they are, in Chinese and English."""
    total = add(*shares)
    if total != HUNDRED:
        off = minus(HUNDRED, total)
        mend = (f"再加 {plain(off)}", f"add {plain(off)}") if off > ZERO else (f"减去 {plain(-off)}", f"take off {plain(-off)}")
        zh = f"{kind[0]}合计 {plain(total)}, 应为 100: 请{mend[0]}"
        yield error(where, zh, f"{kind[1]} total {plain(total)}, not 100: {mend[1]}")


def all_posts(policy: Policy) -> set[str]:
    """Posts with a profile and posts that are refused."""
    return {*policy.posts, *(post.id for post in policy.refused)}


def check_post_names(policy: Policy, names: Iterable[str], where: Where) -> Iterator[Problem]:
    """Problems of a list of posts, at the entry of the list."""
    known = all_posts(policy)
    for index, name in enumerate(names):
        if name not in known:
            yield unknown(("岗位", "post"), name, sorted(known), where.at(index))


def reached(policy: Policy, posts: Collection[str], everybody: bool) -> list[Post]:
    """The posts with a profile among those named, or all of them."""
    return [located.post for located in policy.sheets if everybody or located.post.id in posts]


def sources_of(policy: Policy, dimension: str) -> set[str]:
    """The dimensions of the library that serve a post's dimension: itself and those it draws on (G-28)."""
    declared = policy.dimensions.get(dimension)
    return {dimension, *(declared.draws_on if declared else ())}


def rows_of(policy: Policy) -> Iterator[tuple[Post, Group, PostItem]]:
    """Every row of every sheet, in file order."""
    for located in policy.sheets:
        for group in located.post.groups:
            for row in group.items:
                yield located.post, group, row


def own_rows(policy: Policy) -> Iterator[tuple[PostItem, LocatedIndicator]]:
    """The rows that are indicators of their own, each with what it comes to together with the library."""
    return zip((row for _, _, row in rows_of(policy) if not row.is_plain), policy.rows, strict=True)


def writing(policy: Policy, *keys: str) -> Iterator[Indicator]:
    """The indicators of library and processes, and the rows that write one of these keys: what they inherit is judged there."""
    yield from (located.indicator for located in policy.library)
    yield from (located.indicator for row, located in own_rows(policy) if any(key in row.where.keys for key in keys))
    yield from (one for process in policy.processes for one in process.edition.indicators)


def can_have(policy: Policy, post: Post, item: str) -> bool:
    """Whether a sheet of this post may hold the item: a row of its groups, or of one of its dimensions."""
    if any(item == row.id for group in post.groups for row in group.items):
        return True
    located = policy.indicators.get(item)
    return located is not None and any(located.dimension in sources_of(policy, name) for name in post.dimensions)


def applies_to(policy: Policy, located: LocatedIndicator, post: Post) -> bool:
    """Whether the library means the indicator for this post; one that names no audience is meant for all."""
    wanted = located.indicator.applies_to
    audiences = [audience for audience in policy.general.audiences if audience.name in wanted]
    return not wanted or any(audience.all_posts or post.id in audience.posts for audience in audiences)


def mention(text: str, name: str) -> int:
    """The column, from 1, where a formula or condition first says the name as a whole word."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return found.start() + 1 if found else 1
