"""What the API takes in and gives out, field by field: exact numbers, bounded text, days, instants, both languages.

Incoming JSON is read by `exact_json`, so a JSON number arrives as NumberText and a JSON text as plain str: neither passes for
the other. In an address everything is text. Messages hold Chinese and English, parted by a line break.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, Self

from flask_smorest.fields import Upload as UploadField
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from appraisal.core.numbers import parse_number, plain
from appraisal.errors import Fault
from appraisal.exact_json import NumberText

LARGEST_ID = 2**31 - 1
MOST_PLACES = 8
_UNSAID = {
    "Unknown field.": ("没有这一项", "there is no such field"),
    "Invalid input type.": ("类型不对", "this is of the wrong type"),
    "Missing data for required field.": ("缺少此项", "this is needed"),
    "Field may not be null.": ("不能为空", "this cannot be null"),
}
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"


class Upload(NamedTuple):
    """A file as it came in."""

    name: str
    content: bytes
    media_type: str


class _Shape(Schema):
    """A declaration, which nothing changes: copies of it, made with every decorator of an endpoint, are itself."""

    def __deepcopy__(self, _: object) -> Self:
        return self


@cache
def instance(shape: type[Schema]) -> Schema:
    """The one instance of a schema, for all who only read what it declares."""
    return shape()


class In(_Shape):
    """What comes in; a field that is not declared is refused."""

    class Meta:
        unknown = RAISE


class Query(In):
    """What an address asks for."""


class Listing(Query):
    """What every list takes: how many rows at once, and where the last page ended."""

    limit = fields.Integer()
    cursor = fields.String()

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.metadata.setdefault("description", _LISTED.get(field_name, ""))


class Out(_Shape):
    """What goes out, in the order declared; every field is always there."""

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.required = True


def both(zh: str, en: str) -> str:
    """A message in both languages, as the fields carry it."""
    return f"{zh}\n{en}"


_MISSING = {"required": both("缺少此项", "this is needed"), "null": both("不能为空", "this cannot be null")}
_LISTED = {"limit": "how many rows at once, at most 200", "cursor": "`next` of the page before"}


def _number(places: int) -> str:
    """The pattern of a decimal with at most so many places."""
    return r"^-?(0|[1-9][0-9]{0,14})" + (rf"(\.[0-9]{{1,{places}}})?$" if places else "$")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, NumberText)


def _from_address(field: fields.Field[Any]) -> bool:
    return isinstance(field.root, Query)


class Whole(fields.Integer):
    """A whole number."""

    default_error_messages = _MISSING

    def __init__(self, least: int = 0, most: int = LARGEST_ID, **more: Any) -> None:
        message = both(f"须在 {least} 与 {most} 之间", f"needs a whole number from {least} to {most}")
        super().__init__(validate=validate.Range(least, most, error=message), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        text = value if isinstance(value, NumberText) or (_from_address(self) and _is_text(value)) else ""
        sign, digits = text[:1] == "-", text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 15) or (len(digits) > 1 and digits[0] == "0"):
            raise ValidationError(both("须为整数", "needs a whole number"))
        return -int(digits) if sign else int(digits)


class Id(Whole):
    """The number of a row."""

    def __init__(self, **more: Any) -> None:
        super().__init__(1, LARGEST_ID, **more)


class Version(Whole):
    """The version of a row: it rises with every change, and `If-Match` names it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(1, LARGEST_ID, **more)


class Number(fields.Field[Decimal]):
    """A decimal, exactly: text or a plain JSON number in, shortest text out. `places` bounds the decimals that come in."""

    default_error_messages = _MISSING

    def __init__(self, *, places: int = 4, least: Decimal | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.places, self.least = places, least
        self.metadata |= {"pattern": _number(MOST_PLACES), "type": "string"}

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        if isinstance(self.root, In):
            self.metadata = self.metadata | {"pattern": _number(self.places)}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return None if value is None else plain(Decimal(value))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Decimal:
        try:
            number = parse_number(value if isinstance(value, str) else "")
        except ValueError:
            raise ValidationError(
                both("须为十进制数, 如 12.5 (最多 15 位整数、8 位小数)", "needs a plain decimal such as 12.5")
            ) from None
        if -int(number.as_tuple().exponent) > self.places:
            raise ValidationError(both(f"最多 {self.places} 位小数", f"at most {self.places} decimals"))
        if self.least is not None and number < self.least:
            raise ValidationError(both(f"不得小于 {plain(self.least)}", f"at least {plain(self.least)}"))
        return number


class Str(fields.String):
    """A text that goes out."""


class _Text(fields.String):
    default_error_messages = _MISSING

    def __init__(self, most: int, *, least: int = 1, **more: Any) -> None:
        message = both(f"须为 {least} 至 {most} 个字符", f"needs {least} to {most} characters")
        super().__init__(validate=validate.Length(least, most, error=message), **more)
        self.least = least

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if not _is_text(value):
            raise ValidationError(both("须为文字", "needs text"))
        if self.least and not value.strip():
            raise ValidationError(both("不能只有空白", "cannot be blank"))
        if not self.is_acceptable(value):
            raise ValidationError(both("含有不可用的字符", "holds characters that cannot be used"))
        return str(value)

    def is_acceptable(self, value: str) -> bool:
        return value.isprintable()


class Line(_Text):
    """One line of text, printable characters only."""


class TimeOfDay(_Text):
    """A time of day, HH:MM."""

    def __init__(self, **more: Any) -> None:
        super().__init__(5, least=5, **more)
        self.metadata |= {"pattern": f"^{_TIME}$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if not _is_text(value) or re.fullmatch(_TIME, value) is None:
            raise ValidationError(both("须为时刻, 如 14:30", "needs a time of day such as 14:30"))
        return str(value)


class Prose(_Text):
    """Text of several lines; no control characters beside line breaks and tabs."""

    def __init__(self, most: int = 4000, **more: Any) -> None:
        super().__init__(most, **more)

    def is_acceptable(self, value: str) -> bool:
        return all(sign.isprintable() or sign in "\n\r\t\u2028\u3000\u00a0" for sign in value)


class OneOf(_Text):
    """One of these words."""

    def __init__(self, *words: str, **more: Any) -> None:
        super().__init__(max(map(len, words)), **more)
        self.validators = [validate.OneOf(words, error=both(f"须为: {'、'.join(words)}", f"one of: {', '.join(words)}"))]
        self.validate = self.validators[0]


class Flag(fields.Boolean):
    """Yes or no, as JSON's own true and false."""

    default_error_messages = _MISSING

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if value is True or value is False:
            return bool(value)
        if _from_address(self) and value in ("true", "false"):
            return bool(value == "true")
        raise ValidationError(both("须为 true 或 false", "needs true or false"))


class Day(fields.Date):
    """A day, YYYY-MM-DD."""

    default_error_messages = _MISSING

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> date:
        try:
            if not _is_text(value) or len(value) != 10 or not value.isascii():
                raise ValueError(value)
            found = date.fromisoformat(value)
            if not 1900 <= found.year <= 2200:
                raise ValueError(value)
            return found
        except ValueError:
            raise ValidationError(both("须为日期, 如 2026-03-31", "needs a day such as 2026-03-31")) from None


class Instant(fields.Field[datetime]):
    """A moment that goes out, in UTC with Z."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.metadata |= {"type": "string", "format": "date-time"}

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **more: Any) -> str | None:
        return None if value is None else value.isoformat(timespec="seconds").replace("+00:00", "Z")


class Said(fields.Field[Any]):
    """A bilingual text that goes out: anything with `zh` and `en`."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        parts = {"zh": {"type": "string"}, "en": {"type": "string"}}
        self.metadata |= {"type": "object", "properties": parts, "required": ["zh", "en"]}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> dict[str, str] | None:
        if value is None:
            return None
        return dict(value) if isinstance(value, Mapping) else {"zh": value.zh, "en": value.en}


class Many(fields.List):
    """A list of a schema or a field, bounded on its way in."""

    default_error_messages = _MISSING | {"invalid": both("须为列表", "needs a list")}

    def __init__(self, of: type[Schema] | fields.Field[Any], *, most: int = 1000, least: int = 0, **more: Any) -> None:
        inner = fields.Nested(of) if isinstance(of, type) else of
        message = both(f"须有 {least} 至 {most} 项", f"needs {least} to {most} entries")
        super().__init__(inner, validate=validate.Length(least, most, error=message), **more)


class One(fields.Nested):
    """A schema inside another."""

    default_error_messages = _MISSING


class Numbers(fields.Dict):
    """Decimals by name, such as the inputs of a formula."""

    default_error_messages = _MISSING | {"invalid": both("须为名称与数字", "needs numbers by name")}

    def __init__(self, *, most: int = 50, places: int = 4, **more: Any) -> None:
        message = both(f"最多 {most} 项", f"at most {most} entries")
        super().__init__(keys=Line(80), values=Number(places=places), validate=validate.Length(max=most, error=message), **more)


class Raw(fields.Raw):
    """JSON that goes out as it is stored."""


class File(UploadField):
    """A file of a multipart form."""

    default_error_messages = _MISSING

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Upload:
        if not hasattr(value, "stream"):
            raise ValidationError(both("须为文件", "needs a file"))
        return Upload(value.filename or "", value.stream.read(), value.mimetype)


# Declared once the bounded fields exist; the class body above gives their places in the order.
Listing._declared_fields["limit"] = Whole(1, 200, load_default=50)
Listing._declared_fields["cursor"] = Line(500, load_default=None)


def faults_of(messages: Any, path: str = "") -> list[Fault]:
    """Marshmallow's tree of messages as a list of places; list indexes come as [2], names with a point between."""
    if isinstance(messages, dict):
        found = []
        for name, below in messages.items():
            step = f"[{name}]" if isinstance(name, int) else "" if name == "_schema" else f".{name}" if path else str(name)
            found += faults_of(below, path + step)
        return found
    made = []
    for message in messages if isinstance(messages, list) else [messages]:
        zh, _, en = str(message).partition("\n")
        known = _UNSAID.get(zh, ("这一项不能用", zh)) if not en else (zh, en)
        made.append(Fault(path, *known))
    return made
