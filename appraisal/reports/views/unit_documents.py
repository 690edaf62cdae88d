"""The documents that a unit gets as one: each unit of the cycle in hand with its summary, its notices and its list to sign."""

from flask import render_template
from flask.typing import ResponseReturnValue

from appraisal import web
from appraisal.desk import shell
from appraisal.reports import unit_people
from appraisal.reports.queries import cycle_name
from appraisal.reports.views.documents import pages


@pages.get("/documents/units")
@web.signed_in_only
def unit_documents() -> ResponseReturnValue:
    """The units of whose people the reader handles all."""
    cycle = shell.cycle_in_hand()
    units = unit_people.units_with_people(web.session(), web.actor(), cycle) if cycle else []
    return render_template("reports/unit_documents.html", cycle=cycle, name=cycle_name(cycle) if cycle else None, units=units)
