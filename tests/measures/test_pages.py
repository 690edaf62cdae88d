"""The pages of figures: what is owed, entering and confirming, correcting, and a table brought twice."""

import csv
import io
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import db, web
from appraisal.actor import Actor
from appraisal.measures.models import DataProvider, Measure
from appraisal.people.models import Account
from tests.agreements.samples import FIGURES, Quarter, a_quarter, record, sign
from tests.site import a_browser, a_site, form_of, form_token, send


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> web.Site:
    return a_site(database_url, tmp_path)


@pytest.fixture
def quarter(site: web.Site) -> Iterator[Quarter]:
    with db.transaction(site.target, write=True) as session:
        made = a_quarter(session)
        sign(made)
        made.sheet_id = made.sheet.id  # type: ignore[attr-defined]
        session.expunge_all()
    yield made


def browser(site: web.Site, actor: Actor) -> FlaskClient:
    with db.transaction(site.target, write=False) as session:
        login = session.get_one(Account, actor.account_id).login
    return a_browser(site, login)


def place(quarter: Quarter, item: str = "revenue") -> str:
    return f"/hr/figures/enter?sheet_id={quarter.sheet_id}&item={item}&period=2026-Q1"  # type: ignore[attr-defined]


def entered(site: web.Site, quarter: Quarter, actual: str = "110") -> str:
    """The address of a figure that the provider has entered."""
    provider = browser(site, quarter.provider)
    answer = send(provider, place(quarter), place(quarter), actual=actual, source_document="利润表 3 月")
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def a_table(quarter: Quarter, *rows: str) -> dict[str, object]:
    number = quarter.employee.number
    text = "工号,指标,考核期,实际值,数据来源\n" + "".join(row.format(number=number) + "\n" for row in rows)
    return {"file": (BytesIO(text.encode()), "figures.csv", "text/csv")}


def bring(client: FlaskClient, table: dict[str, object]) -> str:
    """The address of the preview."""
    answer = send(client, "/hr/figures/import", "/hr/figures/import", **table)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_what_is_missing_is_listed_with_a_way_to_enter_it(site: web.Site, quarter: Quarter):
    text = browser(site, quarter.provider).get("/hr/figures").text
    for words in ("考核数据", "未指定", "待录入", "销售额"):
        assert words in text, words
    assert place(quarter).replace("&", "&amp;") in text
    assert "Figures" in browser(site, quarter.provider).get("/hr/figures?lang=en").text


def test_a_figure_is_entered_by_one_and_confirmed_by_another(site: web.Site, quarter: Quarter):
    address = entered(site, quarter)
    own = browser(site, quarter.provider)
    assert "待确认" in own.get(address).text and f'action="{address}/confirm"' not in own.get(address).text
    assert own.get(place(quarter)).location == address
    assert "没有他人录入" in own.get("/hr/figures/to-confirm").text
    checker = browser(site, quarter.checker)
    assert "利润表 3 月" in checker.get("/hr/figures/to-confirm").text
    answer = send(checker, address, f"{address}/confirm")
    assert answer.status_code == 303 and "已确认" in checker.get(address).text


def test_what_was_typed_stays_when_a_figure_is_refused(site: web.Site, quarter: Quarter):
    provider = browser(site, quarter.provider)
    answer = send(provider, place(quarter), place(quarter), actual="很多", source_document="利润表<b>")
    assert answer.status_code == 422 and 'value="很多"' in answer.text and "利润表&lt;b&gt;" in answer.text


def test_a_figure_sent_twice_is_entered_once(site: web.Site, quarter: Quarter):
    provider = browser(site, quarter.provider)
    given = {"actual": "110", "source_document": "利润表", "idempotency_key": "once"}
    page = provider.get(place(quarter)).text
    hidden = form_of(page, place(quarter).replace("&", "&amp;"))
    first, again = (provider.post(place(quarter), data=hidden | given) for _ in range(2))
    assert first.status_code == again.status_code == 303 and first.location == again.location
    with db.transaction(site.target, write=False) as session:
        assert len(session.exec(select(Measure)).all()) == 1


def test_many_are_confirmed_at_once(site: web.Site, quarter: Quarter):
    address = entered(site, quarter)
    checker = browser(site, quarter.checker)
    page = "/hr/figures/to-confirm"
    answer = send(checker, page, page, **{"measure_ids[]": [address.rsplit("/", 1)[1]]})
    assert "已确认 1 条" in checker.get(answer.location).text


def test_a_correction_keeps_the_earlier_figure_in_sight(site: web.Site, quarter: Quarter):
    address = entered(site, quarter)
    provider = browser(site, quarter.provider)
    given = {"actual": "105.5", "source_document": "利润表", "reason": "重复计入一单"}
    answer = send(provider, address, f"{address}/correct", **given)
    assert answer.status_code == 303
    text = provider.get(answer.location).text
    assert "105.5" in text and "重复计入一单" in text and "历次数据" in text and "110" in text
    late = provider.post(f"{address}/correct", data=given | {"idempotency_key": "x", "csrf_token": token(provider)})
    assert late.status_code == 409 and "该数据已被更正" in late.text


def token(client: FlaskClient) -> str:
    return form_token(client, "/hr/figures/import")


def test_a_table_is_looked_at_first_and_then_taken_without_its_faulty_rows(site: web.Site, quarter: Quarter):
    provider = browser(site, quarter.provider)
    table = a_table(
        quarter,
        "{number},revenue,2026-Q1,110,利润表",
        "E-none,revenue,2026-Q1,1,利润表",
        "{number},新客户开发数量,2026-Q1,十,台账",
    )
    preview = bring(provider, table)
    text = provider.get(preview).text
    assert "须更正" in text and "导入 1 行" in text and "第 3 行" in text
    with db.transaction(site.target, write=False) as session:
        assert session.exec(select(Measure)).all() == []
    refused = send(provider, preview, preview, skip_faulty="false")
    assert refused.status_code == 422 and "未导入任何数据" in refused.text
    answer = send(provider, preview, preview, skip_faulty="true")
    assert answer.location == preview and "录入 1 条" in provider.get(preview).text
    rows = list(csv.reader(io.StringIO(provider.get(f"{preview}/to-mend.csv").data.decode("utf-8-sig"))))
    assert len(rows) == 3 and rows[0][-1].startswith("须更正") and rows[1][0] == "E-none"


def test_a_file_that_brought_several_figures_is_confirmed_whole_by_somebody_else(site: web.Site, quarter: Quarter):
    provider, page = browser(site, quarter.provider), "/hr/figures/to-confirm"
    table = a_table(quarter, "{number},revenue,2026-Q1,110,利润表", "{number},新客户开发数量,2026-Q1,10,台账")
    preview = bring(provider, table)
    assert send(provider, preview, preview, skip_faulty="false").status_code == 303
    assert "整个文件确认" not in provider.get(page).text, "who brought it does not vouch for it"
    checker = browser(site, quarter.checker)
    text = checker.get(page).text
    assert "figures.csv" in text and "待确认 2 条" in text
    file_id = re.search(r'name="file_id" value="(\d+)"', text)[1]
    assert "2026-Q1" in checker.get(f"{page}?file_id={file_id}").text
    answer = send(checker, page, page, file_id=file_id)
    assert "已确认 2 条" in checker.get(answer.location).text and "figures.csv" not in checker.get(page).text


def test_a_table_that_differs_is_taken_as_a_correction_with_a_reason(site: web.Site, quarter: Quarter):
    provider = browser(site, quarter.provider)
    entered(site, quarter)
    preview = bring(provider, a_table(quarter, "{number},revenue,2026-Q1,120,利润表"))
    assert "与已有不同" in provider.get(preview).text
    given = {"skip_faulty": "false", "correct": "true"}
    assert send(provider, preview, preview, **given).status_code == 422
    answer = send(provider, preview, preview, **given, reason="重新出表")
    assert "更正 1 条" in provider.get(answer.location).text


def test_a_file_that_is_no_table_is_refused_on_the_form(site: web.Site, quarter: Quarter):
    provider = browser(site, quarter.provider)
    broken = {"file": (BytesIO(b"\0\1\2"), "figures.csv", "text/csv")}
    answer = send(provider, "/hr/figures/import", "/hr/figures/import", **broken)
    assert answer.status_code == 422 and "不是文本" in answer.text


def test_nobody_sees_a_table_that_another_has_brought(site: web.Site, quarter: Quarter):
    preview = bring(browser(site, quarter.provider), a_table(quarter, "{number},revenue,2026-Q1,110,利润表"))
    checker = browser(site, quarter.checker)
    assert checker.get(preview).status_code == checker.get(f"{preview}/to-mend.csv").status_code == 404


def test_cases_go_on_once_their_figures_are_confirmed(site: web.Site, quarter: Quarter):
    provider = browser(site, quarter.provider)
    assert "没有可以送交的考核" in provider.get("/hr/figures/ready").text
    with db.transaction(site.target, write=True) as session:
        quarter.session = session
        record(quarter, FIGURES)
    text = provider.get("/hr/figures/ready").text
    assert quarter.employee.number in text
    answer = send(provider, "/hr/figures/ready", "/hr/figures/ready", **{"appraisal_ids[]": [quarter.appraisal.id]})
    assert "1 人进入自评" in provider.get(answer.location).text


def test_hr_assigns_who_provides_what_and_ends_it(site: web.Site, quarter: Quarter):
    hr, page = browser(site, quarter.hr), "/hr/figures/providers"
    given = {"kind": "indicator", "name": "revenue", "account_id": quarter.provider.account_id}
    answer = send(hr, page, page, **given)
    assert answer.status_code == 303 and "销售额" in hr.get(page).text
    assert send(hr, page, page, **given | {"name": "nothing"}).status_code == 422
    with db.transaction(site.target, write=False) as session:
        one = session.exec(select(DataProvider)).one()
    assert "指定提供方" not in browser(site, quarter.provider).get(page).text
    assert send(hr, page, f"{page}/{one.id}/end").status_code == 303
    assert "销售额" not in hr.get(page).text.split("<datalist")[0] and "销售额" in hr.get(f"{page}?ended=true").text


def test_who_provides_no_figures_is_told_so(site: web.Site, quarter: Quarter):
    own = browser(site, quarter.own)
    for page in ("/hr/figures", "/hr/figures/to-confirm", "/hr/figures/import", "/hr/figures/ready", "/hr/figures/providers"):
        assert own.get(page).status_code == 403, page
    assert own.get(entered(site, quarter)).status_code == 404
