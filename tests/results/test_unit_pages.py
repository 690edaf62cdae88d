"""Results of units through the pages: entered by one, confirmed by another, corrected by a later entry."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appraisal import clock, db
from appraisal.results.models import UnitResultConfirmation
from tests import factories
from tests.results.browsing import Place, hidden, login_of
from tests.results.test_unit_results import TODAY, Company
from tests.site import a_site


@pytest.fixture
def tied(database_url: str, tmp_path: Path) -> Iterator[Place]:
    site = a_site(database_url, tmp_path)
    with clock.at(TODAY), db.transaction(site.target, write=True) as session:
        company = Company(session)
        ids = {"sales": company.sales.id, "cycle": company.cycle.id}
        logins = {
            "hr": login_of(session, company.hr.account_id),
            "approver": login_of(session, company.approver.account_id),
            "other": factories.an_account(session, "hr").login,
        }
    with clock.at(TODAY):
        yield Place(site, ids, logins)


def test_the_result_of_a_unit_is_entered_by_one_confirmed_by_another_and_corrected(tied: Place) -> None:
    client = tied.browser("hr")
    page = client.get("/hr/unit-results").text
    form = {"csrf_token": hidden(page, "csrf_token"), "idempotency_key": hidden(page, "idempotency_key")}
    form |= {"unit_id": str(tied.ids["sales"]), "score": "7O", "source_document": "经营会纪要"}
    refused = client.post("/hr/unit-results", data=form)
    assert refused.status_code == 422 and 'value="7O"' in refused.text and "经营会纪要" in refused.text
    done = client.post("/hr/unit-results", data=form | {"score": "70"})
    assert done.status_code == 303
    text = client.get("/hr/unit-results").text
    assert "待他人确认" in text and "销售部" in text
    (path,) = set(re.findall(r"/hr/unit-results/\d+", text))
    assert "/confirmation" not in client.get(path).text  # never by who entered it
    approver = tied.browser("approver")
    page = approver.get(path).text
    assert approver.post(f"{path}/confirmation", data={"csrf_token": hidden(page, "csrf_token")}).status_code == 303
    assert tied.count(UnitResultConfirmation) == 1 and "已确认" in approver.get(path).text
    page = client.get(path).text
    form = {"csrf_token": hidden(page, "csrf_token"), "idempotency_key": hidden(page, "idempotency_key")}
    form |= {"score": "75", "source_document": "更正函", "reason": "漏计一单"}
    corrected = client.post(f"{path}/corrections", data=form)
    assert corrected.status_code == 303 and "漏计一单" in client.get(corrected.location).text
    assert "已更正" in client.get(path).text
