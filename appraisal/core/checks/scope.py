"""Whom the policy is for: dimensions, audiences and cycles, each defined where it is used and used where it is defined."""

from collections.abc import Iterator

from appraisal.core.checks.common import applies_to, check_post_names, repeated, sources_of, unknown
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import Problem, error, warning

MAX_PRECISION = 8


def check_settings(policy: Policy) -> Iterator[Problem]:
    """General settings within bounds."""
    general = policy.general
    if not 0 <= general.precision <= MAX_PRECISION:
        zh = f"precision 是小数位数, 应在 0 至 {MAX_PRECISION} 之间"
        yield error(general.where.at("precision"), zh, f"precision counts decimals: 0 to {MAX_PRECISION}")
    if general.not_rated.minimum_days < 0:
        yield error(general.not_rated.where.at("minimum_days"), "天数不能小于 0", "days cannot lie below 0")
    yield from repeated(("来源文件", "document"), ((one.id, one.where.at("id")) for one in policy.documents))


def check_dimensions(policy: Policy) -> Iterator[Problem]:
    """Dimensions said once; the library and `draws_on` name known ones."""
    dimensions = policy.general.dimensions
    yield from repeated(("维度", "dimension"), ((one.id, one.where.at("id")) for one in dimensions))
    for dimension in dimensions:
        for index, name in enumerate(dimension.draws_on):
            place = dimension.where.at("draws_on").at(index)
            if name not in policy.dimensions:
                yield unknown(("维度", "dimension"), name, policy.dimensions, place)
            elif name == dimension.id or policy.dimensions[name].draws_on:
                zh = f"draws_on 只能指向另有指标库的维度, {name} 不行"
                yield error(place, zh, f"draws_on must name another dimension with its own library, not {name}")
    for located in policy.library:
        if located.dimension not in policy.dimensions:
            yield unknown(("维度", "dimension"), located.dimension or "", policy.dimensions, located.where)


def check_audiences(policy: Policy) -> Iterator[Problem]:
    """Audiences said once, naming known posts, used by some indicator; indicators naming known audiences."""
    audiences = policy.general.audiences
    known = {audience.name for audience in audiences}
    used = {name for located in policy.library for name in located.indicator.applies_to}
    yield from repeated(("适用对象", "audience"), ((one.name, one.where.at("name")) for one in audiences))
    for audience in audiences:
        yield from check_post_names(policy, audience.posts, audience.where.at("posts"))
        if audience.all_posts and audience.posts:
            yield error(audience.where.at("posts"), "posts 与 all_posts 只写其一", "write either posts or all_posts")
        if not audience.all_posts and not audience.posts:
            zh = f'适用对象 "{audience.name}" 不含任何岗位: 请写 posts 或 all_posts: true'
            yield error(audience.where, zh, f'the audience "{audience.name}" holds no post: write posts or all_posts: true')
        if audience.name not in used:
            zh = f'适用对象 "{audience.name}" 没有指标使用: 可删去'
            yield warning(audience.where.at("name"), zh, f'no indicator uses the audience "{audience.name}": it can go')
    for located in policy.library:
        for index, name in enumerate(located.indicator.applies_to):
            if name not in known:
                place = located.indicator.where.at("applies_to").at(index)
                yield unknown(("适用对象", "audience"), name, sorted(known), place)


def check_cycles(policy: Policy) -> Iterator[Problem]:
    """Each cadence once, for known posts, at least one; no post without a cycle."""
    cycles = policy.general.cycles
    if not cycles:
        yield error(policy.general.where.at("cycles"), "至少写一个考核周期", "write at least one cycle")
    yield from repeated(("考核周期", "cycle"), ((one.cadence, one.where.at("cadence")) for one in cycles))
    for cycle in cycles:
        yield from check_post_names(policy, cycle.posts, cycle.where.at("posts"))
        if cycle.all_posts and cycle.posts:
            yield error(cycle.where.at("posts"), "posts 与 all_posts 只写其一", "write either posts or all_posts")
        if not cycle.all_posts and not cycle.posts:
            zh = f"周期 {cycle.cadence} 不含任何岗位: 请写 posts 或 all_posts: true"
            yield error(cycle.where, zh, f"the cycle {cycle.cadence} holds no post: write posts or all_posts: true")
    for located in policy.sheets:
        if cycles and not any(cycle.all_posts or located.post.id in cycle.posts for cycle in cycles):
            zh = f"岗位 {located.post.id} 不在任何考核周期之内"
            yield warning(located.post.where.at("id"), zh, f"no cycle covers the post {located.post.id}")


def check_coverage(policy: Policy) -> Iterator[Problem]:
    """Dimensions and indicators that no post can use, and posts whose dimension has no indicator meant for them."""
    wanted = {located.dimension for located in policy.rows if located.dimension}
    for located in policy.sheets:
        post = located.post
        wanted.update(group.dimension for group in post.groups if group.dimension)
        for name in post.dimensions:
            sources = sources_of(policy, name)
            wanted |= sources
            meant = (one for one in policy.library if one.dimension in sources)
            if name in policy.dimensions and not any(applies_to(policy, one, post) for one in meant):
                zh = f"岗位 {post.id} 的维度 {name} 没有适用的指标: 请核对适用对象, 或写 draws_on"
                en = f"no indicator of {name} is meant for the post {post.id}: check applies_to, or write draws_on"
                yield warning(post.where.at("dimensions").at(name), zh, en)
    listed = {row.indicator for one in policy.sheets for group in one.post.groups for row in group.items}
    for dimension in policy.general.dimensions:
        library = any(one.dimension == dimension.id for one in policy.library)
        if not library and not dimension.draws_on:
            zh = f"维度 {dimension.id} 没有指标: 请加指标, 或写 draws_on"
            yield warning(dimension.where.at("id"), zh, f"the dimension {dimension.id} has no indicator: add some, or draws_on")
        if (
            policy.sheets
            and dimension.id not in wanted
            and not any(one.dimension == dimension.id and one.indicator.id in listed for one in policy.library)
        ):
            zh = f"维度 {dimension.id} 没有岗位使用"
            yield warning(dimension.where.at("id"), zh, f"no post uses the dimension {dimension.id}")
    for found in policy.library:
        if not found.indicator.applies_to and found.indicator.id not in listed:
            zh = f"指标 {found.indicator.id} 没有写适用对象, 也没有岗位列出它"
            en = f"nobody uses the indicator {found.indicator.id}: no applies_to, no post"
            yield warning(found.indicator.where.at("id"), zh, en)
