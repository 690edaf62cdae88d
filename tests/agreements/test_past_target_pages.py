"""Pages of targets from before the system: a table is looked at first, taken whole or not at all, and corrects what stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import clock, db, uploads, web, worker
from appraisal.agreements.models import PastTarget
from tests import factories as make
from tests.site import a_browser, a_site, form_of, form_token

APRIL = datetime(2026, 4, 8, 2, 0, tzinfo=UTC)
HEAD = "工号,期间,指标,目标值,数据来源\n"


@dataclass
class Place:
    """Somebody in sales, and HR at the pages."""

    site: web.Site
    client: FlaskClient
    number: str

    def bring(self, rows: str, policy: str = "trading") -> Any:
        page = "/hr/past-targets/import"
        file = (BytesIO((HEAD + rows).encode()), "历史目标.csv", "text/csv")
        return self.client.post(page, data={"csrf_token": form_token(self.client, page), "policy": policy, "file": file})

    def take(self, way: str) -> Any:
        address = way.partition("?")[0]
        return self.client.post(address, data=form_of(self.client.get(way).text, address))

    def targets(self) -> list[tuple[str, str, int]]:
        with db.transaction(self.site.target, write=False) as session:
            found = session.exec(select(PastTarget).order_by(PastTarget.id))
            return [(one.period, one.item, int(one.target)) for one in found]


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    site = a_site(database_url, tmp_path)
    with clock.at(APRIL):
        with db.transaction(site.target, write=True) as session:
            make.a_published_policy(session)
            own = make.an_employee(session, "张三", post=make.a_post(session))
            login = make.an_account(session, "hr", employee=make.an_employee(session, "赵人事")).login
            number = own.number
        yield Place(site, a_browser(site, login), number)


def test_a_table_is_looked_at_before_it_is_taken(place: Place):
    assert "没有导入过历史目标" in place.client.get("/hr/past-targets").text
    brought = place.bring(f"{place.number},2025-Q4,销售额,90,2025 责任书\n")
    assert brought.status_code == 303
    look = place.client.get(brought.location).text
    assert "张三" in look and "销售额" in look and "导入 1 行" in look and place.targets() == []
    assert place.take(brought.location).location == "/hr/past-targets"
    assert place.targets() == [("2025-Q4", "revenue", 90)]
    listed = place.client.get("/hr/past-targets?period=2025-Q4").text
    assert "张三" in listed and "2025 责任书" in listed
    assert "没有符合条件的目标" in place.client.get("/hr/past-targets?number=nobody").text


def test_the_same_again_changes_nothing_and_another_figure_corrects(place: Place):
    place.take(place.bring(f"{place.number},2025-Q4,revenue,90,2025 责任书\n").location)
    again = place.client.get(place.bring(f"{place.number},2025-Q4,revenue,90,2025 责任书\n").location).text
    assert "文件中的目标都已导入" in again and "导入 1 行" not in again
    place.take(place.bring(f"{place.number},2025-Q4,revenue,95,更正\n").location)
    assert place.targets() == [("2025-Q4", "revenue", 95)]


def test_a_file_with_a_fault_is_not_taken_at_all_and_says_what_to_mend(place: Place):
    way = place.bring(f"{place.number},2025-Q4,revenue,90,档案\n{place.number},2026-Q2,revenue,90,档案\n").location
    look = place.client.get(way).text
    assert "该期间尚未结束" in look and "一行也不会导入" in look and "<button" not in look.split("<main")[1]
    address = way.partition("?")[0]
    forced = {"csrf_token": form_token(place.client, "/hr/past-targets/import"), "policy": "trading", "idempotency_key": "x"}
    assert place.client.post(address, data=forced).status_code == 422 and place.targets() == []
    mend = place.client.get(f"{address}/to-mend.csv?policy=trading").get_data(as_text=True)
    assert "2026-Q2" in mend and "2025-Q4" not in mend


def test_a_policy_that_is_not_there_is_said_beside_the_field(place: Place):
    refused = place.bring(f"{place.number},2025-Q4,revenue,90,档案\n", policy="nowhere")
    assert refused.status_code == 422 and "没有已发布的制度 nowhere" in refused.text


def test_a_long_table_is_taken_in_the_background(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "LONG", 40)
    brought = place.bring(f"{place.number},2025-Q4,revenue,90,2025 责任书\n").location
    job = place.take(brought).location
    assert "/jobs/" in job and place.targets() == []
    assert worker.work_off(place.site.target) == 1 and place.targets() == [("2025-Q4", "revenue", 90)]
    told = place.client.get(job).text
    assert '<dt>新增</dt><dd class="figure">1</dd>' in told and 'href="/hr/past-targets"' in told
