"""Use cases of documents: one as a PDF for who asks for it, and those of a whole cycle."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlmodel import Session

from appraisal import pdf
from appraisal.actor import Actor
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.errors import NotFound
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import Document, Form, Language, file_name


def document_pdf(
    session: Session, actor: Actor, form: str, about_id: int, unit_id: int | None = None, language: Language = "zh"
) -> tuple[str, bytes]:
    """The file name and the bytes of a document. Raises NotFound, PdfError."""
    document = FORMS[form].built(session, actor, about_id, unit_id)
    return file_name(FORMS[form], document, language), pdf.render_in_child(FORMS[form].html(document, language))


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
