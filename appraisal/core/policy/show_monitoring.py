"""What a policy watches, as other programs read it: the monitoring keys of indicators, monitoring.yaml, processes.

These parts have no fixed shape to keep: they are the rule language itself, key by key, with decimals as strings.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from appraisal.core.numbers import plain
from appraisal.core.policy.entry import Assumed
from appraisal.core.policy.library import Indicator
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import MonitoringPolicyEdition

_KEYS: Final = (
    "document",
    "owner",
    "department",
    "collected",
    "roll_up",
    "platform",
    "scale",
    "retention",
    "targets",
    "baseline",
    "benchmark",
    "tolerance",
    "alert",
    "lowest",
    "highest",
    "printed",
    "corrected",
    "note",
)
_SETTINGS: Final = ("forms", "training", "sign_off", "meetings", "data_rules")
_SILENT: Final = frozenset({"where", "restored"})


def monitored(indicator: Indicator) -> dict[str, Any]:
    """The keys that only monitoring uses, and the inputs whole."""
    shown = {key: _plain(getattr(indicator, key)) for key in _KEYS}
    return {**shown, "inputs_whole": _plain(indicator.inputs), "assumed": _plain(indicator.assumed)}


def watching(policy: Policy) -> dict[str, Any]:
    """What the policy watches; nothing for one that only appraises, so that its shape stays as agreed."""
    general = policy.general
    if not (isinstance(general, MonitoringPolicyEdition) or policy.monitoring or policy.processes):
        return {}
    settings = {key: _plain(getattr(general, key, None)) for key in _SETTINGS}
    return {
        "purpose": general.purpose,
        "status": general.status,
        "documents": _plain(policy.documents),
        "dimensions": [{"id": one.id, "name": _plain(one.name)} for one in general.dimensions],
        **settings,
        "monitoring": _plain(policy.monitoring),
        "processes": [{"id": one.id, "title": _plain(one.name), **_plain(one.edition)} for one in policy.processes],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Assumed):
        return {"key": value.key, "reason": value.reason}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if is_dataclass(value):
        return {
            field.name.rstrip("_"): _plain(getattr(value, field.name)) for field in fields(value) if field.name not in _SILENT
        }
    return value
