"""The booklet of a policy from its page: made in the background, kept, and read from then on."""

from pathlib import Path

from sqlmodel import select

from appraisal import db, worker
from appraisal.reports.models import ArchivedDocument
from tests import factories as make
from tests.site import a_browser, a_site, form_token


def test_a_booklet_is_made_once_somebody_asks_and_the_page_then_leads_to_it(database_url: str, tmp_path: Path):
    site = a_site(database_url, tmp_path)
    with db.transaction(site.target, write=True) as session:
        stored = make.a_published_policy(session)
        login = make.an_account(session, "employee", employee=make.an_employee(session, "张三")).login
        about = stored.id
    client = a_browser(site, login)
    page = "/policies/trading"
    assert "生成制度手册" in client.get(page).text
    asked = client.post(f"/documents/policy-booklet/{about}/making", data={"csrf_token": form_token(client, page)})
    assert asked.status_code == 303 and "等待中" in client.get(asked.location).text
    assert worker.work_off(site.target) == 1
    done = client.get(asked.location).text
    assert "已完成" in done and f"/documents/policy-booklet/{about}.pdf?language=both" in done
    assert "生成制度手册" not in client.get(page).text and f"/documents/policy-booklet/{about}.pdf" in client.get(page).text
    with db.transaction(site.target, write=False) as session:
        kept = session.exec(select(ArchivedDocument)).all()
        assert {(one.form, one.language) for one in kept} == {("policy_booklet", "zh"), ("policy_booklet", "both")}
    assert client.get(f"/documents/policy-booklet/{about}.pdf").data.startswith(b"%PDF-")
