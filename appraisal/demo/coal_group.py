"""The sample coal group: a plainly fictional company beside the trading one, with a holder or a head for each of the 66 sheets.

It is set up by the administrator. Its own HR and payroll are limited to it, so that they know of its people only. The
contractor has a representative and no account (D-01).
"""

from dataclasses import dataclass
from datetime import date

from appraisal import clock
from appraisal.actor import SYSTEM, Actor
from appraisal.demo import coal_files
from appraisal.demo.coal_files import Holder
from appraisal.demo.sample import ADMIN, Sample, on
from appraisal.people import accounts, clerks, units
from appraisal.people import queries as people_queries
from appraisal.people import service as people
from appraisal.people.models import Unit
from appraisal.policies import service as policies
from appraisal.policies.service import Checked

TOP = "coal"
FOUNDED = date(2018, 1, 1)
APPOINTED = date(2020, 1, 1)
DATA = "coal-data"
HR, APPROVER, PAYROLL = "C116", "C002", "C112"


@dataclass
class CoalGroup(Sample):
    """The group before anybody is appraised."""

    def found(self, checked: Checked) -> None:
        """The policy is published; units, posts, people, accounts, heads and clerks are set up."""
        with clock.at(on(1, 4)):
            if "admin" not in self.actors:
                self.account("admin", None, ADMIN)
            policies.publish_policy(self.session, SYSTEM, checked)
            for row in coal_files.units():
                parent = self.unit(row["parent"]) if row["parent"] else None
                names = {"code": row["code"], "name": row["name_zh"], "name_en": row["name_en"]}
                people.create_unit(self.session, self.admin, **names, from_on=FOUNDED, parent=parent)
            self.account(DATA, None, ["data_provider"])
            for holder in coal_files.holders():
                self.place(holder)
            for row in coal_files.units():
                if row["head"]:
                    head = self.employee(row["head"])
                    units.appoint_head(self.session, self.admin, self.unit(row["code"]), head, from_on=APPOINTED)
            for row in coal_files.clerks():
                clerk, unit = self.employee(row["number"]), self.unit(row["unit"])
                details = {"from_on": APPOINTED, "reason": "无账号人员由本部门统计员代录"}
                clerks.appoint_clerk(self.session, self.admin, clerk, unit, **details)
        everybody = {holder.number for holder in coal_files.holders()}
        self.say(f"coal group: {len(everybody)} people in {len(coal_files.units())} units")

    def place(self, holder: Holder) -> None:
        """Somebody in a post; in their first one they are hired, led and given an account."""
        code = f"coal-{holder.sheet.replace('_', '-')}"
        details = {"code": code, "title": holder.title, "title_en": holder.title_en, "policy_post": holder.sheet}
        post = people.create_post(self.session, self.admin, **details, unit=self.unit(holder.unit))
        days = {"from_on": holder.joined_on, "share": holder.share}
        if (there := people_queries.employee_by_number(self.session, holder.number)) is not None:
            people.assign_post(self.session, self.admin, there, post, **days, beside=True)
            return
        named = {"number": holder.number, "name": holder.name}
        employee = people.hire_employee(self.session, self.admin, **named, joined_on=holder.joined_on)
        people.assign_post(self.session, self.admin, employee, post, **days)
        if holder.supervisor:
            superior = self.employee(holder.supervisor)
            people.assign_supervisor(self.session, self.admin, employee, superior, from_on=holder.joined_on)
        if holder.has_account:
            login, top = holder.number.lower(), self.unit(TOP).id
            roles = [(role, top) if role in accounts.LIMITED_ROLES else role for role in holder.roles]
            self.account(login, employee, ["employee", *roles])
            self.actors[holder.number] = self.actors.pop(login)

    @property
    def admin(self) -> Actor:
        return self.actors["admin"]

    def hr_for(self, number: str) -> Actor:
        """Who handles somebody as HR: in HR's own case the administrator (D-23)."""
        return self.admin if number == HR else self.actors[HR]

    def unit(self, code: str) -> Unit:
        unit = people_queries.unit_by_code(self.session, code)
        assert unit is not None
        return unit
