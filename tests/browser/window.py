"""A window of a real browser, which keeps what no page may do: errors on the console, refusals of the content policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.browser.serving import Served
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Response

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
REFUSED = (409, 422)
"""Of a form that is shown again with what to mend; the browser notes that on its console."""

_SIDEWAYS = """() => {
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over <= 0) return null;
  const all = [...document.querySelectorAll("main *, header *")];
  const wide = all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
  return `${over} px: ` + wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join(" | ");
}"""
_FOUND = """async (script) => {
  if (!window.axe) (0, eval)(script);
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const told = (node) => `${node.target} ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`;
  return violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id} (${one.impact}): ` + one.nodes.slice(0, 3).map(told).join(" | "));
}"""


class Window:
    """One window with its cookies and its cache."""

    def __init__(self, browser: Browser, served: Served, size: Mapping[str, int] = WIDE, language: str = "zh") -> None:
        self.served = served
        self.faults: list[str] = []
        self.fetched = 0
        self.context = browser.new_context(
            base_url=served.address, viewport=dict(size), locale=LOCALES[language], reduced_motion="reduce"
        )
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self._note(f"error in a script: {error}"))
        network = self.context.new_cdp_session(self.page)
        network.send("Network.enable")
        network.on("Network.loadingFinished", self._fetched)

    def _fetched(self, told: Mapping[str, Any]) -> None:
        self.fetched += int(told["encodedDataLength"])

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(f"status of {status}" in message.text for status in REFUSED):
            self._note(f"on the console: {message.text}")

    def _note(self, fault: str) -> None:
        self.faults.append(f"{self.page.url.removeprefix(self.served.address)}: {fault}")

    def go(self, path: str) -> Response:
        """Opens an address, and waits for its scripts too."""
        answer = self.page.goto(path)
        assert answer is not None
        return answer

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        """Through the form, whoever was signed in before."""
        self.context.clear_cookies()
        self.go("/login")
        self.page.fill("#login", login)
        self.page.fill("#password", password)
        self.page.click("main button.main")
        assert "/login" not in self.page.url, self.page.inner_text("main")

    def sideways(self) -> str | None:
        """What makes the page wider than the window, if anything does."""
        found: str | None = self.page.evaluate(_SIDEWAYS)
        return found

    def violations(self, script: str) -> list[str]:
        """What axe-core calls serious or critical."""
        found: list[str] = self.page.evaluate(_FOUND, script)
        return found

    def close(self) -> None:
        """Shuts it. Fails with what its pages did wrong."""
        self.context.close()
        assert not self.faults, "\n".join(self.faults)
