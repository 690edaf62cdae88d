"""Pages of the desk: what waits for me and what I have been told, finding things, entering for others, the control room, my own
data, the trail."""

from appraisal.desk.views import background, entering, home, own_data, progress, trail
from appraisal.desk.views.blueprint import pages

__all__ = ["background", "entering", "home", "own_data", "pages", "progress", "trail"]
