"""What every endpoint of /api/v1 shares: who may call, what comes in and goes out, versions, repeatable posts, problems.

A slice declares its endpoints on an `Endpoints`; the description (OpenAPI) is drawn from the same declarations. In order, a
request is: signed in, within its token's scope, with version or key where one is needed, its body read; then the service.
"""

import base64
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, current_app, g, request, send_file
from flask_smorest import Api, Blueprint
from flask_wtf.csrf import CSRFError, validate_csrf
from marshmallow import Schema, ValidationError
from sqlalchemy import and_, func, or_
from sqlalchemy.engine import result_tuple
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, MethodNotAllowed, UnsupportedMediaType
from wtforms import ValidationError as BadFormToken

from appraisal import db, exact_json, idempotency, web
from appraisal.dumping import writer
from appraisal.errors import AppraisalError, Busy, Conflict, Fault, Invalid, NotAllowed, NotFound, TooMany
from appraisal.fields import (
    LARGEST_ID,
    Day,
    File,
    Flag,
    Id,
    In,
    Instant,
    Line,
    Listing,
    Many,
    Number,
    Numbers,
    One,
    OneOf,
    Out,
    Prose,
    Query,
    Raw,
    Said,
    Str,
    Upload,
    Version,
    Whole,
    both,
)
from appraisal.web import actor, session

# Slices write rest.Line as they write rest.paged: fields are part of what endpoints share.
# fmt: off
__all__ = [
    "Day", "Endpoints", "File", "Flag", "Id", "In", "Instant", "Line", "Listing", "Many", "Number", "Numbers", "One",
    "OneOf", "Out", "Page", "Prose", "Query", "Raw", "Said", "Str", "Upload", "Version", "Whole", "actor", "both",
    "download", "install", "page_of", "paged", "session",
]
# fmt: on

PREFIX = "/api/v1"
LARGEST_UPLOAD = 11_000_000
_WORDS = {
    "Unknown field.": ("没有这一项", "there is no such field"),
    "Invalid input type.": ("类型不对", "this is of the wrong type"),
    "Missing data for required field.": ("缺少此项", "this is needed"),
    "Field may not be null.": ("不能为空", "this cannot be null"),
}


class Problem(Out):
    """RFC 9457, with a stable `code`, the message in both languages, and where values are wrong, which."""

    type = Str()
    title = Str()
    status = Whole(400, 599)
    code = Str()
    detail = Str()
    message = Said()
    errors = Raw(metadata={"type": "array", "items": {"type": "object"}})
    current = Raw(metadata={"description": "the row as it stands, where a change came too late"})

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        field_obj.required = field_name not in ("errors", "current")


class StrictParser(FlaskParser):
    """Reads JSON with every number as it was written, and refuses what only a lenient reader would take."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}

    def _raw_load_json(self, req: Any) -> Any:
        if req.mimetype != "application/json":
            raise UnsupportedMediaType
        try:
            return exact_json.loads(req.get_data().decode("utf-8"))
        except UnicodeDecodeError:
            raise Invalid("bad_json", "正文须为 UTF-8 的 JSON", "the body has to be JSON in UTF-8") from None
        except exact_json.BadJson as refused:
            raise Invalid("bad_json", refused.zh, refused.en) from refused

    def load_querystring(self, req: Any, schema: Schema) -> Any:
        return _single(req.args)

    def handle_error(self, error: ValidationError, req: Any, schema: Schema, **_: Any) -> Any:
        located = error.messages if isinstance(error.messages, dict) else {"": error.messages}
        faults = [fault for messages in located.values() for fault in _faults(messages)]
        zh, en = "以下内容不能用, 请改正后重试", "please correct these and send it again"
        raise Invalid("bad_fields", zh, en, faults)


PARSER = StrictParser()


@PARSER.location_loader("upload")
def _load_upload(req: Any, schema: Schema) -> Any:
    if req.mimetype != "multipart/form-data":
        raise UnsupportedMediaType
    return _single(req.form) | _single(req.files)


class Precondition(AppraisalError):
    """A header is missing without which the request cannot be taken safely."""


class NotSignedIn(AppraisalError):
    """Nobody is signed in, or the session or token no longer holds."""

    def __init__(self) -> None:
        super().__init__("not_signed_in", "请先登录", "sign in first")


STATUS_OF = web.STATUS_OF | {NotSignedIn: 401, Precondition: 428, TooMany: 429}


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, how many there are in all, and the cursor of the next page."""

    items: Sequence[Any]
    total: int
    next: str | None

    def with_items(self, items: Sequence[Any]) -> "Page":
        """The same page with its rows made into something else."""
        return Page(items, self.total, self.next)


@dataclass(frozen=True)
class _Endpoint:
    """How an endpoint was declared."""

    name: str
    method: str
    scope: str
    public: bool
    creates: bool
    versioned: bool
    before_password: bool


class Endpoints(Blueprint):
    """The endpoints of one slice. `get`, `post`, `put`, `patch` and `delete` declare; what they mean is told in `_declare`."""

    ARGUMENTS_PARSER = PARSER
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = Blueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING | {"upload": "multipart/form-data"}

    def __init__(self, name: str, description: str) -> None:
        super().__init__(f"api_{name}", name, url_prefix=PREFIX, description=description)
        self.scope = name

    def get(self, path: str, query: type[Schema] | None = None, **options: Any) -> Any:  # type: ignore[override]
        return self._declare("GET", path, query, "query", **options)

    def post(self, path: str, body: type[Schema] | None = None, **options: Any) -> Any:  # type: ignore[override]
        return self._declare("POST", path, body, "json", **options)

    def put(self, path: str, body: type[Schema] | None = None, **options: Any) -> Any:  # type: ignore[override]
        return self._declare("PUT", path, body, "json", **options)

    def patch(self, path: str, body: type[Schema] | None = None, **options: Any) -> Any:  # type: ignore[override]
        return self._declare("PATCH", path, body, "json", **options)

    def delete(self, path: str, **options: Any) -> Any:  # type: ignore[override]
        return self._declare("DELETE", path, None, "json", **options)

    def _declare(
        self,
        method: str,
        path: str,
        schema: type[Schema] | None,
        location: str,
        *,
        out: type[Schema] | None = None,
        of: Callable[..., Any] | None = None,
        creates: bool = False,
        plain: bool = False,
        public: bool = False,
        before_password: bool = False,
        outside_door: bool = False,
        upload: bool = False,
        content: str | None = None,
        status: int | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declares an endpoint; the view gets query or body first, then the path and `version` by name.

        A write is exactly one of: `creates` (takes an Idempotency-Key, answers 201), `of` a GET view (takes the version that
        view shows as If-Match, and shows it again on a conflict), or `plain` (harmless to repeat). `public`: nobody need be
        signed in; `before_password`: open to who must first choose a password; `content`: the view answers with a response
        of this type; `outside_door`: the view works in transactions of its own.
        """
        if method != "GET" and (of is not None) + creates + plain != 1:
            raise TypeError(f"{method} {path} is exactly one of `of`, `creates` and `plain`")
        status = status or (201 if creates else 200 if out or content else 204)
        scope = f"{self.scope}:{'read' if method == 'GET' else 'write'}"

        def declare(view: Callable[..., Any]) -> Callable[..., Any]:
            declared = _Endpoint(view.__name__, method, scope, public, creates, of is not None, before_password)
            wrapped = _answering(view, out, status)
            if schema is not None:
                wrapped = self.arguments(schema, location="upload" if upload else location)(wrapped)
            wrapped = self.response(status, **_content(content, out))(wrapped)
            for code in _refusals(declared, schema is not None):
                wrapped = self.alt_response(
                    code, schema=Problem, content_type="application/problem+json", description=HTTPStatus(code).phrase
                )(wrapped)
            documented = wrapped._apidoc
            guarded = _guarded(declared, wrapped)
            guarded._apidoc = documented | {"manual_doc": {"security": [] if public else [{"session": []}, {"token": []}]}}
            if headers := _headers(declared):
                guarded._apidoc.setdefault("arguments", {}).setdefault("parameters", []).extend(headers)
            guarded.declared = declared
            guarded.shown_by = (of, getattr(of, "shows", None))
            guarded.largest_request = LARGEST_UPLOAD if upload else None
            guarded.outside_door = outside_door
            self.route(path, methods=[method], endpoint=view.__name__)(guarded)
            view.shows = out  # type: ignore[attr-defined]
            return view

        return declare


def page_of(row: type[Schema]) -> type[Schema]:
    """The schema of a page of rows."""
    fields = {"items": Many(row, most=200), "total": Whole(), "next": Str(allow_none=True), "__module__": row.__module__}
    return type(f"{row.__name__}Page", (Out,), fields)


def paged(
    database: Any,
    statement: Any,
    order: Sequence[tuple[Any, str]],
    query: Mapping[str, Any],
    row: Callable[[Any], Any] | None = None,
) -> Page:
    """One page of a select, in an order of (column, "asc" or "desc") whose last column is unique; no column may be null.

    Raises Invalid `bad_cursor`.
    """
    columns = [column for column, _ in order]
    total = database.execute(statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)).scalar_one()
    if query["cursor"] is not None:
        statement = statement.where(_after(order, _values(columns, query["cursor"])))
    sorted_by = [column.desc() if way == "desc" else column.asc() for column, way in order]
    wanted = statement.add_columns(*columns).order_by(*sorted_by).limit(query["limit"] + 1)
    result, keys = database.execute(wanted), len(columns)
    named, found = result_tuple(list(result.keys())[:-keys]), result.all()
    cut = found[: query["limit"]]
    rows = [one[0] if len(one) == keys + 1 else named(one[:-keys]) for one in cut]
    more = len(found) > len(cut)
    return Page([row(one) for one in rows] if row else rows, total, _cursor(cut[-1][-keys:]) if more else None)


def download(name: str, media_type: str, content: bytes) -> Response:
    """A file on its way out, as an attachment: never shown as a page of this site."""
    return send_file(io.BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name)


def install(app: web.Site, *slices: Endpoints) -> Api:
    """The endpoints of these slices under /api/v1, and their description."""
    app.config.update(
        API_TITLE="appraisal",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={"info": {"description": "绩效考核 · Staff appraisal decided from rule files"}},
    )
    app.refuse = refusal
    api = _Api(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name)})
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme(
        "session", {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]}
    )
    for one in slices:
        api.register_blueprint(one)
    return api


class _Api(Api):
    def _register_error_handlers(self) -> None:
        """The site has its own, for pages and API alike."""


# Refusals


def refusal(error: Exception) -> Response:
    """The problem that an error of a service, of a form or of HTTP itself is."""
    if isinstance(error, AppraisalError):
        status = next((known for kind, known in STATUS_OF.items() if isinstance(error, kind)), 500)
        message = (error.message.zh, error.message.en)
        if status == 404:
            return problem(404, "not_found", *NOT_FOUND)
        if error.code == "stale_version":
            return problem(412, error.code, *message, current=_current())
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
        headers |= {"Retry-After": "1"} if isinstance(error, Busy) else {}
        current = error.current if isinstance(error, Conflict) else None
        faults = error.faults if isinstance(error, Invalid) else ()
        return problem(status, error.code, *message, faults=faults, current=current, headers=headers)
    if isinstance(error, CSRFError):
        zh, en = "缺少有效的 X-CSRF-Token, 请先 GET /session", "a valid X-CSRF-Token is needed: GET /session gives one"
        return problem(403, "csrf", zh, en)
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        code, zh, en = _HTTP.get(error.code, ("refused", "请求不能受理", "the request cannot be taken"))
        allowed = ", ".join(sorted(error.valid_methods or ())) if isinstance(error, MethodNotAllowed) else ""
        return problem(error.code, code, zh, en, headers={"Allow": allowed} if allowed else {})
    return problem(500, "internal", "系统出错, 已记录; 请稍后重试", "something went wrong and has been noted; please try again")


def problem(
    status: int,
    code: str,
    zh: str,
    en: str,
    *,
    faults: Sequence[Fault] = (),
    current: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal as RFC 9457 has it."""
    said = {"zh": zh, "en": en}
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    body |= {"detail": said[web.language()], "message": said}
    if faults:
        body["errors"] = [{"path": fault.path, "message": {"zh": fault.zh, "en": fault.en}} for fault in faults]
    if current is not None:
        body["current"] = current
    response = Response(_json(body), status, mimetype="application/problem+json")
    response.headers.update(headers or {})
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


NOT_FOUND = ("没有这条记录", "there is no such record")
_HTTP = {
    400: ("bad_request", "请求有误", "the request cannot be read"),
    401: ("not_signed_in", "请先登录", "sign in first"),
    404: ("not_found", *NOT_FOUND),
    405: ("wrong_method", "此地址不支持该方法", "this address does not take that method"),
    413: ("too_large", "内容过大", "the request is too large"),
    415: ("wrong_type", "内容类型不对, 请用 application/json", "the content type is wrong: use application/json"),
}


def _current() -> Mapping[str, Any] | None:
    """The row of a change that came too late, as its GET shows it now to whoever asked."""
    view = current_app.view_functions.get(request.endpoint or "")
    shows, schema = getattr(view, "shown_by", (None, None))
    if shows is None or schema is None or g.get("actor") is None:
        return None
    with db.transaction(current_app.target, write=False) as opened:  # type: ignore[attr-defined]
        g.session = opened
        try:
            shown: Mapping[str, Any] = writer(schema)(shows(**(request.view_args or {})))
            return shown
        except (NotFound, NotAllowed):
            return None
        finally:
            g.pop("session")


# The order of a request


def _guarded(declared: _Endpoint, view: Callable[..., Any]) -> Any:
    @wraps(view)
    def guarded(**path: Any) -> Any:
        if not all(map(_is_sane, path.values())):
            raise NotFound()
        if not declared.public:
            _require_caller(declared)
        if declared.versioned:
            path["version"] = _version_asked()
        return _once(view, path) if declared.creates else view(**path)

    return guarded


def _require_caller(declared: _Endpoint) -> None:
    if "actor" not in g:
        web.know_caller()
    if g.actor is None:
        raise NotSignedIn()
    scopes = g.get("scopes")
    if scopes is not None and declared.scope not in scopes:
        zh, en = f"此令牌没有权限 {declared.scope}", f"this token has no scope {declared.scope}"
        raise NotAllowed("scope_missing", zh, en)
    if scopes is None and declared.method != "GET":
        try:
            validate_csrf(request.headers.get("X-CSRF-Token"))
        except BadFormToken:
            raise CSRFError("csrf") from None
    if g.get("must_change_password") and not declared.before_password:
        zh, en = "请先修改初始密码 (PUT /session/password)", "choose a password of your own first (PUT /session/password)"
        raise NotAllowed("password_change_needed", zh, en)


def _is_sane(value: Any) -> bool:
    if isinstance(value, int):
        return 0 < value <= LARGEST_ID
    return 0 < len(value) <= 80 and value.isprintable()


def _version_asked() -> int:
    given = request.headers.get("If-Match")
    if given is None:
        zh, en = '请在 If-Match 中给出所见的版本, 如 "3"', 'give the version you have seen as If-Match, for example "3"'
        raise Precondition("version_needed", zh, en)
    digits = given.strip().removeprefix('"').removesuffix('"')
    if not (given.strip() == f'"{digits}"' and digits.isascii() and digits.isdigit() and 0 < int(digits[:10]) <= LARGEST_ID):
        raise Invalid("bad_version", 'If-Match 须形如 "3"', 'If-Match has the form "3"')
    return int(digits)


def _once(view: Callable[..., Any], path: Mapping[str, Any]) -> Response:
    """The answer to a request that makes something: the first one, however often it is sent."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        zh, en = "请给出 Idempotency-Key, 以便安全重发", "give an Idempotency-Key, so that the request can safely be repeated"
        raise Precondition("key_needed", zh, en)
    if not (0 < len(key) <= 200 and key.isascii() and key.isprintable()):
        raise Invalid(
            "bad_key", "Idempotency-Key 须为 1 至 200 个可见字符", "an Idempotency-Key has 1 to 200 printable characters"
        )
    who = actor()
    if who.account_id is None:
        raise NotSignedIn()
    wanted = idempotency.fingerprint_of(who, request.method, request.full_path, _content_sent())
    claimed = idempotency.claim(session(), who.account_id, key, wanted)
    if claimed.status:
        replayed = Response(claimed.body, claimed.status, mimetype="application/json")
        replayed.headers["Idempotency-Replayed"] = "true"
        return replayed
    response: Response = view(**path)
    claimed.status, claimed.body = response.status_code, response.get_data(as_text=True)
    return response


def _content_sent() -> bytes:
    if request.mimetype != "multipart/form-data":
        return request.get_data()
    # A form sent again has other boundaries: what counts is what lies between them.
    parts = [f"{name}={value}".encode() for name, value in sorted(request.form.items(multi=True))]
    for name, file in sorted(request.files.items(multi=True)):
        parts += [f"{name}={file.filename}".encode(), file.stream.read()]
        file.stream.seek(0)
    return b"\0".join(parts)


def _answering(view: Callable[..., Any], out: type[Schema] | None, status: int) -> Callable[..., Any]:
    write = writer(out) if out is not None else None

    @wraps(view)
    def answering(*args: Any, **kwargs: Any) -> Response:
        found = view(*args, **kwargs)
        if isinstance(found, Response):
            return found
        if "session" in g and g.session.info["writes"]:
            g.session.flush()  # or the version shown would be the one before
        if write is None:
            return Response(status=status)
        shown = write(found)
        response = Response(_json(shown), status, mimetype="application/json")
        if isinstance(shown, dict) and isinstance(version := shown.get("version"), int):
            response.headers["ETag"] = f'"{version}"'
        return response

    return answering


# Small parts


def _schema_name(schema: Any) -> str:
    """The name of a schema in the description: that of its class, after that of its slice."""
    kind = schema if isinstance(schema, type) else type(schema)
    parts = kind.__module__.split(".")
    return (parts[1].title() if parts[0] == "appraisal" and len(parts) > 2 else "") + str(kind.__name__)


def _single(values: Any) -> dict[str, Any]:
    """The values of an address or a form, each given once. Raises Invalid `bad_fields`."""
    repeated = [name for name in values if len(values.getlist(name)) > 1]
    if repeated:
        faults = [Fault(name, "只能给出一次", "this can be given once only") for name in repeated]
        raise Invalid("bad_fields", "参数重复", "a parameter is repeated", faults)
    return dict(values.items())


def _faults(messages: Any, path: str = "") -> list[Fault]:
    """Marshmallow's tree of messages as a list of places; list indexes come as [2], names with a point between."""
    if isinstance(messages, dict):
        found = []
        for name, below in messages.items():
            step = f"[{name}]" if isinstance(name, int) else "" if name == "_schema" else f".{name}" if path else str(name)
            found += _faults(below, path + step)
        return found
    made = []
    for message in messages if isinstance(messages, list) else [messages]:
        zh, _, en = str(message).partition("\n")
        known = _WORDS.get(zh, ("这一项不能用", zh)) if not en else (zh, en)
        made.append(Fault(path, *known))
    return made


def _refusals(declared: _Endpoint, takes_content: bool) -> list[int]:
    writes = declared.method != "GET"
    codes = [401, 422] if declared.public else [401, 403, 422]
    codes += [404, 429, 503]
    codes += [409, 413] if writes else []
    codes += [412, 428] if declared.versioned else [428] if declared.creates else []
    codes += [415] if writes and takes_content else []
    return sorted(codes)


def _headers(declared: _Endpoint) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found = []
    if declared.versioned:
        pattern = text | {"pattern": '^"[1-9][0-9]{0,8}"$'}
        words = 'the version of the row as it was seen, for example "3"'
        found.append({"in": "header", "name": "If-Match", "required": True, "schema": pattern, "description": words})
    if declared.creates:
        sized = text | {"minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
        words = "a key of the client's own making: the same request with the same key is done once"
        found.append({"in": "header", "name": "Idempotency-Key", "required": True, "schema": sized, "description": words})
    return found


def _content(media_type: str | None, out: type[Schema] | None) -> dict[str, Any]:
    if media_type is None:
        return {"schema": out}
    return {"content_type": media_type, "schema": {"type": "string", "format": "binary"}}


def _after(order: Sequence[tuple[Any, str]], values: Sequence[Any]) -> Any:
    """The condition that a row comes after another in an order."""
    ways = []
    for index, ((column, way), value) in enumerate(zip(order, values, strict=True)):
        equal = [before == known for (before, _), known in zip(order[:index], values[:index], strict=True)]
        ways.append(and_(*equal, column < value if way == "desc" else column > value))
    return or_(*ways)


def _cursor(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(value) for value in values]).encode()).decode()


def _values(columns: Sequence[Any], cursor: str) -> list[Any]:
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        kinds = [column.type.python_type for column in columns]
        return [_value(kind, text) for kind, text in zip(kinds, texts, strict=True)]
    except (ValueError, TypeError):
        zh, en = "cursor 须为上一页给出的 next", "cursor has to be the `next` of a page before"
        raise Invalid("bad_cursor", zh, en, [Fault("cursor", zh, en)]) from None


def _value(kind: type, text: Any) -> Any:
    if not isinstance(text, str) or len(text) > 200 or "\0" in text:
        raise ValueError(text)
    if kind is int:
        number = int(text)
        if abs(number) > LARGEST_ID:
            raise ValueError(text)
        return number
    return kind.fromisoformat(text) if hasattr(kind, "fromisoformat") else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
