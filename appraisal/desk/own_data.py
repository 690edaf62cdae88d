"""Everything the system holds of one person that is theirs to see, in one file they can take away (PIPL, article 45)."""

from typing import Any

from sqlmodel import Session, col, select

from appraisal import clock, notify
from appraisal.actor import Actor
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Appraisal
from appraisal.errors import NotAllowed
from appraisal.notify import Notification
from appraisal.people import directory
from appraisal.people.models import Employee, Leave
from appraisal.people.schemas_organisation import EmployeeOut, HistoryOut, LeaveOut
from appraisal.policies.models import PolicyAcknowledgement, StoredPolicy
from appraisal.results import told
from appraisal.results.answers import CaseOut


def own_appraisals(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """The ids of one's own appraisals with the names of their cycles, the newest first."""
    names = {one.id: one.name for one in cycles.cycles(session) if one.status != DRAFT}
    mine = select(Appraisal).where(Appraisal.employee_id == actor.employee_id).order_by(col(Appraisal.id).desc())
    found = session.exec(mine).all() if actor.employee_id is not None else []
    return [(one.id or 0, names[one.cycle_id]) for one in found if one.cycle_id in names]


def gathered(session: Session, actor: Actor) -> dict[str, Any]:
    """One's own record, history, leave, cases as one may see them, acknowledgements and messages, as plain JSON values.

    Raises NotAllowed for an account that is nobody's.
    """
    if actor.employee_id is None:
        raise NotAllowed("not_allowed", "此账号不属于任何员工", "this account belongs to no employee")
    me = session.get_one(Employee, actor.employee_id)
    leave = select(Leave).where(Leave.employee_id == me.id).order_by(col(Leave.from_on))
    known = (
        select(StoredPolicy.name, StoredPolicy.digest, PolicyAcknowledgement.way, PolicyAcknowledgement.acknowledged_at)
        .join(PolicyAcknowledgement, col(PolicyAcknowledgement.stored_policy_id) == StoredPolicy.id)
        .where(PolicyAcknowledgement.employee_id == me.id)
    )
    messages = select(Notification).where(Notification.employee_id == me.id).order_by(col(Notification.id))
    return {
        "made_at": clock.now().isoformat(),
        "employee": EmployeeOut().dump(directory.shown(session, [me])[0]),
        "mail": {"email": me.email, "how": me.mail_how, "language": me.mail_language},
        "history": HistoryOut().dump({"episodes": directory.history(session, me)})["episodes"],
        "leave": LeaveOut(many=True).dump(session.exec(leave).all()),
        "appraisals": [CaseOut().dump(told.tell_case(session, actor, one)) for one, _ in own_appraisals(session, actor)],
        "acknowledged_policies": [
            {"policy": name, "digest": digest, "way": way, "at": at.isoformat()}
            for name, digest, way, at in session.exec(known).all()
        ],
        "messages": [
            {"at": one.created_at.isoformat(), "zh": said.zh, "en": said.en}
            for one in session.exec(messages).all()
            if (said := notify.sentence(one))
        ],
    }
