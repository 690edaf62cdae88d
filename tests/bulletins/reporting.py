"""A unit with readings of a few months, evaluated; and what reports on it are made of, by hand."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.bulletins import kpi_reports
from appraisal.bulletins.kpi_reports import Standing
from appraisal.core.calendar import Period
from appraisal.monitoring import evaluations, service
from tests import factories
from tests.monitoring import samples
from tests.monitoring.samples import Watched, iqc


@dataclass
class Reporting:
    """One watched unit and its KPI manager."""

    around: Watched
    manager: Actor

    @property
    def session(self) -> Session:
        return self.around.session

    @property
    def unit_id(self) -> int:
        assert self.around.unit.id is not None
        return self.around.unit.id

    def read(self, period: str, passed: int | str, **more: object) -> Any:
        """The month's incoming inspection: so many of 100 lots passed. Entered and confirmed soon after the month."""
        with clock.at(_soon_after(period)):
            return samples.read(self.around, period, inputs=iqc(passed), **more)

    def correct(self, reading_id: int, passed: int | str) -> None:
        """A confirmed correction of it."""
        later = service.correct_reading(
            self.session, self.around.provider, reading_id, source_document="QR-B", reason="更正", inputs=iqc(passed)
        )
        service.confirm_reading(self.session, self.around.checker, later.id)

    def evaluate(self, period: str, on: date | None = None) -> int:
        """The id of the month's evaluation, made on a day soon after it unless told otherwise."""
        with clock.at(on or _soon_after(period)):
            return self.evaluate_now(period)

    def evaluate_now(self, period: str) -> int:
        found = evaluations.evaluate_period(self.session, self.manager, "kpi_sop", self.unit_id, Period.parse(period))
        assert found.row.id is not None
        return found.row.id

    def make(self, kind: str, period: str) -> Standing:
        """The report, as a KPI manager makes and then finds it."""
        said = {"kind": kind, "policy": "kpi_sop", "unit_id": self.unit_id, "period": Period.parse(period)}
        made = kpi_reports.make_report(self.session, self.manager, **said)
        return kpi_reports.find_report(self.session, self.manager, made.report.id)

    def row(self, kind: str, period: str, indicator: str = "iqc_pass_rate") -> dict[str, Any]:
        """What a report says of an indicator."""
        return row_of(self.make(kind, period).report.content, indicator)


def reporting(session: Session) -> Reporting:
    """The unit before anything has been read."""
    return Reporting(samples.watched(session), factories.an_actor(session, "kpi_manager"))


def row_of(content: dict[str, Any], indicator: str = "iqc_pass_rate") -> dict[str, Any]:
    """The row of an indicator in the class tables."""
    (row,) = (row for one in content["classes"] for row in one["rows"] if row["indicator"] == indicator)
    return row


def _soon_after(period: str) -> date:
    return Period.parse(period).next().first_day().replace(day=3)
