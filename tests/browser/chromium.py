"""A real browser, the system's or the one that setup.sh has fetched."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OF_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
OWN = Path(__file__).parents[2] / ".venv" / "browsers"
"""Where setup.sh has one put that the system does not have."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser. Raises playwright.sync_api.Error where none starts."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(OWN))
    with sync_playwright() as started:
        made = _launched(started)
        yield made
        made.close()


def _launched(started: Playwright) -> Browser:
    flags = ["--disable-dev-shm-usage"]
    if os.name == "posix" and os.geteuid() == 0:
        flags.append("--no-sandbox")  # root has none
    for found in filter(None, map(shutil.which, (*NAMES, OF_MACOS))):
        try:
            return started.chromium.launch(executable_path=found, args=flags)
        except Error:  # one that is installed may not work from here, as a snap does not
            continue
    return started.chromium.launch(args=flags)
