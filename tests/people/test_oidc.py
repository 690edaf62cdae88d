"""Signing in with an identity provider: a small one on this machine that signs its tokens, honest or not."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlmodel import select

from appraisal import clock, db, web
from appraisal.config import Settings
from appraisal.errors import Invalid
from appraisal.people import oidc
from appraisal.people.models import Account, WebSession
from tests import factories as make
from tests.site import a_site

KEY = RSAKey.generate_key(2048, {"kid": "one"})
FOREIGN = RSAKey.generate_key(2048, {"kid": "one"})
CLIENT, SECRET = "appraisal", "client secret"


@dataclass
class MockProvider:
    """What the provider says, and what it was asked."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    key: RSAKey = field(default_factory=lambda: KEY)
    algorithm: str = "RS256"
    metadata: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    challenges: dict[str, tuple[str, str]] = field(default_factory=dict)

    def authorize(self, url: str) -> str:
        """What the browser does at the provider: signs in there and is sent back."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe()
        self.challenges[code] = (self.asked["code_challenge"], self.asked["nonce"])
        return "/oidc/callback?" + urlencode({"code": code, "state": self.asked["state"]})

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint: a code is good once, for who can show what its challenge was made of."""
        challenge, nonce = self.challenges.pop(form["code"], ("", ""))
        shown = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if shown != challenge or authorization != f"Basic {basic}":
            return 400, {"error": "invalid_grant"}
        now = int(clock.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300, "nonce": nonce} | self.claims
        claims = {name: value for name, value in claims.items() if name not in self.without}
        header = {"alg": self.algorithm, "kid": "one"}
        signed = jwt.encode(header, claims, self.key, algorithms=[self.algorithm])
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockProvider]:
    said = MockProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/jwks":
                return self.answer(200, {"keys": [KEY.as_dict(private=False)]})
            endpoints = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/jwks"}
            found = {name: said.issuer + path for name, path in endpoints.items()}
            return self.answer(200, {"issuer": said.issuer} | found | said.metadata)

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(sent).items()}
            self.answer(*said.token(form, self.headers.get("Authorization", "")))

        def answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield said
    server.shutdown()
    server.server_close()


def settings_for(provider: MockProvider, url: str, var: Path, **more: str) -> Settings:
    chosen = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET} | more
    return Settings(mode="test", var=var, database_url=url, secret_key="of the tests", **chosen)


@pytest.fixture
def site(provider: MockProvider, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> web.Site:
    return a_site_with(provider, database_url, tmp_path, monkeypatch)


def a_site_with(provider: MockProvider, url: str, var: Path, monkeypatch: pytest.MonkeyPatch, **more: str) -> web.Site:
    site = a_site(url, var)
    monkeypatch.setitem(site.extensions, "oidc", oidc.provider_of(settings_for(provider, url, var, **more)))
    return site


@pytest.fixture
def login(site: web.Site) -> str:
    """Somebody who has never changed the password they were given."""
    with db.transaction(site.target, write=True) as session:
        account = make.an_account(session, "employee", employee=make.an_employee(session, "周戊"))
        account.must_change_password = True
        return account.login


def begin(client: FlaskClient, path: str = "/oidc") -> str:
    answer = client.get(path)
    assert answer.status_code == 302, answer.text
    return answer.location


def sessions_of(site: web.Site) -> list[str]:
    with db.transaction(site.target, write=False) as session:
        return list(session.exec(select(WebSession.way)))


def test_whom_the_provider_vouches_for_is_signed_in_and_sent_on(site: web.Site, provider: MockProvider, login: str):
    provider.claims = {"preferred_username": login.upper()}
    client = site.test_client()
    assert "/oidc?next" in client.get("/login?next=/results/7").text
    answer = client.get(provider.authorize(begin(client, "/oidc?next=/results/7")))
    assert (answer.status_code, answer.location) == (302, "/results/7")
    assert provider.asked["code_challenge_method"] == "S256"
    # A password given to them does not matter to who signs in elsewhere.
    assert client.get("/").status_code == 200
    assert sessions_of(site) == ["provider"]


def test_an_employee_number_may_be_what_the_claim_names(
    provider: MockProvider, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    more = {"oidc_claim": "staff_no", "oidc_match": "employee_number"}
    site = a_site_with(provider, database_url, tmp_path, monkeypatch, **more)
    with db.transaction(site.target, write=True) as session:
        employee = make.an_employee(session, "周戊")
        make.an_account(session, "employee", employee=employee)
    provider.claims = {"staff_no": employee.number}
    client = site.test_client()
    assert client.get(provider.authorize(begin(client))).location == "/"


@pytest.mark.parametrize("shut", [False, True])
def test_who_has_no_account_in_use_gets_none(site: web.Site, provider: MockProvider, login: str, shut: bool):
    with db.transaction(site.target, write=True) as session:
        session.exec(select(Account)).first()
        for account in session.exec(select(Account)):
            account.disabled = shut
        before = len(session.exec(select(Account)).all())
    provider.claims = {"preferred_username": login if shut else "stranger"}
    client = site.test_client()
    answer = client.get(provider.authorize(begin(client)))
    assert answer.status_code == 422 and "没有可用账号" in answer.text
    assert sessions_of(site) == []
    with db.transaction(site.target, write=False) as session:
        assert len(session.exec(select(Account)).all()) == before


DISHONEST: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://elsewhere.example"}},
    "another client": {"claims": {"aud": "another"}},
    "several clients, none named": {"claims": {"aud": [CLIENT, "another"]}},
    "made for another client": {"claims": {"azp": "another"}},
    "expired": {"claims": {"exp": 1_000_000_000}},
    "issued in the future": {"claims": {"iat": 9_000_000_000, "exp": 9_000_000_300}},
    "a nonce from elsewhere": {"claims": {"nonce": "replayed"}},
    "no nonce": {"without": ("nonce",)},
    "no expiry": {"without": ("exp",)},
    "no audience": {"without": ("aud",)},
    "no issuer": {"without": ("iss",)},
    "a foreign key": {"key": FOREIGN},
    "no claim": {"without": ("preferred_username",)},
    "a claim that is no text": {"claims": {"preferred_username": ["x"]}},
    "an empty claim": {"claims": {"preferred_username": ""}},
}


def test_a_token_that_does_not_hold_signs_nobody_in(
    site: web.Site, provider: MockProvider, login: str, caplog: pytest.LogCaptureFixture
):
    for case, change in DISHONEST.items():
        provider.claims = {"preferred_username": login} | change.get("claims", {})
        provider.without, provider.key = change.get("without", ()), change.get("key", KEY)
        client = site.test_client()
        answer = client.get(provider.authorize(begin(client)))
        assert answer.status_code == 422 and "统一身份登录未成功" in answer.text, case
        assert sessions_of(site) == [], case
    assert SECRET not in caplog.text and login not in caplog.text


def test_an_unsigned_token_signs_nobody_in(site: web.Site, provider: MockProvider, login: str, monkeypatch: pytest.MonkeyPatch):
    def unsigned(header: object, claims: object, key: object, algorithms: object) -> str:
        parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
        return b".".join([base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts] + [b""]).decode()

    provider.claims = {"preferred_username": login}
    monkeypatch.setattr(jwt, "encode", unsigned)
    client = site.test_client()
    assert client.get(provider.authorize(begin(client))).status_code == 422
    assert sessions_of(site) == []


def test_an_answer_to_another_browser_or_a_second_time_signs_nobody_in(site: web.Site, provider: MockProvider, login: str):
    provider.claims = {"preferred_username": login}
    victim, thief = site.test_client(), site.test_client()
    back = provider.authorize(begin(thief))
    assert victim.get(back).status_code == 422
    begin(victim)
    assert victim.get(back).status_code == 422
    assert thief.get(back).status_code == 302
    assert thief.get(back).status_code == 422
    assert sessions_of(site) == ["provider"]


def test_an_answer_without_code_or_state_shows_the_form_again(site: web.Site):
    for query in ("", "?error=access_denied&state=x", "?code=x", "?state=x", "?state=%00&code=x"):
        client = site.test_client()
        begin(client)
        assert client.get(f"/oidc/callback{query}").status_code == 422, query


def test_a_provider_that_sends_elsewhere_without_https_or_by_another_name_is_not_followed(
    site: web.Site, provider: MockProvider
):
    for metadata in (
        {"authorization_endpoint": "http://elsewhere.example/"},
        {"issuer": "https://elsewhere.example"},
        {"jwks_uri": ""},
    ):
        oidc._kept.clear()
        provider.metadata = metadata
        assert site.test_client().get("/oidc").status_code == 422


def test_a_provider_that_does_not_answer_leaves_the_password(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    site = a_site_with(MockProvider("http://127.0.0.1:9"), database_url, tmp_path, monkeypatch)
    answer = site.test_client().get("/oidc")
    assert answer.status_code == 422 and "password" in answer.text


@pytest.mark.parametrize(
    "wrong",
    [{"oidc_client_secret": ""}, {"oidc_client_id": ""}, {"oidc_match": "mail"}, {"oidc_issuer": "http://elsewhere.example"}],
)
def test_settings_of_a_provider_that_cannot_stand_are_refused(tmp_path: Path, wrong: dict[str, str]):
    with pytest.raises(Invalid):
        oidc.provider_of(settings_for(MockProvider("https://sso.example"), "sqlite:///x", tmp_path, **wrong))


def test_the_secret_is_in_no_repr(tmp_path: Path):
    chosen = settings_for(MockProvider("https://sso.example"), "sqlite:///x", tmp_path)
    assert SECRET not in f"{chosen} {oidc.provider_of(chosen)} {oidc.Begun('u', 's', 'n', SECRET)}"
