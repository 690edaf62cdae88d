"""The blueprint that the pages of cycles stand in, and what each of them asks first."""

from typing import Any

from flask import Blueprint, current_app, url_for

from appraisal import web
from appraisal.core.errors import Message
from appraisal.cycles import service
from appraisal.cycles.models import Cycle
from appraisal.errors import Fault, Invalid
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Unit

pages = Blueprint("cycles", __name__)

ALL = "/hr/cycles"
ONE = f"{ALL}/<int(max={2**31 - 1}):cycle_id>"
READERS = ("hr", "approver", "auditor")


def known_cycle(cycle_id: int) -> Cycle:
    """A cycle for those who may see what stands in its way."""
    found = service.find_cycle(web.session(), web.actor(), cycle_id)
    auth.require_role(web.actor(), *READERS, unit=found.unit_id)
    return found


def is_reader(cycle: Cycle) -> bool:
    """Whether what stands in a cycle's way, and everybody in it, is for the actor to see."""
    return web.actor().has(*READERS, unit=cycle.unit_id)


def cycle_of_hr(cycle_id: int) -> Cycle:
    """A cycle for those who may change it."""
    found = service.find_cycle(web.session(), web.actor(), cycle_id)
    auth.require_role(web.actor(), "hr", unit=found.unit_id)
    return found


def unit_of(unit_id: int | None) -> Unit | None:
    """The unit that a form names. Raises Invalid `unknown_unit`."""
    found = None if unit_id is None else web.session().get(Unit, unit_id)
    if unit_id is not None and found is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_unit", zh, en, [Fault("unit_id", zh, en)])
    return found


def address_of(endpoint: str, **values: Any) -> str | None:
    """The address of a page, where this site has it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def is_changer(cycle: Cycle) -> bool:
    """Whether what changes a cycle is to be offered."""
    return web.actor().has("hr", unit=cycle.unit_id)


def unit_choices() -> list[tuple[Any, str]]:
    """The units there are, to choose among."""
    return [(one.id, web.said(Message(one.name, one.name_en))) for one in people.units_within(web.session())]
