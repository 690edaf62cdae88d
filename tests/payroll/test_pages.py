"""Pages of payroll: what is due, a release prepared by one and let go by another, amounts for payroll alone, differences.

The site is made once, and its tests lead it on in the order in which they stand.
"""

import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from appraisal import clock, db, later, worker
from appraisal.payroll.models import Release, ReleaseBases, ReleaseLine
from appraisal.people import auth
from appraisal.people.models import Account
from appraisal.results.models import Approval
from tests import factories
from tests.agreements.samples import AFTER_APPEALS, FIGURES, REVIEW_DAY, a_quarter, approve, publish, record, review, sign
from tests.payroll.test_releases import corrected
from tests.results.browsing import Place, hidden, login_of, visible
from tests.site import a_site


@pytest.fixture(scope="module")
def company(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two who are approved, one who is not, and one who joined too late to be rated."""
    site = a_site(module_database_url, tmp_path_factory.mktemp("var"))
    with clock.at(REVIEW_DAY), db.transaction(site.target, write=True) as session:
        head = factories.an_employee(session, "李主管")
        people = [
            factories.an_employee(session, name, post=factories.a_post(session), supervisor=head)
            for name in ("周戊", "郑庚", "冯壬")
        ]
        factories.an_employee(session, "卫丑", joined_on=date(2026, 3, 18), post=factories.a_post(session), supervisor=head)
        cycle = factories.an_open_cycle(session)
        quarters = [a_quarter(session, one, cycle=cycle) for one in people]
        for quarter in quarters:
            sign(quarter)
            record(quarter, FIGURES)
            review(quarter, (quarter.sheet, "plan", "85"))
            publish(quarter)
        with clock.at(AFTER_APPEALS):
            for quarter in quarters[:2]:
                approve(quarter)
        first, second = quarters[:2]
        logins = {
            "hr": login_of(session, first.hr.account_id),
            "payroll": login_of(session, first.payroll.account_id),
            "second": login_of(session, second.payroll.account_id),
            "both": factories.an_account(session, "hr", "payroll").login,
            "auditor": factories.an_account(session, "auditor").login,
            "own": login_of(session, first.own.account_id),
            "approver": login_of(session, first.approver.account_id),
        }
        numbers = {f"number of {one.employee.name}": one.employee.number for one in quarters}
    return Place(site, {"cycle": cycle.id or 0}, logins | numbers)


@pytest.fixture
def place(company: Place) -> Iterator[Place]:
    with clock.at(AFTER_APPEALS):
        yield company


def prepare(place: Place, who: str) -> Any:
    client = place.browser(who)
    page = client.get("/payroll").text
    form = {"csrf_token": hidden(page, "csrf_token"), "idempotency_key": f"prepared by {who}"}
    return client.post("/payroll", data=form)


def prepare_anew(place: Place, key: str) -> Any:
    client = place.browser("hr")
    return client.post(
        "/payroll", data={"csrf_token": hidden(client.get("/payroll").text, "csrf_token"), "idempotency_key": key}
    )


def send(place: Place, who: str, path: str, below: str, **values: Any) -> Any:
    """Fills in and sends a form that knows the version that was shown."""
    client = place.browser(who)
    page = client.get(path).text
    form = {"csrf_token": hidden(page, "csrf_token")}
    found = re.search(r'name="version" value="(\d+)"', page)
    return client.post(f"{path}/{below}", data=form | {"version": found[1] if found else "1"} | values)


def test_what_is_due_is_told_to_who_handles_pay(place: Place) -> None:
    text = visible(place.read("hr", "/payroll"))
    assert "待编入发放单 3" in text and "尚未批准 1" in text and "编制发放单" in text and "结果批准之前不发放" in text
    assert place.logins["number of 冯壬"] in text
    assert "编制发放单" not in visible(place.read("payroll", "/payroll"))
    assert "Not approved yet" in place.read("payroll", "/payroll", "en-GB,en")
    for who, status in (("own", 403), ("approver", 403), ("auditor", 200)):
        assert place.browser(who).get("/payroll").status_code == status, who


def test_a_release_is_prepared_by_hr_alone_and_once(place: Place) -> None:
    assert prepare(place, "payroll").status_code == 403
    done = prepare(place, "both")
    assert done.status_code == 303
    assert prepare(place, "both").location == done.location and place.count(Release) == 1  # the same form, sent twice
    refused = prepare(place, "hr")
    assert refused.status_code == 409 and "已有待发放的发放单" in refused.text
    assert "打开待发放的发放单" in place.read("hr", "/payroll")


def test_a_release_shows_its_totals_and_lines(place: Place) -> None:
    text = visible(place.read("payroll", "/payroll/1"))
    assert "人数 3" in text and "系数合计 2.4" in text and "不参评 1" in text and "周戊" in text and "卫丑" in text
    assert "周戊" not in visible(place.read("payroll", "/payroll/1?state=not_rated"))
    assert "没有符合条件的人" in place.read("payroll", "/payroll/1?search=nobody")
    assert place.browser("payroll").get("/payroll/1?state=other").status_code == 422
    assert place.browser("payroll").get("/payroll/99").status_code == 404
    assert place.browser("own").get("/payroll/1").status_code == 403


def test_bases_are_taken_from_a_file_and_seen_by_payroll_alone(place: Place) -> None:
    number = place.logins["number of 周戊"]

    def given(who: str, rows: str) -> Any:
        return send(place, who, "/payroll/1", "bases", file=(BytesIO(f"工号,奖金基数,币种\n{rows}".encode()), "bases.csv"))

    assert "奖金基数" not in visible(place.read("hr", "/payroll/1"))
    assert given("hr", f"{number},8000.50,CNY\n").status_code == 403
    refused = given("payroll", f"{number},8000.50,CNY\n{number},1,CNY\n")
    assert refused.status_code == 422 and "工号重复" in refused.text and place.count(ReleaseBases) == 0
    assert given("payroll", "nobody,1,CNY\n").status_code == 422
    assert given("payroll", f"{number},-1,CNY\n").status_code == 422
    assert given("payroll", f"{number},8000.50,\n").status_code == 303
    own = visible(place.read("payroll", "/payroll/1"))
    assert "8,000.5" in own and "9,600.6" in own and "金额 CNY 9600.6" in own
    for who in ("hr", "auditor"):
        others = place.read(who, "/payroll/1")
        assert "8,000.5" not in others and "9600.6" not in others and "已提供 1 人" in others
    cells = load_workbook(BytesIO(place.browser("payroll").get("/payroll/1/file.xlsx").data)).active
    assert cells is not None
    rows = list(cells.iter_rows(values_only=True))
    assert "base" in rows[0] and "8000.5" in rows[1] and all(isinstance(one, str) for one in rows[1] if one is not None)
    others_rows = load_workbook(BytesIO(place.browser("hr").get("/payroll/1/file.xlsx").data)).active
    assert others_rows is not None and "base" not in [one.value for one in others_rows[1]]


def test_who_prepared_it_does_not_let_it_go(place: Place) -> None:
    assert "须由其他薪酬人员核对发放" in place.read("both", "/payroll/1")
    assert send(place, "both", "/payroll/1", "release").status_code == 403
    assert send(place, "hr", "/payroll/1", "release").status_code == 403


def test_a_release_that_was_changed_meanwhile_is_not_let_go(place: Place) -> None:
    client = place.browser("payroll")
    form = {"csrf_token": hidden(client.get("/payroll/1").text, "csrf_token"), "version": "1"}
    refused = client.post("/payroll/1/release", data=form)
    assert refused.status_code == 409 and "refused" in refused.text


def test_let_go_it_is_numbered_sealed_and_never_changed(place: Place) -> None:
    page = place.read("payroll", "/payroll/1")
    assert 'data-asks="将发放 3 人, 系数合计 2.4' in page
    done = send(place, "payroll", "/payroll/1", "release")
    assert done.status_code == 303
    text = place.read("payroll", "/payroll/1")
    assert "-001" in text and "SHA-256" in text and "截至第" in text and "已发放" in text
    assert "/discard" not in text and "/bases" not in text
    assert send(place, "payroll", "/payroll/1", "discard", reason="晚了").status_code == 409
    listed = visible(place.read("hr", "/payroll"))
    assert "-001" in listed and "待编入发放单 0" in listed and "编制发放单" not in listed


def test_a_prepared_release_is_discarded_with_a_reason_and_what_it_held_is_due_again(place: Place) -> None:
    with db.transaction(place.site.target, write=True) as session:
        found = session.exec(select(Release)).one()
        quarter = _Approved(session, found)
        corrected(quarter, "S", "1.5")
    assert "其中差额 1" in visible(place.read("hr", "/payroll"))
    path = prepare(place, "hr").location
    text = visible(place.read("payroll", path))
    assert "+0.3" in text and "原系数" in text
    refused = send(place, "payroll", path, "discard")
    assert refused.status_code == 422 and "<details" in refused.text and "缺少此项" in refused.text
    done = send(place, "payroll", path, "discard", reason="等另一人批准后一起发")
    assert done.status_code == 303 and "已作废" in place.read("hr", "/payroll")
    assert "等另一人批准后一起发" in place.read("hr", path) and "其中差额 1" in visible(place.read("hr", "/payroll"))


def test_a_release_of_many_is_prepared_and_let_go_in_the_background(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "MANY", 1)
    before = place.count(Release)
    job = prepare_anew(place, "1").location
    assert "/jobs/" in job and place.count(Release) == before
    assert worker.work_off(place.site.target) == 1
    assert '<dt>发放单行数</dt><dd class="figure">1</dd>' in place.read("hr", job) and place.count(Release) == before + 1
    refused = prepare_anew(place, "2")
    assert refused.status_code == 409 and "已有待发放的发放单" in refused.text
    path = f"/payroll/{before + 1}"
    assert send(place, "both", path, "discard").status_code == 422
    page = place.browser("payroll").get(path).text
    stale = {"csrf_token": hidden(page, "csrf_token"), "version": "0"}
    assert place.browser("payroll").post(f"{path}/release", data=stale).status_code == 409
    going = send(place, "payroll", path, "release").location
    assert "/jobs/" in going and "已发放" not in place.read("payroll", path)
    assert worker.work_off(place.site.target) == 1
    assert f'href="{path}"' in place.read("payroll", going) and "-002" in place.read("payroll", path)


class _Approved:
    """As much of a quarter as a correction needs: whose result it is, and who approves."""

    def __init__(self, session: Any, release: Release) -> None:

        line = session.exec(
            select(ReleaseLine).where(ReleaseLine.release_id == release.id, ReleaseLine.kind == "rated")
        ).first()
        approval = session.exec(select(Approval)).first()
        account = session.get_one(Account, approval.account_id)
        self.session, self.approver = session, auth.actor_of(session, account)
        self.appraisal = type("Appraisal", (), {"id": line.appraisal_id})
