"""Use cases of documents: one result told in full, its notice as a PDF, and the notices of a whole cycle."""

from collections.abc import Callable
from pathlib import Path

from sqlmodel import Session

from appraisal import pdf
from appraisal.actor import Actor
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import NotFound
from appraisal.reports import queries
from appraisal.reports.result_notice import ResultNotice, build_notice, notice_html


def tell_result(session: Session, actor: Actor, appraisal_id: int) -> ResultNotice:
    """The result of an appraisal with all its reasons.

    Raises NotFound when there is none, when it is not the actor's to see, and for the person themselves until it is
    published: all three look the same.
    """
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id)
    if relations.isdisjoint(queries.SEE_RESULTS):
        raise NotFound()
    which = Appraisal.id == appraisal_id
    layers = queries.layers_of(session, which).get(appraisal_id, ())
    layer = queries.shown_layer(layers, own="employee" in relations)
    if layer is None or not appraisal.rated:
        raise NotFound()
    places = queries.places_of(session, which)[appraisal_id]
    return build_notice(session, appraisal, cycle, layer, places)


def notice_pdf(session: Session, actor: Actor, appraisal_id: int) -> tuple[str, bytes]:
    """The file name and the bytes of a result notice. Raises NotFound, PdfError."""
    notice = tell_result(session, actor, appraisal_id)
    return file_name(notice), pdf.render_in_child(notice_html(notice))


def cycle_notices(session: Session, actor: Actor, cycle: Cycle) -> list[tuple[str, str]]:
    """File name and HTML of the notice of everybody in a cycle who has a result and whom the actor may see."""
    pages = []
    for appraisal, _ in cycles.appraisals_seen_by(session, actor, cycle):
        try:
            notice = tell_result(session, actor, appraisal.id)
        except NotFound:
            continue
        pages.append((file_name(notice), notice_html(notice)))
    return pages


def write_notices(
    pages: list[tuple[str, str]], directory: Path, workers: int = 2, progress: Callable[[Path], None] | None = None
) -> list[Path]:
    """The PDFs of `cycle_notices` in a directory. Needs no database: the session may have ended. Raises PdfError."""
    return pdf.render_many(pages, directory, workers, progress)


def file_name(notice: ResultNotice) -> str:
    """The name under which a notice is kept and downloaded."""
    safe = "".join(sign if sign.isascii() and sign.isalnum() or sign in "-_" else "_" for sign in notice.number)
    return f"notice-{safe}.pdf"
