"""The sample plant: evaluation finds what was planted and nothing else, and what follows lies at every stage.

The figures are judged by the core alone, month by month; the run with its imports, exceptions and reports once, on SQLite.
`test_plant_opening` goes part of the way on PostgreSQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D
from functools import cache
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.bulletins.models import KpiSuggestion, KpiSuggestionDecision
from appraisal.bulletins.report_models import KpiAction, KpiMeeting, KpiReport, KpiReportApproval
from appraisal.config import PROJECT_ROOT
from appraisal.core.calendar import Period
from appraisal.core.judging.deviation import Target, TargetAt
from appraisal.core.judging.readings import Reading as Read
from appraisal.core.monitoring.evaluate import evaluate
from appraisal.core.monitoring.points import declared_targets
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import Policy
from appraisal.demo.plant import POLICIES, SUPPLY, at
from appraisal.demo.plant_readings import MISSING, Effects, exports, months, readings_of, rows
from appraisal.demo.plant_stories import EVALUATED, PLANTED, STORIES, Sign
from appraisal.demo.plant_watch import CORRECTED, FILLED_IN, WatchedPlant
from appraisal.exceptions.models import KpiException, KpiTask
from appraisal.exceptions.responding import evaluate_and_respond
from appraisal.monitoring import folder
from appraisal.monitoring.alerts import signs_of
from appraisal.monitoring.models import KpiAlert, KpiEvaluation, Reading, ReadingConfirmation
from tests import factories

FIRST_JUDGED = "2025-06"
IQC_OF_MARCH = {"IQC合格批数": 440, "IQC检验批数": 508}
ABOUT_KPIS = {"data_on_time", "dashboard_updated", "exceptions_started", "advice_adopted"}


@pytest.fixture(scope="module")
def policies() -> Mapping[str, Policy]:
    files = read_files(PROJECT_ROOT)
    books = {name: load_book(files, name)[0] for name in POLICIES}
    return {name: book.on(book.dates[-1]) for name, book in books.items() if book is not None}


def found(policies: Mapping[str, Policy], month: Period, planted: Effects | None = None) -> set[Sign]:
    """What the core finds in a month of the generated readings, the policy's targets and the plant's own applied."""
    signs: set[Sign] = set()
    for name, policy in policies.items():
        read = read_of(name) if planted is None else _read_of(name, planted)
        done = evaluate(policy, read, month, targets_of(policy))
        for sign, level in signs_of(done):
            signs.add(Sign(str(month), name, sign.indicator, sign.kind, level, sign.other))
    return signs


@cache
def read_of(policy: str) -> Mapping[str, Sequence[Read]]:
    """The generated readings of a policy's indicators."""
    return _read_of(policy, None)


def _read_of(policy: str, planted: Effects | None) -> Mapping[str, Sequence[Read]]:
    read: dict[str, list[Read]] = {}
    for month in months():
        for (of, indicator), inputs in readings_of(month, planted).items():
            if of == policy and str(month) not in MISSING.get((of, indicator), ()):
                figures = {one: D(str(figure)) for one, figure in inputs.items()}
                read.setdefault(indicator, []).append(Read(month, None, figures))
    return read


def targets_of(policy: Policy) -> TargetAt:
    declared, kept = declared_targets(policy), [row for row in rows("targets") if policy.id == "plant"]

    def target(indicator: str, period: Period) -> Target | None:
        own = [row for row in kept if row["indicator"] == indicator]
        begun = [row for row in own if date.fromisoformat(row["from_on"]) <= period.first_day()]
        if not begun:
            return declared(indicator, period)
        return Target(begun[-1]["operator"], D(begun[-1]["value"]))  # type: ignore[arg-type]

    return target


@pytest.mark.parametrize("month", [month for month in months() if str(month) >= FIRST_JUDGED], ids=str)
def test_a_month_shows_what_was_planted_and_nothing_else(policies: Mapping[str, Policy], month: Period) -> None:
    assert found(policies, month) == {sign for sign in PLANTED if sign.period == str(month)}


@pytest.mark.parametrize("month", [month for month in months() if str(month) < FIRST_JUDGED], ids=str)
def test_before_the_stories_nothing_is_off_and_nothing_drifts(policies: Mapping[str, Policy], month: Period) -> None:
    assert not [sign for sign in found(policies, month) if sign.kind not in ("guard", "related")]


@pytest.mark.parametrize("period", ["2025-06", "2025-12", "2026-03"])
def test_without_the_stories_nothing_would_be_off(policies: Mapping[str, Policy], period: str) -> None:
    assert not [sign for sign in found(policies, Period.parse(period), planted={}) if sign.kind == "level"]


def test_every_effect_belongs_to_a_story_that_is_told() -> None:
    assert {row["story"] for row in rows("effects")} < set(STORIES)


def test_the_exports_are_the_same_at_every_run() -> None:
    kinds = dict.fromkeys(readings_of(FILLED_IN), None)
    assert exports(FILLED_IN, kinds, "PL") == exports(FILLED_IN, kinds, "PL")
    assert readings_of(Period("month", 2026, 3))["kpi_sop", "iqc_pass_rate"] == IQC_OF_MARCH


def test_one_number_for_one_thing() -> None:
    for month in months():
        read = readings_of(month)
        orders, due = read["plant", "otd"], read["kpi_sop", "on_time_delivery"]
        assert list(orders.values()) == list(due.values())
        assert read["plant", "complaint_rate"]["投诉数量"] == read["kpi_sop", "complaint_rate"]["客诉件数"]


def test_every_indicator_that_can_be_entered_is_read_in_26_months(policies: Mapping[str, Policy]) -> None:
    assert len(list(months())) == 26
    entered = {
        (name, indicator)
        for name, policy in policies.items()
        for indicator, located in policy.watched.items()
        if any(given.indicator is None for given in located.indicator.inputs) and indicator not in ABOUT_KPIS
    }
    assert set(readings_of(FILLED_IN)) == entered


# The run


@dataclass(frozen=True)
class Ran:
    """The plant after its last month, still in its session."""

    plant: WatchedPlant
    session: Session
    said: list[str]
    exports: Path


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Ran]:
    target = db.make_engine(module_database_url)
    folder, said = tmp_path_factory.mktemp("plant"), list[str]()
    with db.transaction(target, write=True) as session:
        factories.a_published_calendar(session)
        plant = WatchedPlant(session, said.append, {}, {}, folder=folder)
        plant.run([factories.checked(name) for name in POLICIES])
    with db.transaction(target, write=True) as session:
        plant.session = session
        yield Ran(plant, session, said, folder)
    target.dispose()


on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True, scope="session")


@on_sqlite
class TestTheRun:
    """What lies in the database afterwards."""

    def test_evaluation_alerts_of_what_was_planted_and_of_nothing_else(self, ran: Ran) -> None:
        kept = ran.session.exec(select(KpiAlert).where(col(KpiAlert.withdrawn_at).is_(None))).all()
        alerts = {Sign(one.period, one.policy, one.indicator, one.kind, one.level, one.other) for one in kept}
        assert alerts == {sign for sign in PLANTED if sign.period in EVALUATED}

    def test_a_second_evaluation_opens_and_tells_nothing(self, ran: Ran) -> None:
        month = Period.parse("2026-03")
        before = len(ran.session.exec(select(KpiEvaluation.id)).all())
        with clock.at(at(date(2026, 5, 4))):
            for policy in POLICIES:
                done = evaluate_and_respond(ran.session, ran.plant.manager, policy, ran.plant.top, month)
                assert (done.opened, done.attached, done.void, done.tasks, done.notified) == ([], [], [], [], 0)
                assert not done.evaluated.is_new
        assert len(ran.session.exec(select(KpiEvaluation.id)).all()) == before

    def test_only_the_month_entered_by_hand_is_late_and_all_of_it(self, ran: Ran) -> None:
        read = ran.session.exec(select(Reading)).all()
        # What the system counts of itself it can only count once everything was due.
        late = [one for one in read if one.late and one.indicator not in ABOUT_KPIS]
        assert {one.period for one in late} == {str(FILLED_IN)} and all(one.back_filled for one in late)
        assert len(late) == sum(one.period == str(FILLED_IN) for one in read)

    def test_every_reading_was_vouched_for_by_somebody_else(self, ran: Ran) -> None:
        entered = ran.session.exec(
            select(Reading.entered_by, ReadingConfirmation.confirmed_by).outerjoin(
                ReadingConfirmation, col(ReadingConfirmation.reading_id) == Reading.id
            )
        ).all()
        assert all(by is not None and by != who for who, by in entered)

    def test_one_reading_was_put_right_in_time_and_one_was_never_made(self, ran: Ran) -> None:
        policy, indicator, month = CORRECTED
        (later,) = ran.session.exec(select(Reading).where(col(Reading.corrects_id).is_not(None))).all()
        assert (later.policy, later.indicator, later.period, later.late) == (policy, indicator, str(month), False)
        asked = select(Reading.period).where(Reading.policy == "kpi_sop", Reading.indicator == "nps")
        assert {str(one) for one in months()} - set(ran.session.exec(asked).all()) == {"2025-08"}

    def test_the_folder_of_exports_may_be_brought_in_again(self, ran: Ran) -> None:
        plans = folder.preview_folder(ran.session, ran.plant.actors["P012"], ran.exports / "2026-03")
        assert {"qc_report-2026-03.csv", "plant-2026-03.csv", "safety_event-2026-03.csv"} < set(plans)
        assert all(not (plan.new or plan.changed or plan.faults) and plan.unchanged for plan in plans.values())

    def test_exceptions_lie_at_every_stage_and_the_lots_came_back_after_their_capa_was_closed(self, ran: Ran) -> None:
        there = ran.session.exec(select(KpiException)).all()
        assert {one.state for one in there} == {"open", "analysed", "acting", "done", "verified", "closed"}
        assert {one.state for one in there if one.period == "2025-06"} == {"closed"}
        capas = [one for one in there if (one.indicator, one.record) == ("iqc_pass_rate", "capa")]
        assert [(one.period, one.state) for one in capas] == [("2025-12", "closed"), ("2026-03", "open")]
        assert all(one.cause and one.action and one.verification and one.verified_by for one in capas[:1])
        drift = [one for one in there if one.policy == "plant" and one.period == "2026-03"]
        assert [(one.indicator, one.record, one.level) for one in drift] == [("failure_rate", "investigation", None)]

    def test_the_quality_department_was_asked_twice_and_has_answered_once(self, ran: Ran) -> None:
        tasks = ran.session.exec(select(KpiTask).order_by(col(KpiTask.id))).all()
        unit = ran.plant.unit("PL-QUAL").id
        assert [(one.unit_id, one.state) for one in tasks] == [(unit, "done"), (unit, "open")]

    def test_the_months_report_is_final_and_the_quarters_a_draft(self, ran: Ran) -> None:
        reports = ran.session.exec(select(KpiReport)).all()
        final = set(ran.session.exec(select(KpiReportApproval.report_id)))
        assert {(one.kind, one.period, one.id in final) for one in reports} == {
            ("monthly", "2026-03", True),
            ("quarterly", "2026-Q1", False),
        }

    def test_the_quality_meeting_decided_and_somebody_is_to_do_it(self, ran: Ran) -> None:
        (meeting,) = ran.session.exec(select(KpiMeeting)).all()
        (action,) = ran.session.exec(select(KpiAction)).all()
        assert (meeting.kind, meeting.about, meeting.status) == ("quality_meeting", "2026-03", "held")
        assert action.owner_id == ran.plant.employee(SUPPLY).id

    def test_of_what_the_summaries_suggest_some_is_adopted_some_not_and_some_undecided(self, ran: Ran) -> None:
        decided = ran.session.exec(select(KpiSuggestionDecision)).all()
        assert {one.adopted for one in decided} == {True, False}
        assert len(ran.session.exec(select(KpiSuggestion.id)).all()) > len(decided)

    def test_every_step_is_in_an_audit_chain_that_holds(self, ran: Ran) -> None:
        assert audit.verify(ran.session) is None
