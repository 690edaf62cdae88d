"""Pages of signing in and out."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from appraisal import web
from appraisal.errors import NotAllowed
from appraisal.people import service

pages = Blueprint("people", __name__)
TOKEN = "_user_id"  # where Flask-Login keeps the id of who is signed in: here, the session token


@pages.get("/login")
@web.outside_door
def sign_in() -> ResponseReturnValue:
    """The form."""
    return render_template("login.html", login="", refusal=None, next=request.args.get("next", ""))


@pages.post("/login")
@web.outside_door
def sign_in_now() -> ResponseReturnValue:
    """A session for the right password, and on to where they wanted to go; else the form again."""
    # No login has a NUL in it, and PostgreSQL takes none as text.
    login, going_to = request.form.get("login", "").replace("\0", ""), request.form.get("next", "")
    try:
        token, _ = service.sign_in(current_app.target, login, request.form.get("password", ""))  # type: ignore[attr-defined]
    except NotAllowed as refusal:
        words = web.said(refusal.message)
        return render_template("login.html", login=login, refusal=words, next=going_to), 422
    cookie.clear()  # nothing from before signing in lives on, the form token included
    cookie[TOKEN] = token
    return redirect(going_to if _is_local(going_to) else url_for("results.home"))


@pages.post("/logout")
@web.signed_in_only
def sign_out() -> ResponseReturnValue:
    """Ends the session on the server and forgets its token here."""
    service.sign_out(web.session(), web.actor(), cookie[TOKEN])
    cookie.clear()
    return redirect(url_for("people.sign_in"))


def _is_local(address: str) -> bool:
    """Whether an address stays on this site: a path, not another host in disguise."""
    return address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
