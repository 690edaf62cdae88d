"""Pages of results: one's own, all of a cycle, and what is done about many of them at once."""

from appraisal.results.views import all_of_them, calibrating, own, past, queues, units
from appraisal.results.views.blueprint import pages

__all__ = ["all_of_them", "calibrating", "own", "pages", "past", "queues", "units"]
