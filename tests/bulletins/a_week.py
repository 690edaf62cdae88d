"""A unit under the quality system's procedure whose readings go wrong in March 2026, evaluated in the first days of April."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D

from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.bulletins.summaries import Made, make_summaries
from appraisal.core.calendar import Period
from appraisal.monitoring.evaluations import Evaluated, evaluate_period
from tests import factories
from tests.monitoring.samples import Watched, read, watched

MONDAY, READ, EVALUATED, SUNDAY = date(2026, 3, 30), date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 5)
"""Monday and Sunday of week 14; the readings of March are due on Saturday the 4th."""
WEEK = Period.parse("2026-W14")
MARCH = Period.parse("2026-03")
PASSED = {"2025-12": 99, "2026-01": 98, "2026-02": 97}


@dataclass
class Weekly:
    """The watched unit, and who manages its indicators."""

    around: Watched
    manager: Actor

    @property
    def session(self) -> Session:
        return self.around.session

    @property
    def unit_id(self) -> int:
        assert self.around.unit.id is not None
        return self.around.unit.id

    def evaluate(self, period: Period = MARCH) -> Evaluated:
        return evaluate_period(self.session, self.manager, "kpi_sop", self.unit_id, period)

    def make(self, week: Period = WEEK) -> Made:
        return make_summaries(self.session, self.manager, "kpi_sop", self.unit_id, week)


@contextmanager
def a_week(session: Session, march: int = 90, on: date = EVALUATED, evaluated: bool = True) -> Iterator[Weekly]:
    """March's incoming inspection passes `march` lots of a hundred, after three months that fell from 99; complaints rise."""
    with clock.at(READ):
        found = Weekly(watched(session), factories.an_actor(session, "kpi_manager"))
        for period, passed in (PASSED | {"2026-03": march}).items():
            read(found.around, period, inputs={"IQC合格批数": D(passed), "IQC检验批数": D(100)})
        for period, complaints in (("2026-02", "0.5"), ("2026-03", "0.9")):
            asked = {"客诉件数": D(complaints) * 10, "发货批数": D(1000)}
            read(found.around, period, indicator="complaint_rate", inputs=asked)
    with clock.at(on):
        if evaluated:
            found.evaluate()
        yield found
