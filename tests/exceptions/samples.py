"""A unit whose customers complain: the quality system's procedure (kpi_sop) watches it, and people have their parts in it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.exceptions import responding
from appraisal.exceptions.models import KpiException
from appraisal.exceptions.responding import Responded
from appraisal.monitoring import holders, service
from appraisal.monitoring.models import Reading
from appraisal.people.models import Employee, Unit
from tests import factories
from tests.monitoring.samples import Watched, read, watched

FIRST_DAY = date(2025, 1, 1)
COMPLAINTS = {"attention": "1.08", "abnormal": "1.2", "severe": "3"}
"""Complaints of a hundred shipments, of which fewer than one is wanted: 8 %, 20 % and 200 % off."""


@dataclass
class Troubled(Watched):
    """The unit with its KPI manager, whoever answers for quality, and another manager to verify."""

    manager: Actor
    another: Actor
    owner: Actor
    top: Employee
    quality: Unit


def troubled(session: Session) -> Troubled:
    """The policy published, a company with a unit 一车间 and its quality department, and its roles held."""
    around = watched(session)
    company = factories.a_unit(session, "示例公司")
    for unit in (around.unit,):
        unit.parent_id = company.id
        unit.name = "一车间"
        session.add(unit)
    session.flush()
    quality = factories.a_unit(session, "品质部", parent=company)
    factories.a_unit_head(session, quality, factories.an_employee(session, "品质部长"))
    manager = factories.an_actor(session, "kpi_manager", employee=factories.an_employee(session, "王指标"))
    another = factories.an_actor(session, "kpi_manager")
    owner, top = factories.an_employee(session, "罗品质"), factories.an_employee(session, "柯总")
    for role, who in (("品质负责人", owner), ("最高管理者", top)):
        said = {"policy": "kpi_sop", "role": role, "unit_id": None, "employee_id": who.id, "from_on": FIRST_DAY}
        holders.name_holder(session, manager, **said)
    return Troubled(
        **vars(around),
        manager=manager,
        another=another,
        owner=factories.an_actor(session, "employee", employee=owner),
        top=top,
        quality=quality,
    )


def complaints(level: str) -> dict[str, D]:
    """The inputs of a complaint rate that is off by a level."""
    return {"客诉件数": D(COMPLAINTS[level]), "发货批数": D(100)}


def complained(around: Troubled, level: str, period: str = "2026-03") -> Reading:
    """A month's complaints, confirmed."""
    return read(around, period, indicator="complaint_rate", inputs=complaints(level), source_document="NCR")


def correct(around: Troubled, reading: Reading, inputs: dict[str, D]) -> None:
    """Another figure in its place, confirmed."""
    said = {"inputs": inputs, "source_document": "NCR", "reason": "重新核对"}
    later = service.correct_reading(around.session, around.provider, reading.id, **said)
    service.confirm_reading(around.session, around.checker, later.id)


def respond(around: Troubled, period: str = "2026-03") -> Responded:
    """The period evaluated by the KPI manager."""
    return responding.evaluate_and_respond(around.session, around.manager, "kpi_sop", around.unit.id, Period.parse(period))


def one_open(around: Troubled, level: str = "abnormal") -> KpiException:
    """An exception that has just been opened."""
    complained(around, level)
    (found,) = respond(around).opened
    return found
