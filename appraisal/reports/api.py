"""Endpoints of the archive: documents as they were rendered, their stored bytes, and the scans of signed paper."""

from typing import Any

from flask import Response

from appraisal import cells, files, paging, rest
from appraisal.reports import archive_exports, archived
from appraisal.reports.schemas import ArchivedDocumentOut, ArchivedDocumentRowOut, ArchiveFilter, ScanIn

endpoints = rest.Endpoints("archive", "文书档案 · Archived documents: listed, read as stored, with scans of signed paper")


@endpoints.get("/archived-documents", ArchiveFilter, out=rest.page_of(ArchivedDocumentRowOut))
def list_archived_documents(query: dict[str, Any]) -> rest.Page:
    """The documents that one may see, the latest first: of oneself once they are made known, of cases and units one handles."""
    session, actor = rest.session(), rest.actor()
    found = archived.documents_seen(session, actor, query)
    page = rest.paged(session, found, archive_exports.order(query["sort"]), query)
    return page.with_items([archive_exports.row_out(archived.told(one)) for one in page.items])


@endpoints.get("/archived-documents/file.csv", ArchiveFilter, content="text/csv")
def export_archived_documents(query: dict[str, Any]) -> Response:
    """The same list as a table (CSV), whole

    At most 50 000 rows.
    """
    session, actor = rest.session(), rest.actor()
    found = paging.whole(session, archived.documents_seen(session, actor, query), archive_exports.order(query["sort"]))
    content = cells.as_csv(archive_exports.HEADINGS, (archive_exports.cells_of(archived.told(one)) for one in found))
    return rest.download("documents.csv", "text/csv", content)


@endpoints.get("/archived-documents/<int:document_id>", out=ArchivedDocumentOut)
def show_archived_document(document_id: int) -> dict[str, Any]:
    """A document: what it is of, when it was made and by whom, its hashes, and the scans of the signed paper."""
    session = rest.session()
    found = archived.find_document(session, rest.actor(), document_id)
    return archive_exports.document_out(found, archived.scans_of(session, document_id))


@endpoints.get("/archived-documents/<int:document_id>/file.pdf", content="application/pdf")
def read_archived_document(document_id: int) -> Response:
    """The stored bytes, never rendered anew."""
    found = archived.find_document(rest.session(), rest.actor(), document_id)
    return rest.download(found.file.name, found.file.media_type, files.content_of(rest.session(), found.file))


@endpoints.post("/archived-documents/<int:document_id>/scans", ScanIn, out=ArchivedDocumentOut, creates=True)
def attach_scan(body: dict[str, Any], document_id: int) -> dict[str, Any]:
    """File a scan of the signed or sealed paper with its document

    By HR, payroll or the KPI manager, not with a document about themselves, or by the clerk who enters for its person.
    """
    archived.attach_scan(rest.session(), rest.actor(), document_id, **body)
    return show_archived_document(document_id)


@endpoints.get("/archived-documents/<int:document_id>/scans/<int:scan_id>/file", content="*/*")
def read_scan(document_id: int, scan_id: int) -> Response:
    """A scan of the signed paper."""
    scan = archived.find_scan(rest.session(), rest.actor(), document_id, scan_id)
    return rest.download(scan.file.name, scan.file.media_type, files.content_of(rest.session(), scan.file))
