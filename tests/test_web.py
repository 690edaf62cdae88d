"""What every page shares: what commits and what does not, sign-in, form tokens, headers, languages, error pages."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import abort
from sqlalchemy import Engine
from sqlmodel import select

from appraisal import clock, db, web
from appraisal.app import LARGEST_REQUEST, create_app
from appraisal.config import Settings
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.formats import TEMPLATES
from appraisal.people.models import Unit, WebSession
from appraisal.phrases import PHRASES, phrase
from tests.factories import PASSWORD, an_account, an_employee
from tests.site import a_browser, a_site, a_site_of_its_own, form_token, sign_in

NOW = datetime(2026, 4, 20, 2, 0, tzinfo=UTC)
# What a service may raise, and the status and the words of the page that tells it.
REFUSALS: list[tuple[Exception, int, str]] = [
    (NotFound(), 404, "没有这个页面"),
    (NotAllowed("x", "仅限人力资源部", "HR only"), 403, "仅限人力资源部"),
    (Invalid("x", "权重合计 99", "weights are 99"), 422, "权重合计 99"),
    (Conflict("x", "已被他人修改", "changed"), 409, "已被他人修改"),
]


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> web.Site:
    return a_site(database_url, tmp_path)


@pytest.fixture
def login(site: web.Site) -> str:
    """The login of an employee."""
    with db.transaction(site.target, write=True) as session:
        return an_account(session, "employee", employee=an_employee(session, "周戊")).login


def _count(target: Engine) -> int:
    with db.transaction(target, write=False) as session:
        return len(session.exec(select(Unit).where(Unit.code == "written")).all())


@pytest.fixture(scope="module")
def with_odd_pages(tmp_path_factory: pytest.TempPathFactory) -> web.Site:
    """The site with pages that write a row and then answer as they are told, that refuse, and that fail."""

    def write(answer: str) -> object:
        web.session().add(Unit(code="written", name="x", name_en="x", from_on=NOW.date()))
        web.session().flush()
        if answer == "raise":
            raise Conflict("x", "不行", "no")
        if answer == "abort":
            abort(400)
        return "done", int(answer)

    def refuse(number: int) -> None:
        raise REFUSALS[number][0]

    def fail() -> None:
        raise ZeroDivisionError("the inside")

    made = a_site_of_its_own("sqlite:///nowhere.db", tmp_path_factory.mktemp("var"))
    made.config |= {"WTF_CSRF_ENABLED": False, "PROPAGATE_EXCEPTIONS": False}
    made.add_url_rule("/write/<answer>", view_func=write, methods=["GET", "POST"])
    made.add_url_rule("/refuse/<int:number>", view_func=refuse)
    made.add_url_rule("/fail", view_func=fail)
    return made


@pytest.fixture
def odd(with_odd_pages: web.Site, database_url: str) -> web.Site:
    with_odd_pages.database_url = database_url
    return with_odd_pages


@pytest.mark.parametrize(("answer", "rows"), [("200", 1), ("302", 1), ("400", 0), ("422", 0), ("raise", 0), ("abort", 0)])
def test_only_an_unsafe_method_that_succeeds_commits(odd: web.Site, answer: str, rows: int) -> None:
    odd.test_client().post(f"/write/{answer}")
    assert _count(odd.target) == rows


def test_a_get_never_writes(odd: web.Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(odd.config, "PROPAGATE_EXCEPTIONS", True)
    with pytest.raises(RuntimeError, match="only reads"):
        odd.test_client().get("/write/200")
    assert _count(odd.target) == 0


def test_a_commit_that_fails_is_answered_with_a_page_and_not_with_the_views_answer(odd: web.Site) -> None:
    client = odd.test_client()
    assert client.post("/write/200").status_code == 200
    refused = client.post("/write/200")
    assert refused.status_code == 409 and "内容已有变化" in refused.text


@pytest.mark.parametrize("number", range(len(REFUSALS)))
def test_what_a_service_raises_becomes_a_page(odd: web.Site, number: int) -> None:
    _, status, words = REFUSALS[number]
    answer = odd.test_client().get(f"/refuse/{number}")
    assert answer.status_code == status and words in answer.text


def test_an_error_of_ours_shows_nothing_of_the_inside(odd: web.Site) -> None:
    answer = odd.test_client().get("/fail")
    assert answer.status_code == 500 and "系统出错" in answer.text and "inside" not in answer.text


def test_a_method_an_address_does_not_take_is_told_which_it_does(site: web.Site) -> None:
    answer = site.test_client().delete("/login")
    assert answer.status_code == 405 and {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert "此处不能这样操作" in answer.text


def test_too_large_a_form_is_refused_with_a_page(site: web.Site) -> None:
    answer = site.test_client().post("/login", data={"login": "x" * (LARGEST_REQUEST + 1)})
    assert answer.status_code == 413 and "内容太大" in answer.text


def test_the_language_link_of_a_refused_form_leads_to_a_page_that_exists(site: web.Site) -> None:
    refused = site.test_client().post("/logout")
    assert refused.status_code == 400 and 'href="/?lang=en"' in refused.text


# Signing in and out


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back_again(site: web.Site, login: str) -> None:
    client = site.test_client()
    sent = client.get("/results/7?lang=en")
    assert sent.status_code == 302 and sent.location == "/login?next=/results/7?lang%3Den"
    assert sign_in(client, login, next="/results/7?lang=en").location == "/results/7?lang=en"


@pytest.mark.parametrize("elsewhere", ["https://a.example/", "//a.example", "/\\a.example", "javascript:alert(1)", "/\n/x"])
def test_signing_in_never_leads_to_another_site(site: web.Site, login: str, elsewhere: str) -> None:
    assert sign_in(site.test_client(), login, next=elsewhere).location == "/"


def test_a_wrong_password_shows_the_form_again_with_what_was_typed_but_the_password(site: web.Site, login: str) -> None:
    answer = sign_in(site.test_client(), login, password="not the password")
    assert answer.status_code == 422
    assert "账号或密码不正确" in answer.text and f'value="{login}"' in answer.text and "not the password" not in answer.text


def test_a_login_with_a_nul_is_only_wrong(site: web.Site) -> None:
    assert sign_in(site.test_client(), "account\0", password="not the password").status_code == 422


def test_a_copied_cookie_is_worth_nothing_after_signing_out(site: web.Site, login: str) -> None:
    client = a_browser(site, login)
    copied = client.get_cookie("appraisal")
    assert client.get("/").status_code == 200
    assert client.post("/logout", data={"csrf_token": form_token(client, "/")}).status_code == 302
    assert client.get("/").status_code == 302
    thief = site.test_client()
    thief.set_cookie("appraisal", copied.value)
    assert thief.get("/").status_code == 302


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: web.Site, login: str) -> None:
    (cookie,) = sign_in(site.test_client(), login).headers.getlist("Set-Cookie")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_form_without_its_token_is_refused(site: web.Site, login: str) -> None:
    client = site.test_client()
    client.get("/login")
    answer = client.post("/login", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 400 and "表单已失效" in answer.text
    assert client.get("/").status_code == 302
    signed_in = a_browser(site, login)
    assert signed_in.post("/logout").status_code == 400
    assert signed_in.get("/").status_code == 200


def test_a_token_from_before_signing_in_is_worth_nothing_after(site: web.Site, login: str) -> None:
    client = site.test_client()
    before = form_token(client)
    sign_in(client, login)
    assert client.post("/logout", data={"csrf_token": before}).status_code == 400


def test_last_seen_is_noted_at_most_once_a_minute_and_keeps_a_used_session_alive(site: web.Site, login: str) -> None:
    def last_seen() -> datetime:
        with db.transaction(site.target, write=False) as session:
            return session.exec(select(WebSession.last_seen_at)).one()

    with clock.at(NOW):
        client = a_browser(site, login)
    for seconds, noted in ((59, 0), (60, 60), (61, 60), (7000, 7000)):
        with clock.at(NOW + timedelta(seconds=seconds)):
            assert client.get("/").status_code == 200
        assert last_seen() == NOW + timedelta(seconds=noted)
    with clock.at(NOW + timedelta(seconds=7000 + 7200)):
        assert client.get("/").status_code == 302


# Headers and languages


@pytest.mark.parametrize("path", ["/login", "/", "/nowhere"])
def test_every_page_carries_the_headers_that_lock_it_down(site: web.Site, path: str) -> None:
    headers = site.test_client().get(path).headers
    policy = headers["Content-Security-Policy"]
    locks = ("default-src 'self'", "img-src 'self' data:", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'")
    for part in locks:
        assert part in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("length", "accepted", "packed"), [(-1, "gzip", False), (1, "gzip, br", True), (1, "", False)])
def test_a_long_page_is_compressed_for_those_who_take_it_so(
    site: web.Site, monkeypatch: pytest.MonkeyPatch, length: int, accepted: str, packed: bool
) -> None:
    page = "页" * ((web.LONG_PAGE + 3 * length) // 3)
    monkeypatch.setitem(site.view_functions, "people.sign_in", lambda: page)
    answer = site.test_client().get("/login", headers={"Accept-Encoding": accepted})
    assert (answer.headers.get("Content-Encoding") == "gzip") == packed
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert (gzip.decompress(answer.data) if packed else answer.data).decode() == page


def test_the_stylesheet_may_be_kept_by_the_browser_and_opens_no_transaction(site: web.Site) -> None:
    answer = site.test_client().get("/static/style.css")
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "public, max-age=3600"
    named = site.test_client().get("/static/style.css?v=0123456789ab")  # by its content: it never changes
    assert named.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert site.test_client().get("/static/nothing.css").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "title"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "登录"), ("en-GB,en;q=0.9", "Sign in"), ("fr", "登录"), ("de,en;q=0.5,zh;q=0.3", "Sign in")],
)
def test_the_browser_chooses_the_language(site: web.Site, accepted: str, title: str) -> None:
    text = site.test_client().get("/login", headers={"Accept-Language": accepted}).text
    assert f"<h1>{title}</h1>" in text


def test_a_language_that_was_chosen_is_remembered(site: web.Site) -> None:
    client = site.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh"
    assert "<h1>Sign in</h1>" in client.get("/login?lang=en").text
    assert '<html lang="en">' in client.get("/login").text
    client.get("/login?lang=xx")
    assert '<html lang="en">' in client.get("/login").text


def test_the_language_switch_keeps_the_page_and_what_it_was_asked(site: web.Site) -> None:
    assert 'href="/login?next=%2Fresults%2F7&amp;lang=en"' in site.test_client().get("/login?next=/results/7").text


def test_every_phrase_used_in_a_template_exists_and_every_phrase_is_used() -> None:
    sources = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    used = set(re.findall(r"""\bt\(["'](\w+)["']""", sources))
    used |= set(re.findall(r"""phrase\("(\w+)\"""", Path(web.__file__).read_text()))
    errors = {key for key in PHRASES if key.startswith("error_")}
    assert used | errors == set(PHRASES)


def test_every_phrase_has_both_languages_with_the_same_values() -> None:
    for key, (zh, en) in PHRASES.items():
        assert re.search("[一-龥]", zh) and not re.search("[一-龥]", en), key
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), key


def test_a_phrase_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        phrase("no_such_phrase", "zh")


def test_without_a_secret_of_the_environment_one_is_made_once_and_kept(database_url: str, tmp_path: Path) -> None:
    settings = Settings(mode="test", var=tmp_path / "var", database_url=database_url)
    first, second = create_app(settings), create_app(settings)
    assert first.secret_key == second.secret_key and len(str(first.secret_key)) == 64
    (kept,) = (tmp_path / "var").iterdir()
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("count", "words"), [(0, "0 days"), (1, "1 day"), (2, "2 days")])
def test_an_english_noun_agrees_with_its_number(site: web.Site, count: int, words: str) -> None:
    with site.test_request_context("/?lang=en"):
        assert web.in_both("{n} 天", "{n:day|days}", n=count) == words
        assert web.in_both("{n} 天", "{n} of {all}", n=count, all="3") == f"{count} of 3"
    with site.test_request_context("/?lang=zh"):
        assert web.in_both("{n} 天", "{n:day|days}", n=count) == f"{count} 天"
