"""The fast writer gives what the schemas themselves give."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from appraisal import rest
from appraisal.core.policy.model import Text
from appraisal.dumping import writer


class PersonOut(rest.Out):
    id = rest.Id()
    name = rest.Str()


class CaseOut(rest.Out):
    id = rest.Id()
    title = rest.Said(allow_none=True)
    score = rest.Number(allow_none=True)
    rated = rest.Flag()
    on = rest.Day()
    at = rest.Instant(allow_none=True)
    kind = rest.Str()
    person = rest.One(PersonOut, allow_none=True)
    people = rest.Many(PersonOut)
    tags = rest.Many(rest.Str())
    figures = rest.Numbers()
    stored = rest.Raw()


FULL = {
    "id": 7,
    "title": Text("标题", "Title"),
    "score": Decimal("72.40"),
    "rated": False,
    "on": date(2026, 3, 31),
    "at": datetime(2026, 4, 1, 2, 3, 4, tzinfo=UTC),
    "kind": "kpi",
    "person": {"id": 1, "name": "甲"},
    "people": [{"id": 1, "name": "甲"}, SimpleNamespace(id=2, name="乙")],
    "tags": ["a", "b"],
    "figures": {"应收": Decimal("500.0")},
    "stored": {"any": [1, None]},
}


@pytest.mark.parametrize(
    "value",
    [
        FULL,
        FULL | {"title": None, "score": None, "at": None, "person": None, "people": [], "tags": []},
        FULL | {"title": {"zh": "标题", "en": "Title"}},
        {"id": 7},
        SimpleNamespace(**FULL),
    ],
)
def test_both_write_the_same(value: Any):
    assert writer(CaseOut)(value) == CaseOut().dump(value)


def test_a_decimal_is_written_shortest_and_an_instant_with_z():
    written = writer(CaseOut)(FULL)
    assert (written["score"], written["at"], written["figures"]) == ("72.4", "2026-04-01T02:03:04Z", {"应收": "500"})
