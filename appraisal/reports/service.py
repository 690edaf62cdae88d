"""Use cases of documents: one as a PDF for who asks for it, and those of a whole cycle."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlmodel import Session

from appraisal import pdf
from appraisal.actor import Actor
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.errors import Busy, NotFound
from appraisal.reports import archive
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import Document, Form, Language, file_name

_in_hand = threading.BoundedSemaphore(1)
"""A process renders one document at a time for those who wait: its other threads go on answering."""
PATIENCE = 0.5
"""Seconds for which the next one waits for its turn."""


def document_pdf(
    session: Session, actor: Actor, form: str, about_id: int, unit_id: int | None = None, language: Language = "zh"
) -> tuple[str, bytes]:
    """The file name and the bytes of a document: those of the archive where it is kept, because the same HTML gives the same
    bytes. Raises NotFound, PdfError, Busy."""
    wanted = FORMS[form]
    document = wanted.built(session, actor, about_id, unit_id)
    html = wanted.html(document, language)
    kept = archive.kept_pdf(session, wanted, language, html)
    return file_name(wanted, document, language), kept or _rendered(html, wanted.seconds)


def _rendered(html: str, seconds: float) -> bytes:
    if not _in_hand.acquire(timeout=PATIENCE):
        raise Busy("正在生成另一份文书, 请稍后再试", "another document is being made, please try again in a moment")
    try:
        return pdf.render_in_child(html, seconds)
    finally:
        _in_hand.release()


def documents_of_cycle(session: Session, actor: Actor, cycle: Cycle, form: Form) -> Iterator[Document]:
    """The documents of a form of everybody in a cycle who has one and whom the actor may see."""
    for appraisal, _ in cycles.appraisals_seen_by(session, actor, cycle):
        try:
            yield form.built(session, actor, appraisal.id or 0)
        except NotFound:
            continue


def write_documents(
    pages: list[tuple[str, str]], directory: Path, workers: int = 2, progress: Callable[[Path], None] | None = None
) -> list[Path]:
    """The PDFs of file names with their HTML in a directory. Needs no database. Raises PdfError."""
    return pdf.render_many(pages, directory, workers, progress)
