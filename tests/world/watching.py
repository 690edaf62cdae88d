"""What is watched between appraisals: readings, alerts and exceptions, reports and meetings, what the summaries say."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal as D

from sqlmodel import Session, select

from appraisal import clock
from appraisal.bulletins import indicator_reviews, kpi_reports
from appraisal.bulletins import meetings as kpi_meetings
from appraisal.bulletins import summaries as kpi_summaries
from appraisal.bulletins.report_models import KpiAction, KpiDecision
from appraisal.core.calendar import Period
from appraisal.exceptions import responding
from appraisal.exceptions import service as exceptions
from appraisal.exceptions import tasks as kpi_tasks
from appraisal.exceptions.models import KpiException, KpiExceptionPeriod
from appraisal.monitoring import evaluations, holders, targets
from appraisal.monitoring import service as readings
from appraisal.monitoring.importers import Reported
from appraisal.monitoring.models import KpiAlert
from tests import factories as make
from tests.world.company import OPENED, Company


def add_readings(company: Company) -> None:
    session, provider, hr = company.session, company.actors["data_provider"], company.actors["hr"]
    make.a_published_policy(session, name="kpi_sop")
    inputs = {"IQC合格批数": D(98), "IQC检验批数": D(100)}
    said = {"row": None, "indicator": "iqc_pass_rate", "policy": "kpi_sop", "inputs": inputs, "source_document": "QR-2603"}
    team = company.units["team"].code
    company.world.words |= {"team_code": team, "kpi_sop": "kpi_sop", "iqc_pass_rate": "iqc_pass_rate"}
    company.world.words |= {"trading": "trading", "order_handling": "order_handling"}
    company.world.words |= {"plant": "plant", "failure_rate": "failure_rate"}
    for name, unit, month in (("reading", team, 3), ("waiting_reading", team, 2), ("company_reading", None, 3)):
        evidence = [company.world.ids["reading_file"]] if name == "reading" else []
        reported = Reported(period=f"2026-{month:02}", unit=unit, **said)
        made = readings.enter_reading(session, provider, reported, evidence)
        company.keep(name, made)
        if name != "waiting_reading":
            readings.confirm_reading(session, hr, made.id)


def add_monitoring(company: Company) -> None:
    """A month in which the team's customers complained."""
    session, manager, ids = company.session, company.actors["kpi_manager"], company.world.ids
    make.a_published_policy(session, name="plant")
    team, march = company.units["team"], Period.parse("2026-03")
    wanted = targets.Wanted("plant", "failure_rate", team.id, "<=", D(2), OPENED, "年度目标")
    company.keep("target", targets.set_target(session, manager, wanted))
    said = {"policy": "kpi_sop", "role": "最高管理者", "unit_id": team.id, "employee_id": ids["assessor"], "from_on": OPENED}
    company.keep("role_holder", holders.name_holder(session, manager, **said))
    inputs = {"客诉件数": D(3), "发货批数": D(100)}
    said = {"row": None, "indicator": "complaint_rate", "policy": "kpi_sop", "inputs": inputs, "source_document": "NCR-2603"}
    made = readings.enter_reading(session, company.actors["data_provider"], Reported(period="2026-03", unit=team.code, **said))
    readings.confirm_reading(session, company.actors["hr"], made.id)
    company.keep("company_evaluation", evaluations.evaluate_period(session, manager, "kpi_sop", None, march).row)
    done = responding.evaluate_and_respond(session, manager, "kpi_sop", team.id, march)
    company.keep("evaluation", done.evaluated.row)
    company.keep("alert", done.alerts.standing[0])
    company.keep("kpi_exception", done.opened[0])
    company.keep("kpi_task", done.tasks[0])
    proof = [company.file("assessor", "exception_file")]
    exceptions.add_note(session, company.actors["assessor"], done.opened[0].id, text="现场照片", file_ids=proof)
    # What another unit has been asked, whose head sees that and nothing of the exception.
    asked = {"exception_id": done.opened[0].id, "department": "elsewhere", "follow_up": "核对发货记录"}
    company.keep("elsewhere_task", kpi_tasks.ask_department(session, manager, **asked))
    for indicator, way in (("nps", "done"), ("recurrence_rate", "verified"), ("inquiry_24h", "left")):
        company.keep(f"{way}_exception", _an_exception(company, indicator, way))


def _an_exception(company: Company, indicator: str, way: str) -> KpiException:
    """An exception of the team that has come so far, or that no alert asks for any longer."""
    session, manager, assessor = company.session, company.actors["kpi_manager"], company.actors["assessor"]
    alert = session.get_one(KpiAlert, company.world.ids["alert"])
    kept = {name: getattr(alert, name) for name in ("policy", "unit_id", "period", "starts_on", "ends_on")}
    said = {"level": "severe", "record": "urgent_improvement", "role": "最高管理者", "due_on": date(2026, 5, 10)}
    found = KpiException(number=f"QEF-29-02-2025-{way}", indicator=indicator, opened_at=clock.now(), **kept, **said)
    found.owner_id, found.version = company.world.ids["assessor"], 1
    session.add(found)
    judged = {"kind": "level", "level": "severe", "evaluation_id": alert.evaluation_id, "opened_at": clock.now()}
    gone = clock.now() if way == "left" else None
    asking = KpiAlert(indicator=indicator, withdrawn_at=gone, **kept, **judged)
    session.add(asking)
    session.flush()
    link = {"exception_id": found.id, "alert_id": asking.id, "attached_at": clock.now(), "withdrawn_at": gone}
    session.add(KpiExceptionPeriod(**link))
    session.flush()
    if way != "left":
        act = {"action": "复训", "action_due_on": date(2026, 5, 8)}
        exceptions.analyse(session, assessor, found.id, cause="未培训")
        exceptions.plan_action(session, assessor, found.id, **act)
        exceptions.complete(session, assessor, found.id, report="已复训")
    if way == "verified":
        exceptions.verify(session, manager, found.id, effective=True, verification="有效")
    return found


def add_reports_and_meetings(company: Company) -> None:
    """What was reported of March and of the last year; the meeting on March, and the next one."""
    session, manager, ids = company.session, company.actors["kpi_manager"], company.world.ids
    team = company.units["team"]
    said = {"indicator": "failure_rate", "policy": "plant", "period": "2025-12", "source_document": "故障记录"}
    inputs = {"故障次数": D(1), "运行时间": D(100)}
    entered = Reported(row=None, unit=team.code, inputs=inputs, **said)
    made = readings.enter_reading(session, company.actors["data_provider"], entered)
    readings.confirm_reading(session, company.actors["hr"], made.id)
    evaluations.evaluate_period(session, manager, "plant", team.id, Period.parse("2025-12"))
    for name, kind, policy, unit_id, period in (
        ("report", "monthly", "kpi_sop", team.id, "2026-03"),
        ("company_report", "monthly", "kpi_sop", None, "2026-03"),
        ("annual_report", "annual", "plant", team.id, "2025"),
    ):
        said = {"kind": kind, "policy": policy, "unit_id": unit_id, "period": Period.parse(period)}
        company.keep(name, kpi_reports.make_report(session, manager, **said).report)
    for name, month in (("meeting", "2026-03"), ("planned_meeting", "2026-04"), ("next_meeting", "2026-05")):
        said = {"policy": "kpi_sop", "kind": "quality_meeting", "unit_id": team.id, "about": Period.parse(month)}
        company.keep(name, kpi_meetings.plan_meeting(session, manager, chair_id=ids["superior"], **said))
    held = {"held_on": date(2026, 4, 7), "minutes": "客诉上升", "attendee_ids": [ids["colleague"]]}
    kpi_meetings.record_meeting(session, manager, ids["meeting"], kpi_meetings.Minutes(**held, report_ids=[ids["report"]]))
    tasks = [kpi_meetings.Task(text, ids["assessor"], date(2026, 4, 30)) for text in ("核查批号", "走访客户")]
    decision = kpi_meetings.add_decision(session, manager, ids["meeting"], text="加严检验", tasks=tasks)
    for name, action in zip(("action", "other_action"), _actions_of(session, decision), strict=True):
        company.keep(name, action)


def _actions_of(session: Session, decision: KpiDecision) -> Sequence[KpiAction]:
    return session.exec(select(KpiAction).where(KpiAction.decision_id == decision.id).order_by(KpiAction.id)).all()


def add_summaries(company: Company) -> None:
    """What a week's summaries say of the team and of the company, and what the quarter says of the team's indicators."""
    session, manager, team = company.session, company.actors["kpi_manager"], company.units["team"]
    week = Period.parse("2026-W15")
    made = kpi_summaries.make_summaries(session, manager, "kpi_sop", team.id, week)
    company.keep("summary", next(one for one in made.summaries if one.advisor == "strategy"))
    company.keep("suggestion", made.suggestions[0])
    of_all = kpi_summaries.make_summaries(session, manager, "kpi_sop", None, week)
    company.keep("company_summary", of_all.summaries[0])
    reviewed = indicator_reviews.make_review(session, manager, "kpi_sop", team.id, Period.parse("2026-Q1"))
    company.keep("indicator_review", reviewed.row)
    company.keep("proposal", reviewed.proposals[0])
