"""What seed 003 prints is in the rule files, all of it: counted from the files, and from the source by hand (R-003-22 to -28).

A 67th post needs YAML alone.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from appraisal.config import PROJECT_ROOT
from appraisal.core.appraise import appraise
from appraisal.core.checks import check_book
from appraisal.core.inputs import case_from_json
from appraisal.core.numbers import HUNDRED, ZERO, add, plain
from appraisal.core.policy.loader import PolicyBook, load_book, read_files
from appraisal.core.policy.model import Group, Post, PostItem
from appraisal.core.policy.show import show
from appraisal.core.selection import Chosen, feasible, judge, nearest

FILES = {path: text for path, text in read_files(PROJECT_ROOT).items() if path.split("/")[1] == "coal_group"}
DAY = date(2026, 3, 31)


def book_of(files: dict[str, str]) -> PolicyBook:
    book, problems = load_book(files, "coal_group")
    assert book is not None, [str(problem) for problem in problems]
    return book


BOOK = book_of(FILES)
POLICY = BOOK.on(DAY)
RULES = POLICY.general.design_rules
POSTS = {int((located.post.source_row or "").removeprefix("003 表 ")): located.post for located in POLICY.sheets}

# Of each of the 66 tables, as printed: weights of its KPI blocks, of its GS blocks, a veto. 20[5] is one weight over 5 rows.
PRINTED = """
1: 10 + 10 + 10 + 10 + 10 + 10 + 10 | 10 + 10 + 10 | veto
2: 20 + 15 | 20 + 30 + 15 | veto
3: 20 + 20 | 20 + 20 + 20 | veto
4: 20 | 20 + 40 + 20 | veto
5: 20 + 10 + 20 | 20 + 20 + 10 | veto
6: 10 + 10 + 10 + 10 + 20[5] + 10 | 10 + 10 + 10 | veto
7: 20 + 20 | 20 + 20 + 20
8: 10 + 20 | 20 + 10 + 20 + 20
9: 20 + 20 | 20 + 20 + 20
10: 10 | 20 + 20 + 20 + 10 + 20
11: 20 + 20 | 40 + 10 + 10
12: 30 + 10 | 30 + 10 + 10 + 10
13: 10 + 10 | 30 + 20 + 10 + 10 + 10 | veto
14: 20 | 60 + 10 + 10
15: - | 10 + 30 + 20 + 20 + 20 | veto
16: 10 + 20 + 20 + 10 + 10 | 10 + 10 + 10 | veto
17: 15 + 15 + 10 | 20 + 30 + 10
18: 10 | 20 + 30 + 20 + 10 + 10
19: 20 | 20 + 20 + 10 + 20 + 10
20: 50[5] | 50[5]
21: 20 | 20 + 20 + 20 + 10 + 10 | veto
22: 20 + 20 | 20 + 20 + 20
23: - | 30 + 20 + 30 + 10 + 10
24: 20 | 20 + 20 + 20 + 20
25: 10 | 50 + 10 + 20 + 10
26: 50 | 20 + 10 + 20
27: 50 | 20 + 30 | veto
28: 20 + 20 + 10 | 20 + 10 + 10 + 10 | veto
29: - | 30 + 10 + 30 + 20 + 10 | veto
30: 10 + 10 + 10 + 20[3] | 30[3] + 10 + 10
31: 10 + 20 | 20 + 20 + 10 + 10 + 10
32: 20[3] | 30 + 30 + 20
33: 50[6] | 50[5] | veto
34: 40[4] | 10 + 20 + 10 + 20 | veto
35: 20 + 10 + 10 | 20 + 30 + 10
36: 20 + 20 + 20 + 10 + 10 | 20 | veto
37: 50[4] | 20 + 20 + 10
38: 20 + 10 | 50 + 20 | veto
39: 10 + 10 | 30 + 50
40: - | 50 + 30 + 20
41: - | 30 + 50 + 20
42: 50[6] + 20[3] | 30[5] | veto
43: 20[3] + 40[4] | 40[4] | veto
44: 80[5] | 20[2] | veto
45: 20[3] + 50[5] | 30 | veto
46: 50[4] + 20[3] | 30[3] | veto
47: 60[5] | 40[2] | veto
48: 40[4] | 30 + 30
49: 20 + 10 | 50 + 20 | veto
50: 30[2] | 20 + 50
51: - | 70 + 30
52: 90[12] | 10[2] | veto
53: 20 + 10 + 10[2] + 10 | 40 + 10
54: 90[10] | 10[2] | veto
55: 20 | 20 + 30 + 20 + 10
56: - | 30 + 50 + 20
57: 10 | 50 + 30 + 10
58: - | 50 + 20 + 30[2]
59: 80[9] | 20[4] | veto
60: 20 + 10 + 10 + 10 | 10 + 20 + 20 | veto
61: 60[9] | 30 + 10 | veto
62: 50[4] | 20 + 30 | veto
63: 30[4] + 30[6] | 30 + 10 | veto
64: 70[6] | 30[3] | veto
65: 60[5] | 10 + 30 | veto
66: 80[4] | 10 + 10 | veto
"""


def rows_of(post: Post, kind: str | None = None) -> Iterator[tuple[Group, PostItem]]:
    for group in post.groups:
        if kind in (None, group.kind):
            yield from ((group, row) for row in group.items)


def printed_form(post: Post, kind: str) -> str:
    """The weights of a table's blocks as the source's table of contents counts them."""
    cells = [(plain(group.weight), len(group.items)) for group in post.groups if group.kind == kind]
    return " + ".join(weight + (f"[{rows}]" if rows > 1 else "") for weight, rows in cells) or "-"


ROWS = [(post, group, row) for post in POSTS.values() for group, row in rows_of(post)]


@pytest.mark.parametrize("line", PRINTED.strip().splitlines(), ids=lambda line: line.split(":")[0])
def test_each_table_has_its_printed_weights_and_its_veto(line: str) -> None:
    number, written = line.split(": ")
    kpi, gs, *veto = written.split(" | ")
    post = POSTS[int(number)]
    assert (printed_form(post, "kpi"), printed_form(post, "gs")) == (kpi, gs)
    assert add(*(group.weight for group in post.groups)) == HUNDRED
    vetoes = [rule for rule in POLICY.vetoes.rules if rule.veto and post.id in rule.posts]
    assert len(vetoes) == len(veto)


def test_the_counts_of_the_source_come_out() -> None:
    assert sorted(POSTS) == list(range(1, 67)) and len(POLICY.sheets) == 66
    assert Counter(group.kind for _, group, _ in ROWS) == {"kpi": 230, "gs": 213}
    assert sum(rule.veto for rule in POLICY.vetoes.rules) == 34
    groups = [(post, group) for post in POSTS.values() for group in post.groups]
    cells = Counter(plain(group.weight) for _, group in groups)
    assert cells == {"20": 111, "10": 104, "30": 37, "50": 21, "40": 8, "15": 4, "60": 4, "80": 3, "70": 2, "90": 2}
    assert cells.total() == 296
    merged = [(post.id, group) for post, group in groups if len(group.items) > 1]
    assert (len(merged), len({post for post, _ in merged})) == (43, 26)
    points = {kind: add(ZERO, *(group.weight for _, group in groups if group.kind == kind)) for kind in ("kpi", "gs")}
    assert points == {"kpi": Decimal(2645), "gs": Decimal(3955)}


def test_the_names_of_the_source_are_kept_letter_by_letter() -> None:
    names = {kind: {(row.raw or "").split(" | ")[0] for _, group, row in ROWS if group.kind == kind} for kind in ("kpi", "gs")}
    assert {kind: len(found) for kind, found in names.items()} == {"kpi": 120, "gs": 176}


def test_every_row_every_title_and_every_veto_keeps_its_print() -> None:
    assert [row.id for _, _, row in ROWS if not row.raw] == []
    assert [post.id for post in POSTS.values() if not post.raw] == []
    assert [rule.id for rule in POLICY.vetoes.rules if rule.veto and not rule.raw] == []
    assert [one.indicator.id for one in POLICY.library if not one.indicator.raw] == []


def test_a_blank_period_stays_blank_until_a_person_says_otherwise() -> None:
    """275 of 477 printed rows are blank, 193 + 2 say 季度 and 7 半年; 33 blanks and one 季度 belong to the 34 vetoes."""
    blank = [row for _, _, row in ROWS if row.cadence is None]
    assert Counter(row.cadence for _, _, row in ROWS) == {"quarter": 194, "half": 7, None: 242}
    assert all(row.uncertain for row in blank)
    assert all(POLICY.indicators[row.id].indicator.cadence is None for row in blank)


def test_five_goals_have_no_assessor_and_say_so() -> None:
    nobody = [row for _, group, row in ROWS if group.kind == "gs" and row.assessor is None]
    assert Counter(row.id.split("-")[0] for row in nobody) == {"driver": 3, "chef": 2}
    assert all(row.uncertain and "G-54" in row.uncertain for row in nobody)


def test_every_goal_has_a_standard() -> None:
    assert [
        row.id for _, group, row in ROWS if group.kind == "gs" and not POLICY.indicators[row.id].indicator.has_standard
    ] == []


def test_figures_of_two_rows_are_gathered_by_the_month_and_of_seven_by_the_half_year() -> None:
    assert [(post.id, row.cadence, row.collected) for post, _, row in ROWS if row.collected] == [
        ("finance_department", "quarter", "month")
    ] * 2
    halves = [POLICY.indicators[row.id].indicator.missing for _, _, row in ROWS if row.cadence == "half"]
    assert halves == ["carry_last"] * 7


def test_the_contractor_and_the_units_are_no_persons() -> None:
    assert Counter(post.subject for post in POSTS.values()) == {"person": 52, "unit": 13, "external": 1}
    assert POSTS[66].subject == "external"


def test_the_library_has_its_107_indicators_on_four_perspectives() -> None:
    assert Counter(one.dimension for one in POLICY.library) == {"finance": 24, "customer": 13, "internal": 62, "learning": 8}
    assert len(show(POLICY)["indicators"]) == 107 and len(show(POLICY)["posts"]) == 66


def test_nothing_in_the_rule_files_is_an_error() -> None:
    assert [str(problem) for problem in check_book(BOOK) if problem.severity == "error"] == []


@pytest.mark.parametrize(
    ("rule", "tables"),
    [
        ("max_items", [1, 6, 20, 30, 33, 42, 43, 45, 46, 52, 54, 59, 61, 63, 64]),
        ("min_item_weight", [6, 30, 32, 33, 42, 43, 45, 46, 52, 53, 54, 59, 61, 63]),
    ],
)
def test_the_tables_that_leave_the_design_rules_are_warned_of(rule: str, tables: list[int]) -> None:
    """15 tables list more than 8 rows (G-46), 14 fall below 10 when split evenly (G-47)."""
    problems = [problem for problem in check_book(BOOK) if rule in problem.message]
    lines = {(problem.where.path, problem.where.line) for problem in problems}
    warned = [
        number
        for number, post in sorted(POSTS.items())
        if {
            *((group.where.path, group.where.at("weight").line) for group in post.groups),
            (post.where.path, post.where.at("groups").line),
        }
        & lines
    ]
    assert warned == tables
    assert {problem.severity for problem in problems} == {"warning"}


@pytest.mark.parametrize(
    ("number", "most", "keeps"), [(52, 8, True), (1, 8, False), (6, 8, False), (42, 8, True), (27, 3, True), (20, 8, True)]
)
def test_what_can_be_chosen_from_a_table(number: int, most: int, keeps: bool) -> None:
    room = feasible(POSTS[number], RULES)
    assert (room.most, room.keeps_printed) == (most, keeps)


def test_every_table_has_a_feasible_choice_and_it_totals_100() -> None:
    for number, post in POSTS.items():
        every = [Chosen(row.id) for _, row in rows_of(post)]
        found = nearest(post, RULES, every)
        assert found, number
        for one in found:
            assert one.is_feasible, number
            assert add(*one.weights.values()) == HUNDRED and len(one.weights) <= 8 and min(one.weights.values()) >= 10
            assert one.needs_approval is (number in (1, 6))


def test_all_of_the_marketing_centre_at_once_is_too_much() -> None:
    every = [Chosen(row.id) for _, row in rows_of(POSTS[52])]
    found = judge(POSTS[52], RULES, every).findings
    assert [(one.severity, one.code) for one in found] == [("warning", "group_too_many")] * 2 + [("warning", "too_many_items")]


SIXTY_SEVENTH = """
title: {zh: 信息中心考核表, en: Sheets of the information centre}
unit: {zh: 信息中心, en: Information centre}
editions:
  - effective: 2026-01-01
    source: 总经理办公会决定
    posts:
      - id: network_keeper
        title: {zh: 网络管理员, en: Network keeper}
        groups:
          - kind: kpi
            weight: 70
            items:
              - id: network_keeper-availability
                name: {zh: 网络可用率, en: Availability of the network}
                definition: {zh: 可用时间占全部时间的百分比, en: Time available over all time}
                unit: "%"
                direction: higher
                formula: 可用时间 / 全部时间 * 100
                inputs: [{name: 可用时间, en: Time available}, {name: 全部时间, en: All time}]
                zero_denominator: no_base_strict
                best_possible: 100
                source: 监控系统
                cadence: quarter
                dimension: internal
              - id: network_keeper-training_hours
                indicator: training_hours
                name: {zh: 培训时间, en: Training hours}
                source: 培训记录
                cadence: quarter
          - kind: gs
            weight: 30
            items:
              - id: network_keeper-service
                name: {zh: 服务, en: Service}
                definition: {zh: 对各部门的服务, en: Service to other units}
                levels: service
                assessor: 办公室主任
                cadence: quarter
                dimension: internal
"""
INFORMATION = "weights/coal_group/information.yaml"


def test_a_67th_post_is_added_by_yaml_alone() -> None:
    assert INFORMATION not in FILES
    book = book_of({**FILES, INFORMATION: SIXTY_SEVENTH})
    policy = book.on(DAY)
    before, after = check_book(BOOK), check_book(book)
    assert {str(problem) for problem in after if problem.where.path == INFORMATION} == set()
    assert [problem for problem in after if problem.severity == "error"] == []
    assert len(after) == len(before)
    assert len(policy.posts) == 67 and len(show(policy)["posts"]) == 67
    case = case_from_json(
        {
            "policy": "coal_group",
            "on": "2026-03-31",
            "period": "2026-Q1",
            "post": "network_keeper",
            "items": [
                {
                    "id": "network_keeper-availability",
                    "kind": "kpi",
                    "weight": "40",
                    "target": "99",
                    "challenge": "99.8",
                    "inputs": {"可用时间": "2154", "全部时间": "2160"},
                },
                {"id": "network_keeper-training_hours", "kind": "kpi", "weight": "30", "target": "20", "actual": "20"},
                {"id": "network_keeper-service", "kind": "gs", "weight": "30", "rating": "90"},
            ],
        }
    )
    outcome = appraise(policy, case)
    # 2154 / 2160 = 99.7222: from 80 at 99 to 100 at 99.8, so 80 + 20 × 0.7222 / 0.8 = 98.055
    assert [item.score for item in outcome.items] == [Decimal("98.055"), Decimal(80), Decimal(90)]
    assert outcome.score == Decimal("98.055") * 40 / 100 + 24 + 27
