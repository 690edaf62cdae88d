"""What `appraisal demo` prints: every person on one line, the special ones with their reason."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from rich.console import Console

from appraisal.core.policy.model import Text
from appraisal.demo.cli import UNSEEN, results_table
from appraisal.reports.queries import Place, ResultRow

PROMOTION = Text("晋升优先考虑", "Preferred in promotion")
LONG = Text("连续 D 级——请议定岗位调整、降职或改进计划", "Consecutive D: decide on transfer, demotion or an improvement plan")
SALES = Place(Text("销售部", "Sales"), Text("业务员", "Sales representative"), 1)
MARKETING = Place(Text("市场部", "Marketing"), Text("市场专员", "Marketing specialist"), 2)
ROW = ResultRow(
    appraisal_id=1,
    cycle=Text("第一季度", "Q1"),
    employee_number="T011",
    employee_name="[b]周戊",
    own=False,
    places=(SALES,),
    step=None,
    approved_on=date(2026, 4, 28),
    score=D("93.50006"),
    grade="A",
    grade_name=Text("优秀", "Excellent"),
    multiplier=D("1.2"),
    vetoed=False,
    why_not=None,
)


def printed(
    *rows: ResultRow, remarks: dict[int, tuple[Text, ...]] | None = None, beside: tuple[int, ...] = (), width: int = UNSEEN
) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(results_table("季度", rows, remarks or {}, {D(85)}, beside, wide=width >= 100))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip().replace("\N{NO-BREAK SPACE}", " ") for line in console.file.getvalue().splitlines()]


def test_unit_and_post_of_a_transfer_stay_on_one_line_and_a_name_is_no_markup() -> None:
    (line,) = [line for line in printed(replace(ROW, places=(SALES, MARKETING))) if "T011" in line]
    assert "[b]周戊" in line and "销售部 · 业务员 → 市场部 · 市场专员" in line and "Transfer, 2 sheets" in line


def test_two_posts_held_at_once_are_no_transfer() -> None:
    (line,) = [line for line in printed(replace(ROW, places=(SALES, MARKETING)), beside=(1,)) if "T011" in line]
    assert "销售部 · 业务员 + 市场部 · 市场专员" in line and "Two posts, 2 sheets" in line


def test_scores_have_their_points_in_line() -> None:
    lines = printed(ROW, replace(ROW, score=D(100)), replace(ROW, score=D("7.5")))[-3:]
    assert lines[0].index(".50006") == lines[2].index(".5 ") == lines[1].index("100") + 3


@pytest.mark.parametrize(
    ("row", "remarks", "notes"),
    [
        (ROW, (PROMOTION,), ["晋升优先考虑 Preferred in promotion"]),
        (ROW, (LONG,), ["级——请议定岗位调整、降职或改进计划"]),
        (replace(ROW, score=D(85)), (), ["恰在 A 级下限 Exactly on the edge of A"]),
        (
            replace(ROW, score=None, grade=None, multiplier=None, why_not=Text("尚未计算", "Not calculated yet")),
            (),
            ["尚未计算", "Not calculated yet"],
        ),
    ],
)
def test_what_is_special_stands_beside_the_person(row: ResultRow, remarks: tuple[Text, ...], notes: list[str]) -> None:
    text = "\n".join(printed(row, remarks={1: remarks}))
    assert all(note in text for note in notes)


def test_a_narrow_terminal_goes_without_unit_and_post() -> None:
    lines = printed(ROW, remarks={1: (PROMOTION,)}, width=90)
    assert not any("业务员" in line for line in lines) and any("Preferred in promotion" in line for line in lines)
