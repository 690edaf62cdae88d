"""Pages of documents: the archive."""

from appraisal.reports.views.archive import pages as archive_pages
from appraisal.reports.views.documents import pages as document_pages

__all__ = ["archive_pages", "document_pages"]
