"""Payroll releases: approved results only, frozen once released, corrections as deltas, amounts for payroll alone."""

import csv
import io
import json
from datetime import date
from decimal import Decimal as D
from pathlib import PurePosixPath

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.audit import AuditRecord
from appraisal.cycles import service as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.payroll import content, queries, service
from appraisal.payroll.models import Release, ReleaseBases, ReleaseLine
from appraisal.results.approving import put_in_force
from appraisal.results.models import Result
from tests import factories
from tests.agreements.samples import (
    AFTER_APPEALS,
    FIGURES,
    REVIEW_DAY,
    Quarter,
    a_quarter,
    approve,
    publish,
    record,
    review,
    sign,
)
from tests.results.test_path import a_violation


@pytest.fixture(autouse=True)
def _review_day():
    with clock.at(REVIEW_DAY):
        yield


@pytest.fixture
def company(session: Session) -> list[Quarter]:
    """Three who are rated in one cycle, and one who joined too late to be."""
    head = factories.an_employee(session, "李主管")
    three = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(3)]
    factories.an_employee(session, "新员工", joined_on=date(2026, 3, 18), post=factories.a_post(session), supervisor=head)
    cycle = factories.an_open_cycle(session)
    quarters = [a_quarter(session, employee, cycle=cycle) for employee in three]
    for quarter in quarters:
        sign(quarter)
        record(quarter, FIGURES)
        review(quarter, (quarter.sheet, "plan", "85"))
    return quarters


def approved(*quarters: Quarter) -> None:
    for quarter in quarters:
        publish(quarter)
        with clock.at(AFTER_APPEALS):
            approve(quarter)


def prepared(quarter: Quarter) -> Release:
    return service.prepare_release(quarter.session, quarter.hr, quarter.cycle.id)


def released(quarter: Quarter) -> Release:
    return service.release_pay(quarter.session, quarter.payroll, prepared(quarter).id)


def corrected(quarter: Quarter, grade: str, multiplier: str) -> Result:
    """A later layer of an approved result, approved too, as a 复核 leaves it."""
    session = quarter.session
    found = select(Result).where(Result.appraisal_id == quarter.appraisal.id).order_by(Result.seq.desc())
    before = session.exec(found).first()
    values = before.model_dump(exclude={"id", "seq", "grade", "multiplier"})
    after = Result(**values, seq=before.seq + 1, grade=grade, multiplier=D(multiplier))
    session.add(after)
    session.flush()
    approver = quarter.approver
    put_in_force(session, after, approver_id=approver.employee_id, account_id=approver.account_id, approved_at=clock.now())
    session.flush()
    return after


def lines(session: Session, actor: Actor, release: Release) -> dict[str, dict]:
    said = service.pull(session, actor, release.id)
    return {line["employee_no"]: line for line in said["lines"]}


def test_a_release_names_everybody_approved_and_who_is_not_rated(session: Session, company: list[Quarter]):
    first, second, third = company
    a_violation(second)
    approved(second, first)
    publish(third)
    release = prepared(first)
    found = lines(session, first.hr, release)
    assert len(found) == 3 and third.employee.number not in found
    assert (found[first.employee.number]["grade"], found[first.employee.number]["multiplier"]) == ("A", "1.2")
    assert (found[second.employee.number]["grade"], found[second.employee.number]["multiplier"]) == ("D", "0")
    (excused,) = [line for line in found.values() if line["state"] == "not_rated"]
    assert (excused["grade"], excused["multiplier"], excused["pay"]) == (None, None, "base")
    assert queries.waiting(session, first.cycle) == [third.employee.number]


def test_control_totals_are_those_of_the_lines(session: Session, company: list[Quarter]):
    a_violation(company[1])
    approved(*company)
    release = prepared(company[0])
    assert release.totals == {
        "lines": 4,
        "rated": 3,
        "provisional": 0,
        "not_rated": 1,
        "corrections": 0,
        "grades": {"A": 2, "D": 1},
        "multipliers": "2.4",
        "deltas": "0",
    }


def test_a_line_names_unit_days_and_the_number_of_its_result(session: Session, company: list[Quarter]):
    approved(company[0])
    line = lines(session, company[0].hr, prepared(company[0]))[company[0].employee.number]
    (place,) = line["places"]
    assert (place["unit_name"], place["post"], place["days"]) == ("销售部", "业务员", 90)
    assert line["result_no"] == f"{company[0].appraisal.id}-1"


def test_a_released_release_gives_the_same_bytes_at_every_pull(session: Session, company: list[Quarter]):
    approved(*company)
    release = released(company[0])
    once = content.as_json(service.pull(session, company[0].hr, release.id))
    corrected(company[1], "B", "1")
    company[0].employee.name = "改名"
    session.flush()
    with clock.at(date(2026, 9, 1)):
        assert content.as_json(service.pull(session, company[0].hr, release.id)) == once == release.content
    assert service.number_of(release, company[0].cycle).endswith("-001")
    assert json.loads(once)["audit"].keys() == {"seq", "hash"}


def test_the_preparer_does_not_release(session: Session, company: list[Quarter]):
    approved(*company)
    both = factories.an_actor(session, "hr", "payroll")
    release = service.prepare_release(session, both, company[0].cycle.id)
    with pytest.raises(NotAllowed) as refused:
        service.release_pay(session, both, release.id)
    assert refused.value.code == "same_person"
    assert service.release_pay(session, company[0].payroll, release.id).status == "released"


def test_what_changed_after_it_was_prepared_is_not_released(session: Session, company: list[Quarter]):
    approved(*company)
    release = prepared(company[0])
    corrected(company[1], "B", "1")
    with pytest.raises(Conflict) as refused:
        service.release_pay(session, company[0].payroll, release.id)
    assert refused.value.code == "outdated"
    service.discard_release(session, company[0].hr, release.id, reason="结果有变")
    assert released(company[0]).number == 1


def test_a_correction_after_the_release_is_a_delta_in_the_next(session: Session, company: list[Quarter]):
    approved(*company)
    released(company[0])
    corrected(company[1], "B", "1")
    second = released(company[0])
    (line,) = lines(session, company[0].hr, second).values()
    assert (line["state"], line["grade"]) == ("correction", "B")
    assert (line["multiplier"], line["previous_multiplier"], line["delta"]) == ("1", "1.2", "-0.2")
    assert (second.number, second.totals["corrections"], second.totals["deltas"]) == (2, 1, "-0.2")


def test_what_unit_and_company_make_of_a_bonus_is_in_multiplier_and_amount_and_told_beside(
    session: Session, company: list[Quarter]
):
    first, second, _ = company
    approved(first, second)
    tied = session.exec(select(Result).where(Result.appraisal_id == first.appraisal.id)).one()
    tied.multiplier, tied.coefficient = D("1.26"), D("1.05")  # 1.2 × 1.05
    session.flush()
    release = prepared(first)
    service.set_bases(session, first.payroll, release.id, {first.employee.number: (D("1000"), "CNY")})
    service.release_pay(session, first.payroll, release.id)
    found = lines(session, first.payroll, release)
    line = found[first.employee.number]
    assert (line["multiplier"], line["coefficient"], line["amount"]) == ("1.26", "1.05", "1260")
    assert found[second.employee.number]["coefficient"] is None
    rows = {
        row["employee_no"]: row
        for row in csv.DictReader(io.StringIO(content.as_csv(service.pull(session, first.hr, release.id)).decode()))
    }
    assert (rows[first.employee.number]["coefficient"], rows[second.employee.number]["coefficient"]) == ("1.05", "")


def test_a_second_correction_counts_from_the_first(session: Session, company: list[Quarter]):
    approved(*company)
    released(company[0])
    corrected(company[1], "B", "1")
    released(company[0])
    corrected(company[1], "S", "1.5")
    (line,) = lines(session, company[0].hr, released(company[0])).values()
    assert (line["previous_multiplier"], line["delta"]) == ("1", "0.5")


def test_nothing_is_released_twice(session: Session, company: list[Quarter]):
    approved(*company)
    released(company[0])
    with pytest.raises(Conflict) as refused:
        prepared(company[0])
    assert refused.value.code == "nothing_due"


def test_one_release_of_a_cycle_is_prepared_at_a_time(session: Session, company: list[Quarter]):
    approved(*company)
    prepared(company[0])
    with pytest.raises(Conflict) as refused:
        prepared(company[0])
    assert refused.value.code == "already_prepared"


def test_amounts_are_half_up_to_the_cent_and_for_payroll_alone(session: Session, company: list[Quarter]):
    approved(*company)
    release = prepared(company[0])
    number = company[0].employee.number
    bases = {number: (D("1234.54"), "CNY"), company[1].employee.number: (D("1000"), "USD")}
    service.set_bases(session, company[0].payroll, release.id, bases)
    service.release_pay(session, company[0].payroll, release.id)
    paid = lines(session, company[0].payroll, release)
    assert (paid[number]["base"], paid[number]["amount"], paid[number]["currency"]) == ("1234.54", "1481.45", "CNY")
    assert paid[company[2].employee.number]["amount"] is None
    totals = service.pull(session, company[0].payroll, release.id)["totals"]
    assert totals["amounts"] == {"CNY": "1481.45", "USD": "1200"}
    for other in (company[0].hr, factories.an_actor(session, "auditor")):
        assert "base" not in lines(session, other, release)[number]
    assert "1234" not in release.content


def test_a_delta_in_money_is_the_difference_of_two_rounded_amounts(session: Session, company: list[Quarter]):
    approved(*company)
    released(company[0])
    corrected(company[1], "B", "1")
    release = prepared(company[0])
    number = company[1].employee.number
    service.set_bases(session, company[0].payroll, release.id, {number: (D("1234.54"), "CNY")})
    line = lines(session, company[0].payroll, release)[number]
    assert (line["amount"], line["delta_amount"]) == ("1234.54", "-246.91")


def test_bases_lie_sealed_and_are_in_no_audit_value(session: Session, company: list[Quarter]):
    approved(*company)
    release = prepared(company[0])
    service.set_bases(session, company[0].payroll, release.id, {company[0].employee.number: (D("98765.43"), "CNY")})
    audit.flush(session)
    assert b"98765" not in session.get_one(ReleaseBases, release.id).sealed
    payloads = session.exec(select(AuditRecord.payload)).all()
    assert not any("98765" in (payload or "") for payload in payloads)


def test_bases_of_strangers_or_below_zero_are_refused(session: Session, company: list[Quarter]):
    approved(company[0])
    release = prepared(company[0])
    bases = {"E-nobody": (D(1), "CNY"), company[0].employee.number: (D("-0.01"), "CNY")}
    with pytest.raises(Invalid) as refused:
        service.set_bases(session, company[0].payroll, release.id, bases)
    assert len(refused.value.faults) == 2
    service.set_bases(session, company[0].payroll, release.id, {company[0].employee.number: (D(0), "CNY")})
    assert lines(session, company[0].payroll, release)[company[0].employee.number]["amount"] == "0"


def test_setting_bases_raises_the_version_even_for_as_many_as_before(session: Session, company: list[Quarter]):
    approved(company[0])
    release = prepared(company[0])
    bases = {company[0].employee.number: (D(1), "CNY")}
    seen = release.version
    service.set_bases(session, company[0].payroll, release.id, bases, version=seen)
    service.set_bases(session, company[0].payroll, release.id, bases, version=seen + 1)
    with pytest.raises(Conflict) as refused:
        service.set_bases(session, company[0].payroll, release.id, bases, version=seen + 1)
    assert refused.value.code == "stale_version"


def test_hr_does_not_set_bases_and_others_see_no_release(session: Session, company: list[Quarter]):
    approved(company[0])
    quarter = company[0]
    release = prepared(quarter)
    with pytest.raises(NotAllowed):
        service.set_bases(session, quarter.hr, release.id, {})
    for actor in (quarter.own, quarter.supervisor, quarter.approver, quarter.provider):
        with pytest.raises(NotAllowed):
            service.pull(session, actor, release.id)
        with pytest.raises(NotAllowed):
            service.prepare_release(session, actor, quarter.cycle.id)
    with pytest.raises(NotFound):
        service.pull(session, quarter.payroll, 2**31 - 1)


def test_the_database_itself_keeps_a_released_release(session: Session, company: list[Quarter]):
    approved(*company)
    release = released(company[0])
    line = queries.lines_of(session, release.id)[0]
    for row, change in ((line, {"multiplier": D(9)}), (release, {"totals": {}})):
        with pytest.raises(DBAPIError), session.begin_nested():
            for name, value in change.items():
                setattr(row, name, value)
            session.flush()
        session.refresh(row)
    assert session.get_one(ReleaseLine, line.id).multiplier == D("1.2")


def test_the_table_holds_no_formula(session: Session, company: list[Quarter]):
    company[0].employee.name = "=cmd()"
    session.flush()
    approved(company[0])
    said = service.pull(session, company[0].hr, prepared(company[0]).id)
    rows = list(csv.DictReader(io.StringIO(content.as_csv(said).decode())))
    assert rows[0]["name"] == "'=cmd()"
    assert (rows[0]["unit"], rows[0]["days"], rows[0]["multiplier"]) == ("销售部", "90", "1.2")


def test_a_cycle_that_does_not_pay_has_no_release(session: Session):
    head = factories.an_employee(session, "李主管")
    factories.an_employee(session, post=factories.a_post(session), supervisor=head)
    cycle = factories.a_cycle(session, period="2026-03", pays=False)
    cycles.open_cycle(session, factories.hr(session), cycle)
    with pytest.raises(Conflict) as refused:
        service.prepare_release(session, factories.hr(session), cycle.id)
    assert refused.value.code == "does_not_pay"


def test_a_trial_does_not_pay(session: Session, company: list[Quarter]):
    """A cycle that pays cannot open on a trial; a row that says otherwise must still not get money out."""
    files = dict(factories.checked().files)
    path = next(name for name in files if PurePosixPath(name).name == "policy.yaml")
    files[path] = files[path].replace("status: effective", "status: trial", 1)
    cycle = company[0].cycle
    cycle.policy_digest = factories.a_published_policy(session, files=files).digest
    session.flush()
    with pytest.raises(Conflict) as refused:
        service.prepare_release(session, company[0].hr, cycle.id)
    assert refused.value.code == "trial"


# Before approval (D-19)


def paying_before_approval(session: Session, quarter: Quarter) -> None:
    """Has the cycle run under rules that pay what has been published."""
    files = dict(factories.checked().files)
    path = next(name for name in files if PurePosixPath(name).name == "policy.yaml")
    files[path] = files[path].replace("status: effective", "status: effective\n    provisional_pay: full", 1)
    quarter.cycle.policy_digest = factories.a_published_policy(session, files=files).digest
    session.flush()


def test_what_is_published_is_paid_before_approval_only_where_the_policy_says_so(session: Session, company: list[Quarter]):
    first, second, third = company
    approved(first)
    publish(second)
    assert second.employee.number not in lines(session, first.hr, prepared(first))
    service.discard_release(session, first.hr, session.exec(select(Release)).one().id, reason="改按预发")
    paying_before_approval(session, first)
    release = released(first)
    found = lines(session, first.payroll, release)
    assert [found[one.employee.number]["state"] for one in (first, second)] == ["rated", "provisional"]
    assert (found[second.employee.number]["multiplier"], third.employee.number in found) == ("1.2", False)
    assert (release.totals["rated"], release.totals["provisional"]) == (2, 1)


def test_an_approval_of_what_was_paid_before_it_owes_nothing_and_another_result_a_delta(
    session: Session, company: list[Quarter]
):
    first, second, _ = company
    paying_before_approval(session, first)
    for quarter in (first, second):
        publish(quarter)
    text = released(first).content
    with clock.at(AFTER_APPEALS):
        approve(first)
        approve(second)
    assert queries.due(session, first.cycle) == []
    corrected(second, "B", "1")
    release = released(first)
    (line,) = service.pull(session, first.payroll, release.id)["lines"]
    assert (line["state"], line["previous_multiplier"], line["multiplier"], line["delta"]) == ("correction", "1.2", "1", "-0.2")
    assert session.exec(select(Release).where(Release.number == 1)).one().content == text


def test_what_was_paid_before_approval_and_changes_meanwhile_waits_for_the_approval(session: Session, company: list[Quarter]):
    first = company[0]
    publish(first)
    paying_before_approval(session, first)
    released(first)
    values = session.exec(select(Result)).one().model_dump(exclude={"id", "seq", "grade", "multiplier"})
    session.add(Result(**values, seq=2, grade="B", multiplier=D(1)))
    session.flush()
    assert queries.due(session, first.cycle) == []


def test_who_turns_out_not_to_be_rated_after_the_release_is_a_correction(session: Session, company: list[Quarter]):
    approved(company[0])
    released(company[0])
    company[0].appraisal.rated, company[0].appraisal.not_rated_reason = False, "更正"
    session.flush()
    line = lines(session, company[0].hr, prepared(company[0]))[company[0].employee.number]
    assert (line["state"], line["multiplier"], line["previous_multiplier"], line["pay"]) == ("correction", None, "1.2", "base")


# Roles limited to units (D-23)


def test_roles_limited_to_a_unit_have_the_releases_of_its_cycles_and_no_others(session: Session):
    unit, other = factories.a_unit(session), factories.a_unit(session, "采购部")
    head = factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, post=factories.a_post(session, unit=unit), supervisor=head)
    quarter = a_quarter(session, employee, cycle=factories.an_open_cycle(session, unit=unit))
    sign(quarter)
    record(quarter, FIGURES)
    review(quarter, (quarter.sheet, "plan", "85"))
    approved(quarter)
    here, elsewhere = (factories.an_actor(session, "payroll", unit=one) for one in (unit, other))
    release = service.prepare_release(session, factories.an_actor(session, "hr", unit=unit), quarter.cycle.id)
    service.set_bases(session, here, release.id, {employee.number: (D(1000), "CNY")})
    assert lines(session, here, release)[employee.number]["amount"] == "1200"
    with pytest.raises(NotFound):
        service.pull(session, elsewhere, release.id)
    with pytest.raises(NotAllowed):
        service.pull(session, quarter.own, release.id)
    assert service.release_pay(session, here, release.id).status == "released"
