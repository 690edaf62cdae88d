"""目标分解: goals of the company and of units, each unit's linked upward, down to the items people agree (R-002-18).

The third level is the agreement: an item names the goal it serves. Goals never form a loop, and one that anything serves stays.
"""

from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_figures, require_text
from appraisal.agreements.models import COMPANY, UNIT, AgreementItem, Goal
from appraisal.core.calendar import Period
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.people import queries as people
from appraisal.people.models import Employee, Unit, UnitHead

READERS = ("hr", "approver", "auditor", "data_provider")


def may_read(actor: Actor) -> bool:
    """Goals are told to everybody who works here, because each item has to serve one."""
    return actor.employee_id is not None or actor.holds(*READERS)


def find_goal(session: Session, actor: Actor, goal_id: int) -> Goal:
    """A goal. Raises NotFound for who does not work here."""
    goal = session.get(Goal, goal_id)
    if goal is None or not may_read(actor):
        raise NotFound(hidden=goal is not None)
    return goal


def set_goal(
    session: Session,
    actor: Actor,
    *,
    period: str,
    name: str,
    unit_id: int | None = None,
    indicator: str | None = None,
    target: Decimal | None = None,
    measured_in: str | None = None,
    parent_id: int | None = None,
    owner_id: int | None = None,
) -> Goal:
    """A new goal: of the company by HR, or with `unit_id` of a unit by whoever heads it or by HR; a unit's has one above it.

    Raises Invalid `bad_period`, `unknown_unit`, `parent_needed`, `bad_parent`.
    """
    if unit_id is not None and session.get(Unit, unit_id) is None:
        raise _bad("unknown_unit", "unit_id", "没有这个部门", "there is no such unit")
    _require_setter(session, actor, unit_id)
    try:
        parsed = Period.parse(period)
    except ValueError:
        zh, en = f"{period} 不是考核期, 请写成 2026 或 2026-Q1", f"{period!r} is no period: write 2026 or 2026-Q1"
        raise _bad("bad_period", "period", zh, en) from None
    goal = Goal(
        level=COMPANY if unit_id is None else UNIT,
        unit_id=unit_id,
        period=str(parsed),
        starts_on=parsed.first_day(),
        ends_on=parsed.last_day(),
        name=name,
        indicator=indicator,
        target=target,
        measured_in=measured_in,
        parent_id=parent_id,
        owner_id=owner_id,
    )
    _check(session, goal)
    session.add(goal)
    session.flush()
    audit.record(session, actor, "goal.set", "goal", goal.id, after=_shown(goal))
    return goal


def change_goal(
    session: Session,
    actor: Actor,
    goal_id: int,
    *,
    name: str,
    reason: str,
    indicator: str | None = None,
    target: Decimal | None = None,
    measured_in: str | None = None,
    parent_id: int | None = None,
    owner_id: int | None = None,
    version: int | None = None,
) -> Goal:
    """What a goal says and serves, by whoever may set it, with a reason; whose it is and its period stay (R-003-18).

    Raises Invalid `goal_loop` where it would come to serve itself, and what `set_goal` raises.
    """
    goal = find_goal(session, actor, goal_id)
    _require_setter(session, actor, goal.unit_id)
    # Two goals hung below each other at once would each not see the other's move.
    db.one_at_a_time(session, "goals")
    session.refresh(goal, with_for_update=True)
    db.expect_version(goal, version)
    require_text(500, reason=reason)
    before = _shown(goal)
    says = {"name": name, "indicator": indicator, "target": target, "measured_in": measured_in}
    says |= {"parent_id": parent_id, "owner_id": owner_id}
    _check(session, Goal(**(goal.model_dump() | says)))
    goal.sqlmodel_update(says)
    session.flush()
    audit.record(session, actor, "goal.change", "goal", goal.id, before=before, after=_shown(goal), reason=reason)
    return goal


def drop_goal(session: Session, actor: Actor, goal_id: int, *, version: int | None = None) -> None:
    """Takes away a goal that nothing serves. Raises Conflict `goal_in_use`."""
    goal = find_goal(session, actor, goal_id)
    _require_setter(session, actor, goal.unit_id)
    db.one_at_a_time(session, "goals")
    session.refresh(goal, with_for_update=True)
    db.expect_version(goal, version)
    served = (
        select(Goal.id).where(Goal.parent_id == goal_id),
        select(AgreementItem.id).where(AgreementItem.goal_id == goal_id),
    )
    if any(session.exec(one.limit(1)).first() is not None for one in served):
        zh, en = "已有下级目标或责任书连到此目标, 不能删除", "other goals or agreements serve this one: it stays"
        raise Conflict("goal_in_use", zh, en)
    session.delete(goal)
    session.flush()
    audit.record(session, actor, "goal.drop", "goal", goal_id, before=_shown(goal))


def led_units(session: Session, actor: Actor) -> frozenset[int]:
    """The units whose goals the actor sets as their head: those they head today, and all below."""
    if actor.employee_id is None:
        return frozenset()
    heads = select(UnitHead.unit_id).join(Employee, col(Employee.id) == UnitHead.employee_id)
    today = clock.today()
    heads = heads.where(UnitHead.employee_id == actor.employee_id, people.holds_on(UnitHead, today), people.employed_on(today))
    return frozenset[int]().union(*people.subtrees(session, session.exec(heads).all()).values())


def _require_setter(session: Session, actor: Actor, unit_id: int | None) -> None:
    if actor.has("hr", unit=unit_id) or (unit_id is not None and unit_id in led_units(session, actor)):
        return
    zh = "公司目标由人力资源部制定, 部门目标由部门负责人或人力资源部制定"
    raise NotAllowed("not_allowed", zh, "HR sets the company's goals; a unit's are set by its head or by HR")


def _check(session: Session, goal: Goal) -> None:
    """Refuses what could not be stored, an owner who does not exist, and a parent that does not lie above."""
    lines = {"name": (goal.name, 200), "indicator": (goal.indicator, 80), "measured_in": (goal.measured_in, 40)}
    for field, (text, most) in lines.items():
        if text is not None:
            require_text(most, **{field: text})
    require_figures({"target": goal.target})
    if goal.owner_id is not None and session.get(Employee, goal.owner_id) is None:
        raise _bad("unknown_owner", "owner_id", "没有这名员工", "there is no such employee")
    if goal.parent_id is None:
        if goal.level == UNIT:
            zh, en = "部门目标须连到公司或上级部门的目标 (R-002-18)", "a unit's goal serves one above it (R-002-18)"
            raise _bad("parent_needed", "parent_id", zh, en)
        return
    parent = session.get(Goal, goal.parent_id)
    if parent is None:
        raise _bad("bad_parent", "parent_id", "没有这个上级目标", "there is no such goal above")
    if not (parent.starts_on <= goal.starts_on and parent.ends_on >= goal.ends_on):
        zh, en = (
            f"上级目标只到 {parent.period}, 不含 {goal.period}",
            f"the goal above is for {parent.period}, not {goal.period}",
        )
        raise _bad("bad_parent", "parent_id", zh, en)
    if parent.level == UNIT and (goal.unit_id is None or goal.unit_id not in people.unit_and_below(session, parent.unit_id)):
        zh, en = "上级目标须属于公司、本部门或上级部门", "the goal above is of the company, the unit, or a unit above it"
        raise _bad("bad_parent", "parent_id", zh, en)
    above: Goal | None = parent
    while above is not None:
        if above.id is not None and above.id == goal.id:
            raise _bad("goal_loop", "parent_id", "目标不能成为自己的上级", "a goal cannot come to serve itself")
        above = session.get(Goal, above.parent_id) if above.parent_id is not None else None


def _bad(code: str, path: str, zh: str, en: str) -> Invalid:
    return Invalid(code, zh, en, [Fault(path, zh, en)])


def _shown(goal: Goal) -> dict[str, object]:
    kept = ("level", "unit_id", "period", "name", "indicator", "target", "measured_in", "parent_id", "owner_id")
    return {name: value for name in kept if (value := getattr(goal, name)) is not None}
