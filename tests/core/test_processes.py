"""Both sides of what the checks of processes allow, and definitions that change over time (R-004-1 … R-004-14)."""

from datetime import date
from decimal import Decimal

import pytest

from appraisal.core.calendar import Period
from appraisal.core.checks import check_book
from appraisal.core.judging.deviation import target_at
from appraisal.core.policy.loader import PolicyBook, load_book
from tests.core.policy.mini import FILES, FIRST_DAY, WATCHED, book_of

COMPLAINTS, MONITORING = "rules/watch/processes/complaints.yaml", "rules/watch/monitoring.yaml"
CORE = "        core: true\n"


def written(path: str, *changes: tuple[str, str]) -> dict[str, str]:
    """The files, with texts in one of them replaced; a change that finds nothing is a mistake of the test."""
    text = WATCHED[path]
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return {**WATCHED, path: text}


def book(files: dict[str, str]) -> PolicyBook:
    found, problems = load_book(files, "watch")
    assert found is not None, [str(problem) for problem in problems]
    return found


def findings(path: str, *changes: tuple[str, str]) -> list[str]:
    return [f"{one.severity}: {one.message.split(' | ')[1]}" for one in check_book(book(written(path, *changes)))]


def more_core(count: int) -> tuple[str, str]:
    """Further core indicators, each like the last of the file with an id and name of its own."""
    text = WATCHED[COMPLAINTS]
    last = text[text.index("      - id: dispatch_accuracy") :]
    assert CORE in last
    copies = (last.replace("dispatch_accuracy", f"extra_{n}").replace("分派准确率", f"另{n}") for n in range(count))
    return last, last + "".join(copies)


@pytest.mark.parametrize(("more", "count"), [(0, 0), (1, 0), (2, 1), (3, 2)])
def test_a_process_has_three_core_indicators_and_each_beyond_is_a_warning(more: int, count: int) -> None:
    found = findings(COMPLAINTS, more_core(more)) if more else findings(COMPLAINTS)
    assert found == ["warning: more than 3 core indicators of complaints: keep those that its goal hangs on"] * count


def test_the_number_of_core_indicators_is_the_processs_own() -> None:
    assert findings(COMPLAINTS, ("    goals:\n", "    most_core: 2\n    goals:\n")) == []
    (found,) = findings(COMPLAINTS, ("    goals:\n", "    most_core: 1\n    goals:\n"))
    assert "more than 1 core" in found


@pytest.mark.parametrize(
    ("target", "sound"),
    [("100", True), ("84", True), ("83.99", False), ("30", False), ("120", True), ("150", True)],
)
def test_a_target_lies_at_most_the_configured_share_from_its_baseline(target: str, sound: bool) -> None:
    """30% here: of 120 minutes, 100 and 84 can be reached, 30 is flagged (R-004-6)."""
    text = WATCHED[COMPLAINTS]
    phases = text[text.index("        targets:\n") : text.index("        owner: 客服部负责人\n")]
    found = findings(COMPLAINTS, (phases, f'        target: {target}\n        operator: "<="\n        baseline: 120\n'))
    flagged = f"warning: the target {target} of dispatch_time lies over 30% from 120: can it be reached?"
    assert found == ([] if sound else [flagged])


def test_the_share_is_configured() -> None:
    files = written(COMPLAINTS, ("        wants_guard: true\n", "        wants_guard: true\n        baseline: 120\n"))
    wide = files[MONITORING].replace("unrealistic_jump: {percent: 30}", "unrealistic_jump: {percent: 75}")
    assert len(check_book(book(files))) == 1
    assert check_book(book({**files, MONITORING: wide})) == []


def test_what_must_not_stand_alone_has_a_guard() -> None:
    without = ("      - {indicator: dispatch_time, guard: dispatch_accuracy}\n", "")
    assert findings(MONITORING, without) == ["warning: dispatch_time must not stand alone: pair it in guards"]
    files = written(COMPLAINTS, ("        wants_guard: true\n", ""))
    alone = book({**files, MONITORING: written(MONITORING, without)[MONITORING]})
    assert check_book(alone) == []


def test_a_step_takes_what_some_earlier_step_puts_out() -> None:
    form = "{zh: 投诉单, en: A complaint form}"
    taken = "inputs: [{zh: 处理责任人及截止时间, en: Who handles it and until when}]"
    assert findings(COMPLAINTS, (taken, f"inputs: [{form}]")) == []
    also = "inputs: [{zh: 客户手册, en: The manual}, {zh: 处理责任人及截止时间, en: Who handles it and until when}]"
    assert findings(COMPLAINTS, (taken, also)) == []
    (found,) = findings(COMPLAINTS, (taken, "inputs: [{zh: 客户手册, en: The manual}]"))
    assert found.startswith("warning: the step wait takes nothing that an earlier step puts out")


def test_steps_in_another_order_leave_a_gap() -> None:
    text = WATCHED[COMPLAINTS]
    first, second = text.index("      - id: receive"), text.index("      - id: dispatch\n")
    third = text.index("      - id: wait")
    turned = text[:first] + text[second:third] + text[first:second] + text[third:]
    problems = check_book(book({**WATCHED, COMPLAINTS: turned}))
    assert [problem.message.split(" ")[1] for problem in problems] == ["receive"]


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ("        unit: 分钟\n", "a unit"),
        ("        owner: 客服部负责人\n", "an owner"),
        ("        sources: [ERP]\n", "a source"),
        ("        cadence: [month]\n", "a cadence"),
        (", source: ERP 订单}", "its fields"),
    ],
)
def test_each_part_of_smart_is_asked_for_by_name(given: str, lacks: str) -> None:
    kept = {"unit": "        unit: null\n", "sources": "        sources: []\n", "cadence": "        cadence: []\n"}
    named = given.split(":")[0].strip()
    instead = kept.get(named, "}" if given.endswith("}") else "")
    found = findings(COMPLAINTS, (given, instead))
    assert f"warning: dispatch_time is not SMART, it lacks {lacks}" in found


def test_an_indicator_without_a_target_says_that_it_is_only_monitored() -> None:
    printed = '        target: 99.5\n        operator: ">="\n'
    assert findings(COMPLAINTS, (printed, "")) == ["warning: dispatch_accuracy is not SMART, it lacks a target"]
    assert findings(COMPLAINTS, (printed, "        status: monitor_only\n")) == []


def test_no_two_processes_have_one_id_and_no_two_indicators_across_them() -> None:
    other = "rules/watch/processes/other.yaml"
    problems = check_book(book({**WATCHED, other: WATCHED[COMPLAINTS]}))
    assert {one.message.split(" ")[1] for one in problems} == {'"complaints"', '"dispatch_time"', '"dispatch_accuracy"'}
    text = WATCHED[COMPLAINTS].replace("process: complaints", "process: other").replace("id: dispatch_", "id: other_")
    problems = check_book(book({**WATCHED, other: text}))
    assert {one.severity for one in problems} == {"warning"}, "it wants a guard of its own and nothing else"


@pytest.mark.parametrize(
    ("old", "new", "sound"),
    [
        ("        core: true\n        wants_guard: true\n", "        nature: behaviour\n        wants_guard: true\n", False),
        ("        core: true\n        wants_guard: true\n", "        wants_guard: true\n", True),
    ],
)
def test_behaviour_goes_with_a_result(old: str, new: str, sound: bool) -> None:
    assert (findings(COMPLAINTS, (old, new)) == []) is sound
    last = more_core(0)[0]
    if not sound:
        both = last.replace(CORE, "        nature: result\n")
        assert findings(COMPLAINTS, (old, new), (last, both)) == []


def test_a_later_edition_changes_the_process_and_old_periods_keep_what_they_had() -> None:
    """After 次日达 an indicator is new and another has a narrower target (R-004-11)."""
    text = WATCHED[COMPLAINTS]
    head, edition = text[: text.index("  - effective")], text[text.index("  - effective") :]
    before = edition.replace("value: 15", "value: 30")
    before = before[: before.index("      - id: dispatch_accuracy")]
    later = edition.replace("effective: 2026-01-01", "effective: 2026-07-01")
    guards = WATCHED[MONITORING].replace("      - {indicator: dispatch_time, guard: dispatch_accuracy}\n", "")
    through_time = book({**WATCHED, COMPLAINTS: head + later + before, MONITORING: guards})
    assert through_time.dates == (FIRST_DAY, date(2026, 7, 1))
    june, july = through_time.on(date(2026, 6, 30)), through_time.on(date(2026, 7, 1))
    assert (len(june.processes[0].edition.indicators), len(july.processes[0].edition.indicators)) == (1, 2)
    assert june.digest != july.digest
    assert "dispatch_accuracy" not in june.watched and "dispatch_accuracy" in july.watched


@pytest.mark.parametrize(("period", "value"), [("2026-06", "30"), ("2026-07", "15")])
def test_a_target_changes_with_its_phase(period: str, value: str) -> None:
    found = target_at(book(WATCHED).on(FIRST_DAY).watched["dispatch_time"].indicator, Period.parse(period))
    assert found is not None and found.value == Decimal(value)


def test_a_policy_that_appraises_watches_its_processes_and_only_kpis_that_are_gathered() -> None:
    path, finance = "rules/mini/processes/complaints.yaml", "rules/mini/indicators/finance.yaml"
    files = {**FILES, path: WATCHED[COMPLAINTS]}
    assert set(book_of(files).on(FIRST_DAY).watched) == {"dispatch_time", "dispatch_accuracy"}
    gathered = FILES[finance].replace("        kind: kpi\n", "        kind: kpi\n        collected: month\n", 1)
    assert gathered != FILES[finance]
    assert len(book_of({**files, finance: gathered}).on(FIRST_DAY).watched) == 3
