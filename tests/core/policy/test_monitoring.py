"""A policy that watches and does not grade: its own files and keys, one purpose, no effect on the digests of others."""

from dataclasses import fields
from datetime import date

import pytest

from appraisal.core.checks import check_book
from appraisal.core.policy.diff import changes
from appraisal.core.policy.digest import canonical_json
from appraisal.core.policy.loader import load_book
from appraisal.core.policy.model import Indicator, Policy
from appraisal.core.policy.monitoring import MonitoringPolicyEdition
from appraisal.core.policy.sheets import Input
from appraisal.core.policy.show import show
from tests.core.policy.mini import FILES, FIRST_DAY, WATCHED, book_of

FOLDER = "rules/watch/"
MONITORING_KEYS = {
    *("document", "owner", "department", "collected", "platform", "scale", "retention", "targets", "baseline", "benchmark"),
    *("tolerance", "alert", "lowest", "highest", "printed", "corrected"),
}


def watched(**changed: str) -> Policy:
    book, problems = load_book(
        {**WATCHED, **{FOLDER + name.replace("__", "/") + ".yaml": text for name, text in changed.items()}}, "watch"
    )
    assert book is not None, [str(problem) for problem in problems]
    return book.on(FIRST_DAY)


def refused(files: dict[str, str]) -> list[str]:
    book, problems = load_book(files, "watch")
    assert book is None
    return [str(problem) for problem in problems]


def test_it_needs_no_grades_weights_or_workflow() -> None:
    policy = watched()
    assert isinstance(policy.general, MonitoringPolicyEdition) and policy.monitoring is not None
    assert (policy.bands, policy.sheets, policy.workflow.steps, policy.outcomes.rules) == ((), (), (), ())
    assert [form.years for form in policy.general.forms] == [5, None]


def test_it_needs_its_monitoring() -> None:
    files = {path: text for path, text in WATCHED.items() if not path.endswith("monitoring.yaml")}
    assert refused(files) == [
        "rules/watch/monitoring.yaml:1:1: error: 缺少必需的文件, 请新建 rules/watch/monitoring.yaml"
        " | required file missing: rules/watch/monitoring.yaml"
    ]


@pytest.mark.parametrize("path", ["rules/mini/grades.yaml", "rules/mini/workflow.yaml", "weights/mini/sales.yaml"])
def test_files_that_only_grading_needs_are_refused(path: str) -> None:
    (problem,) = refused({**WATCHED, path.replace("mini", "watch"): FILES[path]})
    assert path.replace("mini", "watch") in problem and "只作监测" in problem


def test_all_editions_have_one_purpose() -> None:
    path = FOLDER + "policy.yaml"
    older = FILES["rules/mini/policy.yaml"].split("editions:\n")[1]
    text = WATCHED[path] + older.replace("2026-01-01", "2025-01-01")
    assert any("各版次的 purpose 须一致" in problem for problem in refused({**WATCHED, path: text}))


def test_while_policy_yaml_cannot_be_read_the_files_tell_the_purpose() -> None:
    path = FOLDER + "policy.yaml"
    problems = refused({**WATCHED, path: WATCHED[path].replace("precision: 4", "precision: four")})
    assert len(problems) == 1 and "four" in problems[0]


def test_what_is_watched_are_kpis_and_the_indicators_of_processes() -> None:
    policy = watched()
    assert {"oee", "dispatch_time"} <= policy.watched.keys()
    assert policy.watched["dispatch_time"].dimension == "complaints"
    assert [one.indicator.id for one in policy.library if one.indicator.id not in policy.watched] == []


def test_processes_may_stand_in_a_policy_that_grades_and_change_its_digest() -> None:
    process = WATCHED[FOLDER + "processes/complaints.yaml"]
    bare, whole = book_of(FILES).on(FIRST_DAY), book_of({**FILES, "rules/mini/processes/complaints.yaml": process})
    assert bare.digest != whole.on(FIRST_DAY).digest
    assert [one.id for one in whole.on(FIRST_DAY).processes] == ["complaints"]
    assert not [problem for problem in check_book(whole) if problem.severity == "error"]


def test_monitoring_may_stand_in_a_policy_that_grades() -> None:
    text = WATCHED[FOLDER + "monitoring.yaml"].split("    guards:")[0] + "    review: {periods: 3, redundant: 1}\n"
    policy = book_of({**FILES, "rules/mini/monitoring.yaml": text}).on(FIRST_DAY)
    assert policy.general.purpose == "appraisal" and policy.monitoring is not None


def test_rules_that_use_none_of_the_keys_keep_their_digest() -> None:
    written = canonical_json(book_of(FILES).on(FIRST_DAY))
    assert not [word for word in ("purpose", "monitoring", "processes") if f'"{word}":' in written]
    for kind, keys in ((Indicator, MONITORING_KEYS), (Input, {"indicator", "platform"})):
        assert {one.name for one in fields(kind) if one.name in keys and one.default in (None, ())} == keys


def test_every_key_of_monitoring_counts_in_the_digest() -> None:
    text = WATCHED[FOLDER + "monitoring.yaml"]
    assert watched(monitoring=text).digest == watched().digest
    assert watched(monitoring=text.replace("up_to: 25", "up_to: 26")).digest != watched().digest


def test_a_difference_is_told_where_it_stands() -> None:
    text = WATCHED[FOLDER + "monitoring.yaml"]
    (one,) = changes(watched(), watched(monitoring=text.replace("worsenings: 3", "worsenings: 4")))
    assert (one.key, one.before, one.after) == ("monitoring.trend.worsenings", "3", "4")
    (one,) = changes(watched(), watched(monitoring=text.replace("level: abnormal, up_to: 25", "level: abnormal, up_to: 26")))
    assert (one.key, one.where.line) == ("monitoring.levels[abnormal].up_to", 8)
    (one,) = changes(watched(), watched(monitoring=text.replace("guard: pass_rate", "guard: oee")))
    assert one.key == "monitoring.guards[cycle_time].guard"
    phases = WATCHED[FOLDER + "indicators/production.yaml"].replace("value: 50", "value: 45")
    (one,) = changes(watched(), watched(indicators__production=phases))
    assert one.key == "library[concentration].indicator.targets[第一阶段].value"


def test_it_shows_what_it_watches() -> None:
    shown = show(watched())
    assert (shown["purpose"], len(shown["indicators"]), shown["grades"]) == ("monitoring", 10, [])
    by_id = {one["id"]: one for one in shown["indicators"]}
    assert by_id["escapes"]["status"] == "incomplete"
    assert by_id["inventory"]["scale"]["divide_by"] == "10000" and "原式只除最后一项" in by_id["inventory"]["corrected"]
    assert [one["value"] for one in by_id["concentration"]["targets"]] == ["50", "40"]
    assert by_id["concentration"]["targets"][0]["to"] == "2026-06-30"
    assert by_id["oee"]["inputs_whole"][0]["indicator"] == "availability"
    assert [band["level"] for band in shown["monitoring"]["levels"]] == ["normal", "attention", "abnormal", "severe"]
    (process,) = shown["processes"]
    assert (process["id"], len(process["steps"]), process["indicators"][0]["serves"]) == ("complaints", 3, "fast_service")


def test_a_policy_that_only_grades_shows_nothing_of_it() -> None:
    assert not {"purpose", "monitoring", "processes"} & show(book_of(FILES).on(FIRST_DAY)).keys()


def test_it_is_in_force_from_its_first_day() -> None:
    assert watched().effective == date(2026, 1, 1)
