"""Mail to people: which notifications go out as mail and when, and handing them over one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import and_
from sqlmodel import Session, col, select

from appraisal import clock, db, deliveries, mail, notify
from appraisal.clock import COMPANY_ZONE
from appraisal.config import Settings
from appraisal.deliveries import MAIL, Delivery, Undelivered
from appraisal.errors import Invalid
from appraisal.jobs import Work
from appraisal.mail import Connection, Letter, Server
from appraisal.notify import Notification
from appraisal.people.models import Employee

DIGEST_AT: Final = time(8)
AT_ONCE: Final = 500
URGENT: Final = frozenset(
    (
        *("due_today", "overdue", "escalated", "closing", "remind", "reassigned", "sent_back", "mail_address_changed"),
        *("result_published", "appeal_filed", "appeal_due", "appeal_overdue", "appeal_accepted", "appeal_rejected"),
        *("appeal_upheld", "appeal_dismissed", "incident_filed", "incident_confirmed", "incident_reached"),
        *("improvement_offered", "kpi_level_reached", "kpi_exception_opened", "kpi_exception_assigned"),
        *("kpi_exception_overdue", "kpi_exception_escalated", "kpi_action_overdue"),
    )
)
"""What does not wait for the digest of the next morning: what is due, and what sets a term running."""


@dataclass(frozen=True)
class Sending:
    """Rows that one person gets as one mail."""

    ids: tuple[int, ...]
    employee_id: int


def server(settings: Settings) -> Server | None:
    """The mail server, if one is set up; settings that cannot stand are told on the administration page, and send nothing."""
    try:
        return mail.server_of(settings)
    except Invalid:
        return None


def anything_to_do(session: Session) -> bool:
    """Whether a notification has no row yet, or a row may be handed over now."""
    if session.exec(_unplanned(session).limit(1)).first() is not None:
        return True
    return (
        not deliveries.paused(session, MAIL)
        and session.exec(select(Delivery.id).where(deliveries.is_due(MAIL))).first() is not None
    )


def plan(session: Session) -> int:
    """Gives notifications that have none their row: to be sent at once, with the next digest, or not at all; how many."""
    db.one_at_a_time(session, "deliveries of mail")
    deliveries.skip_restored(session)
    rows = session.exec(_unplanned(session).limit(AT_ONCE)).all()
    session.add_all(_row(told, employee) for told, employee in rows)
    session.flush()
    return len(rows)


def next_digest(now: datetime) -> datetime:
    """Eight in the morning where the company works."""
    here = now.astimezone(COMPANY_ZONE)
    morning = datetime.combine(here.date(), DIGEST_AT, COMPANY_ZONE)
    return morning if here <= morning else morning + timedelta(days=1)


def deliver(work: Work, settings: Settings) -> int:
    """Hands over what is due; how many mails there were. A server that cannot be reached is left alone for a while."""
    found = server(settings)
    if found is None:
        return 0
    planned = AT_ONCE
    while planned == AT_ONCE:
        with work.chunk() as session:
            planned = plan(session)
    sent = 0
    try:
        while waiting := _due(work):
            with mail.connected(found) as connection:
                for one in waiting:
                    sent += _send(work, settings, found, connection, one)
    except Undelivered as unreachable:
        with db.transaction(work.target, write=True) as session:
            deliveries.note_unreachable(session, MAIL, unreachable.words)
    return sent


def _unplanned(session: Session) -> Any:
    of_it = and_(col(Delivery.notification_id) == Notification.id, col(Delivery.way) == MAIL)
    return (
        select(Notification, Employee)
        .join(Employee, col(Employee.id) == Notification.employee_id)
        .outerjoin(Delivery, of_it)
        .where(col(Delivery.id).is_(None), col(Notification.created_at) >= deliveries.told_since(session))
        .order_by(col(Notification.id))
    )


def _row(told: Notification, employee: Employee) -> Delivery:
    made = Delivery(way=MAIL, notification_id=told.id)
    if why := _why_not(employee):
        made.state, made.why, made.ended_at = deliveries.SKIPPED, why, clock.now()
    elif employee.mail_how == "digest" or (employee.mail_how == "urgent" and told.kind not in URGENT):
        made.digest, made.due_at = True, next_digest(clock.now())
    return made


def _why_not(employee: Employee) -> str | None:
    if employee.left_on is not None and employee.left_on < clock.today():
        return "left"
    if employee.email is None:
        return "no_address"
    return "not_wanted" if employee.mail_how == "none" else None


def _due(work: Work) -> list[Sending]:
    """What is due, as mails: a digest takes all of its person's, everything else goes alone."""
    with db.transaction(work.target, write=False) as session:
        if deliveries.paused(session, MAIL):
            return []
        due = (
            select(Delivery.id, Delivery.digest, Notification.employee_id)
            .join(Notification, col(Notification.id) == Delivery.notification_id)
            .where(deliveries.is_due(MAIL))
            .order_by(col(Delivery.due_at), col(Delivery.id))
            .limit(AT_ONCE)
        )
        digests: dict[int, list[int]] = {}
        alone: list[Sending] = []
        for delivery_id, digest, employee_id in session.exec(due):
            if digest:
                digests.setdefault(employee_id, []).append(delivery_id)
            else:
                alone.append(Sending((delivery_id,), employee_id))
    return alone + [Sending(tuple(ids), employee_id) for employee_id, ids in digests.items()]


def _send(work: Work, settings: Settings, server: Server, connection: Connection, one: Sending) -> bool:
    """One mail: claimed, handed over, noted. Raises Undelivered `unreachable`, with the claim given back."""
    with work.chunk(done=len(one.ids)) as session:
        taken = _claimed(session, server, one)
    if not taken:
        return False
    ids = [delivery.id or 0 for delivery, _, _ in taken]
    fault: Undelivered | None = None
    try:
        letter = _letter(settings, taken)
        connection.hand_over(letter.to, mail.composed(server, letter))
    except Undelivered as refused:
        fault = refused
    except (KeyError, ValueError) as bad:  # one that cannot be written must not hold the others up
        fault = Undelivered("never", f"{type(bad).__name__}: {bad}")
    with db.transaction(work.target, write=True) as session:
        if fault is None:
            deliveries.note_sent(session, MAIL, ids)
        else:
            deliveries.note_fault(session, ids, fault)
            if fault.how in ("later", "never"):
                deliveries.note_reached(session, MAIL)
    if fault is not None and fault.how == "unreachable":
        raise fault
    return fault is None


def _claimed(session: Session, server: Server, one: Sending) -> list[tuple[Delivery, Notification, Employee]]:
    """The rows of a mail that it is still for us to send; what has been read on the page meanwhile need not be."""
    asked = (
        select(Delivery, Notification, Employee)
        .join(Notification, col(Notification.id) == Delivery.notification_id)
        .join(Employee, col(Employee.id) == Notification.employee_id)
        .where(col(Delivery.id).in_(one.ids))
        .order_by(col(Delivery.id))
        .execution_options(populate_existing=True)
    )
    rows = session.exec(asked).all()
    wanted = []
    for delivery, told, employee in rows:
        why = None if delivery.address else "read" if told.read_at else _why_not(employee)
        if why is None:
            wanted.append(delivery.id or 0)
        else:
            deliveries.skip(session, [delivery.id or 0], why)
    if not wanted:
        return []
    first = next(delivery for delivery, _, _ in rows if delivery.id == wanted[0])
    message_id = f"<{first.id}.{int(first.made_at.timestamp())}@{server.domain}>"
    taken = set(deliveries.claim(session, wanted, message_id))
    return [row for row in session.exec(asked).all() if row[0].id in taken]


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "one": "绩效考核: 一条新消息",
        "several": "绩效考核: {n} 条消息",
        "opening": "{name}, 您好:",
        "closing": "系统自动发送, 请勿回复。在这里选择收到哪些邮件:",
    },
    "en": {
        "one": "Staff appraisal: a new message",
        "several": "Staff appraisal: {n} messages",
        "opening": "Dear {name},",
        "closing": "Sent by the system; replies are not read. Choose what you are sent:",
    },
}


def _letter(settings: Settings, rows: Sequence[tuple[Delivery, Notification, Employee]]) -> Letter:
    delivery, _, employee = rows[0]
    language = employee.mail_language
    words = _WORDS[language]
    lines = [
        (getattr(notify.sentence(told), language), f"{settings.site_address}/notifications/{told.id}") for _, told, _ in rows
    ]
    return Letter(
        to=delivery.address or employee.email or "",
        name=employee.name,
        language=language,
        subject=words["one"] if len(lines) == 1 else words["several"].format(n=len(lines)),
        opening=words["opening"].format(name=employee.name),
        lines=lines,
        closing=words["closing"],
        settings_address=f"{settings.site_address}/my/notification-settings",
        message_id=delivery.sent_as or "",
        at=clock.now(),
    )
