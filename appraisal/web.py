"""What every page shares: one transaction a request, one place where refusals become pages, headers, language.

A request's reads and writes are one transaction. It commits only when an unsafe method answered with 2xx or 3xx; a GET never
writes. Views ask `session()` and `actor()`, and let services raise.
"""

import gzip
import hashlib
import logging
from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from flask import Flask, Response, abort, current_app, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from jinja2 import StrictUndefined
from marshmallow import Schema, ValidationError
from sqlalchemy import Engine
from sqlmodel import Session
from werkzeug.exceptions import HTTPException

from appraisal import db, entering
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.errors import AppraisalError, Busy, Conflict, Fault, Invalid, NotAllowed, NotFound, TooMany
from appraisal.formats import FILTERS, TEMPLATES
from appraisal.labels import measured_in
from appraisal.pdf import PdfError
from appraisal.phrases import PHRASES, Lang, phrase

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGE_COOKIE = "lang"
ON_BEHALF_OF = "On-Behalf-Of"
SESSION_TOKEN = "_user_id"  # where Flask-Login keeps the id of who is signed in: here, the session token
YEAR = 365 * 24 * 3600
LONG_PAGE = 20_000
"""Bytes from which on a page is compressed."""
STATIC = Path(__file__).parent / "static"

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

STATUS_OF = {NotFound: 404, NotAllowed: 403, Invalid: 422, Conflict: 409, TooMany: 429, Busy: 503}

View = Callable[..., ResponseReturnValue]

log = logging.getLogger(__name__)


class Site(Flask):
    """Flask with the transaction around the view. It wraps `dispatch_request`, so that a commit that fails is an error of
    the request and reaches the error pages; after the request it would be too late to say anything but 500."""

    database_url: str
    find_actor: Callable[[], Actor | None]
    note_use: Callable[[Session], None]  # that a session or token was used, within a write that succeeds
    refuse: Callable[[Exception], Response]  # a refusal of the API, as JSON
    afterwards: Callable[[Response | Exception], None]

    def wsgi_app(self, environ: Any, start_response: Any) -> Any:
        """The site, with the name in which a clerk enters taken out of the address first."""
        entering.unprefix(environ)
        return super().wsgi_app(environ, start_response)

    @property
    def target(self) -> Engine:
        """The engine of this process, looked up each time: a worker forks after the application is made."""
        return db.engine(self.database_url)

    def dispatch_request(self) -> ResponseReturnValue:
        """The view's answer, inside its transaction."""
        view = self.view_functions.get(request.endpoint or "")
        if request.method not in SAFE_METHODS:
            # A body that dribbles in must not hold the database's write lock: it is read before the door opens.
            request.max_content_length = getattr(view, "largest_request", None) or self.config["MAX_CONTENT_LENGTH"]
            request.get_data(cache=True)
        if request.endpoint == "static":
            return super().dispatch_request()
        outside = getattr(view, "outside_door", False)
        try:
            answer = self.make_response(super().dispatch_request()) if outside else self._through_the_door()
        except _RolledBack as refused:
            answer = refused.response
        except Exception as error:
            self.afterwards(error)
            raise
        self.afterwards(answer)
        return answer

    def _through_the_door(self) -> Response:
        write = request.method not in SAFE_METHODS
        for_another = ON_BEHALF_OF in request.headers or entering.is_named()
        if write and db.writers_take_turns(self.target) and not for_another:
            know_caller()  # others need not wait meanwhile; that a clerk enters for somebody is itself put on record
        with db.transaction(self.target, write=write) as session:
            g.session = session
            try:
                if "actor" not in g:
                    g.actor = self.find_actor()
                response = self.make_response(super().dispatch_request())
                if write and response.status_code >= 400:
                    raise _RolledBack(response)
                if write:
                    self.note_use(session)
                return response
            finally:
                g.pop("session")


class _RolledBack(Exception):
    """Leaves the transaction without a commit, with the answer; nobody else ever sees it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def session() -> Session:
    """This request's database session."""
    found: Session = g.session
    return found


def actor() -> Actor:
    """Who is signed in; somebody, inside `signed_in_only`."""
    found: Actor = g.actor
    return found


def know_caller() -> None:
    """Finds out who is calling, in a reading transaction of its own: for a view that works outside the door."""
    site: Site = current_app  # type: ignore[assignment]
    with db.transaction(site.target, write=False) as opened:
        g.session = opened
        try:
            g.actor = site.find_actor()
        finally:
            g.pop("session")


def outside_door(view: View) -> View:
    """Marks a view that works in transactions of its own: signing in hashes between two of them."""
    view.outside_door = True  # type: ignore[attr-defined]
    return view


def before_password(view: View) -> View:
    """Marks a page that is open to who must first choose a password of their own; stands below `signed_in_only`."""
    view.before_password = True  # type: ignore[attr-defined]
    return view


def signed_in_only(view: View) -> View:
    """Sends whoever is not signed in to the sign-in page, and back here afterwards; and whoever has only been given a password
    to where they choose one."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if "actor" not in g:
            know_caller()
        if g.actor is not None:
            if g.get("must_change_password") and not getattr(view, "before_password", False):
                return redirect(url_for("people.choose_password"))
            return view(*args, **kwargs)
        if request.method not in SAFE_METHODS:
            abort(401)
        here = (request.script_root + request.full_path).rstrip("?")
        return redirect(entering.outside(url_for("people.sign_in", **({} if here == "/" else {"next": here}))))

    return guarded


def begin_session(token: str) -> None:
    """Hands a session to the client; nothing from before signing in lives on, the form token included."""
    cookie.clear()
    g.pop("csrf_token", None)
    cookie[SESSION_TOKEN] = token


def end_session() -> str | None:
    """Has the client forget its session, whose token it was."""
    token: str | None = cookie.get(SESSION_TOKEN)
    cookie.clear()
    return token


def from_where() -> dict[str, str | None]:
    """What is known of the client: its address, and what it calls itself."""
    return {"client": request.remote_addr, "agent": request.user_agent.string}


def at_a_kiosk() -> bool:
    """Whether this session is on a screen that many people share."""
    return "signed_in" in g and bool(g.signed_in.kiosk)


def language() -> Lang:
    """The language of this request: asked for in the address, remembered, or the browser's; Chinese when none fits."""
    if "lang" not in g:
        asked = request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
        accepted = request.accept_languages.best_match(["zh", "en"], "zh")
        g.lang = next((lang for lang in asked if lang in ("zh", "en")), accepted)
    found: Literal["zh", "en"] = g.lang
    return found


def said(text: Any) -> str:
    """A bilingual text in the language of the request."""
    spoken: str = getattr(text, language())
    return spoken


def named(unit: Any) -> Any:
    """What a unit is called in the language of the request: a row, what an answer tells of one, or the column of the table."""
    key = "name" if language() == "zh" else "name_en"
    return unit[key] if isinstance(unit, Mapping) else getattr(unit, key)


class _Count(int):
    """A number with which its English noun agrees: `{n:day|days}` is 1 day, 2 days."""

    def __format__(self, spec: str) -> str:
        one, _, many = spec.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if many else super().__format__(spec)


def in_both(zh: str, en: str, **values: Any) -> str:
    """Words of a page, written where they stand in both languages side by side, so that none is ever without the other."""
    counted = {name: _Count(value) if type(value) is int else value for name, value in values.items()}
    return (zh if language() == "zh" else en).format(**counted)


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it for good."""
    return entering.outside(url_for("static", filename=name, v=_digest(name)))


def with_query(**changes: Any) -> str:
    """This page's address with other values in its query; None takes one out."""
    query = request.args.to_dict(flat=False)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = [str(value)]
    return f"{request.script_root}{request.path}?{urlencode(query, doseq=True)}"


def load(schema: Schema, values: Mapping[str, str]) -> dict[str, Any]:
    """What a form or an address brings in, read through its schema; a field left empty was not given.

    Raises Invalid `bad_fields`, naming each field that cannot be used.
    """
    given = {name: value for name, value in values.items() if value != ""}
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as refused:
        names = sorted(refused.normalized_messages())
        zh, en = f"以下内容不能用, 请改正后重试: {'、'.join(names)}", f"please correct and try again: {', '.join(names)}"
        faults = [Fault(name, f"{name} 不能用", " ".join(map(str, refused.normalized_messages()[name]))) for name in names]
        raise Invalid("bad_fields", zh, en, faults) from refused
    return loaded


def install(app: Site) -> None:
    """Templates, headers, language and error pages of an application."""
    app.template_folder = str(TEMPLATES)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.filters["said"] = said
    app.jinja_env.filters["named"] = named
    app.jinja_env.filters["measured"] = lambda unit: said(measured_in(unit)) if unit else ""
    app.jinja_env.filters["day"] = lambda value: FILTERS["day"](value, language())
    app.jinja_env.filters["instant"] = lambda value: FILTERS["instant"](value, language())
    app.jinja_env.globals["t"] = lambda key, **values: phrase(key, language(), **values)
    app.jinja_env.globals |= {"_": in_both, "asset": asset, "with_query": with_query, "outside": entering.outside}
    app.context_processor(_for_every_page)
    app.after_request(_finish)
    for kind, answer in ((AppraisalError, _refusal), (CSRFError, _expired_form), (PdfError, _no_document)):
        app.register_error_handler(kind, _as_asked(answer))
    app.register_error_handler(HTTPException, _as_asked(_http_error))


def is_api() -> bool:
    """Whether this request is for the API, which is refused in JSON."""
    return request.path.startswith("/api/")


def _as_asked(page: Callable[[Any], ResponseReturnValue]) -> Callable[[Any], ResponseReturnValue]:
    def answer(error: Any) -> ResponseReturnValue:
        refuse: Callable[[Exception], Response] = current_app.refuse  # type: ignore[attr-defined]
        return refuse(error) if is_api() else page(error)

    return answer


def _for_every_page() -> dict[str, Any]:
    query = request.args.to_dict(flat=False) | {"lang": ["en" if language() == "zh" else "zh"]}
    # A link is a GET: from an address that only takes forms it leads to the start page.
    rule = request.url_rule
    path = "/" if rule is not None and rule.methods is not None and "GET" not in rule.methods else request.path
    return {
        "lang": language(),
        "actor": g.get("actor"),
        # What is on a shared screen goes when the session has.
        "kiosk_seconds": int(g.signed_in.idle.total_seconds()) if at_a_kiosk() else None,
        "other_language_url": f"{request.script_root}{path}?{urlencode(query, doseq=True)}",
        # In whose name the page is, and with whom the clerk has begun.
        "acting_for": entering.shown(),
        "begun_for": entering.begun(),
    }


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static" and response.status_code < 400:
        lasting = "public, max-age=31536000, immutable" if request.args.get("v") else "public, max-age=3600"
        response.headers["Cache-Control"] = lasting
        return response
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    if request.args.get("lang") == language():
        response.set_cookie(LANGUAGE_COOKIE, language(), max_age=YEAR, secure=request.is_secure, httponly=True, samesite="Lax")
    return _packed(response)


def _packed(response: Response) -> Response:
    """A long page, a regulation most of all, compressed for browsers that take it so. What one says of the other by its length
    (BREACH) no stranger's page learns: requests that it sets off come without the cookie (SameSite)."""
    takes = "gzip" in request.accept_encodings and "Content-Encoding" not in response.headers
    if takes and response.mimetype == "text/html" and not response.is_streamed and len(response.get_data()) > LONG_PAGE:
        response.set_data(gzip.compress(response.get_data(), compresslevel=4, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def page_of_error(status: int, message: str | None = None, faults: list[str] | None = None, kind: str = "") -> tuple[str, int]:
    """The error page: what happened, why, and where to go from here. `kind` has words of its own, apart from the status."""
    known = status if f"error_{status}" in PHRASES else 500 if status >= 500 else 400
    title, help_text = (phrase(f"error_{kind or known}{part}", language()) for part in ("", "_help"))
    return render_template("error.html", status=status, title=title, message=message or help_text, faults=faults or []), status


def _refusal(error: AppraisalError) -> ResponseReturnValue:
    status = next(status for kind, status in STATUS_OF.items() if isinstance(error, kind))
    message: Message = error.message
    faults = [f"{fault.path}: {getattr(fault, language())}" for fault in getattr(error, "faults", ())]
    # One wording for "none" and "not yours": a page must not tell which it was.
    return page_of_error(status, None if status == 404 else said(message), faults)


def _expired_form(_: CSRFError) -> ResponseReturnValue:
    return page_of_error(400, kind="expired_form")


def _no_document(error: PdfError) -> ResponseReturnValue:
    log.error("no document: %s", error)
    return page_of_error(503, kind="no_document")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    page, status = page_of_error(error.code)
    allowed = getattr(error, "valid_methods", None)  # what a 405 has to name
    return page, status, {"Allow": ", ".join(sorted(allowed))} if allowed else {}
