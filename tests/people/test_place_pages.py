"""Pages of units and posts: founded, corrected, renamed, merged, closed, moved, and what they say of what was before."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import clock, db, web
from appraisal.audit import AuditRecord
from appraisal.people.models import Post, Unit, UnitHead
from tests import factories as make
from tests.site import a_browser, a_site, form_token

APRIL = datetime(2026, 4, 8, 2, 0, tzinfo=UTC)


@dataclass
class Company:
    """A company with a sales and a buying department; somebody heads sales and holds its post."""

    site: web.Site
    logins: dict[str, str]
    ids: dict[str, int]
    browsers: dict[str, FlaskClient] = field(default_factory=dict)

    def page(self, path: str, who: str = "hr", language: str = "zh") -> str:
        got = self.browser(who, language).get(path)
        assert got.status_code == 200, (got.status_code, path)
        return got.text

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        if who + language not in self.browsers:
            self.browsers[who + language] = a_browser(self.site, self.logins[who], language)
        return self.browsers[who + language]

    def send(self, path: str, version: int = 1, **form: Any) -> Any:
        client = self.browser("hr")
        kept = {"csrf_token": form_token(client, path), "version": version, "idempotency_key": secrets.token_hex(8)}
        return client.post(path, data=kept | form)

    def one(self, table: Any, **by: Any) -> Any:
        with db.transaction(self.site.target, write=False) as session:
            return session.exec(select(table).filter_by(**by)).one()

    def acts(self) -> list[str]:
        with db.transaction(self.site.target, write=False) as session:
            return list(session.exec(select(AuditRecord.action).order_by(AuditRecord.seq)))


@pytest.fixture
def company(database_url: str, tmp_path: Path) -> Iterator[Company]:
    site = a_site(database_url, tmp_path)
    with clock.at(APRIL):
        with db.transaction(site.target, write=True) as session:
            make.a_published_policy(session)
            top = make.a_unit(session, "示范公司")
            sales, buying = (make.a_unit(session, name, parent=top) for name in ("销售部", "采购部"))
            post = make.a_post(session, unit=sales)
            head = make.an_employee(session, "王经理", post=post)
            make.a_unit_head(session, sales, head)
            rows = {"top": top, "sales": sales, "buying": buying, "post": post}
            logins = {"own": make.an_account(session, "employee", employee=make.an_employee(session, "张三")).login}
            logins["hr"] = make.an_account(session, "hr", employee=make.an_employee(session, "赵人事")).login
            ids = {name: row.id or 0 for name, row in rows.items()}
        yield Company(site, logins, ids)


def test_a_unit_is_founded_and_a_post_in_it(company: Company):
    page = company.page(f"/people/units/new?below={company.ids['top']}")
    assert f'<option value="{company.ids["top"]}" selected>' in page
    said = {"code": "LOG", "name": "物流部", "name_en": "Logistics", "from_on": "2026-05-01"}
    made = company.send("/people/units/new", **said, parent_id=company.ids["top"])
    unit = company.one(Unit, code="LOG")
    assert (made.status_code, made.location, unit.parent_id) == (303, f"/people/units/{unit.id}", company.ids["top"])
    again = company.send("/people/units/new", **said)
    assert again.status_code == 409 and 'value="物流部"' in again.text
    post = {"code": "DRV", "title": "司机", "title_en": "Driver", "policy_post": "sales", "unit_id": unit.id}
    assert company.send("/people/posts/new", **post).status_code == 303
    assert "司机" in company.page(f"/people/units/{unit.id}")
    assert company.acts()[-2:] == ["unit.create", "post.create"]
    assert company.send("/people/units/new", **(said | {"code": "TOP"})).status_code == 303
    assert company.one(Unit, code="TOP").parent_id is None


def test_a_renamed_unit_tells_its_names_and_keeps_posts_and_head(company: Company):
    sales = company.ids["sales"]
    said = {"code": "S2", "name": "营销部", "name_en": "Marketing", "from_on": "2026-04-08", "reason": "改组"}
    to = company.send(f"/people/units/{sales}/rename", **said).location
    page = company.page(to)
    assert "名称沿革" in page and "销售部" in page and "王经理" in page and "业务员" in page
    old = company.page(f"/people/units/{sales}")
    assert "终止" in old and "营销部" in old and f"/people/units/{sales}/rename" not in old
    listed = company.page("/people/units")
    assert "营销部" in listed and "销售部" not in listed
    assert "销售部" in company.page("/people/units?ended=1")
    late = company.send(f"/people/units/{sales}/rename", **said | {"code": "S3"}, version=2)
    assert late.status_code == 409 and "已于" in late.text and 'value="S3"' in late.text


def test_a_merged_unit_hands_its_posts_over_and_the_post_tells_it(company: Company):
    sales, buying = company.ids["sales"], company.ids["buying"]
    assert f'value="{sales}"' not in company.page(f"/people/units/{sales}/merge").split("<main")[1]
    said = {"into_id": buying, "from_on": "2026-04-08", "reason": "合并"}
    assert company.send(f"/people/units/{sales}/merge", **said).location == f"/people/units/{buying}"
    assert "业务员" in company.page(f"/people/units/{buying}")
    post = company.page(f"/people/posts/{company.ids['post']}")
    assert "所属部门沿革" in post and "销售部" in post and "采购部" in post
    assert company.one(UnitHead, unit_id=sales).to_on == date(2026, 4, 7)


def test_a_unit_in_use_is_not_closed_and_an_idle_one_is(company: Company):
    said = {"to_on": "2026-04-30", "reason": "撤销"}
    refused = company.send(f"/people/units/{company.ids['sales']}/end", **said)
    assert refused.status_code == 409 and "在岗人员" in refused.text and 'value="撤销"' in refused.text
    assert company.send(f"/people/units/{company.ids['buying']}/end", **said).status_code == 303
    assert "2026 年 4 月 30 日" in company.page(f"/people/units/{company.ids['buying']}")


def test_a_correction_holds_from_the_first_day_and_makes_no_loop(company: Company):
    top, sales = company.ids["top"], company.ids["sales"]
    loop = company.send(f"/people/units/{top}/correct", name="示范公司", name_en="Sample", parent_id=sales)
    assert loop.status_code == 422 and "成环" in loop.text
    assert company.send(f"/people/units/{sales}/correct", name="销售一部", name_en="Sales one").status_code == 303
    assert (company.one(Unit, id=sales).name, company.one(Unit, id=sales).parent_id) == ("销售一部", None)
    stale = company.send(f"/people/units/{sales}/correct", name="销售三部", name_en="Sales three")
    assert stale.status_code == 409 and company.one(Unit, id=sales).name == "销售一部"


def test_a_head_is_named_and_those_before_stay_on_file(company: Company):
    with db.transaction(company.site.target, write=True) as session:
        number = make.an_employee(session, "李新任").number
    page = f"/people/units/{company.ids['sales']}/head"
    assert company.send(page, head_number=number, from_on="2026-04-08").status_code == 303
    told = company.page(f"/people/units/{company.ids['sales']}")
    assert told.index("李新任") < told.index("王经理")


def test_a_post_is_corrected_and_moved_and_says_when_no_policy_has_its_sheet(company: Company):
    page = f"/people/posts/{company.ids['post']}"
    assert "没有这份考核表" not in company.page(page) and "/policies/trading/posts/sales" in company.page(page)
    change = {"title": "资深业务员", "title_en": "Senior", "policy_post": "nowhere"}
    assert company.send(f"{page}/correct", **change).status_code == 303
    assert "没有这份考核表" in company.page(page)
    assert company.send(f"{page}/correct", version=2, **change | {"policy_post": "management"}).status_code == 303
    assert "管理层只出现在指标的适用栏" in company.page(page)
    move = {"unit_id": company.ids["buying"], "from_on": "2026-04-08", "reason": "调整"}
    assert company.send(f"{page}/move", version=3, **move).status_code == 303
    assert company.one(Post, id=company.ids["post"]).unit_id == company.ids["buying"]
    unknown = company.send(f"{page}/move", version=4, **move | {"unit_id": 999_999})
    assert unknown.status_code == 422 and "没有这个部门" in unknown.text


def test_posts_are_found_by_title_and_unit(company: Company):
    assert "业务员" in company.page("/people/posts?q=业务")
    assert "没有符合条件的岗位" in company.page("/people/posts?q=出纳")
    assert "业务员" in company.page(f"/people/posts?unit_id={company.ids['top']}")
    assert "没有符合条件的岗位" in company.page(f"/people/posts?unit_id={company.ids['buying']}")


def test_whoever_may_change_nothing_reads_units_and_posts_but_not_who_holds_them(company: Company):
    unit, post = f"/people/units/{company.ids['sales']}", f"/people/posts/{company.ids['post']}"
    assert "王经理" in company.page(post) and "王经理" not in company.page(post, "own")
    for path in (unit, post, "/people/units", "/people/posts"):
        text = company.page(path, "own", "en").split("<main")[1]
        assert "/new" not in text and "/correct" not in text and "/rename" not in text and "/move" not in text
