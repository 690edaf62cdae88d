"""Twenty-six months at the sample plant: readings brought in on their days and vouched for, and what evaluation sets off.

Not all of it goes smoothly, on purpose: a month lost in a move of the platform and entered by hand two months later, a reading
put right before anybody relied on it, a survey that nobody made, and the stories of effects.csv.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from appraisal import clock
from appraisal.core.calendar import Period
from appraisal.core.numbers import parse_number
from appraisal.demo.plant import CHECKER, CLERK, OPENED, POLICIES, TOP, Plant, at
from appraisal.demo.plant_answers import PlantAnswers
from appraisal.demo.plant_readings import MISSING, Series, exports, months, readings_of
from appraisal.demo.plant_stories import EVALUATED
from appraisal.monitoring import folder, importing
from appraisal.monitoring import queries as monitoring
from appraisal.monitoring import service as readings
from appraisal.monitoring.importers import Read, Reported
from appraisal.monitoring.watched import watching
from appraisal.policies.service import Checked

FILLED_IN: Final = Period("month", 2025, 2)
FILLED_ON: Final = date(2025, 4, 8)
CORRECTED: Final = ("plant", "cycle_time", Period("month", 2025, 9))
"""The reading that was put right two weeks after it was entered, and before it was due."""
STRICTER: Final = date(2026, 1, 1)


@dataclass
class WatchedPlant(Plant):
    """The plant while it is watched. The exports lie in `folder`, one folder a month."""

    folder: Path = Path()

    def run(self, checked: Sequence[Checked]) -> None:
        """Everything, up to what is told of the last month."""
        self.found(checked)
        with clock.at(at(OPENED, 11)):
            self.set_targets(date(2024, 2, 1), "001 没有印目标值 (G-23); 按 2023 年水平由管理层会议议定")
        kinds = self.kinds()
        answers = PlantAnswers(self)
        for month in months():
            if month.next().first_day() == STRICTER:
                with clock.at(at(date(2025, 12, 22))):
                    self.set_targets(STRICTER, "2025 年均已达到, 2026 年起提高")
            answers.until(month.next().first_day())
            if month != FILLED_IN:
                self.import_month(month, kinds)
            if month == FILLED_IN.next():
                self.fill_in()
            if str(month) in EVALUATED:
                answers.evaluate(month)
            if month == CORRECTED[2]:
                self.put_right()
        answers.finish()

    def kinds(self) -> Mapping[Series, str | None]:
        """The record type that each indicator's readings come in."""
        known = watching(self.session)
        states = {name: known.policy_on(name, OPENED) for name in POLICIES}
        return {
            (name, indicator): located.indicator.platform
            for name, policy in states.items()
            if policy is not None
            for indicator, located in policy.watched.items()
        }

    def import_month(self, month: Period, kinds: Mapping[Series, str | None]) -> None:
        """The exports of a month are brought in on the 2nd of the next and vouched for on the 3rd."""
        made = self.folder / str(month)
        made.mkdir(parents=True, exist_ok=True)
        for left in made.iterdir():  # of an earlier demo, which may have had others
            left.unlink()
        for name, content in exports(month, kinds, TOP).items():
            (made / name).write_bytes(content)
        after = month.next().first_day()
        with clock.at(at(after.replace(day=2))):
            done = folder.import_folder(self.session, self.actors[CLERK], made)
        with clock.at(at(after.replace(day=3))):
            recorded = [reading for one in done.values() for reading in one.recorded]
            readings.confirm_readings(self.session, self.actors[CHECKER], recorded)

    def fill_in(self) -> None:
        """The month of which there are no exports is entered by hand, from paper: late, and shown as such (R-000-41)."""
        given = [
            Reported(
                row=None,
                indicator=indicator,
                period=str(FILLED_IN),
                source_document=f"{FILLED_IN} 纸质记录",
                inputs={name: parse_number(str(figure)) for name, figure in inputs.items()},
                unit=TOP,
                policy=policy,
                origin="manual",
            )
            for (policy, indicator), inputs in readings_of(FILLED_IN).items()
            if str(FILLED_IN) not in MISSING.get((policy, indicator), ())
        ]
        with clock.at(at(FILLED_ON)):
            done = importing.record_readings(self.session, self.actors[CLERK], Read(tuple(given)))
        with clock.at(at(FILLED_ON, 16)):
            readings.confirm_readings(self.session, self.actors[CHECKER], done.recorded)

    def put_right(self) -> None:
        """A reading that was counted wrongly is corrected; the first one stays on record (R-000-45)."""
        policy, indicator, month = CORRECTED
        entries = monitoring.latest(self.session, [(policy, indicator, self.top)])
        entry = entries[policy, indicator, self.top][str(month)]
        assert entry.id is not None and entry.inputs is not None
        orders = "完工工单数"
        figures = {name: parse_number(figure) for name, figure in entry.inputs.items()}
        after = month.next().first_day()
        with clock.at(at(after.replace(day=16))):
            later = readings.correct_reading(
                self.session,
                self.actors[CLERK],
                entry.id,
                source_document="MES 工单清单 2025-09 (第二版)",
                reason="有 2 张工单在九月完工、十月才登记",
                inputs=figures | {orders: figures[orders] + 2},
            )
        with clock.at(at(after.replace(day=17))):
            assert later.id is not None
            readings.confirm_reading(self.session, self.actors[CHECKER], later.id)
