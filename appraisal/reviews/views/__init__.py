"""Pages of appraisals: one case with everything that is done about it, my team, and its goals rated in a grid."""

from appraisal.reviews.views import acting, case, rating, team
from appraisal.reviews.views.blueprint import pages

__all__ = ["acting", "case", "pages", "rating", "team"]
