"""The sample plant on PostgreSQL: its setting up, its targets and its first month."""

from pathlib import Path

import pytest
from sqlmodel import Session, select

from appraisal import clock
from appraisal.demo.plant import OPENED, POLICIES, at
from appraisal.demo.plant_readings import FIRST
from appraisal.demo.plant_watch import WatchedPlant
from appraisal.monitoring.models import KpiTarget, Reading
from tests import factories

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")


def test_the_first_month_is_brought_in_on_time(session: Session, tmp_path: Path) -> None:
    plant = WatchedPlant(session, lambda _: None, {}, {}, folder=tmp_path)
    plant.found([factories.checked(name) for name in POLICIES])
    with clock.at(at(OPENED)):
        plant.set_targets(FIRST.first_day(), "议定")
    plant.import_month(FIRST, plant.kinds())
    assert len(session.exec(select(KpiTarget.id)).all()) == 32
    assert set(session.exec(select(Reading.late))) == {False}
    assert {path.name for path in (tmp_path / "2024-02").iterdir()} >= {"sale-2024-02.csv", "kpi_sop-2024-02.csv"}
