"""Endpoints of what KPI managers settle beside the rule files: targets, and who holds the roles that a policy names."""

from typing import Any

from appraisal import rest
from appraisal.monitoring import holders, targets
from appraisal.monitoring.evaluation_schemas import (
    RoleHolderEndIn,
    RoleHolderIn,
    RoleHolderListing,
    RoleHolderOut,
    SetTargetOut,
    TargetIn,
    TargetListing,
)
from appraisal.monitoring.judged_shaping import holder_out, target_out
from appraisal.monitoring.models import KpiRoleHolder, KpiTarget
from appraisal.monitoring.watched import watching

_LATEST_TARGET: list[tuple[Any, str]] = [(KpiTarget.id, "desc")]
_LATEST_HOLDER: list[tuple[Any, str]] = [(KpiRoleHolder.id, "desc")]

endpoints = rest.Endpoints("kpi_targets", "指标目标与角色 · Targets of watched indicators, and who holds the roles of a policy")


@endpoints.get("/kpi/targets", TargetListing, out=rest.page_of(SetTargetOut))
def list_targets(query: dict[str, Any]) -> rest.Page:
    """The targets that have been set beside the rule files, newest first

    Of those that have begun, the one that began last counts. What a policy declares is in `/kpi/indicators`.
    """
    found = targets.set_targets_seen(rest.session(), rest.actor(), query)
    page, known = rest.paged(rest.session(), found, _LATEST_TARGET, query), watching(rest.session())
    return page.with_items([target_out(known, *row) for row in page.items])


@endpoints.get("/kpi/targets/<int:target_id>", out=SetTargetOut)
def show_target(target_id: int) -> dict[str, Any]:
    """One target."""
    return target_out(watching(rest.session()), *targets.find_target(rest.session(), rest.actor(), target_id))


@endpoints.post("/kpi/targets", TargetIn, out=SetTargetOut, creates=True)
def set_target(body: dict[str, Any]) -> dict[str, Any]:
    """Set a target of an indicator for which the policy declares none (KPI manager)

    It holds for periods that begin from its day on, and is never changed: a later one takes its place.
    """
    accept = body.pop("accept_unrealistic")
    made = targets.set_target(rest.session(), rest.actor(), targets.Wanted(**body), accept_unrealistic=accept)
    return show_target(made.id)


@endpoints.get("/kpi/role-holders", RoleHolderListing, out=rest.page_of(RoleHolderOut))
def list_role_holders(query: dict[str, Any]) -> rest.Page:
    """Who holds the roles that monitoring policies name, latest named first."""
    found = holders.holders_seen(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, _LATEST_HOLDER, query)
    return page.with_items([holder_out(*row) for row in page.items])


@endpoints.get("/kpi/role-holders/<int:holder_id>", out=RoleHolderOut)
def show_role_holder(holder_id: int) -> dict[str, Any]:
    """One holder of a role."""
    return holder_out(*holders.find_holder(rest.session(), rest.actor(), holder_id))


@endpoints.post("/kpi/role-holders", RoleHolderIn, out=RoleHolderOut, creates=True)
def name_role_holder(body: dict[str, Any]) -> dict[str, Any]:
    """Say who holds a role (KPI manager)

    主管 needs nobody named: it is who heads the unit. A role that nobody holds is answered for by the KPI managers.
    """
    return show_role_holder(holders.name_holder(rest.session(), rest.actor(), **body).id)


@endpoints.patch("/kpi/role-holders/<int:holder_id>", RoleHolderEndIn, out=RoleHolderOut, of=show_role_holder)
def end_role_holder(body: dict[str, Any], holder_id: int, version: int) -> dict[str, Any]:
    """End the holding of a role (KPI manager)."""
    holders.end_holder(rest.session(), rest.actor(), holder_id, to_on=body["to_on"], version=version)
    return show_role_holder(holder_id)
