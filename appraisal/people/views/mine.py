"""One's own sessions: where one is signed in, and ending what one does not know."""

from flask import Response, g, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col

from appraisal import forms, paging, web
from appraisal.fields import Listing
from appraisal.people import sessions
from appraisal.people.models import WebSession
from appraisal.people.views.blueprint import pages

_BROWSERS = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("MicroMessenger", "WeChat"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
SESSION = f"/my/sessions/<int(max={2**31 - 1}):session_id>"


@pages.get("/my/sessions")
@web.signed_in_only
def my_sessions() -> ResponseReturnValue:
    """One's own sessions that hold, the newest first."""
    found = sessions.own_sessions(web.actor())
    page = paging.paged(web.session(), found, [(col(WebSession.id), "desc")], forms.asked(Listing))
    return render_template("people/sessions.html", page=page, current=g.signed_in.session_id)


@pages.post(f"{SESSION}/end")
@web.signed_in_only
def end_my_session(session_id: int) -> Response:
    """Ends one of one's own sessions."""
    sessions.end_session(web.session(), web.actor(), session_id)
    return forms.done(url_for("people.my_sessions"), "登录已结束", "The session has ended")


@pages.app_template_filter("device")
def device(agent: str) -> str:
    """What a client calls itself, as its owner would: Chrome · Windows. What is not known stays as it came."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    return " · ".join(one for one in (browser, system) if one) or agent[:80]
