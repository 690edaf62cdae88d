"""Use cases of deliveries: the robots of group chats, having what was put off tried at once, and how the ways are doing."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session, col, select

from appraisal import audit, clock, db, deliveries, jobs, mail, notify, robots, sealing
from appraisal.actor import Actor
from appraisal.config import Settings, settings
from appraisal.core.errors import Message
from appraisal.deliveries import CLAIMED, FAILED, MAIL, SENT, SKIPPED, UNCERTAIN, WAITING, Delivery, Way
from appraisal.delivery import groups
from appraisal.delivery.models import Robot
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.people import auth
from appraisal.people.checks import require_fits, require_new
from appraisal.people.models import Unit

DELIVER: Final = "delivery.deliver"
LONGEST_SECRET = 200
LONGEST_ADDRESS = 500


@dataclass(frozen=True)
class Standing:
    """How a way does. `trouble` is why it cannot be used at all; `robot` is absent for mail."""

    name: str
    robot: Robot | None
    way: Way | None
    trouble: Message | None
    in_use: bool
    waiting: int
    sent: int
    failed: int
    uncertain: int
    skipped: int


def require_operator(actor: Actor) -> None:
    """How deliveries do and where groups are is the administrators' business; auditors may look."""
    auth.require_role(actor, "admin", "auditor")


def add_robot(session: Session, actor: Actor, *, address: str, secret: str | None = None, **given: Any) -> Robot:
    """A new robot. Raises Invalid for an address that is not allowed or a unit there is not, Conflict for a name in use."""
    auth.require_role(actor, "admin")
    _check(session, given)
    require_new(session.exec(select(Robot).where(Robot.name == given["name"])).first(), f"机器人 {given['name']}", "the robot")
    made = Robot(**given, host="", sealed=b"", seal=secrets.token_hex(16), created_at=clock.now())
    _seal(made, address, secret)
    session.add(made)
    session.flush()
    audit.record(session, actor, "robot.add", "robot", made.id, after=_shown(made))
    return made


def change_robot(
    session: Session,
    actor: Actor,
    robot: Robot,
    *,
    address: str | None = None,
    secret: str | None = None,
    version: int | None = None,
    **given: Any,
) -> Robot:
    """Changes a robot; without an address it keeps the one it has, and its secret with it. Raises as `add_robot`."""
    auth.require_role(actor, "admin")
    db.expect_version(robot, version)
    _check(session, given)
    if address is None and (secret is not None or given["kind"] != robot.kind):
        zh, en = "更改类型或密钥时, 请把地址一并填上", "to change the kind or the secret, give the address as well"
        raise Invalid("bad_fields", zh, en, [Fault("address", zh, en)])
    before = _shown(robot)
    for name, value in given.items():
        setattr(robot, name, value)
    if address is not None:
        _seal(robot, address, secret)
    session.flush()
    after = _shown(robot) | {"address_changed": address is not None}
    audit.record(session, actor, "robot.change", "robot", robot.id, before=before, after=after)
    return robot


def test_robot(session: Session, actor: Actor, robot: Robot) -> Delivery:
    """Has a robot say that it is connected, in the background. Raises Conflict `switched_off`."""
    auth.require_role(actor, "admin")
    if not robot.active:
        raise Conflict("switched_off", "机器人已停用, 请先启用", "the robot is switched off: switch it on first")
    way = deliveries.robot_way(robot.id or 0)
    told = notify.announce(session, groups.TEST, about=("robot", robot.id or 0), unit_id=robot.unit_id, name=robot.name)
    session.flush()
    made = Delivery(way=way, announcement_id=told.id)
    session.add(made)
    session.flush()
    deliveries.retry_now(session, way)
    audit.record(session, actor, "robot.test", "robot", robot.id, after={"delivery_id": made.id})
    _deliver_soon(session, actor)
    return made


def retry_now(session: Session, actor: Actor) -> None:
    """Has everything that was put off tried at once; what was refused for good or may have arrived stays as it is."""
    auth.require_role(actor, "admin")
    for way in session.exec(select(Way.name)).all():
        deliveries.retry_now(session, way)
    waiting = {way: number for (way, state), number in deliveries.counts(session).items() if state == WAITING}
    audit.record(session, actor, "delivery.retry", "delivery", "all", after={"waiting": waiting})
    _deliver_soon(session, actor)


def standings(session: Session, actor: Actor) -> list[Standing]:
    """How mail and every robot do."""
    require_operator(actor)
    chosen = settings()
    counts = deliveries.counts(session)
    ways = {way.name: way for way in session.exec(select(Way))}
    found: Sequence[Robot | None] = [None, *session.exec(select(Robot).order_by(col(Robot.name)))]

    def standing(robot: Robot | None) -> Standing:
        name = MAIL if robot is None else deliveries.robot_way(robot.id or 0)
        trouble = _mail_trouble(chosen) if robot is None else _robot_trouble(chosen, robot)
        in_use = bool(chosen.smtp_host) if robot is None else robot.active
        waiting, *ended = (counts.get((name, state), 0) for state in (WAITING, SENT, FAILED, UNCERTAIN, SKIPPED))
        return Standing(name, robot, ways.get(name), trouble, in_use, waiting + counts.get((name, CLAIMED), 0), *ended)

    return [standing(robot) for robot in found]


def find_robot(session: Session, actor: Actor, robot_id: int) -> Robot:
    """A robot, for those who may know of them. Raises NotFound."""
    require_operator(actor)
    found = session.get(Robot, robot_id)
    if found is None:
        raise NotFound()
    return found


def _check(session: Session, given: dict[str, Any]) -> None:
    require_fits(name=(given["name"], 80))
    given["events"] = sorted(set(given["events"]))
    if given["unit_id"] is not None and session.get(Unit, given["unit_id"]) is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_row", zh, en, [Fault("unit_id", zh, en)])


def _seal(robot: Robot, address: str, secret: str | None) -> None:
    robot.host = robots.host_of(settings(), address)
    robot.sealed = sealing.seal(robot.seal, json.dumps({"address": address, "secret": secret}).encode())


def _shown(robot: Robot) -> dict[str, Any]:
    """What the trail keeps of a robot: never where exactly it listens, nor its secret."""
    return {name: getattr(robot, name) for name in ("name", "kind", "host", "events", "unit_id", "language", "active")}


def _deliver_soon(session: Session, actor: Actor) -> None:
    jobs.enqueue(session, actor, DELIVER, {}, about="deliveries")


def _mail_trouble(chosen: Settings) -> Message | None:
    try:
        if mail.server_of(chosen) is None:
            return Message("没有设置 SMTP_HOST, 不发邮件", "SMTP_HOST is not set: no mail is sent")
    except Invalid as bad:
        return bad.message
    return None


def _robot_trouble(chosen: Settings, robot: Robot) -> Message | None:
    if robot.active and robot.host not in chosen.webhook_hosts:
        zh, en = f"{robot.host} 不在 WEBHOOK_HOSTS 中", f"{robot.host} is not among WEBHOOK_HOSTS"
        return Message(zh, en)
    return None
