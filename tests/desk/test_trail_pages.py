"""The trail and one's own data on pages: searched, one record, the chain walked; all of mine in one file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from appraisal import db, web
from tests import factories as make
from tests.site import a_browser, a_site, form_token


@dataclass
class Watched:
    """An auditor, and an employee whose hiring is on record."""

    site: web.Site
    logins: Mapping[str, str]

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        return a_browser(self.site, self.logins[who], language)


@pytest.fixture
def watched(database_url: str, tmp_path: Path) -> Watched:
    site = a_site(database_url, tmp_path)
    with db.transaction(site.target, write=True) as session:
        own = make.an_employee(session, "张三")
        accounts = {"auditor": make.an_account(session, "auditor"), "own": make.an_account(session, "employee", employee=own)}
        return Watched(site, {name: one.login for name, one in accounts.items()})


def test_the_trail_is_searched_by_act_and_object(watched: Watched):
    client = watched.browser("auditor")
    assert "employee.hire" in client.get("/admin/audit").text
    found = client.get("/admin/audit?action=employee.hire").text
    assert "<code>employee.hire</code>" in found and "<code>account.sign_in</code>" not in found
    assert "没有符合条件的记录" in client.get("/admin/audit?action=nothing.done").text
    assert "action=employee.hire" in found and "/api/v1/audit/file.csv" in found
    assert client.get("/admin/audit?since=yesterday").status_code == 422


def test_one_record_says_what_came_of_what(watched: Watched):
    client = watched.browser("auditor", "en")
    words = client.get("/admin/audit/1").text
    assert "张三" in words and "employee.hire" in words and "Hash in the chain" in words
    assert client.get("/admin/audit/999999").status_code == 404


def test_the_chain_is_walked_and_a_changed_record_is_named(watched: Watched):
    client = watched.browser("auditor")
    assert "记录链完整" in client.get("/admin/audit/verification").text
    with db.transaction(watched.site.target, write=True) as session:
        session.execute(sql("UPDATE audit_record SET action = 'employee.fire' WHERE seq = 1"))
    assert "第 1 条不成立" in client.get("/admin/audit/verification").text


def test_the_trail_is_the_auditors_alone(watched: Watched):
    client = watched.browser("own")
    for page in ("/admin/audit", "/admin/audit/1", "/admin/audit/verification"):
        assert client.get(page).status_code == 403


def test_everything_of_mine_is_one_file(watched: Watched):
    client = watched.browser("own")
    assert "下载全部" in client.get("/my/data").text
    answer = client.get("/my/data/file.json")
    held = json.loads(answer.text)
    assert held["employee"]["name"] == "张三" and held["history"] and held["appraisals"] == []
    assert "attachment" in answer.headers["Content-Disposition"]
    nobody = watched.browser("auditor")
    assert "不属于任何员工" in nobody.get("/my/data").text and nobody.get("/my/data/file.json").status_code == 403


def test_at_a_shared_screen_one_sees_ones_own_things_and_how_long_one_has(watched: Watched):
    client = watched.site.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh"
    signed = {"login": watched.logins["auditor"], "password": make.PASSWORD, "kiosk": "true"}
    assert client.post("/login", data=signed | {"csrf_token": form_token(client)}).status_code == 302
    page = client.get("/").text
    assert 'data-kiosk="120"' in page and "120 秒不操作即退出" in page and "kiosk.js" in page
    assert "/admin/audit" not in page and 'href="/policies"' not in page
    assert "data-kiosk" not in watched.browser("auditor").get("/").text
