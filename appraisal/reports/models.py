"""Tables of the archive: documents as they were rendered, and the scans of signed paper attached to them."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from appraisal import db


class ArchivedDocument(db.Row, table=True):
    """One rendered document. The same form, language and HTML is kept once; the bytes lie in the stored file.

    `about_id` is the row of the form's kind; person, cycle, unit and period are what the archive is searched by.
    """

    __tablename__ = "archived_document"
    __table_args__ = (
        UniqueConstraint("form", "language", "html_sha256"),
        Index("ix_archived_document_form_about_id", "form", "about_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    form: str = Field(max_length=40)
    number: str = Field(max_length=160)
    language: str = Field(max_length=4)
    about_id: int
    employee_id: int | None = Field(default=None, foreign_key="employee.id", index=True)
    cycle_id: int | None = Field(default=None, foreign_key="cycle.id", index=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    period: str | None = Field(default=None, max_length=10)
    dated: date
    policy_digest: str | None = Field(default=None, max_length=71)
    html_sha256: str = Field(max_length=64)
    file_id: int = Field(foreign_key="stored_file.id", index=True)
    made_at: datetime = Field(sa_type=db.UTC())
    made_by: int | None = Field(default=None, foreign_key="account.id", index=True)


class DocumentScan(db.Row, table=True):
    """A picture or PDF of a document that was signed or sealed on paper."""

    __tablename__ = "document_scan"

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="archived_document.id", index=True)
    file_id: int = Field(foreign_key="stored_file.id", index=True)
    note: str | None = Field(default=None, max_length=300)
    attached_by: int | None = Field(default=None, foreign_key="account.id", index=True)
    attached_at: datetime = Field(sa_type=db.UTC())
