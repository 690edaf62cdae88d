"""Guessing passwords: how many tries are free, how long the waits are, and that being made to wait tells nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from appraisal import audit, clock, db
from appraisal.errors import NotAllowed, TooMany
from appraisal.people import auth, sessions
from appraisal.people.models import SignInAttempts
from appraisal.people.throttle import ACCOUNT, CLIENT, Limit
from tests import factories as make

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
WRONG = "wrong horse battery"
HOME = "203.0.113.7"


@pytest.fixture
def login(engine: Engine) -> str:
    with db.transaction(engine, write=True) as session:
        return make.an_account(session, "employee").login


def fail(engine: Engine, login: str, times: int, client: str | None = HOME) -> None:
    for _ in range(times):
        with pytest.raises(NotAllowed):
            sessions.sign_in(engine, login, WRONG, client=client)


def wait_of(engine: Engine, login: str, client: str | None = HOME, password: str = make.PASSWORD) -> int:
    with pytest.raises(TooMany) as refused:
        sessions.sign_in(engine, login, password, client=client)
    return refused.value.retry_after


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(ACCOUNT.free - 1, 0), (ACCOUNT.free, 15), (ACCOUNT.free + 1, 30), (15, 480), (16, 900), (10**6, 900)],
)
def test_each_further_try_doubles_the_wait_up_to_a_quarter_of_an_hour(count: int, seconds: int):
    assert ACCOUNT.wait_after(count) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("tries", "free"), [(ACCOUNT.free - 1, True), (ACCOUNT.free, False)])
def test_after_the_free_tries_even_the_right_password_waits(engine: Engine, login: str, tries: int, free: bool):
    with clock.at(NOW):
        fail(engine, login, tries)
        if free:
            assert sessions.sign_in(engine, login, make.PASSWORD, client=HOME)
        else:
            assert wait_of(engine, login) == 15


@pytest.mark.parametrize(("seconds", "opens"), [(14, False), (15, True)])
def test_the_wait_ends_when_it_says(engine: Engine, login: str, seconds: int, opens: bool):
    with clock.at(NOW):
        fail(engine, login, ACCOUNT.free)
    with clock.at(NOW + timedelta(seconds=seconds)):
        if opens:
            assert sessions.sign_in(engine, login, make.PASSWORD, client=HOME)
        else:
            assert wait_of(engine, login) == 1


def test_trying_while_one_has_to_wait_does_not_prolong_it(engine: Engine, login: str):
    with clock.at(NOW):
        fail(engine, login, ACCOUNT.free)
        assert [wait_of(engine, login) for _ in range(5)] == [15] * 5


def test_an_unknown_account_is_made_to_wait_in_the_same_words(engine: Engine, login: str):
    with clock.at(NOW):
        words = []
        for name in (login, "nobody at all"):
            fail(engine, name, ACCOUNT.free)
            with pytest.raises(TooMany) as refused:
                sessions.sign_in(engine, name, make.PASSWORD, client=HOME)
            words.append((refused.value.code, refused.value.message, refused.value.retry_after))
        assert words[0] == words[1]


def test_no_password_is_looked_at_while_one_has_to_wait(engine: Engine, login: str, monkeypatch: pytest.MonkeyPatch):
    with clock.at(NOW):
        fail(engine, login, ACCOUNT.free)
        monkeypatch.setattr(auth, "password_fits", lambda *_: pytest.fail("looked at"))
        wait_of(engine, login)


def test_the_right_password_clears_the_account(engine: Engine, login: str):
    with clock.at(NOW):
        for _ in range(2):
            fail(engine, login, ACCOUNT.free - 1)
            assert sessions.sign_in(engine, login, make.PASSWORD, client=HOME)


def test_an_address_that_tries_many_accounts_waits_for_all(engine: Engine, login: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("appraisal.people.throttle.CLIENT", Limit("client", 4, CLIENT.wait, CLIENT.longest, CLIENT.forgets))
    with clock.at(NOW):
        for number in range(4):
            fail(engine, f"made up {number}", 1)
        assert wait_of(engine, login) == 15
        assert sessions.sign_in(engine, login, make.PASSWORD, client="203.0.113.8")


def test_ones_own_right_password_does_not_clear_the_address_of_others_tries(
    engine: Engine, login: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("appraisal.people.throttle.CLIENT", Limit("client", 4, CLIENT.wait, CLIENT.longest, CLIENT.forgets))
    with clock.at(NOW):
        for number in range(3):
            fail(engine, f"made up {number}", 1)
            assert sessions.sign_in(engine, login, make.PASSWORD, client=HOME)
        fail(engine, "made up", 1)
        assert wait_of(engine, login) == 15


def test_addresses_of_one_ipv6_network_count_together(engine: Engine, login: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("appraisal.people.throttle.CLIENT", Limit("client", 2, CLIENT.wait, CLIENT.longest, CLIENT.forgets))
    with clock.at(NOW):
        fail(engine, "a", 1, "2001:db8:1:2::1")
        fail(engine, "b", 1, "2001:db8:1:2:ffff::2")
        wait_of(engine, login, "2001:db8:1:2::3")
        assert sessions.sign_in(engine, login, make.PASSWORD, client="2001:db8:1:3::1")


@pytest.mark.parametrize(("minutes", "counted"), [(14, ACCOUNT.free), (15, ACCOUNT.free - 1), (30, ACCOUNT.free - 2)])
def test_tries_are_forgotten_one_by_one(engine: Engine, login: str, minutes: int, counted: int):
    with clock.at(NOW):
        fail(engine, login, ACCOUNT.free - 1)
    with clock.at(NOW + timedelta(minutes=minutes)):
        fail(engine, login, 1)
    with db.transaction(engine, write=False) as session:
        assert max(row.count for row in session.exec(select(SignInAttempts))) == counted


def test_tries_sent_at_once_count_too(engine: Engine, login: str):
    def attempt(_: int) -> str:
        try:
            sessions.sign_in(engine, login, WRONG, client=HOME)
        except (NotAllowed, TooMany) as refused:
            return refused.code
        return "in"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(3 * ACCOUNT.free)))
    assert answers.count("bad_credentials") == ACCOUNT.free
    assert answers.count("too_many_attempts") == 2 * ACCOUNT.free


def test_neither_what_was_typed_nor_the_address_is_kept_in_the_clear(engine: Engine, login: str):
    with clock.at(NOW):
        fail(engine, "my secret password", ACCOUNT.free)
    with db.transaction(engine, write=False) as session:
        rows = session.exec(select(SignInAttempts)).all()
        trail = session.exec(select(audit.AuditRecord)).all()
        text = f"{rows} {[record.payload for record in trail]} {[record.object_id for record in trail]}"
    assert len(rows) == 2 and "secret" not in text and HOME not in text
    assert [record.action for record in trail if record.object_kind == "sign_in"] == ["sign_in.blocked"]


def test_what_is_a_day_old_is_cleared_away(engine: Engine, login: str):
    with clock.at(NOW):
        fail(engine, "somebody", 1)
    with clock.at(NOW + timedelta(days=1, seconds=1)):
        fail(engine, "else", 1, "203.0.113.9")
    with db.transaction(engine, write=False) as session:
        assert len(session.exec(select(SignInAttempts)).all()) == 2
