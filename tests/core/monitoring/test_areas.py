"""Every indicator is told of in one area: the one that names it, else the one that has its class (R-000-54)."""

from collections import Counter
from dataclasses import replace

import pytest

from appraisal.core.monitoring.areas import areas_of
from appraisal.core.policy.model import Policy
from tests.core.monitoring.watched import policy
from tests.rules.kpi_sop.test_kpi_sop import kpi_sop
from tests.rules.plant.test_plant import plant


def area(of: str, known: Policy) -> str | None:
    found = areas_of(known).get(of)
    return found.id if found else None


@pytest.mark.parametrize("known", [kpi_sop(), plant()], ids=["kpi_sop", "plant"])
def test_both_policies_have_the_five_areas_of_the_source_and_leave_no_indicator_out(known: Policy) -> None:
    assert set(areas_of(known)) == set(known.watched)
    told = Counter(one.id for one in areas_of(known).values())
    assert list(told) and set(told) == {"compliance", "procurement", "supply_chain", "strategy", "finance"}


def test_an_area_that_names_an_indicator_comes_before_the_one_that_has_its_class() -> None:
    assert area("iqc_pass_rate", kpi_sop()) == "procurement"
    assert area("oqc_pass_rate", kpi_sop()) == "compliance"
    assert area("supplier_performance", plant()) == "procurement"
    assert area("inventory_turns", plant()) == "supply_chain"


def test_without_areas_nothing_belongs_to_one() -> None:
    known = policy()
    assert known.monitoring is not None and area("pass_rate", known) == "compliance"
    bare = replace(known, monitoring=replace(known.monitoring, advisors=()))
    assert areas_of(bare) == {} and areas_of(replace(known, monitoring=None)) == {}
