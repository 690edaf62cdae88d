"""Pages of what is watched: the dashboard, an indicator, readings, processes, who holds which role."""

from appraisal.monitoring.views import dashboard, importing, indicator, processes, readings, role_holders
from appraisal.monitoring.views.blueprint import pages

__all__ = ["dashboard", "importing", "indicator", "pages", "processes", "readings", "role_holders"]
