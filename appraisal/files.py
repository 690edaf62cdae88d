"""Evidence: files kept once by their SHA-256, in the database, so that they commit, roll back and are backed up with the rows
that refer to them. Who may read a file follows from the row it is attached to; a slice asks for that row first.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlmodel import Field, Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.errors import Fault, Invalid, NotFound

LARGEST = 10_000_000
MEDIA_TYPES = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (b"PK\x03\x04",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (b"PK\x03\x04",),
    "text/csv": (),
    "text/plain": (),
}


class FileContent(db.Row, table=True):
    """The bytes, once per content."""

    __tablename__ = "file_content"

    sha256: str = Field(primary_key=True, max_length=64)
    content: bytes = Field(sa_type=LargeBinary)


class StoredFile(db.Row, table=True):
    """A file as somebody handed it in. `name` is what they called it; `kept_by` is the account."""

    __tablename__ = "stored_file"

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(max_length=64, foreign_key="file_content.sha256", index=True)
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    kept_by: int | None = Field(default=None, foreign_key="account.id", index=True)
    kept_at: datetime = Field(sa_type=db.UTC())


def keep(session: Session, actor: Actor, *, name: str, content: bytes, media_type: str) -> StoredFile:
    """Keeps a file, on record with its SHA-256. Raises Invalid `bad_file` for one that is empty, too large, or not what its
    type says."""
    if problem := _problem(name, content, media_type):
        raise Invalid("bad_file", *problem, [Fault("file", *problem)])
    sha256 = hashlib.sha256(content).hexdigest()
    # Two who hand in the same file at once would both find it missing.
    db.one_at_a_time(session, f"file {sha256}")
    if session.exec(select(FileContent.sha256).where(FileContent.sha256 == sha256)).first() is None:
        session.add(FileContent(sha256=sha256, content=content))
        session.flush()
    stored = StoredFile(
        sha256=sha256, name=name, media_type=media_type, size=len(content), kept_by=actor.account_id, kept_at=clock.now()
    )
    session.add(stored)
    session.flush()
    after = {"name": name, "sha256": sha256, "size": len(content), "media_type": media_type}
    audit.record(session, actor, "file.keep", "file", stored.id, after=after)
    return stored


def own(session: Session, actor: Actor, ids: Collection[int]) -> Sequence[StoredFile]:
    """The files of these ids, in that order, for attaching. Raises Invalid `unknown_file` for one the actor did not hand in."""
    found = {stored.id: stored for stored in session.exec(select(StoredFile).where(col(StoredFile.id).in_(ids)))}
    for index, one in enumerate(ids):
        if one not in found or actor.account_id is None or found[one].kept_by != actor.account_id:
            zh, en = f"没有您上传的文件 {one}, 请先上传", f"you have handed in no file {one}: upload it first"
            raise Invalid("unknown_file", zh, en, [Fault(f"file_ids[{index}]", zh, en)])
    return [found[one] for one in ids]


def by_id(session: Session, file_id: int) -> StoredFile:
    """A file, for a caller who has checked the row it belongs to. Raises NotFound."""
    stored = session.get(StoredFile, file_id)
    if stored is None:
        raise NotFound()
    return stored


def by_ids(session: Session, ids: Collection[int]) -> dict[int, StoredFile]:
    """Several of them, by id, for a caller who has checked the rows they belong to."""
    if not ids:
        return {}
    return {one.id or 0: one for one in session.exec(select(StoredFile).where(col(StoredFile.id).in_(ids)))}


def attached(session: Session, links: type[Any], to: Any, ids: Collection[int]) -> dict[int, list[StoredFile]]:
    """The files that a table of links (`file_id` beside the column `to`) attaches to these rows, by row, the oldest first."""
    by_row: dict[int, list[StoredFile]] = {one: [] for one in ids}
    found = select(to, StoredFile).join(StoredFile, col(StoredFile.id) == links.file_id).where(col(to).in_(by_row))
    for one, stored in session.exec(found.order_by(StoredFile.id)):
        by_row[one].append(stored)
    return by_row


def content_of(session: Session, stored: StoredFile) -> bytes:
    """The bytes of a file."""
    return session.get_one(FileContent, stored.sha256).content


def _problem(name: str, content: bytes, media_type: str) -> tuple[str, str] | None:
    if not name.strip() or len(name) > 200 or not name.isprintable():
        return "文件名须为 1 至 200 个可见字符", "a file name has 1 to 200 printable characters"
    if not content:
        return "文件是空的", "the file is empty"
    if len(content) > LARGEST:
        return f"文件超过 {LARGEST // 1_000_000} MB", f"the file is larger than {LARGEST // 1_000_000} MB"
    if media_type not in MEDIA_TYPES:
        return f"不接受 {media_type} 类型的文件; 可用 PDF、JPEG、PNG、XLSX、DOCX、CSV、TXT", (
            f"files of the type {media_type} are not taken; use PDF, JPEG, PNG, XLSX, DOCX, CSV or TXT"
        )
    starts = MEDIA_TYPES[media_type]
    if (starts and not content.startswith(starts)) or (not starts and b"\0" in content):
        return f"文件内容不是 {media_type}", f"the content of the file is not {media_type}"
    return None
