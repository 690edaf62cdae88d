"""What pages of monitoring have somebody choose among: policies and units."""

from typing import Any

from appraisal import clock, web
from appraisal.core.errors import Message
from appraisal.monitoring.watched import Watching
from appraisal.people import queries as people


def titles(known: Watching) -> dict[str, Message]:
    """What the monitoring policies are called, by their names."""
    found = {name: known.policy_on(name, clock.today()) for name in known.states}
    return {name: Message(one.title.zh, one.title.en) for name, one in found.items() if one is not None}


def policy_choices(known: Watching) -> list[tuple[str, str]]:
    """The monitoring policies, to choose among."""
    return [(name, web.said(title)) for name, title in titles(known).items()]


def unit_choices() -> list[tuple[int, str]]:
    """The units there are, to choose among."""
    return [(one.id or 0, web.said(Message(one.name, one.name_en))) for one in people.units_within(web.session())]


def company_and_units() -> list[tuple[Any, str]]:
    """The company and its units, to choose among."""
    return [("", web.said(Message("公司", "Company"))), *unit_choices()]
