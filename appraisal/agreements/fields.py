"""What people type into the fields of a form: figures that can be stored exactly, and text that says something.

Used by this slice and those above it, so that a figure refused in one place is refused everywhere with the same words.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from appraisal.core.numbers import parse_number, plain, scaled
from appraisal.errors import Fault, Invalid
from appraisal.labels import label

PLACES = 4
LARGEST = Decimal(10) ** 14
LONGEST_TEXT = 20_000


def require_figures(figures: Mapping[str, Decimal | None]) -> None:
    """Refuses, all at once, figures that are no finite decimals of at most 14 digits before the point and 4 after."""
    faults = [fault for path, value in figures.items() if value is not None and (fault := _fault(path, value))]
    if faults:
        raise Invalid("bad_number", faults[0].zh, faults[0].en, faults)


def require_text(longest: int = LONGEST_TEXT, **texts: str) -> None:
    """Refuses text that is blank or too long."""
    faults = []
    for path, text in texts.items():
        if not text.strip() or len(text) > longest or "\x00" in text:
            name = label("field", path.rpartition(".")[2])
            zh = f"{name.zh}须填写, 至多 {longest} 字"
            faults.append(Fault(path, zh, f"{name.en} is needed, with at most {longest} characters"))
    if faults:
        raise Invalid("text_needed", faults[0].zh, faults[0].en, faults)


def require_sound_rows(faults: Sequence[Fault]) -> None:
    """Refuses a file of which any row cannot be taken: an import does all of it or nothing."""
    if faults:
        zh, en = f"文件有 {len(faults)} 处错误, 没有导入", f"the file has {len(faults)} faults; nothing was imported"
        raise Invalid("bad_rows", zh, en, faults)


def as_text(figures: Mapping[str, Decimal]) -> dict[str, str]:
    """Decimals by name as the text that JSON columns keep."""
    return {name: plain(value) for name, value in figures.items()}


def as_figures(texts: Mapping[str, str] | None) -> dict[str, Decimal]:
    """The decimals that a JSON column keeps as text."""
    return {name: parse_number(text) for name, text in (texts or {}).items()}


def _fault(path: str, value: object) -> Fault | None:
    if not isinstance(value, Decimal) or not value.is_finite():
        return Fault(path, f"{value!r} 不是十进制数", f"{value!r} is no decimal number")
    if abs(value) >= LARGEST:
        return Fault(path, f"{value} 过大, 整数部分至多 14 位", f"{value} is too large: at most 14 digits before the point")
    try:
        scaled(value, PLACES)
    except ValueError:
        return Fault(path, f"{value} 的小数位多于 {PLACES} 位", f"{value} has more than {PLACES} decimals")
    return None
