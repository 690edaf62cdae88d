"""The same question answered in plain Python: the differential test and the sampled audit hold the engine to it."""

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from appraisal.core.engine.conditions import Atom, Comparison
from appraisal.core.engine.ruleset import Record, Ruleset, Values

_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
}


def compare(sign: Comparison, left: Decimal | Fraction | int, right: Decimal | Fraction | int) -> bool:
    """Whether `left sign right` holds."""
    return _COMPARE[sign](left, right)


def fire(ruleset: Ruleset, records: Sequence[Record]) -> list[tuple[str, ...]]:
    """The ids of the rules that fire for each record, in rule order."""
    return [
        tuple(
            rule.id
            for rule in ruleset.rules
            if any(
                all(compare(test.operator, record[test.key], test.constant) for test in tests) for tests in rule.alternatives
            )
        )
        for record in records
    ]


def signature(ruleset: Ruleset, record: Record) -> int:
    """The truth of the ruleset's tests as bits, the first test lowest: records that share it fire the same rules."""
    return sum(compare(test.operator, record[test.key], test.constant) << bit for bit, test in enumerate(ruleset.tests))


def fire_values(ruleset: Ruleset, values: Values) -> tuple[str, ...]:
    """The same from the unscaled values and the conditions as written, so that the scaling itself is held to account."""
    return tuple(rule.id for rule in ruleset.rules if any(all(_holds(atom, values) for atom in atoms) for atoms in rule.source))


def _holds(atom: Atom, values: Values) -> bool:
    value = values[atom.fact.name]
    if value is None:
        return False
    return compare(atom.operator, value, Fraction(atom.constant) if isinstance(value, Fraction) else atom.constant)
