"""Pages of the desk: what waits for me and what I have been told, finding things, the control room, and the trail."""

from appraisal.desk.views import home, progress, trail
from appraisal.desk.views.blueprint import pages

__all__ = ["home", "pages", "progress", "trail"]
