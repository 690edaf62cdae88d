"""Results of units and of the company in the cycle in hand: entered, confirmed by another, corrected by a later entry."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import forms, paging, web
from appraisal.core.calendar import Period
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN, Cycle
from appraisal.errors import NotFound
from appraisal.fields import Id, Listing
from appraisal.forms import Form
from appraisal.people import queries as people
from appraisal.people.models import Account, Employee
from appraisal.reports.queries import cycle_name
from appraisal.results import unit_results as service
from appraisal.results import unit_subjects
from appraisal.results.models import UnitResult
from appraisal.results.schemas import NothingIn
from appraisal.results.unit_results import Figures
from appraisal.results.unit_schemas import UnitFiguresIn, UnitResultCorrectionIn
from appraisal.results.views.blueprint import UNIT_RESULT, cycle_in_hand, pages


class EntryIn(UnitFiguresIn):
    """Of a unit; without one, of the company."""

    unit_id = Id(allow_none=True, load_default=None)


@pages.get("/hr/unit-results")
@web.signed_in_only
def unit_results(form: Form | None = None) -> ResponseReturnValue:
    """The entries of the cycle in hand, and a form for another."""
    cycle = cycle_in_hand(*service.READING)
    if cycle is None:
        return render_template("results/unit_results.html", cycle=None)
    session, actor = web.session(), web.actor()
    page = paging.paged(session, service.readable(actor, cycle.id), [(UnitResult.id, "desc")], forms.asked(Listing))
    shown = {"cycle": cycle, "name": cycle_name(cycle), "page": page, "rows": page.items, "form": form or Form()}
    shown |= {"links": _links(cycle), "enters": actor.holds("hr") and cycle.status == OPEN, "names": _names(page.items)}
    own = unit_subjects.appraised_units(session, cycle)
    shown |= {"units": [one for one in people.units_within(session) if one.id not in own]}
    return render_template("results/unit_results.html", **shown)


@pages.post("/hr/unit-results")
@web.signed_in_only
@forms.submits(EntryIn, again=unit_results, creates=True)
def enter_unit_result(body: dict[str, Any]) -> Response:
    """Enters the result of a unit, or of the company."""
    cycle = cycle_in_hand(*service.READING)
    if cycle is None:
        raise NotFound()
    unit_id = body.pop("unit_id")
    service.record_unit_result(web.session(), web.actor(), cycle.id, unit_id, Figures(**body))
    zh, en = "已录入, 待他人确认后计入", "Entered; it counts once somebody else has confirmed it"
    return forms.done(url_for("results.unit_results"), zh, en)


@pages.get(UNIT_RESULT)
@web.signed_in_only
def unit_result(unit_result_id: int, form: Form | None = None) -> ResponseReturnValue:
    """One entry with its documents, to be confirmed or corrected."""
    session, actor = web.session(), web.actor()
    entry = service.find_unit_result(session, actor, unit_result_id)
    cycle = session.get_one(Cycle, entry.cycle_id)
    found = service.readable(actor, entry.cycle_id).where(UnitResult.id == unit_result_id)
    row = session.execute(found).one()
    running = cycle.status == OPEN and row.corrected_by is None
    shown = {"entry": entry, "row": row, "cycle": cycle, "name": cycle_name(cycle), "form": form or Form()}
    shown |= {"files": service.files_of(session, [unit_result_id])[unit_result_id], "names": _names([row])}
    shown["confirms"] = running and row[2] is None and entry.entered_by != actor.account_id and actor.holds(*service.CONFIRMING)
    shown["corrects"] = running and actor.holds("hr")
    return render_template("results/unit_result.html", **shown, links=_links(cycle))


@pages.post(f"{UNIT_RESULT}/confirmation")
@web.signed_in_only
@forms.submits(NothingIn, again=unit_result)
def confirm_unit_result(body: dict[str, Any], unit_result_id: int) -> Response:
    """Vouches for what somebody else has entered."""
    service.confirm_unit_result(web.session(), web.actor(), unit_result_id)
    zh, en = "已确认, 从此计入相关人员的结果", "Confirmed; from now on it counts"
    return forms.done(url_for("results.unit_result", unit_result_id=unit_result_id), zh, en)


@pages.post(f"{UNIT_RESULT}/corrections")
@web.signed_in_only
@forms.submits(UnitResultCorrectionIn, again=unit_result, creates=True)
def correct_unit_result(body: dict[str, Any], unit_result_id: int) -> Response:
    """Enters what is right in its place."""
    reason = body.pop("reason")
    made = service.correct_unit_result(web.session(), web.actor(), unit_result_id, Figures(**body), reason=reason)
    zh, en = "更正已录入, 他人确认前以原结果为准", "Entered; until somebody else confirms it, the earlier one counts"
    return forms.done(url_for("results.unit_result", unit_result_id=made.id), zh, en)


def _links(cycle: Cycle) -> list[Any]:
    """What the policy ties to the results of units and of the company in a cycle (D-02)."""
    cadence = Period.parse(cycle.period).cadence
    links = cycles.policy_of(web.session(), cycle).general.unit_links
    return [link for link in links if not link.cadences or cadence in link.cadences]


def _names(rows: Any) -> dict[int, str]:
    """Who has entered and confirmed them, by account."""
    accounts = {row[0].entered_by for row in rows} | {row[2].confirmed_by for row in rows if row[2]}
    found = (
        select(Account.id, Account.login, Employee.name)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(col(Account.id).in_(accounts))
    )
    return {account: name or login for account, login, name in web.session().exec(found)}
