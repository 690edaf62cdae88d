"""Opening a cycle: what must be so first, which policy is pinned, who gets which sheets, who is left out and told why."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from appraisal import audit, db
from appraisal.config import PROJECT_ROOT
from appraisal.core.policy.loader import read_files
from appraisal.cycles import queries, service
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.cycles.preflight import Preflight, preflight
from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.people import service as people
from appraisal.people.models import Employee
from appraisal.policies import service as policies
from tests import factories as make

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)


def a_draft(session: Session, **changed: object) -> Cycle:
    """A draft without any policy published."""
    values = {"code": "2026-Q1", "name": "一季度", "policy_name": "trading", "period": "2026-Q1", "pays": True} | changed
    return service.draft_cycle(session, make.hr(session), **values)


def blocked_by(session: Session, cycle: Cycle) -> list[str]:
    with pytest.raises(Invalid) as refused:
        service.open_cycle(session, make.hr(session), cycle)
    assert refused.value.code == "not_ready"
    assert cycle.status == "draft"
    return [fault.path for fault in refused.value.faults]


def findings(found: Preflight, kind: str) -> list[str]:
    return [finding.zh for finding in found.findings if finding.kind == kind]


def opened(session: Session, cycle: Cycle) -> Preflight:
    return service.open_cycle(session, make.hr(session), cycle)


def sheets(session: Session, cycle: Cycle, employee: Employee) -> list[Sheet]:
    appraisal = queries.appraisal_of(session, cycle, employee)
    return queries.sheets_of(session, [appraisal.id])[appraisal.id]


def a_salesperson(session: Session, **changed: object) -> Employee:
    return make.an_employee(session, **{"post": make.a_post(session), **changed})


# Drafting


def test_the_period_gives_cadence_and_days(session: Session):
    cycle = a_draft(session)
    assert (cycle.cadence, cycle.starts_on, cycle.ends_on, cycle.status) == ("quarter", FIRST, LAST, "draft")


@pytest.mark.parametrize("changed", [{"period": "2026-Q5"}, {"period": ""}, {"code": " "}, {"name": "名" * 121}])
def test_a_draft_that_makes_no_sense_is_refused(session: Session, changed: dict[str, object]):
    with pytest.raises(Invalid):
        a_draft(session, **changed)


def test_a_code_is_given_once(session: Session):
    a_draft(session)
    with pytest.raises(Conflict):
        a_draft(session)


# What must be so first


def test_without_a_published_policy_no_cycle_opens(session: Session):
    assert blocked_by(session, a_draft(session)) == ["no_policy"]


def test_a_cycle_before_the_policys_first_day_does_not_open(session: Session):
    make.a_published_policy(session)
    assert blocked_by(session, a_draft(session, period="2025-Q4")) == ["no_policy"]


def test_assumed_values_must_be_confirmed_first(session: Session):
    a_salesperson(session)
    stored = make.a_published_policy(session, confirmed=False)
    cycle = a_draft(session)
    assert blocked_by(session, cycle) == ["assumed_unconfirmed"]
    policies.confirm_assumed(session, make.hr(session), stored)
    opened(session, cycle)


def test_a_trial_does_not_pay(session: Session):
    a_salesperson(session)
    files = {path: text.replace("status: effective ", "status: trial ") for path, text in read_files(PROJECT_ROOT).items()}
    make.a_published_policy(session, files=files)
    assert blocked_by(session, a_draft(session)) == ["trial_pays"]
    opened(session, a_draft(session, code="trial", pays=False))


def test_a_cadence_the_policy_does_not_have_is_refused(session: Session):
    a_salesperson(session)
    make.a_published_policy(session)
    assert blocked_by(session, a_draft(session, period="2026-W10")) == ["no_cycle_rule"]


def test_a_cadence_that_does_not_pay_may_not_pay(session: Session):
    a_salesperson(session)
    make.a_published_policy(session)
    assert blocked_by(session, a_draft(session, period="2026-03")) == ["pays_not_declared"]


def test_nobody_is_paid_twice_for_one_period(session: Session):
    unit, other = make.a_unit(session), make.a_unit(session)
    for where in (unit, other):
        a_salesperson(session, post=make.a_post(session, unit=where))
    make.a_published_policy(session)
    opened(session, a_draft(session, unit=unit))
    assert blocked_by(session, a_draft(session, code="again", unit=unit)) == ["pays_twice"]
    assert blocked_by(session, a_draft(session, code="all")) == ["pays_twice"]
    opened(session, a_draft(session, code="other", unit=other))
    opened(session, a_draft(session, code="unpaid", unit=unit, pays=False))


def test_a_cycle_for_nobody_does_not_open(session: Session):
    make.a_published_policy(session)
    assert blocked_by(session, a_draft(session)) == ["nobody"]


def test_everything_in_the_way_is_told_at_once(session: Session):
    make.a_published_policy(session, confirmed=False)
    assert blocked_by(session, a_draft(session, period="2026-03")) == ["assumed_unconfirmed", "pays_not_declared", "nobody"]


def test_only_hr_drafts_opens_and_closes(session: Session):
    a_salesperson(session)
    cycle = make.a_cycle(session)
    outsider = make.an_actor(session, "employee", "approver", "payroll", "admin")
    acts = [
        lambda: a_draft_by(session, outsider),
        lambda: service.open_cycle(session, outsider, cycle),
        lambda: service.refresh_cycle(session, outsider, cycle),
        lambda: service.close_cycle(session, outsider, cycle),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


def a_draft_by(session: Session, actor: object) -> Cycle:
    return service.draft_cycle(session, actor, code="x", name="x", policy_name="trading", period="2026-Q1", pays=True)


# What opening does


def test_the_policy_in_force_on_the_first_day_is_pinned(session: Session):
    a_salesperson(session)
    cycle = make.a_cycle(session)
    found = opened(session, cycle)
    assert (cycle.status, cycle.policy_digest) == ("open", found.stored.digest)
    assert queries.policy_of(session, cycle).digest == cycle.policy_digest


def test_a_later_publication_leaves_an_open_cycle_alone(session: Session):
    a_salesperson(session)
    cycle = make.an_open_cycle(session)
    pinned = cycle.policy_digest
    grades = "rules/trading/grades.yaml"
    files = read_files(PROJECT_ROOT)
    changed = files | {grades: files[grades].replace("multiplier: 1.5", "multiplier: 1.6")}
    policies.publish_policy(session, make.hr(session), make.checked(files=changed))
    service.refresh_cycle(session, make.hr(session), cycle)
    assert cycle.policy_digest == pinned
    assert str(queries.policy_of(session, cycle).bands[0].multiplier) == "1.5"


def test_everybody_begins_at_the_first_step_with_a_sheet_for_the_whole_period(session: Session):
    employee = a_salesperson(session)
    cycle = make.an_open_cycle(session)
    appraisal = queries.appraisal_of(session, cycle, employee)
    [sheet] = sheets(session, cycle, employee)
    assert (appraisal.step, appraisal.rated) == ("data_collection", True)
    assert (sheet.policy_post, sheet.from_on, sheet.to_on, sheet.days, sheet.share) == ("sales", FIRST, LAST, 90, Decimal(100))


def test_a_transfer_gives_a_sheet_for_each_post_by_days(session: Session):
    employee = a_salesperson(session)
    buying = make.a_post(session, "purchasing")
    people.assign_post(session, make.hr(session), employee, buying, from_on=date(2026, 2, 15))
    split = sheets(session, make.an_open_cycle(session), employee)
    assert [(sheet.policy_post, sheet.days) for sheet in split] == [("sales", 45), ("purchasing", 45)]
    assert [sheet.weighs for sheet in split] == [Decimal(45), Decimal(45)]


def test_posts_held_at_once_weigh_by_share(session: Session):
    employee = make.an_employee(session)
    for code, percent in (("sales", "60"), ("marketing", "40")):
        post = make.a_post(session, code)
        people.assign_post(session, make.hr(session), employee, post, from_on=FIRST, share=Decimal(percent), beside=True)
    assert [sheet.weighs for sheet in sheets(session, make.an_open_cycle(session), employee)] == [54, 36]


def test_a_post_renewed_without_a_break_stays_one_sheet(session: Session):
    post = make.a_post(session)
    employee = make.an_employee(session, post=post)
    people.assign_post(session, make.hr(session), employee, post, from_on=date(2026, 2, 1))
    assert [sheet.days for sheet in sheets(session, make.an_open_cycle(session), employee)] == [90]


@pytest.mark.parametrize(("days", "rated"), [(15, True), (14, False)])
def test_whoever_works_fewer_days_than_the_policy_asks_is_not_rated(session: Session, days: int, rated: bool):
    a_salesperson(session)
    late = a_salesperson(session, joined_on=LAST - timedelta(days=days - 1))
    cycle = make.a_cycle(session)
    found = opened(session, cycle)
    appraisal = queries.appraisal_of(session, cycle, late)
    assert appraisal.rated is rated
    assert (appraisal.not_rated_reason is None) is rated
    assert bool(findings(found, "not_rated")) is not rated
    assert [sheet.days for sheet in sheets(session, cycle, late)] == [days]


def test_days_with_two_posts_count_once(session: Session):
    a_salesperson(session)
    late = make.an_employee(session, joined_on=LAST - timedelta(days=13))
    for code in ("sales", "marketing"):
        people.assign_post(
            session, make.hr(session), late, make.a_post(session, code), from_on=late.joined_on, share=Decimal(50), beside=True
        )
    cycle = make.an_open_cycle(session)
    assert queries.appraisal_of(session, cycle, late).rated is False


def test_a_post_the_policy_refuses_leaves_its_holder_out_with_the_policys_reason(session: Session):
    a_salesperson(session)
    service_desk = make.an_employee(session, "赵客服", post=make.a_post(session, "customer_service", title="客服"))
    cycle = make.a_cycle(session)
    found = opened(session, cycle)
    [reason] = findings(found, "post_without_profile")
    policy = queries.policy_of(session, cycle)
    assert next(post.reason.zh for post in policy.refused if post.id == "customer_service") in reason
    assert "赵客服" in reason
    assert queries.appraisal_of(session, cycle, service_desk) is None


def test_a_post_the_policy_does_not_know_leaves_its_holder_out(session: Session):
    a_salesperson(session)
    pilot = make.an_employee(session, post=make.a_post(session, "pilot"))
    cycle = make.a_cycle(session)
    assert len(findings(opened(session, cycle), "post_without_profile")) == 1
    assert queries.appraisal_of(session, cycle, pilot) is None


def test_one_post_without_profile_leaves_the_whole_person_out(session: Session):
    a_salesperson(session)
    moved = a_salesperson(session)
    people.assign_post(session, make.hr(session), moved, make.a_post(session, "management"), from_on=date(2026, 2, 15))
    cycle = make.an_open_cycle(session)
    assert queries.appraisal_of(session, cycle, moved) is None


def test_a_monthly_cycle_takes_only_the_posts_the_policy_names(session: Session):
    seller, marketer = a_salesperson(session), make.an_employee(session, post=make.a_post(session, "marketing"))
    cycle = make.a_cycle(session, period="2026-03", pays=False)
    found = opened(session, cycle)
    assert queries.appraisal_of(session, cycle, seller)
    assert queries.appraisal_of(session, cycle, marketer) is None
    assert findings(found, "post_without_profile") == []


def test_people_without_post_or_supervisor_are_named(session: Session):
    head = make.an_employee(session, "李主管")
    a_salesperson(session, name="有上级", supervisor=head)
    a_salesperson(session, name="没上级")
    found = opened(session, make.a_cycle(session))
    assert [said for said in findings(found, "no_post") if "李主管" in said]
    [lonely] = findings(found, "no_supervisor")
    assert "没上级" in lonely


def test_a_cycle_of_one_unit_takes_its_people_only(session: Session):
    company = make.a_unit(session, "公司")
    team = make.a_unit(session, "一组", parent=company)
    inside, outside = a_salesperson(session, post=make.a_post(session, unit=team)), a_salesperson(session)
    cycle = make.an_open_cycle(session, unit=company)
    assert queries.appraisal_of(session, cycle, inside)
    assert queries.appraisal_of(session, cycle, outside) is None


def test_the_preflight_itself_changes_nothing(engine: Engine):
    with db.transaction(engine, write=True) as session:
        a_salesperson(session)
        cycle_id = make.a_cycle(session).id
    with db.transaction(engine, write=False) as session:
        found = preflight(session, session.get_one(Cycle, cycle_id))
        assert (len(found.planned), found.blocking) == (1, ())
        assert session.get(Appraisal, 1) is None


def test_a_cycle_opens_once(session: Session):
    a_salesperson(session)
    cycle = make.an_open_cycle(session)
    with pytest.raises(Conflict) as refused:
        opened(session, cycle)
    assert refused.value.code == "wrong_status"


def test_a_draft_changed_meanwhile_is_not_opened(session: Session):
    a_salesperson(session)
    cycle = make.a_cycle(session)
    with pytest.raises(Conflict):
        service.open_cycle(session, make.hr(session), cycle, version=cycle.version - 1)
    service.open_cycle(session, make.hr(session), cycle, version=cycle.version)


def test_opening_is_on_the_trail_with_the_digest_and_who_was_left_out(engine: Engine):
    with db.transaction(engine, write=True) as session:
        a_salesperson(session)
        pilot = make.an_employee(session, post=make.a_post(session, "pilot"))
        digest = make.an_open_cycle(session).policy_digest
    with db.transaction(engine, write=False) as session:
        last = session.get_one(audit.AuditRecord, session.get_one(audit.AuditHead, 1).seq)
        assert (last.action, audit.verify(session)) == ("cycle.open", None)
    assert digest in last.payload
    assert pilot.number in last.payload


# Keeping an open cycle up to date


def test_who_joins_or_moves_later_is_taken_in(session: Session):
    moved = a_salesperson(session)
    cycle = make.an_open_cycle(session)
    before = sheets(session, cycle, moved)[0].id
    joined = a_salesperson(session, joined_on=date(2026, 2, 1))
    people.assign_post(session, make.hr(session), moved, make.a_post(session, "purchasing"), from_on=date(2026, 3, 1))
    service.refresh_cycle(session, make.hr(session), cycle)
    split = sheets(session, cycle, moved)
    assert split[0].id == before
    assert [sheet.days for sheet in split] == [59, 31]
    assert queries.appraisal_of(session, cycle, joined)


def test_who_leaves_early_becomes_not_rated_and_nothing_else_changes(session: Session):
    leaver, other = a_salesperson(session), a_salesperson(session)
    cycle = make.an_open_cycle(session)
    untouched = queries.appraisal_of(session, cycle, other).version
    people.end_employment(session, make.hr(session), leaver, left_on=date(2026, 1, 14), reason="辞职")
    service.refresh_cycle(session, make.hr(session), cycle)
    appraisal = queries.appraisal_of(session, cycle, leaver)
    assert (appraisal.rated, "14" in appraisal.not_rated_reason) == (False, True)
    assert queries.appraisal_of(session, cycle, other).version == untouched


def test_who_turns_out_never_to_have_worked_in_the_period_is_not_rated(session: Session):
    leaver, _ = a_salesperson(session), a_salesperson(session)
    cycle = make.an_open_cycle(session)
    people.end_employment(session, make.hr(session), leaver, left_on=date(2025, 12, 31), reason="登记更正")
    service.refresh_cycle(session, make.hr(session), cycle)
    appraisal = queries.appraisal_of(session, cycle, leaver)
    assert (appraisal.rated, appraisal.not_rated_reason) == (False, "本期没有应考核的岗位")
    people.end_employment(session, make.hr(session), leaver, left_on=date(2026, 3, 31), reason="登记更正")
    service.refresh_cycle(session, make.hr(session), cycle)
    assert (appraisal.rated, appraisal.not_rated_reason) == (True, None)


def test_a_move_to_a_post_without_profile_is_hrs_to_mend_and_ends_nothing(session: Session):
    moved, _ = a_salesperson(session), a_salesperson(session)
    cycle = make.an_open_cycle(session)
    people.assign_post(session, make.hr(session), moved, make.a_post(session, "management"), from_on=date(2026, 3, 1))
    found = service.refresh_cycle(session, make.hr(session), cycle)
    assert [finding.employee_id for finding in found.findings if finding.kind == "post_without_profile"] == [moved.id]
    assert queries.appraisal_of(session, cycle, moved).rated


@pytest.mark.parametrize(("from_on", "days"), [(date(2026, 1, 1), [90]), (date(2026, 1, 2), [1, 89]), (LAST, [89, 1])])
def test_a_transfer_on_the_first_or_last_day(session: Session, from_on: date, days: list[int]):
    moved = a_salesperson(session)
    cycle = make.an_open_cycle(session)
    people.assign_post(session, make.hr(session), moved, make.a_post(session, "purchasing"), from_on=from_on)
    service.refresh_cycle(session, make.hr(session), cycle)
    split = sheets(session, cycle, moved)
    assert [sheet.days for sheet in split] == days
    assert split[-1].policy_post == "purchasing"


def test_two_cycles_opened_at_once_do_not_both_pay(engine: Engine):
    with db.transaction(engine, write=True) as session:
        a_salesperson(session)
        make.a_published_policy(session)
        drafts = [a_draft(session, code=code).id for code in ("one", "two")]
        hr = make.hr(session)
    outcomes: list[str] = []

    def open_second() -> None:
        try:
            with db.transaction(engine, write=True) as session:
                service.open_cycle(session, hr, session.get_one(Cycle, drafts[1]))
            outcomes.append("opened")
        except Invalid as refused:
            outcomes.extend(fault.path for fault in refused.faults)

    with db.transaction(engine, write=True) as session:
        service.open_cycle(session, hr, session.get_one(Cycle, drafts[0]))
        second = threading.Thread(target=open_second)
        second.start()
        second.join(timeout=1)
    second.join(timeout=60)
    assert outcomes == ["pays_twice"]


def test_an_edition_that_begins_in_mid_period_does_not_apply_to_it(session: Session):
    a_salesperson(session)
    later = {path: text.replace("2026-01-01", "2026-02-15") for path, text in make.checked().files.items()}
    make.a_published_policy(session, files=later)
    assert blocked_by(session, a_draft(session)) == ["no_policy"]


def test_a_draft_has_nothing_to_bring_up_to_date(session: Session):
    a_salesperson(session)
    with pytest.raises(Conflict):
        service.refresh_cycle(session, make.hr(session), make.a_cycle(session))
