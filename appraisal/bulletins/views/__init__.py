"""Pages of weekly summaries, KPI reports, meetings, and reviews of the indicators."""

from appraisal.bulletins.views import indicator_reviews, meetings, reports, summaries
from appraisal.bulletins.views.blueprint import pages

__all__ = ["indicator_reviews", "meetings", "pages", "reports", "summaries"]
