"""The regulation over the API: everybody reads it, HR confirms and records, everybody takes note of the very text."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from appraisal import clock, db
from appraisal.people.models import Account
from tests import factories as make
from tests.caller import Answer, Caller, a_service


class Office:
    """HR, an employee and their supervisor under a published policy that nobody has confirmed."""

    def __init__(self, engine: Engine, database_url: str, folder: Path) -> None:
        site = a_service(database_url, folder)
        with db.transaction(engine, write=True) as session:
            self.digest = make.a_published_policy(session, confirmed=False).digest
            head = make.an_employee(session, "李主管")
            own = make.an_employee(session, "张三", supervisor=head)
            accounts = {
                "hr": make.an_account(session, "hr", "employee"),
                "own": make.an_account(session, "employee", employee=own),
                "head": make.an_account(session, "employee", employee=head),
            }
            self.people = {"own": own.id, "head": head.id}
            ids = {name: account.id for name, account in accounts.items()}
        with db.transaction(engine, write=False) as session:
            callers = {name: Caller(site, session.get_one(Account, one)) for name, one in ids.items()}
        self.hr, self.own, self.head = callers["hr"], callers["own"], callers["head"]
        self.nobody = Caller(site, None)
        self.about = {"digest": self.digest}


@pytest.fixture
def office(engine: Engine, database_url: str, tmp_path: Path) -> Office:
    return Office(engine, database_url, tmp_path)


def names(answer: Answer) -> list[str]:
    return [row["name"] for row in answer.json["items"]]


def test_everybody_signed_in_reads_the_rules_in_force(office: Office):
    listed = office.own.get("/policies").json
    [row] = listed["items"]
    assert (listed["total"], row["name"], row["digest"], row["confirmed"]) == (1, "trading", office.digest, False)
    assert row["assumed"] > 50 and row["title"]["zh"]
    shown = office.own.get("/policies/trading").json
    assert shown["policy"]["grades"][0]["grade"] == "S" and shown["policy"]["digest"] == office.digest
    assert [state["effective"] for state in shown["states"]] == ["2026-01-01"]
    assert office.nobody.get("/policies").status == 401


@pytest.mark.parametrize(
    ("path", "query"),
    [("mini", {}), ("trading", {"digest": "sha256:none"}), ("trading", {"on": "2025-12-31"}), ("../../etc", {})],
)
def test_what_is_not_published_is_not_there(office: Office, path: str, query: dict[str, str]):
    assert office.own.get(f"/policies/{path}", **query).status == 404


def test_two_states_are_compared_value_by_value(office: Office, engine: Engine):
    with db.transaction(engine, write=True) as session:
        files = {path: text.replace("multiplier: 1.5", "multiplier: 1.6") for path, text in make.checked().files.items()}
        later = make.a_published_policy(session, files=files).digest
    answer = office.own.get("/policies/trading/diff", **{"from": office.digest, "to": later})
    [change] = answer.json["changes"]
    assert (change["key"], change["before"], change["after"]) == ("grades.bands[S].multiplier", "1.5", "1.6")
    assert change["path"] == "rules/trading/grades.yaml" and change["line"] > 1
    assert office.own.get("/policies/trading/diff", **{"from": office.digest, "to": "sha256:none"}).status == 404
    assert office.own.get("/policies/trading/diff", to=later).status == 422


def test_hr_confirms_the_assumed_values_of_the_text_it_has_read(office: Office):
    assert office.own.post("/policies/trading/confirm-assumed", office.about).status == 403
    first = office.hr.post("/policies/trading/confirm-assumed", office.about)
    again = office.hr.post("/policies/trading/confirm-assumed", office.about)
    assert first.status == again.status == 200
    assert first.json["confirmed_at"] == again.json["confirmed_at"] is not None
    assert office.own.get("/policies").json["items"][0]["confirmed"] is True
    assert office.hr.post("/policies/trading/confirm-assumed", {"digest": "sha256:none"}).status == 404


def test_hr_records_how_the_policy_was_made_known_and_everybody_sees_it(office: Office):
    file_id = office.hr.upload("/files", "会议纪要.pdf", b"%PDF-1.7 minutes", "application/pdf").json["id"]
    day = clock.today().isoformat()
    measure = {"kind": "discussion", "held_on": day, "text": "职工代表大会讨论", "people": 41, "file_ids": [file_id]}
    assert office.own.post("/policies/trading/measures", office.about | measure).status == 403
    made = office.hr.post("/policies/trading/measures", office.about | measure)
    assert (made.status, made.json["measures"][0]["people"], made.json["measures"][0]["hours"]) == (201, 41, None)
    signoff = {"duty": "批准", "signer": "周总", "signed_on": day}
    assert office.hr.post("/policies/trading/signoffs", office.about | signoff).status == 201
    assert office.hr.post("/policies/trading/signoffs", office.about | signoff).status == 409
    shown = office.own.get("/policies/trading").json
    assert [one["signer"] for one in shown["signoffs"]] == ["周总"]
    read = office.own.get(f"/policies/trading/files/{file_id}")
    assert (read.status, read.data) == (200, b"%PDF-1.7 minutes")


def test_a_file_that_belongs_to_nothing_of_the_policy_is_not_given_out(office: Office):
    other = office.hr.upload("/files", "其他.pdf", b"%PDF-1.7 other", "application/pdf").json["id"]
    assert office.hr.get(f"/policies/trading/files/{other}").status == 404


def test_people_take_note_of_the_text_and_those_who_lead_see_who_lacks(office: Office):
    assert names(office.head.get("/policies/trading/acknowledgements", lacking="true")) == ["李主管", "张三"]
    noted = office.own.post("/policies/trading/acknowledgements", office.about)
    assert noted.status == 200 and noted.json["acknowledged_at"]
    assert names(office.head.get("/policies/trading/acknowledgements", lacking="true")) == ["李主管"]
    assert names(office.own.get("/policies/trading/acknowledgements")) == ["张三"]
    assert names(office.hr.get("/policies/trading/acknowledgements", lacking="false", digest=office.digest)) == ["张三"]
    assert office.hr.post("/policies/trading/acknowledgements", office.about).status == 403


def test_a_signed_list_is_handed_in_for_many(office: Office):
    file_id = office.hr.upload("/files", "签收单.pdf", b"%PDF-1.7 list", "application/pdf").json["id"]
    body = office.about | {"employee_ids": list(office.people.values()), "file_id": file_id}
    assert office.own.post("/policies/trading/acknowledgements/paper", body).status == 403
    assert office.hr.post("/policies/trading/acknowledgements/paper", body).json == {"added": 2}
    assert names(office.hr.get("/policies/trading/acknowledgements", lacking="true")) == []
    assert office.own.get(f"/policies/trading/files/{file_id}").status == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("measures", {"kind": "party", "held_on": "2026-01-05", "text": "x"}),
        ("measures", {"kind": "training", "held_on": "2026-01-05", "text": "x", "hours": "0"}),
        ("measures", {"kind": "training", "held_on": "2026-01-05", "text": "x", "people": 0}),
        ("signoffs", {"duty": "", "signer": "周总", "signed_on": "2026-01-05"}),
        ("acknowledgements/paper", {"employee_ids": [], "file_id": 1}),
        ("acknowledgements", {"way": "self"}),
    ],
)
def test_what_cannot_be_taken_is_told(office: Office, path: str, body: dict[str, object]):
    answer = office.hr.post(f"/policies/trading/{path}", office.about | body)
    assert (answer.status, answer.json["code"]) == (422, "bad_fields")
