"""Everything of one person in one archive (PIPL, article 45): an index to read, all data as JSON, tables, documents, files.

What stands in it is what the person may see in the system: results once published, answers of 360° feedback as totals only, no
notes that others keep for themselves, no drafts of others. Who looked at what is told as what was done and when, not by whom.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import or_
from sqlmodel import Session, and_, col, select

from appraisal import audit, cells, clock, files
from appraisal.actor import Actor
from appraisal.agreements.models import Agreement
from appraisal.agreements.models import Signature as AgreementSignature
from appraisal.audit import AuditRecord
from appraisal.config import PROJECT_ROOT
from appraisal.cycles.models import Appraisal, Sheet
from appraisal.desk import own_data
from appraisal.development.models import ImprovementPlan, ImprovementSignature
from appraisal.errors import NotAllowed
from appraisal.files import StoredFile
from appraisal.formats import documents as environment
from appraisal.formats import local_date
from appraisal.incidents.models import Incident, IncidentFile
from appraisal.people import auth, directory
from appraisal.people.models import Account, Employee, WebSession
from appraisal.reports import archived
from appraisal.reports.models import ArchivedDocument
from appraisal.results.models import Acknowledgement, Appeal, AppealAct, AppealFile, Result
from appraisal.reviews.models import InterviewSignature, ReviewEntry

MOST_BYTES: Final = 60_000_000
"""Of documents and files: what goes beyond is named in the index, with where it is read instead."""
_SHEET: Final = PROJECT_ROOT / "appraisal" / "static" / "take_out.css"


@dataclass(frozen=True)
class Piece:
    """A file of the archive with its words; `left_out`: too large for it, so the index says where it is."""

    path: str
    zh: str
    en: str
    file: StoredFile
    left_out: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of one kind, as they stand in the index and as a CSV file."""

    path: str
    zh: str
    en: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]


def own(session: Session, actor: Actor) -> tuple[str, bytes]:
    """One's own data: the name of the archive, and its bytes. Raises NotAllowed for who is no employee, or a clerk's screen."""
    if actor.on_behalf_of is not None:
        raise NotAllowed("not_allowed", "请本人登录后下载", "whoever it is of downloads it, signed in as themselves")
    return _archive(session, actor)


def on_request(session: Session, actor: Actor, employee_id: int, *, reason: str) -> tuple[str, bytes]:
    """A person's data at their request, by HR where its role counts for that person, with the reason, on the trail.

    Raises NotFound, NotAllowed. HR asks for its own as everybody does.
    """
    employee = find_person(session, actor, employee_id)
    account = session.exec(select(Account).where(Account.employee_id == employee_id)).first()
    person = Actor(account.id if account else None, employee_id, employee.name, frozenset({"employee"}))
    name, content = _archive(session, person)
    audit.record(session, actor, "employee.take_out", "employee", employee_id, after={"bytes": len(content)}, reason=reason)
    return name, content


def find_person(session: Session, actor: Actor, employee_id: int) -> Employee:
    """Somebody whose data the actor may give out. Raises NotFound, NotAllowed."""
    employee = directory.find_employee(session, actor, employee_id)
    auth.require_relation(session, actor, employee_id, clock.today(), "hr")
    return employee


def _archive(session: Session, actor: Actor) -> tuple[str, bytes]:
    gathered = own_data.gathered(session, actor)
    pieces = _within_the_cap([*_documents(session, actor), *_own_files(session, actor)])
    tables = list(_tables(session, actor, gathered))
    packed, day = io.BytesIO(), clock.today()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(path: str, content: str | bytes) -> None:
            info = zipfile.ZipInfo(path, (day.year, day.month, day.day, 0, 0, 0))
            info.external_attr, info.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)

        put("index.html", _index(gathered, tables, pieces))
        put("style.css", _SHEET.read_text("utf-8"))
        put("data.json", json.dumps(gathered, ensure_ascii=False, indent=1, default=str))
        for table in tables:
            put(table.path, cells.as_csv(table.headings, table.rows))
        for piece in pieces:
            if not piece.left_out:
                put(piece.path, files.content_of(session, piece.file))
    return f"data-{gathered['employee']['number']}-{day:%Y%m%d}.zip", packed.getvalue()


def _within_the_cap(pieces: list[Piece]) -> list[Piece]:
    taken, kept = 0, []
    for one in pieces:
        fits = taken + one.file.size <= MOST_BYTES
        taken += one.file.size if fits else 0
        kept.append(one if fits else replace(one, left_out=True))
    return kept


def _documents(session: Session, actor: Actor) -> Iterator[Piece]:
    found = archived.documents_seen(session, actor, {"employee_id": actor.employee_id})
    for row in session.execute(found.order_by(col(ArchivedDocument.id))):
        one = archived.told(row)
        zh, en = f"{one.title.zh} {one.row.number}", f"{one.title.en} {one.row.number}"
        yield Piece(f"documents/{one.row.id}-{_safe(one.file.name)}", zh, en, one.file)
        for scan in archived.scans_of(session, one.row.id or 0):
            path = f"documents/{one.row.id}-scan-{scan.row.id}-{_safe(scan.file.name)}"
            yield Piece(path, f"{zh} 签署件", f"{en}, signed", scan.file)


def _own_files(session: Session, actor: Actor) -> Iterator[Piece]:
    """What the person handed in about themselves, and the paper that they signed."""
    person = actor.employee_id
    cases = select(Appraisal.id).where(Appraisal.employee_id == person)
    mine = col(StoredFile.kept_by) == actor.account_id if actor.account_id is not None else col(StoredFile.id).is_(None)
    handed_in = [
        select(AppealFile.file_id)
        .join(AppealAct, col(AppealAct.id) == AppealFile.act_id)
        .join(Appeal, col(Appeal.id) == AppealAct.appeal_id)
        .where(col(Appeal.appraisal_id).in_(cases)),
        select(IncidentFile.file_id)
        .join(Incident, col(Incident.id) == IncidentFile.incident_id)
        .where(Incident.employee_id == person),
    ]
    signed = [
        select(AgreementSignature.file_id)
        .join(Agreement, col(Agreement.id) == AgreementSignature.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .where(col(Sheet.appraisal_id).in_(cases), AgreementSignature.employee_id == person),
        select(InterviewSignature.file_id)
        .join(ReviewEntry, col(ReviewEntry.id) == InterviewSignature.entry_id)
        .where(col(ReviewEntry.appraisal_id).in_(cases), InterviewSignature.employee_id == person),
        select(ImprovementSignature.file_id)
        .join(ImprovementPlan, col(ImprovementPlan.id) == ImprovementSignature.plan_id)
        .where(ImprovementPlan.employee_id == person, ImprovementSignature.employee_id == person),
        select(Acknowledgement.file_id)
        .join(Result, col(Result.id) == Acknowledgement.result_id)
        .where(col(Result.appraisal_id).in_(cases)),
    ]
    theirs = or_(
        *(and_(mine, col(StoredFile.id).in_(one)) for one in handed_in), *(col(StoredFile.id).in_(one) for one in signed)
    )
    for stored in session.exec(select(StoredFile).where(theirs).order_by(col(StoredFile.id))):
        yield Piece(f"files/{stored.id}-{_safe(stored.name)}", stored.name, stored.name, stored)


def _tables(session: Session, actor: Actor, gathered: dict[str, Any]) -> Iterator[Table]:
    history = [(one["kind"], one["about"], one["from_on"], one["to_on"]) for one in gathered["history"]]
    yield Table("tables/history.csv", "任职经历", "History", ("类别", "内容", "自", "至"), history)
    leave = [(one["kind"], one["from_on"], one["to_on"], one["note"]) for one in gathered["leave"]]
    yield Table("tables/leave.csv", "请假", "Leave", ("类别", "自", "至", "说明"), leave)
    cases = list(map(_case, gathered["appraisals"]))
    yield Table("tables/appraisals.csv", "考核", "Appraisals", ("周期", "期间", "步骤", "得分", "等级"), cases)
    known = [(one["policy"], one["way"], one["at"], one["digest"]) for one in gathered["acknowledged_policies"]]
    yield Table("tables/policies.csv", "确认过的制度", "Policies acknowledged", ("制度", "方式", "时间", "摘要值"), known)
    messages = [(one["at"], one["zh"], one["en"]) for one in gathered["messages"]]
    yield Table("tables/messages.csv", "收到的消息", "Messages", ("时间", "内容", "English"), messages)
    sessions, records = _sessions(session, actor), _records(session, actor)
    yield Table("tables/sessions.csv", "登录", "Sign-ins", ("登录时间", "最近使用", "方式", "浏览器"), sessions)
    yield Table("tables/records.csv", "对本人数据的操作", "What was done with them", ("时间", "操作", "由本人"), records)


def _case(case: dict[str, Any]) -> tuple[Any, ...]:
    result = case.get("result") or {}
    return case["cycle"]["name"], case["cycle"]["period"], case["step_name"]["zh"], result.get("score"), result.get("grade")


def _sessions(session: Session, actor: Actor) -> list[tuple[Any, ...]]:
    if actor.account_id is None:
        return []
    found = select(WebSession).where(WebSession.account_id == actor.account_id).order_by(col(WebSession.created_at).desc())
    return [(one.created_at, one.last_seen_at, one.way, one.agent) for one in session.exec(found)]


def _records(session: Session, actor: Actor) -> list[tuple[Any, ...]]:
    """What was done with one's record and cases, and what one did oneself: the act and the day, without what changed."""
    cases = [str(one) for one in session.exec(select(Appraisal.id).where(Appraisal.employee_id == actor.employee_id))]
    about = [
        and_(col(AuditRecord.object_kind) == "employee", col(AuditRecord.object_id) == str(actor.employee_id)),
        and_(col(AuditRecord.object_kind) == "appraisal", col(AuditRecord.object_id).in_(cases)),
    ]
    if actor.account_id is not None:
        about.append(and_(col(AuditRecord.object_kind) == "account", col(AuditRecord.object_id) == str(actor.account_id)))
        about.append(col(AuditRecord.actor) == actor.opaque_id)
    found = select(AuditRecord.at, AuditRecord.action, AuditRecord.actor).where(or_(*about)).order_by(col(AuditRecord.seq))
    by_self = actor.opaque_id if actor.account_id is not None else None
    return [(at, action, "是" if who == by_self else "") for at, action, who in session.exec(found)]


def _index(gathered: dict[str, Any], tables: Sequence[Table], pieces: Sequence[Piece]) -> str:
    template = environment().get_template("records/take_out.html")
    told = {"person": gathered["employee"], "history": gathered["history"], "cases": list(map(_case, gathered["appraisals"]))}
    return template.render(**told, tables=tables, pieces=pieces, on=local_date(clock.now()), _=_say)


def _say(zh: str, en: str) -> Markup:
    return Markup('{} <span lang="en">{}</span>').format(zh, en)


def _safe(name: str) -> str:
    """A name that unpacks on every system: no folders, no signs that one of them refuses."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name).lstrip(".")[-120:] or "file"
