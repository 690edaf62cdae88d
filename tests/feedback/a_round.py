"""A person in the annual cycle of 2026 with a 360° round, and short ways to ask raters and let them answer.

The trading policy has four groups (peers 40, subordinates 30, cross_department 20, external 10) and rates from 1 to 5.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D

from sqlmodel import Session, select

from appraisal.actor import Actor
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.feedback.models import FeedbackRater, FeedbackRound
from appraisal.feedback.service import answers, raters, rounds
from appraisal.feedback.service.raters import RaterDraft
from appraisal.feedback.service.rounds import QuestionDraft
from appraisal.people import auth
from appraisal.people.models import Account, Employee
from tests import factories

TODAY = date(2026, 12, 1)
UNTIL = date(2026, 12, 15)
QUESTIONS = (
    QuestionDraft("teamwork", "rating", "团队协作", "Works with others"),
    QuestionDraft("reliability", "rating", "守信可靠", "Keeps promises"),
    QuestionDraft("strengths", "text", "优点", "Strengths"),
)


@dataclass
class Feedback:
    """A round with its person and the actors around it."""

    session: Session
    cycle: Cycle
    round: FeedbackRound
    employee: Employee
    head: Employee
    appraisal: Appraisal
    own: Actor
    supervisor: Actor
    hr: Actor

    def ask(self, group: str = "peers", colleague: Employee | None = None) -> tuple[FeedbackRater, Actor]:
        """A colleague whom the employee proposes and the supervisor approves, and who has not answered yet."""
        colleague = colleague or factories.an_employee(self.session, "赵同事")
        draft = RaterDraft(group, number=colleague.number)
        rater = raters.propose_rater(self.session, self.own, self.appraisal.id, draft)
        raters.decide_rater(self.session, self.supervisor, rater.id, approve=True)
        return rater, acting(self.session, colleague)

    def ask_outsider(self, mail: str = "wang@example.com", group: str = "external") -> FeedbackRater:
        """An outsider whom the supervisor proposes and HR approves."""
        draft = RaterDraft(group, name="王客户", organisation="某客户公司", mail=mail)
        rater = raters.propose_rater(self.session, self.supervisor, self.appraisal.id, draft)
        return raters.decide_rater(self.session, self.hr, rater.id, approve=True)

    def answered(self, group: str, *given: str, remark: str = "") -> None:
        """One answer by a new colleague for each pair of ratings, such as "4 5"."""
        for pair in given:
            rater, actor = self.ask(group)
            answers.answer(self.session, actor, rater.id, ratings=rated(pair), remarks={"strengths": remark} if remark else {})


def rated(pair: str) -> dict[str, D]:
    teamwork, reliability = pair.split()
    return {"teamwork": D(teamwork), "reliability": D(reliability)}


def acting(session: Session, employee: Employee) -> Actor:
    """An employee through the one account they have."""
    account = session.exec(select(Account).where(Account.employee_id == employee.id)).one_or_none()
    return auth.actor_of(session, account) if account else factories.an_actor(session, "employee", employee=employee)


def a_round(session: Session, *, opened: bool = True) -> Feedback:
    """A sales person in the annual cycle of 2026, under a supervisor, with a round until the 15th of December."""
    head = factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, post=factories.a_post(session), supervisor=head)
    cycle = factories.an_open_cycle(session, period="2026")
    hr = factories.hr(session)
    made = rounds.draft_round(session, hr, cycle.id, answers_until=UNTIL, questions=QUESTIONS)
    if opened:
        rounds.open_round(session, hr, made.id)
    return Feedback(
        session=session,
        cycle=cycle,
        round=made,
        employee=employee,
        head=head,
        appraisal=factories.an_appraisal(session, employee, cycle=cycle),
        own=acting(session, employee),
        supervisor=acting(session, head),
        hr=hr,
    )
