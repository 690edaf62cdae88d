"""The blueprint that the pages of figures stand in."""

from flask import Blueprint

from appraisal import web
from appraisal.cycles.models import Cycle
from appraisal.desk import shell
from appraisal.measures import places

pages = Blueprint("measures", __name__)

ALL = "/hr/figures"
ONE = f"{ALL}/<int(max={2**31 - 1}):measure_id>"


def cycle_for_provider() -> Cycle | None:
    """The cycle in hand, for who provides figures. Raises NotAllowed."""
    places.require_provider(web.actor())
    return shell.cycle_in_hand()
