"""Endpoints of deliveries: what I am sent by mail; for administrators how deliveries do, and the robots of group chats."""

from typing import Any

from sqlmodel import col, select

from appraisal import rest
from appraisal.delivery import queries, service
from appraisal.delivery.models import Robot
from appraisal.delivery.schemas import (
    DeliveryListing,
    DeliveryOut,
    MailChoiceIn,
    MailChoiceOut,
    RobotChange,
    RobotIn,
    RobotOut,
    WaysOut,
)
from appraisal.people import mailing
from appraisal.people.models import Employee

endpoints = rest.Endpoints("delivery", "送达 · Mail and messages to group chats: what I am sent, and how deliveries do")


@endpoints.get("/my/notification-settings", out=MailChoiceOut)
def show_mail_choice() -> dict[str, Any]:
    """What I am sent by mail, where and in which language."""
    return _choice(mailing.recipient(rest.session(), rest.actor()))


@endpoints.put("/my/notification-settings", MailChoiceIn, out=MailChoiceOut, of=show_mail_choice)
def choose_mail(body: dict[str, Any], version: int) -> dict[str, Any]:
    """Choose what I am sent

    `how`: each message at once, urgent ones at once and the rest in one mail a day at 8, all of it in that mail, or none. The
    page always has all of them. A change of address is told to the address before.
    """
    return _choice(mailing.choose(rest.session(), rest.actor(), version=version, **body))


@endpoints.get("/deliveries", DeliveryListing, out=rest.page_of(DeliveryOut))
def list_deliveries(query: dict[str, Any]) -> rest.Page:
    """What was, is and will be delivered outside the page, the latest first

    `uncertain` was claimed by a worker that died, or lost its connection, while sending: it may have arrived, and is not sent
    again.
    """
    service.require_operator(rest.actor())
    page = rest.paged(rest.session(), queries.found(query), queries.NEWEST_FIRST, query)
    return page.with_items(queries.shown(rest.session(), page.items))


@endpoints.get("/deliveries/ways", out=WaysOut)
def list_ways() -> dict[str, Any]:
    """How mail and each robot do."""
    return {"items": [_way(one) for one in service.standings(rest.session(), rest.actor())]}


@endpoints.post("/deliveries/retry", plain=True)
def retry_deliveries() -> None:
    """Try now what was put off because the other side could not be reached."""
    service.retry_now(rest.session(), rest.actor())


@endpoints.get("/robots", rest.Listing, out=rest.page_of(RobotOut))
def list_robots(query: dict[str, Any]) -> rest.Page:
    """The robots of group chats."""
    service.require_operator(rest.actor())
    return rest.paged(rest.session(), select(Robot), [(col(Robot.id), "asc")], query)


@endpoints.get("/robots/<int:robot_id>", out=RobotOut)
def show_robot(robot_id: int) -> Robot:
    """One robot; its address and secret are kept sealed and never shown."""
    return service.find_robot(rest.session(), rest.actor(), robot_id)


@endpoints.post("/robots", RobotIn, out=RobotOut, creates=True)
def add_robot(body: dict[str, Any]) -> Robot:
    """Connect a robot of 企业微信, 钉钉 or 飞书

    Its group is told what was chosen: counts and links, never a person's result.
    """
    return service.add_robot(rest.session(), rest.actor(), **body)


@endpoints.put("/robots/<int:robot_id>", RobotChange, out=RobotOut, of=show_robot)
def change_robot(body: dict[str, Any], robot_id: int, version: int) -> Robot:
    """Change a robot; without an address it keeps the one it has, with its secret."""
    robot = service.find_robot(rest.session(), rest.actor(), robot_id)
    return service.change_robot(rest.session(), rest.actor(), robot, version=version, **body)


@endpoints.post("/robots/<int:robot_id>/test", out=DeliveryOut, creates=True)
def test_robot(robot_id: int) -> dict[str, Any]:
    """Have a robot say that it is connected; what came of it is in the delivery."""
    robot = service.find_robot(rest.session(), rest.actor(), robot_id)
    return queries.shown(rest.session(), [service.test_robot(rest.session(), rest.actor(), robot)])[0]


def _choice(employee: Employee) -> dict[str, Any]:
    return {
        "email": employee.email,
        "how": employee.mail_how,
        "language": employee.mail_language,
        "version": employee.version,
    }


def _way(one: service.Standing) -> dict[str, Any]:
    kept = ("name", "in_use", "trouble", "waiting", "sent", "failed", "uncertain", "skipped")
    of_way = {name: getattr(one.way, name, None) for name in ("last_sent_at", "last_fault_at", "fault", "retry_at")}
    found = {name: getattr(one, name) for name in kept} | of_way
    return found | {"robot_id": one.robot.id if one.robot else None, "faults": one.way.faults if one.way else 0}
