"""Sheets of the coal group in tests: holders of posts whose weights are printed by group, and drafts of what they choose."""

from decimal import Decimal as D
from functools import cache

from sqlmodel import Session

from appraisal.agreements.drafts import ItemDraft
from appraisal.config import PROJECT_ROOT
from appraisal.core.calendar import parse_date
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import Policy
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Cycle
from appraisal.people.models import Employee
from tests import factories
from tests.agreements.samples import Quarter, a_quarter
from tests.cycles.coal import a_coal_cycle, a_holder, an_open_coal_cycle, settle

KPI = [f"marketing_centre-{name}" for name in ("sales_plan", "sales_cycle", "selling_expense_rate", "collection_rate")]
KPI += [f"marketing_centre-{name}" for name in ("selling_expense_per_head", "market_share", "customer_profit")]
PROMOTION = "marketing_centre-promotion_effect"
EIGHT = {row: "13" if place < 6 else "12" for place, row in enumerate(KPI)} | {PROMOTION: "10"}
"""Seven of the marketing centre's twelve KPIs share 90, one of its two goals has 10: six of 13, one of 12."""


@cache
def files() -> dict[str, str]:
    """The shipped rule files, with the sheets of units held by persons, so that one person of a test can sign them."""
    own = {path: text for path, text in read_files(PROJECT_ROOT).items() if path.split("/")[1:2] == ["coal_group"]}
    return {path: text.replace("        subject: unit\n", "") for path, text in own.items()}


@cache
def policy() -> Policy:
    """The coal group's policy of 2026."""
    book, problems = load_book(files(), "coal_group")
    assert book is not None, problems
    return book.on(parse_date("2026-01-01"))


def drafts(weights: dict[str, str], **targets: str) -> tuple[ItemDraft, ...]:
    """Rows with weights as drafted items; a KPI gets the target 100 where its row has none."""

    def draft(row: str, weight: str) -> ItemDraft:
        indicator = policy().indicators[row].indicator
        wanted = D(targets[row.partition("-")[2]]) if row.partition("-")[2] in targets else None
        if wanted is None and indicator.kind == "kpi" and indicator.target is None:
            wanted = D(100)
        if indicator.curve != "threshold_points":
            return ItemDraft(row, indicator.kind, D(weight), target=wanted)
        worst, best = (D(80), D(120)) if indicator.direction == "higher" else (D(120), D(80))
        return ItemDraft(row, indicator.kind, D(weight), target=wanted, threshold=worst, challenge=best)

    return tuple(draft(row, weight) for row, weight in weights.items())


def rows_of(post: str) -> list[str]:
    """The ids of a sheet's rows, in their order."""
    return [row.id for group in policy().posts[post].post.groups for row in group.items]


def a_coal_quarter(session: Session, post: str, *, cycle: Cycle | None = None) -> Quarter:
    """Somebody who holds a post of the coal group in the first quarter, with everybody who has a part in it."""
    chief = factories.an_employee(session, "王矿长")
    holder = a_holder(session, post, "赵主管", under=chief)
    cycle = cycle or an_open_coal_cycle(session, assessor=chief, files=files())
    return a_quarter(session, holder, cycle=cycle)


def a_later_cycle(session: Session, period: str, assessor: Employee, text: dict[str, str] | None = None) -> Cycle:
    """Another open cycle, under the same rule files or changed ones."""
    cycle = a_coal_cycle(session, period=period, files=text or files())
    settle(session, cycle, assessor=assessor)
    cycles.open_cycle(session, factories.hr(session), cycle)
    return cycle
