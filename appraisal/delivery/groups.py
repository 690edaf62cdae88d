"""Messages to group chats: which robot is told what, and handing it over."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import and_
from sqlmodel import Session, col, select

from appraisal import clock, db, deliveries, notify, robots, sealing
from appraisal.config import Settings
from appraisal.deliveries import Delivery, Undelivered
from appraisal.delivery.models import Robot
from appraisal.errors import Conflict
from appraisal.jobs import Work
from appraisal.notify import Announcement
from appraisal.people import queries as people

MOST_LINES: Final = 10
HEAD: Final = "绩效考核 · Staff appraisal"
"""Every message begins so: a robot that asks for a keyword is given 绩效考核."""
TEST: Final = "robot_test"


def anything_to_do(session: Session) -> bool:
    """Whether a robot has something to say that it has not been given yet, or that is due."""
    return any(
        _unplanned(session, robot) or (not deliveries.paused(session, way) and session.exec(_due(way).limit(1)).first())
        for robot in _active(session)
        if (way := deliveries.robot_way(robot.id or 0))
    )


def plan(session: Session) -> int:
    """Gives every robot a row for each announcement that is for its group; how many."""
    db.one_at_a_time(session, "deliveries to robots")
    deliveries.skip_restored(session)
    made = [
        Delivery(way=deliveries.robot_way(robot.id or 0), announcement_id=one.id)
        for robot in _active(session)
        for one in _unplanned(session, robot)
    ]
    session.add_all(made)
    session.flush()
    return len(made)


def deliver(work: Work, settings: Settings) -> int:
    """Has every robot say what is due; how many messages there were. One that cannot be reached keeps none of the others."""
    with work.chunk() as session:
        plan(session)
        found = [(one.id or 0, one.active) for one in session.exec(select(Robot).order_by(col(Robot.id)))]
    said = 0
    for robot_id, active in found:
        if active:
            while _say(work, settings, robot_id):
                said += 1
        else:
            _forget(work, robot_id)
    return said


def target_of(robot: Robot) -> robots.Target:
    """Where a robot listens, unsealed. Raises Conflict `sealed` after a change of key."""
    kept = json.loads(sealing.unseal(robot.seal, robot.sealed))
    return robots.Target(robot.kind, kept["address"], kept["secret"])


def _active(session: Session) -> Sequence[Robot]:
    return session.exec(select(Robot).where(col(Robot.active).is_(True)).order_by(col(Robot.id))).all()


def _unplanned(session: Session, robot: Robot) -> list[Announcement]:
    """What a robot's group has not been given: of its unit, of what lies above or below it, or of everybody."""
    of_it = and_(col(Delivery.announcement_id) == Announcement.id, col(Delivery.way) == deliveries.robot_way(robot.id or 0))
    asked = (
        select(Announcement)
        .outerjoin(Delivery, of_it)
        .where(col(Delivery.id).is_(None), col(Announcement.kind).in_(robot.events))
        .where(col(Announcement.created_at) >= max(deliveries.told_since(session), robot.created_at))
        .order_by(col(Announcement.id))
    )
    found = session.exec(asked).all()
    if robot.unit_id is None or not found:
        return list(found)
    units = {one.unit_id for one in found if one.unit_id is not None}
    below = people.subtrees(session, units | {robot.unit_id})
    return [
        one
        for one in found
        if one.unit_id is None or one.unit_id in below[robot.unit_id] or robot.unit_id in below[one.unit_id]
    ]


def _due(way: str) -> Any:
    return (
        select(Delivery, Announcement)
        .join(Announcement, col(Announcement.id) == Delivery.announcement_id)
        .where(deliveries.is_due(way))
        .order_by(col(Delivery.id))
    )


def _say(work: Work, settings: Settings, robot_id: int) -> bool:
    """One message: claimed, posted, noted. Whether there may be more to say."""
    way = deliveries.robot_way(robot_id)
    with work.chunk() as session:
        robot = session.get_one(Robot, robot_id)
        if not robot.active or deliveries.paused(session, way):
            return False
        db.one_at_a_time(session, f"deliveries of {way}")
        ids, text = _message(session, settings, robot)
        taken = deliveries.claim(session, ids)
    if not taken:
        return False
    fault: Undelivered | None = None
    try:
        robots.say(settings, target_of(robot), text, clock.now().timestamp())
    except Undelivered as refused:
        fault = refused
    except Conflict as sealed:
        fault = Undelivered("never", f"{sealed.message.zh} · {sealed.message.en}")
    with db.transaction(work.target, write=True) as session:
        if fault is None:
            deliveries.note_sent(session, way, taken)
        else:
            deliveries.note_fault(session, taken, fault)
            if fault.how in ("unreachable", "later"):
                deliveries.note_unreachable(session, way, fault.words)
            elif fault.how == "never":
                deliveries.note_reached(session, way)
    return fault is None or fault.how in ("never", "uncertain")


def _message(session: Session, settings: Settings, robot: Robot) -> tuple[list[int], str]:
    """As much of what is due as one message takes."""
    ids: list[int] = []
    text = HEAD
    for delivery, told in session.exec(_due(deliveries.robot_way(robot.id or 0)).limit(MOST_LINES)):
        said: str = getattr(notify.sentence(told), robot.language)
        more = f"\n{said}"
        if settings.site_address and told.kind != TEST:
            more += f"\n{settings.site_address}/announcements/{told.id}"
        if ids and len((text + more).encode()) > robots.LONGEST_TEXT:
            break
        ids.append(delivery.id or 0)
        text += more
    return ids, text


def _forget(work: Work, robot_id: int) -> None:
    """What a robot that is switched off was to say."""
    with work.chunk() as session:
        left = session.exec(_due(deliveries.robot_way(robot_id))).all()
        deliveries.skip(session, [delivery.id for delivery, _ in left], "switched_off")
