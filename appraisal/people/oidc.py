"""Signing in with the company's identity provider: OpenID Connect, authorization code with PKCE.

The provider only says who somebody is; accounts and roles are ours. What a provider answers is distrusted until signature,
issuer, audience, time and nonce of its token hold. Whatever fails, the visitor reads one sentence and the log the reason.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from appraisal import clock
from appraisal.config import Settings
from appraisal.errors import Invalid, NotAllowed

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
SECONDS = 5
LEEWAY = 60
KEPT = timedelta(minutes=10)

log = logging.getLogger(__name__)


class Distrust(ValueError):
    """What the provider answered does not hold; the message is ours and names no secret."""


_kept: dict[str, tuple[datetime, dict[str, Any]]] = {}


@dataclass(frozen=True)
class Provider:
    """An identity provider. Its `claim` names the account's login or, by `match`, the employee number."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str
    match: str


@dataclass(frozen=True)
class Begun:
    """A sign-in on its way through the provider; the browser keeps it until it is back."""

    url: str
    state: str
    nonce: str
    verifier: str = field(repr=False)


def provider_of(settings: Settings) -> Provider | None:
    """The provider of these settings, if there is one. Raises Invalid `bad_setting`."""
    if not settings.oidc_issuer:
        return None
    if not (settings.oidc_client_id and settings.oidc_client_secret) or settings.oidc_match not in ("login", "employee_number"):
        raise Invalid(
            "bad_setting",
            "设置 OIDC_ISSUER 时须同时设置 OIDC_CLIENT_ID 和 OIDC_CLIENT_SECRET; OIDC_MATCH 为 login 或 employee_number",
            "OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET; OIDC_MATCH is login or employee_number",
        )
    if not _is_safe(settings.oidc_issuer):
        raise Invalid("bad_setting", "OIDC_ISSUER 须以 https:// 开头", "OIDC_ISSUER begins with https://")
    return Provider(
        issuer=settings.oidc_issuer.rstrip("/"),
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        claim=settings.oidc_claim,
        match=settings.oidc_match,
    )


def begin(provider: Provider, redirect_uri: str) -> Begun:
    """Where to send the visitor. Raises NotAllowed `sign_in_failed` when the provider does not answer."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    with _one_refusal():
        client = _client(provider, redirect_uri)
        endpoint = _metadata(provider)["authorization_endpoint"]
        url, _ = client.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)
    return Begun(url, state, nonce, verifier)


def finish(provider: Provider, begun: Begun, redirect_uri: str, *, state: str, code: str) -> str:
    """Whom the provider vouches for, as its claim says. Raises NotAllowed `sign_in_failed` for whatever does not hold."""
    with _one_refusal():
        if not secrets.compare_digest(state, begun.state):
            raise Distrust("the state is not the one that was sent")
        client = _client(provider, redirect_uri)
        answer = client.fetch_token(
            _metadata(provider)["token_endpoint"],
            grant_type="authorization_code",
            code=code,
            code_verifier=begun.verifier,
            timeout=SECONDS,
            allow_redirects=False,
        )
        claims = _verified(provider, str(answer.get("id_token") or ""), begun.nonce)
        vouched = claims.get(provider.claim)
        if not isinstance(vouched, str) or not 0 < len(vouched) <= 80 or not vouched.isprintable():
            raise Distrust(f"the token has no usable claim {provider.claim}")
        return vouched


def _verified(provider: Provider, token: str, nonce: str) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    def decoded(keys: dict[str, Any]) -> Any:
        return jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))

    metadata = _metadata(provider)
    jwks_uri = metadata["jwks_uri"]
    try:
        found = decoded(_fetched(jwks_uri))
    except JoseError:
        found = decoded(_fetched(jwks_uri, fresh=True))  # keys may have been changed since they were fetched
    jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": provider.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(found.claims)
    claims: dict[str, Any] = found.claims
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if others else provider.client_id) != provider.client_id:
        raise Distrust("the token was made for another client")
    return claims


def _metadata(provider: Provider) -> dict[str, Any]:
    found = _fetched(f"{provider.issuer}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != provider.issuer:
        raise Distrust("the provider calls itself by another name")
    if wrong := [name for name in ENDPOINTS if not _is_safe(str(found.get(name, "")))]:
        raise Distrust(f"these addresses of the provider are missing or not https: {', '.join(wrong)}")
    return found


def _fetched(url: str, *, fresh: bool = False) -> dict[str, Any]:
    import requests

    kept_at, kept = _kept.get(url, (None, None))
    if kept is not None and kept_at is not None and not fresh and clock.now() - kept_at < KEPT:
        return kept
    answer = requests.get(url, timeout=SECONDS, allow_redirects=False)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise Distrust(f"{url} does not answer with an object")
    _kept[url] = (clock.now(), found)
    return found


def _client(provider: Provider, redirect_uri: str) -> Any:
    from authlib.integrations.requests_client import OAuth2Session  # loaded where a provider is used, and only there

    return OAuth2Session(
        provider.client_id,
        provider.client_secret,
        token_endpoint_auth_method="client_secret_basic",
        scope="openid profile",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


@contextmanager
def _one_refusal() -> Iterator[None]:
    """Turns whatever fails into the one refusal; the reason goes to the log, without what the provider sent."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        yield
    except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError, TypeError) as error:
        log.warning("signing in with the provider failed: %s", error if isinstance(error, Distrust) else type(error).__name__)
        zh, en = "统一身份登录未成功, 请重试或用密码登录", "the company sign-in failed: try again or use a password"
        raise NotAllowed("sign_in_failed", zh, en) from error
