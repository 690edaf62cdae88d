"""Clerks at the pages: what they enter is the other person's, from a paper, in sight, and over when it is over (D-21)."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import clock, db, files, web
from appraisal.agreements import service as agreements
from appraisal.agreements.models import Agreement, Signature
from appraisal.audit import AuditRecord
from appraisal.measures import service as measures
from appraisal.people import clerks
from appraisal.people.models import Account, Clerk
from appraisal.reviews.models import ReviewEntry
from tests import factories as make
from tests.agreements.samples import FIGURES, SALES, a_quarter, record, sign
from tests.site import a_browser, a_site, form_of, form_token

JANUARY, APRIL = datetime(2026, 1, 6, 2, 0, tzinfo=UTC), datetime(2026, 4, 8, 2, 0, tzinfo=UTC)


@dataclass
class Office:
    """A clerk, and two without an account for whom they enter, the first of them in a quarter."""

    site: web.Site
    login: str
    worker: int
    other: int
    appraisal: int
    agreement: int
    sheet: int

    def browser(self) -> FlaskClient:
        return a_browser(self.site, self.login)

    def begin(self, client: FlaskClient, employee_id: int | None = None, **form: Any) -> Any:
        page = f"/entering/{employee_id or self.worker}"
        paper = {"scan": (BytesIO(b"%PDF-1.7 signed"), "自评表.pdf", "application/pdf")}
        return client.post(page, data={"csrf_token": form_token(client, page)} | (form or paper))

    def end(self, client: FlaskClient) -> Any:
        return client.post("/entering/end", data={"csrf_token": form_token(client, "/entering")})

    def send(self, client: FlaskClient, page: str, **fields: str) -> Any:
        """The form of a page that goes to the page itself."""
        text = client.get(page).text
        return client.post(page, data=form_of(text, page) | fields)

    def session(self) -> Any:
        return db.transaction(self.site.target, write=False)

    def count(self, table: Any) -> int:
        with self.session() as session:
            return len(session.exec(select(table)).all())

    def trail(self, action: str) -> list[AuditRecord]:
        with self.session() as session:
            return list(session.exec(select(AuditRecord).where(AuditRecord.action == action)).all())


def an_office(site: web.Site, *, signed: bool) -> Office:
    """The agreement of the first one is a draft that waits for signatures; or it is signed, and the self-assessment is due."""
    with db.transaction(site.target, write=True) as session:
        unit = make.a_unit(session, "车队")
        post, chief = make.a_post(session, unit=unit), make.an_employee(session, "李主管")
        worker, other = (make.an_employee(session, name, post=post, supervisor=chief) for name in ("何师傅", "马师傅"))
        quarter = a_quarter(session, worker)
        if signed:
            agreement_id = sign(quarter)
            record(quarter, FIGURES)
            measures.complete_data(session, quarter.provider, quarter.appraisal.id)
        else:
            agreement_id = agreements.draft_agreement(session, quarter.supervisor, quarter.sheet.id).id
            agreements.set_items(session, quarter.supervisor, agreement_id, SALES)
        session.exec(select(Account).where(Account.employee_id == worker.id)).one().disabled = True
        login = session.get_one(Account, make.a_clerk(session, unit).account_id).login
        ids = (worker.id or 0, other.id or 0, quarter.appraisal.id or 0, agreement_id)
        return Office(site, login, *ids, sheet=quarter.sheet.id or 0)


@pytest.fixture
def april(database_url: str, tmp_path: Path) -> Iterator[Office]:
    with clock.at(APRIL):
        yield an_office(a_site(database_url, tmp_path), signed=True)


@pytest.fixture
def january(database_url: str, tmp_path: Path) -> Iterator[Office]:
    with clock.at(JANUARY):
        yield an_office(a_site(database_url, tmp_path), signed=False)


def assessment(office: Office) -> tuple[str, dict[str, str]]:
    """The page of the self-assessment in the worker's name, and what the paper says."""
    given = {"statement": "本季度安全行驶", "ratings[0].sheet_id": str(office.sheet), "ratings[0].item": "plan"}
    return f"/for/{office.worker}/appraisals/{office.appraisal}/self-assessment", given | {"ratings[0].rating": "85"}


def test_a_clerk_enters_a_self_assessment_from_its_paper(april: Office):
    client = april.browser()
    assert re.findall(r"/entering/\d+", client.get("/entering").text) == [
        f"/entering/{one}" for one in (april.worker, april.other)
    ]
    assert "自评" in client.get(f"/entering/{april.worker}").text
    assert april.begin(client).headers["Location"] == f"/for/{april.worker}/"
    page, given = assessment(april)
    home = client.get(f"/for/{april.worker}/").text
    assert "正在为 何师傅 代录" in home and "自评表.pdf" in home
    assert all(f"/for/{april.worker}/" in link for link in re.findall(r'class="waiting".*?href="([^"]+)"', home, re.DOTALL))
    sent = april.send(client, page, **given)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/for/{april.worker}/appraisals/{april.appraisal}")
    with april.session() as session:
        written = session.exec(select(ReviewEntry).where(ReviewEntry.appraisal_id == april.appraisal)).one()
        assert (written.author_id, written.comment) == (april.worker, "本季度安全行驶")
    april.end(client)
    [begun], [entered], [ended] = (april.trail(f"clerk.{one}") for one in ("begin", "enter", "end"))
    [handed_in] = april.trail("review.self_assessment")
    for one in (entered, handed_in):
        assert f'"on_behalf_of":{april.worker}' in one.payload
    assert '"scan":"' in begun.payload and '"scan":"' in entered.payload
    assert {one.actor for one in (begun, entered, handed_in, ended)} == {begun.actor}
    assert begun.object_id == ended.object_id == str(april.worker)


def test_without_a_paper_a_clerk_looks_and_enters_nothing(april: Office):
    client = april.browser()
    refused = april.begin(client, scan="")
    assert refused.status_code == 422 and "请附上签字原件的扫描件" in refused.text
    april.begin(client, only_looking="true")
    page, given = assessment(april)
    shown = client.get(page)
    assert "正在查看 何师傅 的页面" in shown.text and 'class="with-rail looking"' in shown.text
    sent = april.send(client, page, **given)
    assert sent.status_code == 422 and "扫描件" in html.unescape(sent.text)
    assert april.count(ReviewEntry) == 0 and april.trail("clerk.enter") == []


def test_a_form_is_sent_in_the_name_it_was_opened_in_or_not_at_all(april: Office):
    client = april.browser()
    april.begin(client)
    page, given = assessment(april)
    kept = form_of(client.get(page).text, page)
    april.begin(client, april.other)
    for way_it_ended in ("with another", "for good"):
        late = client.post(page, data=kept | given)
        assert late.status_code == 409 and "代录已结束" in late.text, way_it_ended
        assert client.get(page).status_code == 409
        april.end(client)
    assert april.count(ReviewEntry) == 0
    april.begin(client)
    assert client.post(page.removeprefix(f"/for/{april.worker}"), data=kept | given).status_code == 404
    assert client.post(page, data=kept | given).status_code == 303


def test_what_has_not_ended_is_in_sight_on_ones_own_pages(april: Office):
    client = april.browser()
    assert 'class="entering' not in client.get("/").text
    april.begin(client)
    own = client.get("/").text
    assert "为 何师傅 的代录尚未结束" in own and f'href="/for/{april.worker}/"' in own
    assert "正在为" not in own and "何师傅 代录" not in client.get("/my/appraisal").text
    assert client.get("/people/1000").status_code == 404
    april.end(client)
    assert 'class="entering' not in client.get("/").text


def test_signing_out_ends_it_and_works_from_their_pages(april: Office):
    client = april.browser()
    april.begin(client)
    out = form_of(client.get(f"/for/{april.worker}/").text, "/logout")
    assert client.post("/logout", data=out).status_code == 302
    again = april.browser()
    assert again.get(f"/for/{april.worker}/").status_code == 409


def test_nobody_enters_for_whom_they_are_not_the_clerk(april: Office):
    client = april.browser()
    april.begin(client)
    assert client.get(f"/for/{april.other}/").status_code == 409
    with db.transaction(april.site.target, write=True) as session:
        stranger = make.an_employee(session, "外人").id or 0
        session.exec(select(Account).where(Account.employee_id == april.worker)).one().disabled = False
    assert client.get(f"/entering/{stranger}").status_code == 404
    assert client.get(f"/entering/{april.worker}").status_code == 404
    assert client.get(f"/for/{april.worker}/").status_code == 403
    with db.transaction(april.site.target, write=True) as session:
        session.exec(select(Account).where(Account.employee_id == april.worker)).one().disabled = True
        clerks.dismiss_clerk(
            session, make.hr(session), session.exec(select(Clerk)).one(), to_on=date(2026, 4, 8), reason="轮岗"
        )
    assert client.get(f"/for/{april.worker}/").status_code == 200
    with clock.at(datetime(2026, 4, 9, 2, 0, tzinfo=UTC)):
        tomorrow = april.browser()
        assert tomorrow.get("/entering").status_code == 403
        assert 'href="/entering"' not in tomorrow.get("/").text


def test_of_many_people_a_part_of_the_name_finds_one(april: Office):
    client = april.browser()
    assert "马师傅" not in client.get("/entering?q=何").text
    assert "没有符合条件的人" in client.get("/entering?q=王").text


def test_a_clerk_enters_what_was_signed_under_an_agreement(january: Office):
    client = january.browser()
    january.begin(client)
    page = f"/for/{january.worker}/agreements/{january.agreement}"
    form = form_of(client.get(page).text, f"{page}/sign")
    tomorrow = client.post(f"{page}/sign", data=form | {"signed_on": "2026-01-07"})
    assert tomorrow.status_code == 422
    assert client.post(f"{page}/sign", data=form | {"signed_on": "2026-01-05"}).status_code == 303
    with january.session() as session:
        signature = session.exec(select(Signature)).one()
        paper = session.exec(select(files.StoredFile)).one()
        assert (signature.role, signature.kind, signature.employee_id) == ("employee", "paper", january.worker)
        assert (signature.file_id, signature.signed_on) == (paper.id, date(2026, 1, 5))
        assert session.get_one(Agreement, january.agreement).status == "draft"
    assert f"{page}/sign" not in client.get(page).text
