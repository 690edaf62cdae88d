"""Who provides which figures: what HR assigns is for the assigned, the rest is left to every data provider."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.measures import providers, service
from appraisal.measures.entries import entries_seen, find_entry
from appraisal.measures.models import Measure
from tests import factories
from tests.agreements.samples import Quarter, a_quarter, sign


@pytest.fixture
def quarter(session: Session) -> Quarter:
    quarter = a_quarter(session)
    sign(quarter)
    return quarter


def assign(quarter: Quarter, name: str = "revenue", kind: str = "indicator", **provider: int) -> providers.DataProvider:
    provider = provider or {"account_id": quarter.provider.account_id}
    return providers.assign_provider(quarter.session, quarter.hr, kind=kind, name=name, **provider)


def enter(quarter: Quarter, actor, item: str = "revenue") -> Measure:
    return service.record_actual(quarter.session, actor, quarter.sheet.id, item, actual=D(110), source_document="利润表")


def seen(quarter: Quarter, actor) -> list[str]:
    return [row[0].item for row in quarter.session.exec(entries_seen(quarter.session, actor, quarter.cycle)).all()]


def test_what_nobody_is_assigned_every_provider_enters(quarter: Quarter):
    assert enter(quarter, quarter.provider).item == "revenue"
    assert enter(quarter, quarter.checker, "new_customers").item == "new_customers"


def test_what_is_assigned_to_one_is_not_for_another_to_enter_or_confirm_or_see(session: Session, quarter: Quarter):
    assign(quarter)
    with pytest.raises(NotAllowed) as refused:
        enter(quarter, quarter.checker)
    assert refused.value.code == "not_your_figure"
    entered = enter(quarter, quarter.provider)
    with pytest.raises(NotFound):
        service.confirm_actual(session, quarter.checker, entered.id)
    assert seen(quarter, quarter.checker) == []
    assert enter(quarter, quarter.checker, "new_customers").item == "new_customers"
    assert seen(quarter, quarter.checker) == ["new_customers"]


def test_hr_confirms_whatever_is_assigned(session: Session, quarter: Quarter):
    assign(quarter)
    assert (
        service.confirm_actual(session, quarter.hr, enter(quarter, quarter.provider).id).confirmed_by == quarter.hr.account_id
    )


def test_two_who_are_assigned_confirm_each_others_figures(session: Session, quarter: Quarter):
    assign(quarter)
    assign(quarter, account_id=quarter.checker.account_id)
    assert service.confirm_actual(session, quarter.checker, enter(quarter, quarter.provider).id)


def test_a_source_assigns_every_indicator_that_names_it(quarter: Quarter):
    # new_customers come from CRM系统 and 销售台账, revenue from 财务系统 and CRM系统
    assign(quarter, "销售台账", "source")
    assert enter(quarter, quarter.checker).item == "revenue"
    with pytest.raises(NotAllowed):
        enter(quarter, quarter.checker, "new_customers")


def test_an_indicators_own_assignment_goes_before_its_sources(quarter: Quarter):
    assign(quarter, "销售台账", "source")
    assign(quarter, "new_customers", account_id=quarter.checker.account_id)
    assert enter(quarter, quarter.checker, "new_customers").item == "new_customers"
    with pytest.raises(NotAllowed):
        enter(quarter, quarter.provider, "new_customers")


def test_a_unit_provides_through_whoever_holds_a_post_in_it_or_below(session: Session, quarter: Quarter):
    finance = factories.a_unit(session, "财务部")
    below = factories.a_unit(session, "成本组", parent=finance)
    post = factories.a_post(session, "functional", unit=below, title="会计")
    accountant = factories.an_actor(session, "data_provider", employee=factories.an_employee(session, "会计", post=post))
    assign(quarter, unit_id=finance.id)
    assert enter(quarter, accountant).item == "revenue"
    with pytest.raises(NotAllowed):
        enter(quarter, quarter.provider)


def test_a_unit_below_does_not_make_the_unit_above_a_provider(session: Session, quarter: Quarter):
    finance = factories.a_unit(session, "财务部")
    below = factories.a_unit(session, "成本组", parent=finance)
    post = factories.a_post(session, "functional", unit=finance, title="财务经理")
    manager = factories.an_actor(session, "data_provider", employee=factories.an_employee(session, "经理", post=post))
    assign(quarter, unit_id=below.id)
    with pytest.raises(NotAllowed):
        enter(quarter, manager)


def test_an_ended_assignment_stays_on_record_and_binds_nobody(session: Session, quarter: Quarter):
    made = assign(quarter)
    providers.end_assignment(session, quarter.hr, made.id)
    assert enter(quarter, quarter.checker).item == "revenue"
    assert made.ended_by == quarter.hr.account_id
    with pytest.raises(Conflict):
        providers.end_assignment(session, quarter.hr, made.id)


def test_the_same_is_assigned_once_and_again_after_it_has_ended(session: Session, quarter: Quarter):
    made = assign(quarter)
    with pytest.raises(Conflict) as refused:
        assign(quarter)
    assert refused.value.code == "already_exists"
    providers.end_assignment(session, quarter.hr, made.id)
    assert assign(quarter).id != made.id


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [("indicator", "revenu", "unknown_indicator"), ("source", "财务部", "unknown_source"), ("post", "sales", "bad_kind")],
)
def test_what_no_policy_names_is_not_assigned(quarter: Quarter, kind: str, name: str, code: str):
    with pytest.raises(Invalid) as refused:
        assign(quarter, name, kind)
    assert refused.value.code == code


def test_the_refusal_of_an_unknown_source_lists_those_there_are(quarter: Quarter):
    with pytest.raises(Invalid) as refused:
        assign(quarter, "财务部", "source")
    assert "财务系统" in refused.value.message.zh


def test_only_an_account_that_may_enter_figures_is_assigned(session: Session, quarter: Quarter):
    for account_id in (quarter.own.account_id, quarter.payroll.account_id, 10**6):
        with pytest.raises(Invalid) as refused:
            assign(quarter, account_id=account_id)
        assert refused.value.code == "unknown_provider"


@pytest.mark.parametrize(("days", "fits"), [(0, False), (1, True), (60, True), (61, False)])
def test_a_provider_has_between_one_and_sixty_working_days(session: Session, quarter: Quarter, days: int, fits: bool):
    asked = {"kind": "indicator", "name": "revenue", "account_id": quarter.provider.account_id, "working_days": days}
    if fits:
        assert providers.assign_provider(session, quarter.hr, **asked).working_days == days
    else:
        with pytest.raises(Invalid):
            providers.assign_provider(session, quarter.hr, **asked)


def test_either_an_account_or_a_unit_provides(session: Session, quarter: Quarter):
    unit = factories.a_unit(session)
    for who in ({}, {"account_id": quarter.provider.account_id, "unit_id": unit.id}):
        with pytest.raises(Invalid) as refused:
            providers.assign_provider(session, quarter.hr, kind="indicator", name="revenue", **who)
        assert refused.value.code == "one_provider"


def test_only_hr_of_the_whole_company_assigns(session: Session, quarter: Quarter):
    unit = factories.a_unit(session)
    hr_of_a_part = replace(quarter.hr, limits=frozenset({("hr", unit.id)}))
    for actor in (quarter.provider, quarter.supervisor, hr_of_a_part):
        with pytest.raises(NotAllowed):
            providers.assign_provider(session, actor, kind="indicator", name="revenue", account_id=quarter.provider.account_id)


def test_payroll_sees_no_figures_and_the_supervisor_reads_them(session: Session, quarter: Quarter):
    entered = enter(quarter, quarter.provider)
    with pytest.raises(NotFound):
        find_entry(session, quarter.payroll, entered.id)
    assert find_entry(session, quarter.supervisor, entered.id).state == "waiting"
    with pytest.raises(NotAllowed):
        service.confirm_actual(session, quarter.supervisor, entered.id)


def test_the_person_concerned_reads_what_has_been_confirmed(session: Session, quarter: Quarter):
    entered = enter(quarter, quarter.provider)
    with pytest.raises(NotFound):
        find_entry(session, quarter.own, entered.id)
    assert seen(quarter, quarter.own) == []
    service.confirm_actual(session, quarter.checker, entered.id)
    assert find_entry(session, quarter.own, entered.id).state == "confirmed"
    assert seen(quarter, quarter.own) == ["revenue"]


def test_nobody_sees_or_handles_more_of_their_own_figures_by_a_role(session: Session, quarter: Quarter):
    entered = enter(quarter, quarter.provider)
    own_hr = replace(quarter.own, roles=frozenset({"employee", "hr", "data_provider"}))
    with pytest.raises(NotFound):
        service.confirm_actual(session, own_hr, entered.id)
    with pytest.raises(Invalid):
        service.confirm_actuals(session, own_hr, [entered.id])


def test_hr_of_a_unit_handles_the_figures_of_its_people_only(session: Session):
    sales, stores = factories.a_unit(session, "销售部"), factories.a_unit(session, "仓储部")
    head = factories.an_employee(session, "李主管")
    first, second = (
        factories.an_employee(session, post=factories.a_post(session, unit=unit), supervisor=head) for unit in (sales, stores)
    )
    cycle = factories.an_open_cycle(session)
    own, other = a_quarter(session, first, cycle=cycle), a_quarter(session, second, cycle=cycle)
    sign(own)
    sign(other)
    hr_of_sales = replace(own.provider, roles=frozenset({"hr"}), limits=frozenset({("hr", sales.id)}))
    assert enter(own, hr_of_sales).item == "revenue"
    with pytest.raises(NotFound):
        enter(other, hr_of_sales)


def test_a_unit_that_provides_is_one_that_exists(quarter: Quarter):
    with pytest.raises(Invalid) as refused:
        assign(quarter, unit_id=10**6)
    assert refused.value.faults[0].path == "unit_id"


def test_a_disabled_account_provides_nothing(session: Session, quarter: Quarter):
    account = factories.an_account(session, "data_provider")
    account.disabled = True
    session.flush()
    with pytest.raises(Invalid):
        assign(quarter, account_id=account.id)
