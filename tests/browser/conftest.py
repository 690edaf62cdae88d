"""A real browser for every process of tests, and windows in it that fail with what their pages do wrong."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser import axe
from tests.browser.serving import Served
from tests.browser.window import Window

CACHE = Path(__file__).parents[2] / "var" / "cache"


@pytest.fixture(scope="session")
def database_kind() -> str:
    """What pages ask of a database is asked on both kinds elsewhere."""
    return "sqlite"


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium, started once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make test installs it")
    from tests.browser.chromium import chromium

    with ExitStack() as stack:
        try:
            started = stack.enter_context(chromium())
        except playwright.Error as refused:
            pytest.skip(f"no browser could be started: {str(refused).strip().splitlines()[0]}")
        yield started


@pytest.fixture(scope="session")
def axe_script() -> str | None:
    """axe-core; None where it cannot be had, which one test says."""
    try:
        return axe.script(CACHE)
    except axe.Unavailable:
        return None


@pytest.fixture
def window(browser: object) -> Iterator[Callable[..., Window]]:
    """Opens windows on a site; at the end each fails with what its pages did wrong."""
    opened: list[Window] = []

    def open_one(served: Served, *how: object) -> Window:
        opened.append(Window(browser, served, *how))  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
