"""Pages of cycles: prepare, look over, open, keep up to date, rule where the source is silent, close."""

from appraisal.cycles.views import all_cycles, opening, rulings, running
from appraisal.cycles.views.blueprint import pages

__all__ = ["all_cycles", "opening", "pages", "rulings", "running"]
