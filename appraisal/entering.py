"""Pages in somebody else's name: a clerk enters what somebody without an account has put on paper (D-21).

Whose name it is stands in the address, `/for/<employee>/…`, and links and forms of such a page stay below it: a form opened
as oneself is sent as oneself, and one opened for somebody is sent for them or refused, whatever another window has done since.
The cookie says with whom the clerk has begun, and with which paper, until they end it, begin with another or sign out.
"""

import re
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass
from typing import Any

from flask import request
from flask import session as cookie

from appraisal.errors import Conflict

_BEGUN, _NAMED = "entering", "appraisal.for"
_PREFIX = re.compile(r"(/for/([1-9][0-9]{0,8}))(/.*)?")


@dataclass(frozen=True)
class Entry:
    """With whom a clerk has begun; `file_id` and `paper` are the scan of what was signed and its name; None: they only look."""

    employee_id: int
    number: str
    name: str
    file_id: int | None = None
    paper: str | None = None

    @property
    def address(self) -> str:
        """Below which the pages in that name lie."""
        return f"/for/{self.employee_id}"

    @property
    def scan(self) -> str | None:
        """The number of that file."""
        return None if self.file_id is None else str(self.file_id)


def unprefix(environ: MutableMapping[str, Any]) -> None:
    """Takes the name out of an address, for whoever finds the page; addresses made from there on have it again."""
    found = _PREFIX.fullmatch(environ.get("PATH_INFO", ""))
    if found is not None:
        environ[_NAMED] = int(found[2])
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + found[1]
        environ["PATH_INFO"] = found[3] or "/"


def begin(entry: Entry) -> None:
    """From here on, until it is ended."""
    cookie[_BEGUN] = asdict(entry)


def end() -> None:
    """Nobody is entered for any more."""
    cookie.pop(_BEGUN, None)


def begun() -> Entry | None:
    """With whom the clerk has begun and not ended, whatever page this is."""
    kept = cookie.get(_BEGUN)
    return None if kept is None else Entry(**kept)


def is_named() -> bool:
    """Whether this address is in somebody's name."""
    return _NAMED in request.environ


def shown() -> Entry | None:
    """In whose name this page is; None: one's own, or in a name with which the clerk has ended."""
    entry = begun()
    return entry if entry is not None and entry.employee_id == request.environ.get(_NAMED) else None


def in_hand() -> Entry | None:
    """The same, for acting. Raises Conflict `entry_ended` where the name has ended."""
    entry = shown()
    if entry is None and is_named():
        zh = "为此人的代录已结束, 或已改为为他人代录。没有提交任何内容; 如需继续, 请从「代录」重新开始"
        en = "entering for this person has ended, or you have begun with somebody else; nothing was sent. Begin again to go on"
        raise Conflict("entry_ended", zh, en)
    return entry


def outside(address: str) -> str:
    """An address made on such a page as one's own."""
    named = request.environ.get(_NAMED)
    return address if named is None else address.replace(f"/for/{named}/", "/", 1)
