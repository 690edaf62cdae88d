"""JSON read exactly: numbers keep their text; repeated keys, endless nesting and half characters are refused."""

import json
import re
from collections.abc import Iterator
from typing import Any

DEEPEST = 32

# A string counts as one piece, so that brackets inside it are no nesting; one that never closes goes on to the end.
_PIECE = re.compile(r'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)

_HALF = re.compile("\\\\u[dD][89a-fA-F]|[\ud800-\udfff]")


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
        value = json.loads(
            text, parse_int=NumberText, parse_float=NumberText, parse_constant=NumberText, object_pairs_hook=_object
        )
        if _HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        message = f"{error.msg} (line {error.lineno}, column {error.colno})"
        raise BadJson(f"不是合法的 JSON: {message}", f"not valid JSON: {message}", error.lineno, error.colno) from None
    except UnicodeEncodeError:
        raise BadJson("含有残缺的字符; 文件须为 UTF-8", "there is half a character in it; the text must be UTF-8") from None
    return value


def split_array(text: str) -> Iterator[str]:
    """The text of each entry of the array that `text` writes, sound or not; nothing where the brackets do not match."""
    depth, start, parts = 0, 0, []
    for piece in _PIECE.finditer(text):
        sign = piece.group()
        if sign in "[{":
            depth += 1
            start = piece.end() if depth == 1 else start
        elif depth == 1 and sign in ",]":
            parts.append(text[start : piece.start()])
            start = piece.end()
        depth -= sign in "]}"
        if depth == 0:
            break
    if depth == 0 and not text[start:].strip() and any(part.strip() for part in parts):
        yield from parts


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise BadJson(f"键 {name!r} 重复", f"the key {name!r} is repeated")
        result[name] = value
    return result


def _check_depth(text: str) -> None:
    """Refuses nesting that would exhaust the parser's stack."""
    depth = 0
    for piece in _PIECE.finditer(text):
        sign = piece.group()
        if sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise BadJson(f"嵌套超过 {DEEPEST} 层", f"nested deeper than {DEEPEST} levels")
        elif sign in "]}":
            depth -= 1
