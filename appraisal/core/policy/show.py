"""The policy in force as other programs read it: a stable JSON shape, every number that counts a decimal string."""

from collections.abc import Iterable
from typing import Any

from appraisal.core.numbers import plain
from appraisal.core.policy.model import (
    Assumed,
    Band,
    Group,
    IncidentRule,
    LocatedIndicator,
    LocatedPost,
    Policy,
    PostItem,
    RefusedPost,
    Text,
)
from appraisal.core.policy.walk import assumptions_of


def show(policy: Policy) -> dict[str, Any]:
    """The policy's grades, indicators, posts and assumed values, as plain JSON values."""
    return {
        "policy": policy.id,
        "title": _text(policy.title),
        "effective": policy.effective.isoformat(),
        "digest": policy.digest,
        "grades": [_band(band) for band in policy.bands],
        "indicators": [_indicator(located) for located in policy.library],
        "posts": [_post(policy, located) for located in policy.sheets],
        "refused": [_refused(post) for post in policy.refused],
        "assumed": [
            {"path": assumed.where.path, "line": assumed.where.line, "reason": assumed.reason}
            for assumed in assumptions_of(policy)
        ],
    }


def _band(band: Band) -> dict[str, Any]:
    return {
        "grade": band.grade,
        "name": _text(band.name),
        "from": plain(band.from_),
        "multiplier": plain(band.multiplier),
        "assumed": _reasons(band.assumed),
    }


def _indicator(located: LocatedIndicator) -> dict[str, Any]:
    one = located.indicator
    return {
        "id": one.id,
        "name": _text(one.name),
        "dimension": located.dimension,
        "kind": one.kind,
        "source_row": one.source_row,
        "unit": one.unit,
        "direction": one.direction,
        "formula": one.formula,
        "inputs": [given.name for given in one.inputs],
        "zero_denominator": one.zero_denominator,
        "sources": None if one.sources is None else list(one.sources),
        "applies_to": list(one.applies_to),
        "target": None if one.target is None else plain(one.target),
        "operator": one.operator,
        "cadence": None if one.cadence is None else list(one.cadence),
        "status": one.status,
    }


def _post(policy: Policy, located: LocatedPost) -> dict[str, Any]:
    post = located.post
    declared = [rule for rule in policy.vetoes.rules if rule.all_posts or post.id in rule.posts]
    return {
        "id": post.id,
        "unit": located.unit.zh,
        "title": _text(post.title),
        "dimensions": {dimension: plain(weight) for dimension, weight in post.dimensions.items()},
        "groups": [_group(policy, group) for group in post.groups],
        "subject": post.subject,
        "source_row": post.source_row,
        "incident_rules": [_rule(policy, rule) for rule in declared],
    }


def _group(policy: Policy, group: Group) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "dimension": group.dimension,
        "weight": plain(group.weight),
        "items": [_item(policy, item) for item in group.items],
    }


def _item(policy: Policy, item: PostItem) -> dict[str, Any]:
    located = policy.indicators.get(item.indicator or "")
    name = item.name or (located.indicator.name if located else None)
    return {
        "id": item.id,
        "indicator": item.indicator,
        "name": _text(name) if name else None,
        "raw": item.raw,
        "source": item.source,
        "assessor": item.assessor,
        "cadence": item.cadence,
    }


def _rule(policy: Policy, rule: IncidentRule) -> dict[str, Any]:
    confirmed_by = next((event.confirmed_by for event in policy.vetoes.events if event.id == rule.event), None)
    return {
        "id": rule.id,
        "veto": rule.veto,
        "name": _text(rule.name),
        "raw": rule.raw,
        "event": rule.event,
        "confirmed_by": confirmed_by,
        "effects": [{"effect": one.effect, "subject": one.subject, "item": one.item} for one in rule.effects],
    }


def _refused(post: RefusedPost) -> dict[str, Any]:
    return {"id": post.id, "title": _text(post.title), "reason": _text(post.reason)}


def _reasons(assumed: Iterable[Assumed]) -> str | None:
    return "; ".join(one.reason for one in assumed) or None


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
