"""A purge: what is past its term goes, for good, a few cases in each transaction, and nothing before its day.

What is due is looked up anew in each transaction, so a hold that was set meanwhile counts. What stays of a case is one more in
the count of a grade in a unit; of a person a row without name and number, to which what others did under them refers. The audit
chain holds: the records stay, without what they said. Of what a person did, records about others go when those others' do.
"""

import json
import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.cycles.models import Appraisal, Sheet
from appraisal.errors import Conflict
from appraisal.feedback.models import FeedbackRound
from appraisal.idempotency import IdempotencyKey
from appraisal.notify import Notification
from appraisal.payroll.models import Release, ReleaseBases, ReleaseLine
from appraisal.people import auth
from appraisal.people.models import Account, ApiToken, Employee, PasswordReset, WebSession
from appraisal.policies.models import PolicyAcknowledgement
from appraisal.records.due import Due, preview
from appraisal.records.erasing import Erasing
from appraisal.records.models import CASE, CYCLE, DOCUMENT, PERSON, RELEASE, Purge, Purged, PurgedGrades, PurgeDoor
from appraisal.reports.models import ArchivedDocument
from appraisal.results.models import Calibration, InForce, Result

AT_ONCE: Final = 25
LOCK: Final = "purge"
OF_PEOPLE: Final = ("leave_span", "past_grade", "past_target", "training_need", "improvement_plan", "incident", "legal_hold")
"""What a person has beside cases. Where they worked stays under the pseudonym, because what they decided is judged by it."""


def begin(session: Session, actor: Actor, on: date) -> Purge:
    """Begins a purge as of a day, by an administrator or a job. Raises Conflict `not_yet` for a day that has not come."""
    if on > clock.today():
        raise Conflict("not_yet", "不能按将来的日期清除", "nothing is purged as of a day that has not come")
    purge = Purge(on_day=on, asked_by=actor.account_id, began_at=clock.now(), counts={})
    session.add(purge)
    session.flush()
    audit.record(session, actor, "purge.begin", "purge", purge.id, after={"on": on})
    return purge


def take_some(session: Session, actor: Actor, purge_id: int) -> int:
    """Takes the next few things that are due, in one transaction; how many. With none left, ends the purge."""
    db.one_at_a_time(session, LOCK)
    purge = session.get_one(Purge, purge_id, with_for_update=True)
    if purge.ended_at is not None:
        return 0
    batch = preview(session, purge.on_day).ready[:AT_ONCE]
    if not batch:
        purge.ended_at = clock.now()
        audit.record(session, actor, "purge.end", "purge", purge_id, after={"counts": purge.counts})
        return 0
    door = PurgeDoor(purge_id=purge_id)
    session.add(door)
    session.flush()
    erasing = Erasing(session)
    ids = {kind: [one.id for one in batch if one.kind == kind] for kind in (DOCUMENT, RELEASE, CASE, PERSON)}
    _documents(erasing, ids[DOCUMENT])
    _releases(session, ids[RELEASE])
    _cases(erasing, [one for one in batch if one.kind == CASE])
    # Whoever still has a case in the next batch comes after it.
    _people(erasing, ids[PERSON])
    erasing.drop_files()
    erasing.forget_on_trail(_around(session, batch))
    for one in batch:
        session.add(Purged(kind=one.kind, object_id=one.id, purge_id=purge_id, purged_at=clock.now()))
    _note_empty_cycles(session, purge_id, batch)
    session.delete(door)
    taken = Counter({kind: len(some) for kind, some in ids.items() if some})
    purge.counts = _added(purge.counts, taken, erasing.rows)
    after = {"taken": {kind: some for kind, some in ids.items() if some}, "rows": dict(erasing.rows)}
    audit.record(session, actor, "purge.take", "purge", purge_id, after=after)
    session.flush()
    return len(batch)


def _added(counts: dict[str, Any], taken: Counter[str], rows: Counter[str]) -> dict[str, Any]:
    """The counts of a purge with those of one more transaction."""
    more = {"taken": taken, "rows": rows}
    return {name: dict(Counter(counts.get(name, {})) + new) for name, new in more.items()}


def _documents(erasing: Erasing, ids: Sequence[int]) -> None:
    if ids:
        erasing.take({"archived_document": ids})


def _releases(session: Session, ids: Sequence[int]) -> None:
    """The content keeps its totals and loses its lines, the lines whom they are of; the hash stays that of what was paid."""
    for release in session.exec(select(Release).where(col(Release.id).in_(ids))):
        for line in session.exec(select(ReleaseLine).where(ReleaseLine.release_id == release.id)):
            line.employee_number, line.employee_name, line.places = "—", "—", []
        if release.content is not None:
            release.content = json.dumps(json.loads(release.content) | {"lines": []}, ensure_ascii=False)
        if (bases := session.get(ReleaseBases, release.id)) is not None:
            session.delete(bases)
    session.flush()


def _cases(erasing: Erasing, cases: Sequence[Due]) -> None:
    """Cases with all that hangs on them, their documents, and what people were told about them."""
    if not cases:
        return
    session, ids = erasing.session, [one.id for one in cases]
    _count_grades(session, ids)
    documents = select(ArchivedDocument.id).join(Appraisal, col(Appraisal.employee_id) == ArchivedDocument.employee_id)
    documents = documents.where(col(Appraisal.cycle_id) == ArchivedDocument.cycle_id, col(Appraisal.id).in_(ids))
    erasing.take({"archived_document": [one or 0 for one in session.exec(documents)]})
    erasing.take({"appraisal": ids})
    told = [*erasing.ids]
    for kind in told:
        about = select(Notification.id).where(
            Notification.about_kind == kind, col(Notification.about_id).in_(sorted(erasing.ids[kind]))
        )
        erasing.take({"notification": [one or 0 for one in session.exec(about)]})


def _count_grades(session: Session, ids: Sequence[int]) -> None:
    """Adds the grades that stood to the counts that stay, in the unit of each case's last post."""
    graded = (
        select(Appraisal.id, Appraisal.cycle_id, Result.grade)
        .join(InForce, col(InForce.appraisal_id) == Appraisal.id)
        .join(Result, col(Result.id) == InForce.result_id)
        .where(col(Appraisal.id).in_(ids))
    )
    for appraisal_id, cycle_id, grade in session.exec(graded).all():
        places = select(Sheet.unit_id).where(Sheet.appraisal_id == appraisal_id)
        unit_id = session.exec(places.order_by(col(Sheet.to_on).desc(), col(Sheet.id).desc()).limit(1)).first()
        if unit_id is None:
            continue
        kept = session.get(PurgedGrades, (cycle_id, unit_id, grade))
        if kept is None:
            session.add(PurgedGrades(cycle_id=cycle_id, unit_id=unit_id, grade=grade, people=1))
        else:
            kept.people += 1
        session.flush()


def _people(erasing: Erasing, ids: Sequence[int]) -> None:
    """Persons lose their name, number, sign-in and all that is about them alone."""
    session = erasing.session
    for person in session.exec(select(Employee).where(col(Employee.id).in_(ids))):
        mine: dict[str, list[int]] = {}
        for name in OF_PEOPLE:
            table = db.Row.metadata.tables[name]
            mine[name] = list(session.execute(select(table.c.id).where(table.c.employee_id == person.id)).scalars())  # type: ignore[call-overload]
        told = select(Notification.id).where(Notification.employee_id == person.id)
        mine["notification"] = [one or 0 for one in session.exec(told)]
        erasing.take(mine)
        known = select(PolicyAcknowledgement.stored_policy_id).where(PolicyAcknowledgement.employee_id == person.id)
        erasing.take({"policy_acknowledgement": [(one, person.id) for one in session.exec(known)]})
        opaque = secrets.token_hex(6)
        person.number, person.name = f"X-{opaque}", f"已离职-{opaque}"
        person.email, person.probation_until = None, None
        account = session.exec(select(Account).where(Account.employee_id == person.id)).first()
        if account is not None:
            _close(erasing, account, opaque)
    session.flush()


def _close(erasing: Erasing, account: Account, opaque: str) -> None:
    """An account that nobody can sign in with, of nobody who is known."""
    session = erasing.session
    for kind in (WebSession, PasswordReset, ApiToken, IdempotencyKey):
        found = select(kind.id).where(kind.account_id == account.id)
        erasing.take({str(kind.__tablename__): [one or 0 for one in session.exec(found)]})
    account.login, account.disabled = f"x-{opaque}", True
    account.password_hash = auth.HASHER.hash(secrets.token_urlsafe(32))


def _around(session: Session, batch: Sequence[Due]) -> dict[str, list[int]]:
    """What the trail calls things that stay, of which it is to forget what was said: persons, their accounts, releases, and
    cycles without a case left, with their calibrations and feedback rounds."""
    people = [one.id for one in batch if one.kind == PERSON]
    accounts = session.exec(select(Account.id).where(col(Account.employee_id).in_(people))).all()
    empty = _empty_cycles(session, batch)
    rounds = session.exec(select(FeedbackRound.id).where(col(FeedbackRound.cycle_id).in_(empty))).all()
    calibrations = session.exec(select(Calibration.id).where(col(Calibration.cycle_id).in_(empty))).all()
    return {
        "employee": people,
        "account": [one or 0 for one in accounts],
        "payroll_release": [one.id for one in batch if one.kind == RELEASE],
        "cycle": empty,
        "feedback_round": [one or 0 for one in rounds],
        "calibration": [one or 0 for one in calibrations],
    }


def _empty_cycles(session: Session, batch: Sequence[Due]) -> list[int]:
    """The cycles of these cases that have none left."""
    cycles = {one.cycle_id for one in batch if one.kind == CASE and one.cycle_id is not None}
    left = set(session.exec(select(Appraisal.cycle_id).where(col(Appraisal.cycle_id).in_(cycles)).distinct()))
    return sorted(cycles - left)


def _note_empty_cycles(session: Session, purge_id: int, batch: Sequence[Due]) -> None:
    for cycle_id in _empty_cycles(session, batch):
        if session.get(Purged, (CYCLE, cycle_id)) is None:
            session.add(Purged(kind=CYCLE, object_id=cycle_id, purge_id=purge_id, purged_at=clock.now()))
