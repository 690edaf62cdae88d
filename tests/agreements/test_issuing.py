"""Drafts for many at once: who gets one, what of last cycle still fits, and that nobody's agreement is overwritten."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from sqlalchemy import event
from sqlmodel import Session

from appraisal.agreements import approvals, issuing, queries, service
from appraisal.agreements.content import Terms
from appraisal.agreements.issuing import Issued
from appraisal.agreements.models import Agreement
from appraisal.config import PROJECT_ROOT
from appraisal.core.policy.loader import read_files
from appraisal.cycles.models import Cycle
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people.models import Employee
from tests import factories
from tests.agreements import coal
from tests.agreements.samples import NEW_CUSTOMERS, PLAN, REVENUE, SALES, Quarter, a_quarter, acting, sign


@pytest.fixture
def team(session: Session) -> list[Employee]:
    head = factories.an_employee(session, "李主管", post=factories.a_post(session, "purchasing"))
    unit = factories.a_unit(session)
    return [
        factories.an_employee(session, name, post=factories.a_post(session, unit=unit), supervisor=head)
        for name in ("张一", "张二", "张三")
    ]


def issue(session: Session, cycle: Cycle, **more: object) -> dict[str, Issued]:
    found = issuing.issue_to_post(session, factories.hr(session), cycle.id, "sales", SALES, **more)
    return {one.employee.name: one for one in found}


def outcomes(found: dict[str, Issued]) -> dict[str, str]:
    return {name: one.outcome for name, one in found.items()}


def test_everybody_on_the_post_without_an_agreement_gets_a_draft(session: Session, team: list[Employee]):
    cycle = factories.an_open_cycle(session)
    had = sign(a_quarter(session, team[1], cycle=cycle))
    found = issue(session, cycle, terms=Terms(duties="按月报送"))
    assert outcomes(found) == {"张一": "issued", "张二": "kept", "张三": "issued"}
    assert found["张二"].agreement_id == had
    sheet = found["张一"].sheet
    agreed = queries.agreed(session, [sheet.id])[sheet.id]
    assert (agreed.agreement.status, agreed.agreement.duties) == ("draft", "按月报送")
    assert tuple(map(queries.draft_of, agreed.items)) == SALES


def test_issuing_again_changes_nothing(session: Session, team: list[Employee]):
    cycle = factories.an_open_cycle(session)
    first, again = issue(session, cycle), issue(session, cycle)
    assert outcomes(again) == dict.fromkeys(("张一", "张二", "张三"), "kept")
    assert [one.agreement_id for one in first.values()] == [one.agreement_id for one in again.values()]


def test_a_unit_narrows_it_and_hr_of_a_unit_reaches_no_further(session: Session, team: list[Employee]):
    other = factories.an_employee(session, "别处", post=factories.a_post(session))
    cycle = factories.an_open_cycle(session)
    sheet = a_quarter(session, team[0], cycle=cycle).sheet
    limited = replace(factories.an_actor(session, "hr"), limits=frozenset({("hr", sheet.unit_id)}))
    found = issuing.issue_to_post(session, limited, cycle.id, "sales", SALES)
    assert {one.employee.name for one in found} == {"张一", "张二", "张三"}
    assert set(outcomes(issue(session, cycle, unit_id=sheet.unit_id))) == {"张一", "张二", "张三"}
    assert outcomes(issue(session, cycle))[other.name] == "issued"


def test_only_hr_issues(session: Session, team: list[Employee]):
    cycle = factories.an_open_cycle(session)
    for actor in (acting(session, team[0]), factories.an_actor(session, "approver")):
        with pytest.raises(NotAllowed):
            issuing.issue_to_post(session, actor, cycle.id, "sales", SALES)


def test_items_the_post_forbids_are_issued_to_nobody(session: Session, team: list[Employee]):
    cycle = factories.an_open_cycle(session)
    with pytest.raises(Invalid) as refused:
        issuing.issue_to_post(session, factories.hr(session), cycle.id, "sales", SALES[:2])
    assert refused.value.code == "agreement_errors"
    with pytest.raises(Invalid) as refused:
        issuing.issue_to_post(session, factories.hr(session), cycle.id, "porter", SALES)
    assert refused.value.code == "unknown_post"


def test_the_assessor_of_an_item_gets_none_for_themselves(session: Session, team: list[Employee]):
    cycle = factories.an_open_cycle(session)
    drafts = (REVENUE, NEW_CUSTOMERS, replace(PLAN, assessor_id=team[2].id))
    found = issuing.issue_to_post(session, factories.hr(session), cycle.id, "sales", drafts)
    assert [one.outcome for one in found] == ["issued", "issued", "own_assessor"]
    assert found[2].agreement_id is None


def test_a_draft_cycle_gets_no_agreements(session: Session, team: list[Employee]):
    with pytest.raises(Conflict):
        issue(session, factories.a_cycle(session))


# Copying


@pytest.fixture
def last(session: Session, team: list[Employee]) -> list[Quarter]:
    cycle = factories.an_open_cycle(session, period="2026-Q1")
    quarters = [a_quarter(session, employee, cycle=cycle) for employee in team]
    sign(quarters[0])
    return quarters


def copy(session: Session, cycle: Cycle) -> dict[str, Issued]:
    return {one.employee.name: one for one in issuing.copy_agreements(session, factories.hr(session), cycle.id)}


def test_last_cycles_agreement_becomes_a_draft(session: Session, last: list[Quarter]):
    cycle = factories.an_open_cycle(session, period="2026-Q2")
    found = copy(session, cycle)
    assert {name: found[name].outcome for name in ("张一", "张二")} == {"张一": "copied", "张二": "nothing_before"}
    drafted = found["张一"].agreement_id
    assert queries.drafts_of(session, drafted) == list(SALES)
    assert found["张一"].findings == ()
    quarter = a_quarter(session, last[0].employee, cycle=cycle)
    content_hash = queries.agreed(session, [quarter.sheet.id])[quarter.sheet.id].agreement.content_hash
    service.sign_agreement(session, quarter.own, drafted, content_hash)
    assert copy(session, cycle)["张一"].outcome == "kept"


def test_only_what_was_in_force_is_copied(session: Session, last: list[Quarter]):
    draft = service.draft_agreement(session, last[1].own, last[1].sheet.id)
    service.set_items(session, last[1].own, draft.id, SALES)
    assert copy(session, factories.an_open_cycle(session, period="2026-Q2"))["张二"].outcome == "nothing_before"


def with_another_library(session: Session) -> None:
    """The policy from the second quarter on: the count of new customers is gone from the library."""
    files = {path: text for path, text in read_files(PROJECT_ROOT).items() if path.split("/")[1] == "trading"}
    path = next(path for path, text in files.items() if "id: new_customers" in text)
    changed = files[path].replace("id: new_customers", "id: newly_won_customers")
    files = {other: text.replace("new_customers", "newly_won_customers") for other, text in files.items()} | {path: changed}
    for other, text in files.items():
        files[other] = text.replace("effective: 2026-01-01", "effective: 2026-04-01")
    factories.a_published_policy(session, files=files)


def test_what_the_new_rules_no_longer_know_is_left_out_and_named(
    session: Session, last: list[Quarter], monkeypatch: pytest.MonkeyPatch
):
    with_another_library(session)
    monkeypatch.setattr(factories, "a_published_policy", lambda session: None)
    cycle = factories.an_open_cycle(session, period="2026-Q2")
    assert cycle.policy_digest != last[0].cycle.policy_digest
    found = copy(session, cycle)["张一"]
    assert found.outcome == "in_part"
    assert [(one.item, one.why[0].code) for one in found.left_out] == [("new_customers", "name_missing")]
    assert {one.code for one in found.findings} >= {"weights_not_100", "dimension_weight_off_profile"}
    quarter = a_quarter(session, last[0].employee, cycle=cycle)
    drafted = queries.agreed(session, [quarter.sheet.id])[quarter.sheet.id].agreement
    with pytest.raises(Invalid) as refused:
        service.sign_agreement(session, quarter.own, drafted.id, drafted.content_hash)
    assert refused.value.code == "agreement_errors"
    whole = (REVENUE, replace(NEW_CUSTOMERS, id="newly_won_customers"), PLAN)
    service.set_items(session, quarter.own, drafted.id, whole)
    service.sign_agreement(session, quarter.own, drafted.id, drafted.content_hash)


def test_an_assessor_who_has_left_is_not_carried_over(session: Session, team: list[Employee]):
    assessor = factories.an_employee(session, "评定人")
    quarter = a_quarter(session, team[0], cycle=factories.an_open_cycle(session, period="2026-Q1"))
    sign(quarter, (REVENUE, NEW_CUSTOMERS, replace(PLAN, assessor_id=assessor.id)))
    factories.people.end_employment(
        session, factories.hr(session), assessor, left_on=factories.date(2026, 3, 31), reason="辞职"
    )
    found = copy(session, factories.an_open_cycle(session, period="2026-Q2"))["张一"]
    assert queries.drafts_of(session, found.agreement_id)[2].assessor_id is None


def test_people_copy_their_own_and_supervisors_their_reports(session: Session, last: list[Quarter]):
    cycle = factories.an_open_cycle(session, period="2026-Q2")
    own, other = (a_quarter(session, one.employee, cycle=cycle) for one in last[:2])
    with pytest.raises(NotFound):
        issuing.copy_agreements(session, own.own, cycle.id, sheet_ids=[other.sheet.id])
    (copied,) = issuing.copy_agreements(session, own.own, cycle.id, sheet_ids=[own.sheet.id])
    assert copied.outcome == "copied"
    reports = issuing.copy_agreements(session, own.supervisor, cycle.id)
    assert {one.employee.name for one in reports} == {"李主管", "张一", "张二", "张三"}


def test_the_number_of_queries_does_not_grow_with_the_people(session: Session):
    def queries_for(people: int) -> int:
        unit = factories.a_unit(session)
        for _ in range(people):
            factories.an_employee(session, post=factories.a_post(session, unit=unit))
        cycle = factories.an_open_cycle(session, unit=unit)
        seen: list[str] = []
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
        issuing.issue_to_post(session, factories.hr(session), cycle.id, "sales", SALES)
        return len([asked for asked in seen if asked.lstrip().startswith("SELECT")])

    few = queries_for(2)
    assert queries_for(12) == few


# sheets whose weights are printed by group


def gone(text: dict[str, str], row: str) -> dict[str, str]:
    """The rule files with one row under another id."""
    return {path: words.replace(f"id: {row}\n", f"id: {row}_anew\n") for path, words in text.items()}


def test_a_choice_of_rows_is_issued_to_everybody_on_the_post(session: Session) -> None:
    quarter = coal.a_coal_quarter(session, "marketing_centre")
    (found,) = issuing.issue_to_post(session, quarter.hr, quarter.cycle.id, "marketing_centre", coal.drafts(coal.EIGHT))
    assert found.outcome == "issued"
    assert {one.severity for one in found.findings} <= {"warning"}
    with pytest.raises(Invalid):
        wrong = coal.drafts(coal.EIGHT | {coal.PROMOTION: "9"})
        issuing.issue_to_post(session, quarter.hr, quarter.cycle.id, "marketing_centre", wrong)


def test_a_row_that_is_no_longer_on_the_sheet_is_told_by_the_name_it_had(session: Session) -> None:
    quarter = coal.a_coal_quarter(session, "marketing_centre")
    sign(quarter, coal.drafts(coal.EIGHT))
    changed = gone(coal.files(), "marketing_centre-market_share")
    later = coal.a_later_cycle(session, "2026-Q2", quarter.head, changed)
    (found,) = issuing.copy_agreements(session, quarter.hr, later.id)
    assert found.outcome == "in_part"
    (left,) = found.left_out
    assert (left.item, left.name) == ("marketing_centre-market_share", "市场份额")
    assert "not_of_the_post" in [why.code for why in left.why]
    assert "group_weight_off" in [one.code for one in found.findings]


def test_weights_allotted_anew_are_copied_and_need_another_approval(session: Session) -> None:
    quarter = coal.a_coal_quarter(session, "marketing_centre")
    moved = coal.EIGHT | {coal.KPI[0]: "11", coal.PROMOTION: "12"}
    agreement = service.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
    service.set_items(session, quarter.supervisor, agreement.id, coal.drafts(moved))
    asked = approvals.ask_approval(session, quarter.supervisor, agreement.id, agreement.content_hash, "重新分配")
    approvals.decide_approval(session, quarter.approver, asked.id, approve=True, content_hash=asked.content_hash)
    service.sign_agreement(session, quarter.own, agreement.id, agreement.content_hash)
    service.sign_agreement(session, quarter.supervisor, agreement.id, agreement.content_hash)
    later = coal.a_later_cycle(session, "2026-Q2", quarter.head)
    (found,) = issuing.copy_agreements(session, quarter.hr, later.id)
    assert (found.outcome, found.findings[0].severity, found.findings[0].code) == ("copied", "approval", "weights_reallotted")
    copy = session.get_one(Agreement, found.agreement_id)
    with pytest.raises(Conflict) as refused:
        service.sign_agreement(session, quarter.own, copy.id, copy.content_hash)
    assert refused.value.code == "weights_not_approved"


def test_a_target_easier_than_what_the_sheet_itself_asked_for_a_year_ago_is_named(session: Session) -> None:
    """R-003-20: 就餐人员满意度印的目标是 90, 去年没有另写."""
    quarter = coal.a_coal_quarter(session, "chef")
    chef = coal.drafts({"chef-diner_satisfaction": "50", "chef-service_attitude": "20", "chef-hygiene": "30"})
    sign(quarter, chef)
    later = coal.a_later_cycle(session, "2027-Q1", quarter.head)
    sheet = a_quarter(session, quarter.employee, cycle=later).sheet
    draft = service.draft_agreement(session, quarter.supervisor, sheet.id)

    def told(target: str) -> list[str]:
        found = service.set_items(session, quarter.supervisor, draft.id, (replace(chef[0], target=D(target)), *chef[1:]))
        return [one.code for one in found if one.code == "target_easier"]

    assert told("89") == ["target_easier"] and told("90") == []
