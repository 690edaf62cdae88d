"""Pages of signing in and out."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from appraisal import web
from appraisal.errors import Invalid, NotAllowed
from appraisal.people import sessions
from appraisal.people.schemas import SignInForm

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
    try:
        form = web.load(SignInForm(), request.form)
        opened = sessions.sign_in(current_app.target, form["login"], form["password"])  # type: ignore[attr-defined]
    except (Invalid, NotAllowed):
        # What no account could have is refused in the same words as a wrong password.
        kept = {"login": request.form.get("login", ""), "next": request.form.get("next", "")}
        return render_template("login.html", **kept, refusal=web.said(sessions.BAD_CREDENTIALS)), 422
    going_to = form["next"]
    cookie.clear()  # nothing from before signing in lives on, the form token included
    cookie[TOKEN] = opened.token
    return redirect(going_to if _is_local(going_to) else url_for("results.home"))


@pages.post("/logout")
@web.signed_in_only
def sign_out() -> ResponseReturnValue:
    """Ends the session on the server and forgets its token here."""
    sessions.sign_out(web.session(), web.actor(), cookie[TOKEN])
    cookie.clear()
    return redirect(url_for("people.sign_in"))


def _is_local(address: str) -> bool:
    """Whether an address stays on this site: a path, not another host in disguise."""
    return address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
