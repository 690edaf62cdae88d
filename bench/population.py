"""The cases every contestant gets: a sales force of any size, eight indicators each, drawn from a fixed seed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from appraisal.core.bulk import Table
from appraisal.core.calendar import Period
from appraisal.core.columns import Column, Integers
from appraisal.core.inputs import Item
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import Policy

ON = date(2026, 3, 31)
PERIOD = Period("quarter", 2026, 1)
PLACES = 2
SEED = 20260331

# item, weight, target, challenge: the sales profile 60/30/10 over eight indicators
SHEET = (
    ("revenue", 15, 100000, 125000),
    ("gross_profit", 10, 15000, 18000),
    ("gross_margin", 10, 15, 18),
    ("collection_rate", 15, 90, 98),
    ("new_customer_revenue", 10, 20000, 30000),
    ("new_customers", 15, 5, 8),
    ("customer_satisfaction", 15, 90, 96),
    ("order_cycle_time", 10, 48, 36),
)
LOWER = ("order_cycle_time",)


@dataclass(frozen=True)
class Population:
    """The policy and a table of `rows` cases."""

    policy: Policy
    table: Table
    rows: int


def trading() -> Policy:
    """The shipped trading policy in force on the last day of the quarter."""
    book, problems = load_book(read_files(Path(__file__).parents[1]), "trading")
    if book is None:
        raise SystemExit("\n".join(str(problem) for problem in problems))
    return book.on(ON)


def draw(rows: int) -> Population:
    """`rows` cases with targets of their own, one veto and one credit loss in a hundred, and a grade last quarter."""
    random = np.random.default_rng(SEED)
    policy = trading()
    columns = tuple(_column(random, rows, *line) for line in SHEET)
    incidents = {name: (random.random(rows) < 0.01).astype(np.int64) for name in ("serious_violation", "credit_loss")}
    last = random.integers(-1, len(policy.bands), rows, dtype=np.int64)
    return Population(policy, Table("sales", ON, PERIOD, columns, incidents, {PERIOD.previous(): last}), rows)


def _column(random: np.random.Generator, rows: int, item: str, weight: int, target: int, challenge: int) -> Column:
    scale = 10**PLACES
    own = random.integers(80, 121, rows, dtype=np.int64)
    targets: Integers = target * scale * own // 100
    challenges: Integers = challenge * scale * own // 100
    reach = random.integers(5000, 14001, rows, dtype=np.int64)
    actuals: Integers = targets * (20000 - reach if item in LOWER else reach) // 10000
    return Column(Item(item, "kpi", Decimal(weight)), actuals, PLACES, targets, challenges)
