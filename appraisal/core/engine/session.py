"""The one door to durable_rules.

It speaks to the engine's C module directly: no host, hence no background threads, no Python closures per rule, no state
written after each action. One permanent session per ruleset and process; records are asserted in batches under their batch
position, read back, and retracted. The engine is not thread-safe across calls and knows nothing of fork, so there is one
per process, made when first asked, behind a lock. A batch that comes back incomplete costs the ruleset its session and the
caller an error, never a wrong answer.
"""

import json
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

import durable_rules_engine

from appraisal.core.engine.ruleset import Record, Ruleset, Test
from appraisal.core.errors import CoreError

Fire = Callable[[Ruleset, Sequence[Record]], list[tuple[str, ...]]]

BATCH: Final = 500
MOST_RULESETS: Final = 64
"""A session holds 16 kB per alternative, so the most that stay alive is bounded."""

CATCH_ALL: Final = "all"
_OPERATORS: Final = {">=": "$gte", ">": "$gt", "<=": "$lte", "<": "$lt"}
_POSITION: Final = re.compile(r'"id":(\d+)')


class EngineError(CoreError):
    """The rule engine did not answer for every record."""


def fire(ruleset: Ruleset, records: Sequence[Record]) -> list[tuple[str, ...]]:
    """The ids of the rules that fire for each record, in rule order, each once.

    Raises EngineError; KeyError for a record without some property, ValueError where one is no integer.
    """
    engine, owners, write = _engine(), ruleset.owners, _writer(ruleset)
    known: dict[int, tuple[str, ...]] = {}
    answers = []
    for start in range(0, len(records), BATCH):
        batch = [write(position, record) for position, record in enumerate(records[start : start + BATCH])]
        for fired in engine.fire(ruleset, batch):
            if fired not in known:
                known[fired] = tuple(dict.fromkeys(rule for number, rule in enumerate(owners) if fired >> number & 1))
            answers.append(known[fired])
    return answers


def _writer(ruleset: Ruleset) -> Callable[[int, Record], str]:
    """Writes a record as the engine reads it; the integer format lets nothing but whole numbers through."""
    keys = ("stage", *(entry.key for entry in ruleset.properties))
    write = ('{{"id":{:d}' + "".join(f',"{key}":{{:d}}' for key in keys) + "}}").format
    return lambda position, record: write(position, *[record[key] for key in keys])


class _Engine:
    """The live rulesets of one process; the least recently used gives way when there are too many."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.live: OrderedDict[str, _Live] = OrderedDict()

    def fire(self, ruleset: Ruleset, batch: Sequence[str]) -> list[int]:
        """For each record of the batch the alternatives that fire, as bits."""
        with self.lock:
            live = self.live.pop(ruleset.fingerprint, None) or self._register(ruleset)
            try:
                answers = live.fire(batch)
            except BaseException as failure:
                live.abandon()
                if isinstance(failure, (durable_rules_engine.error, MemoryError)):
                    raise EngineError(f"the rule engine failed on {len(batch)} records: {failure}") from failure
                raise
            self.live[ruleset.fingerprint] = live
            return answers

    def _register(self, ruleset: Ruleset) -> "_Live":
        while len(self.live) >= MOST_RULESETS:
            self.live.popitem(last=False)[1].close()
        return _Live(ruleset)


class _Live:
    """One ruleset registered with the engine, and its session."""

    def __init__(self, ruleset: Ruleset) -> None:
        definition = {CATCH_ALL: _rule(ruleset.stage, ())}
        for number, tests in enumerate(ruleset.alternatives):
            definition[str(number)] = _rule(ruleset.stage, tests)
        name = f"{ruleset.name} {ruleset.fingerprint}"
        try:
            self.handle = durable_rules_engine.create_ruleset(name, json.dumps(definition, ensure_ascii=False))
        except durable_rules_engine.error as refused:
            raise EngineError(f"the rule engine refused the ruleset {ruleset.name}: {refused}") from refused

    def fire(self, batch: Sequence[str]) -> list[int]:
        """Asserts the batch, reads who fired for whom, retracts it."""
        code, session = durable_rules_engine.assert_facts(self.handle, f"[{','.join(batch)}]")
        if code:
            raise EngineError(f"the rule engine refused a batch of {len(batch)} records (code {code})")
        fired = [0] * len(batch)
        caught: list[int] = []
        started = durable_rules_engine.start_action_for_state(self.handle, session)
        action: str | None = started[1] if started else None
        while action:
            rule = action[2 : action.index('"', 2)]
            # Reading the whole text as JSON would cost more than the engine itself; its records are the ones written above.
            positions = [int(position) for position in _POSITION.findall(action)]
            if rule == CATCH_ALL:
                caught += positions
            else:
                bit = 1 << int(rule)
                for position in positions:
                    fired[position] |= bit
            action = durable_rules_engine.complete_and_start_action(self.handle, session)
        if sorted(caught) != list(range(len(batch))):
            raise EngineError(f"the rule engine answered for {len(caught)} of {len(batch)} records")
        durable_rules_engine.retract_facts(self.handle, _retraction(len(batch)))
        return fired

    def close(self) -> None:
        """Frees what a sound session holds."""
        durable_rules_engine.delete_state(self.handle, "0")
        durable_rules_engine.delete_ruleset(self.handle)

    def abandon(self) -> None:
        """Lets go of a session whose state is unknown: deleting it could free what was never set, so its memory is lost."""
        durable_rules_engine.delete_ruleset(self.handle)


def _rule(stage: int, tests: Sequence[Test]) -> dict[str, Any]:
    """One conjunction; up to a whole batch of records that fire it come back in one action."""
    expressions = [{"stage": stage}, *(_expression(test) for test in tests)]
    return {"all": [{"m": expressions[0] if not tests else {"$and": expressions}}], "cap": BATCH}


def _expression(test: Test) -> dict[str, Any]:
    plain = {test.key: test.constant}
    return plain if test.operator == "==" else {_OPERATORS[test.operator]: plain}


def _retraction(count: int) -> str:
    return "[" + ",".join(f'{{"id":{position}}}' for position in range(count)) + "]"


_engines: dict[int, _Engine] = {}


def _engine() -> _Engine:
    """This process's engine; one inherited through fork belongs to the parent and is left alone."""
    engine = _engines.get(os.getpid())
    return engine or _engines.setdefault(os.getpid(), _Engine())
