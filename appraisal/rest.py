"""What every endpoint of /api/v1 shares: who may call, what comes in and goes out, versions, repeatable posts, problems.

A slice declares its endpoints on an `Endpoints`; the description (OpenAPI) is drawn from the same declarations. In order, a
request is: signed in, within its token's scope, with version or key where one is needed, its body read; then the service.
"""

import io
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, g, request, send_file
from flask_smorest import Blueprint
from flask_wtf.csrf import CSRFError, validate_csrf
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType
from wtforms import ValidationError as BadFormToken

from appraisal import exact_json, idempotency, web
from appraisal.description import HEADERS_OF, Api, Declared, content_of, headers_in, headers_out, refusals_of, schema_name
from appraisal.dumping import as_json, writer
from appraisal.errors import Fault, Invalid, NotAllowed, NotFound
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
    TimeOfDay,
    Upload,
    Version,
    Whole,
    both,
    faults_of,
    instance,
)
from appraisal.paging import Page, page_of, paged
from appraisal.problems import NotSignedIn, Precondition, Problem, problem, refusal
from appraisal.web import actor, session

# Slices write rest.Line as they write rest.paged: fields are part of what endpoints share.
# fmt: off
__all__ = [
    "Day", "Endpoints", "File", "Flag", "Id", "In", "Instant", "Line", "Listing", "Many", "Number", "Numbers", "One",
    "OneOf", "Out", "Page", "Prose", "Query", "Raw", "Said", "Str", "TimeOfDay", "Upload", "Version", "Whole", "actor", "both",
    "download", "install", "page_of", "paged", "problem", "session",
]
# fmt: on

PREFIX = "/api/v1"
LARGEST_UPLOAD = 11_000_000


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
        faults = [fault for messages in located.values() for fault in faults_of(messages)]
        zh, en = "以下内容不能用, 请改正后重试", "please correct these and send it again"
        raise Invalid("bad_fields", zh, en, faults)


PARSER = StrictParser()


@PARSER.location_loader("upload")
def _load_upload(req: Any, schema: Schema) -> Any:
    if req.mimetype != "multipart/form-data":
        raise UnsupportedMediaType
    return _single(req.form) | _single(req.files)


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
        conflicts: bool = False,
        content: str | None = None,
        status: int | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declares an endpoint; the view gets query or body first, then the path and `version` by name.

        A write is exactly one of: `creates` (takes an Idempotency-Key, answers 201), `of` a GET view (takes the version that
        view shows as If-Match, and shows it again on a conflict), or `plain` (harmless to repeat). `public`: nobody need be
        signed in; `before_password`: open to who must first choose a password; `content`: the view answers with a response
        of this type; `conflicts`: a GET of what is there at a certain stage only; `outside_door`: the view works in
        transactions of its own.
        """
        if method != "GET" and (of is not None) + creates + plain != 1:
            raise TypeError(f"{method} {path} is exactly one of `of`, `creates` and `plain`")
        status = status or (201 if creates else 200 if out or content else 204)
        scope = f"{self.scope}:{'read' if method == 'GET' else 'write'}"

        def declare(view: Callable[..., Any]) -> Callable[..., Any]:
            declared = Declared(view.__name__, method, scope, public, creates, of is not None, before_password)
            wrapped = _answering(view, out, status)
            if schema is not None:
                wrapped = self.arguments(instance(schema), location="upload" if upload else location)(wrapped)
            wrapped = self.response(status, headers=headers_out(declared, out), **content_of(content, out))(wrapped)
            for code in refusals_of(declared, schema is not None, conflicts):
                said = {"description": HTTPStatus(code).phrase, "headers": HEADERS_OF.get(code), "schema": instance(Problem)}
                wrapped = self.alt_response(code, content_type="application/problem+json", **said)(wrapped)
            documented = wrapped._apidoc
            guarded = _guarded(declared, wrapped)
            guarded._apidoc = documented | {"manual_doc": {"security": [] if public else [{"session": []}, {"token": []}]}}
            if headers := headers_in(declared):
                guarded._apidoc.setdefault("arguments", {}).setdefault("parameters", []).extend(headers)
            guarded.declared = declared
            guarded.shown_by = (of, getattr(of, "shows", None))
            guarded.largest_request = LARGEST_UPLOAD if upload else None
            guarded.outside_door = outside_door
            self.route(path, methods=[method], endpoint=view.__name__)(guarded)
            view.shows = out  # type: ignore[attr-defined]
            return view

        return declare


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
    api = Api(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=schema_name)})
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme(
        "session", {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]}
    )
    for one in slices:
        api.register_blueprint(one)
    return api


# The order of a request


def _guarded(declared: Declared, view: Callable[..., Any]) -> Any:
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


def _require_caller(declared: Declared) -> None:
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
        response = Response(as_json(shown), status, mimetype="application/json")
        if isinstance(shown, dict) and isinstance(version := shown.get("version"), int):
            response.headers["ETag"] = f'"{version}"'
        return response

    return answering


# Small parts


def _single(values: Any) -> dict[str, Any]:
    """The values of an address or a form, each given once. Raises Invalid `bad_fields`."""
    repeated = [name for name in values if len(values.getlist(name)) > 1]
    if repeated:
        faults = [Fault(name, "只能给出一次", "this can be given once only") for name in repeated]
        raise Invalid("bad_fields", "参数重复", "a parameter is repeated", faults)
    return dict(values.items())
