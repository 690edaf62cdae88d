"""The sample coal group in tests: set up alone, without the trading company that `appraisal demo` puts beside it."""

from sqlmodel import Session

from appraisal.actor import SYSTEM
from appraisal.config import PROJECT_ROOT
from appraisal.demo.coal_quarter import CoalQuarters
from appraisal.policies import service as policies
from appraisal.policies.service import Checked


def a_coal_group(session: Session, said: list[str]) -> tuple[CoalQuarters, Checked]:
    """The group before it is founded, and its policy; what it tells goes into `said`."""
    calendar = policies.check_calendar_folder(PROJECT_ROOT)
    assert calendar is not None
    policies.publish_calendar(session, SYSTEM, calendar)
    return CoalQuarters(session, said.append, {}, {}), policies.check_folder(PROJECT_ROOT, "coal_group")
