"""Forms of pages: read through the schemas of the API, and shown again as they were typed with what to mend beside each field.

A field's name is its path in the body, as faults name it: `comment`, `ratings[0].rating`; `ids[]` collects every value of that
name. A field left empty was not given. Names that begin with an underscore are the page's own.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from flask import Response, flash, g, make_response, redirect, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from appraisal import db, idempotency, web
from appraisal.core.errors import Message
from appraisal.errors import AppraisalError, Conflict, Fault, Invalid
from appraisal.exact_json import NumberText
from appraisal.fields import In, Query, faults_of, instance

TOKEN, VERSION, KEY = "csrf_token", "version", "idempotency_key"
SENT_BEFORE = "form_sent_before"
_STEP = re.compile(r"[^.\[\]]+|\[\d*\]")
_MOST_ENTRIES = 1000


class Form:
    """What somebody typed into a page's form, and why it was not taken; nothing of both for a page that is opened."""

    def __init__(self, given: Mapping[str, str] | None = None, refused: AppraisalError | None = None) -> None:
        self.given, self.refused = given or {}, refused
        self.faults = {fault.path: fault for fault in getattr(refused, "faults", ())}

    @property
    def key(self) -> str:
        """What tells this form from the next: kept where it is shown again, new where one is opened or has been used."""
        used = self.refused is not None and self.refused.code == SENT_BEFORE
        return (not used and self.given.get(KEY)) or secrets.token_urlsafe(12)

    def typed(self, name: str, otherwise: object = "") -> object:
        """The text of a field as it was typed, or what stood there before."""
        if self.refused is not None:
            return self.given.get(name, "")
        return "" if otherwise is None else otherwise

    def ticked(self, name: str, value: str = "true", otherwise: bool = False) -> bool:
        """Whether a box is ticked, or one of several choices chosen."""
        return self.given.get(name) == value if self.refused is not None else otherwise

    def fault(self, name: str) -> str | None:
        """What is wrong with a field, in the reader's language."""
        found = self.faults.get(name)
        return web.said(found) if found else None

    def beside(self, *names: str) -> list[str]:
        """The faults that stand beside none of these fields: they are told above the form."""
        return [f"{path}: {web.said(fault)}" for path, fault in self.faults.items() if path not in names]

    def closed_up(self, name: str) -> "Form":
        """The form with the lines of a list numbered without gaps: as its body had them, and as faults name them."""
        line = re.compile(re.escape(name) + r"\[(\d+)\](.*)")
        found = [(match, value) for key, value in self.given.items() if (match := line.fullmatch(key))]
        order = {place: n for n, place in enumerate(sorted({int(match[1]) for match, value in found if value.strip()}))}
        kept = {key: value for key, value in self.given.items() if not line.fullmatch(key)}
        for match, value in found:
            if int(match[1]) in order:
                kept[f"{name}[{order[int(match[1])]}]{match[2]}"] = value
        return Form(kept, self.refused)

    def lines(self, name: str) -> int:
        """How many lines of a list are filled in."""
        start = f"{name}["
        return len(
            {key[len(start) : key.index("]")] for key, value in self.given.items() if key.startswith(start) and value.strip()}
        )

    @property
    def message(self) -> str | None:
        """Why the form was not taken."""
        return web.said(self.refused.message) if self.refused is not None else None


OPENED: Final = Form()
"""The form of a page that is opened: nothing was typed, nothing refused; its key is another each time it is asked for."""


def submits(
    shape: type[In],
    again: Callable[..., ResponseReturnValue],
    *,
    versioned: bool = False,
    creates: bool = False,
) -> Callable[[Callable[..., Response]], Callable[..., ResponseReturnValue]]:
    """Declares what a form's POST brings in. The view is given the body as the API's endpoint would be, then the path by name,
    with `version` where the row that was shown must still be the same; it answers with where to go on (`done`).

    What is refused as Invalid or Conflict changes nothing and shows the page again: `again(form=…, **path)`. With `creates` a
    form that is sent twice is taken once.
    """

    def declare(view: Callable[..., Response]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def submitted(**path: Any) -> ResponseReturnValue:
            try:
                body = read(shape)
                asked = path | ({VERSION: _version()} if versioned else {})
                return _once(view, body, asked) if creates else view(body, **asked)
            except (Invalid, Conflict) as refused:
                db.take_back(web.session())
                status = 409 if isinstance(refused, Conflict) else 422
                return make_response(again(form=Form(request.form, refused), **path), status)

        return submitted

    return declare


def done(address: str, zh: str, en: str) -> Response:
    """On to an address, which begins with a line that says what has been done."""
    flash(web.said(Message(zh, en)))
    response: Response = redirect(address, 303)  # type: ignore[assignment]
    return response


def read(shape: type[In]) -> dict[str, Any]:
    """The body of this request's form. Raises Invalid `bad_fields`, naming each field as the form does."""
    schema = instance(shape)
    values = _nested(request.form) | dict(request.files)
    values = {name: value for name, value in values.items() if name not in (TOKEN, VERSION, KEY) and name[0] != "_"}
    try:
        loaded: dict[str, Any] = schema.load(_as_json(schema, values))
    except ValidationError as refused:
        faults = faults_of(refused.normalized_messages())
        zh, en = "有几处需要更正, 见各项旁的说明", "something needs correcting: see beside the fields"
        raise Invalid("bad_fields", zh, en, faults) from refused
    return loaded


def asked(shape: type[Query]) -> dict[str, Any]:
    """What this page's address asks for, read as the API reads it; what else stands in an address is not its business.

    Raises Invalid `bad_fields`.
    """
    schema = instance(shape)
    given = {name: value for name in schema.fields if (value := request.args.get(name, "").strip())}
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as refused:
        zh, en = "地址中有不能用的内容, 见下", "something in the address cannot be used: see below"
        raise Invalid("bad_fields", zh, en, faults_of(refused.normalized_messages())) from refused
    return loaded


def _nested(form: MultiDict[str, str]) -> dict[str, Any]:
    """Flat names as a tree; lists come in the order of their numbers, without what was left empty altogether."""
    tree: dict[str, Any] = {}
    for name in form:
        steps = _STEP.findall(name)
        if not steps or len(steps) > 6:
            continue
        values = [value.replace("\r\n", "\n") for value in form.getlist(name) if value.strip()]
        if name.endswith("[]"):
            _put(tree, steps[:-1], values)
        elif values:
            _put(tree, steps, values[-1])
    return {name: _lists(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree[steps[-1]] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(step.startswith("[") for step in value):
        numbered = sorted((int(step[1:-1] or 0), below) for step, below in value.items())
        return [_lists(below) for _, below in numbered[:_MOST_ENTRIES]]
    return {name: _lists(below) for name, below in value.items()}


def _as_json(schema: Schema, values: dict[str, Any]) -> dict[str, Any]:
    """The values as JSON would bring them: a form has text for whole numbers and for yes and no."""
    return {name: _value(schema.fields.get(name), value) for name, value in values.items()}


def _value(field: fields.Field[Any] | None, value: Any) -> Any:
    if isinstance(field, fields.Boolean) and isinstance(value, str):
        return {"true": True, "on": True, "false": False}.get(value, value)
    if isinstance(field, fields.Integer) and isinstance(value, str):
        return NumberText(value.strip())
    if isinstance(field, fields.List) and isinstance(value, list):
        return [_value(field.inner, one) for one in value]
    if isinstance(field, fields.Nested) and isinstance(value, dict):
        return _as_json(field.schema, value)
    return value


def _version() -> int:
    text = request.form.get(VERSION, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        zh, en = "表单不完整, 请刷新页面后重试", "the form is not whole: reload the page and try again"
        raise Invalid("version_needed", zh, en, [Fault(VERSION, zh, en)])
    return int(text)


def _once(view: Callable[..., Response], body: dict[str, Any], path: Mapping[str, Any]) -> Response:
    """Where the form led the first time, when it is sent again."""
    key, who = request.form.get(KEY, ""), web.actor()
    if not (0 < len(key) <= 80 and key.isascii() and key.isprintable()) or who.account_id is None:
        zh, en = "表单不完整, 请刷新页面后重试", "the form is not whole: reload the page and try again"
        raise Invalid("key_needed", zh, en)
    content = "\0".join(f"{name}={value}" for name, value in sorted(request.form.items(multi=True)) if name != TOKEN)
    wanted = idempotency.fingerprint_of(who, "POST", request.path, content.encode())
    try:
        claimed = idempotency.claim(g.session, who.account_id, f"form:{key}", wanted)
    except Conflict:
        # Back in the browser, something changed, sent again: perhaps meant, so it is asked and not done.
        zh = "这张表单已经提交过。如要再提交一份, 请核对内容后再点一次提交"
        en = "this form has been sent before. To send another, check what it says and send it once more"
        raise Conflict(SENT_BEFORE, zh, en) from None
    if claimed.status:
        again: Response = redirect(claimed.body, 303)  # type: ignore[assignment]
        return again
    response = view(body, **path)
    claimed.status, claimed.body = response.status_code, response.location or ""
    return response
