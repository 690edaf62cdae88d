"""A case of monitoring that expects something wrong must fail: otherwise the YAML cases would prove nothing."""

from pathlib import Path
from typing import Any

import pytest

CASE = {"policy": "kpi_sop", "period": "2026-03", "readings": {"iqc_pass_rate": ["99", "90"]}}


def run(request: pytest.FixtureRequest, expect: dict[str, Any], **changes: Any) -> None:
    collector: Any = request.config.pluginmanager.get_plugin(str(Path(__file__).parent / "conftest.py"))
    collector.CaseItem.from_parent(request.node.parent, name="case", case={**CASE, **changes}, expect=expect).runtest()


def test_a_case_that_expects_what_comes_out_passes(request: pytest.FixtureRequest) -> None:
    told = {"values": {"iqc_pass_rate": "90.00"}, "levels": {"iqc_pass_rate": "attention"}, "alerts": ["iqc_pass_rate"]}
    run(request, told)


@pytest.mark.parametrize(
    "expect",
    [
        {"values": {"iqc_pass_rate": "99"}},
        {"levels": {"iqc_pass_rate": "normal"}},
        {"levels": {"iqc_pass_rate": None}},
        {"levels": {"iqc": "attention"}},
        {"deviations": {"iqc_pass_rate": None}},
        {"alerts": []},
        {"trends": ["iqc_pass_rate"]},
        {"guards": ["iqc_pass_rate/complaint_rate"]},
        {"error": "unknown_indicator"},
        {"level": {"iqc_pass_rate": "attention"}},
        {},
    ],
)
def test_a_case_that_expects_anything_else_fails(request: pytest.FixtureRequest, expect: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="expected|expect names"):
        run(request, expect)


def test_readings_of_something_not_watched_are_refused_and_a_case_may_expect_it(request: pytest.FixtureRequest) -> None:
    strange = {"readings": {"weather": ["1"]}}
    run(request, {"error": "unknown_indicator"}, **strange)
    with pytest.raises(Exception, match="unknown_indicator"):
        run(request, {"alerts": []}, **strange)
