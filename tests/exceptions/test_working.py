"""An exception on its way: assigned, analysed, acted on, verified by somebody else, closed; who may do what, in which state."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from appraisal import clock, files
from appraisal.actor import Actor
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.exceptions import queries, service, tasks
from appraisal.exceptions.models import KpiException, KpiTask
from appraisal.notify import Notification
from tests import factories
from tests.exceptions.samples import Troubled, complained, correct, one_open, respond, troubled
from tests.monitoring.samples import TODAY, D


@pytest.fixture(autouse=True)
def _after_march():
    with clock.at(TODAY):
        yield


@pytest.fixture
def around(session: Session) -> Troubled:
    return troubled(session)


def act_on(around: Troubled, found: KpiException, until: str, actor: Actor | None = None) -> KpiException:
    """Brings an exception to a state, by its owner."""
    who = actor or around.owner
    ways = {
        "analysed": lambda: service.analyse(around.session, who, found.id, cause="混料"),
        "acting": lambda: service.plan_action(around.session, who, found.id, action="隔离", action_due_on=TODAY),
        "done": lambda: service.complete(around.session, who, found.id, report="已隔离"),
        "verified": lambda: service.verify(around.session, around.another, found.id, effective=True, verification="有效"),
        "closed": lambda: service.close(around.session, around.manager, found.id, closing="关闭"),
    }
    for state, way in ways.items():
        way()
        if state == until:
            break
    return found


def test_the_whole_way_is_kept_step_by_step(session: Session, around: Troubled):
    found = act_on(around, one_open(around), "closed")
    assert (found.state, found.cause, found.action, found.verification, found.closing) == (
        *("closed", "混料", "隔离", "有效", "关闭"),
    )
    kinds = [one.kind for one in queries.history_of(session, found.id)]
    assert kinds == ["opened", "analysis", "action", "done", "verified", "closed"]
    assert found.version == 6


@pytest.mark.parametrize("state", ["open", "analysed", "acting", "done", "verified", "closed"])
def test_each_step_is_for_its_own_state(session: Session, around: Troubled, state: str):
    found = one_open(around)
    if state != "open":
        act_on(around, found, state)
    acts = {
        "analysed": lambda: service.analyse(session, around.owner, found.id, cause="其他原因"),
        "acting": lambda: service.plan_action(session, around.owner, found.id, action="其他", action_due_on=TODAY),
        "done": lambda: service.complete(session, around.owner, found.id, report="完成"),
        "verified": lambda: service.verify(session, around.another, found.id, effective=True, verification="有效"),
        "closed": lambda: service.close(session, around.manager, found.id, closing="关闭"),
    }
    allowed = {"open": {"analysed"}, "analysed": {"analysed", "acting"}, "acting": {"acting", "done"}, "done": {"verified"}}
    for step, act in acts.items():
        if step not in allowed.get(state, {"closed"} if state == "verified" else set()):
            with pytest.raises(Conflict) as refused:
                act()
            assert refused.value.code == ("exception_ended" if state == "closed" else "wrong_state")
            assert found.state == state


def test_who_owns_it_or_entered_the_action_does_not_verify(session: Session, around: Troubled):
    found = act_on(around, one_open(around), "done")
    with pytest.raises(NotAllowed):  # the owner is no manager either
        service.verify(session, around.owner, found.id, effective=True, verification="有效")
    service.assign(session, around.another, found.id, owner_id=around.manager.employee_id)
    with pytest.raises(NotAllowed) as refused:
        service.verify(session, around.manager, found.id, effective=True, verification="有效")
    assert refused.value.code == "same_person"
    service.verify(session, around.another, found.id, effective=True, verification="有效")


def test_the_manager_who_entered_the_action_does_not_verify_and_another_does(session: Session, around: Troubled):
    found = act_on(around, one_open(around), "done", around.manager)
    with pytest.raises(NotAllowed) as refused:
        service.verify(session, around.manager, found.id, effective=True, verification="有效")
    assert refused.value.code == "same_person"
    service.verify(session, around.head, found.id, effective=True, verification="有效")
    assert found.state == "verified"


def test_an_action_that_did_not_help_goes_back_to_its_owner(session: Session, around: Troubled):
    found = act_on(around, one_open(around), "done")
    service.verify(session, around.manager, found.id, effective=False, verification="仍有投诉")
    assert found.state == "acting"
    told = session.exec(select(Notification.employee_id).where(Notification.kind == "kpi_exception_returned")).all()
    assert told == [around.owner.employee_id]
    assert queries.history_of(session, found.id)[-1].kind == "returned"


@pytest.mark.parametrize(("days", "fits"), [(-1, False), (0, True), (90, True), (91, False)])
def test_the_action_is_due_between_today_and_the_day_of_the_exception(session: Session, around: Troubled, days, fits):
    found = act_on(around, one_open(around), "analysed")
    said = {"action": "隔离", "action_due_on": TODAY + timedelta(days=days)}
    if fits:
        assert service.plan_action(session, around.owner, found.id, **said).state == "acting"
        return
    with pytest.raises(Invalid) as refused:
        service.plan_action(session, around.owner, found.id, **said)
    assert refused.value.code == "bad_days"


def test_another_day_needs_a_reason_and_a_new_owner_is_told(session: Session, around: Troubled):
    found = one_open(around)
    later = found.due_on + timedelta(days=10)
    with pytest.raises(Invalid):
        service.assign(session, around.manager, found.id, owner_id=around.top.id, due_on=later)
    service.assign(session, around.manager, found.id, owner_id=around.top.id, due_on=later, reason="等供应商")
    assert (found.owner_id, found.due_on) == (around.top.id, later)
    told = session.exec(select(Notification.employee_id).where(Notification.kind == "kpi_exception_assigned")).all()
    assert told == [around.top.id]
    with pytest.raises(Invalid) as refused:
        service.assign(session, around.manager, found.id, owner_id=999_999)
    assert refused.value.code == "unknown_employee"


def test_one_whose_alert_stands_is_not_made_void(session: Session, around: Troubled):
    reading = complained(around, "abnormal")
    (found,) = respond(around).opened
    with pytest.raises(Conflict) as refused:
        service.void(session, around.manager, found.id, reason="误报")
    assert refused.value.code == "alert_stands"
    service.analyse(session, around.owner, found.id, cause="混料")
    correct(around, reading, {"客诉件数": D(0), "发货批数": D(100)})
    respond(around)
    service.void(session, around.manager, found.id, reason="误报")
    assert (found.state, found.closing) == ("void", "误报")


def test_a_stale_version_is_refused(session: Session, around: Troubled):
    found = one_open(around)
    seen = found.version
    service.add_note(session, around.owner, found.id, text="已联系客户", version=seen)
    with pytest.raises(Conflict) as refused:
        service.analyse(session, around.owner, found.id, cause="混料", version=seen)
    assert refused.value.code == "stale_version"


def test_evidence_is_one_s_own_file_and_read_by_who_sees_the_exception(session: Session, around: Troubled):
    found = one_open(around)
    stored = files.keep(session, around.owner, name="照片.txt", content=b"lot 0312", media_type="text/plain")
    with pytest.raises(Invalid) as refused:
        service.add_note(session, around.manager, found.id, text="照片", file_ids=[stored.id])
    assert refused.value.code == "unknown_file"
    service.analyse(session, around.owner, found.id, cause="混料", file_ids=[stored.id])
    assert queries.find_file(session, around.head, found.id, stored.id).name == "照片.txt"
    with pytest.raises(NotFound):
        queries.find_file(session, around.member, found.id, stored.id)


# Who sees what


def test_owners_heads_and_those_who_check_see_an_exception_and_nobody_else(session: Session, around: Troubled):
    found = one_open(around)
    elsewhere = factories.a_unit(session, "另一部门")
    other_head = factories.an_actor(session, "employee", employee=factories.a_unit_head(session, elsewhere))
    limited = factories.an_actor(session, "kpi_manager", unit=elsewhere)
    here = factories.an_actor(session, "kpi_manager", unit=around.unit)
    seeing = (around.owner, around.head, around.manager, around.hr, here, factories.an_actor(session, "auditor"))
    for actor in seeing:
        assert queries.find_exception(session, actor, found.id).id == found.id
    for actor in (around.member, around.provider, other_head, limited):
        assert session.exec(queries.exceptions_seen(session, actor, {})).all() == []
        with pytest.raises(NotFound):
            queries.find_exception(session, actor, found.id)


def test_a_clerk_does_not_work_on_another_s_exception(session: Session, around: Troubled):
    found = one_open(around)
    account, employee = around.provider.account_id, around.owner.employee_id
    for_other = Actor(account_id=account, employee_id=employee, name="代录", on_behalf_of=employee)
    with pytest.raises(NotFound):
        service.analyse(session, for_other, found.id, cause="混料")


def test_the_head_of_the_department_sees_and_does_its_task_and_nothing_more(session: Session, around: Troubled):
    found = one_open(around)
    (task,) = session.exec(select(KpiTask))
    (head,) = tasks.holders.heads(session, around.quality.id, TODAY)
    actor = factories.an_actor(session, "employee", employee=head)
    assert queries.find_task(session, actor, task.id)[0].id == task.id
    with pytest.raises(NotFound):
        queries.find_exception(session, actor, found.id)
    with pytest.raises(NotAllowed):
        tasks.drop_task(session, actor, task.id, reason="不需要")
    tasks.complete_task(session, actor, task.id, note="批次 0312 混料")
    assert (task.state, task.note, task.done_by) == ("done", "批次 0312 混料", actor.account_id)
    with pytest.raises(Conflict) as refused:
        tasks.complete_task(session, actor, task.id, note="再办")
    assert refused.value.code == "task_ended"


def test_a_task_is_asked_for_by_hand_of_the_department_named(session: Session, around: Troubled):
    found = one_open(around)
    made = tasks.ask_department(session, around.manager, exception_id=found.id, department="品质部", follow_up="核对批次")
    assert (made.unit_id, made.exception_id, made.due_on) == (around.quality.id, found.id, found.due_on)
    with pytest.raises(NotAllowed):
        tasks.ask_department(session, around.owner, exception_id=found.id, department="品质部", follow_up="核对批次")
