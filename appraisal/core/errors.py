"""What the core raises: a policy that cannot stand, a case that cannot be scored, a formula that cannot be read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One sentence in both languages."""

    zh: str
    en: str


class CoreError(Exception):
    """Base of the core's errors."""


class PolicyError(CoreError):
    """A policy that cannot be used: not in force on the date asked for, or refused by its checks."""


class CalendarError(CoreError):
    """A day for which nobody has said whether people work: its year is not in the working calendar."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.message = Message(zh, en)


class ScoringError(CoreError):
    """A case that cannot be scored: a stable `code`, the `path` of the value at fault, a bilingual message."""

    def __init__(self, code: str, path: str, zh: str, en: str) -> None:
        super().__init__(f"{path}: {en}" if path else en)
        self.code = code
        self.path = path
        self.message = Message(zh, en)

    def under(self, prefix: str) -> "ScoringError":
        """The same error seen from the case: `actual` becomes `items[2].actual`."""
        path = f"{prefix}.{self.path}" if self.path else prefix
        return ScoringError(self.code, path, self.message.zh, self.message.en)


class FormulaError(CoreError):
    """A formula or condition that is refused; `column` counts characters from 1."""

    def __init__(self, code: str, column: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.column = column
        self.message = message


class WorkflowRefusal(CoreError):
    """A move the workflow does not allow, with the reason in both languages."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.message = Message(zh, en)
