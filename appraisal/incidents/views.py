"""Pages of the ledger of incidents: file, state one's side, name people, decide with what it does in sight, withdraw."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import cells, clock, forms, paging, web
from appraisal.core.errors import Message
from appraisal.errors import NotFound
from appraisal.forms import Form
from appraisal.incidents import naming, queries, reaching, service
from appraisal.incidents.models import CONFIRMED, DRAFT, HEARD, WITHDRAWN, Incident
from appraisal.incidents.queries import Seen
from appraisal.incidents.reaching import Affected
from appraisal.incidents.schemas import (
    STATUSES,
    FilingIn,
    FindingIn,
    HearingIn,
    IncidentFilter,
    NamingByNumberIn,
    NamingIn,
    WithdrawalIn,
)
from appraisal.labels import label
from appraisal.people import auth, directory, relations
from appraisal.people import queries as people
from appraisal.results import queries as results

pages = Blueprint("incidents", __name__)

ONE = f"/incidents/<int(max={2**31 - 1}):incident_id>"
HEADINGS = ("编号", "工号", "姓名", "事件", "事发日期", "状态", "登记人", "登记时间")
_LATEST: list[tuple[Any, str]] = [(Incident.happened_on, "desc"), (Incident.id, "desc")]


@pages.get("/hr/incidents")
@web.signed_in_only
def ledger() -> ResponseReturnValue:
    """The incidents that one may see, the latest day first."""
    session, actor, asked = web.session(), web.actor(), forms.asked(IncidentFilter)
    page = paging.paged(session, queries.incidents_seen(session, actor, asked), _LATEST, asked)
    rows = [queries.seen(actor, row) for row in page.items]
    statuses = [(one, web.said(label("incident_status", one))) for one in STATUSES]
    shown = {"page": page, "rows": rows, "asked": asked, "events": _event_names(), "statuses": statuses}
    return render_template("incidents/ledger.html", **shown, files_them=_files_incidents())


@pages.get("/hr/incidents/file.csv")
@web.signed_in_only
def ledger_file() -> ResponseReturnValue:
    """The same incidents as a table, whole."""
    session, actor, asked = web.session(), web.actor(), forms.asked(IncidentFilter)
    names = {one.id: one.name.zh for one in queries.events_known(session).values()}
    rows = (
        (one.incident.id, one.number, one.name, names.get(one.incident.event, one.incident.event), one.incident.happened_on)
        + (label("incident_status", one.incident.status).zh, one.filed_by, one.incident.filed_at)
        for row in paging.whole(session, queries.incidents_seen(session, actor, asked), _LATEST)
        for one in [queries.seen(actor, row)]
    )
    answer = make_response(cells.as_csv(HEADINGS, rows))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="incidents.csv"'
    return answer


@pages.get("/incidents/new")
@web.signed_in_only
def report(form: Form | None = None) -> ResponseReturnValue:
    """A new incident."""
    if not _files_incidents():
        raise auth.for_others("supervisor", "data_provider", "hr")
    events = [(one.id, f"{web.said(one.name)} · {one.confirmed_by}") for one in queries.events_known(web.session()).values()]
    return render_template("incidents/report.html", form=form or Form(), events=events, today=clock.today())


@pages.post("/incidents/new")
@web.signed_in_only
@forms.submits(FilingIn, again=report, creates=True)
def report_now(body: dict[str, Any]) -> Response:
    """Files it: the person concerned is told, and nothing moves before they have been heard."""
    number = body.pop("number")
    try:
        made = service.file_incident(web.session(), web.actor(), directory.id_of(web.session(), number, "number"), **body)
    except NotFound:
        # Whom they are nothing to, they learn nothing of.
        directory.refuse_number(number, "number")
    zh, en = "已登记, 并已通知当事人陈述", "Filed; the person concerned is asked for their side"
    return forms.done(url_for("incidents.incident", incident_id=made.id), zh, en)


@pages.get(ONE)
@web.signed_in_only
def incident(incident_id: int, form: Form | None = None) -> ResponseReturnValue:
    """One incident: what is said of it, whom it reaches, and what one may do about it."""
    session, actor = web.session(), web.actor()
    seen = _seen(incident_id)
    one, event = seen.incident, reaching.event_of(session, seen.incident)
    shown_people = naming.people_shown(session, actor, one)
    found = reaching.affected(session, one, shown_people)
    shown = {
        "seen": seen,
        "one": one,
        "event": event,
        "people": [(who, reaching.effect_on(who.employee.id, found)) for who in shown_people],
        "history": queries.history_of(session, incident_id) if seen.in_full else [],
        "files": queries.files_of(session, incident_id) if seen.in_full else [],
        "status": label("incident_status", one.status),
        "ways": {way: label("reach", way) for way in ("self", "unit", "named", "superior", "post")},
        "form": form or Form(),
    }
    return render_template("incidents/incident.html", **shown, **_acts(seen))


@pages.post(f"{ONE}/hear")
@web.signed_in_only
@forms.submits(HearingIn, again=incident, versioned=True)
def hear(body: dict[str, Any], incident_id: int, version: int) -> Response:
    """One's own side, or what the person concerned says."""
    service.hear_incident(web.session(), web.actor(), incident_id, **body, version=version)
    return forms.done(url_for("incidents.incident", incident_id=incident_id), "陈述已记录", "The statement is on record")


@pages.post(f"{ONE}/people")
@web.signed_in_only
@forms.submits(NamingByNumberIn, again=incident, versioned=True)
def name_person(body: dict[str, Any], incident_id: int, version: int) -> Response:
    """Chooses somebody related whom it will reach too."""
    _seen(incident_id)
    who = directory.id_of(web.session(), body["number"], "number")
    naming.name_person(web.session(), web.actor(), incident_id, who, reason=body["reason"], version=version)
    return forms.done(url_for("incidents.incident", incident_id=incident_id), "已指定", "Named")


@pages.post(f"{ONE}/people/removal")
@web.signed_in_only
@forms.submits(NamingIn, again=incident, versioned=True)
def unname_person(body: dict[str, Any], incident_id: int, version: int) -> Response:
    """Takes somebody named out again."""
    naming.unname_person(web.session(), web.actor(), incident_id, **body, version=version)
    return forms.done(url_for("incidents.incident", incident_id=incident_id), "已移出", "Taken out")


@pages.get(f"{ONE}/confirm")
@web.signed_in_only
def decide(incident_id: int, form: Form | None = None) -> ResponseReturnValue:
    """Before it is confirmed: whom it reaches, and whose results become stale."""
    session, actor = web.session(), web.actor()
    one, reached, found = naming.preview_reach(session, actor, incident_id)
    event = reaching.event_of(session, one)
    shown = {
        "one": one,
        "event": event,
        "concerned": reached[0].employee,
        "people": [(who, reaching.effect_on(who.employee.id, found)) for who in reached],
        "affected": _affected(found),
        "asks_for_names": reaching.asks_for_names(reaching.policies_over(session, one), one.event),
        "ways": {way: label("reach", way) for way in ("self", "unit", "named", "superior", "post")},
        "form": form or Form(),
    }
    return render_template("incidents/decide.html", **shown, own_report=actor.account_id == one.filed_by)


@pages.post(f"{ONE}/confirm")
@web.signed_in_only
@forms.submits(FindingIn, again=decide, versioned=True)
def confirm(body: dict[str, Any], incident_id: int, version: int) -> Response:
    """Finds that it happened; from now on it counts."""
    service.confirm_incident(web.session(), web.actor(), incident_id, **body, version=version)
    moved = len(_affected(naming.affected_by(web.session(), web.session().get_one(Incident, incident_id))))
    zh, en = f"已认定, 涉及 {moved} 项考核", f"Confirmed: it has a say in {moved} appraisals"
    return forms.done(url_for("incidents.incident", incident_id=incident_id), zh, en)


@pages.post(f"{ONE}/withdraw")
@web.signed_in_only
@forms.submits(WithdrawalIn, again=incident, versioned=True)
def withdraw(body: dict[str, Any], incident_id: int, version: int) -> Response:
    """Takes it back; what it did to results ends."""
    service.withdraw_incident(web.session(), web.actor(), incident_id, **body, version=version)
    return forms.done(url_for("incidents.incident", incident_id=incident_id), "已撤回", "Withdrawn")


def _seen(incident_id: int) -> Seen:
    seen = queries.incident_seen(web.session(), web.actor(), incident_id)
    if seen is None:
        raise NotFound()
    return seen


def _acts(seen: Seen) -> dict[str, Any]:
    """What is to be offered; the services decide again."""
    session, actor, one = web.session(), web.actor(), seen.incident
    own = actor.employee_id is not None and actor.employee_id == one.employee_id
    towards = auth.relations_to(session, actor, one.employee_id, one.happened_on)
    decides = not own and queries.decides(session, actor, one)
    open_yet = one.status in (DRAFT, HEARD)
    asks = decides and open_yet and reaching.asks_for_names(reaching.policies_over(session, one), one.event)
    return {
        "own": own,
        "states": (own or decides) and open_yet,
        "names": asks,
        "decides": decides and one.status == HEARD and actor.account_id != one.filed_by,
        "withdraws": not own and "hr" in towards and one.status in (DRAFT, HEARD, CONFIRMED),
        "ended": one.status == WITHDRAWN,
    }


def _affected(found: Sequence[Affected]) -> list[tuple[Affected, Message]]:
    """The appraisals it has a say in, and what becomes of the result of each."""
    standings = results.standings(web.session(), [one.appraisal.id or 0 for one in found])

    def come_to(one: Affected) -> str:
        standing = standings.get(one.appraisal.id or 0)
        if standing is None:
            return "none"
        return "approved" if standing.approval else "published" if standing.publication else "computed"

    return [(one, label("affected", come_to(one))) for one in found]


def _event_names() -> dict[str, str]:
    return {one.id: web.said(one.name) for one in queries.events_known(web.session()).values()}


def _files_incidents() -> bool:
    """Whether somebody reports incidents: HR, who provides figures, supervisors and who stands in for them."""
    actor = web.actor()
    if actor.holds("hr", "data_provider"):
        return True
    if actor.employee_id is None:
        return False
    leads = people.reports_of(web.session(), actor.employee_id, clock.today())
    return bool(leads or relations.absent_supervisors(web.session(), actor.employee_id))
