"""目标分解: the goals of the company and its units as a tree, down to what people have agreed on for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, forms, web
from appraisal.agreements import goals as service
from appraisal.agreements import lists
from appraisal.agreements.goal_schemas import GoalChange, GoalIn
from appraisal.agreements.models import COMPANY, AgreementItem, Goal
from appraisal.agreements.views.blueprint import ROW, pages
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.desk.shell import cycle_in_hand
from appraisal.errors import Fault, Invalid, NotAllowed
from appraisal.fields import Id, In, Line, Query
from appraisal.forms import Form, done, submits
from appraisal.people.models import Employee, Unit

MOST = 2000


class PeriodAsked(Query):
    period = Line(10, load_default=None)


class NewAsked(Query):
    parent = Id(load_default=None)


class GoalForm(GoalIn):
    """A goal with its owner by number."""

    owner = Line(40, allow_none=True, load_default=None)


class GoalChangeForm(GoalChange):
    owner = Line(40, allow_none=True, load_default=None)


class NothingIn(In):
    """An act that needs no words."""


@dataclass
class Node:
    """A goal in the tree: those below it, what people have agreed on for it, and whether the reader may change it."""

    goal: Goal
    unit: str | None
    owner: str | None
    settable: bool
    below: list["Node"] = field(default_factory=list)
    agreed: Sequence[tuple[AgreementItem, Employee, str]] = ()


@pages.get("/goals")
@web.signed_in_only
def goals() -> ResponseReturnValue:
    """The tree of a period: the year of the cycle in hand, unless another is asked for."""
    session, actor, cycle = web.session(), web.actor(), cycle_in_hand()
    found = session.exec(lists.goals_seen(actor).order_by(col(Goal.starts_on), col(Goal.id)).limit(MOST)).all()
    periods = sorted({goal.period[:4] for goal in found}, reverse=True)
    year = forms.asked(PeriodAsked)["period"] or (str(cycle.starts_on.year) if cycle else None)
    year = year if year in periods else next(iter(periods), None)
    return render_template(
        "agreements/goals.html",
        tree=_tree([goal for goal in found if goal.period[:4] == year], cycle),
        year=year,
        periods=periods,
        sets=actor.has("hr", unit=None) or bool(service.led_units(session, actor)) or actor.holds("hr"),
    )


@pages.get("/goals/new")
@web.signed_in_only
def new_goal(form: Form | None = None) -> ResponseReturnValue:
    """The form for a new goal."""
    form = form or Form()
    parent = forms.asked(NewAsked)["parent"]
    above = service.find_goal(web.session(), web.actor(), parent) if parent is not None else None
    units = _units()
    if not units and not web.actor().has("hr", unit=None):
        zh = "公司目标由人力资源部制定, 部门目标由部门负责人或人力资源部制定"
        raise NotAllowed("not_allowed", zh, "HR sets the company's goals; a unit's are set by its head or by HR")
    period = above.period if above else str(clock.today().year)
    return render_template(
        "agreements/goal.html", form=form, goal=None, above=above, units=units, parents=_parents(None), period=period, owner=""
    )


@pages.post("/goals/new")
@web.signed_in_only
@submits(GoalForm, again=new_goal, creates=True)
def set_goal(body: dict[str, Any]) -> Response:
    """Sets it."""
    made = service.set_goal(web.session(), web.actor(), **_owned(body))
    return done(url_for("agreements.goals", period=made.period[:4]) + f"#goal-{made.id}", "目标已建立", "The goal is set")


@pages.get(f"/goals/<{ROW}:goal_id>")
@web.signed_in_only
def goal(goal_id: int, form: Form | None = None) -> ResponseReturnValue:
    """One goal, and the form to change it."""
    form = form or Form()
    session, actor = web.session(), web.actor()
    found = service.find_goal(session, actor, goal_id)
    above = session.get(Goal, found.parent_id) if found.parent_id is not None else None
    owner = session.get(Employee, found.owner_id) if found.owner_id is not None else None
    return render_template(
        "agreements/goal.html",
        form=form,
        goal=found,
        above=above,
        parents=_parents(found),
        units=[],
        unit=session.get(Unit, found.unit_id) if found.unit_id is not None else None,
        owner=owner.number if owner else "",
        owned_by=owner,
        settable=_may_set(found.unit_id, service.led_units(session, actor)),
    )


@pages.post(f"/goals/<{ROW}:goal_id>")
@web.signed_in_only
@submits(GoalChangeForm, again=goal, versioned=True)
def change_goal(body: dict[str, Any], goal_id: int, version: int) -> Response:
    """Changes it."""
    found = service.change_goal(web.session(), web.actor(), goal_id, **_owned(body), version=version)
    return done(url_for("agreements.goals", period=found.period[:4]) + f"#goal-{goal_id}", "目标已修改", "The goal is changed")


@pages.post(f"/goals/<{ROW}:goal_id>/drop")
@web.signed_in_only
@submits(NothingIn, again=goal, versioned=True)
def drop_goal(body: dict[str, Any], goal_id: int, version: int) -> Response:
    """Takes away a goal that nothing serves."""
    service.drop_goal(web.session(), web.actor(), goal_id, version=version)
    return done(url_for("agreements.goals"), "目标已删除", "The goal is gone")


def _tree(found: Sequence[Goal], cycle: Cycle | None) -> list[Node]:
    """The goals below those above them; one whose parent is of another year stands at the top."""
    session, actor = web.session(), web.actor()
    led = service.led_units(session, actor)
    units = dict(session.exec(select(Unit.id, web.named(Unit))).all())
    owners = {goal.owner_id for goal in found} - {None}
    named = dict(session.exec(select(Employee.id, Employee.name).where(col(Employee.id).in_(owners))).all()) if owners else {}
    agreed = lists.items_serving(session, actor, cycle) if cycle and cycle.policy_digest else {}
    policy = cycles.policy_of(session, cycle) if agreed and cycle else None
    nodes = {}
    for one in found:
        serving = [
            (
                item,
                who,
                web.said(policy.indicators[item.item].indicator.name)
                if policy and item.item in policy.indicators
                else item.name_zh,
            )
            for item, who in agreed.get(one.id or 0, ())
        ]
        nodes[one.id] = Node(one, units.get(one.unit_id), named.get(one.owner_id), _may_set(one.unit_id, led), agreed=serving)
    tops = []
    for node in nodes.values():
        above = nodes.get(node.goal.parent_id)
        (above.below if above else tops).append(node)
    return tops


def _may_set(unit_id: int | None, led: frozenset[int]) -> bool:
    return web.actor().has("hr", unit=unit_id) or (unit_id is not None and unit_id in led)


def _units() -> list[tuple[int, str]]:
    """The units whose goals the actor may set."""
    led = service.led_units(web.session(), web.actor())
    rows = web.session().exec(select(Unit.id, web.named(Unit)).order_by(web.named(Unit))).all()
    return [(unit_id or 0, name) for unit_id, name in rows if _may_set(unit_id, led)]


def _parents(goal: Goal | None) -> list[tuple[int, str]]:
    """The goals that one could hang below: of a period that holds its own."""
    found = (
        web.session().exec(lists.goals_seen(web.actor()).order_by(col(Goal.starts_on).desc(), col(Goal.id)).limit(MOST)).all()
    )
    if goal is not None:
        found = [one for one in found if one.id != goal.id and one.starts_on <= goal.starts_on and one.ends_on >= goal.ends_on]
    units = dict(web.session().exec(select(Unit.id, web.named(Unit))).all())
    company = web.in_both("公司", "company")
    return [
        (one.id or 0, f"{one.period} · {company if one.level == COMPANY else units.get(one.unit_id)} · {one.name}")
        for one in found
    ]


def _owned(body: dict[str, Any]) -> dict[str, Any]:
    """The body with the owner's id. Raises Invalid for a number nobody has."""
    number = body.pop("owner")
    if number is None:
        return body
    owner = web.session().exec(select(Employee.id).where(Employee.number == number)).one_or_none()
    if owner is None:
        zh, en = f"没有工号 {number}", f"there is no employee {number}"
        raise Invalid("unknown_owner", zh, en, [Fault("owner", zh, en)])
    return body | {"owner_id": owner}
