"""What HR rules for a cycle where the source is silent: blank cells of the sheets, filled for this cycle alone."""

import re
from collections.abc import Sequence
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import forms, web
from appraisal.cycles import rulings as ruling
from appraisal.cycles.blanks import CADENCE
from appraisal.cycles.models import CLOSED
from appraisal.cycles.rulings import Ruling
from appraisal.cycles.schemas import CadenceIn, RulingRowsIn, RulingsCopyIn
from appraisal.cycles.views.blueprint import ONE, cycle_of_hr, is_changer, known_cycle, pages
from appraisal.errors import Fault, Invalid
from appraisal.forms import Form
from appraisal.labels import codes, label
from appraisal.people import directory

_AT = re.compile(r"rulings\[(\d+)\]")


@pages.get(f"{ONE}/rulings")
@web.signed_in_only
def rulings(cycle_id: int, form: Form | None = None) -> ResponseReturnValue:
    """The rows that lack something, or have been ruled on."""
    found = known_cycle(cycle_id)
    rows = ruling.rows_in(web.session(), found)
    cadences = [(one, web.said(label("cadence", one))) for one in codes("cadence")]
    shown = {"rows": rows, "blank": sum(bool(one.blank) for one in rows), "cadences": cadences, "form": form or Form()}
    shown["without_cadence"] = sum(CADENCE in one.blank for one in rows)
    changes = is_changer(found) and found.status != CLOSED
    return render_template("cycles/rulings.html", cycle=found, changes=changes, **shown)


@pages.post(f"{ONE}/rulings")
@web.signed_in_only
@forms.submits(RulingRowsIn, again=rulings, versioned=True)
def rule(body: dict[str, Any], cycle_id: int, version: int) -> Response:
    """Rules on the rows that something was entered for, all or none."""
    found, session = cycle_of_hr(cycle_id), web.session()
    entered = [(place, one) for place, one in enumerate(body["rulings"]) if len(one) > 1]
    given = [_ruling(one, place) for place, one in entered]
    if not given:
        zh, en = "请至少填写一项", "fill in one of the rows at least"
        raise Invalid("nothing_ruled", zh, en, [Fault("rulings", zh, en)])
    try:
        made = ruling.rule_rows(session, web.actor(), found, given, reason=body["reason"], version=version)
    except Invalid as refused:
        raise _as_typed(refused, [place for place, _ in entered]) from refused
    return forms.done(url_for("cycles.rulings", cycle_id=cycle_id), f"已补定 {len(made)} 项", f"{len(made)} ruled on")


@pages.post(f"{ONE}/rulings/cadence")
@web.signed_in_only
@forms.submits(CadenceIn, again=rulings, versioned=True)
def rule_cadence(body: dict[str, Any], cycle_id: int, version: int) -> Response:
    """Rules on the cadence of every row that has none."""
    found, session = cycle_of_hr(cycle_id), web.session()
    items = tuple(one.row.item.id for one in ruling.rows_in(session, found) if CADENCE in one.blank)
    given = [Ruling(items, cadence=body["cadence"])] if items else []
    made = ruling.rule_rows(session, web.actor(), found, given, reason=body["reason"], version=version)
    return forms.done(url_for("cycles.rulings", cycle_id=cycle_id), f"已补定 {len(made)} 项", f"{len(made)} ruled on")


@pages.post(f"{ONE}/rulings/copy")
@web.signed_in_only
@forms.submits(RulingsCopyIn, again=rulings, versioned=True)
def copy(body: dict[str, Any], cycle_id: int, version: int) -> Response:
    """Takes over what was ruled for the last cycle, wherever this one still lacks it."""
    found = cycle_of_hr(cycle_id)
    made = ruling.copy_rulings(web.session(), web.actor(), found, body["from_cycle_id"], version=version)
    zh, en = f"已沿用 {len(made)} 项补定", f"{len(made)} rulings taken over"
    return forms.done(url_for("cycles.rulings", cycle_id=cycle_id), zh, en)


def _as_typed(refused: Invalid, places: Sequence[int]) -> Invalid:
    """The same refusal, with each fault at the row of the form that it is about."""

    def path(fault: Fault) -> str:
        found = _AT.match(fault.path)
        rest = fault.path[found.end() :].replace("assessor_id", "assessor_number") if found else fault.path
        return f"rulings[{places[int(found[1])]}]{rest}" if found else rest

    return Invalid(
        refused.code, refused.message.zh, refused.message.en, [Fault(path(one), one.zh, one.en) for one in refused.faults]
    )


def _ruling(one: dict[str, Any], place: int) -> Ruling:
    number = one.get("assessor_number")
    person = directory.id_of(web.session(), number, f"rulings[{place}].assessor_number") if number else None
    return Ruling((one["item"],), one.get("cadence"), one.get("source"), one.get("assessor"), person)
