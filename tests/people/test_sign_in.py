"""Accounts and sessions: who gets in, for how long, and what shuts them out."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, clock, db
from appraisal.actor import SYSTEM, Actor
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people import accounts, auth, sessions
from appraisal.people.models import Account, PasswordReset, WebSession
from tests import factories as make

MORNING = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def login(engine: Engine) -> str:
    """Somebody of HR who can sign in."""
    with db.transaction(engine, write=True) as session:
        return make.an_account(session, "employee", "hr", employee=make.an_employee(session, "王芳")).login


def signed_in(target: Engine, token: str) -> auth.SignedIn | None:
    with db.transaction(target, write=False) as session:
        return auth.load_actor(session, token)


def change(target: Engine, login: str, act: object) -> None:
    with db.transaction(target, write=True) as session:
        account = session.exec(select(Account).where(Account.login == login)).one()
        act(session, account)


# Signing in


def test_the_right_password_opens_a_session_of_that_actor(engine: Engine, login: str):
    opened = sessions.sign_in(engine, login, make.PASSWORD)
    token, actor = opened.token, opened.actor
    assert (actor.name, actor.roles) == ("王芳", frozenset({"employee", "hr"}))
    assert signed_in(engine, token).actor == actor


def test_a_login_is_read_without_regard_to_case(engine: Engine, login: str):
    assert sessions.sign_in(engine, f" {login.upper()} ", make.PASSWORD)


def test_a_wrong_password_and_an_unknown_login_are_refused_alike(engine: Engine, login: str):
    refusals = []
    for name, password in ((login, "wrong horse battery"), ("nobody", make.PASSWORD), (login, ""), (login, "x" * 1000)):
        with pytest.raises(NotAllowed) as refused:
            sessions.sign_in(engine, name, password)
        refusals.append((refused.value.code, refused.value.message))
    assert len(set(refusals)) == 1


def test_an_unknown_login_costs_a_verification_too(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    asked = []
    real = auth.HASHER.verify
    monkeypatch.setattr(type(auth.HASHER), "verify", lambda self, *given: asked.append(given) or real(*given))
    with pytest.raises(NotAllowed):
        sessions.sign_in(engine, "nobody", make.PASSWORD)
    assert len(asked) == 1


def test_a_disabled_account_does_not_get_in(engine: Engine, login: str):
    change(engine, login, lambda session, account: accounts.set_disabled(session, admin(session), account, True, reason="离职"))
    with pytest.raises(NotAllowed):
        sessions.sign_in(engine, login, make.PASSWORD)


def test_the_stored_token_is_only_a_hash(engine: Engine, login: str):
    token = sessions.sign_in(engine, login, make.PASSWORD).token
    with db.transaction(engine, write=False) as session:
        [web_session] = session.exec(select(WebSession)).all()
    assert token not in str(web_session)
    assert signed_in(engine, web_session.token_hash) is None


def test_signing_in_and_out_are_on_the_trail(engine: Engine, login: str):
    opened = sessions.sign_in(engine, login, make.PASSWORD)
    token, actor = opened.token, opened.actor
    with db.transaction(engine, write=True) as session:
        sessions.sign_out(session, actor, token)
    with db.transaction(engine, write=False) as session:
        actions = session.exec(select(audit.AuditRecord.action).order_by(audit.AuditRecord.seq)).all()
        assert audit.verify(session) is None
    assert actions[-2:] == ["account.sign_in", "account.sign_out"]


def test_a_hash_of_older_cost_is_renewed_at_sign_in(engine: Engine, login: str, monkeypatch: pytest.MonkeyPatch):
    import argon2

    monkeypatch.setattr(auth, "HASHER", argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sessions.sign_in(engine, login, make.PASSWORD)
    change(engine, login, lambda _, account: account.password_hash.index("m=16,t=2,p=1"))
    assert sessions.sign_in(engine, login, make.PASSWORD)


# Sessions end


def test_signing_out_ends_the_session(engine: Engine, login: str):
    opened = sessions.sign_in(engine, login, make.PASSWORD)
    token, actor = opened.token, opened.actor
    with db.transaction(engine, write=True) as session:
        sessions.sign_out(session, actor, token)
    assert signed_in(engine, token) is None


@pytest.mark.parametrize(("idle", "holds"), [(auth.IDLE - timedelta(seconds=1), True), (auth.IDLE, False)])
def test_a_session_ends_when_nobody_uses_it(engine: Engine, login: str, idle: timedelta, holds: bool):
    with clock.at(MORNING):
        token = sessions.sign_in(engine, login, make.PASSWORD).token
    with clock.at(MORNING + idle):
        assert (signed_in(engine, token) is not None) is holds


def test_using_a_session_keeps_it_but_not_beyond_its_lifetime(engine: Engine, login: str):
    with clock.at(MORNING):
        token = sessions.sign_in(engine, login, make.PASSWORD).token
    hours = int(auth.LIFETIME.total_seconds() // 3600)
    for hour in range(1, hours):
        with clock.at(MORNING + timedelta(hours=hour)):
            found = signed_in(engine, token)
            with db.transaction(engine, write=True) as session:
                sessions.touch_session(session, found.session_id)
    with clock.at(MORNING + auth.LIFETIME - timedelta(seconds=1)):
        assert signed_in(engine, token) is not None
    with clock.at(MORNING + auth.LIFETIME):
        assert signed_in(engine, token) is None


def test_last_seen_is_due_at_most_once_a_minute(engine: Engine, login: str):
    with clock.at(MORNING):
        token = sessions.sign_in(engine, login, make.PASSWORD).token
    found = signed_in_at(engine, token, MORNING + timedelta(seconds=59))
    assert found == (True, False)
    assert signed_in_at(engine, token, MORNING + timedelta(seconds=60)) == (True, True)


def signed_in_at(target: Engine, token: str, instant: datetime) -> tuple[bool, bool]:
    with clock.at(instant):
        found = signed_in(target, token)
        return found is not None, found is not None and found.is_touch_due()


@pytest.mark.parametrize(("idle", "holds"), [(timedelta(seconds=119), True), (timedelta(seconds=120), False)])
def test_a_session_on_a_shared_screen_ends_after_two_minutes(engine: Engine, login: str, idle: timedelta, holds: bool):
    with clock.at(MORNING):
        opened = sessions.sign_in(engine, login, make.PASSWORD, kiosk=True)
    with clock.at(MORNING + idle):
        assert (signed_in(engine, opened.token) is not None) is holds
        with db.transaction(engine, write=False) as session:
            assert bool(session.exec(sessions.own_sessions(opened.actor)).all()) is holds


def test_using_a_shared_screen_keeps_the_session_from_one_act_to_the_next(engine: Engine, login: str):
    with clock.at(MORNING):
        token = sessions.sign_in(engine, login, make.PASSWORD, kiosk=True).token
    assert signed_in_at(engine, token, MORNING + timedelta(seconds=4)) == (True, False)
    for minute in (1, 2, 3, 4):
        assert signed_in_at(engine, token, MORNING + timedelta(minutes=minute)) == (True, True)
        with clock.at(MORNING + timedelta(minutes=minute)), db.transaction(engine, write=True) as session:
            sessions.touch_session(session, auth.load_actor(session, token).session_id)


def test_a_password_chosen_on_a_shared_screen_begins_a_session_for_it(engine: Engine, login: str):
    actor = sessions.sign_in(engine, login, make.PASSWORD, kiosk=True).actor
    opened = sessions.change_password(engine, actor, old=make.PASSWORD, new="another long password", kiosk=True)
    assert signed_in(engine, opened.token).kiosk


def test_an_initial_password_is_changed_first_on_a_shared_screen_too(engine: Engine, login: str):
    change(engine, login, lambda _, account: setattr(account, "must_change_password", True))
    opened = sessions.sign_in(engine, login, make.PASSWORD, kiosk=True)
    assert opened.must_change_password
    assert signed_in(engine, opened.token).must_change_password


def test_what_has_ended_is_dropped_and_what_holds_stays(engine: Engine, login: str):
    with clock.at(MORNING):
        old = sessions.sign_in(engine, login, make.PASSWORD, kiosk=True)
        change(engine, login, lambda session, account: accounts.create_reset(session, admin(session), account))
    with clock.at(MORNING + timedelta(hours=1)):
        kept = sessions.sign_in(engine, login, make.PASSWORD)
        with db.transaction(engine, write=True) as session:
            sessions.forget_old(session)
            of_account = select(WebSession.token_hash).where(WebSession.account_id == old.actor.account_id)
            assert session.exec(of_account).all() == [auth.token_hash(kept.token)]
            assert session.exec(select(PasswordReset).where(PasswordReset.account_id == old.actor.account_id)).all()
    with clock.at(MORNING + timedelta(days=1)), db.transaction(engine, write=True) as session:
        sessions.forget_old(session)
        assert not session.exec(of_account).all()
        assert not session.exec(select(PasswordReset).where(PasswordReset.account_id == old.actor.account_id)).all()


def test_a_new_password_ends_every_session(engine: Engine, login: str):
    opened = sessions.sign_in(engine, login, make.PASSWORD)
    token, actor = opened.token, opened.actor
    secret = auth.secret_of("another long password")
    change(engine, login, lambda session, account: accounts.set_password(session, actor, account, secret))
    assert signed_in(engine, token) is None
    assert sessions.sign_in(engine, login, "another long password")


def test_disabling_an_account_acts_at_the_next_request(engine: Engine, login: str):
    token = sessions.sign_in(engine, login, make.PASSWORD).token
    change(engine, login, lambda session, account: accounts.set_disabled(session, admin(session), account, True, reason="离职"))
    assert signed_in(engine, token) is None


def test_an_unknown_token_is_nobody(engine: Engine):
    assert signed_in(engine, "made up") is None


# Accounts


def admin(session: Session) -> Actor:
    return make.an_actor(session, "admin")


def test_a_first_password_is_random_shown_once_and_must_be_changed(session: Session):
    first, second = auth.new_secret(), auth.new_secret()
    assert first.text != second.text
    assert first.text not in repr(first)
    account = accounts.create_account(session, admin(session), login="Wang.Fang", secret=first)
    assert account.login == "wang.fang"
    assert account.must_change_password
    assert auth.password_fits(account.password_hash, first.text)
    assert not auth.password_fits(account.password_hash, second.text)


def test_the_operator_of_the_machine_may_make_the_first_account(session: Session):
    assert accounts.create_account(session, SYSTEM, login="root", secret=auth.new_secret(), roles=["admin"])


def test_nobody_else_makes_accounts(session: Session):
    with pytest.raises(NotAllowed):
        accounts.create_account(session, make.hr(session), login="x", secret=auth.new_secret())


@pytest.mark.parametrize("role", ["supervisor", "king"])
def test_a_role_that_is_a_relation_or_unknown_is_not_given(session: Session, role: str):
    with pytest.raises(Invalid):
        accounts.create_account(session, admin(session), login="x", secret=auth.new_secret(), roles=["employee", role])


def test_a_login_is_given_once(session: Session):
    accounts.create_account(session, admin(session), login="x", secret=auth.new_secret())
    with pytest.raises(Conflict):
        accounts.create_account(session, admin(session), login="X", secret=auth.new_secret())


def long_enough(length: int) -> str:
    """A password of a length that only its length speaks against."""
    return "".join(chr(ord("一") + 37 * place) for place in range(length))


@pytest.mark.parametrize(("length", "fits"), [(9, False), (10, True), (256, True), (257, False)])
def test_a_password_has_between_10_and_256_characters(length: int, fits: bool):
    if fits:
        assert auth.secret_of(long_enough(length))
    else:
        with pytest.raises(Invalid):
            auth.secret_of(long_enough(length))


def test_the_owners_password_stands_and_an_administrators_must_be_changed(session: Session):
    account = make.an_account(session, "employee")
    accounts.set_password(session, auth.actor_of(session, account), account, auth.secret_of("long enough now"))
    assert not account.must_change_password
    accounts.set_password(session, admin(session), account, auth.new_secret())
    assert account.must_change_password
    with pytest.raises(NotAllowed):
        accounts.set_password(session, make.hr(session), account, auth.new_secret())


# Relations


def test_a_person_is_the_employee_of_their_own_case_and_nothing_else(session: Session):
    employee = make.an_employee(session)
    actor = make.an_actor(session, "hr", "approver", employee=employee)
    assert auth.relations_to(session, actor, employee.id, clock.today()) == {"employee"}


def test_the_supervisor_is_whoever_the_line_names_on_that_day(session: Session):
    head = make.an_employee(session, "主管")
    employee = make.an_employee(session, joined_on=MORNING.date(), supervisor=head)
    actor = make.an_actor(session, "employee", employee=head)
    assert auth.relations_to(session, actor, employee.id, MORNING.date()) == {"supervisor"}
    assert auth.relations_to(session, actor, employee.id, MORNING.date() - timedelta(days=1)) == frozenset()


def test_roles_that_handle_cases_count_towards_anybody_elses(session: Session):
    actor = make.an_actor(session, "hr", "admin", "employee")
    assert auth.relations_to(session, actor, make.an_employee(session).id, clock.today()) == {"hr"}


def test_somebody_without_relation_is_told_there_is_nothing(session: Session):
    employee, on = make.an_employee(session), clock.today()
    with pytest.raises(NotFound):
        auth.require_relation(session, make.an_actor(session, "employee"), employee.id, on, "supervisor")


def test_somebody_with_another_relation_is_told_it_is_not_theirs_to_do(session: Session):
    employee, on = make.an_employee(session), clock.today()
    with pytest.raises(NotAllowed):
        auth.require_relation(session, make.an_actor(session, "payroll"), employee.id, on, "supervisor", "hr")
    assert auth.require_relation(session, make.hr(session), employee.id, on, "supervisor", "hr") == {"hr"}


def test_the_operator_counts_only_where_it_is_said_and_only_on_the_command_line():
    auth.require_role(SYSTEM, "admin", operator=True)
    for actor, operator in ((SYSTEM, False), (SYSTEM.acting_via("job"), True)):
        with pytest.raises(NotAllowed):
            auth.require_role(actor, "admin", operator=operator)
