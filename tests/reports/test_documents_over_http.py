"""Documents over HTTP: shown in the browser, taken away by a program, and found where people look for them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import clock, db, pdf_fonts
from appraisal.development.service import improvement
from appraisal.people.models import Account
from appraisal.reports import service
from appraisal.reports.catalogue import FORMS
from appraisal.reports.own_documents import own_documents
from appraisal.results import appeals
from tests import factories
from tests.agreements.samples import REVIEW_DAY, Quarter, a_quarter, publish, reviewed, sign
from tests.caller import Caller, a_service
from tests.development.test_improvement import TERMS
from tests.results.test_moves import counted


@dataclass
class Place:
    """A published and appealed case over HTTP: the person, and somebody to whom it is nothing."""

    own: Caller
    stranger: Caller
    appraisal_id: int
    agreement_id: int
    appeal_id: int


@pytest.fixture
def place(engine: Engine, tmp_path: Path) -> Iterator[Place]:
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    with clock.at(REVIEW_DAY):
        with db.transaction(engine, write=True) as session:
            quarter = reviewed(session)
            publish(quarter)
            filed = appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="新客户少计两家")
            stranger = factories.an_account(session, "stranger", employee=factories.an_employee(session, "路人"))
            account = session.exec(select(Account).where(Account.employee_id == quarter.employee.id)).one()
            ids = quarter.appraisal.id, FORMS["performance_agreement"].ids_of_case(session, quarter.appraisal.id)[0], filed.id
        yield Place(Caller(site, account), Caller(site, stranger), *ids)  # type: ignore[arg-type]


def text_of(content: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_a_page_shows_a_document_in_the_language_that_is_asked_for(place: Place) -> None:
    page = f"/documents/self-assessment/{place.appraisal_id}.pdf"
    chinese, both = (place.own.client.get(page, query_string=asked) for asked in ({}, {"language": "both"}))
    assert chinese.mimetype == both.mimetype == "application/pdf"
    assert "inline" in chinese.headers["Content-Disposition"] and "bilingual" in both.headers["Content-Disposition"]
    assert "绩效自评与考核评分表" in text_of(chinese.data) and "Self-assessment and review sheet" not in text_of(chinese.data)
    assert "绩效自评与考核评分表" in text_of(both.data) and "Self-assessment and review sheet" in text_of(both.data)
    assert place.own.client.get(page, query_string={"language": "fr"}).status_code == 422
    assert place.stranger.client.get(page).status_code == 404


def test_a_program_takes_the_same_bytes_away(place: Place) -> None:
    path = f"/documents/appeal/{place.appeal_id}.pdf"
    taken = place.own.get(path, language="both")
    assert taken.status == 200 and taken.headers["Content-Disposition"].startswith("attachment; filename=appeal-")
    assert taken.data == place.own.client.get(path, query_string={"language": "both"}).data
    assert place.own.get(path, language="fr").status == 422
    assert (place.stranger.get(path).status, place.stranger.get(path).json["code"]) == (404, "not_found")
    assert place.own.get(f"/documents/appeal/{place.appeal_id + 1}.pdf").status == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_lead_to_their_documents_in_both_languages(place: Place, language: str) -> None:
    case, agreement, appeal = place.appraisal_id, place.agreement_id, place.appeal_id
    wanted = {
        f"/appraisals/{case}": [
            ("self-assessment", case),
            ("interview-record", case),
            ("result-notice", case),
            ("appeal", appeal),
        ],
        f"/agreements/{agreement}": [("performance-agreement", agreement)],
        f"/results/{case}": [("result-notice", case)],
        "/my/data": [("performance-agreement", agreement), ("interview-record", case), ("appeal", appeal)],
    }
    for page, documents in wanted.items():
        text = place.own.client.get(page, headers={"Accept-Language": language}).text
        for form, about_id in documents:
            assert f"/documents/{form}/{about_id}.pdf?language=both" in text, (page, form)


# What one's own documents are


def test_everything_that_my_data_offers_can_be_had(session: Session) -> None:
    with clock.at(REVIEW_DAY):
        quarter = reviewed(session)
        publish(quarter)
        appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="新客户少计两家")
        (case,) = own_documents(session, quarter.own)
        assert [one.form for one in case.documents] == [
            *("performance_agreement", "self_assessment", "interview_record", "result_notice", "appeal")
        ]
        for one in case.documents:
            assert FORMS[one.form].built(session, quarter.own, one.about_id).filing.about_id == one.about_id


def test_what_is_not_there_yet_is_not_offered(session: Session) -> None:
    with clock.at(REVIEW_DAY):
        quarter = a_quarter(session)
        (case,) = own_documents(session, quarter.own)
        assert [one.form for one in case.documents] == ["self_assessment"]
        assert own_documents(session, factories.an_actor(session, "auditor")) == []
        assert own_documents(session, quarter.supervisor) == []


def test_a_plan_is_offered_once_the_person_may_read_it(session: Session) -> None:
    with clock.at(date(2026, 4, 28)):
        quarter = a_quarter(session)
        plan = improvement.open_improvement_plan(session, quarter.hr, quarter.employee.id or 0, **TERMS)
        assert len(own_documents(session, quarter.own)) == 1  # the case, and no plan
        improvement.offer_improvement_plan(session, quarter.hr, plan.id or 0)
        plans = own_documents(session, quarter.own)[-1]
        assert plans.cycle is None and [one.about_id for one in plans.documents] == [plan.id]


def test_own_documents_take_as_many_queries_for_many_cases_as_for_one(session: Session) -> None:
    with clock.at(REVIEW_DAY):
        quarter = reviewed(session)
        counts = []
        for period in ("2026-Q2", "2026-Q3"):
            cycle = factories.an_open_cycle(session, period=period)
            sign(_later(session, quarter, cycle))
            with counted(session) as said:
                found = own_documents(session, quarter.own)
            counts.append(len(said))
        assert len(found) == 3 and counts[0] == counts[1]


def _later(session: Session, quarter: Quarter, cycle: object) -> Quarter:
    return a_quarter(session, quarter.employee, cycle=cycle)  # type: ignore[arg-type]


def test_while_one_document_is_made_a_second_one_is_put_off_and_pages_are_answered(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PATIENCE", 0)
    path = f"/documents/appeal/{place.appeal_id}.pdf"
    with service._in_hand:
        page, told = place.own.client.get(path), place.own.get(path)
        assert page.status_code == 503 and "正在生成另一份文书" in page.text
        assert (told.status, told.json["code"], told.headers["Retry-After"]) == (503, "busy", "1")
        assert place.own.client.get("/").status_code == 200
    assert place.own.get(path).status == 200


def test_a_document_that_cannot_be_made_gives_its_turn_back_and_is_told_as_that(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/documents/appeal/{place.appeal_id}.pdf"
    with monkeypatch.context() as patched:
        patched.setattr(pdf_fonts, "_LIST_FONTS", ("true",))
        pdf_fonts.chinese.cache_clear()
        told = place.own.get(path)
        assert (told.status, told.json["code"]) == (503, "no_document")
        assert "文件未能生成" in place.own.client.get(path).text
    pdf_fonts.chinese.cache_clear()
    assert place.own.get(path).status == 200
