"""Refusals of the API as RFC 9457 problems: a stable code, words in both languages, and where values are wrong, which."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from appraisal import db, web
from appraisal.dumping import as_json, writer
from appraisal.errors import AppraisalError, Busy, Conflict, Fault, Invalid, NotAllowed, NotFound, TooMany
from appraisal.fields import Out, Raw, Said, Str, Whole
from appraisal.pdf import PdfError


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


class Precondition(AppraisalError):
    """A header is missing without which the request cannot be taken safely."""


class NotSignedIn(AppraisalError):
    """Nobody is signed in, or the session or token no longer holds."""

    def __init__(self) -> None:
        super().__init__("not_signed_in", "请先登录", "sign in first")


STATUS_OF = web.STATUS_OF | {NotSignedIn: 401, Precondition: 428, TooMany: 429}


def refusal(error: Exception) -> Response:
    """The problem that an error of a service, of a form or of HTTP itself is."""
    if isinstance(error, AppraisalError):
        status = next((known for kind, known in STATUS_OF.items() if isinstance(error, kind)), 500)
        message = (error.message.zh, error.message.en)
        if status == 404:
            return problem(404, "not_found", *NOT_FOUND)
        if error.code == "stale_version" and _shown_by() != (None, None):
            return problem(412, error.code, *message, current=_current())
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
        headers |= {"Retry-After": "1"} if isinstance(error, Busy) else {}
        current = error.current if isinstance(error, Conflict) else None
        faults = error.faults if isinstance(error, Invalid) else ()
        return problem(status, error.code, *message, faults=faults, current=current, headers=headers)
    if isinstance(error, PdfError):
        return problem(503, "no_document", "文书未能生成", "the document could not be made", headers={"Retry-After": "60"})
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
    response = Response(as_json(body), status, mimetype="application/problem+json")
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
    shows, schema = _shown_by()
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


def _shown_by() -> tuple[Any, Any]:
    """The GET view of the row whose version a request names, and its schema; none of a request that names no version."""
    view = current_app.view_functions.get(request.endpoint or "")
    shown: tuple[Any, Any] = getattr(view, "shown_by", (None, None))
    return shown
