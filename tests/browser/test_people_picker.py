"""The field for somebody: whom it may mean is found by typing, chosen by keyboard or touch, and said to who hears the page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appraisal import clock, db
from tests import factories as make
from tests.browser.desks import Desk
from tests.browser.serving import Served, serving
from tests.browser.window import NARROW, WIDE, Window
from tests.desk.test_finding_people import APRIL
from tests.site import a_site

FIELD = "#f-supervisor_number"


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[tuple[str, dict[str, str], Served]]:
    site = a_site(database_url, tmp_path)
    with clock.at(APRIL), db.transaction(site.target, write=True) as session:
        post = make.a_post(session, unit=make.a_unit(session, "销售部"))
        people = [make.an_employee(session, name, post=post) for name in ("王经理", "王主管", "李总")]
        numbers = {one.name: one.number for one in people}
        login = make.an_account(session, "hr", employee=make.an_employee(session, "赵人事")).login
    with serving(site, APRIL) as at:
        yield login, numbers, at


def a_desk(window: Window, login: str) -> Desk:
    desk = Desk(window, login)
    window.sign_in(login)
    desk.go("/people/new")
    return desk


def options(desk: Desk) -> list[str]:
    """The names suggested, once they are there."""
    desk.page.locator(".people:visible [role=option]").first.wait_for()
    return [one.split(" ")[0] for one in desk.page.locator(".people:visible [role=option]").all_inner_texts()]


def state(desk: Desk, name: str) -> str | None:
    found = desk.page.locator(FIELD).get_attribute(name)
    return None if found is None else str(found)


def test_somebody_is_found_by_name_and_chosen_by_keyboard(
    served: tuple[str, dict[str, str], Served], window: Callable[..., Window], axe_script: str | None
):
    login, numbers, at = served
    desk = a_desk(window(at, WIDE), login)
    keys = desk.page.keyboard
    assert (state(desk, "role"), state(desk, "aria-expanded")) == ("combobox", "false")
    desk.page.locator(FIELD).press_sequentially("王")
    assert sorted(options(desk)) == ["王主管", "王经理"]
    assert state(desk, "aria-expanded") == "true" and state(desk, "aria-activedescendant") is None
    assert not axe_script or desk.window.violations(axe_script) == []
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    active = desk.page.locator(f"#{state(desk, 'aria-activedescendant')}")
    assert active.get_attribute("aria-selected") == "true"
    meant = str(active.inner_text()).split(" ")[0]
    keys.press("ArrowDown")  # around to the first
    keys.press("ArrowUp")
    keys.press("Enter")
    assert desk.page.input_value(FIELD) == numbers[meant] and desk.path == "/people/new"
    desk.reads(f"{meant} · 销售部")
    assert desk.page.locator(".people:visible").count() == 0


def test_escape_puts_the_list_away_and_keeps_what_was_typed(
    served: tuple[str, dict[str, str], Served], window: Callable[..., Window]
):
    login, _, at = served
    desk = a_desk(window(at, WIDE), login)
    desk.page.locator(FIELD).press_sequentially("销售")
    assert len(options(desk)) == 3
    desk.page.keyboard.press("Escape")
    assert desk.page.locator(".people:visible").count() == 0 and desk.page.input_value(FIELD) == "销售"
    desk.page.keyboard.press("ArrowDown")
    assert len(options(desk)) == 3


def test_a_touch_chooses_on_a_phone_and_the_form_is_taken(
    served: tuple[str, dict[str, str], Served], window: Callable[..., Window]
):
    login, numbers, at = served
    desk = a_desk(window(at, NARROW), login)
    desk.enter({"number": "N1", "name": "新员工"})
    desk.page.locator(FIELD).press_sequentially("李")
    assert options(desk) == ["李总"] and desk.window.sideways() is None
    desk.page.locator(".people:visible [role=option]").first.click()
    assert desk.page.input_value(FIELD) == numbers["李总"]
    desk.press("登记入职")
    desk.reads("李总")


def test_a_whole_name_or_an_exact_number_needs_no_choosing(
    served: tuple[str, dict[str, str], Served], window: Callable[..., Window]
):
    login, numbers, at = served
    desk = a_desk(window(at, WIDE), login)
    desk.page.locator(FIELD).press_sequentially("李总")
    options(desk)
    desk.page.keyboard.press("Tab")
    assert desk.page.input_value(FIELD) == numbers["李总"]
    desk.page.fill(FIELD, numbers["王经理"])
    desk.page.get_by_text("王经理 · 销售部").first.wait_for()
    desk.page.fill(FIELD, "没有这个人")
    desk.page.get_by_text("没有找到您可以查看的人").wait_for()
