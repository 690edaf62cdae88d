"""Pages of accounts, tokens and one's own sessions: what is shown once, roles with their limits, doors shut."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import clock, db, web
from appraisal.people.models import Account, AccountRole, ApiToken, WebSession
from appraisal.people.views.mine import device
from tests import factories as make
from tests.site import a_browser, a_site, form_token, sign_in


@dataclass
class Offices:
    """An administrator, an employee, and the account of a machine."""

    site: web.Site
    logins: Mapping[str, str]
    ids: Mapping[str, int]
    number: str

    def browser(self, who: str) -> FlaskClient:
        return a_browser(self.site, self.logins[who])

    def send(self, client: FlaskClient, page: str, to: str | None = None, **form: object) -> tuple[int, str]:
        answer = client.post(to or page, data={"csrf_token": form_token(client, page), **form})
        return answer.status_code, answer.text


@pytest.fixture
def offices(database_url: str, tmp_path: Path) -> Offices:
    site = a_site(database_url, tmp_path)
    with db.transaction(site.target, write=True) as session:
        unit = make.a_unit(session, "销售部")
        new = make.an_employee(session, "新员工")
        accounts = {
            "admin": make.an_account(session, "admin"),
            "own": make.an_account(session, "employee", employee=make.an_employee(session, "张三")),
            "machine": make.an_account(session, "data_provider"),
        }
        ids = {name: one.id or 0 for name, one in accounts.items()} | {"unit": unit.id or 0}
        return Offices(site, {name: one.login for name, one in accounts.items()}, ids, new.number)


def test_a_first_password_is_shown_once_and_opens_the_door(offices: Offices):
    client, page = offices.browser("admin"), "/admin/accounts/new"
    grants = {"grants[]": ["employee", f"hr:{offices.ids['unit']}"]}
    status, text = offices.send(client, page, login="newcomer", employee_number=offices.number, **grants)
    assert status == 201
    found = re.search(r"<code>([a-z0-9-]{23})</code>", text)
    assert found is not None
    assert sign_in(offices.site.test_client(), "newcomer", found[1]).status_code == 302
    with db.transaction(offices.site.target, write=False) as session:
        made = session.exec(select(Account).where(Account.login == "newcomer")).one()
        roles = session.exec(select(AccountRole).where(AccountRole.account_id == made.id)).all()
        assert {(one.role, one.unit_id) for one in roles} == {("employee", None), ("hr", offices.ids["unit"])}
    again, text = offices.send(client, page, login="newcomer", **grants)
    assert again == 409 and 'value="newcomer"' in text and f'value="hr:{offices.ids["unit"]}" checked' in text


def test_roles_that_cannot_go_together_are_refused_and_stay_ticked(offices: Offices):
    page = f"/admin/accounts/{offices.ids['own']}"
    asked = {"version": "1", "reason": "兼任", "grants[]": ["admin", "auditor"]}
    status, text = offices.send(offices.browser("admin"), page, f"{page}/roles", **asked)
    assert status == 422 and "不得与" in text and 'value="auditor" checked' in text and 'value="兼任"' in text


def test_roles_change_and_a_page_that_was_open_too_long_says_so(offices: Offices):
    client, page = offices.browser("admin"), f"/admin/accounts/{offices.ids['own']}"
    asked = {"version": "1", "reason": "调岗", "grants[]": ["employee", "approver"]}
    assert offices.send(client, page, f"{page}/roles", **asked)[0] == 303
    assert offices.send(client, page, f"{page}/roles", **asked)[0] == 409
    assert "审批人" in client.get("/admin/accounts?role=approver").text


def test_an_account_that_is_shut_is_signed_out_and_can_be_opened_again(offices: Offices):
    own, client, page = offices.browser("own"), offices.browser("admin"), f"/admin/accounts/{offices.ids['own']}"
    assert own.get("/my/sessions").status_code == 200
    assert offices.send(client, page, f"{page}/state", version="1", disabled="true", reason="离职")[0] == 303
    assert own.get("/my/sessions").status_code == 302
    assert offices.send(client, page, f"{page}/reset")[0] == 409
    assert offices.send(client, page, f"{page}/state", version="2", disabled="false", reason="返聘")[0] == 303
    assert sign_in(offices.site.test_client(), offices.logins["own"]).status_code == 302


def test_all_sessions_of_somebody_end_and_the_account_stays_open(offices: Offices):
    own, client, page = offices.browser("own"), offices.browser("admin"), f"/admin/accounts/{offices.ids['own']}"
    assert offices.send(client, page, f"{page}/sessions", reason="手机遗失")[0] == 303
    assert own.get("/my/sessions").status_code == 302
    assert sign_in(offices.site.test_client(), offices.logins["own"]).status_code == 302


def test_a_reset_code_is_shown_once(offices: Offices):
    page = f"/admin/accounts/{offices.ids['own']}"
    status, text = offices.send(offices.browser("admin"), page, f"{page}/reset")
    assert status == 201 and re.search(r"<code>[a-z0-9-]{23}</code>", text)


def test_an_administrator_changes_nothing_of_their_own(offices: Offices):
    client, page = offices.browser("admin"), f"/admin/accounts/{offices.ids['admin']}"
    text = client.get(page).text
    assert "由其他管理员变更" in text and "变更角色" not in text
    assert offices.send(client, page, f"{page}/roles", version="1", reason="x", **{"grants[]": "employee"})[0] == 403


def test_a_token_is_shown_once_within_its_scopes_and_revoked(offices: Offices):
    client, page = offices.browser("admin"), "/admin/tokens/new"
    asked = {"account_id": str(offices.ids["machine"]), "name": "考勤系统", "scopes[]": ["people:read"]}
    status, text = offices.send(client, page, expires_on="2001-01-01", **asked)
    assert status == 422 and 'value="考勤系统"' in text and 'value="people:read" checked' in text
    with db.transaction(offices.site.target, write=False) as session:
        assert session.exec(select(ApiToken)).all() == []
    status, text = offices.send(client, page, expires_on=clock.today().isoformat(), **asked)
    assert status == 201 and "ap_" in text
    token = re.search(r"<code>(ap_[\w-]+)</code>", text)
    assert token is not None
    bearer = {"Authorization": f"Bearer {token[1]}"}
    assert offices.site.test_client().get("/api/v1/employees", headers=bearer).status_code == 200
    assert "ap_" not in client.get("/admin/tokens").text
    assert offices.send(client, "/admin/tokens", "/admin/tokens/1/revoke")[0] == 303
    assert offices.site.test_client().get("/api/v1/employees", headers=bearer).status_code == 401


def test_one_ends_a_session_one_does_not_know_and_nobody_elses(offices: Offices):
    stranger, client = offices.browser("own"), offices.browser("own")
    with db.transaction(offices.site.target, write=False) as session:
        ids = session.exec(select(WebSession.id).where(WebSession.account_id == offices.ids["own"])).all()
    assert len(ids) == 2
    assert offices.send(client, "/my/sessions", f"/my/sessions/{min(ids)}/end")[0] == 303
    assert stranger.get("/my/sessions").status_code == 302 and client.get("/my/sessions").status_code == 200
    admin = offices.browser("admin")
    assert offices.send(admin, "/my/sessions", f"/my/sessions/{max(ids)}/end")[0] == 404


@pytest.mark.parametrize(
    ("agent", "words"), [("", ""), ("curl/8", "curl/8"), ("Mozilla (Windows NT) Chrome/1 Edg/1", "Edge · Windows")]
)
def test_a_client_is_told_by_what_its_owner_knows(agent: str, words: str):
    assert device(agent) == words
