"""What a service may raise. Pages, commands and the API turn these into answers in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appraisal.core.errors import Message


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with what came in: the `path` of the value and a message in both languages."""

    path: str
    zh: str
    en: str


class AppraisalError(Exception):
    """Base: a stable `code` and a message in both languages."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{en} / {zh}")
        self.code = code
        self.message = Message(zh, en)


class NotFound(AppraisalError):
    """There is no such row, or (`hidden`) it is not the actor's to know of: both look the same, one goes on record."""

    def __init__(
        self,
        code: str = "not_found",
        zh: str = "没有这条记录",
        en: str = "there is no such record",
        *,
        hidden: bool = False,
    ) -> None:
        super().__init__(code, zh, en)
        self.hidden = hidden


class NotAllowed(AppraisalError):
    """The row may be seen, but this actor may not do this to it."""


class Invalid(AppraisalError):
    """What came in cannot stand; `faults` says where, all at once."""

    def __init__(self, code: str, zh: str, en: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(code, zh, en)
        self.faults = tuple(faults)


class Conflict(AppraisalError):
    """Somebody else was first, or the step is another by now; `current` shows the row as it stands where that helps."""

    def __init__(self, code: str, zh: str, en: str, current: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, zh, en)
        self.current = current


class Busy(AppraisalError):
    """It could not be done just now; the same request may be sent again."""

    def __init__(self, zh: str = "系统繁忙, 请稍后重试", en: str = "the database is busy, please try again") -> None:
        super().__init__("busy", zh, en)


class TooMany(AppraisalError):
    """Too many attempts: the same request may be sent again in `retry_after` seconds."""

    def __init__(self, code: str, zh: str, en: str, *, retry_after: int) -> None:
        super().__init__(code, zh, en)
        self.retry_after = retry_after
