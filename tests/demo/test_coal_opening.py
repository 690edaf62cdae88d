"""The sample coal group on PostgreSQL: the quarter in which HR alone tries the policy, and the opening for everybody then."""

import pytest
from sqlmodel import Session

from appraisal.demo.coal_group import TOP
from appraisal.demo.coal_quarter import SECOND
from appraisal.results import queries as results
from tests.demo.coal import a_coal_group

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")


def test_hr_has_results_of_its_own_before_the_other_sheets_open(session: Session) -> None:
    group, checked = a_coal_group(session, [])
    group.begin(checked)
    found = [results.standing(session, case.appraisal) for case in group.cases.values()]
    assert len(found) == 4 and all(one is not None and one.approval is not None for one in found)
    group.open("2026-Q2", "第二季度", TOP, SECOND, pays=True)
    assert sum(len(case.sheets) for case in group.cases.values()) == 66
