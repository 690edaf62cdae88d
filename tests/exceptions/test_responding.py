"""What an evaluation sets off, once: records by level and for trends, later periods, corrections, tasks, who is told."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, clock, db
from appraisal.core.calendar import Period
from appraisal.errors import Invalid, NotAllowed
from appraisal.exceptions import queries, responding, service, tasks
from appraisal.exceptions.models import KpiException, KpiExceptionEntry, KpiTask
from appraisal.monitoring.models import KpiAlert
from appraisal.notify import Notification
from tests import factories
from tests.contests import at_once
from tests.exceptions.samples import complained, complaints, correct, one_open, respond, troubled
from tests.monitoring.samples import TODAY, iqc, read

BEST = {"客诉件数": D(0), "发货批数": D(100)}


@pytest.fixture(autouse=True)
def _after_march():
    with clock.at(TODAY):
        yield


def told(session: Session, kind: str) -> list[int]:
    return [one.employee_id for one in session.exec(select(Notification).where(Notification.kind == kind))]


@pytest.mark.parametrize(
    ("level", "record", "role", "days"),
    [
        ("attention", "assessment", "主管", 10),
        ("abnormal", "capa", "品质负责人", 90),
        ("severe", "urgent_improvement", "最高管理者", 7),
    ],
)
def test_each_level_opens_its_own_record_for_whom_the_policy_names(session: Session, level, record, role, days):
    around = troubled(session)
    complained(around, level)
    done = respond(around)
    (found,) = done.opened
    assert (found.record, found.level, found.role, found.state) == (record, level, role, "open")
    assert (found.number, found.due_on) == ("QEF-29-02-2026-0001", TODAY + timedelta(days=days))
    owner = {"主管": around.head.employee_id, "品质负责人": around.owner.employee_id, "最高管理者": around.top.id}[role]
    assert found.owner_id == owner
    assert told(session, "kpi_exception_opened") == [owner]


def test_what_is_normal_opens_nothing(session: Session):
    around = troubled(session)
    read(around, indicator="complaint_rate", inputs=BEST, source_document="NCR")
    done = respond(around)
    assert (done.alerts.standing, done.opened, done.tasks, done.notified) == ((), [], [], 0)


def test_evaluated_again_nothing_is_opened_attached_or_told(session: Session):
    around = troubled(session)
    complained(around, "severe")
    respond(around)
    before = len(session.exec(select(Notification)).all()), len(session.exec(select(KpiExceptionEntry)).all())
    again = respond(around)
    assert not again.evaluated.is_new
    assert (again.opened, again.attached, again.void, again.tasks, again.notified) == ([], [], [], [], 0)
    assert len(again.alerts.standing) == 1
    assert not (again.alerts.opened or again.alerts.changed or again.alerts.withdrawn)
    assert (len(session.exec(select(Notification)).all()), len(session.exec(select(KpiExceptionEntry)).all())) == before


def test_severe_is_told_to_whom_the_policy_names_beside_the_owner(session: Session):
    around = troubled(session)
    complained(around, "severe")
    respond(around)
    assert told(session, "kpi_level_reached") == [around.top.id]


def test_a_later_period_of_the_same_trouble_is_attached_to_the_record_that_is_open(session: Session):
    around = troubled(session)
    complained(around, "abnormal", "2026-02")
    (found,) = respond(around, "2026-02").opened
    complained(around, "abnormal", "2026-03")
    later = respond(around)
    assert (later.opened, [one.id for one in later.attached]) == ([], [found.id])
    assert [alert.period for _, alert in queries.alerts_of(session, found.id)] == ["2026-02", "2026-03"]
    assert respond(around).attached == []


def test_a_worse_level_opens_a_record_of_its_own(session: Session):
    around = troubled(session)
    complained(around, "abnormal", "2026-02")
    respond(around, "2026-02")
    complained(around, "severe", "2026-03")
    (worse,) = respond(around).opened
    assert (worse.number, worse.record) == ("QEF-29-02-2026-0002", "urgent_improvement")
    assert [one.record for one in queries.open_of(session, "kpi_sop", around.unit.id)] == ["capa", "urgent_improvement"]


def test_a_period_that_was_dealt_with_opens_nothing_again_and_the_next_one_does(session: Session):
    around = troubled(session)
    complained(around, "abnormal", "2026-02")
    (found,) = respond(around, "2026-02").opened
    service.analyse(session, around.owner, found.id, cause="混料")
    service.plan_action(session, around.owner, found.id, action="隔离", action_due_on=TODAY)
    service.complete(session, around.owner, found.id, report="已隔离")
    service.verify(session, around.manager, found.id, effective=True, verification="有效")
    service.close(session, around.manager, found.id, closing="关闭")
    assert respond(around, "2026-02").opened == []
    complained(around, "abnormal", "2026-03")
    assert len(respond(around).opened) == 1


def test_three_worsenings_inside_tolerance_open_an_investigation(session: Session):
    around = troubled(session)
    for month, passed in enumerate((1000, 999, 998, 997), 12):
        period = "2025-12" if month == 12 else f"2026-{month - 12:02}"
        read(around, period, inputs=iqc(passed, 1000))
    done = respond(around)
    assert [(one.kind, one.level) for one in done.alerts.standing] == [("trend", None)]
    (found,) = done.opened
    assert (found.record, found.level, found.due_on) == ("investigation", None, TODAY + timedelta(days=10))
    assert respond(around, "2026-02").opened == []


def test_better_at_another_s_cost_opens_an_investigation(session: Session):
    around = troubled(session)
    for period, on_time, passed in (("2026-02", 90, 97), ("2026-03", 95, 96)):
        deliveries = {"准时交付订单数": D(on_time), "应交付订单数": D(100)}
        read(around, period, indicator="on_time_delivery", inputs=deliveries, source_document="SO")
        outgoing = {"OQC合格批数": D(passed), "OQC检验批数": D(100)}
        read(around, period, indicator="oqc_pass_rate", inputs=outgoing, source_document="QR")
    done = respond(around)
    guards = [one for one in done.alerts.standing if one.kind == "guard"]
    assert [(one.indicator, one.other) for one in guards] == [("on_time_delivery", "oqc_pass_rate")]
    assert "investigation" in [one.record for one in done.opened]


# Corrections


def test_a_corrected_reading_withdraws_the_alert_and_voids_what_nobody_has_touched(session: Session):
    around = troubled(session)
    reading = complained(around, "abnormal")
    (found,) = respond(around).opened
    correct(around, reading, BEST)
    done = respond(around)
    assert [one.id for one in done.alerts.withdrawn] == [one.id for one in session.exec(select(KpiAlert))]
    assert ([one.id for one in done.void], found.state) == ([found.id], "void")
    assert told(session, "kpi_exception_void") == [around.owner.employee_id]
    assert [one.state for one in session.exec(select(KpiTask))] == ["dropped"]
    again = respond(around)
    assert (again.void, again.alerts.withdrawn) == ([], ())


def test_one_that_has_been_worked_on_stays_open_with_a_note(session: Session):
    around = troubled(session)
    reading = complained(around, "abnormal")
    (found,) = respond(around).opened
    service.analyse(session, around.owner, found.id, cause="混料")
    correct(around, reading, BEST)
    done = respond(around)
    assert (done.void, found.state) == ([], "analysed")
    assert [one.kind for one in queries.history_of(session, found.id)] == ["opened", "analysis", "corrected"]
    assert respond(around).notified == 0


def test_an_alert_that_holds_again_is_taken_up_again(session: Session):
    around = troubled(session)
    reading = complained(around, "abnormal")
    (first,) = respond(around).opened
    correct(around, reading, BEST)
    respond(around)
    (latest,) = (one for one in session.exec(select(type(reading)).where(type(reading).corrects_id == reading.id)))
    correct(around, latest, complaints("abnormal"))
    (second,) = respond(around).opened
    assert (first.state, second.state, second.number) == ("void", "open", "QEF-29-02-2026-0002")
    assert len(session.exec(select(KpiAlert)).all()) == 1


def test_a_level_corrected_upwards_changes_the_alert_and_opens_the_graver_record(session: Session):
    around = troubled(session)
    reading = complained(around, "abnormal")
    (capa,) = respond(around).opened
    correct(around, reading, complaints("severe"))
    done = respond(around)
    assert [(one.level, one.period) for one in done.alerts.changed] == [("severe", "2026-03")]
    assert ([one.record for one in done.opened], [one.id for one in done.void]) == (["urgent_improvement"], [capa.id])


# Tasks for other departments


def test_a_task_goes_to_the_department_of_that_name_in_the_same_company_once(session: Session):
    around = troubled(session)
    factories.a_unit(session, "品质部")  # of another company
    complained(around, "abnormal", "2026-02")
    (task,) = respond(around, "2026-02").tasks
    assert (task.department, task.unit_id, task.follow_up["zh"]) == ("品质部", around.quality.id, "排查产品问题")
    heads = [one.id for one in responding.holders.heads(session, around.quality.id, TODAY)]
    assert told(session, "kpi_task_opened") == heads
    complained(around, "abnormal", "2026-03")
    assert respond(around).tasks == []
    tasks.complete_task(session, around.manager, task.id, note="批次 0312 混料")
    assert respond(around).tasks != [] and respond(around).tasks == []


@pytest.mark.parametrize(("level", "asked"), [("attention", 0), ("abnormal", 1)])
def test_a_task_is_asked_for_from_its_level_on(session: Session, level, asked):
    around = troubled(session)
    complained(around, level)
    assert len(respond(around).tasks) == asked


def test_without_such_a_department_the_kpi_managers_are_told(session: Session):
    around = troubled(session)
    around.quality.name = "质量部"
    session.add(around.quality)
    session.flush()
    complained(around, "abnormal")
    (task,) = respond(around).tasks
    assert (task.unit_id, told(session, "kpi_task_opened")) == (None, [around.manager.employee_id])


# Who, what and when


def test_only_the_kpi_manager_of_the_unit_evaluates(session: Session):
    around = troubled(session)
    for actor in (around.hr, around.head, around.provider, factories.an_actor(session, "kpi_manager", unit=around.quality)):
        with pytest.raises(NotAllowed):
            responding.evaluate_and_respond(session, actor, "kpi_sop", around.unit.id, Period.parse("2026-03"))
    here = factories.an_actor(session, "kpi_manager", unit=around.unit)
    assert responding.evaluate_and_respond(session, here, "kpi_sop", around.unit.id, Period.parse("2026-03")).evaluated.is_new
    with pytest.raises(NotAllowed):
        responding.evaluate_and_respond(session, here, "kpi_sop", None, Period.parse("2026-03"))


@pytest.mark.parametrize(
    ("policy", "period", "code"),
    [("unheard", "2026-03", "unknown_policy"), ("kpi_sop", "2026-04", "period_not_over")],
)
def test_what_cannot_be_evaluated_is_refused(session: Session, policy, period, code):
    around = troubled(session)
    with pytest.raises(Invalid) as refused:
        responding.evaluate_and_respond(session, around.manager, policy, around.unit.id, Period.parse(period))
    assert refused.value.code == code


def test_a_period_may_be_evaluated_from_the_day_after_its_last(session: Session):
    around = troubled(session)
    with clock.at(date(2026, 3, 31)), pytest.raises(Invalid):
        respond(around)
    with clock.at(date(2026, 4, 1)):
        assert respond(around).evaluated.is_new


def test_every_change_is_on_the_trail(session: Session):
    around = troubled(session)
    reading = complained(around, "abnormal")
    respond(around)
    correct(around, reading, BEST)
    respond(around)
    audit.flush(session)
    acts = [one.action for one in session.exec(select(audit.AuditRecord).order_by(audit.AuditRecord.seq))]
    wanted = ["kpi_evaluation.make", "kpi_alert.open", "kpi_exception.open", "kpi_task.open"]
    wanted += ["kpi_evaluation.make", "kpi_alert.withdraw", "kpi_exception.void", "kpi_task.drop"]
    assert [one for one in acts if one in wanted] == wanted


def test_two_evaluations_at_once_open_one_exception(engine: Engine):
    with db.transaction(engine, write=True) as session:
        around = troubled(session)
        complained(around, "severe")
    march = Period.parse("2026-03")

    def evaluate() -> int:
        with db.transaction(engine, write=True) as session:
            return len(responding.evaluate_and_respond(session, around.manager, "kpi_sop", around.unit.id, march).opened)

    assert sorted(at_once(evaluate, evaluate)) == [0, 1]
    with db.transaction(engine, write=False) as session:
        assert len(session.exec(select(KpiException)).all()) == 1


def test_numbers_count_by_year(session: Session):
    around = troubled(session)
    assert one_open(around).number == "QEF-29-02-2026-0001"
    with clock.at(date(2027, 1, 4)):
        complained(around, "severe", "2026-12")
        assert respond(around, "2026-12").opened[0].number == "QEF-29-02-2027-0001"
