"""A unit whose indicators are watched under the quality system's procedure (kpi_sop), and everybody who has a part in it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.monitoring import service
from appraisal.monitoring.importers import Reported
from appraisal.monitoring.models import Reading
from appraisal.people.models import Unit
from tests import factories

TODAY = date(2026, 4, 2)
"""March is over, and its readings are due on the 4th."""


@dataclass
class Watched:
    """One unit of the company, with a provider, a checker, and those who read."""

    session: Session
    unit: Unit
    provider: Actor
    checker: Actor
    head: Actor
    member: Actor
    hr: Actor


def watched(session: Session) -> Watched:
    """The policy published, and a unit with a head and a member."""
    factories.a_published_policy(session, name="kpi_sop")
    unit = factories.a_unit(session, "品质部")
    head = factories.a_unit_head(session, unit)
    member = factories.an_employee(session, "李检验", post=factories.a_post(session, unit=unit))
    return Watched(
        session=session,
        unit=unit,
        provider=factories.an_actor(session, "data_provider"),
        checker=factories.an_actor(session, "data_provider"),
        head=factories.an_actor(session, "employee", employee=head),
        member=factories.an_actor(session, "employee", employee=member),
        hr=factories.hr(session),
    )


def iqc(passed: int | str = 98, of: int | str = 100) -> dict[str, D]:
    """The inputs of the incoming inspection pass rate: lots passed, of lots inspected."""
    return {"IQC合格批数": D(passed), "IQC检验批数": D(of)}


def reported(around: Watched, period: str = "2026-03", **more: object) -> Reported:
    """A month's incoming inspection of the unit, unless told otherwise."""
    said = {"row": None, "indicator": "iqc_pass_rate", "period": period, "source_document": "QR-2603", "inputs": iqc()}
    return Reported(**(said | {"unit": around.unit.code, "policy": "kpi_sop", "origin": "manual"} | more))


def enter(around: Watched, period: str = "2026-03", **more: object) -> Reading:
    """Entered and not confirmed yet."""
    return service.enter_reading(around.session, around.provider, reported(around, period, **more))


def read(around: Watched, period: str = "2026-03", **more: object) -> Reading:
    """Entered by one and confirmed by another."""
    reading = enter(around, period, **more)
    service.confirm_reading(around.session, around.checker, reading.id)
    return reading
