"""Which area of the weekly summaries each indicator belongs to: one at most, so that nothing is told or suggested twice."""

from collections.abc import Mapping

from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import Advisor


def areas_of(policy: Policy) -> Mapping[str, Advisor]:
    """The area of each watched indicator by id: the one that names it, else the one that has its class."""
    advisors = policy.monitoring.advisors if policy.monitoring else ()
    named = {name: one for one in reversed(advisors) for name in one.indicators}
    classes = {name: one for one in reversed(advisors) for name in one.dimensions}
    found = {}
    for name, located in policy.watched.items():
        area = named.get(name) or classes.get(located.dimension or "")
        if area is not None:
            found[name] = area
    return found
