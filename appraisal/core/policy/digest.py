"""The fingerprint of a policy: the same for the same rules, however the files are laid out, and another for any other value.

Left out are places in files and fields at their default, so a key added to the rule language later does not change the
fingerprint of rules that never used it. A default must therefore never change its meaning.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from appraisal.core.numbers import parse_number, plain
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import Node


def digest_of(policy: Policy) -> str:
    """`sha256:` and the SHA-256 of the policy's canonical JSON."""
    return digest_of_text(canonical_json(policy))


def digest_of_text(text: str) -> str:
    """`sha256:` and the SHA-256 of a text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """One text for one meaning: keys sorted, no spaces, decimals in their shortest plain form."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Node):
        return _node(value)
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if is_dataclass(value):
        return {
            one.name.rstrip("_"): _plain(found)
            for one in _told(value.__class__)
            if not _is_default(one, found := getattr(value, one.name))
        }
    raise TypeError(f"a policy holds no {type(value).__name__}")


@cache
def _told(kind: type) -> tuple[Field[Any], ...]:
    """The fields that take part in equality; `where` and `digest` do not."""
    return tuple(one for one in fields(kind) if one.compare)


def _is_default(one: Field[Any], value: Any) -> bool:
    if one.default_factory is not MISSING:
        return bool(value == one.default_factory())
    return one.default is not MISSING and type(value) is type(one.default) and bool(value == one.default)


def _node(node: Node) -> Any:
    """Parameters of a curve, not typed yet: a quoted text and a number written alike stay apart."""
    if isinstance(node.value, tuple):
        return [_node(one) for one in node.value]
    if isinstance(node.value, Mapping):
        return {key: _node(one) for key, one in node.value.items()}
    if node.value is None or node.quoted:
        return node.value
    try:
        return {"number": plain(parse_number(node.value))}
    except ValueError:
        return {"plain": node.value}
