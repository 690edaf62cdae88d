"""Sheets beside their superior's: who that is, how much is left to judgement, and what ties one to the other."""

import pytest

from appraisal.core.checks import check_book
from appraisal.core.policy.tree import Problem
from tests.core.policy.mini import FILES, FIRST_DAY, book_of

WORKSHOP, QUALITY = "weights/mini/workshop.yaml", "rules/mini/indicators/quality.yaml"
GOAL = "definition: {zh: 有序, en: Orderly}, levels: order, assessor: 厂长, cadence: quarter"
SCRAP = "{id: scrap_rate, indicator: scrap_rate}"
OUTPUT = "{id: output, name: {zh: 产量, en: Output}, definition: {zh: 产量, en: Output}, unit: 吨, direction: higher, "
MEASURED = "source: 生产日报, cadence: quarter"


def sheet(post: str, goals: int, *rows: str, more: str = "") -> str:
    """A post with so many points of goals, and these rows under the rest."""
    goal = f"{{id: {post}-order, name: {{zh: 秩序, en: Order}}, {GOAL}}}"
    return (
        f"      - id: {post}\n        title: {{zh: 岗位, en: Post}}\n{more}        groups:\n"
        f"          - {{kind: kpi, weight: {100 - goals}, items: [{', '.join(rows)}]}}\n"
        f"          - {{kind: gs, weight: {goals}, items: [{goal}]}}\n"
    )


def files_of(*sheets: str, **files: str) -> dict[str, str]:
    """The small policy with these sheets in the workshop's file; its one veto by a row that is gone goes too."""
    head = FILES[WORKSHOP].partition("      - id: workshop")[0]
    vetoes = FILES["rules/mini/vetoes.yaml"].partition("      - id: late")[0]
    vetoes = vetoes.replace('          - {effect: zero_item, subject: "post:foreman", item: scrap_rate}\n', "")
    return {**FILES, WORKSHOP: head + "".join(sheets), "rules/mini/vetoes.yaml": vetoes, **files}


def design_findings(*sheets: str, **files: str) -> list[Problem]:
    found = check_book(book_of(files_of(*sheets, **files)))
    return [problem for problem in found if problem.where.path == WORKSHOP]


UNIT = "        subject: unit\n"


@pytest.mark.parametrize(
    ("unit", "more", "superior"),
    [
        (UNIT, "", "foreman"),
        ("", "", None),
        ("", "        reports_to: foreman\n", "foreman"),
        (UNIT, "        reports_to: sales\n", "sales"),
    ],
)
def test_the_superior_is_the_one_named_or_the_sheet_of_the_unit(unit: str, more: str, superior: str | None) -> None:
    policy = book_of(files_of(sheet("foreman", 20, SCRAP, more=unit), sheet("workshop", 30, SCRAP, more=more))).on(FIRST_DAY)
    above = policy.superior_of("workshop")
    assert (above.post.id if above else None) == superior
    assert policy.superior_of("foreman") is None


def test_a_unit_with_two_sheets_of_its_own_has_no_evident_superior() -> None:
    sheets = (sheet("foreman", 20, SCRAP, more=UNIT), sheet("workshop", 30, SCRAP, more=UNIT))
    assert book_of(files_of(*sheets)).on(FIRST_DAY).superior_of("workshop") is None


@pytest.mark.parametrize(("above", "warns"), [(29, False), (30, False), (31, True)])
def test_a_superior_has_no_larger_share_of_goals(above: int, warns: bool) -> None:
    found = design_findings(sheet("foreman", above, SCRAP, more=UNIT), sheet("workshop", 30, SCRAP))
    assert [problem.severity for problem in found] == ["warning"] * warns
    assert all("gs_share_by_level" in problem.message and "workshop" in problem.message for problem in found)


def test_sheets_that_share_nothing_are_not_tied() -> None:
    (found,) = design_findings(sheet("foreman", 20, SCRAP, more=UNIT), sheet("workshop", 30, f"{OUTPUT}{MEASURED}}}"))
    assert found.severity == "warning" and "upward_link" in found.message


def test_one_indicator_under_two_ids_ties_them() -> None:
    own = "{id: workshop-scrap, indicator: scrap_rate, source: 质检记录, cadence: quarter}"
    assert design_findings(sheet("foreman", 20, SCRAP, more=UNIT), sheet("workshop", 30, own)) == []


@pytest.mark.parametrize(("factor", "tied"), [("11", True), ("12", False)])
def test_one_success_factor_under_two_indicators_ties_them(factor: str, tied: bool) -> None:
    tree = (
        '    success_factors:\n      - {id: "1", name: {zh: 质量, en: Quality}}\n'
        '      - {id: "11", name: {zh: 产品, en: Product}, parent: "1"}\n'
        '      - {id: "12", name: {zh: 工期, en: Time}, parent: "1"}\n    indicators:\n'
    )
    quality = FILES[QUALITY].replace("    indicators:\n", tree)
    quality = quality.replace("        direction: lower\n", '        direction: lower\n        success_factor: "11"\n')
    quality = quality.replace("        curve: punctual\n", f'        curve: punctual\n        success_factor: "{factor}"\n')
    below = sheet("workshop", 30, "{id: on_time_rate, indicator: on_time_rate}")
    found = design_findings(sheet("foreman", 20, SCRAP, more=UNIT), below, **{QUALITY: quality})
    assert (found == []) is tied


def test_a_row_that_says_whom_it_serves_ties_them() -> None:
    served = f"{OUTPUT}serves: scrap_rate, {MEASURED}}}"
    assert design_findings(sheet("foreman", 20, SCRAP, more=UNIT), sheet("workshop", 30, served)) == []
    (found,) = design_findings(
        sheet("foreman", 20, SCRAP, more=UNIT), sheet("workshop", 30, served.replace("scrap_", "scrab_"))
    )
    assert found.severity == "error" and "scrap_rate" in found.message


def test_without_the_rules_nothing_is_said() -> None:
    policy = FILES["rules/mini/policy.yaml"]
    for rule in ("gs_share_by_level", "upward_link"):
        policy = policy.replace(f"      - {{rule: {rule}, severity: warning}}\n", "")
    sheets = (sheet("foreman", 40, SCRAP, more=UNIT), sheet("workshop", 30, f"{OUTPUT}{MEASURED}}}"))
    assert design_findings(*sheets, **{"rules/mini/policy.yaml": policy}) == []
