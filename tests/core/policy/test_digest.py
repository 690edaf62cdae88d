"""The digest is the same for the same rules and another for any other value."""

import hashlib
import re
from dataclasses import replace

import pytest

from appraisal.core.policy.digest import canonical_json, digest_of
from tests.core.policy.mini import FILES, FIRST_DAY, GRADES, book_of, policy_with

BEFORE = book_of(FILES).on(FIRST_DAY).digest


def test_it_is_the_sha_256_of_the_canonical_json() -> None:
    policy = book_of(FILES).on(FIRST_DAY)
    assert policy.digest == "sha256:" + hashlib.sha256(canonical_json(policy).encode()).hexdigest()
    assert re.fullmatch("sha256:[0-9a-f]{64}", policy.digest)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (GRADES, "    bands:", "    # a remark\n\n    bands:   # another"),
        (GRADES, "{grade: B, name: {zh: 良好, en: Good}", "{name: {en: Good, zh: 良好}, grade: B"),
        (GRADES, "multiplier: 1.2", "multiplier: 1.20"),
        (GRADES, "from: 85", "from: 85.0"),
        (GRADES, "{zh: 良好, en: Good}", "{zh: \"良好\", en: 'Good'}"),
        ("rules/mini/scoring.yaml", "{tolerance: 5, zero_at: 20}", "{zero_at: 20.0, tolerance: 5}"),
        ("weights/mini/sales.yaml", "{finance: 60, quality: 30, support: 10}", "{support: 10, finance: 60, quality: 30}"),
        ("rules/mini/vetoes.yaml", "        all_posts: true", "        all_posts: true\n        posts: []"),
    ],
    ids=["comments", "key order", "trailing zero", "decimal", "quotes", "parameters", "weights", "a default written out"],
)
def test_layout_does_not_change_it(path: str, old: str, new: str) -> None:
    assert policy_with(path, (old, new)).digest == BEFORE


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (GRADES, "from: 85", "from: 85.01"),
        (GRADES, "zh: 良好", "zh: 较好"),
        (GRADES, "multiplier: 1.2}", "multiplier: 1.2, assumed: 未写}"),
        (GRADES, "multiplier: 1.2}", "multiplier: 1.2, note: 见附件}"),
        (GRADES, "    bands:", "    source: 第七条\n    bands:"),
        ("rules/mini/policy.yaml", "precision: 4", "precision: 2"),
        ("rules/mini/policy.yaml", "missing: block", "missing: drop"),
        ("rules/mini/policy.yaml", "pays: false", "pays: true"),
        ("rules/mini/scoring.yaml", "zero_at: 20", "zero_at: 21"),
        ("rules/mini/scoring.yaml", "zero_at: 20", 'zero_at: "20"'),
        ("rules/mini/vetoes.yaml", "{effect: zero_total, subject: superior}", "{effect: zero_total, subject: unit}"),
        ("rules/mini/outcomes.yaml", ">= 2", ">= 3"),
        ("rules/mini/workflow.yaml", "decide_days: 15", "decide_days: 14"),
        ("rules/mini/indicators/finance.yaml", "应收账款 * 100", "应收账款 * 1000"),
        ("weights/mini/sales.yaml", "finance: 60, quality: 30", "finance: 59.99, quality: 30.01"),
        ("weights/mini/sales.yaml", "zh: 办法没有", "zh: 本办法没有"),
    ],
)
def test_any_value_changes_it(path: str, old: str, new: str) -> None:
    assert policy_with(path, (old, new)).digest != BEFORE


def test_the_order_of_a_list_changes_it() -> None:
    swapped = policy_with("rules/mini/indicators/finance.yaml", ("cadence: [quarter, year]", "cadence: [year, quarter]"))
    assert swapped.digest != BEFORE


def test_places_and_the_digest_itself_take_no_part() -> None:
    policy = book_of(FILES).on(FIRST_DAY)
    assert digest_of(replace(policy, digest="sha256:something")) == BEFORE
    moved = {path.replace("finance.yaml", "fin.yaml"): "\n\n" + text for path, text in FILES.items()}
    assert book_of(moved).on(FIRST_DAY).digest == BEFORE
