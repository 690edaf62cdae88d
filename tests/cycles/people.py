"""A department for the tests of deadlines and tasks: a director, her manager, and his two salespeople."""

from datetime import date

from sqlmodel import Session, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cycles import queries, service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.notify import Notification, sentence
from appraisal.people.models import Employee
from tests import factories as make

OPENED = date(2026, 1, 5)


class Department:
    """An open first quarter in which two people are appraised, and everybody who has to do with them."""

    def __init__(self, session: Session, period: str = "2026-Q1", opened: date = OPENED) -> None:
        self.session = session
        self.unit = make.a_unit(session)
        post = make.a_post(session, unit=self.unit)
        self.director = make.an_employee(session, "王总监")
        self.manager = make.an_employee(session, "李经理", supervisor=self.director)
        self.first = make.an_employee(session, "张三", post=post, supervisor=self.manager)
        self.second = make.an_employee(session, "李四", post=make.a_post(session, unit=self.unit), supervisor=self.manager)
        self.officer = make.an_employee(session, "赵人事")
        self.hr = make.an_actor(session, "hr", employee=self.officer)
        with clock.at(opened):
            self.cycle: Cycle = make.an_open_cycle(session, period=period)

    def actor(self, employee: Employee, *roles: str) -> Actor:
        return make.an_actor(self.session, "employee", *roles, employee=employee)

    def appraisal(self, employee: Employee) -> Appraisal:
        return queries.appraisal_of(self.session, self.cycle, employee)

    def bring(self, employee: Employee, step: str, on: date) -> Appraisal:
        """Has an appraisal come to a step on a day, without what belongs to the steps before."""
        moves = {"data_collection": "confirm_data", "self_assessment": "submit_self_assessment"}
        appraisal = self.appraisal(employee)
        with clock.at(on):
            while appraisal.step != step:
                actor = self.hr if appraisal.step == "data_collection" else self.actor_of(employee)
                service.advance_appraisal(self.session, actor, appraisal, moves[appraisal.step])
        return appraisal

    def actor_of(self, employee: Employee) -> Actor:
        return Actor(account_id=None, employee_id=employee.id, name=employee.name)

    def told(self, employee: Employee) -> list[str]:
        """What somebody has been told, kind by kind."""
        found = select(Notification).where(Notification.employee_id == employee.id).order_by(Notification.id)
        return [one.kind for one in self.session.exec(found)]

    def words(self, employee: Employee) -> str:
        """The last thing somebody has been told."""
        found = select(Notification).where(Notification.employee_id == employee.id).order_by(Notification.id)
        return sentence(self.session.exec(found).all()[-1]).zh
