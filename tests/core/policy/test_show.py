"""`policy show` keeps the shape other programs rely on."""

import json
from pathlib import Path

from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.show import show
from tests.core.policy.mini import FILES, FIRST_DAY, GRADES, book_of, policy_with

SHOWN = show(book_of(FILES).on(FIRST_DAY))


def test_it_has_the_agreed_keys_and_is_json() -> None:
    agreed = ["policy", "title", "effective", "digest", "grades", "indicators", "posts", "assumed"]
    assert [key for key in SHOWN if key not in ("success_factors", "refused", "retention")] == agreed
    assert json.loads(json.dumps(SHOWN)) == SHOWN
    assert (SHOWN["policy"], SHOWN["title"]["zh"], SHOWN["effective"]) == ("mini", "示例考核办法", "2026-01-01")


def test_a_grade_has_decimal_strings_and_the_reason_of_what_is_assumed() -> None:
    assert SHOWN["grades"][0] == {
        "grade": "A",
        "name": {"zh": "优秀", "en": "Excellent"},
        "from": "85",
        "multiplier": "1.2",
        "assumed": None,
    }
    assumed = show(policy_with(GRADES, ("multiplier: 1.2}", "multiplier: 1.20, assumed: {from: 重叠, multiplier: 未写}}")))
    assert (assumed["grades"][0]["multiplier"], assumed["grades"][0]["assumed"]) == ("1.2", "重叠; 未写")
    assert assumed["assumed"] == [{"path": GRADES, "line": 5, "reason": reason} for reason in ("重叠", "未写")]


def test_it_says_how_long_records_are_kept_stated_or_not() -> None:
    text = "missing: block\n    retention: {payroll: {years: 10, assumed: 未写}}"
    stated = show(policy_with("rules/mini/policy.yaml", ("missing: block", text)))
    assert stated["retention"] == {
        "appraisal": {"years": 5, "after_leaving": 2, "assumed": None},
        "kpi_form": {"years": 5, "assumed": None},
        "payroll": {"years": 10, "assumed": "未写"},
    }
    assert SHOWN["retention"]["payroll"]["years"] == 5


def test_an_indicator_says_null_where_nothing_is_stated() -> None:
    by_id = {one["id"]: one for one in SHOWN["indicators"]}
    assert by_id["collection_rate"] == {
        "id": "collection_rate",
        "name": {"zh": "回款率", "en": "Collection rate"},
        "dimension": "finance",
        "kind": "kpi",
        "source_row": None,
        "raw": None,
        "restored": False,
        "uncertain": None,
        "definition": {"zh": "实际回款占应收账款的比例", "en": "Cash collected over receivables"},
        "success_factor": None,
        "unit": "%",
        "direction": "higher",
        "formula": "实际回款 / 应收账款 * 100",
        "inputs": ["实际回款", "应收账款"],
        "zero_denominator": "no_base",
        "sources": ["财务系统"],
        "applies_to": ["销售部"],
        "target": "90",
        "operator": ">=",
        "cadence": ["quarter", "year"],
        "status": "complete",
    }
    goal = by_id["service_attitude"]
    assert [goal[key] for key in ("unit", "direction", "formula", "zero_denominator", "target", "operator")] == [None] * 6


def test_a_post_has_its_unit_its_weights_and_the_rules_declared_for_it() -> None:
    sales, workshop, foreman = SHOWN["posts"]
    assert (sales["unit"], sales["groups"]) == ("销售部", [])
    assert sales["dimensions"] == {"finance": "60", "quality": "30", "support": "10"}
    assert [rule["id"] for rule in sales["incident_rules"]] == ["fraud"]
    assert [rule["id"] for rule in workshop["incident_rules"]] == ["accident", "fraud", "late"]
    accident = workshop["incident_rules"][0]
    assert (accident["veto"], accident["event"], accident["confirmed_by"]) == (True, "accident", "安全部")
    assert accident["effects"][2] == {"effect": "zero_item", "subject": "post:foreman", "item": "scrap_rate"}
    assert foreman["dimensions"] == {"quality": "80", "finance": "20"}


def test_a_row_takes_its_name_from_the_library_unless_it_has_its_own() -> None:
    kpi, goals = SHOWN["posts"][1]["groups"]
    assert (kpi["kind"], kpi["dimension"], kpi["weight"]) == ("kpi", None, "70")
    assert [row["name"]["zh"] for row in kpi["items"]] == ["废品率", "按期完成率", "产量"]
    assert goals["items"] == [
        {
            "id": "tidiness",
            "indicator": None,
            "name": {"zh": "现场整洁", "en": "Tidiness"},
            "raw": None,
            "restored": False,
            "uncertain": None,
            "definition": {"zh": "现场整洁有序", "en": "A tidy workplace"},
            "dimension": None,
            "unit": None,
            "direction": None,
            "formula": None,
            "source": None,
            "assessor": "班长",
            "assessors": [],
            "cadence": "quarter",
            "collected": None,
            "roll_up": None,
            "levels": [
                {"rating": "95", "text": {"zh": "始终整洁", "en": "Tidy throughout"}},
                {"rating": "60", "text": {"zh": "偶有杂乱", "en": "Untidy at times"}},
                {"rating": "0", "text": {"zh": "长期杂乱", "en": "Untidy as a rule"}},
            ],
            "factors": [],
        }
    ]


def test_refused_posts_say_why() -> None:
    (refused,) = SHOWN["refused"]
    assert (refused["id"], refused["reason"]["en"]) == ("management", "The rules give management no weights")


def test_assumed_values_are_sorted_by_path_and_line() -> None:
    book, problems = load_book(read_files(Path(__file__).parents[3]), "trading")
    assert book is not None and problems == []
    places = [(one["path"], one["line"]) for one in show(book.on(book.dates[0]))["assumed"]]
    assert places == sorted(places)
    assert len(places) > 100
