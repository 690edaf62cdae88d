"""Processes: which there are, and each as a map of steps with what is read at them."""

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from appraisal import forms, web
from appraisal.labels import label
from appraisal.monitoring import processes as mapped
from appraisal.monitoring import reach, subjects
from appraisal.monitoring.choices import titles
from appraisal.monitoring.process_schemas import ProcessesFilter, ProcessFilter
from appraisal.monitoring.process_shaping import map_out, process_row_out
from appraisal.monitoring.views.blueprint import pages
from appraisal.monitoring.watched import watching
from appraisal.people.models import Unit


@pages.get("/kpi/processes", endpoint="processes")
@web.signed_in_only
def all_processes() -> ResponseReturnValue:
    """The processes of the policies in force."""
    found = [process_row_out(*one) for one in mapped.processes(web.session(), **forms.asked(ProcessesFilter))]
    there = subjects.evaluated(web.session(), web.actor())
    units = {one.policy: one.unit_id for one in there}
    return render_template("monitoring/processes.html", items=found, units=units, titles=titles(watching(web.session())))


@pages.get("/kpi/processes/<policy>/<process>", endpoint="process")
@web.signed_in_only
def one_process(policy: str, process: str) -> ResponseReturnValue:
    """A process, its goals, its steps in order and what is read at each."""
    session, actor, asked = web.session(), web.actor(), forms.asked(ProcessFilter)
    found = map_out(mapped.process_map(session, actor, policy, process, **asked))
    unit = session.get(Unit, asked["unit_id"]) if asked["unit_id"] is not None else None
    sees = reach.reach_of(session, actor).covers(asked["unit_id"])
    there = [one for one in subjects.evaluated(session, actor) if one.policy == policy]
    names = {one["id"]: one["name"] for one in _indicators(found)}
    shown = {"found": found, "unit": unit, "sees": sees, "there": there, "names": names, "asked": asked}
    return render_template("monitoring/process.html", **shown, label=label, titles=titles(watching(session)))


def _indicators(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [*found["indicators"], *(one for step in found["steps"] for one in step["indicators"])]
