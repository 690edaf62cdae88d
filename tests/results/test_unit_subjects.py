"""Sheets of units and contractors: what is approved of a unit's sheet is the unit's result, no contractor is paid (D-01)."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import clock, db, files
from appraisal.agreements import service as agreements
from appraisal.agreements.drafts import ItemDraft
from appraisal.core.appraise import appraise_sheets
from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Case, Incident, Item
from appraisal.core.inputs import Sheet as CoreSheet
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles import subjects
from appraisal.cycles.models import Appraisal, Reassignment, Sheet
from appraisal.cycles.preflight import preflight
from appraisal.cycles.reassigning import reassign
from appraisal.errors import AppraisalError, Conflict, NotAllowed
from appraisal.payroll import queries as payroll
from appraisal.payroll import service as releases
from appraisal.payroll import settlements
from appraisal.people import clerks
from appraisal.people import service as people
from appraisal.people.models import Employee, PostHolding
from appraisal.results import calibration, populations, queries, unit_results
from appraisal.results import service as results
from appraisal.results.approving import put_in_force
from appraisal.results.models import Publication, Result
from appraisal.results.parts import gather_parts
from appraisal.results.told import tell_case
from appraisal.results.unit_results import Figures
from appraisal.reviews import service as reviews
from tests import factories as make
from tests.agreements.samples import a_quarter, acting, review, sign
from tests.caller import Caller, a_service
from tests.cycles.coal import a_holder, an_open_coal_cycle
from tests.results.a_quarter import stored_result

TODAY = date(2026, 4, 10)
POLICY = "rules/coal_group/policy.yaml"
LINKED = "    unit_links: [{posts: [platform_keeper], to: unit, share: 40}]\n"
BY_COEFFICIENT = "    unit_links: [{all_posts: true, to: unit, coefficient: true}]\n"
FARM = ("farm_company-farm_revenue", "farm_company-information_flow", "farm_company-contractor_guidance")
KEEPER = ("platform_keeper-platform_management", "platform_keeper-shipping_management", "platform_keeper-loading_management")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with clock.at(TODAY):
        yield


def rules(links: str = LINKED) -> dict[str, str]:
    """The coal group's policy, which links nobody to a unit, with links."""
    texts = dict(make.checked("coal_group").files)
    at = "    improvement_plan: "
    assert texts[POLICY].count(at) == 1
    texts[POLICY] = texts[POLICY].replace(at, links + at)
    return texts


class Farm:
    """The farm company with its manager, its keeper, a contractor, and the general manager above them, in a quarter."""

    def __init__(self, session: Session, links: str = LINKED) -> None:
        self.session = session
        self.top = make.a_unit(session, "集团公司")
        self.farm = make.a_unit(session, "农贸公司", parent=self.top)
        self.site = make.a_unit(session, "承包一队", parent=self.farm)
        self.boss = make.an_employee(session, "韩总经理")
        self.manager = a_holder(session, "farm_company", "农贸公司经理", unit=self.farm, under=self.boss)
        make.a_unit_head(session, self.farm, self.manager)
        self.keeper = a_holder(session, "platform_keeper", "站台管理员", unit=self.farm, under=self.manager)
        self.contractor = a_holder(session, "contractor", "承包队代表", unit=self.site, under=self.manager)
        self.before_opening()
        with clock.at(date(2026, 1, 5)):
            self.cycle = an_open_coal_cycle(session, assessor=self.manager, files=rules(links))
        self.policy = cycles.policy_of(session, self.cycle)

    def before_opening(self) -> None:
        """Whatever else there is."""

    def holding(self, employee: Employee) -> PostHolding:
        return self.session.exec(select(PostHolding).where(PostHolding.employee_id == employee.id)).one()

    def handed_over(self, employee: Employee, successor: Employee, from_on: date) -> None:
        """Somebody's post, to the day before, and from then on another's."""
        holding = self.holding(employee)
        holding.to_on = from_on - timedelta(days=1)
        self.session.add(PostHolding(employee_id=successor.id, post_id=holding.post_id, from_on=from_on))
        self.session.flush()

    def appraisal(self, employee: Employee) -> Appraisal:
        return cycles.appraisal_of(self.session, self.cycle, employee)

    def scored(self, employee: Employee, rating: str, incident: str | None = None) -> Result:
        """A result of the person's sheets in which every goal was rated so and every figure was on target."""
        appraisal = self.appraisal(employee)
        rows = cycles.sheets_of(self.session, [appraisal.id])[appraisal.id]
        sheets = [CoreSheet(self._case(sheet, rating, incident), sheet.weighs, sheet.policy_post) for sheet in rows]
        seq = len(queries.layers_of(self.session, appraisal.id)) + 1
        return stored_result(self.session, appraisal, sheets, appraise_sheets(self.policy, sheets), seq=seq)

    def approved(self, employee: Employee, rating: str, incident: str | None = None) -> Result:
        result = self.scored(employee, rating, incident)
        by = make.an_account(self.session, "approver", employee=make.an_employee(self.session, "审批人"))
        named = {"approver_id": by.employee_id, "account_id": by.id}
        self.session.add(Publication(result_id=result.id, published_at=clock.now()))
        put_in_force(self.session, result, **named, approved_at=clock.now())
        self.session.flush()
        return result

    def _case(self, sheet: Sheet, rating: str, incident: str | None) -> Case:
        groups = self.policy.posts[sheet.policy_post].post.groups
        goals = [(group.weight, row.id) for group in groups for row in group.items[:1] if group.kind == "gs"]
        figures = [
            (group.weight, row.id) for group in groups for row in group.items[-4:-3] or group.items if group.kind == "kpi"
        ]
        items = [Item(row, "gs", weight, rating=D(rating)) for weight, row in goals]
        items += [Item(row, "kpi", weight, target=D(100), actual=D(100)) for weight, row in figures]
        return Case(
            on=sheet.to_on,
            period=Period.parse(self.cycle.period),
            post=sheet.policy_post,
            items=tuple(items),
            incidents=(Incident(incident),) if incident else (),
        )

    def unit(self) -> tuple[D, D | None] | None:
        """What counts of the farm company."""
        found = unit_results.counting(self.session, self.cycle.id).get(self.farm.id)
        return None if found is None else (found.score, found.coefficient)

    def part_of(self, employee: Employee) -> object:
        """What somebody's result takes in of their unit."""
        appraisal = self.appraisal(employee)
        sheets = cycles.sheets_of(self.session, [appraisal.id])
        return gather_parts(self.session, [appraisal], self.cycle, self.policy, sheets)[appraisal.id]


@pytest.fixture
def farm(session: Session) -> Farm:
    return Farm(session)


def refusal(kind: type[AppraisalError], call, *args, **more) -> str:
    with pytest.raises(kind) as refused:
        call(*args, **more)
    return refused.value.code


# Whose sheet it is


def test_a_sheet_is_the_persons_the_units_or_the_contractors_as_the_policy_says(session: Session, farm: Farm):
    kinds = {who.name: _sheet(farm, who).subject for who in (farm.manager, farm.keeper, farm.contractor)}
    assert kinds == {"农贸公司经理": "unit", "站台管理员": "person", "承包队代表": "external"}


def test_the_case_of_a_unit_names_the_unit_and_who_answers_for_it(session: Session, farm: Farm):
    told = tell_case(session, make.hr(session), farm.appraisal(farm.manager).id)["sheets"][0]["subject"]
    assert (told["kind"], told["name"].zh, told["responsible"]["name"]) == ("unit", "农贸公司", "农贸公司经理")
    own = tell_case(session, make.hr(session), farm.appraisal(farm.keeper).id)["sheets"][0]["subject"]
    assert (own["kind"], own["name"].zh, own["responsible"]) == ("person", "站台管理员", None)


def _sheet(farm: Farm, employee: Employee) -> Sheet:
    (only,) = cycles.sheets_of(farm.session, [farm.appraisal(employee).id])[farm.appraisal(employee).id]
    return only


# The unit's result (D-02)


def test_once_its_sheet_is_approved_the_unit_has_a_result_that_nobody_has_entered(session: Session, farm: Farm):
    assert farm.unit() is None
    farm.scored(farm.manager, "70")
    assert farm.unit() is None
    assert farm.approved(farm.manager, "90").score == D(84)
    assert farm.unit() == (D(84), D("1"))


def test_a_result_of_that_unit_is_not_entered_by_hand(session: Session, farm: Farm):
    figures = Figures(D(70), None, "经营会纪要")
    enter = unit_results.record_unit_result
    assert refusal(Conflict, enter, session, make.hr(session), farm.cycle.id, farm.farm.id, figures) == "own_sheet"
    assert enter(session, make.hr(session), farm.cycle.id, farm.top.id, figures).unit_id == farm.top.id


def test_the_people_linked_wait_for_the_sheet_and_then_take_in_what_was_approved(session: Session, farm: Farm):
    waiting = farm.part_of(farm.keeper)
    assert isinstance(waiting, ScoringError)
    assert waiting.message.zh == "部门「农贸公司」考核表的结果尚未批准: 请先完成该部门的考核和审批"
    farm.approved(farm.manager, "90")
    (part,) = farm.part_of(farm.keeper)
    assert (part.kind, part.score, part.source) == ("unit", D(84), "农贸公司")
    assert farm.part_of(farm.manager) == []


def test_a_linked_person_is_computed_with_the_units_result_and_anew_when_it_changes(session: Session, farm: Farm):
    keeper = a_quarter(session, farm.keeper, cycle=farm.cycle)
    sign(keeper, tuple(ItemDraft(row, "gs", D(weight)) for row, weight in zip(KEEPER, (30, 50, 20), strict=True)))
    with clock.at(date(2026, 4, 8)):
        review(keeper, *((keeper.sheet, row, "80") for row in KEEPER))
    farm.approved(farm.manager, "90")
    # 80 × 60 % + 84 × 40 %
    assert results.compute_result(session, keeper.hr, keeper.appraisal.id).score == D("81.6")
    with clock.at(date(2026, 4, 13)):
        assert not is_stale(farm, farm.keeper)
        farm.approved(farm.manager, "40")
        assert is_stale(farm, farm.keeper)
        assert results.compute_result(session, keeper.hr, keeper.appraisal.id).score == D("73.6")


def is_stale(farm: Farm, employee: Employee) -> bool:
    return employee.id in {one.employee_id for one, _ in queries.stale_results(farm.session, farm.cycle)}


def test_a_veto_on_the_units_sheet_is_the_units_zero(session: Session, farm: Farm):
    veto = next(rule.event for rule in farm.policy.vetoes.rules if rule.id == "veto_farm_company")
    assert farm.approved(farm.manager, "90", incident=veto).score == 0
    assert farm.unit() == (D(0), D(0))


def test_of_two_heads_in_one_period_the_unit_has_the_mean_by_their_days(session: Session):
    class Changed(Farm):
        def before_opening(self) -> None:
            self.second = make.an_employee(self.session, "新经理", supervisor=self.boss)
            self.handed_over(self.manager, self.second, from_on=date(2026, 3, 2))

    farm = Changed(session)
    farm.approved(farm.manager, "90")
    assert farm.unit() is None
    farm.approved(farm.second, "60")
    # 60 days of 84 and 30 of 72
    assert farm.unit() == (D(80), D(1))


def test_of_a_head_with_another_post_the_units_sheet_alone_is_the_units(session: Session):
    class Concurrent(Farm):
        def before_opening(self) -> None:
            post = make.a_post(self.session, "platform_keeper", unit=self.top, title="站台管理员")
            self.holding(self.manager).share = D(60)
            self.session.flush()
            given = {"from_on": date(2026, 1, 1), "share": D(40), "beside": True}
            people.assign_post(self.session, make.hr(self.session), self.manager, post, **given)

    farm = Concurrent(session, links="")
    # 84 × 60 % + 90 × 40 %
    assert farm.approved(farm.manager, "90").score == D("86.4")
    assert farm.unit() == (D(84), D(1))


def test_the_units_sheet_is_tied_to_no_unit_and_a_coefficient_follows_from_its_grade(session: Session):
    farm = Farm(session, links=BY_COEFFICIENT)
    farm.approved(farm.manager, "50")
    assert farm.unit() == (D(68), D("0.5"))
    assert (farm.part_of(farm.manager), farm.part_of(farm.contractor)) == ([], [])
    (part,) = farm.part_of(farm.keeper)
    assert part.coefficient == D("0.5")


# Who judges it (R-003-44, D-05)


def test_the_head_of_the_unit_is_replaced_by_their_own_superior(session: Session):
    class Deputy(Farm):
        """The sheet is held by a deputy, whose supervisor heads the farm company."""

        def before_opening(self) -> None:
            self.head = self.manager
            self.manager = make.an_employee(self.session, "农贸公司副经理", supervisor=self.head)
            self.handed_over(self.head, self.manager, from_on=date(2026, 1, 1))

    farm = Deputy(session)
    appraisal = farm.appraisal(farm.manager)
    assert cycles.supervisors_of(session, farm.cycle)[appraisal.id].id == farm.boss.id
    given = session.exec(select(Reassignment).where(Reassignment.appraisal_id == appraisal.id)).one()
    assert given.reason == "上级兼任部门负责人, 由上级之上级考核 (R-003-44)"
    assert cycles.supervisors_of(session, farm.cycle)[farm.appraisal(farm.keeper).id].id == farm.head.id


def test_who_is_above_the_head_anyway_stays_and_nobody_is_given_anything(session: Session, farm: Farm):
    assert cycles.supervisors_of(session, farm.cycle)[farm.appraisal(farm.manager).id].id == farm.boss.id
    assert session.exec(select(Reassignment)).all() == []


def test_nobody_judges_a_sheet_on_which_their_own_result_depends(session: Session, farm: Farm):
    dependents = subjects.dependents_in(session, farm.cycle).of(farm.appraisal(farm.manager).id)
    assert dependents == {farm.manager.id, farm.keeper.id}
    appraisal_id = farm.appraisal(farm.manager).id
    judge = subjects.require_independent
    assert refusal(NotAllowed, judge, session, acting(session, farm.keeper), farm.cycle, appraisal_id) == "own_result"
    judge(session, acting(session, farm.boss), farm.cycle, appraisal_id)
    judge(session, acting(session, farm.manager), farm.cycle, farm.appraisal(farm.keeper).id)


def test_an_agreement_on_a_units_sheet_names_no_assessor_who_depends_on_it(session: Session, farm: Farm):
    sheet, hr = _sheet(farm, farm.manager), make.hr(session)
    agreement = agreements.draft_agreement(session, hr, sheet.id)
    revenue, information, guidance = FARM

    def items(assessor: Employee) -> list[ItemDraft]:
        return [
            ItemDraft(revenue, "kpi", D(60), target=D(100)),
            ItemDraft(information, "gs", D(10), assessor_id=assessor.id),
            ItemDraft(guidance, "gs", D(30)),
        ]

    assert refusal(AppraisalError, agreements.set_items, session, hr, agreement.id, items(farm.keeper)) == "own_assessor"
    assert agreements.set_items(session, hr, agreement.id, items(farm.boss)) is not None


def test_whoever_stands_in_for_the_superior_judges_only_what_they_do_not_depend_on(session: Session, farm: Farm):
    make.a_delegation(session, farm.boss, farm.keeper, date(2026, 4, 1), date(2026, 4, 30))
    appraisal = farm.appraisal(farm.manager)
    appraisal.step = "supervisor_review"
    session.flush()
    hand_in = reviews.submit_supervisor_review
    assert refusal(NotAllowed, hand_in, session, acting(session, farm.keeper), appraisal.id, comment="好") == "own_result"


def test_hr_cannot_give_it_to_somebody_who_depends_on_it(session: Session, farm: Farm):
    given = {"supervisor_id": farm.keeper.id, "reason": "出差", "appraisal_ids": [farm.appraisal(farm.manager).id]}
    assert [one.code for one in reassign(session, make.hr(session), farm.cycle, **given)] == ["depends_on_it"]


# Contractors


def test_a_contractor_stands_in_the_settlement_list_and_in_no_release(session: Session, farm: Farm):
    farm.approved(farm.manager, "90")
    farm.scored(farm.contractor, "80")
    before = settlements.settlements(session, farm.cycle)
    assert [(one.representative, one.state, one.score) for one in before] == [("承包队代表", "waiting", None)]
    assert payroll.waiting(session, farm.cycle) == [farm.keeper.number]
    result = farm.approved(farm.contractor, "80")
    (line,) = settlements.settlements(session, farm.cycle)
    assert (line.unit_name, line.state, line.score, line.grade) == ("承包一队", "approved", result.score, result.grade)
    release = releases.prepare_release(session, make.hr(session), farm.cycle.id)
    held = payroll.lines_of(session, release.id)
    assert [one.employee_name for one in held] == ["农贸公司经理"]
    assert (release.totals["lines"], release.totals["rated"]) == (1, 1)


def test_a_contractor_shares_no_limit_of_grades_with_the_company(session: Session, farm: Farm):
    meeting = calibration.Calibration(cycle_id=farm.cycle.id, name="校准", opened_at=clock.now())
    members = populations.members_of(session, meeting, farm.cycle)
    assert {one.name for one in members} == {"农贸公司经理", "站台管理员"}


def test_a_clerk_enters_for_the_representative_who_has_no_account(session: Session, farm: Farm):
    clerk = make.a_clerk(session, farm.site)
    paper = files.keep(session, clerk, name="自评.pdf", content=b"%PDF-1.7 x", media_type="application/pdf")
    acts = clerks.act_for(session, clerk, farm.contractor.number, scan=str(paper.id))
    appraisal = farm.appraisal(farm.contractor)
    cycle_service.record_exception(session, make.hr(session), appraisal.id, reason="承包合同另签")
    appraisal.step = "self_assessment"
    session.flush()
    entry = reviews.submit_self_assessment(session, acts, appraisal.id, statement="按合同完成。")
    assert (entry.author_id, appraisal.step) == (farm.contractor.id, "supervisor_review")


def test_a_representative_who_holds_a_post_of_the_company_keeps_the_quarter_from_opening(session: Session):
    class Mixed(Farm):
        def before_opening(self) -> None:
            make.an_account(self.session, "employee", employee=self.contractor)
            post = make.a_post(self.session, "platform_keeper", unit=self.farm)
            people.assign_post(self.session, make.hr(self.session), self.contractor, post, from_on=date(2026, 2, 1))

    with pytest.raises(AppraisalError) as refused:
        Mixed(session)
    assert "既代表承包单位, 又任本公司岗位" in refused.value.message.zh


def test_a_representative_with_an_account_is_told_of(session: Session, farm: Farm):
    assert "external_with_account" not in {one.kind for one in preflight(session, farm.cycle).findings}
    make.an_account(session, "employee", employee=farm.contractor)
    assert "external_with_account" in {one.kind for one in preflight(session, farm.cycle).findings}


def test_the_settlement_list_over_http(engine: Engine, tmp_path: Path):
    with db.transaction(engine, write=True) as session:
        farm = Farm(session)
        farm.approved(farm.contractor, "80")
        payer, nobody = make.an_account(session, "payroll"), make.an_account(session, "approver")
        cycle_id, number = farm.cycle.id, farm.contractor.number
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    got = Caller(site, payer).get("/payroll/settlements", cycle_id=cycle_id)
    assert (got.status, [(one["representative_no"], one["state"], one["score"]) for one in got.json["items"]]) == (
        200,
        [(number, "approved", "80")],
    )
    table = Caller(site, payer).get("/payroll/settlements/file.csv", cycle_id=cycle_id).data.decode()
    assert table.splitlines()[0].startswith("cycle,period,unit,unit_name,representative_no")
    assert f"{number},承包队代表,approved" in table
    assert Caller(site, nobody).get("/payroll/settlements", cycle_id=cycle_id).status == 403
