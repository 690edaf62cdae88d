"""Pages of the desk: what waits for me and what I have been told, finding things, and the trail of who did what."""

from appraisal.desk.views import home, trail
from appraisal.desk.views.blueprint import pages

__all__ = ["home", "pages", "trail"]
