"""A real browser for every process of tests, and windows in it that fail with what their pages do wrong."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import axe
from tests.browser.serving import Served
from tests.browser.window import Window

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OF_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
OWN = ROOT / ".venv" / "browsers"
"""Where setup.sh has one put that the system does not have."""


@pytest.fixture(scope="session")
def database_kind() -> str:
    """What pages ask of a database is asked on both kinds elsewhere."""
    return "sqlite"


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium, started once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make test installs it")
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(OWN))
    with playwright.sync_playwright() as started:
        made = _launched(started, playwright.Error)
        yield made
        made.close()


def _launched(started: Any, error: type[Exception]) -> Any:
    """The system's browser, or the one that setup.sh has fetched."""
    sandbox = [] if os.name != "posix" or os.geteuid() else ["--no-sandbox"]
    refusals = []
    for found in (*filter(None, map(shutil.which, (*NAMES, OF_MACOS))), None):
        try:
            return started.chromium.launch(executable_path=found, args=[*sandbox, "--disable-dev-shm-usage"])
        except error as refused:
            refusals.append(f"{found or 'of Playwright'}: {str(refused).strip().splitlines()[0]}")
    pytest.skip(f"no browser could be started: {'; '.join(refusals)}")


@pytest.fixture(scope="session")
def axe_script() -> str | None:
    """axe-core; None where it cannot be had, which one test says."""
    try:
        return axe.script(ROOT / "var" / "cache")
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
