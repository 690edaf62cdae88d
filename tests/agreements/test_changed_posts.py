"""A post that turns out never to have been held in the quarter, when something was agreed for it already."""

from datetime import date

import pytest
from sqlmodel import Session

from appraisal.agreements import service as agreements
from appraisal.cycles import service as cycles
from appraisal.errors import Conflict
from appraisal.people import service as people
from tests.agreements.samples import a_quarter
from tests.factories import a_post


def test_a_sheet_with_an_agreement_is_not_dropped_when_the_post_changes_under_it(session: Session) -> None:
    quarter = a_quarter(session)
    agreements.draft_agreement(session, quarter.own, quarter.sheet.id)
    people.assign_post(session, quarter.hr, quarter.employee, a_post(session, "purchasing"), from_on=date(2026, 1, 1))
    with pytest.raises(Conflict) as refused:
        cycles.refresh_cycle(session, quarter.hr, quarter.cycle)
    assert refused.value.code == "sheet_in_use"


def test_a_sheet_nobody_has_worked_on_gives_way_to_the_new_post(session: Session) -> None:
    quarter = a_quarter(session)
    people.assign_post(session, quarter.hr, quarter.employee, a_post(session, "purchasing"), from_on=date(2026, 1, 1))
    cycles.refresh_cycle(session, quarter.hr, quarter.cycle)
    assert [sheet.policy_post for sheet in quarter.sheets] == ["purchasing"]
