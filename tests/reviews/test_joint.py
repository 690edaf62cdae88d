"""Goals that several rate together: each for themselves, the mean by shares once all have, rounded when it is scored (G-53)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements import service as drafting
from appraisal.agreements.drafts import Finding, ItemDraft, Joint
from appraisal.cycles import rulings
from appraisal.cycles import service as cycle_service
from appraisal.cycles.rulings import Ruling
from appraisal.errors import AppraisalError, Invalid
from appraisal.measures import service as measures
from appraisal.people.models import Employee
from appraisal.results import service as results
from appraisal.results import told
from appraisal.results.cases import sheets_from_json
from appraisal.reviews import queries, service
from appraisal.reviews.queries import GoalRating
from appraisal.reviews.scope import under_review
from tests import factories as make
from tests.agreements.samples import REVIEW_DAY, Quarter, a_quarter, acting, record
from tests.cycles.coal import a_coal_cycle, a_holder, an_open_coal_cycle, settle

TRAININGS = "technician-technical_trainings"
SOLVING, ACCIDENTS = "technician-technical_problem_solving", "technician-process_accident_handling"


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


class Technician:
    """A technician whose two goals the technical deputy and the head of the plant assess, at the supervisor's review."""

    def __init__(self, session: Session, *, shares: tuple[str | None, str | None] = (None, None), own: bool = False) -> None:
        self.session = session
        boss = make.an_employee(session, "分公司经理")
        self.deputy = make.an_employee(session, "技术副经理", supervisor=boss)
        self.plant_head = boss if own else make.an_employee(session, "队长", supervisor=boss)
        technician = a_holder(session, "technician", "技术员", under=boss)
        with clock.at(date(2026, 1, 5)):
            cycle = an_open_coal_cycle(session)
        self.quarter: Quarter = a_quarter(session, technician, cycle=cycle)
        named = tuple(
            Joint(who.id, None if share is None else D(share))
            for who, share in zip((self.deputy, self.plant_head), shares, strict=True)
        )
        self.items = [
            ItemDraft(TRAININGS, "kpi", D(40), target=D(10)),
            ItemDraft(SOLVING, "gs", D(30), assessors=named),
            ItemDraft(ACCIDENTS, "gs", D(30), assessors=named),
        ]

    def draft(self) -> tuple[int, tuple[Finding, ...]]:
        agreement = drafting.draft_agreement(self.session, self.quarter.supervisor, self.quarter.sheet.id)
        found = drafting.set_items(self.session, self.quarter.supervisor, agreement.id, self.items)
        return agreement.id, found

    def under_review(self) -> "Technician":
        agreement_id, _ = self.draft()
        agreed = agreements.agreed(self.session, [self.quarter.sheet.id])[self.quarter.sheet.id].agreement
        for side in (self.quarter.own, self.quarter.supervisor):
            drafting.sign_agreement(self.session, side, agreement_id, agreed.content_hash)
        record(self.quarter, {TRAININGS: "10"})
        measures.complete_data(self.session, self.quarter.provider, self.appraisal_id)
        said = {"statement": "完成了技术攻关", "ratings": self.rated("88")}
        service.submit_self_assessment(self.session, self.quarter.own, self.appraisal_id, **said)
        return self

    @property
    def appraisal_id(self) -> int:
        return self.quarter.appraisal.id

    def rated(self, rating: str, *items: str) -> list[GoalRating]:
        return [GoalRating(self.quarter.sheet.id, item, D(rating)) for item in items or (SOLVING, ACCIDENTS)]

    def rate(self, who: Employee, rating: str, *items: str) -> None:
        given = {"comment": f"{who.name}的评语", "ratings": self.rated(rating, *items)}
        service.rate_goals(self.session, acting(self.session, who), self.appraisal_id, **given)

    def hand_in(self, *ratings: GoalRating) -> None:
        service.submit_supervisor_review(
            self.session, self.quarter.supervisor, self.appraisal_id, comment="认真", ratings=ratings
        )

    def seen_by(self, actor: Actor, item: str = SOLVING) -> tuple[D | None, list[D | None]]:
        """The rating that counts and what each of both gave, as far as somebody sees it."""
        case = told.tell_case(self.session, actor, self.appraisal_id)
        (shown,) = (one for one in case["sheets"][0]["items"] if one["item"] == item)
        rating = shown["rating"] and shown["rating"]["rating"]
        return rating, [one["given"] and one["given"]["rating"] for one in shown["assessors"]]


def code(call, *args, **more) -> str:
    with pytest.raises(AppraisalError) as refused:
        call(*args, **more)
    return refused.value.code


# The mean


def test_80_by_50_and_90_by_50_is_85_and_the_result_tells_both_with_their_shares(session: Session):
    case = Technician(session).under_review()
    case.rate(case.deputy, "80")
    case.rate(case.plant_head, "90")
    case.hand_in()
    result = results.compute_result(session, case.quarter.hr, case.appraisal_id)
    scores = {one["id"]: one["score"] for one in result.outcome["items"]}
    assert (scores[SOLVING], scores[ACCIDENTS]) == ("85", "85")
    lines = [line for line in result.outcome["lines"] if "2 人共同评定" in line["zh"]]
    assert len(lines) == 2
    assert all("80 × 50% + 90 × 50%" in line["zh"] and "80 × 50% + 90 × 50%" in line["en"] for line in lines)
    (sheet,) = sheets_from_json(result.sheets)
    assert [(one.share, one.rating) for one in sheet.case.items[1].judged] == [(D(50), D(80)), (D(50), D(90))]


@pytest.mark.parametrize(
    ("shares", "ratings", "score"),
    [
        (("70", "30"), ("80", "90"), "83"),
        (("33.33", "66.67"), ("80", "90"), "86.667"),
        # 80.00005: rounded once, half-up
        (("50", "50"), ("80.0001", "80"), "80.0001"),
        # 80.00004999
        (("49.99", "50.01"), ("80.0001", "80"), "80"),
    ],
)
def test_the_mean_by_shares_is_rounded_once(session: Session, shares: tuple[str, str], ratings: tuple[str, str], score: str):
    case = Technician(session, shares=shares).under_review()
    case.rate(case.deputy, ratings[0])
    case.rate(case.plant_head, ratings[1])
    case.hand_in()
    result = results.compute_result(session, case.quarter.hr, case.appraisal_id)
    assert result.outcome["items"][1]["score"] == score


# Each for themselves (D-06)


def test_each_has_a_task_of_their_own_until_they_have_rated(session: Session):
    case = Technician(session).under_review()

    def waits_for(who: Employee) -> int:
        return len(queries.goals_to_rate(session, who.id))

    assert (waits_for(case.deputy), waits_for(case.plant_head)) == (2, 2)
    case.rate(case.deputy, "80", SOLVING)
    assert (waits_for(case.deputy), waits_for(case.plant_head)) == (1, 2)


def test_the_step_waits_for_all_of_them(session: Session):
    case = Technician(session).under_review()
    assert code(case.hand_in) == "ratings_missing"
    case.rate(case.deputy, "80")
    case.rate(case.plant_head, "90", SOLVING)
    with pytest.raises(Invalid) as refused:
        case.hand_in()
    assert refused.value.message.en == f"these goals wait for their own assessors: {ACCIDENTS}"
    case.rate(case.plant_head, "90", ACCIDENTS)
    case.hand_in()


def test_the_supervisor_does_not_rate_what_others_rate_together(session: Session):
    case = Technician(session).under_review()
    case.rate(case.deputy, "80")
    case.rate(case.plant_head, "90")
    assert code(case.hand_in, *case.rated("85")) == "bad_ratings"


def test_nobody_sees_what_the_other_gave_before_both_have_rated(session: Session):
    case = Technician(session).under_review()
    deputy, plant_head = acting(session, case.deputy), acting(session, case.plant_head)
    case.rate(case.deputy, "80")
    assert case.seen_by(deputy) == (None, [D(80), None])
    assert case.seen_by(plant_head) == (None, [None, None])
    assert case.seen_by(case.quarter.hr) == (None, [D(80), None])
    case.rate(case.plant_head, "90")
    for reader in (deputy, plant_head, case.quarter.hr, case.quarter.supervisor):
        assert case.seen_by(reader) == (D(85), [D(80), D(90)])
    assert case.seen_by(case.quarter.own) == (None, [None, None])


def test_a_supervisor_who_is_one_of_them_rates_with_the_review_and_is_not_led_by_the_other(session: Session):
    case = Technician(session, own=True).under_review()
    assert code(case.hand_in, *case.rated("90")) == "ratings_missing"
    case.rate(case.deputy, "80")
    assert case.seen_by(case.quarter.supervisor) == (None, [None, None])
    entries = told.tell_case(session, case.quarter.supervisor, case.appraisal_id)["entries"]
    assert [one["kind"] for one in entries] == ["self_assessment"]
    case.hand_in(*case.rated("90"))
    assert case.seen_by(case.quarter.supervisor) == (D(85), [D(80), D(90)])
    entries = told.tell_case(session, case.quarter.supervisor, case.appraisal_id)["entries"]
    assert [one["kind"] for one in entries] == ["self_assessment", "goal_rating", "supervisor_review"]


def test_a_decision_afterwards_stands_alone(session: Session):
    case = Technician(session).under_review()
    case.rate(case.deputy, "80")
    case.rate(case.plant_head, "90")
    case.hand_in()
    found = under_review(session, case.quarter.approver, case.appraisal_id)
    service.record_decision(session, case.quarter.approver, found, reasons="复核", ratings=case.rated("70", SOLVING))
    counting = queries.ratings_that_count(session, [case.appraisal_id])
    assert [counting[case.quarter.sheet.id, item].rating for item in (SOLVING, ACCIDENTS)] == [D(70), D(85)]


# What is agreed upon


def test_shares_not_stated_are_those_of_the_sheet_and_stated_ones_are_signed(session: Session):
    case = Technician(session)
    agreement_id, _ = case.draft()
    drafts = agreements.drafts_of(session, agreement_id)
    assert [one.share for one in drafts[1].assessors] == [D(50), D(50)]
    before = agreements.agreed(session, [case.quarter.sheet.id])[case.quarter.sheet.id].agreement.content_hash
    case.items[1] = ItemDraft(SOLVING, "gs", D(30), assessors=(Joint(case.deputy.id, D(60)), Joint(case.plant_head.id, D(40))))
    drafting.set_items(session, case.quarter.supervisor, agreement_id, case.items)
    after = agreements.agreed(session, [case.quarter.sheet.id])[case.quarter.sheet.id].agreement.content_hash
    assert before != after


@pytest.mark.parametrize(
    ("shares", "words"),
    [(("50", "49.99"), "the shares total 99.99; they must total 100, each above 0"), (("100", "0"), "each above 0")],
)
def test_shares_total_100(session: Session, shares: tuple[str, str], words: str):
    with pytest.raises(Invalid) as refused:
        Technician(session, shares=shares).draft()
    assert words in refused.value.message.en


def test_several_are_two_or_more_different_persons_who_rate_a_goal(session: Session):
    case = Technician(session)
    twice = (Joint(case.deputy.id, D(50)), Joint(case.deputy.id, D(50)))
    for wrong in (
        ItemDraft(SOLVING, "gs", D(30), assessors=twice),
        ItemDraft(SOLVING, "gs", D(30), assessors=twice[:1]),
        ItemDraft(SOLVING, "gs", D(30), assessors=case.items[1].assessors, assessor_id=case.deputy.id),
    ):
        case.items[1] = wrong
        assert code(case.draft) == "agreement_errors"
        session.expire_all()
        drafting.withdraw_draft(session, case.quarter.hr, agreements.draft_on(session, case.quarter.sheet.id).id, "重新起草")


def test_nobody_is_one_of_those_who_assess_them(session: Session):
    case = Technician(session)
    own = (Joint(case.deputy.id, D(50)), Joint(case.quarter.employee.id, D(50)))
    case.items[1] = ItemDraft(SOLVING, "gs", D(30), assessors=own)
    assert code(case.draft) == "own_assessor"


def test_a_goal_that_the_sheet_has_assessed_together_and_nobody_is_named_for_is_told(session: Session):
    case = Technician(session)
    case.items[1] = ItemDraft(SOLVING, "gs", D(30))
    _, found = case.draft()
    (told_of,) = (one for one in found if one.code == "joint_assessors_missing")
    assert "分公司技术副经理 50%、队长 50% 共同考核" in told_of.zh


# What HR has ruled


def test_the_ruled_assessor_rates_where_the_agreement_names_nobody(session: Session):
    office = make.an_employee(session, "办公室主任")
    chef = a_holder(session, "chef", "厨师", under=make.an_employee(session, "后勤主管"))
    with clock.at(date(2026, 1, 5)):
        cycle = an_open_coal_cycle(session, assessor=office)
    quarter = a_quarter(session, chef, cycle=cycle)
    items = [
        ItemDraft("chef-diner_satisfaction", "kpi", D(50)),
        ItemDraft("chef-service_attitude", "gs", D(20)),
        ItemDraft("chef-hygiene", "gs", D(30), assessor_id=quarter.head.id),
    ]
    agreement = drafting.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
    drafting.set_items(session, quarter.supervisor, agreement.id, items)
    assert [one.assessor_id for one in agreements.drafts_of(session, agreement.id)] == [None, office.id, quarter.head.id]


def test_a_ruled_assessor_who_holds_the_sheet_leaves_it_to_their_superior(session: Session):
    chef = a_holder(session, "chef", "厨师", under=make.an_employee(session, "后勤主管"))
    with clock.at(date(2026, 1, 5)):
        cycle = a_coal_cycle(session)
        given = Ruling(("chef-service_attitude", "chef-hygiene"), assessor="厨师长", assessor_id=chef.id)
        rulings.rule_rows(session, make.hr(session), cycle, [given], reason="原文缺字")
        settle(session, cycle)
        cycle_service.open_cycle(session, make.hr(session), cycle)
    quarter = a_quarter(session, chef, cycle=cycle)
    items = [
        ItemDraft("chef-diner_satisfaction", "kpi", D(50)),
        ItemDraft("chef-service_attitude", "gs", D(20)),
        ItemDraft("chef-hygiene", "gs", D(30)),
    ]
    agreement = drafting.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
    drafting.set_items(session, quarter.supervisor, agreement.id, items)
    assert [one.assessor_id for one in agreements.drafts_of(session, agreement.id)] == [None, None, None]
