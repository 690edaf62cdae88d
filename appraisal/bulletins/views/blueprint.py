"""The blueprint that the pages of reports, meetings, summaries and reviews stand in."""

from decimal import Decimal

from flask import Blueprint
from sqlmodel import select

from appraisal import clock, web
from appraisal.core.errors import Message
from appraisal.core.numbers import parse_number
from appraisal.monitoring import reach, subjects
from appraisal.monitoring.watched import Watching
from appraisal.people import queries as people
from appraisal.people.models import Employee

pages = Blueprint("bulletins", __name__)

MOST = 2**31 - 1


def titles(known: Watching) -> dict[str, Message]:
    """What the monitoring policies are called, by their names."""
    found = {name: known.policy_on(name, clock.today()) for name in known.states}
    return {name: Message(one.title.zh, one.title.en) for name, one in found.items() if one is not None}


def unit_choices() -> list[tuple[int, str]]:
    """The units there are, to choose among."""
    return [(one.id or 0, web.said(Message(one.name, one.name_en))) for one in people.units_within(web.session())]


def people_choices() -> list[tuple[int, str]]:
    """Who works here, to choose among."""
    found = select(Employee.id, Employee.number, Employee.name).where(people.employed_on(clock.today()))
    rows = web.session().exec(found.order_by(Employee.number))
    return [(id_, f"{number} {name}") for id_, number, name in rows if id_ is not None]


def as_number(text: str | None) -> Decimal | None:
    """A figure of stored content as a number."""
    return None if text is None else parse_number(text)


def managed() -> list[subjects.Subject]:
    """What has been evaluated and is the actor's to report on, as KPI manager."""
    actor = web.actor()
    if not actor.holds(*reach.MANAGING):
        return []
    return [one for one in subjects.evaluated(web.session(), actor) if reach.may(actor, reach.MANAGING, one.unit_id)]
