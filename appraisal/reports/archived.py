"""The archive as it is read: which documents somebody may see, one of them in full, its stored bytes, and scans attached to it.

What is shown is what was rendered then; nothing is rendered anew. A document is seen by those who may see what it tells of: of
a case those who handle it, and the person themselves once what it tells has been made known to them; of reports, exceptions and
releases their readers. Who may not see a document is told that there is none.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, true
from sqlmodel import Session, col, select

from appraisal import audit, clock, db, files
from appraisal.actor import Actor
from appraisal.bulletins import report_reach
from appraisal.bulletins.report_models import KpiReport
from appraisal.core.policy.model import Text
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development.models import ImprovementPlan
from appraisal.errors import Conflict, NotAllowed, NotFound
from appraisal.exceptions import queries as exceptions
from appraisal.exceptions.models import KpiException
from appraisal.files import FileContent, StoredFile
from appraisal.monitoring import reach
from appraisal.payroll import service as payroll
from appraisal.people import auth
from appraisal.people.models import Account, Employee, Unit
from appraisal.reports import payroll_cover
from appraisal.reports.catalogue import FORMS
from appraisal.reports.models import ArchivedDocument, DocumentScan
from appraisal.results import table
from appraisal.results.models import Publication, Result
from appraisal.results.table import HANDLING

TOLD_AT_ONCE: Final = frozenset({"performance_agreement"})
"""Forms of a case that tell no result, so that they are the person's from the beginning."""
ATTACHING: Final = ("hr", "payroll", "kpi_manager")
MOST_SCANS: Final = 20

_maker, _makers_name, _earlier = db.another(Account), db.another(Employee), db.another(Result)


@dataclass(frozen=True)
class Archived:
    """One document of the archive with the names around it and the file its bytes lie in."""

    row: ArchivedDocument
    title: Text
    employee: Employee | None
    cycle: Cycle | None
    unit: Unit | None
    file: StoredFile
    made_by: str | None


@dataclass(frozen=True)
class Scan:
    """A scan of the signed paper, its file, and who attached it."""

    row: DocumentScan
    file: StoredFile
    attached_by: str | None


def documents_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the documents that the actor may see, each with what `Archived` names; without an order.

    `search` is part of a name or number of a person or of a document's number; `period` is as the cycle writes it.
    """
    found = (
        select(ArchivedDocument, Employee, Cycle, Unit, StoredFile, func.coalesce(_makers_name.name, _maker.login))  # type: ignore[call-overload]
        .join(StoredFile, col(StoredFile.id) == ArchivedDocument.file_id)
        .outerjoin(Employee, col(Employee.id) == ArchivedDocument.employee_id)
        .outerjoin(Cycle, col(Cycle.id) == ArchivedDocument.cycle_id)
        .outerjoin(Unit, col(Unit.id) == ArchivedDocument.unit_id)
        .outerjoin(_maker, _maker.id == ArchivedDocument.made_by)
        .outerjoin(_makers_name, _makers_name.id == _maker.employee_id)
        .where(seen(session, actor))
    )
    for name in ("form", "cycle_id", "employee_id", "period", "language"):
        if asked.get(name) is not None:
            found = found.where(getattr(ArchivedDocument, name) == asked[name])
    if asked.get("search") is not None:
        columns = (Employee.number, Employee.name, ArchivedDocument.number)
        found = found.where(or_(*(col(one).contains(asked["search"], autoescape=True) for one in columns)))
    return found


def cycles_seen(session: Session, actor: Actor) -> Sequence[Cycle]:
    """The cycles that documents the actor may see belong to, the newest first."""
    of_them = select(ArchivedDocument.cycle_id).where(seen(session, actor))
    return session.exec(select(Cycle).where(col(Cycle.id).in_(of_them)).order_by(col(Cycle.starts_on).desc(), Cycle.code)).all()


def told(row: Any) -> Archived:
    """A row of that select."""
    document, employee, cycle, unit, stored, made_by = row
    return Archived(document, title_of(document.form), employee, cycle, unit, stored, made_by)


def title_of(form: str) -> Text:
    """What a form is called; of one that there is no more, its id."""
    return FORMS[form].title if form in FORMS else Text(form, form)


def find_document(session: Session, actor: Actor, document_id: int) -> Archived:
    """One document. Raises NotFound for who may not see it."""
    found = session.execute(documents_seen(session, actor, {}).where(ArchivedDocument.id == document_id)).first()
    if found is None:
        raise NotFound(hidden=session.get(ArchivedDocument, document_id) is not None)
    return told(found)


def scans_of(session: Session, document_id: int) -> Sequence[Scan]:
    """The scans attached to a document, the oldest first."""
    found = (
        select(DocumentScan, StoredFile, func.coalesce(_makers_name.name, _maker.login))
        .join(StoredFile, col(StoredFile.id) == DocumentScan.file_id)
        .outerjoin(_maker, col(_maker.id) == DocumentScan.attached_by)
        .outerjoin(_makers_name, col(_makers_name.id) == _maker.employee_id)
        .where(DocumentScan.document_id == document_id)
        .order_by(col(DocumentScan.id))
    )
    return [Scan(*row) for row in session.exec(found)]


def find_scan(session: Session, actor: Actor, document_id: int, scan_id: int) -> Scan:
    """One scan of a document that the actor sees. Raises NotFound."""
    find_document(session, actor, document_id)
    scan = next((one for one in scans_of(session, document_id) if one.row.id == scan_id), None)
    if scan is None:
        raise NotFound()
    return scan


def may_attach(actor: Actor, found: Archived) -> bool:
    """Whether the actor files signed paper with a document that they see: by office, and not with their own (D-05)."""
    if actor.on_behalf_of is not None:
        return found.row.employee_id == actor.on_behalf_of
    return actor.holds(*ATTACHING) and (found.row.employee_id is None or found.row.employee_id != actor.employee_id)


def attach_scan(session: Session, actor: Actor, document_id: int, *, file_id: int, note: str | None = None) -> DocumentScan:
    """Files a scan of the signed or sealed paper with its document; the trail keeps its SHA-256.

    By HR, payroll or the KPI manager where they see the document, or by the clerk who enters for its person. Raises NotFound,
    NotAllowed, Invalid `unknown_file`, Conflict `already_attached` and `too_many_scans`.
    """
    found = find_document(session, actor, document_id)
    if not may_attach(actor, found):
        raise NotAllowed("not_allowed", "仅经办人可以附签署件, 且不能附在本人的文书上", "signed paper is filed by the office")
    db.one_at_a_time(session, f"document {document_id}")
    (stored,) = files.own(session, actor, [file_id])
    known = scans_of(session, document_id)
    if any(one.file.sha256 == stored.sha256 for one in known):
        raise Conflict("already_attached", "同一扫描件已经附上", "this very scan is attached already")
    if len(known) >= MOST_SCANS:
        raise Conflict(
            "too_many_scans", f"一份文书最多附 {MOST_SCANS} 个扫描件", f"a document takes {MOST_SCANS} scans at most"
        )
    scan = DocumentScan(
        document_id=document_id,
        file_id=stored.id or 0,
        note=note,
        attached_by=actor.account_id,
        attached_at=clock.now(),
    )
    session.add(scan)
    session.flush()
    after = {"scan": scan.id, "sha256": stored.sha256, "name": stored.name, "note": note}
    audit.record(session, actor, "document.attach_scan", "archived_document", document_id, after=after)
    return scan


def damaged(session: Session) -> Iterator[tuple[db.Row, StoredFile]]:
    """The documents and scans whose stored bytes are missing or no longer give their SHA-256."""
    checked: dict[str, bool] = {}
    for kind in (ArchivedDocument, DocumentScan):
        pairs = select(kind, StoredFile).join(StoredFile, col(StoredFile.id) == kind.file_id).order_by(col(kind.id))
        for row, stored in session.exec(pairs).all():
            if stored.sha256 not in checked:
                content = session.exec(select(FileContent.content).where(FileContent.sha256 == stored.sha256)).first()
                checked[stored.sha256] = content is not None and hashlib.sha256(content).hexdigest() == stored.sha256
            if not checked[stored.sha256]:
                yield row, stored


def counted(session: Session) -> tuple[int, int]:
    """How many documents and scans there are."""
    documents, scans = (session.exec(select(func.count()).select_from(one)).one() for one in (ArchivedDocument, DocumentScan))
    return documents, scans


# Who sees what


def seen(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition over `ArchivedDocument` that the actor may see it."""
    conditions = []
    for about, condition in _SEEN.items():
        forms = [one.id for one in FORMS.values() if one.about == about]
        if forms:
            conditions.append(and_(col(ArchivedDocument.form).in_(forms), condition(session, actor)))
    return or_(false(), *conditions)


def _of_cases(session: Session, actor: Actor) -> ColumnElement[bool]:
    handled = (
        exists()
        .where(_same_case(), col(Employee.id) == Appraisal.employee_id, col(Cycle.id) == Appraisal.cycle_id)
        .where(table.seen_as(session, actor, HANDLING))
        .correlate(ArchivedDocument)
    )
    if actor.employee_id is None:
        return handled
    own = col(ArchivedDocument.employee_id) == actor.employee_id
    mine = or_(
        col(ArchivedDocument.form).in_(TOLD_AT_ONCE),
        and_(col(ArchivedDocument.made_by).is_not(None), col(ArchivedDocument.made_by) == actor.account_id),
        _tells_what_is_published(),
    )
    return or_(and_(own, mine), and_(~own, handled))


def _same_case() -> ColumnElement[bool]:
    """Whether an appraisal is the one that a document is of: a person has one in a cycle."""
    person, cycle = col(Appraisal.employee_id), col(Appraisal.cycle_id)
    return and_(person == ArchivedDocument.employee_id, cycle == ArchivedDocument.cycle_id)


def _tells_what_is_published() -> ColumnElement[bool]:
    """Whether the result that stood when a document was made has been published since, or then."""
    stood = (
        select(func.max(_earlier.seq))
        .where(_earlier.appraisal_id == Appraisal.id, _earlier.computed_at <= ArchivedDocument.made_at)
        .correlate(ArchivedDocument, Appraisal)
        .scalar_subquery()
    )
    return (
        exists()
        .where(_same_case(), col(Result.appraisal_id) == Appraisal.id, col(Result.seq) == stood)
        .where(col(Publication.result_id) == Result.id)
        .correlate(ArchivedDocument)
    )


def _of_plans(session: Session, actor: Actor) -> ColumnElement[bool]:
    people = select(Employee.id).where(auth.seen_employees(session, actor, clock.today(), HANDLING))
    others = col(ArchivedDocument.employee_id).in_(people)
    if actor.employee_id is None:
        return others
    offered = select(ImprovementPlan.id).where(col(ImprovementPlan.offered_at).is_not(None))
    own = and_(col(ArchivedDocument.employee_id) == actor.employee_id, col(ArchivedDocument.about_id).in_(offered))
    return or_(own, others)


def _of_cycles(session: Session, actor: Actor) -> ColumnElement[bool]:
    """Lists and summaries of a unit: by HR, approvers and auditors within their units, and by who heads it."""
    limits = [actor.units_of(role) for role in ("hr", "approver", "auditor") if actor.holds(role)]
    if None in limits:
        return true()
    units = frozenset[int]().union(*(units for units in limits if units)) | reach.headed(session, actor)
    return col(ArchivedDocument.unit_id).in_(sorted(units))


def _of_releases(session: Session, actor: Actor) -> ColumnElement[bool]:
    """Release covers: by payroll, HR and auditors, of the cycles whose releases they read; sums of money by payroll (D-25)."""
    if not actor.holds("payroll", "hr", "auditor"):
        return false()
    readable = col(ArchivedDocument.cycle_id).in_(select(Cycle.id).where(payroll.readable(actor)))
    without_amounts = ~col(ArchivedDocument.number).endswith(payroll_cover.WITH_AMOUNTS)
    if not actor.holds("payroll"):
        return and_(readable, without_amounts)
    limit = actor.units_of("payroll")
    paying = true() if limit is None else col(Cycle.unit_id).in_(sorted(limit))
    paid = col(ArchivedDocument.cycle_id).in_(select(Cycle.id).where(paying))
    return or_(paid, and_(readable, without_amounts))


def _of_reports(session: Session, actor: Actor) -> ColumnElement[bool]:
    return col(ArchivedDocument.about_id).in_(select(KpiReport.id).where(report_reach.reads_report(session, actor)))


def _of_exceptions(session: Session, actor: Actor) -> ColumnElement[bool]:
    seen = reach.reach_of(session, actor, exceptions.READERS)
    readable = or_(seen.in_full(KpiException.unit_id), exceptions.owns(actor))
    return col(ArchivedDocument.about_id).in_(select(KpiException.id).where(readable))


def _of_policies(session: Session, actor: Actor) -> ColumnElement[bool]:
    return true()


_SEEN: Final[Mapping[str, Callable[[Session, Actor], ColumnElement[bool]]]] = {
    "appraisal": _of_cases,
    "agreement": _of_cases,
    "appeal": _of_cases,
    "improvement_plan": _of_plans,
    "cycle": _of_cycles,
    "release": _of_releases,
    "report": _of_reports,
    "exception": _of_exceptions,
    "policy": _of_policies,
}
