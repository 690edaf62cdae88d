"""What the sample companies have in common while they run: the session, who acts for whom, the cycle in hand, and how to find
somebody's case in it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from appraisal.actor import SYSTEM, Actor
from appraisal.cycles import queries as cycle_queries
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import AppraisalError
from appraisal.people import accounts, auth
from appraisal.people import queries as people_queries
from appraisal.people.models import Employee

ZONE = ZoneInfo("Asia/Shanghai")
ADMIN = ("admin", "hr")
"""The roles of the account that runs the system: it sets everything up, and stands in for HR in HR's own cases."""

Say = Callable[[str], None]


def on(month: int, day: int, hour: int = 9) -> datetime:
    """A moment of the sample year, in the company's zone."""
    return datetime(2026, month, day, hour, tzinfo=ZONE)


@dataclass
class Sample:
    """A company while it runs."""

    session: Session
    say: Say
    actors: dict[str, Actor]
    secrets: dict[str, auth.Secret]
    cycle: Cycle | None = None

    @property
    def running(self) -> Cycle:
        """The cycle in hand."""
        assert self.cycle is not None
        return self.cycle

    def account(self, login: str, employee: Employee | None, roles: Collection[str | accounts.Grant]) -> None:
        """An account whose first password the owner has already made their own, so that it can be used as printed."""
        secret = self.secrets[login] = auth.new_secret()
        account = accounts.create_account(self.session, SYSTEM, login=login, secret=secret, roles=roles, employee=employee)
        actor = self.actors[login] = auth.actor_of(self.session, account).acting_via("cli")
        accounts.set_password(self.session, actor, account, secret)

    def employee(self, number: str) -> Employee:
        employee = people_queries.employee_by_number(self.session, number)
        assert employee is not None
        return employee

    def appraisal(self, number: str) -> Appraisal | None:
        employee = people_queries.employee_by_number(self.session, number)
        return cycle_queries.appraisal_of(self.session, self.running, employee) if employee else None

    def appraisal_id(self, number: str) -> int:
        appraisal = self.appraisal(number)
        assert appraisal is not None and appraisal.id is not None
        return appraisal.id

    def rated(self, *steps: str) -> list[str]:
        """The numbers of everybody who is rated, at one of the steps where any are given."""
        everybody = cycle_queries.appraisals_of(self.session, self.running)
        return [who.number for appraisal, who in everybody if appraisal.rated and (not steps or appraisal.step in steps)]

    def sheet(self, number: str, sheet_post: str) -> int | None:
        appraisal = self.appraisal(number)
        if appraisal is None:
            return None
        sheets = cycle_queries.sheets_of(self.session, [appraisal.id])[appraisal.id]
        return next((sheet.id for sheet in sheets if sheet.policy_post == sheet_post), None)

    def attempt(self, number: str, act: Callable[[int], object]) -> None:
        """Does it, or says why it cannot be done yet and leaves the appraisal where it is."""
        try:
            act(self.appraisal_id(number))
        except AppraisalError as error:
            self.say(f"{number} waits: {error.message.en}")
