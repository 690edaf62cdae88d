"""Pages of documents: the archive."""

from appraisal.reports.views.archive import pages as archive_pages

__all__ = ["archive_pages"]
