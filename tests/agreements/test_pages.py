"""The pages of agreements: begun, written, signed, amended through them alone; and what a form keeps when it is refused."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from appraisal import clock, db, uploads, web, worker
from appraisal.cycles.models import Appraisal
from appraisal.people.models import Account, Employee
from tests.agreements.samples import a_quarter
from tests.site import a_browser, a_site, form_of, form_token

DAY = datetime(2026, 1, 12, 2, 0, tzinfo=UTC)
ITEMS = {
    "items[0].id": "revenue",
    "items[0].kind": "kpi",
    "items[0].weight": "60",
    "items[0].target": "100",
    "items[0].challenge": "120",
    "items[1].id": "new_customers",
    "items[1].kind": "kpi",
    "items[1].weight": "30",
    "items[1].target": "10",
    "items[1].challenge": "12",
    "items[2].id": "own-1",
    "items[2].kind": "gs",
    "items[2].name_zh": "客户档案整理",
    "items[2].dimension": "operations",
    "items[2].standard": "每缺一户减 2 分",
    "items[2].weight": "10",
}


@dataclass
class Place:
    """A person without an agreement, and a browser for everybody who has a part in it."""

    site: web.Site
    appraisal_id: int
    sheet_id: int
    logins: dict[str, str]
    browsers: dict[str, FlaskClient] = field(default_factory=dict)

    def browser(self, who: str) -> FlaskClient:
        """Somebody's browser, signed in."""
        if who not in self.browsers:
            self.browsers[who] = a_browser(self.site, self.logins[who])
        return self.browsers[who]

    def send(self, who: str, address: str, page: str, **fields: str) -> Any:
        """A form that somebody sends from a page, with what stands hidden in it."""
        client = self.browser(who)
        text = client.get(page).text
        form = re.search(rf'<form[^>]*action="{re.escape(address)}".*?</form>', text, re.DOTALL)
        hidden = re.findall(r'<input type="hidden" name="([\w_]+)" value="([^"]*)"', form[0] if form else "")
        data = {"csrf_token": form_token(client, page)} | dict(hidden) | fields
        return client.post(address, data=data, follow_redirects=True)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    site = a_site(database_url, tmp_path)
    with clock.at(DAY):
        with db.transaction(site.target, write=True) as session:
            quarter = a_quarter(session)
            actors = {"own": quarter.own, "supervisor": quarter.supervisor, "hr": quarter.hr, "payroll": quarter.payroll}
            logins = {who: session.get_one(Account, actor.account_id).login for who, actor in actors.items()}
            made = Place(site, quarter.appraisal.id, quarter.sheet.id, logins)
        yield made


def drafted(place: Place) -> str:
    """A draft begun by the supervisor with items that will do; its address."""
    case = f"/appraisals/{place.appraisal_id}"
    begun = place.send("supervisor", f"{case}/sheets/{place.sheet_id}/agreement", f"{case}/agreement")
    found = re.search(r'action="(/agreements/\d+)/items"', begun.text)
    assert found is not None, begun.text[:500]
    told = place.send("supervisor", f"{found[1]}/items", f"{found[1]}/items", **ITEMS)
    assert "已保存" in told.text
    return found[1]


def test_an_agreement_is_begun_written_signed_and_amended_through_the_pages(place: Place) -> None:
    assert "沿用上期" in place.browser("own").get("/my/agreement").text
    one = drafted(place)
    text = place.browser("own").get("/my/agreement").text
    assert "客户档案整理" in text and "去签署" in text and "120" in text
    assert "待对方签署后生效" in place.send("own", f"{one}/sign", one).text
    assert "内容不能再改" in place.browser("own").get(f"{one}/items").text
    assert "责任书生效" in place.send("supervisor", f"{one}/sign", one).text
    assert "提出变更" in place.browser("own").get(one).text
    changed = ITEMS | {"items[0].target": "105", "reason": "市场变化"}
    told = place.send("own", f"{one}/amendment", f"{one}/amendment", **changed)
    assert "变更已提出" in told.text and "<del>100</del>" in told.text and "<ins>105</ins>" in told.text
    amendment = told.request.path
    waiting = place.browser("hr").get("/approvals/agreements").text
    assert amendment in waiting
    assert "已批准" in place.send("hr", f"{amendment}/decision", amendment, approve="true").text


def test_a_form_that_is_refused_keeps_what_was_typed_and_says_what_to_mend(place: Place) -> None:
    one = drafted(place)
    wrong = ITEMS | {"items[0].weight": "59", "items[2].standard": "", "terms.duties": "每月拜访十家客户"}
    told = place.send("own", f"{one}/items", f"{one}/items", **wrong)
    assert told.status_code == 422
    assert "合计为 99" in told.text and "每月拜访十家客户" in told.text
    assert re.search(r'name="items\[\d+\]\.weight" value="59"', told.text)
    assert "60" in place.browser("own").get(one).text, "nothing of it is saved"


def test_weights_are_shared_evenly_on_the_server_too_and_nothing_is_saved(place: Place) -> None:
    one = drafted(place)
    told = place.send("own", f"{one}/items/shown", f"{one}/items", **ITEMS, _even="yes", **{"terms.rewards": "按制度"})
    assert told.status_code == 200 and "按制度" in told.text and "合计" in told.text
    assert "按制度" not in place.browser("own").get(one).text


def test_who_signs_something_that_has_changed_meanwhile_is_told_so(place: Place) -> None:
    one = drafted(place)
    text = place.browser("own").get(one).text
    seen = dict(re.findall(r'<input type="hidden" name="(version|content_hash)" value="([^"]*)"', text))
    place.send("supervisor", f"{one}/items", f"{one}/items", **ITEMS | {"items[0].target": "101"})
    told = place.send("own", f"{one}/sign", one, **seen)
    assert told.status_code == 409 and "已被他人修改" in told.text


def test_hr_sees_who_has_none_reminds_and_enters_what_was_signed_on_paper(place: Place) -> None:
    hr = place.browser("hr")
    assert "未起草" in hr.get("/hr/agreements?state=none").text
    (row,) = list(csv.reader(io.StringIO(hr.get("/hr/agreements/file.csv").data.decode("utf-8-sig"))))[1:]
    assert row[6:] == ["未起草", "", "否", "否"] and len(hr.get("/hr/agreements/file.csv?state=signed").text.splitlines()) == 1
    assert "已提醒 2 人" in place.send("hr", "/hr/agreements/remind", "/hr/agreements").text
    assert "今天都已提醒过" in place.send("hr", "/hr/agreements/remind", "/hr/agreements").text
    one = drafted(place)
    told = place.send("hr", f"{one}/settle/exception", f"{one}/settle", reason="本人驻外")
    assert "已作为例外生效" in told.text and "本人驻外" in told.text
    assert "没有符合条件" in hr.get("/hr/agreements?state=none").text


def test_a_table_is_looked_at_before_it_is_imported_and_taken_once(place: Place) -> None:
    number = re.search(r'quiet">(E\d+|\d+|N?\w+)</span>', place.browser("hr").get("/hr/agreements").text)
    assert number is not None
    client = place.browser("hr")
    who = number[1]
    rows = f"工号,指标,权重,目标值,挑战值\n{who},revenue,60,100,120\n{who},new_customers,40,10,12\nE99999,revenue,100,1,2\n"
    data = {"csrf_token": form_token(client, "/hr/agreements/import"), "file": (BytesIO(rows.encode()), "list.csv", "text/csv")}
    kept = client.post("/hr/agreements/import", data=data)
    assert kept.status_code == 303
    preview = client.get(kept.location).text
    assert "E99999" in preview and "尚未写入" in preview
    assert "E99999" in client.get(f"{kept.location}/to-mend.csv").text


def test_a_long_table_is_taken_in_the_background_and_what_is_wrong_with_it_told_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LONG", 40)
    client = place.browser("hr")
    with db.transaction(place.site.target, write=False) as session:
        appraisal = session.get_one(Appraisal, place.appraisal_id)
        who = session.get_one(Employee, appraisal.employee_id).number
    rows = f"工号,指标,类型,权重,目标值,挑战值,维度,评分标准\n{who},revenue,,60,100,120,,\n{who},new_customers,,30,10,12,,\n"
    rows += f"{who},客户档案整理,定性,10,,,运营与效率,全部档案齐全为 100\nE99999,revenue,,100,1,2,,\n"
    data = {"csrf_token": form_token(client, "/hr/agreements/import"), "file": (BytesIO(rows.encode()), "list.csv", "text/csv")}
    kept = client.post("/hr/agreements/import", data=data).location
    for skips, came_to in (("false", f'href="{kept}"'), ("true", '<dt>新增</dt><dd class="figure">1</dd>')):
        form = form_of(client.get(kept).text, kept) | {"skip_faulty": skips}
        job = client.post(kept, data=form).location
        assert "/jobs/" in job and worker.work_off(place.site.target) == 1
        assert came_to in client.get(job).text


@pytest.mark.parametrize("who", ["own", "supervisor", "payroll"])
def test_the_pages_of_hr_are_refused_to_others(place: Place, who: str) -> None:
    for page in ("/hr/agreements", "/hr/agreements/issue", "/hr/agreements/import", "/hr/agreements/file.csv", "/goals/new"):
        assert place.browser(who).get(page).status_code == 403


def test_goals_are_broken_down_and_seen_by_everybody_who_works_here(place: Place) -> None:
    told = place.send("hr", "/goals/new", "/goals/new", period="2026", name="销售收入增长", target="4800", measured_in="万元")
    assert "目标已建立" in told.text and "4,800" in told.text
    assert "销售收入增长" in place.browser("own").get("/goals").text
    twice = place.send("hr", "/goals/new", "/goals/new", period="26年", name="利润")
    assert twice.status_code == 422 and "利润" in twice.text and "不是考核期" in twice.text
