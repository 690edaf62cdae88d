"""The one door to durable_rules.

It speaks to the engine's C module directly: no host, hence no background threads, no Python closures per rule, no state
written after each action. One permanent session per ruleset and process; records are asserted in batches under their batch
position, read back, and retracted. The engine is not thread-safe across calls and knows nothing of fork, so there is one
per process, made when first asked, behind a lock. A batch that comes back incomplete costs the ruleset its session and the
caller an error, never a wrong answer.
"""

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

import durable_rules_engine

from appraisal.core.engine.ruleset import Record, Ruleset, Test
from appraisal.core.errors import CoreError

Fire = Callable[[Ruleset, Sequence[Record]], list[tuple[str, ...]]]

BATCH: Final = 500
MOST_RULESETS: Final = 256
CATCH_ALL: Final = "*"
_OPERATORS: Final = {">=": "$gte", ">": "$gt", "<=": "$lte", "<": "$lt"}


class EngineError(CoreError):
    """The rule engine did not answer for every record."""


def fire(ruleset: Ruleset, records: Sequence[Record]) -> list[tuple[str, ...]]:
    """The ids of the rules that fire for each record, in rule order. Raises EngineError."""
    answers: list[tuple[str, ...]] = []
    for start in range(0, len(records), BATCH):
        answers += _engine().fire(ruleset, records[start : start + BATCH])
    return answers


class _Engine:
    """The live rulesets of one process; the least recently used one gives way to the 257th."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.live: OrderedDict[str, _Live] = OrderedDict()
        self.made = 0

    def fire(self, ruleset: Ruleset, records: Sequence[Record]) -> list[tuple[str, ...]]:
        with self.lock:
            live = self.live.get(ruleset.name) or self._register(ruleset)
            self.live.move_to_end(ruleset.name)
            try:
                return live.fire(records)
            except BaseException:
                self.live.pop(ruleset.name).close()
                raise

    def _register(self, ruleset: Ruleset) -> "_Live":
        while len(self.live) >= MOST_RULESETS:
            self.live.popitem(last=False)[1].close()
        self.made += 1
        live = self.live[ruleset.name] = _Live(ruleset, f"{ruleset.name} #{self.made}")
        return live


class _Live:
    """One ruleset registered with the engine, and its session."""

    def __init__(self, ruleset: Ruleset, name: str) -> None:
        self.order = {rule.id: position for position, rule in enumerate(ruleset.rules)}
        definition: dict[str, Any] = {CATCH_ALL: {"all": [{"m": {"stage": ruleset.stage}}], "cap": BATCH, "pri": 999}}
        for rule in ruleset.rules:
            for number, tests in enumerate(rule.alternatives, 1):
                condition = {"m": {"$and": [{"stage": ruleset.stage}, *(_expression(test) for test in tests)]}}
                definition[f"{rule.id}#{number}"] = {"all": [condition], "cap": BATCH, "pri": 1}
        self.handle = durable_rules_engine.create_ruleset(name, json.dumps(definition, ensure_ascii=False))

    def fire(self, records: Sequence[Record]) -> list[tuple[str, ...]]:
        batch = [{"id": position} | record for position, record in enumerate(records)]
        code, session = durable_rules_engine.assert_facts(self.handle, json.dumps(batch))
        if code:
            raise EngineError(f"the rule engine refused a batch of {len(batch)} records (code {code})")
        fired: list[set[str]] = [set() for _ in records]
        caught = 0
        started = durable_rules_engine.start_action_for_state(self.handle, session)
        action = started[1] if started else None
        while action:
            ((name, matches),) = json.loads(action).items()
            if name == CATCH_ALL:
                caught += len(_matched(matches))
            else:
                rule = name.rpartition("#")[0]
                for position in _matched(matches):
                    fired[position].add(rule)
            action = durable_rules_engine.complete_and_start_action(self.handle, session)
        if caught != len(batch):
            raise EngineError(f"the rule engine answered for {caught} of {len(batch)} records")
        durable_rules_engine.retract_facts(self.handle, json.dumps([{"id": position} for position in range(len(batch))]))
        return [tuple(sorted(rules, key=self.order.__getitem__)) for rules in fired]

    def close(self) -> None:
        durable_rules_engine.delete_state(self.handle, "0")
        durable_rules_engine.delete_ruleset(self.handle)


def _expression(test: Test) -> dict[str, Any]:
    plain = {test.key: test.constant}
    return plain if test.operator == "==" else {_OPERATORS[test.operator]: plain}


def _matched(matches: Any) -> list[int]:
    """The batch positions of one action: a list of matches, or a single one."""
    return [match["m"]["id"] for match in (matches if isinstance(matches, list) else [matches])]


_engines: dict[int, _Engine] = {}


def _engine() -> _Engine:
    """This process's engine; one inherited through fork belongs to the parent and is left alone."""
    engine = _engines.get(os.getpid())
    return engine or _engines.setdefault(os.getpid(), _Engine())
