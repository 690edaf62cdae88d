"""Two quarters at the sample coal group. In the first, HR alone tries the policy; in the second everybody is appraised.

Of the second the half-yearly figures are not there yet, so that of HR carries the one of the first. Weights are chosen from
printed groups, and where nobody can keep the print, approved. Some sign on paper and one refuses. A veto falls on the whole
planning department, a food event and a driver complaint reach the logistics supervisor, and one sheet waits for a figure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from appraisal import clock, files
from appraisal.actor import Actor
from appraisal.agreements import approvals, choosing, issuing, paper
from appraisal.agreements import queries as agreement_queries
from appraisal.agreements import service as agreements
from appraisal.agreements.drafts import ItemDraft, Joint
from appraisal.agreements.models import Agreement
from appraisal.agreements.queries import Agreed
from appraisal.core.selection import Chosen
from appraisal.cycles import queries as cycle_queries
from appraisal.cycles import rulings
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Cycle
from appraisal.cycles.rulings import Ruling
from appraisal.demo import coal_files
from appraisal.demo.coal_files import SheetOf, Wish
from appraisal.demo.coal_group import APPROVER, DATA, HR, TOP, CoalGroup
from appraisal.demo.sample import on
from appraisal.incidents import service as incidents
from appraisal.measures import importing
from appraisal.measures import service as measures
from appraisal.measures.importers import table
from appraisal.people import clerks
from appraisal.policies import queries as policy_queries
from appraisal.policies import service as policies
from appraisal.policies.models import StoredPolicy
from appraisal.results import approving, publishing
from appraisal.results import service as results
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating

POLICY = "coal_group"
OFFICE_HEAD, TRANSPORT_HEAD = "C120", "C161"
REFUSING, WITNESSES = "C140", ("C139", "C141")
LEFT = ("C159", "C160", "C161", "C162", "C163", "C164", "C165")
"""The subsidiaries, whose results are left for whoever tries the approver's account."""
BLANK = "原文周期一格为空; 该表按季度考核, 各项按季度计 (会议纪要 2026-01)"
UNASSESSED = "原文未印考核人; 由办公室主任评定 (G-54)"
COPIED = "原文印商贸公司经理, 疑从表 60 抄来; 由联运公司经理评定 (G-55)"


@dataclass(frozen=True)
class Timetable:
    """The days of a quarter."""

    opened: datetime
    signed: datetime
    collected: datetime
    assessed: datetime
    reviewed: datetime
    interviewed: datetime
    published: datetime
    closed: datetime
    approved: datetime


FIRST = Timetable(on(1, 6), on(1, 9), on(4, 3), on(4, 7), on(4, 9), on(4, 10), on(4, 13), on(4, 22), on(4, 23))
SECOND = Timetable(on(4, 2), on(4, 10), on(7, 3), on(7, 7), on(7, 9), on(7, 10), on(7, 13), on(7, 22), on(7, 23))


@dataclass(frozen=True)
class Case:
    """Somebody's appraisal in the cycle in hand: its sheets by post, and who acts as superior: the one above the line where the
    line depends on the sheet (R-003-44)."""

    appraisal: int
    sheets: Mapping[str, int]
    superior: str


@dataclass(frozen=True)
class Goal:
    """A goal on a sheet and who rates it; where nobody is named, the superior does."""

    sheet: int
    wish: Wish
    raters: tuple[str, ...]

    def by_raters(self, superior: str) -> dict[str, GoalRating]:
        """What each of those who rate it says."""
        if self.wish.factors:
            return {(self.raters or (superior,))[0]: GoalRating(self.sheet, self.wish.item, factors=self.wish.factors)}
        given = zip(self.raters or (superior,), self.wish.ratings, strict=True)
        return {rater: GoalRating(self.sheet, self.wish.item, rating) for rater, rating in given}

    def by_oneself(self) -> GoalRating:
        """One's own rating, which lies a little lower."""
        if self.wish.factors:
            return GoalRating(
                self.sheet, self.wish.item, factors={name: points - 1 for name, points in self.wish.factors.items()}
            )
        return GoalRating(self.sheet, self.wish.item, self.wish.ratings[0] - 2)


@dataclass
class CoalQuarters(CoalGroup):
    """The group through its two quarters; the running cycle is the one in hand."""

    wishes: dict[SheetOf, list[Wish]] = field(default_factory=coal_files.wishes)
    cases: dict[str, Case] = field(default_factory=dict)
    agreed: Mapping[int, Agreed] = field(default_factory=dict)
    numbers: Mapping[int, str] = field(default_factory=dict)

    def run(self, checked: policies.Checked) -> Cycle:
        """From the foundation to approved results; the second quarter."""
        self.begin(checked)
        self.open("2026-Q2", "示范煤业集团 2026 年第二季度绩效考核", TOP, SECOND, pays=True)
        self.go_through(SECOND)
        return self.running

    def begin(self, checked: policies.Checked) -> None:
        """The foundation, and the quarter in which HR alone tries the policy."""
        self.found(checked)
        self.numbers = {employee.id: employee.number for employee in map(self.employee, {one for one, _ in self.wishes})}
        self.confirm_assumed()
        self.open("2026-Q1", "人力资源部 2026 年第一季度试考核", "coal-hr", FIRST, pays=False)
        self.go_through(FIRST)

    def go_through(self, days: Timetable) -> None:
        """A cycle from agreements to approval."""
        self.agree(days)
        if days is SECOND:
            self.report_events()
        self.collect(days)
        self.review(days)
        self.decide(days)

    def confirm_assumed(self) -> None:
        """What the source does not print is confirmed, on record."""
        with clock.at(on(1, 5)):
            pinned = policy_queries.policy_in_force(self.session, POLICY, on(1, 1).date())
            assert pinned is not None
            confirmed = policies.confirm_assumed(self.session, self.admin, self.session.get_one(StoredPolicy, pinned.id))
        self.say(f"{len(confirmed.assumed)} assumed values of the coal group confirmed")

    def open(self, period: str, name: str, unit: str, days: Timetable, *, pays: bool) -> None:
        """A cycle is drafted, HR rules on what the source leaves blank, and it opens."""
        with clock.at(days.opened):
            hr = self.actors[HR]
            details = {"code": f"coal-{period}", "name": name, "policy_name": POLICY, "period": period, "pays": pays}
            self.cycle = cycles.draft_cycle(self.session, hr, **details, unit=self.unit(unit))
            if days is SECOND:
                rulings.copy_rulings(self.session, hr, self.cycle)
            self.rule(hr)
            found = cycles.open_cycle(self.session, hr, self.cycle)
        self.cases = self.found_cases()
        sheets = sum(len(one.sheets) for one in found.planned)
        self.say(f"cycle {self.cycle.code} opened with {len(found.planned)} appraisals on {sheets} sheets")

    def found_cases(self) -> dict[str, Case]:
        """The appraisals of the cycle in hand by employee number."""
        everybody = cycle_queries.appraisals_of(self.session, self.running)
        sheets = cycle_queries.sheets_of(self.session, [appraisal.id for appraisal, _ in everybody])
        superiors = cycle_queries.supervisors_of(self.session, self.running)
        return {
            employee.number: Case(
                appraisal.id, {sheet.policy_post: sheet.id for sheet in sheets[appraisal.id]}, superiors[appraisal.id].number
            )
            for appraisal, employee in everybody
        }

    def rule(self, hr: Actor) -> None:
        """Blank cadences, the five rows without assessor, and the rows of table 62 whose assessor seems copied."""
        standing = rulings.rows_in(self.session, self.running)
        blank = {key: tuple(one.row.item.id for one in standing if key in one.blank) for key in ("cadence", "assessor")}
        if blank["cadence"]:
            rulings.rule_rows(self.session, hr, self.running, [Ruling(blank["cadence"], cadence="quarter")], reason=BLANK)
        if blank["assessor"]:
            head = self.employee(OFFICE_HEAD).id
            ruling = Ruling(blank["assessor"], assessor="办公室主任", assessor_id=head)
            rulings.rule_rows(self.session, hr, self.running, [ruling], reason=UNASSESSED)
        copied = tuple(one.item for one in self.wishes.get(("C162", "coal_buyer"), ()) if one.is_goal)
        if copied and self.running.period == "2026-Q2":
            ruling = Ruling(copied, assessor="联运公司经理", assessor_id=self.employee(TRANSPORT_HEAD).id)
            rulings.rule_rows(self.session, hr, self.running, [ruling], reason=COPIED)

    # Agreements

    def agree(self, days: Timetable) -> None:
        """Every sheet gets an agreement, chosen from its groups or taken over from the quarter before; both sides settle."""
        with clock.at(days.signed):
            if days is SECOND:
                issuing.copy_agreements(self.session, self.actors[HR], self.running.id, unit_id=self.unit("coal-hr").id)
            sheets = [(number, post, sheet) for number, case in self.cases.items() for post, sheet in case.sheets.items()]
            there = agreement_queries.agreed(self.session, [sheet for _, _, sheet in sheets])
            for number, post, sheet in sheets:
                self.settle(number, there[sheet].agreement if sheet in there else self.draft(number, post, sheet))
            self.agreed = agreement_queries.agreed(self.session, [sheet for _, _, sheet in sheets])

    def draft(self, number: str, post: str, sheet: int) -> Agreement:
        """A draft of the rows wished for, or of those nearest to them that are feasible; approved where it leaves the print."""
        drafter = self.actors.get(number) or self.supervisor(number)
        agreement = agreements.draft_agreement(self.session, drafter, sheet)
        wished = {wish.item: wish for wish in self.wishes[number, post]}
        _, selection, better = choosing.select(self.session, drafter, sheet, [Chosen(item) for item in wished])
        chosen = selection if selection.is_feasible else better[0]
        drafts = [self.item(wished[item], weight) for item, weight in chosen.weights.items()]
        agreements.set_items(self.session, drafter, agreement.id, drafts)
        if len(drafts) < len(wished):
            self.say(f"{number} {post}: {len(wished)} rows wished for, the nearest {len(drafts)} that are feasible taken")
        if chosen.needs_approval:
            reason = "该表权重格多于 8 个, 无法保留原印权重; 选 8 项平均分配"
            asked = approvals.ask_approval(self.session, drafter, agreement.id, agreement.content_hash, reason)
            approvals.decide_approval(
                self.session, self.actors[APPROVER], asked.id, approve=True, content_hash=asked.content_hash, reason="同意"
            )
            self.say(
                f"{number} {post}: too many printed weights to keep; 100 shared by {len(drafts)} rows, approved by {APPROVER}"
            )
        return agreement

    def item(self, wish: Wish, weight: Decimal) -> ItemDraft:
        """A wish as an item of an agreement."""
        figures = {"threshold": wish.threshold, "target": wish.target, "challenge": wish.challenge}
        together = tuple(Joint(self.employee(number).id) for number in wish.assessors)
        return ItemDraft(wish.item, "gs" if wish.is_goal else "kpi", weight, assessors=together, **figures)

    def settle(self, number: str, agreement: Agreement) -> None:
        """Both sides sign; who has no account on paper, and one refuses before two witnesses."""
        read = agreement.content_hash
        if number == REFUSING:
            first, second = (self.employee(witness).id for witness in WITNESSES)
            assert first is not None and second is not None
            refusal = {"witnesses": (first, second), "reason": "本人认为计量权重偏低, 拒绝签署"}
            paper.record_refusal(self.session, self.actors[HR], agreement.id, role="employee", content_hash=read, **refusal)
            self.say(f"{number} refused to sign before two witnesses")
        elif (signatory := self.actors.get(number)) is not None:
            agreements.sign_agreement(self.session, signatory, agreement.id, read)
        else:
            signed = {"file_id": self.scanned(self.actors[HR]), "signed_on": clock.today()}
            paper.enter_paper_signature(
                self.session, self.actors[HR], agreement.id, role="employee", content_hash=read, **signed
            )
            self.say(f"{number} signed on paper")
        agreements.sign_agreement(self.session, self.supervisor(number), agreement.id, read)

    def scanned(self, actor: Actor) -> int:
        """The scan of something signed on paper, handed in by somebody."""
        details = {"name": "签字页.pdf", "content": coal_files.scan(), "media_type": "application/pdf"}
        kept = files.keep(self.session, actor, **details)
        assert kept.id is not None
        return kept.id

    # What happened, and the figures

    def report_events(self) -> None:
        """Filed, heard, confirmed by HR; whom each reaches follows from the rules and from who was where that day."""
        for one in coal_files.events():
            with clock.at(on(6, 24)):
                facts = {"event": one.event, "happened_on": one.happened_on, "facts": one.facts}
                filed = incidents.file_incident(self.session, self.actors[one.filed_by], self.employee(one.number).id, **facts)
                incidents.hear_incident(self.session, self.actors[one.number], filed.id, statement=one.statement)
                incidents.confirm_incident(self.session, self.actors[HR], filed.id, findings=one.findings)
            self.say(f"{one.number}: {one.event} confirmed")

    def collect(self, days: Timetable) -> None:
        """The file of figures is imported, its figures are confirmed by HR, and the data declared complete where they are."""
        name, content = coal_files.figures(self.running.period)
        with clock.at(days.collected):
            data, read = self.actors[DATA], table.read_figures(name, content)
            brought = importing.import_figures(
                self.session, data, read, upload=(name, content), cycle_id=self.running.id
            ).recorded
            whose = list(zip((one.number for one in read.figures), brought, strict=True))
            for hr in (self.actors[HR], self.admin):
                handled = [entry for number, entry in whose if self.hr_for(number) is hr]
                measures.confirm_actuals(self.session, hr, handled)
            for number in self.rated():
                self.attempt(number, lambda one: measures.complete_data(self.session, data, one))

    # Review and decision

    def review(self, days: Timetable) -> None:
        """Self-assessments, ratings by other assessors, the superiors' reviews and the interviews, day by day."""
        numbers = self.rated("self_assessment")
        with clock.at(days.assessed):
            for number in numbers:
                own, statement = self.acting_for(number), "本季度按责任书开展工作, 完成情况见各项数据。"
                ratings = [goal.by_oneself() for goal in self.goals(number)]
                reviews.submit_self_assessment(
                    self.session, own, self.appraisal_id(number), statement=statement, ratings=ratings
                )
        with clock.at(days.reviewed):
            for number in numbers:
                self.rate(number)
        with clock.at(days.interviewed):
            for number in numbers:
                self.interview(number, clock.today())

    def acting_for(self, number: str) -> Actor:
        """Somebody, or the clerk who enters for them with the scan of what they have put on paper (D-21)."""
        if (actor := self.actors.get(number)) is not None:
            return actor
        clerk = self.actors["C158" if number == "C156" else "C151"]
        return clerks.act_for(self.session, clerk, number, scan=str(self.scanned(clerk)))

    def rate(self, number: str) -> None:
        """The goals that others assess, alone or together, then the superior's review with the rest."""
        superior, by_rater = self.cases[number].superior, dict[str, list[GoalRating]]()
        for goal in self.goals(number):
            for rater, rating in goal.by_raters(superior).items():
                by_rater.setdefault(rater, []).append(rating)
        own = by_rater.pop(superior, [])
        for rater, ratings in by_rater.items():
            details = {"comment": "按日常检查记录评分。", "ratings": ratings}
            reviews.rate_goals(self.session, self.actors[rater], self.appraisal_id(number), **details)
        comment = "数据与日常表现一致, 评分依据见各项指标。"
        reviews.submit_supervisor_review(
            self.session, self.actors[superior], self.appraisal_id(number), comment=comment, ratings=own
        )

    def goals(self, number: str) -> Iterator[Goal]:
        """The goals agreed with somebody, with what was wished of them and who rates them."""
        for post, sheet in self.cases[number].sheets.items():
            wished = {wish.item: wish for wish in self.wishes[number, post]}
            for item in self.agreed[sheet].items:
                if item.kind == "gs":
                    alone = self.numbers.get(item.assessor_id or 0)
                    yield Goal(sheet, wished[item.item], wished[item.item].assessors or ((alone,) if alone else ()))

    def interview(self, number: str, held_on: date) -> None:
        """What superior and employee have talked about."""
        said = {
            "strengths": "按期完成责任书约定的主要工作。",
            "shortcomings": "得分较低的指标需要提前跟进。",
            "plan": "下季度每两周对照一次目标, 及时调整。",
        }
        superior = self.supervisor(number)
        reviews.record_interview(self.session, superior, self.appraisal_id(number), held_on=held_on, place="小会议室", **said)

    def decide(self, days: Timetable) -> None:
        """Results are computed, published, left open to appeal, approved by the chairman, who has some left to approve."""
        with clock.at(days.published):
            for one in results.compute_cycle(self.session, self.admin, self.running.id):
                if one.error is not None:
                    self.say(f"{one.employee_number}: {one.error.message.en}")
            for number in self.rated("publication"):
                publishing.publish_result(self.session, self.hr_for(number), self.appraisal_id(number))
        with clock.at(days.closed):
            for number in self.rated("publication"):
                publishing.close_appeals(self.session, self.hr_for(number), self.appraisal_id(number))
        with clock.at(days.approved):
            for number in self.rated("approval"):
                if number in LEFT:
                    continue
                approving.approve_result(self.session, self.actors[APPROVER], self.appraisal_id(number), note="同意")

    def supervisor(self, number: str) -> Actor:
        """Who acts as superior in somebody's case."""
        return self.actors[self.cases[number].superior]

    def appraisal_id(self, number: str) -> int:
        return self.cases[number].appraisal
