"""Pages of the desk: what waits for me, what I have been told, and finding things."""

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, notify, web
from appraisal.desk import finding, shell, standing, tasks
from appraisal.desk.views.blueprint import pages
from appraisal.notify import Notification

LATEST = 200


@pages.get("/")
@web.signed_in_only
def home() -> ResponseReturnValue:
    """What waits for me, by when, and where my own things stand."""
    session, actor = web.session(), web.actor()
    return render_template(
        "desk/home.html",
        waiting=[(one, standing.address_of(one)) for one in tasks.waiting_for(session, actor)],
        cases=standing.own_cases(session, actor),
        today=clock.today(),
        cycle=shell.cycle_in_hand(),
    )


@pages.get("/notifications")
@web.signed_in_only
def notifications() -> ResponseReturnValue:
    """What I have been told, the latest first."""
    me = web.actor().employee_id
    asked = select(Notification).where(Notification.employee_id == me).order_by(col(Notification.id).desc()).limit(LATEST)
    told = web.session().exec(asked).all() if me is not None else []
    return render_template(
        "desk/notifications.html", told=[(one, notify.sentence(one), standing.place_of(one)) for one in told]
    )


@pages.post("/notifications/read")
@web.signed_in_only
def read_notifications() -> ResponseReturnValue:
    """Notes that I have read them all."""
    session, actor = web.session(), web.actor()
    unread = select(Notification.id).where(Notification.employee_id == actor.employee_id, col(Notification.read_at).is_(None))
    for notification_id in session.exec(unread).all() if actor.employee_id is not None else []:
        notify.mark_read(session, actor, notification_id)
    return redirect(url_for("desk.notifications"), 303)


@pages.get("/search")
@web.signed_in_only
def search() -> ResponseReturnValue:
    """People, indicators and documents by a part of their name or number, as far as they are mine to see."""
    wanted = request.args.get("q", "").strip()[:80]
    found = finding.find(web.session(), web.actor(), wanted) if wanted else {}
    return render_template("desk/search.html", wanted=wanted, found=found)


@pages.get("/people/find.json")
@web.signed_in_only
def find_people() -> ResponseReturnValue:
    """Whom a field for an employee's number may mean, while somebody types."""
    wanted = request.args.get("q", "").strip()[:80]
    return jsonify(finding.suggest_people(web.session(), web.actor(), wanted) if wanted else [])
