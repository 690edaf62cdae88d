"""Endpoints of units and posts. Everybody signed in may know the organisation; who works where is another matter."""

from typing import Any

from sqlmodel import Session, col, select

from appraisal import clock, rest
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.people import auth, directory, queries, service, units
from appraisal.people.models import Employee, Post, Unit
from appraisal.people.schemas_organisation import (
    HeadIn,
    LastDayIn,
    MergeIn,
    PostChange,
    PostFilter,
    PostIn,
    PostMoveIn,
    PostOut,
    RenameIn,
    UnitChange,
    UnitFilter,
    UnitIn,
    UnitOut,
)

endpoints = rest.Endpoints("organisation", "组织 · Units, dated and in a tree, with their heads; posts")


@endpoints.get("/units", UnitFilter, out=rest.page_of(UnitOut))
def list_units(query: dict[str, Any]) -> rest.Page:
    """The units by code."""
    found = select(Unit)
    for name in ("code", "parent_id"):
        if query[name] is not None:
            found = found.where(getattr(Unit, name) == query[name])
    if query["current"]:
        found = found.where(queries.holds_on(Unit, clock.today()))
    page = rest.paged(rest.session(), found, [(Unit.code, "asc")], query)
    return page.with_items(_units_out(rest.session(), page.items))


@endpoints.get("/units/<int:unit_id>", out=UnitOut)
def show_unit(unit_id: int) -> dict[str, Any]:
    """One unit with its head of today."""
    return _units_out(rest.session(), [_unit(unit_id)])[0]


@endpoints.post("/units", UnitIn, out=UnitOut, creates=True)
def create_unit(body: dict[str, Any]) -> dict[str, Any]:
    """Found a unit."""
    require_any("hr", "admin")
    parent = named(Unit, body.pop("parent_id"), "parent_id")
    return show_unit(service.create_unit(rest.session(), rest.actor(), parent=parent, **body).id)


@endpoints.put("/units/<int:unit_id>", UnitChange, out=UnitOut, of=show_unit)
def change_unit(body: dict[str, Any], unit_id: int, version: int) -> dict[str, Any]:
    """Correct a unit's names or its place in the tree

    The correction holds from the unit's first day. A new name from a day on is another act: `rename`.
    """
    require_any("hr", "admin")
    unit, parent = _unit(unit_id), named(Unit, body.pop("parent_id"), "parent_id")
    units.change_unit(rest.session(), rest.actor(), unit, parent=parent, version=version, **body)
    return show_unit(unit_id)


@endpoints.post("/units/<int:unit_id>/rename", RenameIn, out=UnitOut, of=show_unit)
def rename_unit(body: dict[str, Any], unit_id: int, version: int) -> dict[str, Any]:
    """Give a unit another name from a day on

    It ends, and the answer is its successor, with its posts, the units below it and its head. Old results keep the old name.
    """
    successor = units.rename_unit(rest.session(), rest.actor(), _unit(unit_id), version=version, **body)
    return show_unit(successor.id)


@endpoints.post("/units/<int:unit_id>/merge", MergeIn, out=UnitOut, of=show_unit)
def merge_unit(body: dict[str, Any], unit_id: int, version: int) -> dict[str, Any]:
    """Make a unit part of another from a day on

    It ends; posts and units below it go over. Roles and clerks given for it alone have nobody to act for from then on.
    """
    require_any("hr", "admin")
    unit, into = _unit(unit_id), required(Unit, body.pop("into_id"), "into_id")
    units.merge_unit(rest.session(), rest.actor(), unit, into, version=version, **body)
    return show_unit(into.id)


@endpoints.post("/units/<int:unit_id>/end", LastDayIn, out=UnitOut, of=show_unit)
def end_unit(body: dict[str, Any], unit_id: int, version: int) -> dict[str, Any]:
    """Note the last day of a unit without successor."""
    units.end_unit(rest.session(), rest.actor(), _unit(unit_id), version=version, **body)
    return show_unit(unit_id)


@endpoints.post("/units/<int:unit_id>/head", HeadIn, out=UnitOut, creates=True)
def appoint_head(body: dict[str, Any], unit_id: int) -> dict[str, Any]:
    """Appoint the head of a unit from a day on, or leave it without one."""
    require_any("hr")
    unit, employee = _unit(unit_id), named(Employee, body["employee_id"], "employee_id")
    units.appoint_head(rest.session(), rest.actor(), unit, employee, from_on=body["from_on"])
    return show_unit(unit_id)


@endpoints.get("/posts", PostFilter, out=rest.page_of(PostOut))
def list_posts(query: dict[str, Any]) -> rest.Page:
    """The posts by code."""
    found = select(Post)
    if query["code"] is not None:
        found = found.where(Post.code == query["code"])
    if query["unit_id"] is not None:
        found = found.where(col(Post.unit_id).in_(queries.unit_and_below(rest.session(), query["unit_id"])))
    return rest.paged(rest.session(), found, [(Post.code, "asc")], query, row=_post_out)


@endpoints.get("/posts/<int:post_id>", out=PostOut)
def show_post(post_id: int) -> dict[str, Any]:
    """One post."""
    return _post_out(_post(post_id))


@endpoints.post("/posts", PostIn, out=PostOut, creates=True)
def create_post(body: dict[str, Any]) -> dict[str, Any]:
    """Found a post."""
    require_any("hr", "admin")
    unit = required(Unit, body.pop("unit_id"), "unit_id")
    return _post_out(service.create_post(rest.session(), rest.actor(), unit=unit, **body))


@endpoints.put("/posts/<int:post_id>", PostChange, out=PostOut, of=show_post)
def change_post(body: dict[str, Any], post_id: int, version: int) -> dict[str, Any]:
    """Correct a post's titles or its sheet in the policy."""
    return _post_out(units.change_post(rest.session(), rest.actor(), _post(post_id), version=version, **body))


@endpoints.post("/posts/<int:post_id>/unit", PostMoveIn, out=PostOut, of=show_post)
def move_post(body: dict[str, Any], post_id: int, version: int) -> dict[str, Any]:
    """Move a post to another unit from a day on, with everybody who holds it."""
    require_any("hr")
    post, unit = _post(post_id), required(Unit, body.pop("unit_id"), "unit_id")
    units.move_post(rest.session(), rest.actor(), post, unit, version=version, **body)
    rest.session().flush()
    return _post_out(post)


def require_any(*roles: str) -> None:
    """Refuses who has none of these roles for any unit, before looking at what they sent; the service decides exactly."""
    if not rest.actor().holds(*roles):
        raise auth.for_others(*roles)


def required(table: Any, row_id: int, path: str) -> Any:
    """The row that a body names by its id. Raises Invalid with the path of the id."""
    row = rest.session().get(table, row_id)
    if row is None:
        zh, en = "没有这条记录", "there is no such record"
        raise Invalid("unknown_row", zh, en, [Fault(path, zh, en)])
    return row


def named(table: Any, row_id: int | None, path: str) -> Any:
    """The same, or None where none is named."""
    return None if row_id is None else required(table, row_id, path)


def _unit(unit_id: int) -> Unit:
    unit = rest.session().get(Unit, unit_id)
    if unit is None:
        raise NotFound()
    return unit


def _post(post_id: int) -> Post:
    post = rest.session().get(Post, post_id)
    if post is None:
        raise NotFound()
    return post


def _units_out(session: Session, found: Any) -> list[dict[str, Any]]:
    heads = directory.heads_on(session, [unit.id for unit in found], clock.today())
    kept = ("id", "code", "name", "name_en", "parent_id", "was_id", "from_on", "to_on", "version")
    session.flush()
    return [{name: getattr(unit, name) for name in kept} | {"head": heads.get(unit.id)} for unit in found]


def _post_out(post: Post) -> dict[str, Any]:
    rest.session().flush()
    return {name: getattr(post, name) for name in PostOut().fields}
