"""The cases of `self`, one for each step, each led there by the services; and one of somebody in another unit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from functools import partial

from appraisal import clock
from appraisal.agreements import paper
from appraisal.agreements import service as agreements
from appraisal.agreements.drafts import ItemDraft
from appraisal.cycles import queries
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Cycle
from appraisal.measures import service as measures
from appraisal.people.models import Post
from appraisal.results import appeals, approving, calibration, past_grades, publishing, reopening
from appraisal.results import service as results
from appraisal.reviews import drafts, opinions, signing
from appraisal.reviews import service as reviews
from tests import factories as make
from tests.agreements.samples import FIGURES, NEW_CUSTOMERS, PLAN, REVENUE
from tests.results.a_quarter import a_result
from tests.results.policies import with_calibration
from tests.world.company import NOW, REVIEWED, SECRETS, Case, Company

STEPS = (
    *("drafting", "collecting", "ready", "assessing", "rating", "reviewing", "calibrating", "interviewing", "unpublished"),
    *("published", "appealed", "accepted", "approving", "approved", "asked", "reopened", "closed"),
)


def add_cases(company: Company) -> None:
    session, hr, ids = company.session, company.actors["hr"], company.world.ids
    grade = past_grades.import_past_grade(
        session, hr, ids["self"], period="2025-Q4", grade="B", source_document="2025 年度档案"
    )
    company.keep("past_grade", grade)
    for step in STEPS:
        if step != "calibrating":
            paying = {"unit": "department", "pays": True} if step == "approved" else {}
            _lead(company, step, opened(company, step, **paying))
    make.a_published_policy(company.session, files=with_calibration())
    _lead(company, "calibrating", opened(company, "calibrating"))


def opened(company: Company, name: str, period: str = "2026-Q1", unit: str | None = None, pays: bool = False) -> Cycle:
    said = {"code": name.upper(), "name": f"{name} 周期", "policy_name": "trading", "period": period, "pays": pays}
    cycle = cycles.draft_cycle(company.session, company.actors["hr"], **said, unit=company.units[unit] if unit else None)
    cycles.open_cycle(company.session, company.actors["hr"], cycle)
    company.keep(f"{name}_cycle", cycle)
    return cycle


def case_of(company: Company, who: str, cycle: Cycle, name: str) -> Case:
    appraisal = queries.appraisal_of(company.session, cycle, company.people[who])
    assert appraisal is not None
    (sheet,) = queries.sheets_of(company.session, [appraisal.id])[appraisal.id]
    company.keep(name, appraisal)
    company.keep(f"{name}_sheet", sheet)
    return Case(company, cycle, appraisal, sheet)


def _lead(company: Company, step: str, cycle: Cycle) -> None:
    """Brings the case of that cycle to where its name says."""
    case = case_of(company, "self", cycle, step)
    ways = [partial(way, case) for way in _ways(step)]
    for way in ways:
        way()


def _ways(step: str) -> list[Callable[[Case], None]]:
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


def _draft(case: Case) -> None:
    company = case.company
    items: tuple[ItemDraft, ...] = (REVENUE, NEW_CUSTOMERS, replace(PLAN, assessor_id=company.people["assessor"].id))
    agreement = agreements.draft_agreement(company.session, company.actors["supervisor"], case.sheet.id)
    agreements.set_items(company.session, company.actors["supervisor"], agreement.id, items)
    name = case.cycle.code.lower()
    company.keep(f"{name}_agreement", agreement)
    company.world.words[f"{name}_agreement_hash"] = agreement.content_hash


def _sign(case: Case) -> None:
    company, name = case.company, case.cycle.code.lower()
    agreement_id, hashed = company.world.ids[f"{name}_agreement"], company.world.words[f"{name}_agreement_hash"]
    if name == "collecting":
        scan = {"role": "employee", "file_id": company.world.ids["agreement_scan"], "signed_on": clock.today()}
        paper.enter_paper_signature(company.session, company.actors["hr"], agreement_id, content_hash=hashed, **scan)
    else:
        agreements.sign_agreement(company.session, company.actors["self"], agreement_id, hashed)
    agreements.sign_agreement(company.session, company.actors["supervisor"], agreement_id, hashed)


def _record(case: Case) -> None:
    company, name = case.company, case.cycle.code.lower()
    for item, figure in FIGURES.items():
        evidence = [company.world.ids["measure_file"]] if (name, item) == ("collecting", "revenue") else []
        said = {"actual": D(figure), "source_document": "财务报表 2026-Q1", "file_ids": evidence}
        measure = measures.record_actual(company.session, company.actors["data_provider"], case.sheet.id, item, **said)
        company.keep(f"{name}_{item}", measure)
        if name != "collecting" or item == "revenue":
            measures.confirm_actual(company.session, company.actors["hr"], measure.id)


def _complete(case: Case) -> None:
    case.act(measures.complete_data, "data_provider")


def _assess(case: Case) -> None:
    said = {"statement": SECRETS["statement"], "ratings": case.plan_rated(SECRETS["own_rating"])}
    case.act(reviews.submit_self_assessment, "self", **said)


def _rate(case: Case) -> None:
    rated_so = {"comment": SECRETS["assessor_comment"], "ratings": case.plan_rated(SECRETS["assessor_rating"])}
    case.act(reviews.rate_goals, "assessor", **rated_so)


def _opine(case: Case) -> None:
    case.act(opinions.write_opinion, "former", opinion=SECRETS["former_opinion"])


def _review(case: Case) -> None:
    case.act(reviews.submit_supervisor_review, "supervisor", comment=SECRETS["review_comment"])


def _review_later(case: Case) -> None:
    with clock.at(NOW):
        _review(case)


def _interview(case: Case) -> None:
    said = {"place": "第二会议室", "strengths": "客户维护细致", "shortcomings": "新客户偏少", "plan": "拜访二十家新客户"}
    case.act(reviews.record_interview, "supervisor", held_on=date(2026, 4, 7), **said)
    if case.cycle.code != "UNPUBLISHED":
        case.act(signing.sign_interview, "self")


def _write_draft(case: Case) -> None:
    case.act(drafts.save_draft, "self", kind="self_assessment", comment=SECRETS["own_draft"])


def _write_review(case: Case) -> None:
    case.act(drafts.save_draft, "supervisor", kind="supervisor_review", comment=SECRETS["review_draft"])


def _compute(case: Case) -> None:
    with clock.at(NOW if case.cycle.code == "INTERVIEWING" else REVIEWED):
        case.act(results.compute_result, "hr")


def _calibrate(case: Case) -> None:
    company = case.company
    meeting = calibration.open_calibration(
        company.session, company.actors["hr"], case.cycle, name="校准会", unit=company.units["department"]
    )
    company.keep("calibration", meeting)
    proposed = {"grade": "S", "reason": SECRETS["calibration_reason"]}
    calibration.propose_grade(company.session, company.actors["hr"], meeting.id, case.appraisal.id, **proposed)


def _publish(case: Case) -> None:
    case.act(publishing.publish_result, "hr")


def _appeal(case: Case) -> None:
    with clock.at(NOW):
        evidence = [case.company.world.ids["appeal_file"]] if case.cycle.code == "APPEALED" else []
        filed = case.act(appeals.file_appeal, "self", grounds="新客户少计两家", file_ids=evidence)
        case.company.keep(f"{case.cycle.code.lower()}_appeal", filed)


def _accept(case: Case) -> None:
    with clock.at(NOW):
        case.act(appeals.accept_appeal, "hr_here", note="受理")


def _close_appeals(case: Case) -> None:
    with clock.at(NOW):
        case.act(publishing.close_appeals, "hr_here")


def _approve(case: Case) -> None:
    with clock.at(NOW):
        case.act(approving.approve_result, "approver")


def _archive(case: Case) -> None:
    with clock.at(NOW):
        case.act(approving.archive_appraisal, "hr")


def _ask(case: Case) -> None:
    with clock.at(NOW):
        case.act(reopening.request_reopening, "self", reason="回款数据有误")


def _reopen(case: Case) -> None:
    with clock.at(NOW):
        case.act(reopening.decide_reopening, "approver", granted=True, reason="同意复核")


def _close(case: Case) -> None:
    cycles.close_cycle(case.company.session, case.company.actors["hr"], case.cycle)


def add_outsider(company: Company) -> None:
    """Somebody of another unit, who is in none of the cycles that were opened before."""
    session, who = company.session, "outsider"
    post = session.get_one(Post, company.world.ids["elsewhere_post"])
    company.people[who] = make.an_employee(session, "陈癸", post=post, supervisor=company.people["superior"])
    company.keep(who, company.people[who])
    company.world.words[f"{who}_number"] = company.people[who].number
    cycle = opened(company, "elsewhere", "2026-Q1", "elsewhere", pays=True)
    case = case_of(company, "outsider", cycle, "outsiders")
    approver = (company.world.ids["approver"], company.world.ids["approver_account"])
    a_result(session, case.appraisal, ("1100", "95"), published=True, approved_by=approver)
