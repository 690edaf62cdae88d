"""The blueprint that the pages of reports, meetings, summaries and reviews stand in."""

from decimal import Decimal

from flask import Blueprint

from appraisal import web
from appraisal.core.numbers import parse_number
from appraisal.monitoring import reach, subjects

pages = Blueprint("bulletins", __name__)

MOST = 2**31 - 1


def as_number(text: str | None) -> Decimal | None:
    """A figure of stored content as a number."""
    return None if text is None else parse_number(text)


def managed() -> list[subjects.Subject]:
    """What has been evaluated and is the actor's to report on, as KPI manager."""
    actor = web.actor()
    if not actor.holds(*reach.MANAGING):
        return []
    return [one for one in subjects.evaluated(web.session(), actor) if reach.may(actor, reach.MANAGING, one.unit_id)]
