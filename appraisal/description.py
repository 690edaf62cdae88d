"""How the API is described (OpenAPI): what each endpoint takes besides its body, and every answer there can be."""

from dataclasses import dataclass
from typing import Any

from flask_smorest import Api as SmorestApi
from marshmallow import Schema

from appraisal.fields import Version, instance


@dataclass(frozen=True)
class Declared:
    """How an endpoint was declared."""

    name: str
    method: str
    scope: str
    public: bool
    creates: bool
    versioned: bool
    before_password: bool


class Api(SmorestApi):
    DEFAULT_ERROR_RESPONSE_NAME = None  # every answer there can be is described by its own status

    def _register_error_handlers(self) -> None:
        """The site has its own, for pages and API alike."""


def schema_name(schema: Any) -> str:
    """The name of a schema in the description: that of its class, after that of its slice."""
    kind = schema if isinstance(schema, type) else type(schema)
    parts = kind.__module__.split(".")
    return (parts[1].title() if parts[0] == "appraisal" and len(parts) > 2 else "") + str(kind.__name__)


def refusals_of(declared: Declared, takes_content: bool, conflicts: bool) -> list[int]:
    """The refusals an endpoint can answer with, by status."""
    """The statuses an endpoint may refuse with."""
    writes = declared.method != "GET"
    codes = [401, 422] if declared.public else [401, 403, 422]
    codes += [404, 429, 503]
    codes += [409, 413] if writes else [409] if conflicts else []
    codes += [412, 428] if declared.versioned else [428] if declared.creates else []
    codes += [415] if writes and takes_content else []
    return sorted(codes)


def headers_in(declared: Declared) -> list[dict[str, Any]]:
    """The headers an endpoint asks for."""
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


def headers_out(declared: Declared, out: type[Schema] | None) -> dict[str, Any]:
    """The headers of its good answer."""
    found = {}
    if out is not None and isinstance(out._declared_fields.get("version"), Version):
        words = "the version of the row, to be sent as If-Match with a change of it"
        found["ETag"] = {"required": True, "description": words, "schema": {"type": "string"}}
    if declared.creates:
        words = "`true` where the request was answered before, and this is that answer"
        found["Idempotency-Replayed"] = {"description": words, "schema": {"type": "string", "enum": ["true"]}}
    return found


_AGAIN = {"required": True, "description": "seconds after which to send it again", "schema": {"type": "integer", "minimum": 1}}
HEADERS_OF = {
    401: {"WWW-Authenticate": {"required": True, "description": "how to sign in", "schema": {"type": "string"}}},
    429: {"Retry-After": _AGAIN},
    503: {"Retry-After": _AGAIN},
}


def content_of(media_type: str | None, out: type[Schema] | None) -> dict[str, Any]:
    """What its good answer holds: a schema, or bytes of a media type."""
    if media_type is None:
        return {"schema": None if out is None else instance(out)}
    return {"content_type": media_type, "schema": {"type": "string", "format": "binary"}}
