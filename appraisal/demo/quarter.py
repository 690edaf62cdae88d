"""The first quarter of 2026 at the sample trading company, from signed targets to payroll, each step on its day by whoever may.

Some of it does not go smoothly, on purpose: a veto, a credit loss, a missing figure, a transfer, somebody who came too late
to be rated, people whose post the regulation gives no profile, and a score that lies exactly on a boundary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from appraisal import clock
from appraisal.actor import SYSTEM, Actor
from appraisal.agreements import service as agreements
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.demo import company
from appraisal.demo.company import Person, Transfer
from appraisal.demo.sample import ADMIN, Sample, on
from appraisal.incidents import service as incidents
from appraisal.measures import service as measures
from appraisal.people import queries as people_queries
from appraisal.people import service as people
from appraisal.people.models import Post, Unit
from appraisal.policies import queries as policy_queries
from appraisal.policies import service as policies
from appraisal.policies.models import StoredPolicy
from appraisal.policies.service import Checked
from appraisal.results import approving, past_grades, publishing
from appraisal.results import service as results
from appraisal.reviews import opinions
from appraisal.reviews import queries as review_queries
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating

PERIOD = "2026-Q1"
FOUNDED = date(2018, 1, 1)
CLERKS = {"admin": ADMIN, "data": ("data_provider",)}


@dataclass
class Quarter(Sample):
    """The company while its quarter runs."""

    def run(self, checked: Checked, calendar: Checked | None) -> Cycle:
        """The whole quarter; the cycle at its end."""
        everybody = company.people()
        self.found(checked, calendar, everybody)
        self.open(everybody)
        self.sign()
        for transfer in company.transfers():
            self.transfer(transfer)
        self.report_incidents()
        for person in everybody:
            if person.joined_on > on(1, 1).date():
                with clock.at(on(3, 23)):
                    self.hire(person)
                    cycles.refresh_cycle(self.session, self.actors["admin"], self.running)
        self.collect()
        self.review()
        self.decide()
        return self.running

    def found(self, checked: Checked, calendar: Checked | None, everybody: Sequence[Person]) -> None:
        """The working calendar and the policy are published; units, people, posts and accounts are set up."""
        with clock.at(on(1, 4)):
            if calendar:
                policies.publish_calendar(self.session, SYSTEM, calendar)
            policies.publish_policy(self.session, SYSTEM, checked)
            for login, roles in CLERKS.items():
                self.account(login, None, roles)
            for row in company.units():
                parent = people_queries.unit_by_code(self.session, row["parent"]) if row["parent"] else None
                names = {"code": row["code"], "name": row["name_zh"], "name_en": row["name_en"]}
                people.create_unit(self.session, self.actors["admin"], **names, from_on=FOUNDED, parent=parent)
            for person in everybody:
                if person.joined_on <= on(1, 1).date():
                    self.hire(person)
        self.say(f"{len(everybody)} people in {len(company.units())} units")

    def hire(self, person: Person) -> None:
        """A person with post, supervisor, account and earlier grades."""
        admin = self.actors["admin"]
        names = {"number": person.number, "name": person.name}
        employee = people.hire_employee(self.session, admin, **names, joined_on=person.joined_on)
        post = self.post(person)
        people.assign_post(self.session, admin, employee, post, from_on=person.joined_on)
        if person.supervisor:
            superior = self.employee(person.supervisor)
            people.assign_supervisor(self.session, admin, employee, superior, from_on=max(person.joined_on, superior.joined_on))
        self.account(person.number.lower(), employee, ("employee", *person.roles))
        self.actors[person.number] = self.actors.pop(person.number.lower())
        for period, grade in person.past.items():
            source = f"{period} 纸质考核结果汇总表"
            past_grades.import_past_grade(self.session, admin, employee.id, period=period, grade=grade, source_document=source)

    def open(self, everybody: Sequence[Person]) -> None:
        """HR confirms what the policy assumes, on record, and opens the cycle."""
        with clock.at(on(1, 5)):
            hr = self.actors["T002"]
            stored = self.session.get_one(StoredPolicy, self.pinned())
            confirmation = policies.confirm_assumed(self.session, hr, stored)
            self.say(f"{len(confirmation.assumed)} assumed values confirmed by HR")
            details = {"code": f"sample-{PERIOD}", "name": "2026 年第一季度绩效考核", "policy_name": "trading"}
            self.cycle = cycles.draft_cycle(self.session, hr, **details, period=PERIOD, pays=True)
            found = cycles.open_cycle(self.session, hr, self.cycle)
            left_out = ", ".join(dict.fromkeys(person.number for person in everybody if self.appraisal(person.number) is None))
            self.say(
                f"cycle {self.cycle.code} opened with {len(found.planned)} appraisals; no profile or not yet here: {left_out}"
            )

    def sign(self) -> None:
        """Targets agreed and signed by both sides, for every sheet there is."""
        with clock.at(on(1, 9)):
            for number, sheet_post in company.agreed():
                if self.sheet(number, sheet_post) is not None:
                    self.sign_sheet(number, sheet_post)

    def transfer(self, transfer: Transfer) -> None:
        """A new post and supervisor in mid-quarter: a second sheet with targets of its own."""
        with clock.at(datetime.combine(transfer.from_on, on(1, 1).timetz())):
            admin, employee = self.actors["admin"], self.employee(transfer.number)
            post = self.post(transfer)
            people.assign_post(self.session, admin, employee, post, from_on=transfer.from_on)
            superior = self.employee(transfer.supervisor)
            people.assign_supervisor(self.session, admin, employee, superior, from_on=transfer.from_on)
            cycles.refresh_cycle(self.session, admin, self.running)
        with clock.at(on(3, 3)):
            self.sign_sheet(transfer.number, transfer.sheet)
        self.say(f"{transfer.number} moved to {transfer.unit} on {transfer.from_on}")

    def report_incidents(self) -> None:
        """Filed by the supervisor, heard, confirmed by HR."""
        for happening in company.happenings():
            with clock.at(on(3, 25)):
                reporter, hr = self.supervisor(happening.number), self.actors["T002"]
                facts = {"event": happening.event, "happened_on": happening.happened_on, "facts": happening.facts}
                incident = incidents.file_incident(self.session, reporter, self.employee(happening.number).id, **facts)
                incidents.hear_incident(self.session, self.actors[happening.number], incident.id, statement=happening.statement)
                incidents.confirm_incident(self.session, hr, incident.id, findings="经查属实")
                self.say(f"{happening.number}: {happening.event} confirmed")

    def collect(self) -> None:
        """Figures entered by the data clerk, confirmed by HR, and declared complete where they are."""
        with clock.at(on(4, 3)):
            for (number, sheet_post), figures in company.reached().items():
                sheet = self.sheet(number, sheet_post)
                confirmer = self.actors["admin" if number == "T002" else "T002"]
                for figure in figures:
                    if sheet is None or (figure.actual is None and not figure.inputs):
                        continue
                    value = {"actual": figure.actual} if figure.actual is not None else {"inputs": figure.inputs}
                    source = f"{PERIOD} 数据汇总 {sheet_post}/{figure.item}"
                    entered = measures.record_actual(
                        self.session, self.actors["data"], sheet, figure.item, source_document=source, origin="import", **value
                    )
                    measures.confirm_actual(self.session, confirmer, entered.id)
            for number in self.rated():
                self.attempt(number, lambda one: measures.complete_data(self.session, self.actors["data"], one))

    def review(self) -> None:
        """Self-assessment, supervisor review and interview of everybody whose data are complete."""
        for number in self.rated("self_assessment"):
            appraisal, supervisor = self.appraisal_id(number), self.supervisor(number)
            with clock.at(on(4, 7)):
                own = self.ratings(number, Decimal(-2))
                statement = "本季度按责任书开展工作, 完成情况见各项数据。"
                actor = self.actors[number]
                reviews.submit_self_assessment(self.session, actor, appraisal, statement=statement, ratings=own)
            with clock.at(on(4, 8)):
                for former in review_queries.former_supervisors(
                    self.session, self.session.get_one(Appraisal, appraisal), self.running
                ):
                    opinion = "在我处任职期间按期完成工作, 数据如实。"
                    opinions.write_opinion(self.session, self.actors[former.number], appraisal, opinion=opinion)
            with clock.at(on(4, 9)):
                goals = self.ratings(number, Decimal(0))
                reviews.submit_supervisor_review(
                    self.session, supervisor, appraisal, comment="数据与日常表现一致, 评分依据见各项指标。", ratings=goals
                )
            with clock.at(on(4, 13)):
                reviews.record_interview(
                    self.session,
                    supervisor,
                    appraisal,
                    held_on=on(4, 13).date(),
                    place="小会议室",
                    strengths="按期完成责任书约定的主要工作。",
                    shortcomings="得分较低的指标需要提前跟进。",
                    plan="下季度每两周对照一次目标, 及时调整。",
                )

    def decide(self) -> None:
        """Results are computed, published, left open to appeal, approved by a named person."""
        with clock.at(on(4, 14)):
            computed = results.compute_cycle(self.session, self.actors["admin"], self.running.id)
            for one in computed:
                if one.error is not None:
                    self.say(f"{one.employee_number}: {one.error.message.en}")
            for number in self.rated("interview", "publication"):
                self.attempt(number, lambda one: publishing.publish_result(self.session, self.actors["admin"], one))
        with clock.at(on(4, 27)):
            for number in self.rated("publication"):
                self.attempt(number, lambda one: publishing.close_appeals(self.session, self.actors["admin"], one))
        with clock.at(on(4, 28)):
            for number in self.rated("approval"):
                approver = self.actors["T004" if number in ("T002", "T003") else "T001"]
                approving.approve_result(self.session, approver, self.appraisal_id(number), note="同意")

    # Who and what

    def post(self, holder: Person | Transfer) -> Post:
        code = f"{holder.unit}-{holder.title_en.lower().replace(' ', '-')}"
        if (post := people_queries.post_by_code(self.session, code)) is not None:
            return post
        unit = people_queries.unit_by_code(self.session, holder.unit)
        assert isinstance(unit, Unit)
        details = {"code": code, "title": holder.title, "title_en": holder.title_en, "policy_post": holder.sheet}
        return people.create_post(self.session, self.actors["admin"], **details, unit=unit)

    def supervisor(self, number: str) -> Actor:
        superior = people_queries.supervisor_on(self.session, self.employee(number).id, clock.today())
        assert superior is not None
        return self.actors[superior.number]

    def sign_sheet(self, number: str, sheet_post: str) -> None:
        sheet = self.sheet(number, sheet_post)
        assert sheet is not None
        employee = self.actors[number]
        agreement = agreements.draft_agreement(self.session, employee, sheet)
        agreements.set_items(self.session, employee, agreement.id, company.agreed()[number, sheet_post])
        for signatory in (employee, self.supervisor(number)):
            agreements.sign_agreement(self.session, signatory, agreement.id, agreement.content_hash)

    def ratings(self, number: str, offset: Decimal) -> list[GoalRating]:
        """The ratings of a person's goals; their own lie a little below their supervisor's."""
        found = []
        for (who, sheet_post), figures in company.reached().items():
            sheet = self.sheet(number, sheet_post) if who == number else None
            goals = [figure for figure in figures if figure.rating is not None]
            found += [GoalRating(sheet, figure.item, figure.rating + offset) for figure in goals if sheet is not None]
        return found

    def pinned(self) -> int:
        stored = policy_queries.policy_in_force(self.session, "trading", on(1, 1).date())
        assert stored is not None and stored.id is not None
        return stored.id
