"""What every endpoint shares, shown on endpoints made for these tests."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, db, rest, web
from appraisal.app import create_app
from appraisal.config import Settings
from appraisal.core.policy.model import Text
from appraisal.errors import Conflict, NotAllowed, NotFound, TooMany
from appraisal.people.models import Employee
from tests import factories
from tests.caller import Caller

endpoints = rest.Endpoints("sample", "Endpoints of the tests")


class StaffIn(rest.In):
    number = rest.Line(40, required=True)
    name = rest.Line(80, required=True)
    joined_on = rest.Day(required=True)
    amount = rest.Number(places=2, allow_none=True, load_default=None)
    active = rest.Flag(load_default=True)
    kind = rest.OneOf("one", "other", load_default="one")
    tags = rest.Many(rest.Line(10), most=2, load_default=())
    from_hour = rest.TimeOfDay(load_default="09:00")


class StaffOut(rest.Out):
    id = rest.Id()
    number = rest.Str()
    joined_on = rest.Day()
    version = rest.Version()


class RenameIn(rest.In):
    name = rest.Line(80, required=True)


class EchoOut(rest.Out):
    amount = rest.Number(allow_none=True)
    title = rest.Said()


class UploadIn(rest.In):
    file = rest.File(required=True)
    note = rest.Line(20, load_default=None)


class SizeOut(rest.Out):
    size = rest.Whole()


@endpoints.get("/staff", rest.Listing, out=rest.page_of(StaffOut))
def list_staff(query: dict[str, Any]) -> rest.Page:
    """All of them."""
    order = [(Employee.joined_on, "desc"), (Employee.number, "asc")]
    return rest.paged(rest.session(), select(Employee), order, query)


@endpoints.get("/staff/<int:staff_id>", out=StaffOut)
def show_staff(staff_id: int) -> Employee:
    """One of them."""
    found = rest.session().get(Employee, staff_id)
    if found is None:
        raise NotFound()
    return found


@endpoints.post("/staff", StaffIn, out=StaffOut, creates=True)
def make_staff(body: dict[str, Any]) -> Employee:
    """A new one."""
    made = Employee(number=body["number"], name=body["name"], joined_on=body["joined_on"])
    rest.session().add(made)
    rest.session().flush()
    audit.record(rest.session(), rest.actor(), "staff.make", "employee", made.id)
    return made


@endpoints.put("/staff/<int:staff_id>/name", RenameIn, out=StaffOut, of=show_staff)
def rename_staff(body: dict[str, Any], staff_id: int, version: int) -> Employee:
    """Another name."""
    found = show_staff(staff_id)
    db.expect_version(found, version)
    found.name = body["name"]
    return found


@endpoints.post("/echo", StaffIn, out=EchoOut, plain=True)
def echo(body: dict[str, Any]) -> Any:
    """What came in."""
    return {"amount": body["amount"], "title": Text("标题", "Title")}


@endpoints.post("/refused/<kind>", plain=True)
def refuse(kind: str) -> None:
    """Refuses."""
    raise {
        "forbidden": NotAllowed("not_allowed", "不可", "no"),
        "conflict": Conflict("wrong_step", "步骤不对", "wrong step", {"step": "interview"}),
        "often": TooMany("slow_down", "太快", "too fast", retry_after=7),
        "hidden": NotFound(hidden=True),
        "late": db.stale(),
    }[kind]


@endpoints.post("/size", UploadIn, out=SizeOut, upload=True, plain=True)
def size(form: dict[str, Any]) -> Any:
    """How large."""
    return {"size": len(form["file"].content)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> web.Site:
    var = tmp_path_factory.mktemp("var")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("appraisal.app.ENDPOINTS", (endpoints,))
        return create_app(Settings(mode="test", var=var, database_url="sqlite:///nowhere.db", secret_key="of the tests"))


@pytest.fixture
def site(made: web.Site, database_url: str) -> web.Site:
    made.database_url = database_url
    return made


@pytest.fixture
def caller(site: web.Site, engine: Engine) -> Caller:
    with db.transaction(engine, write=True) as session:
        account = factories.an_account(session, "hr")
    return Caller(site, account)


STAFF = {"number": "X1", "name": "甲", "joined_on": "2026-01-05"}


def test_nobody_gets_in_without_signing_in(site: web.Site) -> None:
    answer = Caller(site, None).get("/staff")
    assert (answer.status, answer.json["code"]) == (401, "not_signed_in")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_write_by_cookie_needs_the_token_against_forged_requests(caller: Caller) -> None:
    caller.headers = {}
    answer = caller.post("/staff", STAFF)
    assert (answer.status, answer.json["code"]) == (403, "csrf")


def test_a_new_row_is_answered_with_its_version_as_etag(caller: Caller) -> None:
    answer = caller.post("/staff", STAFF)
    assert answer.status == 201
    assert (answer.json["number"], answer.json["version"], answer.headers["ETag"]) == ("X1", 1, '"1"')


def test_a_post_that_makes_something_needs_a_key(caller: Caller) -> None:
    answer = caller._send("POST", "/staff", json=STAFF)
    assert (answer.status, answer.json["code"]) == (428, "key_needed")


def test_the_same_key_is_done_once_and_answered_twice(caller: Caller, engine: Engine) -> None:
    first, again = caller.post("/staff", STAFF, key="k"), caller.post("/staff", STAFF, key="k")
    assert (again.status, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    with db.transaction(engine, write=False) as session:
        assert len(session.exec(select(Employee).where(Employee.number == "X1")).all()) == 1


def test_a_key_that_went_with_another_body_is_refused(caller: Caller) -> None:
    caller.post("/staff", STAFF, key="k")
    answer = caller.post("/staff", STAFF | {"number": "X2"}, key="k")
    assert (answer.status, answer.json["code"]) == (409, "idempotency_key_reused")


def test_a_key_is_free_again_when_its_request_was_refused(caller: Caller) -> None:
    caller.post("/staff", STAFF)
    assert caller.post("/staff", STAFF, key="k").status == 409
    assert caller.post("/staff", STAFF | {"number": "X2"}, key="k").status == 201


def test_a_change_needs_the_version_it_was_made_on(caller: Caller) -> None:
    made = caller.post("/staff", STAFF).json["id"]
    answer = caller.put(f"/staff/{made}/name", {"name": "乙"})
    assert (answer.status, answer.json["code"]) == (428, "version_needed")


def test_a_change_shows_the_version_after_it(caller: Caller) -> None:
    made = caller.post("/staff", STAFF).json["id"]
    answer = caller.put(f"/staff/{made}/name", {"name": "乙"}, version=1)
    assert (answer.status, answer.json["version"], answer.headers["ETag"]) == (200, 2, '"2"')


def test_a_change_of_an_older_version_is_refused_with_the_row_as_it_stands(caller: Caller) -> None:
    made = caller.post("/staff", STAFF).json["id"]
    caller.put(f"/staff/{made}/name", {"name": "乙"}, version=1)
    answer = caller.put(f"/staff/{made}/name", {"name": "丙"}, version=1)
    assert (answer.status, answer.json["code"]) == (412, "stale_version")
    assert answer.json["current"] == {"id": made, "number": "X1", "joined_on": "2026-01-05", "version": 2}


@pytest.mark.parametrize("version", ["3", "*", '"0"', '"x"', '"3', 'W/"3"', '"99999999999"'])
def test_a_version_is_written_in_one_way_only(caller: Caller, version: str) -> None:
    answer = caller._send("PUT", "/staff/1/name", json={"name": "x"}, headers={"If-Match": version})
    assert (answer.status, answer.json["code"]) == (422, "bad_version")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"number": ""}, "number"),
        ({"number": "x" * 41}, "number"),
        ({"number": 7}, "number"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "  "}, "name"),
        ({"joined_on": "2026-02-30"}, "joined_on"),
        ({"joined_on": "20260105"}, "joined_on"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"amount": True}, "amount"),
        ({"active": 1}, "active"),
        ({"active": "true"}, "active"),
        ({"kind": "third"}, "kind"),
        ({"tags": ["a", "b", "c"]}, "tags"),
        ({"tags": ["a", ""]}, "tags[1]"),
        ({"surplus": 1}, "surplus"),
        ({"name": None}, "name"),
        ({"from_hour": "24:00"}, "from_hour"),
        ({"from_hour": "9:00"}, "from_hour"),
        ({"from_hour": "09:60"}, "from_hour"),
        ({"from_hour": 900}, "from_hour"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(caller: Caller, change: dict[str, Any], path: str) -> None:
    answer = caller.post("/staff", STAFF | change)
    assert answer.status == 422
    assert [error["path"] for error in answer.json["errors"]] == [path]
    assert all(error["message"][lang] for error in answer.json["errors"] for lang in ("zh", "en"))


@pytest.mark.parametrize("written", ["12.5", '"12.5"', '"12.50"'])
def test_a_decimal_comes_in_exactly_as_text_or_number(caller: Caller, written: str) -> None:
    body = f'{{"number":"1","name":"a","joined_on":"2026-01-01","amount":{written}}}'
    answer = caller._send("POST", "/echo", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.json["amount"], answer.json["title"]) == (200, "12.5", {"zh": "标题", "en": "Title"})


@pytest.mark.parametrize("body", ["{", '{"a":1,"a":2}', '{"amount":NaN}', "[" * 100_000, '"\\ud800"', "\xff"])
def test_json_that_only_a_lenient_reader_takes_is_refused(caller: Caller, body: str) -> None:
    answer = caller._send("POST", "/echo", data=body.encode("latin-1"), headers={"Content-Type": "application/json"})
    assert answer.status == 422


def test_another_content_type_is_refused(caller: Caller) -> None:
    answer = caller._send("POST", "/echo", data="number=1", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status, answer.json["code"]) == (415, "wrong_type")


def test_a_body_over_a_megabyte_is_refused_but_a_file_may_be_larger(caller: Caller) -> None:
    assert caller.post("/echo", {"name": "x" * 1_000_001}).status == 413
    assert caller.upload("/size", "a.csv", b"x" * 2_000_000).json == {"size": 2_000_000}
    assert caller.upload("/size", "a.csv", b"x" * 11_000_001).status == 413


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("forbidden", 403, "not_allowed"),
        ("conflict", 409, "wrong_step"),
        ("often", 429, "slow_down"),
        ("hidden", 404, "not_found"),
        ("late", 409, "stale_version"),  # 412 is for who named a version
    ],
)
def test_what_a_service_refuses_becomes_a_problem(caller: Caller, kind: str, status: int, code: str) -> None:
    answer = caller.post(f"/refused/{kind}")
    assert (answer.status, answer.json["status"], answer.json["code"]) == (status, status, code)


def test_a_conflict_carries_what_stands_and_too_many_says_when(caller: Caller) -> None:
    assert caller.post("/refused/conflict").json["current"] == {"step": "interview"}
    assert caller.post("/refused/often").headers["Retry-After"] == "7"


def test_what_was_refused_is_on_record_though_its_transaction_is_not(caller: Caller, engine: Engine) -> None:
    for kind in ("forbidden", "hidden", "conflict"):
        caller.post(f"/refused/{kind}")
    with db.transaction(engine, write=False) as session:
        assert _refusals(session) == 2
        assert audit.verify(session) is None


def test_a_repeated_refusal_does_not_fill_the_trail(caller: Caller, engine: Engine) -> None:
    for _ in range(12):
        caller.post("/refused/forbidden")
    with db.transaction(engine, write=False) as session:
        assert _refusals(session) == 10


def test_pages_follow_on_each_other_without_gap_or_repeat(caller: Caller) -> None:
    for index in range(5):
        caller.post("/staff", STAFF | {"number": f"P{index}", "joined_on": f"2026-01-0{1 + index // 2}"})
    first = caller.get("/staff", limit=2)
    second = caller.get("/staff", limit=2, cursor=first.json["next"])
    last = caller.get("/staff", limit=2, cursor=second.json["next"])
    pages = [[row["number"] for row in answer.json["items"]] for answer in (first, second, last)]
    assert pages == [["P4", "P2"], ["P3", "P0"], ["P1"]]
    assert [answer.json["total"] for answer in (first, second, last)] == [5, 5, 5]
    assert last.json["next"] is None


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "?"}, {"cursor": "W10="}, {"more": 1}]
)
def test_a_list_refuses_what_it_cannot_page_by(caller: Caller, query: dict[str, Any]) -> None:
    assert caller.get("/staff", **query).status == 422


@pytest.mark.parametrize("path", ["/staff/0", f"/staff/{2**31}", "/staff/9999999999999999999999", "/staff/1", "/nothing"])
def test_what_is_not_there_is_told_in_one_way(caller: Caller, path: str) -> None:
    answer = caller.get(path)
    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_a_token_opens_what_its_scopes_name_and_needs_no_form_token(site: web.Site, engine: Engine) -> None:
    with db.transaction(engine, write=True) as session:
        text = factories.a_token(session, factories.an_account(session, "hr"), "sample:read")
    client = Caller(site, None, Authorization=f"Bearer {text}")
    assert client.get("/staff").status == 200
    answer = client.post("/staff", STAFF)
    assert (answer.status, answer.json["code"]) == (403, "scope_missing")


def test_the_description_tells_of_versions_keys_and_problems(caller: Caller) -> None:
    described = caller.get("/openapi.json").json
    change = described["paths"]["/api/v1/staff/{staff_id}/name"]["put"]
    assert "If-Match" in {parameter["name"] for parameter in change["parameters"]}
    assert {"200", "401", "403", "404", "409", "412", "422", "428"} <= change["responses"].keys()
    assert described["components"]["schemas"]["StaffOut"]["required"] == ["id", "joined_on", "number", "version"]


def _refusals(session: Session) -> int:
    found = select(audit.AuditRecord).where(audit.AuditRecord.action == "request.refused")
    return len(session.exec(found).all())
