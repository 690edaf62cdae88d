"""One person's data in one archive: what is in it, that nothing of others is, and that giving it out is on record."""

import csv
import io
import json
import re
import zipfile

import pytest
from sqlmodel import Session, select

from appraisal import audit
from appraisal.actor import Actor
from appraisal.audit import AuditRecord
from appraisal.errors import NotAllowed, NotFound
from appraisal.people import auth
from appraisal.people.models import Account, Employee
from appraisal.records import taking_out
from tests.world import SECRETS, World, a_world


def actor(session: Session, world: World, who: str) -> Actor:
    return auth.actor_of(session, session.get_one(Account, world.accounts[who].id))


def opened(found: tuple[str, bytes]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(found[1])) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_has_an_index_that_leads_to_every_file_data_tables_documents_and_own_files(session: Session):
    world = a_world(session)
    me = actor(session, world, "self")
    name, content = taking_out.own(session, me)
    files = opened((name, content))
    number = session.get_one(Employee, me.employee_id).number
    assert re.fullmatch(rf"data-{number}-\d{{8}}\.zip", name)
    index = files["index.html"].decode()
    linked = set(re.findall(r'href="([^"]+)"', index))
    assert linked == files.keys() - {"index.html"}
    assert json.loads(files["data.json"])["employee"]["number"] == number
    assert any(one.startswith("documents/") and files[one].startswith(b"%PDF") for one in files)
    assert any(one.startswith("files/") and "appeal_file" in one for one in files)
    assert "个人数据副本" in index and "A copy of personal data" in index and "<script" not in index
    for one in (one for one in files if one.endswith(".csv")):
        rows = list(csv.reader(io.StringIO(files[one].decode("utf-8-sig"))))
        assert rows and all(len(row) == len(rows[0]) for row in rows), one


def test_nothing_of_others_and_nothing_before_its_time_is_in_it(session: Session):
    world = a_world(session)
    files = opened(taking_out.own(session, actor(session, world, "self")))
    text = b"".join(files.values()).decode("utf-8", "ignore")
    for secret in ("review_draft", "calibration_reason", "improvement_facts", "base"):
        assert SECRETS[secret] not in text, secret
    assert not any("unpublished" in content.decode("utf-8", "ignore") for name, content in files.items() if name[:4] == "docu")
    assert not any("incident_file" in name or "hr_file" in name or "policy_file" in name for name in files)


def test_hr_gives_out_what_the_person_could_take_themselves_and_the_trail_says_why(session: Session):
    world = a_world(session)
    me, hr = actor(session, world, "self"), actor(session, world, "hr")
    audit.flush(session)
    own = opened(taking_out.own(session, me))
    given = opened(taking_out.on_request(session, hr, me.employee_id or 0, reason="本人书面申请"))
    assert given.keys() == own.keys()
    audit.flush(session)
    record = session.exec(select(AuditRecord).where(AuditRecord.action == "employee.take_out")).one()
    assert record.actor == hr.opaque_id and "本人书面申请" in (record.payload or "")


def test_others_than_hr_give_nothing_out(session: Session):
    world = a_world(session)
    person = actor(session, world, "self").employee_id or 0
    with pytest.raises(NotAllowed):
        taking_out.on_request(session, actor(session, world, "supervisor"), person, reason="x")
    with pytest.raises(NotFound):
        taking_out.on_request(session, actor(session, world, "colleague"), person, reason="x")
    with pytest.raises(NotFound):
        taking_out.on_request(session, actor(session, world, "hr"), 10**6, reason="x")


def test_an_account_of_nobody_and_a_screen_of_a_clerk_take_nothing_out(session: Session):
    world = a_world(session)
    me = actor(session, world, "self")
    with pytest.raises(NotAllowed):
        taking_out.own(session, Actor(1, None, "审计", frozenset({"auditor"})))
    with pytest.raises(NotAllowed):
        taking_out.own(session, Actor(me.account_id, me.employee_id, me.name, me.roles, on_behalf_of=me.employee_id))


def test_what_is_too_large_is_named_and_left_out(session: Session, monkeypatch: pytest.MonkeyPatch):
    world = a_world(session)
    monkeypatch.setattr(taking_out, "MOST_BYTES", 10)
    files = opened(taking_out.own(session, actor(session, world, "self")))
    assert not any(name.startswith(("documents/", "files/")) for name in files)
    assert "太大, 未放入" in files["index.html"].decode()


def test_names_of_files_unpack_anywhere():
    assert taking_out._safe("../../etc/pass wd?.pdf") == "_.._etc_pass_wd_.pdf"
    assert taking_out._safe("...") == "file" and taking_out._safe("盖章件.pdf") == "盖章件.pdf"
