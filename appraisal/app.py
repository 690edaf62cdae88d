"""The web application, put together: settings, database, sign-in, and one line for each slice's pages."""

import secrets
from contextlib import suppress
from pathlib import Path

from flask import g
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect

from appraisal import db, web
from appraisal.actor import Actor
from appraisal.config import Settings, settings
from appraisal.errors import Busy
from appraisal.people import auth
from appraisal.people import service as people
from appraisal.people.views import pages as people_pages
from appraisal.results.views import pages as results_pages

LARGEST_REQUEST = 1_000_000


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
        SECRET_KEY=chosen.secret_key or _own_key(chosen.var),
        SESSION_COOKIE_NAME="appraisal",
        SESSION_COOKIE_SECURE=chosen.mode == "production",
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        TESTING=chosen.mode == "test",
        WTF_CSRF_TIME_LIMIT=12 * 3600,
    )
    app.database_url = chosen.database_url
    app.find_actor = _find_actor
    app.afterwards = lambda: _note_last_seen(app)
    web.install(app)
    CSRFProtect(app)
    # The manager would look the visitor up for every template, error pages after the transaction included.
    login = LoginManager(app, add_context_processor=False)
    login.session_protection = None  # a session is a row on the server; the cookie carries nothing to protect
    login.user_loader(_load_visitor)
    app.register_blueprint(people_pages)
    app.register_blueprint(results_pages)
    return app


def _load_visitor(token: str) -> Visitor | None:
    signed_in = auth.load_actor(web.session(), token)
    return Visitor(token, signed_in) if signed_in is not None else None


def _find_actor() -> Actor | None:
    if not current_user.is_authenticated:
        return None
    g.signed_in = current_user.signed_in
    return current_user.signed_in.actor.acting_via("web", request_id=secrets.token_hex(8))


def _note_last_seen(app: web.Site) -> None:
    """Keeps a used session alive, at most once a minute and in a transaction of its own: a GET itself never writes."""
    signed_in: auth.SignedIn | None = g.get("signed_in")
    if signed_in is not None and signed_in.is_touch_due():
        try:
            with db.transaction(app.target, write=True) as session:
                people.touch_session(session, signed_in.session_id)
        except Busy:
            app.logger.info("last-seen not noted: the database is busy")


def _own_key(var: Path) -> str:
    """The key that signs cookies where the environment gives none: made once and kept, so that a restart signs nobody out."""
    var.mkdir(parents=True, exist_ok=True)
    path, offer = var / "secret_key", var / f"secret_key.{secrets.token_hex(8)}"
    if not path.exists():
        offer.touch(mode=0o600)
        offer.write_text(secrets.token_hex(32))
        # Of two processes starting at once, the first to link its offer has the say.
        with suppress(FileExistsError):
            path.hardlink_to(offer)
        offer.unlink()
    return path.read_text()
