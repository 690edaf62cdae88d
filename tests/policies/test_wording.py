"""Conditions, formulas and changes in words."""

import pytest

from appraisal.core.errors import Message
from appraisal.core.policy.diff import Change
from appraisal.core.policy.tree import NOWHERE
from appraisal.policies import wording


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        ("grade == D", "等级为 D", "grade is D"),
        ("run(grade == D) >= 2", "连续 2 期等级为 D", "grade is D in 2 periods running"),
        (
            "cadence == quarter and run(grade >= A) >= 2",
            "季度考核, 且连续 2 期等级不低于 A",
            "quarter appraisal and grade at least A in 2 periods running",
        ),
        ("actual(revenue) < 90", "销售额 的实际值 < 90", "the figure of Revenue < 90"),
        ("score < 60 or vetoed == true", "综合得分 < 60; 或 被一票否决", "score < 60; or vetoed"),
        ("something new >= 3", "something new >= 3", "something new >= 3"),
    ],
)
def test_a_condition_is_told_as_a_sentence_and_what_no_phrase_fits_as_it_is_written(rule: str, zh: str, en: str):
    assert wording.condition(rule, {"revenue": Message("销售额", "Revenue")}) == Message(zh, en)


def test_a_formula_has_the_signs_that_people_write():
    assert wording.formula("(a - b) / b * 100") == "(a − b) ÷ b × 100"


def test_a_change_names_its_topic_and_what_it_is_about():
    changed = Change("grades.bands[A].multiplier", "1.2", "1.3", NOWHERE)
    [told] = wording.told([changed], {})
    assert (told.topic.zh, told.about.zh, told.before, told.after) == ("等级与奖金系数", "A · 奖金系数", "1.2", "1.3")


def test_of_an_assumption_the_reason_is_told():
    changed = Change("library[x].indicator.assumed[unit]", None, '{"key":"unit","reason":"制度未写"}', NOWHERE)
    assert wording.told([changed], {"x": Message("毛利率", "Gross margin")})[0].after == "制度未写"


def test_files_stand_side_by_side_with_a_few_lines_around_each_change():
    before = "\n".join(f"line {n}" for n in range(40))
    after = before.replace("line 20", "changed").replace("line 39", "line 39\nadded")
    files = wording.side_by_side({"a": before, "b": "same"}, {"a": after, "b": "same"})
    assert list(files) == ["a"]
    changed = [(one.before, one.after) for one in files["a"] if one.kind == "changed"]
    assert changed == [((21, "line 20"), (21, "changed")), (None, (41, "added"))]
    assert [one.kind for one in files["a"]].count("gap") == 1
