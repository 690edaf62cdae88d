"""Pages of what is watched: the dashboard, alerts, an indicator, readings, processes, who holds which role."""

from appraisal.monitoring.views import alerts, dashboard, importing, indicator, processes, readings, role_holders
from appraisal.monitoring.views.blueprint import pages

__all__ = ["alerts", "dashboard", "importing", "indicator", "pages", "processes", "readings", "role_holders"]
