"""The archive as it is read: who sees which document, its bytes as stored, scans of signed paper, and damage found."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from appraisal import db, files
from appraisal.actor import Actor
from appraisal.cli import main
from appraisal.config import settings
from appraisal.errors import Conflict, NotAllowed, NotFound
from appraisal.files import FileContent, StoredFile
from appraisal.people import auth
from appraisal.people.models import Account
from appraisal.reports import archive_exports, archived
from appraisal.reports.catalogue import FORMS
from appraisal.reports.models import ArchivedDocument
from tests.site import a_browser, a_site, send
from tests.world import World, a_world

PDF = b"%PDF-1.4\n"


@pytest.fixture(scope="module")
def served(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, World]:
    target = db.make_engine(module_database_url)
    with db.transaction(target, write=True) as session:
        world = a_world(session)
    target.dispose()
    return a_site(module_database_url, tmp_path_factory.mktemp("var")), world


def login_of(world: World, who: str) -> str:
    return world.words[f"{who}_login"]


def test_a_notice_is_the_persons_own_once_its_result_is_published(session: Session):
    world = a_world(session)
    me = actor_of(session, world, "self")
    seen = {row[0].id for row in session.execute(archived.documents_seen(session, me, {}))}
    assert seen == {world.ids["published_document"]}
    with pytest.raises(NotFound):
        archived.find_document(session, me, world.ids["unpublished_document"])


def test_whoever_handles_the_case_sees_both_and_a_colleague_neither(session: Session):
    world = a_world(session)
    both = {world.ids["published_document"], world.ids["unpublished_document"]}
    for who, expected in (("supervisor", both), ("hr", both), ("auditor", both), ("colleague", set()), ("payroll", set())):
        found = session.execute(archived.documents_seen(session, actor_of(session, world, who), {}))
        assert {row[0].id for row in found} == expected, who


def test_lists_are_narrowed_by_person_form_and_cycle(session: Session):
    world = a_world(session)
    hr, document = actor_of(session, world, "hr"), session.get_one(ArchivedDocument, world.ids["published_document"])

    def found(**asked: object) -> set[int]:
        return {row[0].id for row in session.execute(archived.documents_seen(session, hr, asked))}

    assert found(cycle_id=document.cycle_id) == {document.id}
    other = world.ids["unpublished_document"]
    assert found(search=session.get_one(ArchivedDocument, other).number) == {other}
    assert found(search="%") == found(form="no_such_form") == found(period="1999-Q1") == set()
    assert found(form="result_notice", employee_id=document.employee_id, language="zh") >= {document.id}


def test_a_scan_is_kept_once_with_its_hash_and_never_with_ones_own_document(session: Session):
    world = a_world(session)
    hr, document_id = actor_of(session, world, "hr"), world.ids["published_document"]
    stored = files.keep(session, hr, name="盖章件.pdf", content=PDF + b"sealed", media_type="application/pdf")
    scan = archived.attach_scan(session, hr, document_id, file_id=stored.id or 0, note="盖章")
    assert [one.file.sha256 for one in archived.scans_of(session, document_id) if one.row.id == scan.id] == [stored.sha256]
    with pytest.raises(Conflict):
        archived.attach_scan(session, hr, document_id, file_id=stored.id or 0)
    document = archived.find_document(session, hr, document_id)
    own = Actor(hr.account_id, document.row.employee_id, "本人", frozenset({"hr"}))
    assert archived.may_attach(hr, document) and not archived.may_attach(own, document)
    with pytest.raises(NotAllowed):
        archived.attach_scan(session, actor_of(session, world, "supervisor"), document_id, file_id=stored.id or 0)


def test_a_clerk_attaches_for_whom_they_enter_and_for_nobody_else(session: Session):
    world = a_world(session)
    document = archived.find_document(session, actor_of(session, world, "hr"), world.ids["published_document"])
    person = document.row.employee_id or 0
    assert archived.may_attach(Actor(9, person, "书记员", frozenset(), on_behalf_of=person), document)
    assert not archived.may_attach(Actor(9, person + 1, "书记员", frozenset({"hr"}), on_behalf_of=person + 1), document)


def test_the_table_has_a_cell_for_every_heading(session: Session):
    world = a_world(session)
    found = archived.find_document(session, actor_of(session, world, "hr"), world.ids["published_document"])
    cells = archive_exports.cells_of(found)
    assert len(cells) == len(archive_exports.HEADINGS) and found.file.sha256 in cells


def test_the_page_gives_the_stored_bytes_and_takes_a_scan(served: tuple[Any, World]):
    site, world = served
    at = f"/archive/{world.ids['published_document']}"
    own = a_browser(site, login_of(world, "self"))
    assert own.get(f"{at}/file.pdf").data.endswith(b"published")
    assert "another_scan" not in own.get(at).text and f'action="{at}/scans"' not in own.get(at).text
    hr = a_browser(site, login_of(world, "hr"), "en")
    assert "Scans of the signed paper" in hr.get(at).text
    answer = send(hr, at, f"{at}/scans", note="signed")
    assert answer.status_code == 422 and "choose the scan first" in answer.text and 'value="signed"' in answer.text
    answer = send(hr, at, f"{at}/scans", **{"file_ids[0]": world.ids["another_scan"], "note": "signed"})
    assert answer.status_code == 303 and "another_scan.pdf" in hr.get(at).text


def test_damage_is_found_and_named(engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with db.transaction(engine, write=True) as session:
        world = a_world(session)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("APPRAISAL_VAR", str(tmp_path))
    settings.cache_clear()
    try:
        whole = CliRunner().invoke(main, ["archive", "verify"])
        assert whole.exit_code == 0 and "2 documents and 1 scans" in whole.output
        with db.transaction(engine, write=True) as session:
            document = session.get_one(ArchivedDocument, world.ids["published_document"])
            sha256 = select(StoredFile.sha256).where(StoredFile.id == document.file_id).scalar_subquery()
            session.execute(update(FileContent).where(col(FileContent.sha256) == sha256).values(content=b"%PDF-1.4 forged"))
        broken = CliRunner().invoke(main, ["archive", "verify"])
        assert broken.exit_code == 1 and f"document {document.id}:" in broken.output and "scan" not in broken.output
    finally:
        settings.cache_clear()


def actor_of(session: Session, world: World, who: str) -> Actor:
    return auth.actor_of(session, session.get_one(Account, world.accounts[who].id))


def test_every_form_says_who_sees_it_in_the_archive():
    # A form about something new is nobody's to see until it has a condition of its own.
    assert {one.about for one in FORMS.values()} <= archived._SEEN.keys()
