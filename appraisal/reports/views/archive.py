"""Pages of the archive: the documents one may see, one of them with its hashes and scans, and the bytes as they are stored."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import cells, clock, files, forms, paging, rest, web
from appraisal.errors import Fault, Invalid
from appraisal.fields import In, Line, Many, Whole
from appraisal.forms import OPENED, Form
from appraisal.reports import archive_exports, archived
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import LANGUAGES
from appraisal.reports.schemas import ArchiveFilter

pages = Blueprint("archive", __name__)

ONE = f"/archive/<int(max={2**31 - 1}):document_id>"


class ScansIn(In):
    """Scans that were handed in with the form, and what they are."""

    file_ids = Many(Whole(1, 2**31 - 1), most=5, load_default=list)
    note = Line(300, load_default=None)


@pages.get("/archive")
@web.signed_in_only
def documents() -> ResponseReturnValue:
    """The documents that one may see, the latest first."""
    session, actor, asked = web.session(), web.actor(), forms.asked(ArchiveFilter)
    found = archived.documents_seen(session, actor, asked)
    page = paging.paged(session, found, archive_exports.order(asked["sort"]), asked)
    rows = [archived.told(one) for one in page.items]
    shown = {"page": page, "rows": rows, "asked": asked, "forms": [(one.id, one.title) for one in FORMS.values()]}
    shown |= {"cycles": archived.cycles_seen(session, actor), "languages": LANGUAGES}
    return render_template("archive/documents.html", **shown)


@pages.get("/archive/file.csv")
@web.signed_in_only
def documents_file() -> ResponseReturnValue:
    """The same documents as a table, whole."""
    session, actor, asked = web.session(), web.actor(), forms.asked(ArchiveFilter)
    found = paging.whole(session, archived.documents_seen(session, actor, asked), archive_exports.order(asked["sort"]))
    rows = (archive_exports.cells_of(archived.told(one)) for one in found)
    answer = make_response(cells.as_csv(archive_exports.HEADINGS, rows))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="documents.csv"'
    return answer


@pages.get(ONE)
@web.signed_in_only
def document(document_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """One document: what it is of, when it was made, its hashes, and the scans of the signed paper."""
    session, actor = web.session(), web.actor()
    found = archived.find_document(session, actor, document_id)
    shown = {"one": found, "scans": archived.scans_of(session, document_id), "attaches": archived.may_attach(actor, found)}
    return render_template("archive/document.html", **shown, form=form, today=clock.today())


@pages.get(f"{ONE}/file.pdf")
@web.signed_in_only
def document_file(document_id: int) -> Response:
    """The stored bytes, never rendered anew."""
    found = archived.find_document(web.session(), web.actor(), document_id)
    return rest.download(found.file.name, found.file.media_type, files.content_of(web.session(), found.file))


@pages.get(f"{ONE}/scans/<int(max={2**31 - 1}):scan_id>")
@web.signed_in_only
def scan_file(document_id: int, scan_id: int) -> Response:
    """A scan of the signed paper."""
    scan = archived.find_scan(web.session(), web.actor(), document_id, scan_id)
    return rest.download(scan.file.name, scan.file.media_type, files.content_of(web.session(), scan.file))


@pages.post(f"{ONE}/scans")
@web.signed_in_only
@forms.submits(ScansIn, again=document, creates=True)
def attach(body: dict[str, Any], document_id: int) -> Response:
    """Files scans of the signed paper with the document."""
    if not body["file_ids"]:
        zh, en = "请先选择扫描件", "choose the scan first"
        raise Invalid("bad_fields", zh, en, [Fault("file_ids", zh, en)])
    for file_id in body["file_ids"]:
        archived.attach_scan(web.session(), web.actor(), document_id, file_id=file_id, note=body["note"])
    return forms.done(url_for("archive.document", document_id=document_id), "扫描件已附上", "The scan is attached")
