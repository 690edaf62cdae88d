"""People at their desks: each with a window of their own in their language, who find what to do by the words on the page."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tests.browser.serving import Served
from tests.browser.window import WIDE, Window


class Desk:
    """Somebody who works in a window. What they press and fill in is named as the page names it."""

    def __init__(self, window: Window, login: str) -> None:
        self.window, self.login, self.page = window, login, window.page

    def go(self, path: str) -> None:
        """Opens an address, which must be one of theirs."""
        answer = self.window.go(path)
        assert answer.status == 200, f"{path} answers {answer.status}: {self.said()[:400]}"
        self._fits()

    @property
    def path(self) -> str:
        """Where they are."""
        return str(self.page.url).removeprefix(self.window.served.address)

    def press(self, words: str, *, sure: bool = False, inside: str = "main") -> None:
        """A button or link that leads on; where the page asks, the answer is yes."""
        self.window.page.evaluate("() => { window.stale = true; }")
        self._find(words, inside).click()
        if sure:
            self.page.locator("dialog.asks button.main").click()
        self.page.wait_for_function("() => !window.stale && document.readyState === 'complete'")
        self._fits()

    def _find(self, words: str, inside: str) -> Any:
        where = self.page.locator(inside)
        found = where.get_by_role("button", name=words).or_(where.get_by_role("link", name=words)).locator("visible=true")
        found.first.wait_for()
        exact = [one for one in found.all() if one.inner_text().strip() == words]
        return exact[-1] if exact else found.first

    def enter(self, values: Mapping[str, str]) -> None:
        """Fields by the names they are sent under: text, choices and ticks."""
        for name, value in values.items():
            found = self.page.locator(f'main [name="{name}"]:not([type="hidden"])')
            kind = found.first.evaluate("(one) => one.type")
            if kind == "radio":
                self.page.locator(f'main [name="{name}"][value="{value}"]').check()
            elif kind == "checkbox":
                found.first.check()
            elif kind.startswith("select"):
                found.first.select_option(value)
            else:
                found.first.fill(value)

    def hands_in(self, name: str, content: bytes, media_type: str = "application/pdf", at: str = "[data-files]") -> None:
        """A file that is kept as soon as it is chosen."""
        field = self.page.locator(f"main {at}").first
        field.locator("input[type=file]").set_input_files({"name": name, "mimeType": media_type, "buffer": content})
        field.locator(".kept li", has_text=name).wait_for()
        self.page.wait_for_function("() => document.querySelector('[data-files] input[type=hidden]')")

    def reads(self, *words: str) -> None:
        """The page says this."""
        text = self.said()
        missing = [one for one in words if one not in text]
        assert not missing, f"{self.page.url} does not say {missing}:\n{text}"

    def misses(self, *words: str) -> None:
        """The page says nothing of this."""
        text = self.said()
        assert not [one for one in words if one in text], text

    def said(self) -> str:
        """What the page says."""
        return str(self.page.inner_text("main"))

    def _fits(self) -> None:
        sideways = self.window.sideways()
        assert sideways is None, f"{self.page.url} goes sideways by {sideways}"


class Company:
    """The served site, and who works on it on which day."""

    def __init__(self, served: Served, open_window: Callable[..., Window], logins: Mapping[str, str]) -> None:
        self.served, self.open_window, self.logins = served, open_window, logins
        self.windows: dict[str, Window] = {}
        self.how: dict[str, tuple[Mapping[str, int], str]] = {}
        self.here: set[str] = set()

    def works(self, who: str, size: Mapping[str, int] = WIDE, language: str = "zh") -> None:
        """How somebody looks at the pages."""
        self.how[who] = (size, language)

    @contextmanager
    def at(self, day: datetime) -> Iterator[None]:
        """On a day, on which everybody signs in anew."""
        self.here.clear()
        with self.served.at(day):
            yield

    def __getitem__(self, who: str) -> Desk:
        """Somebody at their desk."""
        if who not in self.windows:
            self.windows[who] = self.open_window(self.served, *self.how.get(who, (WIDE, "zh")))
        if who not in self.here:
            self.here.add(who)
            self.windows[who].sign_in(self.logins[who])
        return Desk(self.windows[who], self.logins[who])
