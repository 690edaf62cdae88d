"""The areas of the weekly summaries: each with indicators of its own, and no watched indicator left out in silence."""

from collections.abc import Iterator

from appraisal.core.checks.common import repeated, unknown
from appraisal.core.monitoring.areas import areas_of
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import Problem, error, warning


def check_advisors(policy: Policy) -> Iterator[Problem]:
    """Areas with names that are known and named once, none of them empty; indicators that no summary would tell of."""
    advisors = policy.monitoring.advisors if policy.monitoring else ()
    if not advisors:
        return
    classes = {located.dimension for located in policy.watched.values() if located.dimension}
    yield from repeated(("方面", "area"), ((one.id, one.where.at("id")) for one in advisors))
    named = [(name, one.where.at("indicators").at(at)) for one in advisors for at, name in enumerate(one.indicators)]
    yield from repeated(("指标", "indicator"), named)
    placed = [(name, one.where.at("dimensions").at(at)) for one in advisors for at, name in enumerate(one.dimensions)]
    yield from repeated(("类别", "class"), placed)
    for name, where in named:
        if name not in policy.watched:
            yield unknown(("指标", "indicator"), name, policy.watched, where)
    for name, where in placed:
        if name not in classes:
            yield unknown(("类别", "class"), name, sorted(classes), where)
    areas = areas_of(policy)
    for one in advisors:
        if all(area is not one for area in areas.values()):
            zh = f"方面 {one.id} 没有指标: 请写 indicators, 或未被别的方面点名的 dimensions"
            en = f"the area {one.id} has no indicator: write its indicators, or dimensions that no other area names"
            yield error(one.where.at("id"), zh, en)
    left = [name for name, one in policy.watched.items() if name not in areas and one.indicator.status != "incomplete"]
    if left and policy.monitoring is not None:
        zh = f"不属任何方面, 每周摘要不会提到: {', '.join(left)}"
        en = f"in no area, so no weekly summary tells of them: {', '.join(left)}"
        yield warning(policy.monitoring.where.at("advisors"), zh, en)
