"""How pages and documents write numbers, dates and instants: one place, so that a figure looks the same wherever it stands."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from appraisal.clock import COMPANY_ZONE
from appraisal.config import PROJECT_ROOT
from appraisal.core.numbers import places_of, plain

TEMPLATES: Final = PROJECT_ROOT / "templates"

_SIGNS = re.compile(" ([×÷]) ")
_LEADING_SIGNS = re.compile("(?<= )([=+−≥≤<>]) ")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: Decimal | None) -> str:
    """The number without exponent or trailing zeros, grouped by thousands; a dash when there is none."""
    if value is None:
        return "—"
    whole, point, rest = plain(value).partition(".")
    sign, digits = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{point}{rest}"


def aligned(value: Decimal | None, places: int) -> Markup:
    """The number followed by invisible digits, so that a right-aligned column of `places` decimals has its points in line."""
    used = 0 if value is None else places_of(value)
    hidden = ("" if used else ".") * bool(places) + "0" * (places - used)
    padding = Markup('<span class="pad" aria-hidden="true">{}</span>').format(hidden) if hidden else Markup("")
    return Markup("{}{}").format(number(value), padding)


def coordinate(value: Decimal | float) -> str:
    """A length in a drawing: two decimals are finer than any screen."""
    return f"{value:.2f}"


def breakable(value: str) -> Markup:
    """A path that may break after each slash, when a column is narrow."""
    return Markup("/<wbr>").join(value.split("/"))


def formulas(value: str) -> str:
    """A sentence in which no line breaks inside a product, or between a sign and what it is for."""
    return _SIGNS.sub("\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", _LEADING_SIGNS.sub("\\1\N{NO-BREAK SPACE}", value))


def sentence(value: str) -> str:
    """Words that begin a line: the first letter is a capital."""
    return value[:1].upper() + value[1:]


def day(value: date, lang: str = "zh") -> str:
    """2026 年 4 月 8 日, or 8 Apr 2026."""
    if lang == "zh":
        return f"{value.year} 年 {value.month} 月 {value.day} 日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def instant(value: datetime, lang: str = "zh") -> str:
    """Day and minute in the company's time."""
    local = value.astimezone(COMPANY_ZONE)
    return f"{day(local.date(), lang)} {local:%H:%M}"


def local_date(value: datetime) -> date:
    """The day of an instant in the company's time."""
    return value.astimezone(COMPANY_ZONE).date()


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "number": number,
    "aligned": aligned,
    "breakable": breakable,
    "coordinate": coordinate,
    "decimals": places_of,
    "formulas": formulas,
    "sentence": sentence,
    "day": day,
    "instant": instant,
    "local_date": local_date,
}


@lru_cache(maxsize=1)
def documents() -> Environment:
    """The environment in which documents are written: escaping everywhere, an error for a name or a value that is not there."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_there,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment


def _there(value: Any) -> Any:
    """What a template prints; a document must say in words that something is missing, and never "None"."""
    if value is None:
        raise ValueError("a document would print None: its template must say what stands there when there is nothing")
    return value
