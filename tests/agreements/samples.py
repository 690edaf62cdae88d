"""A person in a quarter with everybody who has a part in it, and short ways through the steps, all by the services."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D

from sqlmodel import Session, select

from appraisal.actor import Actor
from appraisal.agreements import service as agreements
from appraisal.agreements.checks import ItemDraft
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.measures import service as measures
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Account, Employee
from appraisal.results import approving, publishing
from appraisal.results import service as results
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating
from tests import factories

REVENUE = ItemDraft("revenue", "kpi", D(60), target=D(100), challenge=D(120))
NEW_CUSTOMERS = ItemDraft("new_customers", "kpi", D(30), target=D(10), challenge=D(12))
PLAN = ItemDraft(
    *("plan", "gs", D(10)),
    dimension="operations",
    name_zh="客户档案整理",
    name_en="Tidy the customer files",
    standard="全部档案齐全为 100, 每缺一户减 2 分",
)
SALES = (REVENUE, NEW_CUSTOMERS, PLAN)
FIGURES = {"revenue": "110", "new_customers": "10"}

REVIEW_DAY = date(2026, 4, 8)
AFTER_APPEALS = date(2026, 4, 20)


@dataclass
class Quarter:
    """One person's appraisal and the actors around it: nobody here is two of them."""

    session: Session
    cycle: Cycle
    employee: Employee
    head: Employee
    appraisal: Appraisal
    own: Actor
    supervisor: Actor
    hr: Actor
    provider: Actor
    checker: Actor
    approver: Actor
    payroll: Actor

    @property
    def sheets(self) -> list[Sheet]:
        return cycles.sheets_of(self.session, [self.appraisal.id])[self.appraisal.id]

    @property
    def sheet(self) -> Sheet:
        (only,) = self.sheets
        return only


def a_quarter(session: Session, employee: Employee | None = None, *, cycle: Cycle | None = None) -> Quarter:
    """A sales person in the first quarter of 2026 with a supervisor, or the employee given."""
    if employee is None:
        chief = factories.an_employee(session, "李主管")
        employee = factories.an_employee(session, post=factories.a_post(session), supervisor=chief)
    head = people.supervisor_on(session, employee.id, REVIEW_DAY)
    assert head is not None
    cycle = cycle or factories.an_open_cycle(session)
    return Quarter(
        session=session,
        cycle=cycle,
        employee=employee,
        head=head,
        appraisal=factories.an_appraisal(session, employee, cycle=cycle),
        own=acting(session, employee),
        supervisor=acting(session, head),
        hr=factories.hr(session),
        provider=factories.an_actor(session, "data_provider"),
        checker=factories.an_actor(session, "data_provider"),
        approver=factories.an_actor(session, "approver", employee=factories.an_employee(session, "韩总")),
        payroll=factories.an_actor(session, "payroll"),
    )


def acting(session: Session, employee: Employee) -> Actor:
    """An employee through the one account they have."""
    account = session.exec(select(Account).where(Account.employee_id == employee.id)).one_or_none()
    return auth.actor_of(session, account) if account else factories.an_actor(session, "employee", employee=employee)


def sign(quarter: Quarter, drafts: tuple[ItemDraft, ...] = SALES, sheet: Sheet | None = None) -> int:
    """An agreement with these items, signed by both; its id."""
    sheet = sheet or quarter.sheet
    agreement = agreements.draft_agreement(quarter.session, quarter.supervisor, sheet.id)
    agreements.set_items(quarter.session, quarter.supervisor, agreement.id, drafts)
    agreements.sign_agreement(quarter.session, quarter.own, agreement.id, agreement.content_hash)
    agreements.sign_agreement(quarter.session, quarter.supervisor, agreement.id, agreement.content_hash)
    return agreement.id


def record(quarter: Quarter, figures: dict[str, str], sheet: Sheet | None = None) -> None:
    """Figures that one provider enters and another confirms."""
    sheet = sheet or quarter.sheet
    for item, figure in figures.items():
        measure = measures.record_actual(
            quarter.session, quarter.provider, sheet.id, item, actual=D(figure), source_document="财务报表 2026-Q1"
        )
        measures.confirm_actual(quarter.session, quarter.checker, measure.id)


def review(quarter: Quarter, *rated: tuple[Sheet, str, str], held_on: date = date(2026, 4, 7)) -> None:
    """From complete data to the recorded interview; each goal gets the same rating from both sides."""
    session, appraisal_id = quarter.session, quarter.appraisal.id
    ratings = [GoalRating(sheet.id, item, D(rating)) for sheet, item, rating in rated]
    measures.complete_data(session, quarter.provider, appraisal_id)
    reviews.submit_self_assessment(session, quarter.own, appraisal_id, statement="本季度完成了主要目标。", ratings=ratings)
    reviews.submit_supervisor_review(session, quarter.supervisor, appraisal_id, comment="销售稳定增长。", ratings=ratings)
    reviews.record_interview(
        session,
        quarter.supervisor,
        appraisal_id,
        held_on=held_on,
        place="第二会议室",
        strengths="客户维护细致",
        shortcomings="新客户偏少",
        plan="下季度拜访二十家新客户",
    )


def reviewed(session: Session, figures: dict[str, str] | None = None, rating: str = "85") -> Quarter:
    """A sales person whose interview has been recorded: 110 and 10 on targets, a goal rated 85, unless told otherwise."""
    quarter = a_quarter(session)
    sign(quarter)
    record(quarter, figures or FIGURES)
    review(quarter, (quarter.sheet, "plan", rating))
    return quarter


def publish(quarter: Quarter) -> None:
    """Computed and published."""
    results.compute_result(quarter.session, quarter.hr, quarter.appraisal.id)
    publishing.publish_result(quarter.session, quarter.hr, quarter.appraisal.id)


def approve(quarter: Quarter) -> None:
    """Appeals closed and approved; the clock must have passed the appeal window."""
    publishing.close_appeals(quarter.session, quarter.hr, quarter.appraisal.id)
    approving.approve_result(quarter.session, quarter.approver, quarter.appraisal.id)
