"""Values bound by annotation: what curves and rule files share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest

from appraisal.core.policy.binding import UNBOUND, bind_value, binder, keys_of
from appraisal.core.policy.loader import read_document
from appraisal.core.policy.model import Band, Id, Text


@dataclass(frozen=True)
class Edge:
    """A key whose name is a word of the programming language."""

    from_: Decimal
    open: bool = False


def bound(text: str, annotation: Any) -> tuple[Any, list[str]]:
    node, problems = read_document(text, "a.yaml")
    assert node is not None
    return bind_value(node, annotation, problems), [f"{one.where.line}:{one.where.column}" for one in problems]


@pytest.mark.parametrize(
    ("text", "annotation", "value"),
    [
        ("85.50", Decimal, Decimal("85.5")),
        ("-3", int, -3),
        ("true", bool, True),
        ("2026-02-28", date, date(2026, 2, 28)),
        ("甲", str, "甲"),
        ('"no"', str, "no"),
        ("a-1_b", Id, "a-1_b"),
        ("no", Literal["yes", "no"], "no"),
        ("null", Decimal | None, None),
        ("5", Decimal | None, Decimal(5)),
        ("[1, 2.5]", tuple[Decimal, ...], (Decimal(1), Decimal("2.5"))),
        ("[]", tuple[str, ...], ()),
        ("{甲: 1}", Mapping[str, Decimal], {"甲": Decimal(1)}),
        ("{from: 1}", Edge, Edge(Decimal(1))),
        ("[{from: 1, open: true}]", tuple[Edge, ...], (Edge(Decimal(1), True),)),
        ("{zh: 甲, en: A}", Text, Text("甲", "A")),
    ],
)
def test_a_value_is_read_as_its_annotation_says(text: str, annotation: Any, value: Any) -> None:
    assert bound(text, annotation) == (value, [])


@pytest.mark.parametrize(
    ("text", "annotation", "place"),
    [
        ("85", str, "1:1"),
        ("3.0", int, "1:1"),
        ("True", bool, "1:1"),
        ('"true"', bool, "1:1"),
        ("2026-2-28", date, "1:1"),
        ("2026-02-29", date, "1:1"),
        ("A1", Id, "1:1"),
        ("1a", Id, "1:1"),
        ("maybe", Literal["yes", "no"], "1:1"),
        ("null", Decimal, "1:1"),
        ("null", tuple[str, ...], "1:1"),
        ("[1, x]", tuple[Decimal, ...], "1:5"),
        ("{a: x}", Mapping[str, Decimal], "1:5"),
        ("{no: 1}", Mapping[str, Decimal], "1:2"),
        ("{from_: 1}", Edge, "1:2"),
        ("甲", Text, "1:1"),
    ],
)
def test_a_value_of_another_kind_is_refused_where_it_stands(text: str, annotation: Any, place: str) -> None:
    value, places = bound(text, annotation)
    assert value is UNBOUND
    assert place in places


def test_every_problem_of_a_value_is_told() -> None:
    value, places = bound("- {from: x, oepn: true}\n- {open: maybe}\n", tuple[Edge, ...])
    assert value is UNBOUND
    assert sorted(places) == ["1:10", "1:13", "2:10", "2:3"]


def test_an_entry_knows_its_place_but_is_equal_without_it() -> None:
    text = "{grade: A, name: {zh: 甲, en: A}, from: 1, multiplier: 1}"
    here, _ = bound(text, Band)
    there, _ = bound("\n\n" + text, Band)
    assert (here, here.where.line, there.where.line) == (there, 1, 3)
    assert here.where.at("from").column == text.index("1, multiplier") + 1


def test_where_is_never_a_key() -> None:
    assert "where" not in keys_of(Band)
    assert bound("{grade: A, name: {zh: 甲, en: A}, from: 1, multiplier: 1, where: x}", Band)[0] is UNBOUND


def test_an_annotation_outside_the_language_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        binder(float)
