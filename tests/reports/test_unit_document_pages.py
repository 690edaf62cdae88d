"""Documents of units over HTTP: listed for who may have them, shown as PDFs, and the stored bytes where they are archived."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.people.models import Account
from appraisal.reports import archive, unit_summary
from tests.agreements.samples import REVIEW_DAY, publish, reviewed
from tests.caller import Caller, a_service


@dataclass
class Place:
    """A cycle in which somebody has a published result; HR and they themselves over HTTP."""

    cycle_id: int
    cycle: str
    hr: Actor
    asking: Caller
    own: Caller


@pytest.fixture
def place(engine: Engine, tmp_path: Path) -> Iterator[Place]:
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    with clock.at(REVIEW_DAY):
        with db.transaction(engine, write=True) as session:
            found = reviewed(session)
            publish(found)
            own = session.exec(select(Account).where(Account.employee_id == found.employee.id)).one()
            asking = session.get_one(Account, found.hr.account_id)
            about = found.cycle.id or 0, found.cycle.code, found.hr
            session.flush()
        yield Place(*about, Caller(site, asking), Caller(site, own))


def test_the_page_lists_the_units_and_leads_to_their_documents(place: Place) -> None:
    page = place.asking.client.get("/documents/units", query_string={"cycle": place.cycle}).text
    ways = [f"/documents/{form}/{place.cycle_id}.pdf?unit_id=" for form in ("unit-summary", "unit-notices", "unit-sign-off")]
    assert all(way in page for way in ways) and "销售部" in page
    assert "归您办理的部门" in place.own.client.get("/documents/units", query_string={"cycle": place.cycle}).text
    whole = place.asking.client.get(f"/documents/unit-summary/{place.cycle_id}.pdf")
    assert (whole.status_code, whole.mimetype) == (200, "application/pdf")
    assert "部门考核结果汇总表" in pypdf.PdfReader(io.BytesIO(whole.data)).pages[0].extract_text()
    assert place.own.client.get(f"/documents/unit-summary/{place.cycle_id}.pdf").status_code == 404


def test_what_is_archived_is_answered_with_the_stored_bytes(place: Place, engine: Engine) -> None:
    with db.transaction(engine, write=True) as session:
        keep(session, place.hr, place.cycle_id, b"%PDF-1.7 as it was kept\n%%EOF\n")
    answered = place.asking.client.get(f"/documents/unit-summary/{place.cycle_id}.pdf")
    assert answered.data == b"%PDF-1.7 as it was kept\n%%EOF\n"
    other = place.asking.client.get(f"/documents/unit-summary/{place.cycle_id}.pdf", query_string={"language": "both"})
    assert other.status_code == 200 and other.data != answered.data


def keep(session: Session, actor: Actor, cycle_id: int, content: bytes) -> None:
    """The summary of the whole cycle in the archive, as if it had been rendered to this."""
    form = unit_summary.FORM
    told = form.built(session, actor, cycle_id)
    archive.keep(session, actor, form, told, "zh", form.html(told, "zh"), content)
