"""Changes to the organisation itself: units corrected, renamed, merged, ended and headed; posts corrected and moved.

A unit that is renamed or merged ends, and its posts and the units below it go over to the successor on a day. Nobody's post is
split by it: holdings hang on the post, and where the post belonged on a day stays on record.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import or_
from sqlmodel import Session, col, select

from appraisal import audit, db
from appraisal.actor import Actor
from appraisal.errors import Conflict, Invalid
from appraisal.people import auth, queries
from appraisal.people.checks import require_fits, require_new
from appraisal.people.models import Employee, Post, PostHolding, PostPlace, Unit, UnitHead


def change_unit(
    session: Session, actor: Actor, unit: Unit, *, name: str, name_en: str, parent: Unit | None, version: int | None = None
) -> Unit:
    """Corrects a unit's names and its place in the tree, back to its first day; `rename_unit` is for a new name from a day on.

    Raises Invalid `unit_loop` when it would lie below itself.
    """
    auth.require_role(actor, "hr", "admin", unit=unit.id)
    if unit.parent_id != (parent.id if parent else None):
        auth.require_role(actor, "hr", "admin", unit=parent.id if parent else None)
    db.expect_version(unit, version)
    require_fits(name=(name, 120), name_en=(name_en, 120))
    db.one_at_a_time(session, "units")
    if parent is not None and parent.id in queries.unit_and_below(session, unit.id):
        zh, en = f"{parent.name} 在 {unit.name} 之下, 部门不得成环", f"{parent.name_en} lies below {unit.name_en}: no loops"
        raise Invalid("unit_loop", zh, en)
    before = {"name": unit.name, "name_en": unit.name_en, "parent_id": unit.parent_id}
    after = {"name": name, "name_en": name_en, "parent_id": parent.id if parent else None}
    unit.name, unit.name_en, unit.parent_id = name, name_en, after["parent_id"]
    session.flush()
    audit.record(session, actor, "unit.change", "unit", unit.id, before=before, after=after)
    return unit


def rename_unit(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    code: str,
    name: str,
    name_en: str,
    from_on: date,
    reason: str,
    version: int | None = None,
) -> Unit:
    """From a day on the unit has another name: it ends, and its successor has its posts, the units below it and its head."""
    _check_end(session, actor, unit, from_on, reason, version)
    require_fits(code=(code, 40), name=(name, 120), name_en=(name_en, 120))
    require_new(queries.unit_by_code(session, code), f"部门 {code}", f"the unit {code}")
    successor = Unit(code=code, name=name, name_en=name_en, from_on=from_on, parent_id=unit.parent_id, was_id=unit.id)
    session.add(successor)
    session.flush()
    _hand_over(session, unit, successor, from_on)
    for head in _end_heads(session, unit, from_on):
        session.add(UnitHead(unit_id=successor.id, employee_id=head.employee_id, from_on=from_on, to_on=head.to_on))
        head.to_on = from_on - timedelta(days=1)
    session.flush()
    before, after = {"code": unit.code, "name": unit.name}, {"code": code, "name": name, "from_on": from_on, "id": successor.id}
    audit.record(session, actor, "unit.rename", "unit", unit.id, before=before, after=after, reason=reason)
    return successor


def merge_unit(
    session: Session, actor: Actor, unit: Unit, into: Unit, *, from_on: date, reason: str, version: int | None = None
) -> Unit:
    """From a day on the unit is part of another, which has its posts and the units below it. Its head's office ends with it,
    and roles and clerks of the unit alone have nobody to act for from then on: whoever is to act for both is given both."""
    auth.require_role(actor, "hr", "admin", unit=into.id)
    _check_end(session, actor, unit, from_on, reason, version)
    if into.id == unit.id or into.from_on > from_on or (into.to_on is not None and into.to_on < from_on):
        zh, en = f"{into.name} 当日不存在或就是本部门", f"{into.name_en} is not there on that day, or is the unit itself"
        raise Invalid("bad_successor", zh, en)
    if into.id in queries.unit_and_below(session, unit.id):
        into.parent_id = unit.parent_id
        session.flush()
    _hand_over(session, unit, into, from_on)
    for head in _end_heads(session, unit, from_on):
        head.to_on = from_on - timedelta(days=1)
    session.flush()
    after = {"into": into.code, "from_on": from_on}
    audit.record(session, actor, "unit.merge", "unit", unit.id, before={"code": unit.code}, after=after, reason=reason)
    return into


def end_unit(session: Session, actor: Actor, unit: Unit, *, to_on: date, reason: str, version: int | None = None) -> Unit:
    """Notes the last day of a unit that has no successor. Raises Conflict `unit_in_use` while units lie below it or posts of it
    are held later than that."""
    _check_end(session, actor, unit, to_on + timedelta(days=1), reason, version)
    lower = select(Unit.id).where(Unit.parent_id == unit.id, or_(col(Unit.to_on).is_(None), col(Unit.to_on) > to_on))
    later = (
        select(PostHolding.id)
        .join(Post, col(PostHolding.post_id) == Post.id)
        .join(Employee, col(PostHolding.employee_id) == Employee.id)
        .where(Post.unit_id == unit.id, queries.overlaps(PostHolding, to_on + timedelta(days=1), None))
        .where(or_(col(Employee.left_on).is_(None), col(Employee.left_on) > to_on))
    )
    if session.exec(lower.limit(1)).first() is not None or session.exec(later.limit(1)).first() is not None:
        zh = f"{unit.name} 在 {to_on} 之后仍有下级部门或在岗人员, 请先调整"
        raise Conflict("unit_in_use", zh, f"{unit.name_en} still has units below it or people in its posts after {to_on}")
    for head in _end_heads(session, unit, to_on + timedelta(days=1)):
        head.to_on = to_on
    unit.to_on = to_on
    session.flush()
    audit.record(session, actor, "unit.end", "unit", unit.id, after={"to_on": to_on}, reason=reason)
    return unit


def appoint_head(session: Session, actor: Actor, unit: Unit, employee: Employee | None, *, from_on: date) -> UnitHead | None:
    """From a day on somebody heads the unit and all below it, or nobody does. Raises Conflict `already_dated` when a head is
    noted from that day on or later, Invalid for a day on which the unit or the person is not there."""
    auth.require_role(actor, "hr", unit=unit.id)
    if employee is not None:
        auth.require_other(actor, employee)
        if not (employee.joined_on <= from_on and (employee.left_on is None or from_on <= employee.left_on)):
            raise Invalid("bad_dates", f"{employee.name} 当日不在职", f"{employee.name} does not work here on that day")
    if not (unit.from_on <= from_on and (unit.to_on is None or from_on <= unit.to_on)):
        raise Invalid("bad_dates", f"{unit.name} 当日不存在", f"{unit.name_en} is not there on that day")
    db.one_at_a_time(session, f"head of {unit.id}")
    ended = _end_heads(session, unit, from_on)
    for head in ended:
        head.to_on = from_on - timedelta(days=1)
    made = UnitHead(unit_id=unit.id, employee_id=employee.id, from_on=from_on, to_on=unit.to_on) if employee else None
    if made is not None:
        session.add(made)
    session.flush()
    before = {"employee_ids": [head.employee_id for head in ended]}
    after = {"employee_id": employee.id if employee else None, "from_on": from_on}
    audit.record(session, actor, "unit.appoint_head", "unit", unit.id, before=before, after=after)
    return made


def change_post(
    session: Session, actor: Actor, post: Post, *, title: str, title_en: str, policy_post: str, version: int | None = None
) -> Post:
    """Corrects a post's titles and which sheet of the policy it has; open cycles follow when they are refreshed."""
    auth.require_role(actor, "hr", "admin", unit=post.unit_id)
    db.expect_version(post, version)
    require_fits(title=(title, 120), title_en=(title_en, 120), policy_post=(policy_post, 80))
    before = {"title": post.title, "title_en": post.title_en, "policy_post": post.policy_post}
    post.title, post.title_en, post.policy_post = title, title_en, policy_post
    session.flush()
    after = {"title": title, "title_en": title_en, "policy_post": policy_post}
    audit.record(session, actor, "post.change", "post", post.id, before=before, after=after)
    return post


def move_post(
    session: Session, actor: Actor, post: Post, unit: Unit, *, from_on: date, reason: str, version: int | None = None
) -> Post:
    """From a day on the post belongs to another unit, with everybody who holds it. Raises Conflict `already_dated` when it was
    moved on that day or later."""
    auth.require_role(actor, "hr", unit=post.unit_id)
    auth.require_role(actor, "hr", unit=unit.id)
    db.expect_version(post, version)
    require_fits(reason=(reason, 500))
    if unit.from_on > from_on or (unit.to_on is not None and unit.to_on < from_on):
        raise Invalid("bad_dates", f"{unit.name} 当日不存在", f"{unit.name_en} is not there on that day")
    before = {"unit_id": post.unit_id}
    if unit.id != post.unit_id:
        _move(session, [post], unit, from_on)
        change = {"before": before, "after": {"unit_id": unit.id, "from_on": from_on}, "reason": reason}
        audit.record(session, actor, "post.move", "post", post.id, **change)
    return post


def _check_end(session: Session, actor: Actor, unit: Unit, from_on: date, reason: str, version: int | None) -> None:
    """What holds for every way in which a unit is no longer there from a day on."""
    auth.require_role(actor, "hr", "admin", unit=unit.id)
    db.expect_version(unit, version)
    require_fits(reason=(reason, 500))
    db.one_at_a_time(session, "units")
    if unit.to_on is not None:
        raise Conflict("unit_ended", f"{unit.name} 已于 {unit.to_on} 撤销", f"{unit.name_en} has ended on {unit.to_on}")
    if from_on <= unit.from_on:
        zh, en = f"{unit.name} 自 {unit.from_on} 起设立, 不得更早撤销", f"{unit.name_en} is there from {unit.from_on} on only"
        raise Invalid("bad_dates", zh, en)


def _hand_over(session: Session, unit: Unit, successor: Unit, from_on: date) -> None:
    """Ends a unit; its posts and the units below it go to the successor, and it is filed there itself."""
    for lower in session.exec(select(Unit).where(Unit.parent_id == unit.id, Unit.id != successor.id)):
        lower.parent_id = successor.id
    _move(session, session.exec(select(Post).where(Post.unit_id == unit.id)).all(), successor, from_on)
    unit.to_on, unit.parent_id = from_on - timedelta(days=1), successor.id
    session.flush()


def _move(session: Session, posts: Sequence[Post], unit: Unit, from_on: date) -> None:
    until = from_on - timedelta(days=1)
    ids = [post.id for post in posts]
    moved = select(PostPlace.id).where(col(PostPlace.post_id).in_(ids), PostPlace.to_on >= until)
    if session.exec(moved.limit(1)).first() is not None:
        zh, en = f"有岗位在 {from_on} 或以后已调整过部门", f"a post was moved on {from_on} or later already"
        raise Conflict("already_dated", zh, en)
    for post in posts:
        session.add(PostPlace(post_id=post.id, unit_id=post.unit_id, to_on=until))
        post.unit_id = unit.id
    session.flush()


def _end_heads(session: Session, unit: Unit, from_on: date) -> Sequence[UnitHead]:
    """The heads in office on a day, to be ended. Raises Conflict `already_dated` when one begins then or later."""
    open_end = or_(col(UnitHead.to_on).is_(None), col(UnitHead.to_on) >= from_on)
    heads = session.exec(select(UnitHead).where(UnitHead.unit_id == unit.id, open_end)).all()
    if any(head.from_on >= from_on for head in heads):
        zh, en = f"{unit.name} 在 {from_on} 或以后已登记负责人", f"a head of {unit.name_en} is noted from {from_on} on or later"
        raise Conflict("already_dated", zh, en)
    return heads
