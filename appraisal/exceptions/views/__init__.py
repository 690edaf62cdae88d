"""Pages of exceptions until they are closed, and of the tasks of other departments."""

from appraisal.exceptions.views import board, exception, tasks
from appraisal.exceptions.views.blueprint import pages

__all__ = ["board", "exception", "pages", "tasks"]
