"""The use of results: lists that results have stored, in their order; training needs from the weakest items; no conclusions."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.core.appraise import appraise_sheets
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.development.models import TrainingNeed
from appraisal.errors import Invalid, NotAllowed, NotFound
from appraisal.people.models import Account, Employee
from appraisal.results import adjusting, queries, uses
from appraisal.results.approving import put_in_force
from appraisal.results.cases import sheets_from_json
from appraisal.results.gathering import gather_histories
from appraisal.results.models import Result
from appraisal.results.past_grades import import_past_grade
from tests import factories
from tests.caller import Caller, a_service
from tests.results.a_quarter import a_result, stored_result

TODAY = date(2027, 2, 1)
# Revenue of 1000 to 1250 counts 60 %, satisfaction of 90 to 95 counts 40 %; the target gives 80, the challenge 100.
BEST, GOOD, FAIR, POOR = ("1250", "95"), ("1100", "95"), ("1000", "90"), ("400", "90")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with clock.at(TODAY):
        yield


class Year:
    """An annual cycle in which everybody named has an approved result."""

    def __init__(self, session: Session, **actuals: tuple[str, str]) -> None:
        self.session = session
        self.unit = factories.a_unit(session, "销售部")
        head = factories.an_employee(session, "李主管")
        post = factories.a_post(session, unit=self.unit)
        self.people = {name: factories.an_employee(session, name, post=post, supervisor=head) for name in actuals}
        self.cycle: Cycle = factories.an_open_cycle(session, period="2026")
        boss = factories.an_employee(session, "韩总")
        self.approver = factories.an_actor(session, "approver", employee=boss)
        self.hr = factories.hr(session)
        for name, figures in actuals.items():
            self.result(name, figures)

    def result(self, name: str, figures: tuple[str, str], *, approved: bool = True, seq: int = 1) -> Result:
        appraisal = cycles.appraisal_of(self.session, self.cycle, self.people[name])
        by = (self.approver.employee_id, self.approver.account_id) if approved else None
        return a_result(self.session, appraisal, figures, seq=seq, published=True, approved_by=by)

    def rescored(self, name: str) -> None:
        """The same case with the grades before it, as computing it would find them, approved."""
        appraisal = cycles.appraisal_of(self.session, self.cycle, self.people[name])
        history = gather_histories(self.session, [appraisal.employee_id], self.cycle)[appraisal.employee_id]
        before = queries.standing(self.session, appraisal.id).result
        sheets = [replace(one, case=replace(one.case, history=history)) for one in sheets_from_json(before.sheets)]
        outcome = appraise_sheets(cycles.policy_of(self.session, self.cycle), sheets)
        self.approve(stored_result(self.session, appraisal, sheets, outcome, seq=2))

    def approve(self, result: Result) -> None:
        by = {"approver_id": self.approver.employee_id, "account_id": self.approver.account_id}
        put_in_force(self.session, result, approved_at=clock.now(), **by)
        self.session.flush()

    def appraisal_id(self, name: str) -> int:
        return cycles.appraisal_of(self.session, self.cycle, self.people[name]).id

    def listed(self, outcome: str, actor: Actor | None = None) -> list[dict]:
        _, _, found = uses.list_of(self.session, actor or self.hr, self.cycle.id, outcome)
        rows = self.session.execute(found.order_by(found.selected_columns.position)).all()
        return uses.rows_of(self.session, outcome, rows)

    def names(self, outcome: str, actor: Actor | None = None) -> list[str]:
        return [row["employee"]["name"] for row in self.listed(outcome, actor)]


@pytest.fixture
def year(session: Session) -> Year:
    return Year(session, 周=FAIR, 吴=BEST, 郑=GOOD, 王=POOR, 陈=GOOD)


def test_pay_raises_are_an_order_of_scores_in_which_equals_share_a_place(year: Year):
    rows = year.listed("pay_raise_priority")
    assert [(row["place"], row["employee"]["name"], row["score"]) for row in rows] == [
        (1, "吴", D(100)),
        (2, "郑", D("92.8")),  # 88 × 60 % + 100 × 40 %
        (2, "陈", D("92.8")),
    ]
    assert all("multiplier" not in row and "amount" not in row for row in rows)


def test_the_other_lists_go_by_number_and_have_no_places(year: Year):
    assert year.names("promotion_preference") == year.names("talent_pool") == ["吴", "郑", "陈"]
    assert year.names("honours") == ["吴"]
    assert {row["place"] for row in year.listed("talent_pool")} == {None}


def test_training_is_for_a_low_grade_or_an_item_below_sixty(year: Year):
    # Revenue of 400 gives 32: 32 × 60 % + 80 × 40 % = 51.2.
    assert [(row["employee"]["name"], row["grade"], row["score"]) for row in year.listed("training")] == [
        ("王", "D", D("51.2"))
    ]


def test_two_low_grades_in_a_row_are_listed_for_people_to_decide_and_one_is_not(session: Session, year: Year):
    assert year.names("consecutive_low_grade") == []
    for name in ("王", "周"):
        import_past_grade(session, year.hr, year.people[name].id, period="2025", grade="D", source_document="2025 档案")
        year.rescored(name)
    assert year.names("consecutive_low_grade") == ["王"]
    _, rule, _ = uses.list_of(session, year.hr, year.cycle.id, "consecutive_low_grade")
    assert "胜任" not in rule.name.zh and "incompetent" not in rule.name.en


def test_only_what_stands_approved_is_listed(session: Session, year: Year):
    year.result("周", BEST, approved=False, seq=2)
    assert year.names("honours") == ["吴"]
    year.result("吴", FAIR, seq=2)
    assert year.names("honours") == []
    appraisal = cycles.appraisal_of(session, year.cycle, year.people["郑"])
    appraisal.rated, appraisal.not_rated_reason = False, "产假"
    session.flush()
    assert year.names("talent_pool") == ["陈"]


def test_a_grade_that_was_set_decides_the_lists(session: Session, year: Year):
    appraisal = cycles.appraisal_of(session, year.cycle, year.people["周"])
    before = queries.standing(session, appraisal.id)
    policy = cycles.policy_of(session, year.cycle)
    set_to = adjusting.regrade(session, year.hr, appraisal, policy, before, layer="appealed", grade="S", reason="数据有误")
    assert year.names("honours") == ["吴"]
    year.approve(set_to)
    assert year.names("honours") == ["周", "吴"]


def test_lists_are_for_hr_approvers_and_auditors_each_of_whom_they_see(session: Session, year: Year):
    assert year.names("honours", factories.an_actor(session, "auditor")) == ["吴"]
    for role in ("employee", "payroll", "data_provider", "admin"):
        with pytest.raises(NotAllowed):
            year.names("honours", factories.an_actor(session, role))
    elsewhere = factories.an_actor(session, "hr", unit=factories.a_unit(session, "采购部"))
    here = factories.an_actor(session, "hr", unit=year.unit)
    assert (year.names("honours", elsewhere), year.names("honours", here)) == ([], ["吴"])


def test_who_keeps_the_list_is_on_it_too(session: Session, year: Year):
    assert year.names("honours", factories.an_actor(session, "hr", employee=year.people["吴"])) == ["吴"]


def test_an_unknown_outcome_or_cycle_has_no_list(session: Session, year: Year):
    with pytest.raises(Invalid) as refused:
        year.names("dismissal")
    assert refused.value.code == "unknown_outcome" and "honours" in refused.value.message.en
    draft = factories.a_cycle(session, period="2027")
    with pytest.raises(NotFound):
        uses.list_of(session, year.hr, draft.id, "honours")


def test_a_name_that_is_part_of_another_is_not_taken_for_it(session: Session, year: Year):
    found = session.exec(select(Result).where(Result.appraisal_id == year.appraisal_id("周"))).one()
    found.outcome = found.outcome | {"outcomes": ["honours_2", "xhonours"]}
    session.flush()
    assert year.names("honours") == ["吴"]


# Training needs


def needs_of(session: Session, employee: Employee) -> list[TrainingNeed]:
    found = select(TrainingNeed).where(TrainingNeed.employee_id == employee.id).order_by(TrainingNeed.id)
    return list(session.exec(found))


def test_the_weakest_item_of_everybody_on_the_list_becomes_a_need_once(session: Session, year: Year):
    noted = uses.note_training_needs(session, year.hr, year.cycle.id)
    assert (noted.people, noted.needs, noted.without) == (1, 1, ())
    (need,) = needs_of(session, year.people["王"])
    assert (need.item, need.appraisal_id, need.status) == ("revenue", year.appraisal_id("王"), "open")
    assert "得分 32" in need.need and "胜任" not in need.need
    again = uses.note_training_needs(session, year.hr, year.cycle.id)
    assert (again.people, again.needs) == (0, 0)


def test_needs_of_people_named_are_their_weakest_items_or_all_below_a_score(session: Session, year: Year):
    fair, poor = year.appraisal_id("周"), year.appraisal_id("王")
    noted = uses.note_training_needs(session, year.hr, year.cycle.id, appraisal_ids=[fair])
    assert noted.needs == 2  # both items gave 80
    noted = uses.note_training_needs(session, year.hr, year.cycle.id, appraisal_ids=[poor], below=D(80))
    assert [need.item for need in needs_of(session, year.people["王"])] == ["revenue"] and noted.needs == 1
    noted = uses.note_training_needs(session, year.hr, year.cycle.id, appraisal_ids=[poor], below=D("80.0001"))
    assert [need.item for need in needs_of(session, year.people["王"])] == ["revenue", "customer_satisfaction"]


def test_an_appraisal_without_an_approved_result_is_named(session: Session, year: Year):
    noted = uses.note_training_needs(session, year.hr, year.cycle.id, appraisal_ids=[year.appraisal_id("周"), 2**31 - 1])
    assert noted.without == (2**31 - 1,)


@pytest.mark.parametrize("role", ["approver", "auditor", "payroll", "employee"])
def test_only_hr_notes_needs_in_bulk(session: Session, year: Year, role: str):
    with pytest.raises(NotAllowed):
        uses.note_training_needs(session, factories.an_actor(session, role), year.cycle.id)


def test_nobody_notes_their_own_needs_nor_those_of_units_elsewhere(session: Session, year: Year):
    own = factories.an_actor(session, "hr", employee=year.people["王"])
    elsewhere = factories.an_actor(session, "hr", unit=factories.a_unit(session, "采购部"))
    for actor in (own, elsewhere):
        noted = uses.note_training_needs(session, actor, year.cycle.id, appraisal_ids=[year.appraisal_id("王")])
        assert (noted.needs, noted.without) == (0, (year.appraisal_id("王"),))


def test_the_lists_over_http_page_by_page_and_as_a_table(engine: Engine, tmp_path: Path):
    with db.transaction(engine, write=True) as session:
        year = Year(session, 周=BEST, 吴=GOOD, 郑=GOOD, 王=POOR)
        year.people["吴"].name = "=cmd()"
        accounts = {"hr": session.get_one(Account, year.hr.account_id), "payroll": factories.an_account(session, "payroll")}
        numbers = [one.number for one in year.people.values()]
        asked = {"cycle_id": year.cycle.id, "outcome": "pay_raise_priority"}
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    hr, payroll = (Caller(site, accounts[name]) for name in ("hr", "payroll"))
    first = hr.get("/results/lists", **asked, limit=2).json
    assert (first["total"], [row["employee"]["number"] for row in first["items"]]) == (3, numbers[:2])
    last = hr.get("/results/lists", **asked, limit=2, cursor=first["next"]).json
    assert ([row["place"] for row in last["items"]], last["next"]) == ([2], None)
    table = hr.get("/results/lists/file.csv", **asked)
    rows = list(csv.reader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert rows[0][:3] == ["次序", "工号", "姓名"]
    assert [row[:3] for row in rows[1:3]] == [["1", numbers[0], "周"], ["2", numbers[1], "'=cmd()"]]
    assert rows[1][3:] == ["销售部", "业务员", "100", "S", "2026-04-10"]
    assert (payroll.get("/results/lists", **asked).status, payroll.get("/results/lists/file.csv", **asked).status) == (403, 403)
    assert hr.get("/results/lists", cycle_id=asked["cycle_id"]).status == 422
    assert hr.get("/results/lists", cycle_id=asked["cycle_id"], outcome="dismissal").json["code"] == "unknown_outcome"
    noted = hr.post("/results/training-needs", {"cycle_id": asked["cycle_id"]})
    assert (noted.status, noted.json) == (201, {"people": 1, "needs": 1, "without": []})
    assert payroll.post("/results/training-needs", {"cycle_id": asked["cycle_id"]}).status == 403
