"""What all documents about one case begin with: whom and what it is about, from the case as its reader may see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.policy.model import Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import NotFound
from appraisal.formats import local_date
from appraisal.reports import queries
from appraisal.reports.document import Filing, Head
from appraisal.reports.queries import titled
from appraisal.results.decisions_told import FULL, OWN
from appraisal.results.told import tell_case


@dataclass(frozen=True)
class About:
    """Whose case it is, where they work, and which period it is about."""

    employee_number: str
    employee_name: str
    unit: Text
    posts: Text
    cycle: Text
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Said:
    """Words that somebody has handed in, as what, and when."""

    role: Text
    name: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Case:
    """A case with its rows, and `told` as its reader may see it; `own` for the person, who is told less before publication."""

    appraisal: Appraisal
    cycle: Cycle
    policy: Policy
    told: Mapping[str, Any]
    about: About
    company: str
    unit_id: int

    @property
    def own(self) -> bool:
        """Whether it is told to the person it is about."""
        return bool(self.told["scope"] == OWN)

    def head(self, title: Text, at: datetime, suffix: str = "") -> Head:
        """The head of a document of this case, dated the day of what it tells last."""
        number = f"{self.cycle.code}-{self.about.employee_number}{suffix}"
        return Head(number, title, self.company, local_date(at), self.policy.title, self.cycle.policy_digest)

    def filing(self, about_id: int | None = None) -> Filing:
        """Where a document of this case, or of a row of it, belongs."""
        whose = self.appraisal.employee_id, self.cycle.id, self.unit_id, self.cycle.period
        return Filing(about_id or self.appraisal.id or 0, *whose)


def case_of(session: Session, actor: Actor, appraisal_id: int) -> Case:
    """The case of somebody rated. Raises NotFound for who sees only a part of it, and for others."""
    told = tell_case(session, actor, appraisal_id)
    appraisal = session.get_one(Appraisal, appraisal_id)
    if told["scope"] not in (FULL, OWN) or not appraisal.rated:
        raise NotFound()
    cycle = session.get_one(Cycle, appraisal.cycle_id)
    places = queries.places_of(session, Appraisal.id == appraisal_id)[appraisal_id]
    kinds = [one["subject"]["kind"] for one in told["sheets"]]
    titles = list(dict.fromkeys(titled(place.post, kind) for place, kind in zip(places, kinds, strict=True)))
    period = Period.parse(cycle.period)
    about = About(
        employee_number=told["employee"]["number"],
        employee_name=told["employee"]["name"],
        unit=places[-1].unit,
        posts=Text("、".join(title.zh for title in titles), ", ".join(title.en for title in titles)),
        cycle=queries.cycle_name(cycle),
        first_day=period.first_day(),
        last_day=period.last_day(),
    )
    unit_id = places[-1].unit_id
    company = queries.company_of(session, unit_id)
    return Case(appraisal, cycle, cycles.policy_of(session, cycle), told, about, company, unit_id)
