"""The condition language: what it reads, and what it refuses at which column."""

from decimal import Decimal

import pytest

from appraisal.core.engine.conditions import CADENCES, Alternatives, Atom, Fact, Stage, parse_condition
from appraisal.core.errors import FormulaError

GRADES = ("D", "C", "B", "A", "S")


def read(text: str, stage: Stage = "outcomes", grades: tuple[str, ...] = GRADES) -> Alternatives:
    return parse_condition(text, stage, grades)


def refused(text: str, stage: Stage = "outcomes") -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        read(text, stage)
    return caught.value


def said(text: str, stage: Stage = "outcomes", grades: tuple[str, ...] = GRADES) -> list[list[str]]:
    """The alternatives as plain words."""
    return [[f"{a.fact.name} {a.operator} {a.constant}" for a in alternative] for alternative in read(text, stage, grades)]


def test_a_grade_is_compared_by_its_rank_the_lowest_is_zero():
    assert read("grade >= A") == ((Atom(Fact("grade"), ">=", Decimal(3)),),)
    assert said("grade == D") == [["grade == 0"]]


def test_and_makes_one_alternative_and_or_makes_two():
    assert said("cadence == quarter and score >= 84.5") == [["cadence == 2", "score >= 84.5"]]
    assert said("score < 60 or score >= 95") == [["score < 60"], ["score >= 95"]]


def test_and_binds_tighter_than_or_unless_parentheses_say_otherwise():
    assert said("score > 1 or score > 2 and score > 3") == [["score > 1"], ["score > 2", "score > 3"]]
    assert said("(score > 1 or score > 2) and score > 3") == [["score > 1", "score > 3"], ["score > 2", "score > 3"]]


def test_what_is_said_twice_is_kept_once():
    assert said("score > 1 and score > 1 or score > 1.0") == [["score > 1"]]


def test_a_run_keeps_the_condition_it_counts_by():
    ((atom,),) = read("run(grade >= A) >= 2")
    assert atom.fact == Fact("run", "grade >= A", ">=", 3)
    assert (atom.fact.name, atom.operator, atom.constant) == ("run(grade >= A)", ">=", Decimal(2))


def test_the_same_run_written_differently_is_the_same_fact():
    assert read("run( grade>=A )>=2") == read("连续（等级≥A）≥2")


def test_earlier_grades_may_be_missing_and_the_present_one_may_not():
    assert said("grade_before(2) == D") == [["grade_before(2) == 0"]]
    assert read("grade_before(1) == D")[0][0].fact.may_be_missing
    assert not read("grade == D")[0][0].fact.may_be_missing


def test_incident_rules_look_at_events_and_items():
    assert said("incident(credit-loss) >= 1 and rating(safety_2) <= 59.5", "incidents") == [
        ["incident(credit-loss) >= 1", "rating(safety_2) <= 59.5"]
    ]
    assert [a.fact.may_be_missing for a in read("actual(x) < -5 and incident(y) > 0", "incidents")[0]] == [True, False]


def test_a_flag_needs_no_comparison():
    assert said("vetoed") == said("vetoed == true") == said("vetoed == 1") == [["vetoed == 1"]]
    assert said("否决 == 否 或 vetoed and grade == D") == [["vetoed == 0"], ["vetoed == 1", "grade == 0"]]


def test_chinese_words_need_no_spaces_and_full_width_signs_count_as_plain():
    year = CADENCES["year"]
    assert said("等级＞＝A且周期==年度或最低项得分＜60") == [["grade >= 3", f"cadence == {year}"], ["lowest_item_score < 60"]]
    assert said("等级 >= A 并且 得分 >= 90 或者 否决") == [["grade >= 3", "score >= 90"], ["vetoed == 1"]]


def test_grades_may_be_called_anything():
    grades = ("不合格", "B-", "B+", "A级", "1")
    assert said("等级>=A级且得分>=90", grades=grades) == [["grade >= 3", "score >= 90"]]
    assert said("grade > B- and grade <= B+ or grade == 1 or 等级==不合格", grades=grades) == [
        ["grade > 1", "grade <= 2"],
        ["grade == 4"],
        ["grade == 0"],
    ]


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("", "condition_syntax", 1),
        ("score >=", "bad_number", 9),
        ("score 60", "condition_syntax", 7),
        ("score >= 60 score < 70", "condition_syntax", 13),
        ("score >= 60 and", "condition_syntax", 16),
        ("and score >= 60", "condition_syntax", 1),
        ("60 <= score", "condition_syntax", 1),
        ("score >= 60 <= 85", "condition_syntax", 13),
        ("score = 60", "condition_not_allowed", 7),
        ("score != 60", "condition_not_allowed", 7),
        ("得分≠60", "condition_not_allowed", 3),
        ("score <> 60", "condition_not_allowed", 7),
        ("not vetoed", "condition_not_allowed", 1),
        ("vetoed && vetoed", "condition_not_allowed", 8),
        ("score + 1 >= 60", "condition_not_allowed", 7),
        ("score >= lowest_item_score", "condition_not_allowed", 10),
        ("cadence >= quarter", "condition_not_allowed", 9),
        ("vetoed < true", "condition_not_allowed", 8),
        ("run(score >= 60) >= 2", "condition_not_allowed", 5),
        ("run(grade >= A and grade < S) >= 2", "condition_syntax", 16),
        ("run >= 2", "condition_syntax", 1),
        ("grade(A) == A", "condition_syntax", 6),
        ("grade_before(0) == D", "condition_syntax", 14),
        ("grade_before(A) == D", "condition_syntax", 14),
        ("(score >= 60", "condition_syntax", 1),
        ("score >= 60)", "condition_syntax", 12),
        ("run(grade >= A >= 2", "condition_syntax", 16),
        ("grade >= E", "unknown_grade", 10),
        ("grade >= 3", "unknown_grade", 10),
        ("run(grade >= Z) >= 2", "unknown_grade", 14),
        ("cadence == yearly", "unknown_value", 12),
        ("vetoed == maybe", "unknown_value", 11),
        ("scores >= 60", "unknown_fact", 1),
        ("incident(x) >= 1", "unknown_fact", 1),
        ("等级>=A且名次<=3", "unknown_fact", 7),
        ("ｓｃｏｒｅ >= 60", "unknown_fact", 1),
        ("__import__(1) == 1", "unknown_fact", 1),
        ("score.real >= 1", "condition_not_allowed", 6),
        ("score >= '60'", "condition_not_allowed", 10),
        ("score >= [60]", "condition_not_allowed", 10),
        ("score >= 1e3", "bad_number", 10),
        ("score >= 060", "bad_number", 10),
        ("score >= .5", "bad_number", 10),
        ("score >= ６０", "bad_number", 10),
        ("score >= 0x10", "bad_number", 10),
        ("score >= 60.123456789", "bad_number", 10),
        ("score >= 1234567890123456", "bad_number", 10),
        ("run(grade == D) >= 1.5", "bad_number", 20),
    ],
)
def test_anything_else_is_refused_where_it_stands(text: str, code: str, column: int):
    error = refused(text)
    assert (error.code, error.column) == (code, column), error.message


def test_an_outcome_word_is_unknown_to_incident_rules():
    assert refused("grade >= A", "incidents").code == "unknown_fact"
    assert refused("incident >= 1", "incidents").code == "condition_syntax"
    assert refused("incident(3) >= 1", "incidents").column == 10


def test_a_refusal_speaks_both_languages_and_offers_the_nearest_word():
    assert refused("lowest_item_scor < 60").message == (
        "没有事实 'lowest_item_scor', 是否想写 \"lowest_item_score\"? | "
        "there is no fact 'lowest_item_scor' here, did you mean \"lowest_item_score\"?"
    )
    assert "score >= 60 and score < 85" in refused("60 <= score < 85").message


def test_a_condition_is_bounded_in_length_depth_and_alternatives():
    longest = " or ".join(["score >= 60"] * 133)
    assert len(longest) <= 2000 and said(longest) == [["score >= 60"]]
    assert refused("score >= 60" + " " * 2000).code == "condition_too_long"
    assert said("(" * 32 + "vetoed" + ")" * 32) == [["vetoed == 1"]]
    assert refused("(" * 33 + "vetoed" + ")" * 33).code == "condition_too_deep"
    assert said(" or ".join(["(vetoed)"] * 40)) == [["vetoed == 1"]]
    assert refused("(" * 1000).code == "condition_too_deep"
    choice = "({0} > 1 or {0} > 2 or {0} > 3 or {0} > 4)"
    pair = " and ".join(choice.format(fact) for fact in ("score", "lowest_item_score"))
    assert len(read(pair)) == 16
    many = " and ".join([pair, "(run(grade == D) > 1 or run(grade == D) > 2 or run(grade == D) > 3 or vetoed)"])
    assert refused(many).code == "too_many_alternatives"


def test_sixty_alternatives_are_read_and_sixty_one_are_not():
    assert len(read(" or ".join(f"score == {number}" for number in range(60)))) == 60
    assert refused(" or ".join(f"score == {number}" for number in range(61))).code == "too_many_alternatives"
