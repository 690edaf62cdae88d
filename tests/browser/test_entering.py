"""A clerk at a phone enters what somebody has put on paper: nothing here is done but by pressing and filling in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appraisal import clock
from tests.browser.desks import Desk
from tests.browser.serving import Served, serving
from tests.browser.window import NARROW, Window
from tests.desk.test_entering_pages import APRIL, Office, an_office
from tests.site import a_site


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[tuple[Office, Served]]:
    site = a_site(database_url, tmp_path)
    with clock.at(APRIL):
        office = an_office(site, signed=True)
    with serving(site, APRIL) as at:
        yield office, at


def bar(desk: Desk) -> str:
    """What stands above the page of in whose name it is."""
    found = desk.page.locator(".entering")
    return str(found.inner_text()) if found.count() else ""


def test_a_clerk_enters_a_self_assessment_at_a_phone_and_ends(
    served: tuple[Office, Served], window: Callable[..., Window], axe_script: str | None
):
    office, at = served
    clerk = Desk(window(at, NARROW), office.login)
    clerk.window.sign_in(office.login)
    clerk.press("代录", inside=".bottom")
    clerk.press("代录 何师傅")
    clerk.reads("等待本人的事项", "自评")
    paper = {"name": "自评表.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 signed"}
    clerk.page.set_input_files("#f-scan", paper)
    clerk.press("开始代录")
    assert "正在为 何师傅 代录" in bar(clerk) and "自评表.pdf" in bar(clerk)
    assert not axe_script or clerk.window.violations(axe_script) == []
    clerk.page.locator(".waiting a").first.click()
    clerk.press("自评")
    clerk.enter({"statement": "本季度安全行驶", "ratings[0].rating": "85"})
    assert clerk.path.startswith(f"/for/{office.worker}/") and "代 何师傅" in clerk.page.title()
    clerk.press("提交", sure=True)
    clerk.reads("自评已提交")
    assert "正在为 何师傅 代录" in bar(clerk)
    clerk.go("/")
    assert "尚未结束" in bar(clerk) and "何师傅" not in clerk.said()
    assert not axe_script or clerk.window.violations(axe_script) == []
    clerk.press("结束代录", inside=".entering")
    clerk.reads("为 何师傅 的代录已结束")
    assert bar(clerk) == ""


def test_who_only_looks_finds_nothing_to_press(served: tuple[Office, Served], window: Callable[..., Window]):
    office, at = served
    clerk = Desk(window(at), office.login)
    clerk.window.sign_in(office.login)
    clerk.go(f"/entering/{office.worker}")
    clerk.press("只查看")
    clerk.go(f"/for/{office.worker}/appraisals/{office.appraisal}/self-assessment")
    assert "要录入, 请先附上签字原件" in bar(clerk)
    assert clerk.page.locator("main form[method=post] button").first.is_hidden()
    clerk.press("附上原件", inside=".entering")
    clerk.reads("为 何师傅 代录")
