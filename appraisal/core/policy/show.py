"""The policy in force as other programs read it: a stable JSON shape, every number that counts a decimal string."""

from collections.abc import Iterable
from typing import Any, Final

from appraisal.core.numbers import plain
from appraisal.core.policy.general import Kept, KeptKind, KeptOfPeople
from appraisal.core.policy.model import (
    Assumed,
    Band,
    Group,
    IncidentRule,
    Level,
    LocatedFactor,
    LocatedIndicator,
    LocatedPost,
    Policy,
    PostItem,
    RefusedPost,
    Text,
)
from appraisal.core.policy.show_monitoring import monitored, watching
from appraisal.core.policy.walk import assumptions_of

_KEPT: Final[tuple[KeptKind, ...]] = ("appraisal", "kpi_form", "payroll")
_KEPT_OF_WATCHING: Final[tuple[KeptKind, ...]] = ("kpi_form",)


def show(policy: Policy) -> dict[str, Any]:
    """The policy's grades, indicators, posts and assumed values, as plain JSON values."""
    watches = policy.general.purpose == "monitoring"
    return {
        "policy": policy.id,
        "title": _text(policy.title),
        "effective": policy.effective.isoformat(),
        "digest": policy.digest,
        "grades": [_band(band) for band in policy.bands],
        "indicators": [_indicator(located) | (monitored(located.indicator) if watches else {}) for located in policy.library],
        "success_factors": [_factor(located) for located in policy.factors],
        "posts": [_post(policy, located) for located in policy.sheets],
        "refused": [_refused(post) for post in policy.refused],
        "retention": {kind: _kept(policy.general.kept(kind)) for kind in (_KEPT_OF_WATCHING if watches else _KEPT)},
        "assumed": [
            {"path": assumed.where.path, "line": assumed.where.line, "reason": assumed.reason}
            for assumed in assumptions_of(policy)
        ],
    } | watching(policy)


def _kept(kept: Kept) -> dict[str, Any]:
    people = {"after_leaving": kept.after_leaving} if isinstance(kept, KeptOfPeople) else {}
    return {"years": kept.years, **people, "assumed": _reasons(kept.assumed)}


def _factor(located: LocatedFactor) -> dict[str, Any]:
    factor = located.factor
    return {
        "id": factor.id,
        "name": _text(factor.name),
        "dimension": located.dimension,
        "parent": factor.parent,
        "raw": factor.raw,
        "restored": factor.restored,
        "uncertain": factor.uncertain,
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
        "raw": one.raw,
        "restored": one.restored,
        "uncertain": one.uncertain,
        "definition": _text(one.definition),
        "success_factor": one.success_factor,
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
        "raw": post.raw,
        "restored": post.restored,
        "uncertain": post.uncertain,
        "note": post.note,
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
    located = policy.indicators.get(item.id)
    one = located.indicator if located else None
    return {
        "id": item.id,
        "indicator": item.indicator,
        "name": _text(item.name or one.name) if one else None,
        "raw": item.raw,
        "restored": item.restored,
        "uncertain": item.uncertain,
        "definition": _text(one.definition) if one else None,
        "dimension": located.dimension if located else None,
        "unit": one.unit if one else None,
        "direction": one.direction if one else None,
        "formula": one.formula if one else None,
        "source": item.source,
        "assessor": item.assessor,
        "assessors": [{"name": each.name, "share": plain(each.share)} for each in item.assessors],
        "cadence": item.cadence,
        "collected": item.collected,
        "roll_up": one.roll_up if one else None,
        "levels": [_level(level) for level in (one.levels if one else ())],
        "factors": [
            {"id": factor.id, "name": _text(factor.name), "points": plain(factor.points)}
            for factor in (one.factors if one else ())
        ],
    }


def _level(level: Level) -> dict[str, Any]:
    return {"rating": plain(level.rating), "text": {"zh": level.text, "en": level.en}}


def _rule(policy: Policy, rule: IncidentRule) -> dict[str, Any]:
    confirmed_by = next((event.confirmed_by for event in policy.vetoes.events if event.id == rule.event), None)
    return {
        "id": rule.id,
        "veto": rule.veto,
        "name": _text(rule.name),
        "raw": rule.raw,
        "restored": rule.restored,
        "uncertain": rule.uncertain,
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
