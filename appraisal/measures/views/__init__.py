"""Pages of figures: what is still owed and by whom, entering, confirming, importing."""

from appraisal.measures.views import completeness, entering, importing, providing
from appraisal.measures.views.blueprint import pages

__all__ = ["completeness", "entering", "importing", "pages", "providing"]
