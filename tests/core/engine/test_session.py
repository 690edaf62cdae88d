"""The live engine: batches, order, errors, threads, fork and memory."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import durable_rules_engine
import pytest

from appraisal.core.engine import reference, session
from appraisal.core.engine.conditions import Fact
from appraisal.core.engine.ruleset import CompiledRule, Property, Record, Ruleset, compile_rules
from appraisal.core.engine.ruleset import Test as Comparison
from appraisal.core.policy.tree import NOWHERE
from tests.core.engine.policies import a_policy, an_incident_rule, an_outcome_rule

STATM = Path("/proc/self/statm")


def grades() -> Ruleset:
    return compile_rules(a_policy()).grade


def outcome(*when: str) -> Ruleset:
    return compile_rules(a_policy(outcomes=[an_outcome_rule("it", *when)])).outcomes


def scores(ruleset: Ruleset, *numbers: str) -> list[Record]:
    return [ruleset.fact({"score": Decimal(number)}) for number in numbers]


def resident_pages() -> int:
    return int(STATM.read_text().split()[1])


def in_a_fork(work: Callable[[], object]) -> object:
    """What `work` returns in a forked child, by JSON; a child that hangs is ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        try:
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def test_no_records_no_answers():
    assert session.fire(grades(), []) == []


def test_answers_come_in_the_order_of_the_records():
    ruleset = grades()
    fired = session.fire(ruleset, scores(ruleset, "96", "59.99", "84.5", "60"))
    assert fired == [("grades/S",), ("grades/D",), ("grades/B",), ("grades/C",)]


def test_a_record_that_no_rule_fires_for_has_an_empty_answer():
    ruleset = outcome("score > 50")
    assert session.fire(ruleset, scores(ruleset, "50", "50.1")) == [(), ("outcomes/it",)]


def test_a_ruleset_without_rules_answers_nothing_for_everything():
    ruleset = compile_rules(a_policy()).outcomes
    assert session.fire(ruleset, [ruleset.fact({}), ruleset.fact({})]) == [(), ()]


def test_alternatives_that_hold_together_fire_their_rule_once():
    ruleset = outcome("score < 90 or score < 80", "score < 70", "score < 60 and score < 50")
    assert session.fire(ruleset, scores(ruleset, "40", "85", "95")) == [("outcomes/it",), ("outcomes/it",), ()]


def test_rules_are_named_in_file_order_whatever_order_the_engine_meets_them_in():
    names = ["z", "a", "m", "b"]
    ruleset = compile_rules(a_policy(outcomes=[an_outcome_rule(name, "score < 60", "score < 70") for name in names])).outcomes
    assert session.fire(ruleset, scores(ruleset, "1")) == [tuple(f"outcomes/{name}" for name in names)]


def test_equal_records_are_answered_each():
    ruleset = grades()
    assert session.fire(ruleset, scores(ruleset, *["85"] * 30)) == [("grades/A",)] * 30


@pytest.mark.parametrize("number", [1, session.BATCH - 1, session.BATCH, session.BATCH + 1, 3 * session.BATCH + 7])
def test_any_number_of_records_is_answered(number: int):
    ruleset = grades()
    records = scores(ruleset, *(str(index % 101) for index in range(number)))
    assert session.fire(ruleset, records) == reference.fire(ruleset, records)


def test_sixty_rules_may_fire_for_one_record():
    rules = [an_incident_rule(f"r{number}", event=f"e{number}") for number in range(60)]
    ruleset = compile_rules(a_policy(incidents=rules)).incidents("sales")
    all_of_them = ruleset.fact({fact.name: 1 for fact in ruleset.facts})
    none = ruleset.fact({fact.name: 0 for fact in ruleset.facts})
    assert session.fire(ruleset, [all_of_them, none]) == [tuple(f"vetoes/r{number}" for number in range(60)), ()]


def test_rulesets_that_ask_the_same_keep_their_own_names():
    one, other = (compile_rules(a_policy(outcomes=[an_outcome_rule(name, "score < 60")])).outcomes for name in ("one", "other"))
    assert session.fire(one, scores(one, "1")) == [("outcomes/one",)]
    assert session.fire(other, scores(other, "1")) == [("outcomes/other",)]


def test_policies_of_one_name_with_other_edges_do_not_share_answers():
    low, high = (compile_rules(a_policy(bands=[("A", edge), ("B", "0")])).grade for edge in ("10", "20"))
    assert session.fire(low, scores(low, "15")) == [("grades/A",)]
    assert session.fire(high, scores(high, "15")) == [("grades/B",)]


def test_a_record_of_another_stage_is_an_error_and_the_next_batch_is_answered():
    ruleset = outcome("score > 50")
    good = scores(ruleset, "60")
    for batch in ([good[0] | {"stage": 1}], [*good, good[0] | {"stage": 1}], [good[0] | {"stage": 1}, *good]):
        with pytest.raises(session.EngineError, match="code 1"):
            session.fire(ruleset, batch)
        assert session.fire(ruleset, good) == [("outcomes/it",)]


def test_a_batch_that_the_engine_silently_cuts_short_is_an_error():
    ruleset = outcome("score > 50")
    written = [f'{{"id":{number},"stage":3,"f0k":1,"f0c":{score}}}' for number, score in enumerate(("60", "1e-05", "60"))]
    with pytest.raises(session.EngineError, match="answered for 1 of 3 records"):
        session._engine().fire(ruleset, written)
    assert session.fire(ruleset, scores(ruleset, "60")) == [("outcomes/it",)]


@pytest.mark.parametrize("wrong", [1.0, float("nan"), "60", None])
def test_only_integers_reach_the_engine(wrong: object):
    ruleset = outcome("score > 50")
    (good,) = scores(ruleset, "60")
    with pytest.raises((ValueError, TypeError)):
        session.fire(ruleset, [good, good | {"f0c": wrong}])  # type: ignore[dict-item]
    with pytest.raises(KeyError):
        session.fire(ruleset, [{"stage": 3, "f0c": 60}])
    assert session.fire(ruleset, [good]) == [("outcomes/it",)]


def test_integers_at_the_edge_of_64_bits_are_compared_exactly():
    ruleset = outcome("score >= 90000000000 and score > 0.00000001")
    records = [
        ruleset.fact({"score": Decimal(text)})
        for text in ("90000000000", "89999999999.99999999", "89999999999.999999999", "-90000000000", "0")
    ]
    assert session.fire(ruleset, records) == [("outcomes/it",), (), (), (), ()]


def test_what_the_compiler_would_refuse_costs_an_error_each_time_and_never_an_answer():
    rules = tuple(CompiledRule(f"r{number}", ((Comparison("f0", ">=", -number),),), ((),), NOWHERE) for number in range(65))
    beyond = Ruleset("beyond the stack", 1, rules, (Property("f0", Fact("actual", "x"), "floor"),))
    for _ in range(3):
        with pytest.raises(session.EngineError, match="failed on 1 records"):
            session.fire(beyond, [{"stage": 1, "f0": 0}])
        assert beyond.fingerprint not in session._engine().live
    unreadable = Ruleset("unreadable", float("inf"), (), ())  # type: ignore[arg-type]
    with pytest.raises(session.EngineError, match="refused the ruleset unreadable"):
        session.fire(unreadable, [{"stage": 1}])


def test_nothing_stays_in_the_session_after_a_batch():
    ruleset = grades()
    session.fire(ruleset, scores(ruleset, "1", "2", "3"))
    live = session._engine().live[ruleset.fingerprint]
    assert durable_rules_engine.get_facts(live.handle, "0") == "[]"


def test_the_least_recently_used_ruleset_gives_way_and_comes_back():
    rulesets = [outcome(f"score > {number}") for number in range(session.MOST_RULESETS + 5)]
    for number, ruleset in enumerate(rulesets):
        assert session.fire(ruleset, scores(ruleset, str(number), str(number + 1))) == [(), ("outcomes/it",)]
    live = session._engine().live
    assert len(live) == session.MOST_RULESETS
    assert rulesets[0].fingerprint not in live and rulesets[-1].fingerprint in live
    assert session.fire(rulesets[0], scores(rulesets[0], "0.1")) == [("outcomes/it",)]


def test_eight_threads_get_the_answers_of_one_from_one_session():
    rulesets = [grades(), outcome("score >= 60 and score < 85", "score < 10")]
    work = [
        (ruleset, scores(ruleset, *(str((start * 7 + step) % 101) for step in range(5))))
        for start in range(400)
        for ruleset in rulesets
    ]
    ready = threading.Barrier(8)
    for ruleset in rulesets:
        session.fire(ruleset, scores(ruleset, "1"))
    handles = [session._engine().live[ruleset.fingerprint].handle for ruleset in rulesets]

    def answer(lane: int) -> list[list[tuple[str, ...]]]:
        ready.wait()
        return [session.fire(ruleset, records) for ruleset, records in work[lane::8]]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(answer, range(8)))
    finally:
        sys.setswitchinterval(interval)
    for lane, found in enumerate(answers):
        assert found == [reference.fire(ruleset, records) for ruleset, records in work[lane::8]]
    assert [session._engine().live[ruleset.fingerprint].handle for ruleset in rulesets] == handles


def test_a_forked_child_answers_after_its_parent_did_and_both_go_on():
    ruleset = grades()
    records = scores(ruleset, "96", "59.99", "84.5")
    before = session.fire(ruleset, records)
    assert in_a_fork(lambda: session.fire(ruleset, records)) == [list(rules) for rules in before]
    assert session.fire(ruleset, records) == before


def test_a_child_forked_while_another_thread_held_the_engine_does_not_wait_for_it():
    ruleset = grades()
    records = scores(ruleset, "96")
    session.fire(ruleset, records)
    with session._engine().lock:
        assert in_a_fork(lambda: session.fire(ruleset, records)) == [["grades/S"]]


@pytest.mark.skipif(not STATM.exists(), reason="resident memory is read from /proc")
def test_three_thousand_further_records_and_hundreds_of_rulesets_leave_memory_flat():
    ruleset = grades()

    def a_round(start: int) -> None:
        for step in range(3000):
            session.fire(ruleset, scores(ruleset, f"{(start + step) % 10007}.{step:04}"))

    def rulesets(start: int) -> None:
        for number in range(start, start + 200):
            other = outcome(f"score > {number}.5")
            session.fire(other, scores(other, "1"))

    def growth() -> int:
        a_round(0)
        rulesets(0)
        before = resident_pages()
        a_round(5000)
        rulesets(200)
        return (resident_pages() - before) * os.sysconf("SC_PAGE_SIZE")

    # A record left behind costs the engine some 9 kB, a ruleset some 80 kB: 43 MB together.
    grown = in_a_fork(growth)
    assert isinstance(grown, int) and grown < 4_000_000


def test_the_engine_is_made_when_first_asked_and_starts_no_threads():
    code = (
        "import os, threading\n"
        "from appraisal.core.engine import session\n"
        "from tests.core.engine.test_session import grades, scores\n"
        "rules = grades()\n"
        "print(dict(session._engines), session.fire(rules, scores(rules, '85')), threading.active_count())\n"
        "print(list(session._engines) == [os.getpid()])\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["{} [('grades/A',)] 1", "True"]
