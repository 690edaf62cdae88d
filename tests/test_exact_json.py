"""JSON is read digit by digit, and whatever could mislead or exhaust the reader is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.exact_json import DEEPEST, BadJson, NumberText, loads, split_array

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=12,
)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "text",
    ["0.1", "85.00", "1e400", "-0", "123456789012345678901234567890", "0.1234567890123456789", "NaN", "Infinity", "-Infinity"],
)
def test_a_number_keeps_its_text(text: str) -> None:
    for written, found in ((text, loads(text)), (f'{{"a": [{text}]}}', loads(f'{{"a": [{text}]}}')["a"][0])):
        assert found == text, written
        assert type(found) is NumberText


def test_a_text_is_told_from_a_number() -> None:
    assert type(loads('"85"')) is str
    assert loads("[true, false, null]") == [True, False, None]


@given(VALUES)
def test_everything_but_numbers_is_read_as_usual(value: object) -> None:
    def as_text(part: object) -> object:
        if isinstance(part, dict):
            return {name: as_text(child) for name, child in part.items()}
        if isinstance(part, list):
            return [as_text(child) for child in part]
        return str(part) if type(part) is int else part

    for ascii_only in (True, False):
        assert loads(json.dumps(value, ensure_ascii=ascii_only)) == as_text(value)


@pytest.mark.parametrize("text", ["", " ", "{", "[1,]", "{'a': 1}", '{"a": 1,}', '{"a" 1}', "[1] [2]", "nul", '"open', '"\\'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(BadJson) as refused:
        loads(text)
    assert refused.value.zh and refused.value.en


def test_a_refusal_says_line_and_column() -> None:
    with pytest.raises(BadJson) as refused:
        loads('{"a": 1,\n "b" 2}')
    assert (refused.value.line, refused.value.column) == (2, 6)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '{"x": [{"a": 1, "b": 2, "a": 3}]}', '{"a": 1, "\\u0061": 2}'])
def test_a_repeated_key_is_refused(text: str) -> None:
    with pytest.raises(BadJson, match="'a' is repeated"):
        loads(text)


def test_the_same_key_in_two_objects_is_no_repetition() -> None:
    assert loads('[{"a": 1}, {"a": 2, "b": {"a": 3}}]') == [{"a": "1"}, {"a": "2", "b": {"a": "3"}}]


def test_nesting_is_bounded() -> None:
    loads(nested(DEEPEST))
    with pytest.raises(BadJson, match="nested deeper"):
        loads(nested(DEEPEST + 1))
    with pytest.raises(BadJson, match="nested deeper"):
        loads('{"a":' * 100_000)


def test_brackets_inside_a_text_are_no_nesting() -> None:
    brackets = "[{" * 100
    assert loads(json.dumps({"a": brackets, "b": '\\"' + brackets})) == {"a": brackets, "b": '\\"' + brackets}
    with pytest.raises(BadJson, match="nested deeper"):
        loads(json.dumps({"a": "]" * 5000})[:-1] + ', "b": ' + "[" * 4000)


@pytest.mark.parametrize("text", ['"' + '\\"' * 300_000, '"' * 300_001, "[" * 300_000, '{"a":"' + "\\" * 300_001])
def test_a_hostile_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(BadJson):
        loads(text)


@pytest.mark.parametrize("text", ['"\\ud800"', '["a\\uDFFF"]', '{"\\udc00": 1}', '"\ud800"', '"\udcff"'])
def test_half_a_character_is_refused(text: str) -> None:
    with pytest.raises(BadJson, match="half a character"):
        loads(text)


def test_a_character_in_two_halves_is_whole() -> None:
    assert loads('"\\ud83d\\ude00"') == "😀"
    assert loads('"\\\\ud800"') == "\\ud800", "an escaped backslash begins no character"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[1, 2]", ["1", "2"]),
        (' [ {"a": [1, 2]}, {"b": "],["} ]\n', ['{"a": [1, 2]}', '{"b": "],["}']),
        ('[{"a": 1, "a": 2}, nonsense, 3]', ['{"a": 1, "a": 2}', "nonsense", "3"]),
        ('[{"a": 1},]', ['{"a": 1}', ""]),
        *(("", []), ("[]", []), ("[1, 2", []), ("[1]]", []), ("[1][2]", []), ("[1] 2", []), ('["open]', []), ("5", [])),
    ],
)
def test_an_array_is_divided_into_its_entries_sound_or_not(text: str, parts: list[str]) -> None:
    assert [part.strip() for part in split_array(text)] == parts


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_the_entries_of_a_sound_array_are_its_values(values: list[object]) -> None:
    text = json.dumps(values, ensure_ascii=False, indent=1)
    assert [loads(part) for part in split_array(text)] == loads(text)
