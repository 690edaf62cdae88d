"""The sample company's quarter, on both databases: what each special case comes to, and that every step is on record."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select

from appraisal import audit, db
from appraisal.audit import AuditRecord
from appraisal.config import PROJECT_ROOT
from appraisal.core.appraise import appraise_sheets
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.demo.company import people
from appraisal.demo.quarter import Quarter
from appraisal.payroll import content as payroll_content
from appraisal.payroll import queries as payroll_queries
from appraisal.payroll import service as payroll
from appraisal.policies import service as policies
from appraisal.results import queries as results
from appraisal.results.cases import sheets_from_json
from appraisal.results.models import Result


@dataclass(frozen=True)
class Ran:
    """The quarter after its last step, still in its transaction, with what the programme said on the way."""

    quarter: Quarter
    cycle: Cycle
    session: Session
    said: list[str]
    released: dict[str, Any]
    waiting: list[str]

    def result(self, number: str) -> Result:
        standing = results.standing(self.session, self.quarter.appraisal_id(number))
        assert standing is not None
        return standing.result


@pytest.fixture(scope="module")
def ran(module_database_url: str) -> Iterator[Ran]:
    checked = policies.check_folder(PROJECT_ROOT, "trading")
    target = db.make_engine(module_database_url)
    said: list[str] = []
    with db.transaction(target, write=True) as session:
        quarter = Quarter(session, said.append, {}, {})
        cycle = quarter.run(checked, policies.check_calendar_folder(PROJECT_ROOT))
        release = payroll.prepare_release(session, quarter.actors["T002"], cycle.id)
        payroll.release_pay(session, quarter.actors["T003"], release.id)
    with db.transaction(target, write=False) as session:
        quarter.session = session
        released = payroll.pull(session, quarter.actors["T003"], release.id)
        yield Ran(quarter, cycle, session, said, released, payroll_queries.waiting(session, cycle))
    target.dispose()


def test_the_company_has_at_least_thirty_people_over_the_five_profiles(ran: Ran) -> None:
    everybody = people()
    assert len(everybody) >= 30
    assert {person.sheet for person in everybody} >= {"sales", "purchasing", "documents_logistics", "functional"}
    profiles = set()
    for appraisal, _ in cycles.appraisals_of(ran.session, ran.cycle):
        profiles |= {sheet.policy_post for sheet in cycles.sheets_of(ran.session, [appraisal.id])[appraisal.id]}
    assert profiles == {"sales", "purchasing", "documents_logistics", "marketing", "functional"}


def test_a_confirmed_serious_violation_makes_a_d_that_keeps_the_computed_score(ran: Ran) -> None:
    result = ran.result("T012")
    assert (result.vetoed, result.grade, result.score, result.multiplier) == (True, "D", 0, 0)
    assert result.computed_score > 75


def test_a_credit_loss_zeroes_one_item_and_not_the_total(ran: Ran) -> None:
    result = ran.result("T016")
    zeroed = [item["id"] for item in result.outcome["items"] if item["zeroed_by"]]
    assert (result.vetoed, zeroed) == (False, ["collection_rate"])
    assert 0 < result.score < result.computed_score


def test_a_missing_figure_leaves_a_person_without_result_and_out_of_payroll(ran: Ran) -> None:
    assert results.standing(ran.session, ran.quarter.appraisal_id("T017")) is None
    assert ran.waiting == ["T017"]
    assert any("T017" in line and "gross_margin" in line for line in ran.said)


def test_a_score_of_exactly_eighty_five_is_an_a(ran: Ran) -> None:
    result = ran.result("T051")
    assert (result.score, result.grade) == (85, "A")


def test_a_transfer_in_mid_quarter_combines_two_sheets_by_their_days(ran: Ran) -> None:
    result = ran.result("T053")
    shares = [(sheet["case"]["post"], sheet["share"]) for sheet in result.sheets]
    assert [post for post, _ in shares] == ["sales", "marketing"]
    january_to_1_march, rest_of_march = (Decimal(share) for _, share in shares)
    assert january_to_1_march / rest_of_march == Decimal(60) / Decimal(30)


def test_somebody_who_joined_nine_days_before_the_end_is_not_rated_and_never_a_d(ran: Ran) -> None:
    appraisal = ran.quarter.appraisal("T018")
    assert appraisal is not None and not appraisal.rated and appraisal.not_rated_reason
    (line,) = [line for line in ran.released["lines"] if line["employee_no"] == "T018"]
    assert (line["state"], line["grade"], line["multiplier"]) == ("not_rated", None, None)


def test_posts_without_profile_get_no_appraisal(ran: Ran) -> None:
    assert ran.quarter.appraisal("T081") is None and ran.quarter.appraisal("T010") is None


def test_earlier_grades_count_two_a_or_better_in_a_row_and_two_d_in_a_row(ran: Ran) -> None:
    assert "promotion_preference" in ran.result("T015").outcome["outcomes"]
    assert "consecutive_low_grade" in ran.result("T014").outcome["outcomes"]
    assert "promotion_preference" not in ran.result("T051").outcome["outcomes"]


def test_payroll_holds_every_approved_result_once_with_its_multiplier_and_policy(ran: Ran) -> None:
    everybody = list(csv.DictReader(io.StringIO(payroll_content.as_csv(ran.released).decode())))
    rows = [row for row in everybody if row["state"] == "rated"]
    assert len(rows) == len({row["employee_no"] for row in rows}) == ran.released["totals"]["rated"] == 27
    paid = {row["employee_no"]: row for row in rows}
    assert (paid["T012"]["grade"], paid["T012"]["multiplier"]) == ("D", "0")
    assert {row["policy_digest"] for row in rows} == {ran.cycle.policy_digest}


def test_the_same_snapshot_and_case_give_the_same_outcome_again(ran: Ran) -> None:
    policy = cycles.policy_of(ran.session, ran.cycle)
    for number in ("T011", "T012", "T053"):
        result = ran.result(number)
        assert appraise_sheets(policy, sheets_from_json(result.sheets)).as_json() == result.outcome


def test_every_change_is_in_an_audit_chain_that_holds(ran: Ran) -> None:
    assert audit.verify(ran.session) is None
    actions = set(ran.session.exec(select(AuditRecord.action)).all())
    expected = {"cycle.open", "agreement.sign", "incident.confirmed", "result.compute", "result.approve", "payroll.release"}
    assert expected <= actions
