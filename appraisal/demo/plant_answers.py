"""What the sample plant makes of its evaluations: exceptions worked on as far as cases.csv says, tasks, summaries, reports.

Some are closed, some lie at every step before that, so that there is something to do for whoever signs in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlmodel import select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.bulletins import about_kpis, indicator_reviews, kpi_reports, meetings, suggestions, summaries
from appraisal.bulletins.report_models import MONTHLY, QUARTERLY
from appraisal.core.calendar import Period
from appraisal.demo.plant import CHECKER, DIRECTOR, POLICIES, QUALITY, SUPPLY, Plant, at
from appraisal.demo.plant_readings import LAST, rows
from appraisal.exceptions import service, tasks
from appraisal.exceptions.models import KpiException, KpiTask
from appraisal.exceptions.responding import Responded, evaluate_and_respond
from appraisal.monitoring import service as readings
from appraisal.people.models import Employee

SUMMED_UP: Final = (Period("week", 2026, 2), Period("week", 2026, 11), Period("week", 2026, 15))
"""The weeks of which summaries are written; what the last one suggests nobody has decided yet."""
STEPS: Final = ("analysed", "acting", "done", "verified", "closed")


@dataclass
class PlantAnswers:
    """Evaluations of the plant and what follows, each step on its day: `agenda` holds those still to come, with their turn."""

    plant: Plant
    agenda: list[tuple[date, int, Callable[[], object]]] = field(default_factory=list)
    turns: int = 0

    def until(self, day: date) -> None:
        """Does what was due before a day."""
        due = sorted((turn for turn in self.agenda if turn[0] < day), key=lambda turn: turn[:2])
        self.agenda = [turn for turn in self.agenda if turn[0] >= day]
        for when, _, act in due:
            with clock.at(at(when, 14)):
                act()

    def evaluate(self, month: Period) -> None:
        """Evaluates a month on the 5th of the next; the KPIs about the KPIs, which tell of that, are counted then, and in the
        last month judged with the others. What it opens is put on the agenda."""
        day = month.next().first_day().replace(day=5)
        with clock.at(at(day)):
            done = [self._respond(policy, month) for policy in POLICIES]
        with clock.at(at(day, 10)):
            entered = about_kpis.enter(self.plant.session, self.plant.manager, "kpi_sop", self.plant.top, month)
        with clock.at(at(day, 11)):
            readings.confirm_readings(self.plant.session, self.plant.actors[CHECKER], entered.recorded)
        if month == LAST:
            with clock.at(at(day, 12)):
                done.append(self._respond("kpi_sop", month))
        for one in done:
            for opened in one.opened:
                self._plan(opened)
            for task in one.tasks:
                if month != LAST:
                    self._at(day + timedelta(days=15), partial(self._look_into, task))
        for week in SUMMED_UP:
            if day.replace(day=28) > week.first_day() >= day - timedelta(days=5):
                self._at(week.first_day() + timedelta(days=4), partial(self._sum_up, week))

    def finish(self) -> None:
        """What is told of the last month: its report and the quarter's, the meeting about it, the review of the indicators."""
        session, manager, top = self.plant.session, self.plant.manager, self.plant.top
        make = partial(kpi_reports.make_report, session, manager, policy="kpi_sop", unit_id=top)
        with clock.at(at(date(2026, 4, 5), 17)):
            monthly = make(kind=MONTHLY, period=LAST).report
        with clock.at(at(date(2026, 4, 7))):
            assert monthly.id is not None
            kpi_reports.approve_report(session, manager, monthly.id)
            make(kind=QUARTERLY, period=Period("quarter", 2026, 1))
            for policy in POLICIES:
                indicator_reviews.make_review(session, manager, policy, top, Period("quarter", 2026, 1))
            self._meet(monthly.id)
        self.until(date(2026, 4, 20))
        states = list(session.exec(select(KpiException.state)))
        told = ", ".join(f"{states.count(state)} {state}" for state in ("open", *STEPS) if state in states)
        self.plant.say(f"plant: {len(states)} exceptions ({told}), monthly report {monthly.number}")

    def _meet(self, report_id: int) -> None:
        """The quality meeting about the last month, with what it decided and who does it."""
        session, manager, top = self.plant.session, self.plant.manager, self.plant.top
        planned = meetings.plan_meeting(
            session, manager, policy="kpi_sop", kind="quality_meeting", unit_id=top, about=LAST, place="一号会议室"
        )
        there = [self._employee_id(number) for number in (DIRECTOR, QUALITY, SUPPLY)]
        minutes = meetings.Minutes(
            held_on=clock.today(),
            minutes="三月 IQC 合格率再次下降, 客诉率达 1.31%; 乙供应商启用备用模具未做首件确认。",
            attendee_ids=there,
            report_ids=[report_id],
        )
        assert planned.id is not None
        meetings.record_meeting(session, manager, planned.id, minutes)
        audit = meetings.Task("到乙供应商现场审核模具管理", there[-1], date(2026, 5, 15))
        meetings.add_decision(session, manager, planned.id, text="乙供应商降为观察级, 恢复前全检", tasks=[audit])

    def _respond(self, policy: str, month: Period) -> Responded:
        return evaluate_and_respond(self.plant.session, self.plant.manager, policy, self.plant.top, month)

    def _at(self, day: date, act: Callable[[], object]) -> None:
        self.turns += 1
        self.agenda.append((day, self.turns, act))

    # Exceptions

    def _plan(self, opened: KpiException) -> None:
        """Puts the steps of an exception on the agenda, as far as the first case that is about it goes."""
        wanted = {"period": opened.period, "policy": opened.policy, "indicator": opened.indicator, "record": opened.record}
        for case in rows("cases"):
            if all(case[name] in ("", value) for name, value in wanted.items()):
                begins = date.fromisoformat(case["begins_on"])
                owner = self._owner(opened)
                for step, days in zip(STEPS[: STEPS.index(case["until"]) + 1], (0, 1, 4, 24, 25), strict=False):
                    when = begins + timedelta(days=days)
                    self._at(when, partial(self._take, step, opened, owner, case))
                return

    def _take(self, step: str, found: KpiException, owner: Actor, case: dict[str, str]) -> None:
        assert found.id is not None
        session, manager = self.plant.session, self.plant.manager
        if step == "analysed":
            service.analyse(session, owner, found.id, cause=case["cause"])
        elif step == "acting":
            service.plan_action(session, owner, found.id, action=case["action"], action_due_on=found.due_on)
        elif step == "done":
            service.complete(session, owner, found.id, report=case["report"])
        elif step == "verified":
            service.verify(session, manager, found.id, effective=True, verification=case["verification"])
        else:
            service.close(session, manager, found.id, closing=case["closing"])

    def _owner(self, found: KpiException) -> Actor:
        """Who works on an exception, in person."""
        owner = self.plant.session.get_one(Employee, found.owner_id)
        return self.plant.actors[owner.number]

    def _employee_id(self, number: str) -> int:
        employee_id = self.plant.employee(number).id
        assert employee_id is not None
        return employee_id

    # Tasks and summaries

    def _look_into(self, task: KpiTask) -> None:
        assert task.id is not None
        said = "投诉集中于乙供应商注塑件的毛刺, 其余产品无异常"
        tasks.complete_task(self.plant.session, self.plant.actors[QUALITY], task.id, note=said)

    def _sum_up(self, week: Period) -> None:
        """The summaries of a week for both policies; of what they suggest all but every fourth is taken up, the last week's
        nothing yet."""
        for policy in POLICIES:
            made = summaries.make_summaries(self.plant.session, self.plant.manager, policy, self.plant.top, week)
            if week == SUMMED_UP[-1]:
                continue
            for place, one in enumerate(made.suggestions):
                assert one.id is not None
                adopted = place % 4 != 3
                reason = None if adopted else "已由在办的应对单覆盖"
                suggestions.decide(self.plant.session, self.plant.manager, one.id, adopted=adopted, reason=reason)
