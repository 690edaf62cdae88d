"""Pages of development: plans, check-ins and training needs of people; improvement plans."""

from appraisal.development.views import improvement, lists, outcomes, plans
from appraisal.development.views.blueprint import pages

__all__ = ["improvement", "lists", "outcomes", "pages", "plans"]
