"""绩效考核结果通知书: what a person is told about one appraisal, with the reason for every number.

One frozen value serves the notice on paper and the result page, so both always say the same.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from appraisal.core.numbers import places_of
from appraisal.core.policy.model import Text
from appraisal.formats import documents


@dataclass(frozen=True)
class Reason:
    """One sentence of the explanation and the rule it rests on, as `file:line`."""

    text: Text
    where: str


@dataclass(frozen=True)
class NoticeItem:
    """One agreed item. `actual` is the rating for a goal that a person rates; None is missing, never 0."""

    name: Text
    unit: str | None
    kind: str
    weight: Decimal
    target: Decimal | None
    challenge: Decimal | None
    actual: Decimal | None
    score: Decimal | None
    weighted: Decimal | None
    missing: bool
    zeroed_by: Text | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class NoticeSheet:
    """The items of one post; `days` is its share when the person changed posts within the period."""

    post: Text
    days: Decimal | None
    items: tuple[NoticeItem, ...]


@dataclass(frozen=True)
class NoticeIncident:
    """A confirmed event that counts in this appraisal."""

    name: Text
    occurred_on: date
    account: str


@dataclass(frozen=True)
class ResultNotice:
    """Everything the notice and the page show. Scores are out of 100; `summary` are the reasons beyond single items."""

    number: str
    company: str
    employee_number: str
    employee_name: str
    unit: Text
    posts: Text
    cycle: Text
    period: str
    first_day: date
    last_day: date
    sheets: tuple[NoticeSheet, ...]
    computed_score: Decimal
    score: Decimal
    vetoed: bool
    grade: str
    grade_name: Text
    multiplier: Decimal
    incidents: tuple[NoticeIncident, ...]
    summary: tuple[Reason, ...]
    outcomes: tuple[Text, ...]
    fired: tuple[tuple[str, str], ...]
    policy: Text
    policy_effective: date
    policy_digest: str
    computed_on: date
    published_at: datetime | None
    appeal_until: date | None
    appeal_days: int
    approved_by: str | None
    approved_at: datetime | None

    @property
    def items(self) -> tuple[NoticeItem, ...]:
        """The items of all sheets, in order."""
        return tuple(item for sheet in self.sheets for item in sheet.items)

    def places(self, column: str) -> int:
        """The decimals a column of item figures needs."""
        return max((places_of(value) for item in self.items if (value := getattr(item, column)) is not None), default=0)


def notice_html(notice: ResultNotice) -> str:
    """The notice as HTML, ready for `pdf.render`."""
    return documents().get_template("pdf/result_notice.html").render(notice=notice)
