"""A quarter of a company of thirty and what follows from it, all over HTTP: from the first list of people to the difference
that a second release of pay corrects. Each chapter goes on where the one before has ended.
"""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from appraisal import clock, db
from appraisal.actor import SYSTEM
from appraisal.people import accounts, auth
from appraisal.policies import service as policies
from tests import factories
from tests.caller import a_service
from tests.journeys import appraising, beginning, deciding
from tests.journeys.office import Office

CHAPTERS = (
    beginning.people_arrive,
    beginning.everybody_gets_in,
    beginning.rules_are_made_known,
    beginning.goals_come_down,
    beginning.agreements_are_issued,
    appraising.somebody_joins_late,
    appraising.something_serious_happens,
    appraising.figures_come_in,
    appraising.everybody_assesses_themselves,
    appraising.superiors_review,
    appraising.results_are_computed,
    appraising.interviews_are_held,
    appraising.results_are_published,
    deciding.two_appeal,
    deciding.results_are_approved,
    deciding.pay_is_released,
    deciding.the_next_quarter_begins,
    deciding.one_is_looked_at_again,
    deciding.the_difference_is_released,
    deciding.the_trail_holds_it_all,
)


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Office:
    """A new company: the operator has published the rules and made the first administrator, as the commands do."""
    with clock.at(beginning.DAY_ONE):
        with db.transaction(engine, write=True) as session:
            policies.publish_calendar(session, SYSTEM, factories.checked_calendar())
            policies.publish_policy(session, SYSTEM, factories.checked())
            secret = auth.new_secret()
            accounts.create_account(session, SYSTEM, login="admin", secret=secret, roles=["admin"])
        made = Office(a_service(engine.url.render_as_string(hide_password=False), tmp_path), {})
        made.chooses_password("admin", secret.text)
    return made


def test_a_company_goes_from_its_first_list_of_people_to_a_corrected_release(office: Office):
    for chapter in CHAPTERS:
        chapter(office)
