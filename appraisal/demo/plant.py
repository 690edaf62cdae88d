"""The sample plant: a plainly fictional maker of medical devices whose indicators are watched and which appraises nobody.

One clerk brings in what the platform hands out, another person vouches for it. The rule files print no targets for the plant
(G-23), so its KPI manager sets them; amounts that add up over a quarter get none, because one for a month would not fit it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

from appraisal import clock
from appraisal.actor import SYSTEM, Actor
from appraisal.core.numbers import parse_number
from appraisal.demo.plant_readings import rows
from appraisal.demo.sample import ADMIN, ZONE, Sample
from appraisal.monitoring import holders, targets
from appraisal.people import accounts, units
from appraisal.people import queries as people_queries
from appraisal.people import service as people
from appraisal.people.models import Unit
from appraisal.policies import service as policies
from appraisal.policies.service import Checked

TOP: Final = "PL"
POLICIES: Final = ("plant", "kpi_sop")
FOUNDED, JOINED, APPOINTED = date(2016, 1, 1), date(2019, 3, 1), date(2020, 1, 1)
OPENED: Final = date(2024, 1, 22)
"""When the plant began to use the system."""
DIRECTOR, BUSINESS, PRODUCTION, QUALITY, SUPPLY, EQUIPMENT = "P001", "P002", "P003", "P004", "P006", "P008"
MANAGER, CLERK, CHECKER = "P011", "P012", "P013"
NO_SHEET: Final = "unappraised"


def at(day: date, hour: int = 9) -> datetime:
    """An hour of a day where the plant is."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


@dataclass
class Plant(Sample):
    """The plant before anything has been read."""

    def found(self, checked: Sequence[Checked]) -> None:
        """The policies are published; units, people, accounts and heads are set up, and who holds which role."""
        with clock.at(at(OPENED)):
            if "admin" not in self.actors:
                self.account("admin", None, ADMIN)
            for one in checked:
                policies.publish_policy(self.session, SYSTEM, one)
            there = rows("units")
            for row in there:
                parent = self.unit(row["parent"]) if row["parent"] else None
                names = {"code": row["code"], "name": row["name_zh"], "name_en": row["name_en"]}
                people.create_unit(self.session, self.admin, **names, from_on=FOUNDED, parent=parent)
            everybody = rows("people")
            for row in everybody:
                self.hire(row)
            for row in there:
                head = self.employee(row["head"])
                units.appoint_head(self.session, self.admin, self.unit(row["code"]), head, from_on=APPOINTED)
            for row in rows("holders"):
                holder = self.employee(row["number"]).id
                assert holder is not None
                name = partial(holders.name_holder, self.session, self.manager, from_on=OPENED)
                name(policy=row["policy"], role=row["role"], unit_id=self.top, employee_id=holder)
        self.say(f"plant: {len(everybody)} people in {len(there)} units")

    def hire(self, row: dict[str, str]) -> None:
        """Somebody with a post and a superior, and with an account where the work in the system needs one."""
        unit, number = self.unit(row["unit"]), row["number"]
        titles = {"title": row["title"], "title_en": row["title_en"]}
        post = people.create_post(
            self.session, self.admin, code=f"pl-{number.lower()}", **titles, unit=unit, policy_post=NO_SHEET
        )
        employee = people.hire_employee(self.session, self.admin, number=number, name=row["name"], joined_on=JOINED)
        people.assign_post(self.session, self.admin, employee, post, from_on=JOINED)
        if row["supervisor"]:
            superior = self.employee(row["supervisor"])
            people.assign_supervisor(self.session, self.admin, employee, superior, from_on=JOINED)
        if row["account"] == "yes":
            login, given = number.lower(), row["roles"].split()
            roles = [(role, self.top) if role in accounts.LIMITED_ROLES else role for role in given]
            self.account(login, employee, ["employee", *roles])
            self.actors[number] = self.actors.pop(login)

    def set_targets(self, from_on: date, reason: str) -> None:
        """The targets that the KPI manager sets from a day on."""
        for row in rows("targets"):
            if row["from_on"] == from_on.isoformat():
                wanted = targets.Wanted(
                    policy="plant",
                    indicator=row["indicator"],
                    unit_id=self.top,
                    operator=row["operator"],  # type: ignore[arg-type]
                    value=parse_number(row["value"]),
                    from_on=from_on,
                    reason=reason,
                )
                targets.set_target(self.session, self.manager, wanted)

    @property
    def admin(self) -> Actor:
        return self.actors["admin"]

    @property
    def manager(self) -> Actor:
        """The KPI manager."""
        return self.actors[MANAGER]

    @property
    def top(self) -> int:
        """The id of the plant as a unit: what its readings are of."""
        unit_id = self.unit(TOP).id
        assert unit_id is not None
        return unit_id

    def unit(self, code: str) -> Unit:
        unit = people_queries.unit_by_code(self.session, code)
        assert unit is not None
        return unit
