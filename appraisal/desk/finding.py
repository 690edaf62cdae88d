"""Finding things by a part of their name or number: people, indicators of policies in force, cases."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import current_app, url_for
from sqlalchemy import case
from sqlmodel import Session, col, or_, select

from appraisal import clock, web
from appraisal.actor import Actor
from appraisal.bulletins.report_models import KpiMeeting
from appraisal.core.errors import Message
from appraisal.cycles import queries as cycles
from appraisal.monitoring import reach
from appraisal.monitoring.watched import watching
from appraisal.people import directory, queries
from appraisal.people.models import Employee, Post, PostHolding, Unit
from appraisal.people.queries import Held
from appraisal.policies import queries as policies
from appraisal.results import table

MOST = 20
SUGGESTED = 12


class Found(NamedTuple):
    """One thing that was found: what it is called, what else tells it apart, and its page."""

    name: Message
    beside: Message
    address: str | None


def find(session: Session, actor: Actor, wanted: str) -> Mapping[str, Sequence[Found]]:
    """What the actor may see of that name, by kind: cases, people, indicators, policies; at most 20 of each."""
    return {
        "cases": _cases(session, actor, wanted),
        "people": _people(session, actor, wanted),
        "indicators": _indicators(session, actor, wanted),
        "policies": _policies(session, wanted),
    }


def suggest_people(session: Session, actor: Actor, wanted: str) -> list[dict[str, str]]:
    """Who a form may mean by a part of a number, a name or a unit: the number, the name and where they work, of those the actor
    may know of and who have not left. Who assigns tasks of monitoring may name anybody."""
    today = clock.today()
    here = select(PostHolding.employee_id).join(Post, col(PostHolding.post_id) == Post.id)
    here = here.join(Unit, col(Unit.id) == queries.place_on(today)).where(queries.holds_on(PostHolding, today))
    in_unit = here.where(or_(*(col(one).icontains(wanted, autoescape=True) for one in (Unit.code, Unit.name, Unit.name_en))))
    asked = select(Employee).where(or_(directory.has_part(wanted), col(Employee.id).in_(in_unit)))
    asked = asked.where(or_(col(Employee.left_on).is_(None), col(Employee.left_on) >= today))
    if not _names_anybody(session, actor):
        asked = asked.where(directory.seen(session, actor))
    exact = case((col(Employee.number) == wanted, 0), (col(Employee.name).startswith(wanted, autoescape=True), 1), else_=2)
    found = session.exec(asked.order_by(exact, col(Employee.number)).limit(SUGGESTED)).all()
    _, held = directory.placed(session, found)
    return [
        {"number": one.number, "name": one.name, "place": "、".join(web.said(_place(post)) for post in held.get(one.id, ()))}
        for one in found
    ]


def _names_anybody(session: Session, actor: Actor) -> bool:
    """KPI managers, and who chairs a meeting, choose among all who work here."""
    if actor.holds("kpi_manager"):
        return True
    chairs = select(KpiMeeting.id).where(KpiMeeting.chair_id == actor.employee_id).limit(1)
    person = actor.employee_id is not None and actor.on_behalf_of is None
    return person and session.exec(chairs).first() is not None


def _place(held: Held) -> Message:
    return Message(f"{held.unit_name} · {held.post_title}", f"{held.unit_name_en} · {held.post_title_en}")


def _like(wanted: str) -> str:
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _cases(session: Session, actor: Actor, wanted: str) -> list[Found]:
    nothing = dict.fromkeys(("cycle_id", "unit_id", "step", "grade", "rated"))
    asked = nothing | {"whose": "all", "search": wanted}
    rows = session.exec(table.appraisals(session, actor, asked).order_by(Employee.number).limit(MOST)).all()
    names = {one.id: one.name for one in cycles.cycles(session)}
    return [
        Found(_same(row.name), _same(f"{row.number} · {names[row.cycle_id]}"), _to("reviews.case", appraisal_id=row.id))
        for row in rows
    ]


def _people(session: Session, actor: Actor, wanted: str) -> list[Found]:
    like = _like(wanted)
    named = or_(col(Employee.name).ilike(like, escape="\\"), col(Employee.number).ilike(like, escape="\\"))
    asked = select(Employee).where(named, directory.seen(session, actor)).order_by(Employee.number).limit(MOST)
    return [
        Found(_same(one.name), _same(one.number), _to("people.employee", employee_id=one.id)) for one in session.exec(asked)
    ]


def _indicators(session: Session, actor: Actor, wanted: str) -> list[Found]:
    """Watched indicators, for who sees readings at all."""
    seen = reach.reach_of(session, actor)
    if not (seen.everything or seen.units or seen.confirmed_of):
        return []
    known, today, found = watching(session), clock.today(), []
    for name in known.states:
        policy = known.policy_on(name, today)
        for one in policy.watched.values() if policy else ():
            indicator = one.indicator
            if any(wanted.lower() in text.lower() for text in (indicator.id, indicator.name.zh, indicator.name.en)):
                address = _to("monitoring.indicator", policy=name, indicator=indicator.id)
                found.append(Found(Message(indicator.name.zh, indicator.name.en), _same(f"{name}/{indicator.id}"), address))
    return found[:MOST]


def _policies(session: Session, wanted: str) -> list[Found]:
    found = []
    for name in policies.published_names(session):
        stored = policies.policy_in_force(session, name, clock.today())
        if stored is None:
            continue
        title = policies.compiled(session, stored.digest).title
        if any(wanted.lower() in text.lower() for text in (name, title.zh, title.en)):
            found.append(Found(Message(title.zh, title.en), _same(name), _to("policies.policy", name=name)))
    return found[:MOST]


def _same(text: str) -> Message:
    return Message(text, text)


def _to(endpoint: str, **values: object) -> str | None:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None  # type: ignore[arg-type]
