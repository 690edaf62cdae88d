"""The API as a client sees it: a served site on the test's own database, and callers who are signed in."""

import itertools
import secrets
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from itsdangerous import URLSafeTimedSerializer

from appraisal import clock, db, web
from appraisal.people import auth
from appraisal.people.models import Account, WebSession
from tests.site import a_site

PREFIX = "/api/v1"

_keys = itertools.count(1)


def a_service(database_url: str, var: Path) -> web.Site:
    """The application as it is served, on this database."""
    return a_site(database_url, var)


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the JSON where it is JSON, and the headers."""

    status: int
    json: Any
    headers: Any
    data: bytes

    @property
    def version(self) -> int:
        """The version the answer carries."""
        return int(self.json["version"])


class Caller:
    """Somebody signed in, without the password: the session's row is made here. `None`: nobody."""

    def __init__(self, site: web.Site, account: Account | None, **headers: str) -> None:
        self.client = site.test_client()
        self.headers = headers
        if account is None:
            return
        token = secrets.token_urlsafe(32)
        with db.transaction(site.target, write=True) as session:
            now = clock.now()
            session.add(
                WebSession(
                    token_hash=auth.token_hash(token),
                    account_id=account.id,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + auth.LIFETIME,
                )
            )
        raw = secrets.token_hex(20)
        with self.client.session_transaction() as cookie:
            cookie["_user_id"], cookie["csrf_token"] = token, raw
        self.headers |= {"X-CSRF-Token": URLSafeTimedSerializer(site.secret_key, salt="wtf-csrf-token").dumps(raw)}

    def get(self, path: str, **query: Any) -> Answer:
        """GET with these query parameters."""
        return self._send("GET", path, query_string=query)

    def post(self, path: str, body: Any = None, *, version: int | None = None, key: str | None = None, **more: str) -> Answer:
        """POST; without a version an Idempotency-Key is sent, by default a new one."""
        headers = more | ({"If-Match": f'"{version}"'} if version is not None else {"Idempotency-Key": key or _a_key()})
        return self._send("POST", path, json={} if body is None else body, headers=headers)

    def put(self, path: str, body: Any, *, version: int | None = None) -> Answer:
        """PUT."""
        return self._write("PUT", path, body, version)

    def patch(self, path: str, body: Any, *, version: int | None = None) -> Answer:
        """PATCH."""
        return self._write("PATCH", path, body, version)

    def delete(self, path: str, *, version: int | None = None) -> Answer:
        """DELETE."""
        return self._write("DELETE", path, None, version)

    def upload(self, path: str, name: str, content: bytes, media_type: str = "text/csv", **fields: str) -> Answer:
        """POST of a multipart form with one file."""
        query = fields.pop("query", None)
        form = fields | {"file": (BytesIO(content), name, media_type)}
        return self._send("POST", path, data=form, headers={"Idempotency-Key": _a_key()}, query_string=query)

    def _write(self, method: str, path: str, body: Any, version: int | None) -> Answer:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return self._send(method, path, headers=headers, **({} if body is None else {"json": body}))

    def _send(self, method: str, path: str, headers: Any = None, **more: Any) -> Answer:
        got = self.client.open(PREFIX + path, method=method, headers=self.headers | (headers or {}), **more)
        return Answer(got.status_code, got.get_json(silent=True), got.headers, got.data)


def _a_key() -> str:
    return f"key-{next(_keys)}"
