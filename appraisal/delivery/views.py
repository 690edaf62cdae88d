"""Pages of deliveries: what I am sent, where a message leads, how deliveries do, the robots of group chats."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import deliveries, forms, paging, web
from appraisal.clock import now
from appraisal.config import settings
from appraisal.core.errors import Message
from appraisal.deliveries import Delivery
from appraisal.delivery import queries, service
from appraisal.delivery.groups import HEAD
from appraisal.delivery.models import Robot
from appraisal.delivery.schemas import DeliveryListing, MailChoiceIn, NewRobotForm, RobotForm
from appraisal.desk import standing
from appraisal.errors import NotFound
from appraisal.fields import In
from appraisal.forms import OPENED, Form
from appraisal.labels import codes, label
from appraisal.notify import Announcement, Notification
from appraisal.people import auth, mailing
from appraisal.people.models import Unit

pages = Blueprint("delivery", __name__)
BIG = 2**31 - 1
ROBOT = f"/admin/robots/<int(max={BIG}):robot_id>"
# Whose work an announcement is about, and where it leads whose row has no page of its own.
_CONCERNED = {
    "cycle_opened": ("hr", "auditor"),
    "deadlines": ("hr", "auditor"),
    "kpi_severe": ("kpi_manager", "hr", "approver", "auditor"),
    "kpi_escalated": ("kpi_manager", "hr", "approver", "auditor"),
    "job_failed": ("hr", "admin"),
    "robot_test": ("admin",),
}
_PLACES = {"kpi_severe": "monitoring.dashboard", "deadlines": "desk.progress", "job_failed": "desk.jobs"}


@pages.get("/my/notification-settings")
@web.signed_in_only
def settings_page(form: Form = OPENED) -> ResponseReturnValue:
    """What I am sent by mail, where, and in which language."""
    return render_template(
        "delivery/settings.html",
        form=form,
        me=mailing.recipient(web.session(), web.actor()),
        ways=_named("mail_how"),
        domains=settings().mail_domains,
        by_mail=settings().smtp_host is not None,
    )


@pages.post("/my/notification-settings")
@web.signed_in_only
@forms.submits(MailChoiceIn, again=settings_page, versioned=True)
def choose_mail(body: dict[str, Any], version: int) -> Response:
    """Keeps my choice."""
    mailing.choose(web.session(), web.actor(), version=version, **body)
    return forms.done(url_for("delivery.settings_page"), "通知设置已保存", "Your choice is kept")


@pages.get(f"/notifications/<int(max={BIG}):notification_id>")
@web.signed_in_only
def notification(notification_id: int) -> ResponseReturnValue:
    """On to where the matter of a message stands now: what a mail links to."""
    told = web.session().get(Notification, notification_id)
    if told is None or told.employee_id != web.actor().employee_id:
        raise NotFound()
    return redirect(standing.place_of(told) or url_for("desk.notifications"))


@pages.get(f"/announcements/<int(max={BIG}):announcement_id>")
@web.signed_in_only
def announcement(announcement_id: int) -> ResponseReturnValue:
    """On to what a group was told of, for those whose work it is; a group has others too, who begin at their start page."""
    told = web.session().get(Announcement, announcement_id)
    if told is None:
        raise NotFound()
    if not web.actor().holds(*_CONCERNED[told.kind]):
        return redirect(url_for("desk.home"))
    place = standing.page_of(told.about_kind, told.about_id)
    return redirect(place or url_for(_PLACES.get(told.kind, "desk.home")))


@pages.get("/admin/deliveries")
@web.signed_in_only
def all_deliveries() -> ResponseReturnValue:
    """How mail and the robots do, and what became of each thing."""
    session, actor = web.session(), web.actor()
    ways = service.standings(session, actor)
    asked = forms.asked(DeliveryListing)
    page = paging.paged(session, queries.found(asked), queries.NEWEST_FIRST, asked)
    return render_template(
        "delivery/deliveries.html",
        ways=ways,
        asked=asked,
        page=page,
        rows=queries.shown(session, page.items),
        named={one.name: one.robot.name for one in ways if one.robot},
        states=_named("delivery_state"),
        about=lambda one: _about("notification" if one["notification_id"] else "announcement", one["kind"]),
        label=label,
        now=now(),
        may=actor.has("admin"),
    )


@pages.post("/admin/deliveries/retry")
@web.signed_in_only
def retry() -> Response:
    """Tries now what was put off."""
    service.retry_now(web.session(), web.actor())
    return forms.done(url_for("delivery.all_deliveries"), "已重新排队, 即将发送", "It is being tried now")


@pages.get("/admin/robots/new")
@web.signed_in_only
def new_robot(form: Form = OPENED) -> ResponseReturnValue:
    """The form that connects a robot."""
    auth.require_role(web.actor(), "admin")
    return _robot_page(form, None)


@pages.post("/admin/robots/new")
@web.signed_in_only
@forms.submits(NewRobotForm, again=new_robot, creates=True)
def add_robot(body: dict[str, Any]) -> Response:
    """Connects a robot."""
    made = service.add_robot(web.session(), web.actor(), **body)
    zh, en = "群机器人已保存, 可以发一条测试消息", "The robot is connected: have it say a test"
    return forms.done(url_for("delivery.robot", robot_id=made.id), zh, en)


@pages.get(ROBOT)
@web.signed_in_only
def robot(robot_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """One robot, and what it has said of late."""
    return _robot_page(form, service.find_robot(web.session(), web.actor(), robot_id))


@pages.post(ROBOT)
@web.signed_in_only
@forms.submits(RobotForm, again=robot, versioned=True)
def change_robot(body: dict[str, Any], robot_id: int, version: int) -> Response:
    """Changes a robot."""
    found = service.find_robot(web.session(), web.actor(), robot_id)
    service.change_robot(web.session(), web.actor(), found, version=version, **body)
    return forms.done(url_for("delivery.robot", robot_id=robot_id), "群机器人已更改", "The robot is changed")


class TestForm(In):
    """Nothing to fill in."""


@pages.post(f"{ROBOT}/test")
@web.signed_in_only
@forms.submits(TestForm, again=robot, creates=True)
def test_robot(body: dict[str, Any], robot_id: int) -> Response:
    """Has it say that it is connected."""
    service.test_robot(web.session(), web.actor(), service.find_robot(web.session(), web.actor(), robot_id))
    zh, en = "测试消息正在发送, 结果见下方", "The test is on its way: see below what came of it"
    return forms.done(url_for("delivery.robot", robot_id=robot_id), zh, en)


def _robot_page(form: Form, found: Robot | None) -> ResponseReturnValue:
    session = web.session()
    recent = []
    if found is not None:
        of_it = queries.found({"way": deliveries.robot_way(found.id or 0), "state": None})
        recent = queries.shown(session, session.exec(of_it.order_by(col(Delivery.id).desc()).limit(10)).all())
    units = session.exec(select(Unit).where(Unit.to_on.is_(None)).order_by(Unit.code)).all()  # type: ignore[union-attr]
    return render_template(
        "delivery/robot.html",
        form=form,
        one=found,
        recent=recent,
        kinds=_named("robot_kind"),
        events=_named("robot_event"),
        chosen=request.form.getlist("events[]") if form.refused else found.events if found else codes("robot_event"),
        units=[(one.id, web.said(Message(one.name, one.name_en))) for one in units],
        hosts=settings().webhook_hosts,
        keyword=HEAD.partition(" ")[0],
        label=label,
        may=web.actor().has("admin"),
    )


class _Left(dict[str, str]):
    """Values that are left out."""

    def __missing__(self, name: str) -> str:
        return "…"


def _about(kind: str, code: str) -> str:
    """The sentence of a message without what it is filled with: what it was about, but not whom or what it names."""
    return web.said(label(kind, code)).format_map(_Left())


def _named(kind: str) -> list[tuple[str, str]]:
    return [(code, web.said(label(kind, code))) for code in codes(kind)]
