"""Pages of agreements (绩效目标责任书) and of the goals they serve, one file a noun."""

from appraisal.agreements.views import agreement, amending, approvals, editing, goals, importing, many, past_targets, settling
from appraisal.agreements.views.blueprint import pages

__all__ = ["agreement", "amending", "approvals", "editing", "goals", "importing", "many", "pages", "past_targets", "settling"]
