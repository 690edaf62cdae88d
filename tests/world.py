"""One company in which every relation there is to a person has an account, and everything that can be done something with has a
name: a case at each step, agreements, figures, incidents, plans, releases, and what belongs to signing in.

Everything concerns `self`, who is appraised in many cycles side by side, one for each step, unless its name says otherwise.
What people write and the figures they give are found nowhere else, so that a test can look for them (`SECRETS`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal as D
from functools import partial

from sqlmodel import Session, select

from appraisal import clock, files, jobs, notify
from appraisal.actor import Actor
from appraisal.agreements import amendments, goals, paper
from appraisal.agreements import service as agreements
from appraisal.agreements.drafts import ItemDraft
from appraisal.agreements.models import Agreement, PastTarget, WeightApproval
from appraisal.bulletins import indicator_reviews, kpi_reports
from appraisal.bulletins import meetings as kpi_meetings
from appraisal.bulletins import summaries as kpi_summaries
from appraisal.bulletins.report_models import KpiAction, KpiDecision
from appraisal.core.calendar import Period
from appraisal.cycles import extending, queries, reassigning
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.deliveries import MAIL, Delivery
from appraisal.delivery import service as delivery
from appraisal.development.queries import improvement_of
from appraisal.development.service import improvement, notes, outcomes, plans
from appraisal.development.service.improvement import TargetDraft
from appraisal.exceptions import responding
from appraisal.exceptions import service as exceptions
from appraisal.exceptions import tasks as kpi_tasks
from appraisal.exceptions.models import KpiException, KpiExceptionPeriod
from appraisal.feedback.service import answers, raters, reports, rounds
from appraisal.feedback.service.raters import RaterDraft
from appraisal.incidents import service as incidents
from appraisal.incidents.models import IncidentPerson
from appraisal.measures import providers
from appraisal.measures import service as measures
from appraisal.monitoring import evaluations, holders, targets
from appraisal.monitoring import service as readings
from appraisal.monitoring.importers import Reported
from appraisal.monitoring.models import KpiAlert
from appraisal.notify import Notification
from appraisal.payroll import service as payroll
from appraisal.people import absence, accounts, auth, clerks, service, tokens
from appraisal.people.models import Account, Employee, Post, Unit, WebSession
from appraisal.policies import made_known
from appraisal.policies import service as policies
from appraisal.records import holds, purging
from appraisal.reports import archive, archived
from appraisal.reports.catalogue import FORMS
from appraisal.results import appeals, approving, calibration, past_grades, publishing, reopening
from appraisal.results import service as results
from appraisal.results.models import Calibration, UnitResult, UnitResultFile
from appraisal.reviews import drafts, opinions, signing
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating
from tests import factories as make
from tests.agreements.samples import FIGURES, NEW_CUSTOMERS, PLAN, REVENUE
from tests.feedback.a_round import QUESTIONS, rated
from tests.results.a_quarter import a_result
from tests.results.policies import with_calibration

OPENED = date(2026, 1, 5)
REVIEWED = date(2026, 4, 8)
NOW = datetime(2026, 4, 24, 2, 0, tzinfo=UTC)
JOINED_LATE = date(2026, 4, 1)
YEAR_END = date(2026, 12, 31)
PDF = b"%PDF-1.7 signed"

# What nobody may read who may not see the thing it belongs to: in words and figures that occur once.
SECRETS = {
    "statement": "述职全文只给有权的人看",
    "own_rating": "61.37",
    "own_draft": "自评草稿只有本人看",
    "review_draft": "评语草稿只有上级看",
    "assessor_rating": "93.17",
    "assessor_comment": "评定人的话要公布后才给本人看",
    "review_comment": "上级的评语要公布后才给本人看",
    "former_opinion": "前任意见要公布后才给本人看",
    "calibration_reason": "校准理由不给本人看",
    "incident_statement": "事件陈述",
    "improvement_facts": "改进计划的事实",
    "base": "43219.87",
}

STEPS = (
    *("drafting", "collecting", "ready", "assessing", "rating", "reviewing", "calibrating", "interviewing", "unpublished"),
    *("published", "appealed", "accepted", "approving", "approved", "asked", "reopened", "closed"),
)


@dataclass
class World:
    """Accounts by who they are to `self`; ids of rows, and words such as hashes and numbers, by name."""

    accounts: dict[str, Account] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


@dataclass
class _Company:
    """The company while it is made."""

    session: Session
    world: World = field(default_factory=World)
    people: dict[str, Employee] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)

    def keep(self, name: str, row: object) -> None:
        self.world.ids[name] = row.id  # type: ignore[attr-defined]

    def file(self, who: str, name: str) -> int:
        """A file that somebody has handed in and not attached yet."""
        stored = files.keep(
            self.session, self.actors[who], name=f"{name}.pdf", content=PDF + name.encode(), media_type="application/pdf"
        )
        self.keep(name, stored)
        return self.world.ids[name]


@dataclass
class _Case:
    """One appraisal of `self` on its way through the steps."""

    company: _Company
    cycle: Cycle
    appraisal: Appraisal
    sheet: Sheet

    def act(self, use_case: Callable[..., object], who: str, **how: object) -> object:
        return use_case(self.company.session, self.company.actors[who], self.appraisal.id, **how)

    def plan_rated(self, rating: str) -> list[GoalRating]:
        return [GoalRating(self.sheet.id, "plan", D(rating))]


def a_world(session: Session) -> World:
    """The company, on the days its things happen; a test then works at `NOW`."""
    company = _Company(session)
    with clock.at(OPENED):
        _people(company)
        make.a_published_policy(session)
    with clock.at(REVIEWED):
        _files(company)
        _cases(company)
        _agreements(company)
        _measures(company)
        _readings(company)
        _monitoring(company)
        _reports_and_meetings(company)
        _summaries(company)
        _cycle_matters(company)
        _elsewhere(company)
    with clock.at(NOW):
        _incidents(company)
        _feedback(company)
        _development(company)
        _improvement(company)
        _unit_results(company)
        _payroll(company)
        _documents(company)
        _policy(company)
        _access(company)
    company.world.ids["calibration_version"] = session.get_one(Calibration, company.world.ids["calibration"]).version
    company.world.ids |= {
        f"{step}_version": session.get_one(Appraisal, company.world.ids[step], populate_existing=True).version for step in STEPS
    }
    for step in ("approving", "unpublished"):
        company.world.words[f"{step}_choice"] = f"{company.world.ids[step]}-{company.world.ids[f'{step}_version']}"
    return company.world


# Who there is


def _people(company: _Company) -> None:
    session, names, hr = company.session, company.people, make.hr(company.session)
    for code, above in (("company", None), ("department", "company"), ("team", "department"), ("elsewhere", "company")):
        parent = company.units[above] if above else None
        company.units[code] = make.a_unit(session, {"company": "示范公司", "team": "销售一组"}.get(code, code), parent=parent)
    for who, name in (
        *(("superior", "王总监"), ("unit_head", "孙部长"), ("former", "周前任"), ("supervisor", "李主管")),
        *(("stand_in", "吴代理"), ("assessor", "郑评定"), ("approver", "韩总"), ("hr", "赵人事"), ("hr_here", "钱人事")),
        *(("hr_elsewhere", "冯人事"), ("payroll", "陈薪酬"), ("payroll_here", "褚薪酬"), ("payroll_elsewhere", "卫薪酬")),
    ):
        names[who] = make.an_employee(session, name)
    service.assign_supervisor(session, hr, names["supervisor"], names["superior"], from_on=make.FIRST_DAY)
    make.a_unit_head(session, company.units["department"], names["unit_head"])
    posts = {unit: make.a_post(session, unit=company.units[unit]) for unit in ("team", "elsewhere")}
    names["self"] = make.an_employee(session, "张三", post=posts["team"], supervisor=names["former"])
    service.assign_supervisor(session, hr, names["self"], names["supervisor"], from_on=date(2026, 2, 1))
    service.assign_post(session, hr, names["supervisor"], posts["team"], from_on=JOINED_LATE)
    for who, name in (("colleague", "赵同事"), ("worker", "何师傅"), ("peer", "吕同事"), ("clerk", "施代录")):
        late = {"joined_on": JOINED_LATE, "post": posts["team"], "supervisor": names["supervisor"]}
        names[who] = make.an_employee(session, name, **late)
    _accounts(company)
    _known(company)
    company.keep("team_post", posts["team"])
    company.keep("elsewhere_post", posts["elsewhere"])


def _accounts(company: _Company) -> None:
    here, elsewhere = company.units["department"], company.units["elsewhere"]
    plain = ("self", "supervisor", "stand_in", "superior", "unit_head", "former", "assessor", "colleague", "clerk")
    roles: dict[str, tuple[str, Unit | None]] = dict.fromkeys(plain, ("employee", None))
    roles |= {role: (role, None) for role in ("hr", "payroll", "data_provider", "kpi_manager", "approver", "auditor", "admin")}
    for role in ("hr", "payroll"):
        roles |= {f"{role}_here": (role, here), f"{role}_elsewhere": (role, elsewhere)}
    for who, (role, unit) in roles.items():
        account = make.an_account(company.session, role, employee=company.people.get(who), unit=unit)
        company.world.accounts[who] = account
        company.actors[who] = auth.actor_of(company.session, account)
        company.keep(f"{who}_account", account)
        company.world.words[f"{who}_login"] = account.login
    company.world.words["password"] = make.PASSWORD


def _known(company: _Company) -> None:
    for who, employee in company.people.items():
        company.keep(who, employee)
        company.world.words[f"{who}_number"] = employee.number
    for code, unit in company.units.items():
        company.keep(code, unit)


def _files(company: _Company) -> None:
    for who, name in (
        *(("self", "own_file"), ("self", "appeal_file"), ("hr", "hr_file"), ("hr", "agreement_scan"), ("hr", "plan_scan")),
        *(
            ("data_provider", "measure_file"),
            ("data_provider", "reading_file"),
            ("supervisor", "incident_file"),
            ("hr", "policy_file"),
            ("clerk", "clerk_scan"),
        ),
        ("supervisor", "supervisor_file"),
    ):
        company.file(who, name)


# The cases, one for each step


def _cases(company: _Company) -> None:
    session, hr, ids = company.session, company.actors["hr"], company.world.ids
    grade = past_grades.import_past_grade(
        session, hr, ids["self"], period="2025-Q4", grade="B", source_document="2025 年度档案"
    )
    company.keep("past_grade", grade)
    for step in STEPS:
        if step != "calibrating":
            paying = {"unit": "department", "pays": True} if step == "approved" else {}
            _lead(company, step, _opened(company, step, **paying))
    make.a_published_policy(company.session, files=with_calibration())
    _lead(company, "calibrating", _opened(company, "calibrating"))


def _opened(company: _Company, name: str, period: str = "2026-Q1", unit: str | None = None, pays: bool = False) -> Cycle:
    said = {"code": name.upper(), "name": f"{name} 周期", "policy_name": "trading", "period": period, "pays": pays}
    cycle = cycles.draft_cycle(company.session, company.actors["hr"], **said, unit=company.units[unit] if unit else None)
    cycles.open_cycle(company.session, company.actors["hr"], cycle)
    company.keep(f"{name}_cycle", cycle)
    return cycle


def _case_of(company: _Company, who: str, cycle: Cycle, name: str) -> _Case:
    appraisal = queries.appraisal_of(company.session, cycle, company.people[who])
    assert appraisal is not None
    (sheet,) = queries.sheets_of(company.session, [appraisal.id])[appraisal.id]
    company.keep(name, appraisal)
    company.keep(f"{name}_sheet", sheet)
    return _Case(company, cycle, appraisal, sheet)


def _lead(company: _Company, step: str, cycle: Cycle) -> None:
    """Brings the case of that cycle to where its name says."""
    case = _case_of(company, "self", cycle, step)
    ways = [partial(way, case) for way in _ways(step)]
    for way in ways:
        way()


def _ways(step: str) -> list[Callable[[_Case], None]]:
    if step == "drafting":
        return [_draft]
    way = [_draft, _sign, _record, _complete, _assess, _rate, _opine, _review, _interview]
    short = {"collecting": 3, "ready": 3, "assessing": 4, "rating": 5, "reviewing": 7, "calibrating": 8, "interviewing": 7}
    if step in short:
        ends = {"assessing": [_write_draft], "reviewing": [_write_review], "calibrating": [_compute, _calibrate]}
        ends["interviewing"] = [_review_later, _compute]
        return way[: short[step]] + ends.get(step, [])
    way += [_compute]
    if step == "unpublished":
        return way
    way += [_publish]
    if step in ("published", "appealed", "accepted"):
        return way + {"published": [], "appealed": [_appeal], "accepted": [_appeal, _accept]}[step]
    way += [_close_appeals]
    if step == "approving":
        return way
    way += [_approve]
    if step == "approved":
        return way
    way += [_archive]
    return way + {"asked": [_ask], "reopened": [_ask, _reopen], "closed": [_close]}[step]


def _draft(case: _Case) -> None:
    company = case.company
    items: tuple[ItemDraft, ...] = (REVENUE, NEW_CUSTOMERS, replace(PLAN, assessor_id=company.people["assessor"].id))
    agreement = agreements.draft_agreement(company.session, company.actors["supervisor"], case.sheet.id)
    agreements.set_items(company.session, company.actors["supervisor"], agreement.id, items)
    name = case.cycle.code.lower()
    company.keep(f"{name}_agreement", agreement)
    company.world.words[f"{name}_agreement_hash"] = agreement.content_hash


def _sign(case: _Case) -> None:
    company, name = case.company, case.cycle.code.lower()
    agreement_id, hashed = company.world.ids[f"{name}_agreement"], company.world.words[f"{name}_agreement_hash"]
    if name == "collecting":
        scan = {"role": "employee", "file_id": company.world.ids["agreement_scan"], "signed_on": clock.today()}
        paper.enter_paper_signature(company.session, company.actors["hr"], agreement_id, content_hash=hashed, **scan)
    else:
        agreements.sign_agreement(company.session, company.actors["self"], agreement_id, hashed)
    agreements.sign_agreement(company.session, company.actors["supervisor"], agreement_id, hashed)


def _record(case: _Case) -> None:
    company, name = case.company, case.cycle.code.lower()
    for item, figure in FIGURES.items():
        evidence = [company.world.ids["measure_file"]] if (name, item) == ("collecting", "revenue") else []
        said = {"actual": D(figure), "source_document": "财务报表 2026-Q1", "file_ids": evidence}
        measure = measures.record_actual(company.session, company.actors["data_provider"], case.sheet.id, item, **said)
        company.keep(f"{name}_{item}", measure)
        if name != "collecting" or item == "revenue":
            measures.confirm_actual(company.session, company.actors["hr"], measure.id)


def _complete(case: _Case) -> None:
    case.act(measures.complete_data, "data_provider")


def _assess(case: _Case) -> None:
    said = {"statement": SECRETS["statement"], "ratings": case.plan_rated(SECRETS["own_rating"])}
    case.act(reviews.submit_self_assessment, "self", **said)


def _rate(case: _Case) -> None:
    rated_so = {"comment": SECRETS["assessor_comment"], "ratings": case.plan_rated(SECRETS["assessor_rating"])}
    case.act(reviews.rate_goals, "assessor", **rated_so)


def _opine(case: _Case) -> None:
    case.act(opinions.write_opinion, "former", opinion=SECRETS["former_opinion"])


def _review(case: _Case) -> None:
    case.act(reviews.submit_supervisor_review, "supervisor", comment=SECRETS["review_comment"])


def _review_later(case: _Case) -> None:
    with clock.at(NOW):
        _review(case)


def _interview(case: _Case) -> None:
    said = {"place": "第二会议室", "strengths": "客户维护细致", "shortcomings": "新客户偏少", "plan": "拜访二十家新客户"}
    case.act(reviews.record_interview, "supervisor", held_on=date(2026, 4, 7), **said)
    if case.cycle.code != "UNPUBLISHED":
        case.act(signing.sign_interview, "self")


def _write_draft(case: _Case) -> None:
    case.act(drafts.save_draft, "self", kind="self_assessment", comment=SECRETS["own_draft"])


def _write_review(case: _Case) -> None:
    case.act(drafts.save_draft, "supervisor", kind="supervisor_review", comment=SECRETS["review_draft"])


def _compute(case: _Case) -> None:
    with clock.at(NOW if case.cycle.code == "INTERVIEWING" else REVIEWED):
        case.act(results.compute_result, "hr")


def _calibrate(case: _Case) -> None:
    company = case.company
    meeting = calibration.open_calibration(
        company.session, company.actors["hr"], case.cycle, name="校准会", unit=company.units["department"]
    )
    company.keep("calibration", meeting)
    proposed = {"grade": "S", "reason": SECRETS["calibration_reason"]}
    calibration.propose_grade(company.session, company.actors["hr"], meeting.id, case.appraisal.id, **proposed)


def _publish(case: _Case) -> None:
    case.act(publishing.publish_result, "hr")


def _appeal(case: _Case) -> None:
    with clock.at(NOW):
        evidence = [case.company.world.ids["appeal_file"]] if case.cycle.code == "APPEALED" else []
        filed = case.act(appeals.file_appeal, "self", grounds="新客户少计两家", file_ids=evidence)
        case.company.keep(f"{case.cycle.code.lower()}_appeal", filed)


def _accept(case: _Case) -> None:
    with clock.at(NOW):
        case.act(appeals.accept_appeal, "hr_here", note="受理")


def _close_appeals(case: _Case) -> None:
    with clock.at(NOW):
        case.act(publishing.close_appeals, "hr_here")


def _approve(case: _Case) -> None:
    with clock.at(NOW):
        case.act(approving.approve_result, "approver")


def _archive(case: _Case) -> None:
    with clock.at(NOW):
        case.act(approving.archive_appraisal, "hr")


def _ask(case: _Case) -> None:
    with clock.at(NOW):
        case.act(reopening.request_reopening, "self", reason="回款数据有误")


def _reopen(case: _Case) -> None:
    with clock.at(NOW):
        case.act(reopening.decide_reopening, "approver", granted=True, reason="同意复核")


def _close(case: _Case) -> None:
    cycles.close_cycle(case.company.session, case.company.actors["hr"], case.cycle)


def _elsewhere(company: _Company) -> None:
    """Somebody of another unit, who is in none of the cycles that were opened before."""
    session, who = company.session, "outsider"
    post = session.get_one(Post, company.world.ids["elsewhere_post"])
    company.people[who] = make.an_employee(session, "陈癸", post=post, supervisor=company.people["superior"])
    company.keep(who, company.people[who])
    company.world.words[f"{who}_number"] = company.people[who].number
    cycle = _opened(company, "elsewhere", "2026-Q1", "elsewhere", pays=True)
    case = _case_of(company, "outsider", cycle, "outsiders")
    approver = (company.world.ids["approver"], company.world.ids["approver_account"])
    a_result(session, case.appraisal, ("1100", "95"), published=True, approved_by=approver)


# What lies beside the cases


def _agreements(company: _Company) -> None:
    session, ids, hr = company.session, company.world.ids, company.actors["hr"]
    changed = (replace(REVENUE, target=D(105)), NEW_CUSTOMERS, replace(PLAN, assessor_id=ids["assessor"]))
    amendment, _ = amendments.propose_amendment(
        session, company.actors["self"], ids["collecting_agreement"], changed, reason="市场变化"
    )
    company.keep("amendment", amendment)
    company.world.ids["proposed_agreement"] = amendment.agreement_id
    company.world.words["amendment_hash"] = session.get_one(Agreement, amendment.agreement_id).content_hash
    asked = WeightApproval(
        agreement_id=ids["drafting_agreement"],
        content_hash=company.world.words["drafting_agreement_hash"],
        reason="权重重新分配",
        asker_id=ids["supervisor"],
        asked_by=company.actors["supervisor"].account_id,
        asked_at=clock.now(),
    )
    session.add(asked)
    session.flush()
    company.keep("weight_approval", asked)
    goal = goals.set_goal(session, hr, period="2026", name="全年销售收入")
    company.keep("goal", goal)
    under = goals.set_goal(session, hr, period="2026", name="部门销售收入", unit_id=ids["department"], parent_id=goal.id)
    company.keep("unit_goal", under)
    past = PastTarget(
        employee_id=ids["self"],
        period="2025-Q1",
        item="revenue",
        target=D(90),
        source_document="2025 责任书",
        imported_at=clock.now(),
    )
    session.add(past)
    session.flush()
    company.keep("past_target", past)


def _measures(company: _Company) -> None:
    made = providers.assign_provider(
        company.session,
        company.actors["hr"],
        kind="indicator",
        name="revenue",
        account_id=company.world.ids["data_provider_account"],
    )
    company.keep("provider", made)


def _readings(company: _Company) -> None:
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


def _monitoring(company: _Company) -> None:
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


def _an_exception(company: _Company, indicator: str, way: str) -> KpiException:
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


def _reports_and_meetings(company: _Company) -> None:
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


def _summaries(company: _Company) -> None:
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


def _cycle_matters(company: _Company) -> None:
    session, hr, ids = company.session, company.actors["hr"], company.world.ids
    drafted = {"code": "DRAFTED", "name": "下一季度", "policy_name": "trading", "period": "2026-Q2", "pays": False}
    company.keep("drafted_cycle", cycles.draft_cycle(session, hr, **drafted))
    exception = cycles.record_exception(session, hr, ids["drafting"], reason="出差")
    company.keep("exception", exception)
    cycle = session.get_one(Cycle, ids["collecting_cycle"])
    extending.extend_deadline(
        session,
        hr,
        cycle,
        step="data_collection",
        until_on=date(2026, 5, 29),
        reason="系统故障",
        appraisal_ids=[ids["collecting"]],
    )
    (extension,) = queries.extensions_of(session, cycle)
    company.keep("extension", extension)
    leave = absence.note_leave(
        session, hr, company.people["self"], kind="sick", from_on=date(2026, 4, 13), to_on=date(2026, 4, 14)
    )
    company.keep("leave", leave)
    company.world.words |= {"stylesheet": "style.css", "publication": "publication"}


def _incidents(company: _Company) -> None:
    session, ids = company.session, company.world.ids
    _opened(company, "annual", "2026")
    _case_of(company, "self", session.get_one(Cycle, ids["annual_cycle"]), "annual")
    _case_of(company, "worker", session.get_one(Cycle, ids["annual_cycle"]), "workers")
    _case_of(company, "peer", session.get_one(Cycle, ids["annual_cycle"]), "peers")
    given = {"supervisor_id": ids["superior"], "reason": "调动", "appraisal_ids": [ids["peers"]]}
    reassigning.reassign(session, company.actors["hr"], session.get_one(Cycle, ids["annual_cycle"]), **given)
    (reassignment,) = queries.reassignments_of(session, ids["peers"])
    company.keep("reassignment", reassignment)
    filed = partial(
        incidents.file_incident,
        session,
        company.actors["supervisor"],
        ids["self"],
        event="serious_violation",
        happened_on=date(2026, 4, 10),
    )
    company.keep("filed_incident", filed(facts="签收单存疑", file_ids=[ids["incident_file"]]))
    for name, ways in (("heard_incident", 1), ("confirmed_incident", 2)):
        incident = filed(facts=f"另一张签收单 {name}")
        company.keep(name, incident)
        incidents.hear_incident(session, company.actors["self"], incident.id, statement=SECRETS["incident_statement"])
        if ways == 2:
            incidents.confirm_incident(session, company.actors["hr"], incident.id, findings="属实")
    # Whom else an incident reaches: named in one that is not decided yet, with the unit in one that is.
    for name, way in (("heard_incident", "named"), ("confirmed_incident", "unit")):
        person = {"employee_id": ids["colleague"], "reach": way, "reason": "当班" if way == "named" else None}
        session.add(IncidentPerson(incident_id=ids[name], chosen_at=NOW, **person))


# The year: 360° feedback and development


def _feedback(company: _Company) -> None:
    session, ids, hr, numbers = company.session, company.world.ids, company.actors["hr"], company.world.words
    round_of = partial(rounds.draft_round, session, hr, questions=QUESTIONS, answers_until=date(2026, 12, 15))
    asking = round_of(ids["annual_cycle"])
    rounds.open_round(session, hr, asking.id)
    company.keep("round", asking)
    propose = partial(raters.propose_rater, session)
    rater = propose(company.actors["self"], ids["annual"], RaterDraft("peers", number=numbers["colleague_number"]))
    raters.decide_rater(session, company.actors["supervisor"], rater.id, approve=True)
    company.keep("rater", rater)
    proposed = propose(company.actors["self"], ids["annual"], RaterDraft("peers", number=numbers["peer_number"]))
    company.keep("proposed_rater", proposed)
    draft = RaterDraft("external", name="王客户", organisation="某客户公司", mail="wang@example.com")
    outside = propose(company.actors["supervisor"], ids["annual"], draft)
    raters.decide_rater(session, hr, outside.id, approve=True)
    company.keep("outside_rater", outside)
    company.world.words["link"] = raters.issue_link(session, hr, outside.id).token
    cycle = _opened(company, "told", "2026")
    case = _case_of(company, "self", cycle, "told")
    ended = round_of(cycle.id)
    rounds.open_round(session, hr, ended.id)
    company.keep("ended_round", ended)
    for who in ("colleague", "assessor", "stand_in"):
        one = propose(company.actors["self"], case.appraisal.id, RaterDraft("peers", number=numbers[f"{who}_number"]))
        raters.decide_rater(session, company.actors["supervisor"], one.id, approve=True)
        answers.answer(session, company.actors[who], one.id, ratings=rated("4 5"), remarks={})
    reports.close_round(session, hr, ended.id)
    drafted = _opened(company, "planned", "2026")
    _case_of(company, "self", drafted, "planned")
    company.keep("draft_round", round_of(drafted.id))


def _development(company: _Company) -> None:
    session, ids = company.session, company.world.ids
    wanted = [plans.GoalDraft("商务英语达到中级", "每周两课时", date(2026, 10, 31))]
    for name, step in (("annual", "proposed"), ("told", "agreed"), ("planned", "draft")):
        plan = plans.draft_plan(session, company.actors["self"], ids[name], wanted)
        if step != "draft":
            plans.propose_plan(session, company.actors["self"], plan.id)
        if step == "agreed":
            plans.agree_plan(session, company.actors["supervisor"], plan.id)
        company.keep(f"{step}_development", plan)
    note = notes.note_check_in(
        session, company.actors["supervisor"], ids["annual"], held_on=date(2026, 4, 20), text="客户分级已完成"
    )
    company.keep("check_in", note)
    need = notes.note_training_need(session, company.actors["supervisor"], ids["self"], topic="应收账款", need="账龄分析与催收")
    company.keep("training_need", need)


def _improvement(company: _Company) -> None:
    """A draft about `self`, what has been offered to `colleague`, and plans that run about the worker and a peer."""
    session, hr, ids = company.session, company.actors["hr"], company.world.ids
    start, end, middle = date(2026, 4, 24), date(2026, 7, 23), date(2026, 4, 24)
    says = {
        "from_on": start,
        "to_on": end,
        "facts": SECRETS["improvement_facts"],
        "causes": "客户分级不清",
        "assistance": "参加应收账款培训",
        "targets": [TargetDraft("回款率达到 90%", end)],
        "checks": [middle],
    }
    for who, name in (("self", "draft"), ("colleague", "offered"), ("worker", "running"), ("peer", "checked")):
        plan = improvement.open_improvement_plan(session, hr, ids[who], **says)
        company.keep(f"{name}_improvement", plan)
        if name == "draft":
            continue
        improvement.offer_improvement_plan(session, hr, plan.id)
        company.world.words[f"{name}_improvement_hash"] = outcomes.content_hash(improvement_of(session, plan))
        if name == "offered":
            continue
        _run_improvement(company, plan.id, company.world.words[f"{name}_improvement_hash"], "plan_scan")
        if name == "checked":
            outcomes.record_check(session, company.actors["supervisor"], plan.id, middle, held_on=middle, findings="有改进")


def _run_improvement(company: _Company, plan_id: int, hashed: str, scan: str) -> None:
    paper_one = {"role": "employee", "file_id": company.world.ids[scan]}
    outcomes.record_paper_signature(company.session, company.actors["hr"], plan_id, hashed, **paper_one)
    outcomes.sign_improvement_plan(company.session, company.actors["supervisor"], plan_id, hashed)
    outcomes.approve_improvement_plan(company.session, company.actors["approver"], plan_id)


def _unit_results(company: _Company) -> None:
    """What would be entered under a policy that ties people to their unit; the one in force does not."""
    entry = UnitResult(
        cycle_id=company.world.ids["annual_cycle"],
        unit_id=company.world.ids["department"],
        score=D(80),
        source_document="经营会纪要",
        entered_by=company.world.ids["hr_account"],
        entered_at=clock.now(),
    )
    company.session.add(entry)
    company.session.flush()
    company.keep("unit_result", entry)
    company.session.add(UnitResultFile(unit_result_id=entry.id, file_id=company.file("hr", "unit_result_file")))
    company.session.flush()


# Money, rules, doors


def _payroll(company: _Company) -> None:
    session, ids = company.session, company.world.ids
    released = payroll.prepare_release(session, company.actors["hr"], ids["elsewhere_cycle"])
    payroll.release_pay(session, company.actors["payroll"], released.id)
    company.keep("released_release", released)
    prepared = payroll.prepare_release(session, company.actors["hr"], ids["approved_cycle"])
    company.keep("prepared_release", prepared)
    bases = {company.people["self"].number: (D(SECRETS["base"]), "CNY")}
    payroll.set_bases(session, company.actors["payroll"], prepared.id, bases)
    ids |= {"prepared_release_version": prepared.version}


def _documents(company: _Company) -> None:
    """Notices in the archive: of a result that was published, with its scan, and of one that was not."""
    session, hr = company.session, company.actors["hr"]
    notice = FORMS["result_notice"]
    for step in ("published", "unpublished"):
        told = notice.built(session, hr, company.world.ids[step])
        kept = archive.keep(session, hr, notice, told, "zh", f"<p>{step}</p>", PDF + step.encode())
        company.keep(f"{step}_document", kept)
    file_id = company.file("hr", "sealed_scan")
    scan = archived.attach_scan(session, hr, company.world.ids["published_document"], file_id=file_id, note="签字件")
    company.keep("document_scan", scan)
    company.file("hr", "another_scan")
    company.keep("legal_hold", holds.set_hold(session, hr, company.world.ids["colleague"], reason="仲裁案"))
    ended = purging.begin(session, hr, clock.today())
    ended.ended_at = clock.now()
    session.flush()
    company.keep("purge", ended)


def _policy(company: _Company) -> None:
    session, hr, ids = company.session, company.actors["hr"], company.world.ids
    stored = policies.queries.policy_in_force(session, "trading", clock.today())
    assert stored is not None
    company.world.words["digest"] = stored.digest
    company.world.words["policy"] = stored.name
    company.keep("policy_state", stored)
    earlier = session.get_one(Cycle, ids["closed_cycle"])
    company.world.words["earlier_digest"] = str(earlier.policy_digest)
    company.world.words |= {"policy_post": "sales", "first_record": "1"}
    listed = "工号,姓名,入职日期\nN2,新员工,2026-05-01\n".encode()
    company.keep("hr_list", files.keep(session, hr, name="list.csv", content=listed, media_type="text/csv"))
    _tables(company)
    evidence = {"text": "职工代表讨论, 无异议", "people": 12, "file_ids": [ids["policy_file"]]}
    made_known.record_measure(session, hr, stored, kind="discussion", held_on=date(2026, 1, 4), **evidence)


def _tables(company: _Company) -> None:
    """Tables that were brought to a page and wait to be looked at."""
    own, team = company.world.words["self_number"], company.units["team"].code
    for name, who, table in (
        ("hr_figures", "hr", f"工号,指标,考核期,实际值,原始数据,数据来源\n{own},revenue,2026-Q1,110,,财务报表\n"),
        ("hr_agreements", "hr", f"工号,指标,权重,目标值\n{own},revenue,60,100\n"),
        ("hr_targets", "hr", f"工号,期间,指标,目标值,数据来源\n{own},2025-Q2,revenue,90,2025 责任书\n"),
        ("hr_grades", "hr", f"工号,考核期,等级,来源\n{own},2025-Q2,B,2025 档案\n"),
        ("table_of_readings", "data_provider", f"指标,期间,部门,数值,来源单据\niqc_pass_rate,2026-04,{team},99,QR-2604\n"),
    ):
        brought = {"name": f"{name}.csv", "content": table.encode(), "media_type": "text/csv"}
        company.keep(name, files.keep(company.session, company.actors[who], **brought))


def _access(company: _Company) -> None:
    session, ids, hr, admin = company.session, company.world.ids, company.actors["hr"], company.actors["admin"]
    stand = {"from_on": date(2026, 4, 20), "to_on": date(2026, 5, 8), "reason": "出差"}
    standing_in = absence.delegate(session, company.actors["supervisor"], *_pair(company, "supervisor", "stand_in"), **stand)
    company.keep("delegation", standing_in)
    clerk = clerks.appoint_clerk(
        session, hr, company.people["clerk"], company.units["team"], from_on=JOINED_LATE, reason="一线员工无账号"
    )
    company.keep("clerk_appointment", clerk)
    machine = make.an_account(session, "data_provider")
    company.keep("machine_account", machine)
    job = jobs.enqueue(session, hr, "reports.render", {"form": "result_notice", "language": "zh", "appraisals": []})
    company.keep("job", job)
    failed = jobs.enqueue(session, hr, "reports.render", {"form": "result_notice", "language": "zh", "appraisals": []})
    failed.state = jobs.FAILED
    company.keep("failed_job", failed)
    token = tokens.make_token(session, admin, machine, name="ERP", scopes=["measures:write"], expires_on=date(2026, 12, 31))
    company.keep("token", token.row)
    own = WebSession(
        token_hash=auth.token_hash("of the world"),
        account_id=ids["self_account"],
        created_at=clock.now(),
        last_seen_at=clock.now(),
        expires_at=clock.now() + auth.LIFETIME,
    )
    session.add(own)
    session.flush()
    company.keep("session", own)
    company.world.words["reset"] = accounts.create_reset(session, admin, company.world.accounts["colleague"]).code
    told = session.exec(
        select(Notification).where(Notification.employee_id == ids["self"]).order_by(Notification.id).limit(1)
    ).one()
    company.keep("notification", told)
    _deliveries(company, told)


def _deliveries(company: _Company, told: Notification) -> None:
    """A mail that waits, a robot, and what its group is told."""
    session = company.session
    waiting = Delivery(way=MAIL, notification_id=told.id)
    session.add(waiting)
    address = "https://oapi.dingtalk.com/robot/send?access_token=1"
    listed = {"kind": "dingtalk", "events": ["deadlines"], "unit_id": None, "language": "zh", "active": True}
    robot = delivery.add_robot(session, company.actors["admin"], name="全公司群", address=address, secret="SEC1", **listed)
    said = notify.announce(session, "job_failed", about=("cycle", told.about_id), task="导入")
    session.flush()
    for name, row in (("delivery", waiting), ("robot", robot), ("announcement", said)):
        company.keep(name, row)


def _pair(company: _Company, first: str, second: str) -> tuple[Employee, Employee]:
    return company.people[first], company.people[second]
