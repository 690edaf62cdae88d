"""The company of the journey as its people meet it: each at a desk of their own, signed in with a password of their own.

Whatever is done here goes over HTTP. `Office` keeps only what people would have written down: passwords and ids.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from appraisal import clock, web
from tests.caller import Answer, Caller

Listed = dict[str, dict[str, Any]]

PEOPLE = (Path(__file__).parent / "people.csv").read_bytes()


def done(answer: Answer) -> Any:
    """What an act has brought about; anything but success ends the story here."""
    assert answer.status in (200, 201, 204), answer.json
    return answer.json


def refused(answer: Answer, status: int, code: str) -> None:
    """An act that the office turns down, and how."""
    assert (answer.status, answer.json["code"]) == (status, code), answer.json


@dataclass
class Office:
    """Who is there, and how they get in."""

    site: web.Site
    passwords: dict[str, str]
    ids: dict[str, int] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    cycle: int = 0
    machine: Caller | None = None
    signed_in: dict[tuple[str, date], Caller] = field(default_factory=dict)

    def __getitem__(self, login: str) -> Caller:
        """Somebody at their desk: signed in today, with account and password."""
        day = (login, clock.today())
        if day not in self.signed_in:
            self.signed_in[day] = self.signs_in(login, self.passwords[login])
        return self.signed_in[day]

    def signs_in(self, login: str, password: str) -> Caller:
        """A new session; its writes carry the token that the answer gives."""
        caller = Caller(self.site, None)
        answer = done(caller.post("/session", {"account": login, "password": password}))
        caller.headers |= {"X-CSRF-Token": answer["csrf_token"]}
        return caller

    def chooses_password(self, login: str, first: str) -> None:
        """The first sign-in, with the password that was shown once: another one is chosen, and work can begin."""
        caller = self.signs_in(login, first)
        own = f"{login} keeps seven grey umbrellas"
        answer = done(caller.put("/session/password", {"old": first, "new": own}))
        caller.headers |= {"X-CSRF-Token": answer["csrf_token"]}
        self.passwords[login] = own
        self.signed_in[login, clock.today()] = caller

    def for_somebody(self, clerk: str, number: str, scan: str) -> Caller:
        """A clerk who enters what somebody without account has put on paper, with its scan."""
        caller = self.signs_in(clerk, self.passwords[clerk])
        caller.headers |= {"On-Behalf-Of": number, "Scan": str(self.hands_in(clerk, scan))}
        return caller

    def hands_in(self, login: str, name: str) -> int:
        """A scanned page, kept as evidence."""
        content = f"%PDF-1.4 {name}".encode()
        return done(self[login].upload("/files", f"{name}.pdf", content, "application/pdf"))["id"]

    def listed(self, login: str, path: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of a list, which fits on one page here."""
        found = done(self[login].get(path, limit=200, **query))
        assert found["next"] is None
        return found["items"]

    # The cases

    def cases(self, login: str = "y03", **query: Any) -> Listed:
        """The appraisals of the quarter as somebody sees them listed, by employee number."""
        rows = self.listed(login, "/appraisals", cycle_id=self.cycle, **query)
        return {row["employee"]["number"]: row for row in rows}

    def case(self, login: str, number: str) -> dict[str, Any]:
        """One appraisal as somebody sees it."""
        return done(self[login].get(f"/appraisals/{self.ids[f'case {number}']}"))

    def acts(
        self, login: str, number: str, path: str, body: dict[str, Any] | None = None, *, seen: Listed | None = None
    ) -> Answer:
        """A step in somebody's appraisal, taken on the case as it was just read, or as it was seen in a list."""
        version = (seen[number] if seen else self.case(login, number))["version"]
        return self[login].post(f"/appraisals/{self.ids[f'case {number}']}/{path}", body or {}, version=version)
