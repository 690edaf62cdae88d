"""The board of calibration: who sees whom, the limit drawn, what moving somebody takes, and when a session may be closed.

The site is made once, and its tests lead it on in the order in which they stand.
"""

from collections.abc import Iterator
from decimal import Decimal as D
from typing import Any

import pytest

from appraisal import clock, db
from appraisal.measures import service as measures
from appraisal.people.models import AccountRole
from appraisal.results import calibration
from appraisal.results import service as results
from appraisal.results.models import CalibrationProposal
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating
from tests import factories
from tests.agreements.samples import FIGURES, REVIEW_DAY, a_quarter, record, sign
from tests.results.browsing import Place, hidden, login_of, visible
from tests.results.policies import a_cycle_under, with_calibration
from tests.site import a_site


@pytest.fixture(scope="module")
def department(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Four people, all A, of whom none may be S and two A or better; and HR who is none of them."""
    site = a_site(module_database_url, tmp_path_factory.mktemp("var"))
    with clock.at(REVIEW_DAY), db.transaction(site.target, write=True) as session:
        head = factories.an_employee(session, "李主管")
        unit = factories.a_unit(session, "销售部")
        people = [
            factories.an_employee(session, name, post=factories.a_post(session, unit=unit), supervisor=head)
            for name in ("周戊", "郑庚", "冯壬", "陈癸")
        ]
        cycle = a_cycle_under(session, with_calibration("whole"))
        quarters = [a_quarter(session, one, cycle=cycle) for one in people]
        for quarter in quarters:
            sign(quarter)
            record(quarter, FIGURES)
            rated = [GoalRating(quarter.sheet.id, "plan", D(85))]
            measures.complete_data(session, quarter.provider, quarter.appraisal.id)
            reviews.submit_self_assessment(session, quarter.own, quarter.appraisal.id, statement="完成", ratings=rated)
            reviews.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=rated)
            results.compute_result(session, quarter.hr, quarter.appraisal.id)
        first = quarters[0]
        meeting = calibration.open_calibration(session, first.hr, cycle, name="一季度校准会")
        session.add(AccountRole(account_id=first.own.account_id or 0, role="hr"))
        logins = {
            "hr": login_of(session, first.hr.account_id),
            "part": login_of(session, first.own.account_id),
            "approver": login_of(session, first.approver.account_id),
            "data": factories.an_account(session, "data_provider").login,
        }
        ids = {one.employee.name: one.appraisal.id for one in quarters} | {"meeting": meeting.id, "cycle": cycle.id}
    return Place(site, ids, logins)


@pytest.fixture
def calibrating(department: Place) -> Iterator[Place]:
    with clock.at(REVIEW_DAY):
        yield department


def _move(place: Place, who: str, grade: str, reason: str = "与同组相比", **more: str) -> Any:
    client = place.browser("hr")
    page = client.get(f"/hr/calibration/{place.ids['meeting']}").text
    form = {"csrf_token": hidden(page, "csrf_token"), "idempotency_key": hidden(page, "idempotency_key")}
    form |= {"appraisal_id": str(place.ids[who]), "grade": grade, "reason": reason} | more
    return client, client.post(f"/hr/calibration/{place.ids['meeting']}/proposals", data=form), form


def test_the_board_draws_the_limit_and_says_for_how_many_it_is_impossible(calibrating: Place) -> None:
    text = calibrating.read("hr", f"/hr/calibration/{calibrating.ids['meeting']}")
    assert "2 人不可行" in text and "A 及以上 4 / 至多 2" in text and "S 及以上 0 / 至多 0" in text
    column = text.split('<section class="rank')[2]
    assert column.index("郑庚") < column.index('class="ceiling"') < column.index("冯壬")
    assert text.count('draggable="true"') == 4 and visible(text).count("计算 A") == 4
    english = calibrating.read("hr", f"/hr/calibration/{calibrating.ids['meeting']}", "en-GB,en")
    assert "A or better 4 / at most 2" in english and "impossible for 2" in english


def test_who_is_looked_at_does_not_see_their_card_and_does_not_close(calibrating: Place) -> None:
    text = calibrating.read("part", f"/hr/calibration/{calibrating.ids['meeting']}")
    assert f'id="case-{calibrating.ids["周戊"]}"' not in text and "您本人在此范围内" in text and "/close" not in text
    assert "至多" not in text and "不可行" not in text  # counts would tell
    assert f'id="case-{calibrating.ids["郑庚"]}"' in text
    approver = calibrating.read("approver", f"/hr/calibration/{calibrating.ids['meeting']}")
    assert 'draggable="true"' not in approver and "计算 A" in approver
    assert calibrating.browser("data").get(f"/hr/calibration/{calibrating.ids['meeting']}").status_code == 404
    assert calibrating.browser("hr").get("/hr/calibration/9999").status_code == 404


def test_a_session_is_opened_from_the_page_and_two_do_not_overlap(calibrating: Place) -> None:
    client = calibrating.browser("hr")
    page = client.get("/hr/calibration").text
    assert "一季度校准会" in page and "不是名额" in page
    form = {"csrf_token": hidden(page, "csrf_token"), "idempotency_key": hidden(page, "idempotency_key"), "name": "第二场"}
    refused = client.post("/hr/calibration", data=form)
    assert refused.status_code == 409 and "尚未结束" in refused.text and 'value="第二场"' in refused.text


def test_moving_somebody_needs_a_reason_and_keeps_the_computed_grade_in_sight(calibrating: Place) -> None:
    client, done, form = _move(calibrating, "周戊", "B")
    assert done.status_code == 303 and done.location.endswith(f"#case-{calibrating.ids['周戊']}")
    text = client.get(done.location).text
    assert "4 人, 调整 1 人" in visible(text) and "计算 A → B" in visible(text) and "与同组相比" in text
    assert client.post(f"/hr/calibration/{calibrating.ids['meeting']}/proposals", data=form).status_code == 303
    assert calibrating.count(CalibrationProposal) == 1  # sent twice, taken once
    _, refused, _ = _move(calibrating, "郑庚", "C", reason="")
    assert refused.status_code == 422 and calibrating.count(CalibrationProposal) == 1
    card = refused.text.split(f'id="case-{calibrating.ids["郑庚"]}"')[1].split("</li>")[0]
    assert "<details open>" in card and '<option value="C" selected>' in card and 'aria-invalid="true"' in card


def test_a_board_that_breaks_a_limit_is_not_closed_and_keeps_the_minutes(calibrating: Place) -> None:
    path = f"/hr/calibration/{calibrating.ids['meeting']}"
    client = calibrating.browser("hr")
    page = client.get(path).text
    form = {"csrf_token": hidden(page, "csrf_token"), "version": hidden(page, "version"), "minutes": "逐人讨论"}
    refused = client.post(f"{path}/close", data=form)
    assert refused.status_code == 409 and "逐人讨论" in refused.text and "1 人不可行" in refused.text
    _move(calibrating, "郑庚", "B")
    assert client.post(f"{path}/close", data=form).status_code == 409  # others have moved people meanwhile
    page = client.get(path).text
    done = client.post(f"{path}/close", data=form | {"version": hidden(page, "version")})
    assert done.status_code == 303
    text = client.get(done.location).text
    assert "调整 2 人的等级" in text and "已结束" in text and "逐人讨论" in text and "调整等级" not in text
