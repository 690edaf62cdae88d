"""Pages of documents: the archive, each document, and those of units."""

from appraisal.reports.views import unit_documents  # noqa: F401 (its page is one of the document pages)
from appraisal.reports.views.archive import pages as archive_pages
from appraisal.reports.views.documents import pages as document_pages

__all__ = ["archive_pages", "document_pages"]
