"""Finding things by a part of their name or number: people, indicators of policies in force, cases."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import current_app, url_for
from sqlmodel import Session, col, or_, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.cycles import queries as cycles
from appraisal.monitoring import reach
from appraisal.monitoring.watched import watching
from appraisal.people import directory
from appraisal.people.models import Employee
from appraisal.policies import queries as policies
from appraisal.results import table

MOST = 20


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
