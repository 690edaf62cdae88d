"""JSON read exactly: numbers keep their text, repeated keys and endless nesting are refused."""

import json
from typing import Any

DEEPEST = 32


class NumberText(str):
    """A JSON number as it was written, to be read as a decimal and never as a float."""


class BadJson(ValueError):
    """Text that is no acceptable JSON; `line` and `column` count from 1 where they are known."""

    def __init__(self, zh: str, en: str, line: int = 1, column: int = 1) -> None:
        super().__init__(en)
        self.zh, self.en, self.line, self.column = zh, en, line, column


def loads(text: str) -> Any:
    """The value that `text` writes, every number as NumberText (NaN and Infinity too, to be refused where they stand).

    Raises BadJson.
    """
    _check_depth(text)
    try:
        return json.loads(
            text, parse_int=NumberText, parse_float=NumberText, parse_constant=NumberText, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        message = f"{error.msg} (line {error.lineno}, column {error.colno})"
        raise BadJson(f"不是合法的 JSON: {message}", f"not valid JSON: {message}", error.lineno, error.colno) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise BadJson(f"键 {repeated!r} 重复", f"the key {repeated!r} is repeated")
    return result


def _check_depth(text: str) -> None:
    """Refuses nesting that would exhaust the parser's stack; brackets inside strings only make it stricter."""
    depth = 0
    for character in text:
        if character in "[{":
            depth += 1
            if depth > DEEPEST:
                raise BadJson(f"嵌套超过 {DEEPEST} 层", f"nested deeper than {DEEPEST} levels")
        elif character in "]}":
            depth -= 1
