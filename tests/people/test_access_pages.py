"""The pages of access: being sent to choose a password, reset codes, waiting, and the operator's commands."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlmodel import select

from appraisal import clock, config, db, web
from appraisal.cli import main
from appraisal.people import accounts, auth, queries, sessions
from appraisal.people.models import Account
from tests import factories as make
from tests.site import a_browser, a_site, form_token, sign_in

GOOD = "vermilion otter kettle"


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> web.Site:
    return a_site(database_url, tmp_path)


def a_login(site: web.Site, *, must_change: bool = False) -> str:
    with db.transaction(site.target, write=True) as session:
        account = make.an_account(session, "employee", employee=make.an_employee(session, "周戊"))
        account.must_change_password = must_change
        return account.login


@pytest.mark.parametrize("language", ["zh", "en"])
def test_whoever_has_an_initial_password_is_sent_to_change_it_first(site: web.Site, language: str):
    login = a_login(site, must_change=True)
    client = a_browser(site, login, language)
    assert client.get("/").location == "/password"
    assert client.get("/results/1").location == "/password"
    page = client.get("/password")
    assert page.status_code == 200
    assert ("初始密码" if language == "zh" else "given to you") in page.text
    form = {"old": make.PASSWORD, "new": GOOD, "again": GOOD, "csrf_token": form_token(client, "/password")}
    assert client.post("/password", data=form).location == "/"
    assert client.get("/").status_code == 200
    assert sign_in(site.test_client(), login, GOOD).status_code == 302


def test_whoever_has_an_initial_password_may_sign_out(site: web.Site):
    client = a_browser(site, a_login(site, must_change=True))
    assert client.post("/logout", data={"csrf_token": form_token(client, "/password")}).location == "/login"


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        (make.PASSWORD, GOOD, GOOD + "!", "两次输入的新密码不一致"),
        ("wrong horse", GOOD, GOOD, "原密码不正确"),
        (make.PASSWORD, "password123456", "password123456", "过于常见"),
        (make.PASSWORD, "short", "short", "密码长度"),
        ("", GOOD, GOOD, "不能用"),
    ],
)
def test_a_change_that_cannot_be_shows_the_form_again_without_what_was_typed(
    site: web.Site, old: str, new: str, again: str, words: str
):
    client = a_browser(site, a_login(site))
    form = {"old": old, "new": new, "again": again, "csrf_token": form_token(client, "/password")}
    answer = client.post("/password", data=form)
    assert answer.status_code == 422 and words in answer.text
    assert GOOD not in answer.text and "password123456" not in answer.text
    assert client.get("/").status_code == 200


def test_the_form_of_changing_needs_its_token_and_a_session(site: web.Site):
    client = a_browser(site, a_login(site))
    assert client.post("/password", data={"old": make.PASSWORD, "new": GOOD, "again": GOOD}).status_code == 400
    assert site.test_client().get("/password").location == "/login?next=/password"


def test_a_reset_code_is_used_on_its_page(site: web.Site):
    login = a_login(site)
    with db.transaction(site.target, write=True) as session:
        code = accounts.create_reset(session, make.an_actor(session, "admin"), queries.account_by_login(session, login)).code
    client = site.test_client()
    token = form_token(client, "/reset")
    wrong = client.post("/reset", data={"code": "made-up", "new": GOOD, "again": GOOD, "csrf_token": token})
    assert wrong.status_code == 422 and "重置码无效" in wrong.text and GOOD not in wrong.text
    assert client.post("/reset", data={"code": code, "new": GOOD, "again": GOOD, "csrf_token": token}).location == "/login"
    assert sign_in(site.test_client(), login, GOOD).status_code == 302


def test_after_too_many_tries_the_page_says_to_wait(site: web.Site):
    login = a_login(site)
    with clock.at(make.FIRST_DAY):
        client = site.test_client()
        form = {"login": login, "password": "wrong horse", "csrf_token": form_token(client)}
        answers = [client.post("/login", data=form) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert "请稍后再试" in answers[-1].text and answers[-1].headers["Retry-After"] == "15"


def test_without_a_provider_nothing_speaks_of_one(site: web.Site):
    client = site.test_client()
    assert "/oidc" not in client.get("/login").text
    assert client.get("/oidc").status_code == 422


# The operator's commands


@pytest.fixture
def operator(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Somebody at the machine whose database this is."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    config.settings.cache_clear()
    yield CliRunner()
    config.settings.cache_clear()


def test_the_first_administrator_is_made_on_the_machine_with_a_random_password(operator: CliRunner):
    made = operator.invoke(main, ["admin", "create", "Root"])
    assert made.exit_code == 0, made.output
    login, password = made.stdout.split()
    assert login == "root" and re.fullmatch(r"(\w{5}-){3}\w{5}", password)
    opened = sessions.sign_in(db.engine(), "root", password)
    assert opened.must_change_password and opened.actor.roles == {"admin"}
    again = operator.invoke(main, ["admin", "create", "root"])
    assert again.exit_code == 1 and "already_exists" in again.output


def test_a_forgotten_password_is_reset_on_the_machine(operator: CliRunner):
    with db.transaction(db.engine(), write=True) as session:
        login = make.an_account(session, "admin").login
    code = operator.invoke(main, ["admin", "reset", login]).stdout.split()[1]
    sessions.use_reset(db.engine(), code, GOOD)
    assert sessions.sign_in(db.engine(), login, GOOD)
    assert operator.invoke(main, ["admin", "reset", "nobody"]).exit_code == 1


def test_a_fresh_database_has_no_account_at_all(operator: CliRunner):
    with db.transaction(db.engine(), write=False) as session:
        assert session.exec(select(Account)).all() == []
        assert auth.load_actor(session, "") is None


@pytest.mark.parametrize("shared", [True, False])
def test_a_page_on_a_shared_screen_goes_when_the_session_has(site: web.Site, shared: bool):
    client, login = site.test_client(), a_login(site)
    form = {"login": login, "password": make.PASSWORD, "csrf_token": form_token(client, "/login?kiosk")}
    assert "checked" in client.get("/login?kiosk").text and "checked" not in client.get("/login").text
    assert client.post("/login", data=form | ({"kiosk": "true"} if shared else {})).status_code == 302
    assert ('http-equiv="refresh" content="120"' in client.get("/").text) is shared
