"""The desk over HTTP: files to attach, and the trail for auditors."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from appraisal import db, web
from appraisal.files import LARGEST
from tests import factories
from tests.caller import Caller, a_service

PDF = b"%PDF-1.7 a scan"


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> web.Site:
    return a_service(database_url, tmp_path)


def a_caller(site: web.Site, engine: Engine, *roles: str) -> Caller:
    with db.transaction(engine, write=True) as session:
        account = factories.an_account(session, *roles)
    return Caller(site, account)


def test_a_file_is_kept_by_its_sha256_and_read_by_who_handed_it_in(site: web.Site, engine: Engine):
    clerk, other = (a_caller(site, engine, "employee") for _ in range(2))
    kept = clerk.upload("/files", "扫描件.pdf", PDF, "application/pdf")
    assert (kept.status, kept.json["size"], len(kept.json["sha256"])) == (201, 15, 64)
    read = clerk.get(f"/files/{kept.json['id']}")
    assert (read.status, read.data) == (200, PDF)
    assert "attachment" in read.headers["Content-Disposition"]
    assert other.get(f"/files/{kept.json['id']}").status == 404


def test_the_same_content_is_kept_once(site: web.Site, engine: Engine):
    clerk, other = (a_caller(site, engine, "employee") for _ in range(2))
    first, second = (who.upload("/files", "a.pdf", PDF, "application/pdf").json for who in (clerk, other))
    assert first["sha256"] == second["sha256"] and first["id"] != second["id"]
    with db.transaction(engine, write=False) as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM file_content").scalar_one() == 1


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", b"", "application/pdf"),
        ("a.pdf", b"<html>", "application/pdf"),
        ("a.html", b"<html>", "text/html"),
        ("a.csv", b"a\0b", "text/csv"),
        ("a.pdf", b"%PDF-" + b"x" * LARGEST, "application/pdf"),
        ("a" * 201, PDF, "application/pdf"),
    ],
)
def test_what_is_no_acceptable_file_is_refused(site: web.Site, engine: Engine, name: str, content: bytes, media_type: str):
    answer = a_caller(site, engine, "employee").upload("/files", name, content, media_type)
    assert (answer.status, answer.json["code"]) == (422, "bad_file")


def test_a_file_of_the_largest_size_is_kept(site: web.Site, engine: Engine):
    content = b"%PDF-" + b"x" * (LARGEST - 5)
    assert a_caller(site, engine, "employee").upload("/files", "a.pdf", content, "application/pdf").status == 201


def test_the_trail_is_the_auditors_alone(site: web.Site, engine: Engine):
    clerk, auditor = a_caller(site, engine, "employee", "hr", "admin"), a_caller(site, engine, "auditor")
    kept = clerk.upload("/files", "a.pdf", PDF, "application/pdf").json
    assert clerk.get("/audit").status == 403
    found = auditor.get("/audit", action="file.keep").json
    assert [(row["object_kind"], row["object_id"]) for row in found["items"]] == [("file", str(kept["id"]))]
    assert found["items"][0]["payload"]["after"]["sha256"] == kept["sha256"]


def test_the_trail_is_asked_by_days_of_the_company(site: web.Site, engine: Engine):
    auditor = a_caller(site, engine, "auditor")
    a_caller(site, engine, "employee").upload("/files", "a.pdf", PDF, "application/pdf")
    assert auditor.get("/audit", since="2000-01-01", until="2000-01-02").json["total"] == 0
    assert auditor.get("/audit", since="2000-01-01").json["total"] == 1
