"""How a policy was made known (D-14): staff discussion, publication, training, signatures, everybody's acknowledgement.

A court asks for each of these before a rule on pay binds anybody (劳动合同法 第四条), and for the very text; so every row
belongs to one stored state of a policy, and a changed text starts anew.
"""

import re
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal import audit, clock, files
from appraisal.actor import Actor
from appraisal.core.numbers import plain
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.people import auth
from appraisal.people.checks import require_fits
from appraisal.people.models import Employee
from appraisal.policies import queries
from appraisal.policies.models import (
    CLERK,
    PAPER,
    SELF,
    PolicyAcknowledgement,
    PolicyMeasure,
    PolicyMeasureFile,
    PolicySignoff,
    StoredPolicy,
)

LONGEST_TEXT = 4000
MOST_NAMED = 1000


def find_state(session: Session, name: str, digest: str) -> StoredPolicy:
    """A published state of a policy by its digest. Raises NotFound."""
    stored = queries.by_digest(session, digest)
    if stored is None or stored.name != name:
        raise NotFound()
    return stored


def record_measure(
    session: Session,
    actor: Actor,
    stored: StoredPolicy,
    *,
    kind: str,
    held_on: date,
    text: str,
    people: int | None = None,
    hours: Decimal | None = None,
    file_ids: Collection[int] = (),
) -> PolicyMeasure:
    """HR records a discussion with the staff, a publication or a training, with its evidence.

    Raises Invalid for a day to come, text that is missing, or a file the actor has not handed in.
    """
    account_id = _hr_account(actor)
    _require_past("held_on", held_on)
    if not text.strip() or len(text) > LONGEST_TEXT or "\x00" in text:
        zh, en = f"请写明经过, 至多 {LONGEST_TEXT} 字", f"say what was done, in at most {LONGEST_TEXT} characters"
        raise Invalid("text_needed", zh, en, [Fault("text", zh, en)])
    if any(count is not None and count <= 0 for count in (people, hours)):
        raise Invalid(
            "bad_count", "人数、课时须大于 0, 不详则不写", "people and hours lie above 0; leave out what is not known"
        )
    evidence = files.own(session, actor, file_ids)
    measure = PolicyMeasure(
        stored_policy_id=stored.id,
        kind=kind,
        held_on=held_on,
        text=text,
        people=people,
        hours=hours,
        recorded_by=account_id,
        recorded_at=clock.now(),
    )
    session.add(measure)
    session.flush()
    session.add_all(PolicyMeasureFile(measure_id=measure.id, file_id=one.id) for one in evidence)
    session.flush()
    after = {"digest": stored.digest, "kind": kind, "held_on": held_on, "text": text, "people": people}
    after |= {"hours": None if hours is None else plain(hours), "files": [one.sha256 for one in evidence]}
    audit.record(session, actor, f"policy.{kind}", "policy", stored.name, after=after)
    return measure


def record_signoff(
    session: Session,
    actor: Actor,
    stored: StoredPolicy,
    *,
    duty: str,
    signer: str,
    signed_on: date,
    file_id: int | None = None,
) -> PolicySignoff:
    """HR records a signature under the policy: several people may sign for one duty, nobody twice. Raises Conflict, Invalid."""
    account_id = _hr_account(actor)
    _require_past("signed_on", signed_on)
    require_fits(duty=(duty, 40), signer=(signer, 80))
    known = select(PolicySignoff).where(
        PolicySignoff.stored_policy_id == stored.id, PolicySignoff.duty == duty, PolicySignoff.signer == signer
    )
    if session.exec(known).first() is not None:
        raise Conflict("already_signed", f"{signer} 已作为“{duty}”签署", f"{signer} has signed as {duty} already")
    scan = files.own(session, actor, [file_id])[0] if file_id is not None else None
    signoff = PolicySignoff(
        stored_policy_id=stored.id,
        duty=duty,
        signer=signer,
        signed_on=signed_on,
        file_id=file_id,
        recorded_by=account_id,
        recorded_at=clock.now(),
    )
    session.add(signoff)
    session.flush()
    after = {"digest": stored.digest, "duty": duty, "signer": signer, "signed_on": signed_on}
    audit.record(session, actor, "policy.signoff", "policy", stored.name, after=after | {"file": scan.sha256 if scan else None})
    return signoff


def acknowledge(session: Session, actor: Actor, stored: StoredPolicy) -> PolicyAcknowledgement:
    """An employee, or the clerk who enters for them, takes note of this text. Again it changes nothing."""
    if actor.employee_id is None or actor.account_id is None:
        raise NotAllowed("not_allowed", "此操作由员工本人办理", "this is for employees themselves")
    if known := session.get(PolicyAcknowledgement, (stored.id, actor.employee_id)):
        return known
    way = SELF if actor.on_behalf_of is None else CLERK
    [row] = _acknowledged(session, actor, stored, [actor.employee_id], way, None)
    return row


def acknowledge_on_paper(
    session: Session, actor: Actor, stored: StoredPolicy, *, employee_ids: Sequence[int], file_id: int
) -> int:
    """HR hands in a list signed on paper (D-21): how many it adds; who had acknowledged before stays as they were.

    Raises NotAllowed, and Invalid for people HR does not handle, themselves among them.
    """
    if not actor.holds("hr") or actor.account_id is None:
        raise auth.for_others("hr")
    seen = auth.seen_employees(session, actor, clock.today(), ("hr",))
    known = set(session.exec(select(Employee.id).where(col(Employee.id).in_(employee_ids), seen)).all())
    unknown = [(place, one) for place, one in enumerate(employee_ids) if one not in known]
    if unknown:
        zh, en = "名单中有您不能办理的人", "the list holds people you do not handle"
        raise Invalid("unknown_employee", zh, en, [Fault(f"employee_ids[{place}]", zh, en) for place, _ in unknown])
    [scan] = files.own(session, actor, [file_id])
    acknowledged = select(PolicyAcknowledgement.employee_id).where(
        PolicyAcknowledgement.stored_policy_id == stored.id, col(PolicyAcknowledgement.employee_id).in_(employee_ids)
    )
    new = sorted(known - set(session.exec(acknowledged).all()))
    return len(_acknowledged(session, actor, stored, new, PAPER, scan)) if new else 0


def employees_named(session: Session, text: str) -> list[int]:
    """The ids of people whose numbers somebody typed, parted by commas, spaces or lines. Raises Invalid for unknown ones."""
    numbers = list(dict.fromkeys(re.split(r"[\s,;，、；]+", text.strip())))
    found = session.exec(select(Employee.number, Employee.id).where(col(Employee.number).in_(numbers[:MOST_NAMED]))).all()
    ids = dict(found)
    if unknown := [one for one in numbers if one not in ids]:
        listed = ", ".join(unknown[:10]) + (" …" if len(unknown) > 10 else "")
        zh, en = f"没有这些工号: {listed}; 请更正", f"there is nobody with these numbers: {listed}"
        raise Invalid("unknown_employee", zh, en, [Fault("numbers", zh, en)])
    return [ids[one] for one in numbers]


def _acknowledged(
    session: Session, actor: Actor, stored: StoredPolicy, employee_ids: Sequence[int], way: str, scan: files.StoredFile | None
) -> list[PolicyAcknowledgement]:
    rows = [
        PolicyAcknowledgement(
            stored_policy_id=stored.id,
            employee_id=one,
            way=way,
            file_id=scan.id if scan else None,
            recorded_by=actor.account_id,
            acknowledged_at=clock.now(),
        )
        for one in employee_ids
    ]
    session.add_all(rows)
    session.flush()
    after = {"digest": stored.digest, "employees": list(employee_ids), "way": way, "file": scan.sha256 if scan else None}
    audit.record(session, actor, "policy.acknowledge", "policy", stored.name, after=after)
    return rows


def _hr_account(actor: Actor) -> int:
    """The account of somebody who handles the whole company's regulation, named on record."""
    auth.require_role(actor, "hr")
    if actor.account_id is None:
        raise Conflict("no_account", "须由具名账号办理", "this needs a named account")
    return actor.account_id


def _require_past(path: str, day: date) -> None:
    if day > clock.today():
        zh, en = f"{day} 还没有到, 请核对日期", f"{day} is still to come: check the date"
        raise Invalid("day_to_come", zh, en, [Fault(path, zh, en)])
