"""A case that expects something wrong must fail: otherwise the YAML cases would prove nothing."""

from pathlib import Path
from typing import Any

import pytest

CASE = {
    "policy": "trading",
    "on": "2026-03-31",
    "period": "2026-Q1",
    "post": "sales",
    "items": [{"id": "revenue", "weight": "100", "target": "100", "challenge": "120", "actual": "110"}],
}


def run(request: pytest.FixtureRequest, expect: dict[str, Any], **changes: Any) -> None:
    collector: Any = request.config.pluginmanager.get_plugin(str(Path(__file__).parent / "conftest.py"))
    collector.CaseItem.from_parent(request.node.parent, name="case", case={**CASE, **changes}, expect=expect).runtest()


def test_a_case_that_expects_what_comes_out_passes(request: pytest.FixtureRequest) -> None:
    run(request, {"score": "90", "grade": "A", "items": {"revenue": "90"}, "missing": [], "zeroed": {}})


@pytest.mark.parametrize(
    "expect",
    [
        {"score": "90.0001"},
        {"score": "90", "grade": "S"},
        {"outcomes": ["training"]},
        {"items": {"gross_profit": "90"}},
        {"zeroed": {"revenue": "vetoes/credit_loss"}},
        {"error": "weights_not_100"},
        {"scores": "90"},
        {},
    ],
)
def test_a_case_that_expects_anything_else_fails(request: pytest.FixtureRequest, expect: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="expected|expect names"):
        run(request, expect)


def test_a_refusal_nobody_expected_fails(request: pytest.FixtureRequest) -> None:
    with pytest.raises(Exception, match="unknown_post"):
        run(request, {"missing": None}, post="astronaut")
