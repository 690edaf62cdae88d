"""Access over HTTP: signing in and out, the forced change of a first password, accounts, reset codes, tokens."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import audit, clock, db, web
from appraisal.idempotency import IdempotencyKey
from appraisal.people import auth, tokens
from appraisal.people.models import Account, WebSession
from tests import factories as make
from tests.caller import PREFIX, Caller, a_service

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
GOOD = "vermilion otter kettle"


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> web.Site:
    return a_service(database_url, tmp_path)


def account_of(site: web.Site, *roles: str, named: str | None = None, must_change: bool = False, **more: Any) -> Account:
    with db.transaction(site.target, write=True) as session:
        employee = make.an_employee(session, named) if named else None
        account = make.an_account(session, *roles, employee=employee, **more)
        account.must_change_password = must_change
        return account


def signed_in(site: web.Site, account: Account, password: str = make.PASSWORD) -> tuple[FlaskClient, dict[str, Any]]:
    client = site.test_client()
    answer = client.post(f"{PREFIX}/session", json={"account": account.login, "password": password})
    assert answer.status_code == 200, answer.text
    return client, answer.json


def bearer(site: web.Site, account: Account, *scopes: str) -> Caller:
    with db.transaction(site.target, write=True) as session:
        admin = make.an_actor(session, "admin")
        owner = session.get_one(Account, account.id)
        ends = clock.today() + timedelta(days=30)
        made = tokens.make_token(session, admin, owner, name="ERP", scopes=scopes, expires_on=ends)
    return Caller(site, None, Authorization=f"Bearer {made.text}")


# Signing in


def test_signing_in_tells_who_one_is_and_hands_out_cookie_and_form_token(site: web.Site):
    account = account_of(site, "employee", "hr", named="王芳")
    with clock.at(NOW):
        client, told = signed_in(site, account)
        assert (told["account"], told["name"], told["roles"]) == (account.login, "王芳", ["employee", "hr"])
        assert (told["employee_id"], told["limits"], told["must_change_password"]) == (account.employee_id, [], False)
        assert told["expires_at"] == "2026-04-01T13:00:00Z"
        again = client.get(f"{PREFIX}/session").json
        assert {k: v for k, v in again.items() if k != "csrf_token"} == {k: v for k, v in told.items() if k != "csrf_token"}
        assert client.delete(f"{PREFIX}/session").status_code == 403
        assert client.delete(f"{PREFIX}/session", headers={"X-CSRF-Token": told["csrf_token"]}).status_code == 204
        assert client.get(f"{PREFIX}/session").status_code == 401


def test_account_and_password_wrong_and_unknown_look_the_same(site: web.Site):
    account = account_of(site, "employee")
    shut = account_of(site, "employee")
    with db.transaction(site.target, write=True) as session:
        session.get_one(Account, shut.id).disabled = True
    tries = [(account.login, "wrong horse"), ("nobody", make.PASSWORD), (shut.login, make.PASSWORD)]
    answers = [Caller(site, None).post("/session", {"account": login, "password": password}) for login, password in tries]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert answers[0].json["code"] == "bad_credentials"
    assert all("Set-Cookie" not in answer.headers for answer in answers)


def test_too_many_tries_are_told_when_to_come_back(site: web.Site):
    account = account_of(site, "employee")
    nobody = Caller(site, None)
    with clock.at(NOW):
        answers = [nobody.post("/session", {"account": account.login, "password": "wrong horse"}) for _ in range(11)]
    assert [answer.status for answer in answers] == [401] * 10 + [429]
    assert answers[-1].headers["Retry-After"] == "15"


def test_a_body_that_is_no_sign_in_is_invalid(site: web.Site):
    for body in ({}, {"account": "x"}, {"account": "x", "password": "y", "more": 1}, {"account": 1, "password": "x"}):
        assert Caller(site, None).post("/session", body).status == 422, body


def test_a_token_from_before_signing_in_lives_on_nowhere(site: web.Site):
    account = account_of(site, "employee")
    client, first = signed_in(site, account)
    second = client.post(f"{PREFIX}/session", json={"account": account.login, "password": make.PASSWORD}).json
    assert client.delete(f"{PREFIX}/session", headers={"X-CSRF-Token": first["csrf_token"]}).status_code == 403
    assert client.delete(f"{PREFIX}/session", headers={"X-CSRF-Token": second["csrf_token"]}).status_code == 204


# The first password


def test_until_the_first_password_is_changed_nothing_else_answers(site: web.Site):
    account = account_of(site, "admin", must_change=True)
    client, told = signed_in(site, account)
    assert told["must_change_password"]
    headers = {"X-CSRF-Token": told["csrf_token"]}
    refused = client.get(f"{PREFIX}/accounts")
    assert (refused.status_code, refused.json["code"]) == (403, "password_change_needed")
    assert client.get(f"{PREFIX}/sessions").status_code == 403
    assert client.get(f"{PREFIX}/session").status_code == 200
    changed = client.put(f"{PREFIX}/session/password", json={"old": make.PASSWORD, "new": GOOD}, headers=headers)
    assert (changed.status_code, changed.json["must_change_password"]) == (200, False)
    assert client.get(f"{PREFIX}/accounts").status_code == 200
    assert client.delete(f"{PREFIX}/session", headers={"X-CSRF-Token": changed.json["csrf_token"]}).status_code == 204
    assert signed_in(site, account, GOOD)


@pytest.mark.parametrize(
    ("old", "new", "path", "code"),
    [("wrong horse", GOOD, "old", "wrong_password"), (make.PASSWORD, make.PASSWORD, "new", "same_password")],
)
def test_a_change_that_cannot_be_names_the_field(site: web.Site, old: str, new: str, path: str, code: str):
    answer = Caller(site, account_of(site)).put("/session/password", {"old": old, "new": new})
    assert (answer.status, answer.json["code"], answer.json["errors"][0]["path"]) == (422, code, path)


def test_changing_the_password_needs_the_form_token_and_a_person(site: web.Site):
    account = account_of(site, "employee")
    body = {"old": make.PASSWORD, "new": GOOD}
    client, _ = signed_in(site, account)
    assert client.put(f"{PREFIX}/session/password", json=body).status_code == 403
    assert Caller(site, None).put("/session/password", body).status == 401
    answer = bearer(site, account_of(site, "employee"), "access:write").put("/session/password", body)
    assert (answer.status, answer.json["code"]) == (403, "in_person")


# Accounts


def test_an_administrator_gives_access_and_the_first_password_is_shown_once(site: web.Site):
    admin = Caller(site, account_of(site, "admin"))
    with db.transaction(site.target, write=True) as session:
        employee, unit = make.an_employee(session, "赵测试"), make.a_unit(session)
    body = {"login": "Zhao", "employee_id": employee.id, "roles": [{"role": "employee"}, {"role": "hr", "unit_id": unit.id}]}
    made = admin.post("/accounts", body)
    assert made.status == 201
    assert (made.json["login"], made.json["name"], made.json["employee_number"]) == ("zhao", "赵测试", employee.number)
    assert made.json["roles"] == [{"role": "employee", "unit_id": None}, {"role": "hr", "unit_id": unit.id}]
    password = made.json["initial_password"]
    shown = admin.get(f"/accounts/{made.json['id']}")
    assert shown.json == {name: value for name, value in made.json.items() if name != "initial_password"}
    assert admin.post("/accounts", body).status == 409
    client, told = signed_in(site, Account(login="zhao"), password)
    assert told["must_change_password"] and told["limits"] == [{"role": "hr", "unit_id": unit.id}]
    with db.transaction(site.target, write=False) as session:
        kept = [row.payload for row in session.exec(select(audit.AuditRecord))]
        kept += [row.body for row in session.exec(select(IdempotencyKey))]
    assert password not in str(kept)


@pytest.mark.parametrize("field", ["employee_id", "role"])
def test_an_account_of_nobody_or_with_an_unknown_role_is_invalid(site: web.Site, field: str):
    admin = Caller(site, account_of(site, "admin"))
    body = {
        "login": "x",
        "employee_id": 999 if field == "employee_id" else None,
        "roles": [{"role": "king"}] if field == "role" else [],
    }
    assert admin.post("/accounts", body).status == 422


def test_roles_and_shutting_take_the_version_that_was_seen(site: web.Site):
    admin, other = Caller(site, account_of(site, "admin")), account_of(site, "employee", "hr")
    seen = admin.get(f"/accounts/{other.id}")
    assert seen.headers["ETag"] == f'"{seen.version}"'
    body = {"roles": [{"role": "employee"}], "reason": "调岗"}
    changed = admin.patch(f"/accounts/{other.id}", body, version=seen.version)
    assert (changed.status, changed.json["roles"]) == (200, [{"role": "employee", "unit_id": None}])
    stale = admin.patch(f"/accounts/{other.id}", {"disabled": True, "reason": "离职"}, version=seen.version)
    assert (stale.status, stale.json["current"]["version"]) == (412, changed.version)
    assert admin.patch(f"/accounts/{other.id}", {"disabled": True, "reason": "离职"}).status == 428
    assert admin.patch(f"/accounts/{other.id}", {"reason": "离职"}, version=changed.version).status == 422
    both = {"roles": [], "disabled": False, "reason": "调岗"}
    changed = admin.patch(f"/accounts/{other.id}", both, version=changed.version)
    assert (changed.status, changed.json["roles"]) == (200, [])
    client, _ = signed_in(site, other)
    shut = admin.patch(f"/accounts/{other.id}", {"disabled": True, "reason": "离职"}, version=changed.version)
    assert (shut.status, shut.json["disabled"]) == (200, True)
    assert client.get(f"{PREFIX}/session").status_code == 401


def test_the_list_of_accounts_is_filtered_and_paged(site: web.Site):
    admin = Caller(site, account_of(site, "admin"))
    made = [account_of(site, "approver", named=f"员工{number}") for number in range(3)]
    listed = admin.get("/accounts", role="approver", limit=2)
    assert (listed.json["total"], [row["name"] for row in listed.json["items"]]) == (3, ["员工0", "员工1"])
    rest = admin.get("/accounts", role="approver", limit=2, cursor=listed.json["next"])
    assert [row["name"] for row in rest.json["items"]] == ["员工2"]
    assert admin.get("/accounts", employee_id=made[1].employee_id).json["total"] == 1
    assert admin.get("/accounts", login=made[0].login.upper()).json["items"][0]["id"] == made[0].id
    assert admin.get("/accounts", login="%").json["total"] == 0
    assert admin.get("/accounts", disabled="true").json["total"] == 0


ROUTES = [
    ("get", "/accounts", None),
    ("post", "/accounts", {"login": "x", "roles": []}),
    ("post", "/accounts/{other}/reset", None),
    ("get", "/tokens", None),
    ("post", "/tokens", {"account_id": 1, "name": "x", "scopes": ["cycles:read"], "expires_on": "2026-05-01"}),
    ("delete", "/tokens/1", None),
]


def test_what_is_an_administrators_is_nobody_elses_but_auditors_may_read(site: web.Site):
    other = account_of(site, "employee")
    for role in ("employee", "hr", "payroll", "approver", "data_provider", "auditor"):
        caller = Caller(site, account_of(site, role))
        for method, path, body in ROUTES:
            path = path.format(other=other.id)
            answer = getattr(caller, method)(path, *(() if method in ("get", "delete") else (body,)))
            read = role == "auditor" and method == "get"
            # To whoever may not see an account there is none.
            hidden = role != "auditor" and path.startswith("/accounts/")
            assert answer.status == (200 if read else 404 if hidden else 403), (role, method, path, answer.json)
        assert caller.get(f"/accounts/{other.id}").status == (200 if role == "auditor" else 404)


def test_an_account_that_is_not_ones_own_looks_like_none(site: web.Site):
    own, other = account_of(site, "employee"), account_of(site, "employee")
    caller = Caller(site, own)
    assert caller.get(f"/accounts/{own.id}").status == 200
    hidden, missing = caller.get(f"/accounts/{other.id}"), caller.get("/accounts/999999")
    assert (hidden.status, hidden.data) == (missing.status, missing.data) == (404, missing.data)


def test_ones_own_account_is_not_changed_whatever_version_is_named(site: web.Site):
    own = account_of(site, "admin")
    answer = Caller(site, own).patch(f"/accounts/{own.id}", {"roles": [], "reason": "x"}, version=own.version + 7)
    assert (answer.status, answer.json["code"]) == (403, "own_case")


# Reset codes


def test_a_reset_code_goes_from_the_administrator_to_the_owner(site: web.Site):
    admin, other = Caller(site, account_of(site, "admin")), account_of(site, "employee")
    made = admin.post(f"/accounts/{other.id}/reset")
    assert made.status == 201
    nobody = Caller(site, None)
    weak = nobody.post("/password-resets", {"code": made.json["code"], "new": "password123456"})
    assert (weak.status, weak.json["code"]) == (422, "common_password")
    assert nobody.post("/password-resets", {"code": made.json["code"], "new": GOOD}).status == 204
    assert nobody.post("/password-resets", {"code": made.json["code"], "new": GOOD}).json["code"] == "bad_reset"
    assert signed_in(site, other, GOOD)


# Sessions


def test_one_lists_and_ends_ones_own_sessions(site: web.Site):
    account = account_of(site, "employee")
    here, there = Caller(site, account), Caller(site, account)
    listed = here.get("/sessions").json["items"]
    assert [row["current"] for row in listed] == [False, True]
    assert "token" not in str(listed)
    assert here.delete(f"/sessions/{listed[0]['id']}").status == 204
    assert (there.get("/sessions").status, here.get("/sessions").json["total"]) == (401, 1)
    assert Caller(site, account_of(site)).delete(f"/sessions/{listed[1]['id']}").status == 404


# Tokens


def test_a_machines_token_is_made_used_within_its_scopes_and_revoked(site: web.Site):
    admin, machine = Caller(site, account_of(site, "admin")), account_of(site, "data_provider")
    ends = (clock.today() + timedelta(days=30)).isoformat()
    body = {"account_id": machine.id, "name": "ERP", "scopes": ["access:read"], "expires_on": ends}
    made = admin.post("/tokens", body)
    assert made.status == 201 and made.json["token"].startswith("ap_")
    caller = Caller(site, None, Authorization=f"Bearer {made.json['token']}")
    told = caller.get("/session")
    assert (told.status, told.json["account"], told.json["csrf_token"]) == (200, machine.login, None)
    assert told.json["expires_at"] == made.json["expires_at"]
    refused = caller.delete("/session")
    assert (refused.status, refused.json["code"]) == (403, "scope_missing")
    [listed] = admin.get("/tokens", account_id=machine.id).json["items"]
    assert listed["last_used_at"] is not None and "token" not in listed
    assert admin.post("/tokens", body).status == 409
    assert admin.delete(f"/tokens/{listed['id']}").status == 204
    assert admin.delete(f"/tokens/{listed['id']}").status == 204
    assert caller.get("/session").status == 401


def test_an_unknown_token_is_nobody(site: web.Site):
    for header in ("Bearer", "Bearer ", "Bearer made-up", "Basic eDp5", "bearer ap_x"):
        assert Caller(site, None, Authorization=header).get("/session").status == 401, header


def test_a_token_of_an_administrator_reads_accounts_and_opens_no_doors(site: web.Site):
    caller, other = bearer(site, account_of(site, "admin"), "access:read", "access:write"), account_of(site, "employee")
    version = caller.get(f"/accounts/{other.id}").version
    ends = (clock.today() + timedelta(days=1)).isoformat()
    answers = [
        caller.post("/accounts", {"login": "x", "roles": []}),
        caller.patch(f"/accounts/{other.id}", {"roles": [{"role": "admin"}], "reason": "x"}, version=version),
        caller.post(f"/accounts/{other.id}/reset"),
        caller.post("/tokens", {"account_id": other.id, "name": "x", "scopes": ["payroll:read"], "expires_on": ends}),
        caller.delete("/tokens/1"),
        caller.delete("/session"),
        caller.get("/sessions"),
    ]
    assert [(answer.status, answer.json["code"]) for answer in answers] == [(403, "in_person")] * len(answers)


def test_every_part_of_the_api_can_be_named_in_a_scope(site: web.Site):
    declared = {view.declared.scope for view in site.view_functions.values() if hasattr(view, "declared")}
    assert declared <= set(tokens.SCOPES)


# Sessions come to an end


def test_last_seen_is_noted_for_the_api_too(site: web.Site):
    account = account_of(site, "employee")
    with clock.at(NOW):
        caller = Caller(site, account)
    with clock.at(NOW + timedelta(minutes=5)):
        assert caller.get("/session").status == 200
    with db.transaction(site.target, write=False) as session:
        assert session.exec(select(WebSession.last_seen_at)).one() == NOW + timedelta(minutes=5)
    with clock.at(NOW + timedelta(minutes=5) + auth.IDLE):
        assert caller.get("/session").status == 401


def test_a_session_on_a_shared_screen_says_so_and_ends_after_two_minutes(site: web.Site):
    account, client = account_of(site, "employee"), site.test_client()
    asked = {"account": account.login, "password": make.PASSWORD, "kiosk": True}
    with clock.at(NOW):
        told = client.post(f"{PREFIX}/session", json=asked).json
        assert told["kiosk"] and client.get(f"{PREFIX}/session").json["kiosk"]
    with clock.at(NOW + timedelta(seconds=119)):
        assert [one["way"] for one in client.get(f"{PREFIX}/sessions").json["items"]] == ["kiosk"]
    with clock.at(NOW + timedelta(seconds=238)):
        assert client.get(f"{PREFIX}/session").status_code == 200
    with clock.at(NOW + timedelta(seconds=358)):
        assert client.get(f"{PREFIX}/session").status_code == 401
