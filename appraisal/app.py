"""The web application, put together: settings, database, who is calling, and one line for each slice's pages and endpoints."""

import secrets
from datetime import timedelta

from flask import Response, g, request
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from sqlmodel import Session

from appraisal import audit, clock, db, entering, rest, sealing, telemetry, web
from appraisal.actor import Actor
from appraisal.agreements.api.agreements import endpoints as agreements_endpoints
from appraisal.agreements.api.choices import endpoints as choices_endpoints
from appraisal.agreements.api.goals import endpoints as goals_endpoints
from appraisal.agreements.views import pages as agreements_pages
from appraisal.bulletins.api.indicator_reviews import endpoints as kpi_reviews_endpoints
from appraisal.bulletins.api.meetings import endpoints as kpi_meetings_endpoints
from appraisal.bulletins.api.reports import endpoints as kpi_reports_endpoints
from appraisal.bulletins.api.summaries import endpoints as kpi_summaries_endpoints
from appraisal.bulletins.views import pages as bulletins_pages
from appraisal.config import Settings, settings
from appraisal.cycles.api.cycles import endpoints as cycles_endpoints
from appraisal.cycles.api.deadlines import endpoints as deadlines_endpoints
from appraisal.cycles.api.notifications import endpoints as notifications_endpoints
from appraisal.cycles.api.rulings import endpoints as rulings_endpoints
from appraisal.cycles.views import pages as cycles_pages
from appraisal.delivery.api import endpoints as delivery_endpoints
from appraisal.delivery.views import pages as delivery_pages
from appraisal.desk import shell
from appraisal.desk.api import endpoints as desk_endpoints
from appraisal.desk.views import pages as desk_pages
from appraisal.development.api.improvement import endpoints as improvement_endpoints
from appraisal.development.api.plans import endpoints as development_endpoints
from appraisal.development.views import pages as development_pages
from appraisal.errors import AppraisalError, Busy, NotAllowed, NotFound
from appraisal.exceptions.api.dashboard import endpoints as kpi_dashboard_endpoints
from appraisal.exceptions.api.exceptions import endpoints as kpi_exceptions_endpoints
from appraisal.exceptions.api.tasks import endpoints as kpi_tasks_endpoints
from appraisal.exceptions.views import pages as exceptions_pages
from appraisal.feedback.api import endpoints as feedback_endpoints
from appraisal.feedback.views import pages as feedback_pages
from appraisal.incidents.api import endpoints as incidents_endpoints
from appraisal.incidents.views import pages as incidents_pages
from appraisal.measures.api import endpoints as measures_endpoints
from appraisal.measures.views import pages as measures_pages
from appraisal.monitoring.api.evaluations import endpoints as kpi_evaluations_endpoints
from appraisal.monitoring.api.processes import endpoints as kpi_processes_endpoints
from appraisal.monitoring.api.readings import endpoints as readings_endpoints
from appraisal.monitoring.api.targets import endpoints as kpi_targets_endpoints
from appraisal.monitoring.views import pages as monitoring_pages
from appraisal.payroll.api import endpoints as payroll_endpoints
from appraisal.payroll.views import pages as payroll_pages
from appraisal.people import auth, clerks, oidc, sessions, tokens
from appraisal.people.api.absence import endpoints as absence_endpoints
from appraisal.people.api.accounts import endpoints as access_endpoints
from appraisal.people.api.employees import endpoints as people_endpoints
from appraisal.people.api.organisation import endpoints as organisation_endpoints
from appraisal.people.views import pages as people_pages
from appraisal.policies.api import endpoints as policies_endpoints
from appraisal.policies.views import pages as policies_pages
from appraisal.records.api import endpoints as records_endpoints
from appraisal.records.views import pages as records_pages
from appraisal.reports.api import endpoints as archive_endpoints
from appraisal.reports.document_api import endpoints as document_endpoints
from appraisal.reports.views import archive_pages, document_pages
from appraisal.results.api.appraisals import endpoints as appraisals_endpoints
from appraisal.results.api.results import endpoints as results_endpoints
from appraisal.results.api.unit_results import endpoints as unit_results_endpoints
from appraisal.results.api.uses import endpoints as uses_endpoints
from appraisal.results.views import pages as results_pages
from appraisal.reviews.views import pages as reviews_pages

LARGEST_REQUEST = 1_000_000
ENDPOINTS = (
    appraisals_endpoints,
    results_endpoints,
    unit_results_endpoints,
    uses_endpoints,
    access_endpoints,
    organisation_endpoints,
    people_endpoints,
    absence_endpoints,
    desk_endpoints,
    incidents_endpoints,
    agreements_endpoints,
    choices_endpoints,
    goals_endpoints,
    measures_endpoints,
    readings_endpoints,
    kpi_targets_endpoints,
    kpi_evaluations_endpoints,
    kpi_dashboard_endpoints,
    kpi_exceptions_endpoints,
    kpi_tasks_endpoints,
    kpi_processes_endpoints,
    kpi_reports_endpoints,
    kpi_meetings_endpoints,
    kpi_summaries_endpoints,
    kpi_reviews_endpoints,
    payroll_endpoints,
    archive_endpoints,
    records_endpoints,
    document_endpoints,
    policies_endpoints,
    cycles_endpoints,
    deadlines_endpoints,
    notifications_endpoints,
    delivery_endpoints,
    rulings_endpoints,
    feedback_endpoints,
    development_endpoints,
    improvement_endpoints,
)
PAGES = (
    desk_pages,
    delivery_pages,
    people_pages,
    results_pages,
    policies_pages,
    cycles_pages,
    measures_pages,
    incidents_pages,
    reviews_pages,
    agreements_pages,
    payroll_pages,
    archive_pages,
    records_pages,
    document_pages,
    development_pages,
    feedback_pages,
    monitoring_pages,
    exceptions_pages,
    bulletins_pages,
)

# Refused attempts are on record, but nobody fills the trail by repeating one.
REFUSALS_A_MINUTE = 10


class Visitor:
    """Who is signed in, as Flask-Login wants to see them."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, token: str, signed_in: auth.SignedIn) -> None:
        self.token = token
        self.signed_in = signed_in

    def get_id(self) -> str:
        """The session token: the cookie holds nothing else that counts."""
        return self.token


def create_app(chosen: Settings | None = None) -> web.Site:
    """The application for `chosen` settings, by default those of the environment."""
    chosen = chosen or settings()
    app = web.Site("appraisal", static_folder="static")
    app.config.update(
        SECRET_KEY=chosen.secret_key or sealing.kept_key(chosen.var / "secret_key"),
        SESSION_COOKIE_NAME="appraisal",
        SESSION_COOKIE_SECURE=chosen.mode == "production",
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        TESTING=chosen.mode == "test",
        WTF_CSRF_TIME_LIMIT=12 * 3600,
    )
    app.database_url = chosen.database_url
    app.find_actor, app.note_use = _find_actor, _note_use
    app.afterwards = lambda outcome: _note(app, outcome)
    web.install(app)
    csrf = CSRFProtect(app)
    # The manager would look the visitor up for every template, error pages after the transaction included.
    login = LoginManager(app, add_context_processor=False)
    login.session_protection = None  # a session is a row on the server; the cookie carries nothing to protect
    login.user_loader(_load_visitor)
    app.extensions["oidc"] = oidc.provider_of(chosen)
    for pages in PAGES:
        app.register_blueprint(pages)
    app.context_processor(shell.of_page)
    app.after_request(shell.remember_cycle)
    rest.install(app, *ENDPOINTS)
    for endpoints in ENDPOINTS:
        csrf.exempt(endpoints)  # they ask for the form token themselves, and only of those who come by cookie
    telemetry.install(app, chosen.metrics_token, of_all_workers=chosen.metrics_dir is not None)
    return app


def _load_visitor(token: str) -> Visitor | None:
    signed_in = auth.load_actor(web.session(), token)
    return Visitor(token, signed_in) if signed_in is not None else None


def _find_actor() -> Actor | None:
    """Who is calling: by the token they bring, or by the session their cookie names; a clerk may act for somebody."""
    request_id = secrets.token_hex(8)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and web.is_api():
        known = tokens.actor_of_token(web.session(), bearer.strip())
        if known is None:
            return None
        g.scopes, g.token_id = known.scopes, known.token_id if known.is_touch_due() else None
        found = known.actor.acting_via("api", request_id=request_id)
    elif current_user.is_authenticated:
        g.signed_in = current_user.signed_in
        g.must_change_password = current_user.signed_in.must_change_password
        found = current_user.signed_in.actor.acting_via("api" if web.is_api() else "web", request_id=request_id)
    else:
        return None
    entry = entering.in_hand()
    if entry is not None:
        return clerks.act_for(web.session(), found, entry.number, scan=entry.scan)
    other = request.headers.get(web.ON_BEHALF_OF)
    return found if other is None else clerks.act_for(web.session(), found, other, scan=request.headers.get("Scan"))


def _note_use(session: Session) -> None:
    """That a session or token was used, at most once a minute."""
    signed_in: auth.SignedIn | None = g.get("signed_in")
    if signed_in is not None and signed_in.is_touch_due():
        sessions.touch_session(session, signed_in.session_id)
    if g.get("token_id") is not None:
        tokens.touch_token(session, g.token_id)
    g.use_noted = True


def _note(app: web.Site, outcome: Response | Exception) -> None:
    """What is written beside the request, in a short transaction of its own: that something was refused, and, where the request
    itself has written nothing, that a session or token was used. A GET itself never writes."""
    signed_in: auth.SignedIn | None = g.get("signed_in")
    touched = (signed_in is not None and signed_in.is_touch_due()) or g.get("token_id") is not None
    refused = outcome if isinstance(outcome, AppraisalError) and is_on_record(outcome) else None
    if refused is None and (not touched or "use_noted" in g):
        return
    try:
        with db.transaction(app.target, write=True) as session:
            if touched:
                _note_use(session)
            if refused is not None and g.get("actor") is not None:
                _record_refusal(session, g.actor, refused)
    except Busy:
        app.logger.info("not noted beside the request: the database is busy")


def is_on_record(refused: AppraisalError) -> bool:
    """Whether a refusal goes into the trail: what somebody may not do, or that they asked for what is not theirs."""
    return isinstance(refused, NotAllowed) or (isinstance(refused, NotFound) and refused.hidden)


def _record_refusal(session: Session, actor: Actor, refused: AppraisalError) -> None:
    since = clock.now() - timedelta(minutes=1)
    if audit.count_since(session, actor, "request.refused", since) < REFUSALS_A_MINUTE:
        after = {"method": request.method, "path": request.path, "code": refused.code}
        audit.record(session, actor, "request.refused", "route", request.endpoint, after=after)
