"""One company in which every relation there is to a person has an account, and everything that can be done something with has a
name: a case at each step, agreements, figures, incidents, plans, releases, and what belongs to signing in.

Everything concerns `self`, who is appraised in many cycles side by side, one for each step, unless its name says otherwise.
What people write and the figures they give are found nowhere else, so that a test can look for them (`SECRETS`).
"""

from sqlmodel import Session

from appraisal import clock
from appraisal.cycles.models import Appraisal
from appraisal.results.models import Calibration
from tests import factories as make
from tests.world.beside_the_cases import add_agreements, add_cycle_matters, add_incidents, add_measures
from tests.world.cases import STEPS, add_cases, add_outsider
from tests.world.company import NOW, OPENED, REVIEWED, SECRETS, Company, World
from tests.world.doors import add_access, add_documents, add_payroll, add_policy
from tests.world.people import add_files, add_people
from tests.world.watching import add_monitoring, add_readings, add_reports_and_meetings, add_summaries
from tests.world.year import add_development, add_feedback, add_improvement, add_unit_results

__all__ = ["NOW", "SECRETS", "STEPS", "World", "a_world"]


def a_world(session: Session) -> World:
    """The company, on the days its things happen; a test then works at `NOW`."""
    company = Company(session)
    with clock.at(OPENED):
        add_people(company)
        make.a_published_policy(session)
    with clock.at(REVIEWED):
        add_files(company)
        add_cases(company)
        add_agreements(company)
        add_measures(company)
        add_readings(company)
        add_monitoring(company)
        add_reports_and_meetings(company)
        add_summaries(company)
        add_cycle_matters(company)
        add_outsider(company)
    with clock.at(NOW):
        add_incidents(company)
        add_feedback(company)
        add_development(company)
        add_improvement(company)
        add_unit_results(company)
        add_payroll(company)
        add_documents(company)
        add_policy(company)
        add_access(company)
    company.world.ids["calibration_version"] = session.get_one(Calibration, company.world.ids["calibration"]).version
    company.world.ids |= {
        f"{step}_version": session.get_one(Appraisal, company.world.ids[step], populate_existing=True).version for step in STEPS
    }
    for step in ("approving", "unpublished"):
        company.world.words[f"{step}_choice"] = f"{company.world.ids[step]}-{company.world.ids[f'{step}_version']}"
    return company.world
