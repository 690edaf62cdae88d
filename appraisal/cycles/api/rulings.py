"""Endpoints of what HR rules for a cycle where the source is silent."""

from typing import Any

from appraisal import rest
from appraisal.cycles import rulings, service
from appraisal.cycles.models import Cycle, RowRuling
from appraisal.cycles.rulings import Ruling, Standing
from appraisal.cycles.schemas import RulingsCopyIn, RulingsIn, RulingsOut
from appraisal.people import auth

endpoints = rest.Endpoints("rulings", "补定 · What HR rules for a cycle where the source is silent")


@endpoints.get("/cycles/<int:cycle_id>/rulings", out=RulingsOut)
def show_rulings(cycle_id: int) -> dict[str, Any]:
    """The rows of the posts appraised in a cycle that lack a cadence, a source, an assessor or a standard, or were ruled on

    A cycle opens once none of them lacks anything.
    """
    return _shown(_cycle(cycle_id))


@endpoints.put("/cycles/<int:cycle_id>/rulings", RulingsIn, out=RulingsOut, of=show_rulings)
def rule_rows(body: dict[str, Any], cycle_id: int, version: int) -> dict[str, Any]:
    """Rule on rows of a cycle: all of these or, where one cannot stand, none."""
    cycle = _cycle(cycle_id)
    given = [Ruling(**one | {"items": tuple(one["items"])}) for one in body["rulings"]]
    rulings.rule_rows(rest.session(), rest.actor(), cycle, given, reason=body["reason"], version=version)
    return _shown(cycle)


@endpoints.post("/cycles/<int:cycle_id>/rulings/copy", RulingsCopyIn, out=RulingsOut, of=show_rulings)
def copy_rulings(body: dict[str, Any], cycle_id: int, version: int) -> dict[str, Any]:
    """Take over what was ruled for the last cycle, or another, wherever this one still lacks it."""
    cycle = _cycle(cycle_id)
    rulings.copy_rulings(rest.session(), rest.actor(), cycle, body["from_cycle_id"], version=version)
    return _shown(cycle)


def _cycle(cycle_id: int) -> Cycle:
    """A cycle for those who may see what stands in its way."""
    cycle = service.find_cycle(rest.session(), rest.actor(), cycle_id)
    auth.require_role(rest.actor(), "hr", "approver", "auditor", unit=cycle.unit_id)
    return cycle


def _shown(cycle: Cycle) -> dict[str, Any]:
    rows = rulings.rows_in(rest.session(), cycle)
    return {
        "cycle_id": cycle.id,
        "blank": sum(bool(one.blank) for one in rows),
        "rows": [_row(one) for one in rows],
        "version": cycle.version,
    }


def _row(one: Standing) -> dict[str, Any]:
    row = one.row
    where = {"post": row.post.id, "post_title": row.post.title, "item": row.item.id, "name": row.name, "kind": row.group.kind}
    said = {"raw": row.item.raw, "uncertain": row.item.uncertain, "printed": row.printed}
    return where | said | {"blank": one.blank, "rulings": [_ruling(ruling) for ruling in one.rulings.values()]}


def _ruling(one: RowRuling) -> dict[str, Any]:
    names = ("key", "value", "assessor_id", "reason", "ruled_at")
    return {name: getattr(one, name) for name in names} | {"copied": one.copied_from_id is not None}
