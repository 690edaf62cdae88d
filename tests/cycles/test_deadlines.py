"""Deadlines: the exact last day on either side of holidays and weekends worked instead, extensions, reminders, escalation."""

import threading
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, clock, db, idempotency
from appraisal.actor import SYSTEM
from appraisal.config import settings
from appraisal.cycles import deadlines, extending, queries, service
from appraisal.cycles.models import Cycle, DeadlineNotice
from appraisal.desk.cli import deadlines_command
from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.people.models import AccountRole
from tests import factories as make
from tests.cycles.people import Department


@pytest.fixture
def department(session: Session) -> Department:
    return Department(session)


def due(department: Department, employee=None) -> date | None:
    appraisal = department.appraisal(employee or department.first)
    policy = queries.policy_of(department.session, department.cycle)
    single = queries.due_on(department.session, policy, appraisal)
    assert queries.due_dates(department.session, department.cycle, [appraisal]) == {appraisal.id: single}
    return single


# The last day


@pytest.mark.parametrize(
    ("begun", "last"),
    [
        (date(2026, 1, 9), date(2026, 1, 16)),  # a Friday, and nothing but a weekend between
        (date(2026, 9, 18), date(2026, 9, 24)),  # the Sunday of the 20th is worked, the 25th is not
        (date(2026, 9, 30), date(2026, 10, 13)),  # over the national holiday; the Saturday of the 10th is worked
        (date(2026, 9, 24), date(2026, 10, 9)),  # two holidays between
        (date(2026, 12, 30), date(2027, 1, 7)),  # into the next year
        (date(2026, 4, 5), date(2026, 4, 13)),  # begun on a day off
    ],
)
def test_a_step_is_due_so_many_working_days_after_the_day_it_began(department: Department, begun: date, last: date):
    department.bring(department.first, "self_assessment", begun)
    assert due(department) == last


def test_the_day_is_that_of_the_company_and_not_of_greenwich(department: Department):
    department.bring(department.first, "self_assessment", date(2026, 1, 9))
    appraisal = department.appraisal(department.first)
    appraisal.step_since = appraisal.step_since.replace(hour=15, minute=59)
    assert due(department) == date(2026, 1, 16)
    appraisal.step_since = appraisal.step_since.replace(hour=16, minute=0)
    assert due(department) == date(2026, 1, 16)
    appraisal.step_since = appraisal.step_since.replace(day=8, hour=15, minute=59)
    assert due(department) == date(2026, 1, 15)


def test_the_data_of_a_period_are_due_so_long_after_its_end(department: Department):
    assert due(department) == date(2026, 4, 8)  # 1, 2 and 3 April, 清明 until the 6th, then 7 and 8


def test_hr_may_set_another_day_for_the_data_of_a_cycle(session: Session):
    department = Department(session)
    department.cycle.data_due_on = date(2026, 4, 20)
    assert due(department) == date(2026, 4, 20)


def test_who_joins_after_the_day_set_for_the_data_has_the_usual_time(department: Department):
    department.cycle.data_due_on = date(2026, 4, 7)
    appraisal = department.appraisal(department.first)
    with clock.at(date(2026, 4, 15)):
        appraisal.step_since = clock.now()
    assert due(department) == date(2026, 4, 22)


def test_a_year_that_the_calendar_does_not_cover_gives_no_day(department: Department):
    department.bring(department.first, "self_assessment", date(2027, 12, 30))
    assert due(department) is None


def test_who_is_not_rated_and_what_is_filed_has_no_deadline(department: Department):
    appraisal = department.appraisal(department.first)
    appraisal.step = "archived"
    assert due(department) is None
    appraisal.step, appraisal.rated, appraisal.not_rated_reason = "data_collection", False, "全期请假"
    assert due(department) is None


# Extensions


def extend(department: Department, **how: object) -> list[tuple[str, str]]:
    values = {"step": "self_assessment", "until_on": date(2026, 1, 23), "reason": "系统停机两日"} | how
    actor = values.pop("actor", department.hr)
    with clock.at(date(2026, 1, 14)):
        answers = extending.extend_deadline(department.session, actor, department.cycle, **values)
    return [(answer.name, answer.code) for answer in answers]


def test_an_extension_for_all_moves_the_day_and_says_so_of_everybody(department: Department):
    department.bring(department.first, "self_assessment", date(2026, 1, 9))
    assert extend(department) == [("张三", "done"), ("李四", "when_there")]
    assert due(department) == date(2026, 1, 23)
    assert department.told(department.first) == ["extended"]
    department.bring(department.second, "self_assessment", date(2026, 1, 12))
    assert due(department, department.second) == date(2026, 1, 23)


def test_an_extension_for_one_person_leaves_the_others(department: Department):
    for person in (department.first, department.second):
        department.bring(person, "self_assessment", date(2026, 1, 9))
    assert extend(department, appraisal_ids=[department.appraisal(department.first).id]) == [("张三", "done")]
    assert (due(department), due(department, department.second)) == (date(2026, 1, 23), date(2026, 1, 16))


def test_an_extension_for_a_unit_reaches_those_below_it(department: Department):
    inside = make.an_employee(
        department.session, post=make.a_post(department.session, unit=make.a_unit(department.session, parent=department.unit))
    )
    outside = make.an_employee(department.session, "外人", post=make.a_post(department.session))
    service.refresh_cycle(department.session, department.hr, department.cycle)
    for person in (inside, outside):
        department.bring(person, "self_assessment", date(2026, 1, 9))
    answers = extend(department, unit_id=department.unit.id)
    assert ("外人", "done") not in answers
    assert (due(department, inside), due(department, outside)) == (date(2026, 1, 23), date(2026, 1, 16))


def test_an_extension_never_shortens(department: Department):
    department.bring(department.first, "self_assessment", date(2026, 1, 13))
    assert extend(department, until_on=date(2026, 1, 19)) == [("张三", "late_enough"), ("李四", "when_there")]
    assert due(department) == date(2026, 1, 20)


def test_of_several_extensions_the_latest_day_counts_and_all_are_on_record(department: Department):
    department.bring(department.first, "self_assessment", date(2026, 1, 9))
    one = [department.appraisal(department.first).id]
    extend(department, until_on=date(2026, 1, 27), appraisal_ids=one)
    extend(department, until_on=date(2026, 1, 20))
    assert due(department) == date(2026, 1, 27)
    assert [one.until_on.day for one in queries.extensions_of(department.session, department.cycle)] == [27, 20]
    audit.flush(department.session)
    last = department.session.exec(select(audit.AuditRecord).order_by(audit.AuditRecord.seq)).all()[-1]
    assert (last.action, "系统停机两日" in last.payload) == ("deadline.extend", True)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"step": "archived"}, "unknown_step"),
        ({"step": "lunch"}, "unknown_step"),
        ({"until_on": date(2026, 1, 13)}, "bad_dates"),
        ({"until_on": date(2026, 1, 24)}, "bad_dates"),  # a Saturday
        ({"until_on": date(2026, 2, 16)}, "bad_dates"),  # 春节
        ({"until_on": date(2030, 1, 2)}, "bad_dates"),
        ({"reason": " "}, "bad_text"),
        ({"unit_id": 10**6}, "unknown_unit"),
        ({"unit_id": 1, "appraisal_ids": [1]}, "bad_reach"),
    ],
)
def test_an_extension_that_makes_no_sense_is_refused(department: Department, how: dict[str, object], code: str):
    with pytest.raises(Invalid) as refused:
        extend(department, **how)
    assert refused.value.code == code


@pytest.mark.parametrize("until_on", [date(2026, 1, 14), date(2026, 2, 14), date(2026, 2, 28)])
def test_today_and_a_weekend_worked_instead_are_days_to_extend_to(department: Department, until_on: date):
    extend(department, until_on=until_on)


def test_only_hr_extends_and_within_its_units(department: Department):
    for actor in (department.actor(department.manager), department.actor(department.first), make.an_actor(department.session)):
        with pytest.raises(NotAllowed):
            extend(department, actor=actor)
        with pytest.raises(NotAllowed):
            extend(department, actor=actor, appraisal_ids=[department.appraisal(department.first).id])


# What is said day by day


def run(department: Department, on: date) -> dict[str, int]:
    with clock.at(on):
        ran = deadlines.run_deadlines(department.session, SYSTEM)
    return next(one.noted for one in ran if one.cycle.id == department.cycle.id)


def test_from_the_reminder_to_the_escalation(department: Department):
    department.bring(department.first, "self_assessment", date(2026, 1, 9))  # due on Friday the 16th
    department.second.left_on = date(2025, 12, 31)
    service.refresh_cycle(department.session, department.hr, department.cycle)
    assert run(department, date(2026, 1, 13)) == {}
    assert run(department, date(2026, 1, 14)) == {"due_soon": 1}
    assert run(department, date(2026, 1, 15)) == {}
    assert run(department, date(2026, 1, 16)) == {"due_today": 1}
    assert department.told(department.manager) == []
    assert run(department, date(2026, 1, 17)) == {"overdue": 1, "closing": 1}
    assert department.told(department.first) == ["due_soon", "due_today", "overdue"]
    assert department.told(department.manager) == ["escalated"]
    assert department.told(department.officer) == ["closing"]
    assert department.words(department.manager) == "测试周期「自我评估」已于 2026-01-16 到期, 请督促: 张三"
    assert department.words(department.first).endswith("您本人")


def test_twice_on_one_day_says_nothing_new(department: Department):
    department.bring(department.first, "self_assessment", date(2026, 1, 9))
    assert run(department, date(2026, 1, 19)) == {"overdue": 1, "closing": 1}
    assert run(department, date(2026, 1, 19)) == {}
    assert run(department, date(2026, 1, 26)) == {}
    assert department.told(department.first) == ["overdue"]


def test_an_extension_begins_anew_and_so_does_a_case_sent_back(department: Department):
    appraisal = department.bring(department.first, "self_assessment", date(2026, 1, 9))
    run(department, date(2026, 1, 16))
    extend(department)
    assert run(department, date(2026, 1, 22)) == {"due_soon": 1}
    with clock.at(date(2026, 1, 22)):
        service.advance_appraisal(
            department.session, department.actor_of(department.first), appraisal, "submit_self_assessment"
        )
        service.advance_appraisal(
            department.session, department.hr, appraisal, "return_to_self_assessment", reason="述职缺数据"
        )
    assert due(department) == date(2026, 1, 29)
    assert run(department, date(2026, 1, 29)) == {"due_today": 1}


def test_a_supervisor_is_told_once_for_all_and_their_superior_who_it_is(department: Department):
    for person in (department.first, department.second):
        department.bring(person, "supervisor_review", date(2026, 1, 9))
    assert run(department, date(2026, 1, 19)) == {"overdue": 2}
    assert department.told(department.manager) == ["overdue"]
    assert department.words(department.manager).endswith("张三、李四")
    assert department.told(department.director) == ["escalated"]
    assert department.words(department.director).endswith("李经理")
    assert department.told(department.first) == []


def test_hr_hears_of_what_has_no_superior(session: Session):
    department = Department(session)
    alone = make.an_employee(session, "孤身", post=make.a_post(session))
    service.refresh_cycle(session, department.hr, department.cycle)
    department.bring(alone, "self_assessment", date(2026, 1, 9))
    run(department, date(2026, 1, 19))
    assert "escalated" in department.told(department.officer)


def test_what_is_due_by_a_role_is_told_to_its_holders(department: Department):
    provider = make.an_employee(department.session, "数据员")
    department.actor(provider, "data_provider")
    assert run(department, date(2026, 4, 8)) == {"due_today": 2}
    assert department.told(provider) == department.told(department.officer) == ["due_today"]


def test_a_closed_or_draft_cycle_has_nobody_to_remind(department: Department):
    make.a_cycle(department.session, period="2026-Q2")
    for person in (department.first, department.second):
        department.appraisal(person).step = "archived"
    service.close_cycle(department.session, department.hr, department.cycle)
    with clock.at(date(2026, 4, 20)):
        assert deadlines.run_deadlines(department.session, SYSTEM) == ()


def test_nobody_but_hr_and_the_machine_itself_runs_it(department: Department):
    with pytest.raises(NotAllowed):
        deadlines.run_deadlines(department.session, department.actor(department.manager))


# Reminders by hand


def remind(department: Department, actor, on: date = date(2026, 1, 13), **how: object) -> list[tuple[str, str]]:
    with clock.at(on):
        answers = deadlines.remind(department.session, actor, department.cycle, **how)
    return [(answer.name, answer.code) for answer in answers]


def test_a_reminder_goes_out_once_a_day_and_says_of_each_what_was_done(department: Department):
    department.bring(department.first, "self_assessment", date(2026, 1, 9))
    manager = department.actor(department.manager)
    assert remind(department, manager) == [("张三", "done"), ("李四", "done")]
    assert remind(department, manager) == [("张三", "reminded_today"), ("李四", "reminded_today")]
    assert remind(department, department.hr, date(2026, 1, 14)) == [("张三", "done"), ("李四", "nobody_to_tell")]
    assert department.told(department.first) == ["remind", "remind"]


def test_a_reminder_of_what_is_not_ones_own_to_remind_of_is_left_out(department: Department):
    stranger = make.an_employee(department.session, "外人", post=make.a_post(department.session))
    service.refresh_cycle(department.session, department.hr, department.cycle)
    ids = [department.appraisal(stranger).id, department.appraisal(department.first).id, 10**6]
    answers = remind(department, department.actor(department.manager), appraisal_ids=ids)
    assert answers == [("张三", "done"), ("", "not_yours"), ("", "not_yours")]
    with pytest.raises(NotAllowed):
        remind(department, department.actor(department.first))


def test_in_a_cycle_that_does_not_run_nobody_is_reminded(department: Department):
    draft = make.a_cycle(department.session, period="2026-Q2")
    with pytest.raises(Conflict):
        deadlines.remind(department.session, department.hr, draft)
    assert department.session.exec(select(DeadlineNotice).where(DeadlineNotice.kind == "remind")).all() == []
    assert department.session.get_one(Cycle, draft.id).status == "draft"


# The command


def test_the_command_says_what_it_did_and_clears_away_old_keys(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    settings.cache_clear()
    with db.transaction(engine, write=True) as session:
        department = Department(session)
        department.bring(department.second, "self_assessment", date(2027, 12, 30))
        code = department.cycle.code
        account = make.an_account(session, "hr")
        with clock.at(date(2026, 3, 31)):
            idempotency.claim(session, account.id, "a week and a day ago", "x")
        with clock.at(date(2026, 4, 2)):
            idempotency.claim(session, account.id, "six days ago", "x")
    with clock.at(date(2026, 4, 8)):
        first, second = (CliRunner().invoke(deadlines_command) for _ in range(2))
    assert first.stdout == f"{code}: 1 due_today\n"
    assert second.stdout == f"{code}: nothing new\n"
    assert "1 without a deadline" in first.stderr
    with db.transaction(engine, write=False) as session:
        assert session.exec(select(idempotency.IdempotencyKey.key)).all() == ["six days ago"]
    settings.cache_clear()


def test_two_runs_at_once_say_everything_once(engine: Engine):
    with db.transaction(engine, write=True) as session:
        department = Department(session)
        department.bring(department.first, "self_assessment", date(2026, 1, 9))
    noted: list[dict[str, int]] = []

    def look() -> None:
        with clock.at(date(2026, 1, 19)), db.transaction(engine, write=True) as own:
            noted.extend(ran.noted for ran in deadlines.run_deadlines(own, SYSTEM))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(noted, key=len) == [{}, {"overdue": 1, "closing": 1}]


def test_hr_of_one_unit_extends_and_reminds_there_only(department: Department):
    outside = make.an_employee(department.session, "外人", post=make.a_post(department.session))
    service.refresh_cycle(department.session, department.hr, department.cycle)
    account = make.an_account(department.session)
    department.session.add(AccountRole(account_id=account.id, role="hr", unit_id=department.unit.id))
    department.session.flush()
    limited = make.auth.actor_of(department.session, account)
    for person in (department.first, outside):
        department.bring(person, "self_assessment", date(2026, 1, 9))
    ids = [department.appraisal(person).id for person in (department.first, outside)]
    assert extend(department, actor=limited, appraisal_ids=ids) == [("张三", "done"), ("", "not_yours")]
    assert ("张三", "late_enough") in extend(department, actor=limited, unit_id=department.unit.id)
    with pytest.raises(NotAllowed):
        extend(department, actor=limited)
    assert remind(department, limited) == [("张三", "done"), ("李四", "done")]
