"""Giving access: roles and their limits, reset codes, changing one's password, tokens of machines."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, clock, db
from appraisal.actor import SYSTEM, Actor
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed, NotFound
from appraisal.people import accounts, auth, queries, sessions, tokens
from appraisal.people.models import Account, ApiToken, PasswordReset, WebSession
from tests import factories as make

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
GOOD = "vermilion otter kettle"
OTHER = "lorry violet ostrich"


def an_admin(session: Session) -> Actor:
    return make.an_actor(session, "admin")


def payloads(session: Session) -> str:
    audit.flush(session)
    return " ".join(record.payload or "" for record in session.exec(select(audit.AuditRecord)))


# Roles


@pytest.mark.parametrize("role", ["hr", "payroll"])
def test_hr_and_payroll_may_be_given_for_a_unit(session: Session, role: str):
    unit = make.a_unit(session)
    account = accounts.create_account(session, an_admin(session), login="x", secret=auth.new_secret(), roles=[(role, unit.id)])
    assert auth.actor_of(session, account).limits == {(role, unit.id)}


@pytest.mark.parametrize("role", ["admin", "approver", "auditor", "data_provider", "employee"])
def test_other_roles_may_not(session: Session, role: str):
    grant = (role, make.a_unit(session).id)
    with pytest.raises(Invalid, match="cannot be limited"):
        accounts.create_account(session, an_admin(session), login="x", secret=auth.new_secret(), roles=[grant])


def test_a_role_for_a_unit_that_is_not_there_is_refused(session: Session):
    with pytest.raises(Invalid, match="no unit"):
        accounts.create_account(session, an_admin(session), login="x", secret=auth.new_secret(), roles=[("hr", 2**31 - 1)])


@pytest.mark.parametrize(
    ("roles", "stands"), [(("admin", "payroll"), False), (("admin", "auditor"), False), (("admin", "hr"), True)]
)
def test_who_gives_out_access_is_neither_payroll_nor_auditor(session: Session, roles: tuple[str, ...], stands: bool):
    account = make.an_account(session, "employee")
    if stands:
        accounts.set_roles(session, an_admin(session), account, roles, reason="调岗")
    else:
        with pytest.raises(Invalid):
            accounts.set_roles(session, an_admin(session), account, roles, reason="调岗")


def test_roles_given_anew_take_the_place_of_the_old_and_raise_the_version(session: Session):
    unit = make.a_unit(session)
    account = make.an_account(session, "employee", "payroll")
    before = account.version
    accounts.set_roles(session, an_admin(session), account, ["employee", ("hr", unit.id)], reason="调岗", version=before)
    assert queries.roles_of(session, account.id) == {"employee", "hr"}
    assert account.version == before + 1
    with pytest.raises(Conflict):
        accounts.set_roles(session, an_admin(session), account, [], reason="调岗", version=before)


def test_changed_roles_act_at_the_next_request(engine: Engine):
    with db.transaction(engine, write=True) as session:
        login = make.an_account(session, "employee", "hr").login
    token = sessions.sign_in(engine, login, make.PASSWORD).token
    with db.transaction(engine, write=True) as session:
        accounts.set_roles(session, an_admin(session), queries.account_by_login(session, login), ["employee"], reason="调岗")
    with db.transaction(engine, write=False) as session:
        assert auth.load_actor(session, token).actor.roles == {"employee"}


@pytest.mark.parametrize("act", ["roles", "disable", "reset"])
def test_an_administrator_does_not_change_what_their_own_account_may_do(session: Session, act: str):
    admin = an_admin(session)
    own = session.get_one(Account, admin.account_id)
    acts = {
        "roles": lambda: accounts.set_roles(session, admin, own, ["admin", "hr"], reason="x"),
        "disable": lambda: accounts.set_disabled(session, admin, own, True, reason="x"),
        "reset": lambda: accounts.create_reset(session, admin, own),
    }
    with pytest.raises(NotAllowed) as refused:
        acts[act]()
    assert refused.value.code == "own_case"


@pytest.mark.parametrize("roles", [("hr", "payroll", "approver", "auditor", "data_provider", "employee"), ()])
def test_nobody_but_an_administrator_gives_access(session: Session, roles: tuple[str, ...]):
    actor, account = make.an_actor(session, *roles), make.an_account(session)
    for act in (
        lambda: accounts.create_account(session, actor, login="x", secret=auth.new_secret()),
        lambda: accounts.set_roles(session, actor, account, ["hr"], reason="x"),
        lambda: accounts.set_disabled(session, actor, account, True, reason="x"),
        lambda: accounts.create_reset(session, actor, account),
        lambda: a_token(session, actor, account),
        lambda: tokens.revoke_token(session, actor, 1),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("how", [{"token_id": 1}, {"on_behalf_of": 1}])
def test_what_opens_doors_is_done_in_person(session: Session, how: dict[str, int]):
    admin, account = replace(an_admin(session), **how), make.an_account(session)
    own = session.get_one(Account, admin.account_id)
    for act in (
        lambda: accounts.create_account(session, admin, login="x", secret=auth.new_secret()),
        lambda: accounts.set_roles(session, admin, account, ["hr"], reason="x"),
        lambda: accounts.set_disabled(session, admin, account, True, reason="x"),
        lambda: accounts.create_reset(session, admin, account),
        lambda: accounts.set_password(session, admin, own, auth.secret_of(GOOD)),
        lambda: a_token(session, admin, account),
        lambda: tokens.revoke_token(session, admin, 1),
        lambda: sessions.own_sessions(admin),
        lambda: sessions.end_session(session, admin, 1),
    ):
        with pytest.raises(NotAllowed) as refused:
            act()
        assert refused.value.code == "in_person"


def test_an_employee_has_one_account(session: Session):
    employee = make.an_employee(session)
    accounts.create_account(session, an_admin(session), login="x", secret=auth.new_secret(), employee=employee)
    with pytest.raises(Conflict):
        accounts.create_account(session, an_admin(session), login="y", secret=auth.new_secret(), employee=employee)


def test_an_account_is_there_for_its_owner_administrators_and_auditors_only(session: Session):
    account = make.an_account(session, "employee")
    for actor in (an_admin(session), make.an_actor(session, "auditor"), auth.actor_of(session, account)):
        assert accounts.find_account(session, actor, account.id) is account
    for actor in (make.hr(session), make.an_actor(session, "payroll", "employee")):
        with pytest.raises(NotFound):
            accounts.find_account(session, actor, account.id)


# Reset codes


@pytest.fixture
def login(engine: Engine) -> str:
    with db.transaction(engine, write=True) as session:
        return make.an_account(session, "employee", employee=make.an_employee(session, "欧阳测试")).login


def a_reset(engine: Engine, login: str) -> str:
    with db.transaction(engine, write=True) as session:
        return accounts.create_reset(session, an_admin(session), queries.account_by_login(session, login)).code


def test_a_reset_code_sets_a_password_that_need_not_be_changed_and_ends_every_session(engine: Engine, login: str):
    token = sessions.sign_in(engine, login, make.PASSWORD).token
    code = a_reset(engine, login)
    sessions.use_reset(engine, f" {code.upper().replace('-', ' ')} ", GOOD)
    with db.transaction(engine, write=False) as session:
        assert auth.load_actor(session, token) is None
    assert not sessions.sign_in(engine, login, GOOD).must_change_password
    with pytest.raises(NotAllowed):
        sessions.sign_in(engine, login, make.PASSWORD)


def test_the_old_password_holds_until_the_code_is_used(engine: Engine, login: str):
    a_reset(engine, login)
    assert sessions.sign_in(engine, login, make.PASSWORD)


def refused_reset(engine: Engine, code: str) -> tuple[str, object]:
    with pytest.raises(Invalid) as refused:
        sessions.use_reset(engine, code, GOOD)
    return refused.value.code, refused.value.message


def test_a_code_holds_once_and_what_opens_nothing_is_refused_alike(engine: Engine, login: str):
    code = a_reset(engine, login)
    sessions.use_reset(engine, code, GOOD)
    used = refused_reset(engine, code)
    old, new = a_reset(engine, login), a_reset(engine, login)
    unknown, replaced = refused_reset(engine, "made-up"), refused_reset(engine, old)
    with db.transaction(engine, write=True) as session:
        account = queries.account_by_login(session, login)
        accounts.set_disabled(session, an_admin(session), account, True, reason="离职")
    assert {used, unknown, replaced, refused_reset(engine, new)} == {used}


@pytest.mark.parametrize(("after", "holds"), [(timedelta(hours=24, seconds=-1), True), (timedelta(hours=24), False)])
def test_a_code_holds_for_a_day(engine: Engine, login: str, after: timedelta, holds: bool):
    with clock.at(NOW):
        code = a_reset(engine, login)
    with clock.at(NOW + after):
        if holds:
            sessions.use_reset(engine, code, GOOD)
        else:
            assert refused_reset(engine, code)[0] == "bad_reset"


def test_of_many_who_use_a_code_at_once_one_succeeds(engine: Engine, login: str):
    code = a_reset(engine, login)

    def use(number: int) -> str:
        try:
            sessions.use_reset(engine, code, f"{GOOD} {number}")
        except AppraisalError as refused:
            return refused.code
        return "used"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(use, range(6)))
    assert answers.count("used") == 1 and set(answers) == {"used", "bad_reset"}


def test_a_password_too_weak_does_not_use_the_code_up(engine: Engine, login: str):
    code = a_reset(engine, login)
    for weak in ("short", "1234567890", f"{login}{login}", "欧阳测试欧阳测试欧阳测试"):
        with pytest.raises(Invalid):
            sessions.use_reset(engine, code, weak)
    sessions.use_reset(engine, code, GOOD)


def test_a_shut_account_gets_no_reset_code(session: Session):
    account = make.an_account(session)
    accounts.set_disabled(session, an_admin(session), account, True, reason="离职")
    with pytest.raises(Conflict):
        accounts.create_reset(session, an_admin(session), account)


def test_no_secret_is_in_the_tables_the_trail_or_a_repr(session: Session):
    admin, account = an_admin(session), make.an_account(session)
    reset, token, secret = accounts.create_reset(session, admin, account), a_token(session, admin, account), auth.new_secret()
    accounts.create_account(session, admin, login="x", secret=secret)
    rows = [*session.exec(select(PasswordReset)), *session.exec(select(ApiToken)), *session.exec(select(Account))]
    said = f"{rows} {reset} {token} {secret} {payloads(session)}"
    assert not [text for text in (reset.code, token.text, secret.text, secret.hash) if text in said]


# One's own password


def own_change(engine: Engine, login: str, old: str, new: str) -> sessions.Opened:
    with db.transaction(engine, write=False) as session:
        actor = auth.actor_of(session, queries.account_by_login(session, login))
    return sessions.change_password(engine, actor, old=old, new=new)


def test_ones_own_new_password_ends_the_other_sessions_and_begins_a_new_one(engine: Engine, login: str):
    old = sessions.sign_in(engine, login, make.PASSWORD).token
    opened = own_change(engine, login, make.PASSWORD, GOOD)
    with db.transaction(engine, write=False) as session:
        assert auth.load_actor(session, old) is None
        assert not auth.load_actor(session, opened.token).must_change_password
    assert sessions.sign_in(engine, login, GOOD)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("not the password", GOOD, "wrong_password"),
        (make.PASSWORD, make.PASSWORD, "same_password"),
        (make.PASSWORD, "too short", "bad_password"),
        (make.PASSWORD, "password123456", "common_password"),
    ],
)
def test_a_change_of_password_that_cannot_be_leaves_the_old_one(engine: Engine, login: str, old: str, new: str, code: str):
    with pytest.raises(Invalid) as refused:
        own_change(engine, login, old, new)
    assert refused.value.code == code
    assert sessions.sign_in(engine, login, make.PASSWORD)


def test_the_old_password_cannot_be_guessed_there_either(engine: Engine, login: str):
    codes = []
    for _ in range(12):
        with pytest.raises(AppraisalError) as refused:
            own_change(engine, login, "not the password", GOOD)
        codes.append(refused.value.code)
    assert codes == ["wrong_password"] * 10 + ["too_many_attempts"] * 2


# Sessions


def test_one_ends_ones_own_sessions_and_nobody_elses(engine: Engine, login: str):
    with db.transaction(engine, write=True) as session:
        other = make.an_account(session).login
    mine, theirs = sessions.sign_in(engine, login, make.PASSWORD), sessions.sign_in(engine, other, make.PASSWORD)
    with db.transaction(engine, write=True) as session:
        [own] = session.exec(sessions.own_sessions(mine.actor)).all()
        with pytest.raises(NotFound):
            sessions.end_session(session, theirs.actor, own.id)
        sessions.end_session(session, mine.actor, own.id)
        assert session.exec(sessions.own_sessions(mine.actor)).all() == []
    with db.transaction(engine, write=False) as session:
        assert auth.load_actor(session, mine.token) is None
        assert auth.load_actor(session, theirs.token) is not None


def test_what_a_client_calls_itself_is_kept_short_and_printable(engine: Engine, login: str):
    sessions.sign_in(engine, login, make.PASSWORD, agent="Browser\n\0" + "x" * 500)
    with db.transaction(engine, write=False) as session:
        [row] = session.exec(select(WebSession)).all()
    assert row.agent == "Browser" + "x" * 193


# Tokens


def a_token(session: Session, actor: Actor, account: Account, **more: object) -> tokens.NewToken:
    asked = {"name": "ERP", "scopes": ["measures:write"], "expires_on": clock.today() + timedelta(days=30)} | more
    return tokens.make_token(session, actor, account, **asked)


def test_a_token_acts_as_its_account_within_its_scopes(session: Session):
    account = make.an_account(session, "data_provider")
    made = a_token(session, an_admin(session), account, scopes=["measures:write", "cycles:read", "cycles:read"])
    known = tokens.actor_of_token(session, made.text)
    assert known.scopes == {"measures:write", "cycles:read"}
    assert (known.actor.account_id, known.actor.roles, known.actor.via) == (account.id, {"data_provider"}, "api")
    assert known.actor.token_id == known.token_id == made.row.id
    assert tokens.actor_of_token(session, made.row.token_hash) is None


@pytest.mark.parametrize(
    ("last", "holds"), [(datetime(2026, 4, 30, 15, 59, 59, tzinfo=UTC), True), (datetime(2026, 4, 30, 16, tzinfo=UTC), False)]
)
def test_a_token_holds_to_the_end_of_its_last_day_where_the_company_is(session: Session, last: datetime, holds: bool):
    with clock.at(NOW):
        made = a_token(session, an_admin(session), make.an_account(session), expires_on=date(2026, 4, 30))
    with clock.at(last):
        assert (tokens.actor_of_token(session, made.text) is not None) is holds


@pytest.mark.parametrize(("days", "stands"), [(-1, False), (0, True), (365, True), (366, False)])
def test_a_token_is_for_a_year_at_most(session: Session, days: int, stands: bool):
    account, ends = make.an_account(session), clock.today() + timedelta(days=days)
    if stands:
        assert a_token(session, an_admin(session), account, expires_on=ends)
    else:
        with pytest.raises(Invalid):
            a_token(session, an_admin(session), account, expires_on=ends)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["cycles:read", "cycles:delete"]])
def test_a_token_has_scopes_and_only_known_ones(session: Session, scopes: list[str]):
    with pytest.raises(Invalid):
        a_token(session, an_admin(session), make.an_account(session), scopes=scopes)


def test_a_revoked_token_and_one_of_a_shut_account_open_nothing(session: Session):
    admin, first, second = an_admin(session), make.an_account(session), make.an_account(session)
    revoked, shut = a_token(session, admin, first), a_token(session, admin, second)
    tokens.revoke_token(session, admin, revoked.row.id)
    tokens.revoke_token(session, admin, revoked.row.id)
    accounts.set_disabled(session, admin, second, True, reason="停用")
    assert tokens.actor_of_token(session, revoked.text) is None
    assert tokens.actor_of_token(session, shut.text) is None
    with pytest.raises(Conflict):
        a_token(session, admin, second, name="another")


def test_a_name_is_free_again_once_its_token_is_revoked(session: Session):
    admin, account = an_admin(session), make.an_account(session)
    made = a_token(session, admin, account)
    with pytest.raises(Conflict):
        a_token(session, admin, account)
    tokens.revoke_token(session, admin, made.row.id)
    assert a_token(session, admin, account)


def test_no_token_speaks_for_a_person(session: Session):
    account = make.an_account(session, employee=make.an_employee(session))
    with pytest.raises(Conflict) as refused:
        a_token(session, an_admin(session), account)
    assert refused.value.code == "personal_account"


def test_last_use_is_due_at_most_once_a_minute(session: Session):
    with clock.at(NOW):
        made = a_token(session, an_admin(session), make.an_account(session))
        assert tokens.actor_of_token(session, made.text).is_touch_due()
        tokens.touch_token(session, made.row.id)
    for seconds, due in ((59, False), (60, True)):
        with clock.at(NOW + timedelta(seconds=seconds)):
            assert tokens.actor_of_token(session, made.text).is_touch_due() is due


def test_the_operator_gives_the_first_access_but_makes_no_tokens(session: Session):
    account = accounts.create_account(session, SYSTEM, login="root", secret=auth.new_secret(), roles=["admin"])
    assert accounts.create_reset(session, SYSTEM, account)
    with pytest.raises(NotAllowed):
        a_token(session, SYSTEM, account)
