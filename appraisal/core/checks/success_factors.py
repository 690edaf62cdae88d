"""The tree of critical success factors (R-003-5): numbers said once, parents that exist, indicators on known nodes, no gaps."""

from collections.abc import Iterator, Mapping

from appraisal.core.checks.common import repeated, unknown
from appraisal.core.policy.model import Policy, SuccessFactor
from appraisal.core.policy.tree import Problem, error, warning


def check_success_factors(policy: Policy) -> Iterator[Problem]:
    """Each factor once under a parent that exists; each indicator's factor known."""
    factors = [located.factor for located in policy.factors]
    known = {factor.id: factor for factor in factors}
    yield from repeated(("关键成功因素", "success factor"), ((one.id, one.where.at("id")) for one in factors))
    for one in factors:
        if one.parent is None:
            continue
        if one.parent not in known:
            yield unknown(("关键成功因素", "success factor"), one.parent, known, one.where.at("parent"))
        elif _is_circle(one, known):
            zh = f"关键成功因素 {one.id} 的上级关系成环"
            yield error(one.where.at("parent"), zh, f"the factor {one.id} stands under itself")
    for located in policy.library:
        factor, where = located.indicator.success_factor, located.indicator.where
        if factor is not None and factor not in known:
            yield unknown(("关键成功因素", "success factor"), factor, known, where.at("success_factor"))


def check_factor_numbers(policy: Policy) -> Iterator[Problem]:
    """Numbers that the source skips are doubtful until somebody says so: 312 is followed by 314 (G-45)."""
    families: dict[str | None, list[SuccessFactor]] = {}
    for located in policy.factors:
        families.setdefault(located.factor.parent, []).append(located.factor)
    for parent, children in families.items():
        numbered = [(place, one) for one in children if (place := _place(one.id, parent)) is not None]
        before = 0
        for place, one in sorted(numbered, key=lambda pair: pair[0]):
            if place > before + 1 and one.uncertain is None:
                missing = ", ".join(f"{parent or ''}{skipped}" for skipped in range(before + 1, place))
                zh = f"存疑: 关键成功因素 {one.id} 之前缺编号 {missing}; 原文如此则在 {one.id} 注明 uncertain"
                en = f"doubtful: {missing} is missing before the factor {one.id}; say so with uncertain if the source skips it"
                yield warning(one.where.at("id"), zh, en)
            before = place


def _place(number: str, parent: str | None) -> int | None:
    """The place among its siblings that a number tells: 2 for 312 under 31; None where it tells none."""
    rest = number if parent is None else number.removeprefix(parent)
    return int(rest) if rest.isascii() and rest.isdigit() and (parent is None or rest != number) else None


def _is_circle(one: SuccessFactor, known: Mapping[str, SuccessFactor]) -> bool:
    seen: list[str] = []
    at: SuccessFactor | None = one
    while at is not None and at.id not in seen:
        seen.append(at.id)
        at = known.get(at.parent or "")
    return at is one
