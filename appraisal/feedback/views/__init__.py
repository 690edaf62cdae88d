"""Pages of 360° feedback: rounds, who rates whom, the form to answer, and what comes of it in sum."""

from appraisal.feedback.views import answering, cases, rounds
from appraisal.feedback.views.blueprint import pages

__all__ = ["answering", "cases", "pages", "rounds"]
