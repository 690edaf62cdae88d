"""What HR has yet to confirm or settle: values no source gives, readings of damaged text, and what a rule file doubts."""

from collections.abc import Iterator

from appraisal.core.policy.entry import Entry
from appraisal.core.policy.tree import Problem, warning
from appraisal.core.policy.walk import assumptions_of, entries_of

LONGEST = 40
"""Characters of a printed text that a message quotes."""


def assumed_values(rules: object) -> Iterator[Problem]:
    """Every `assumed:` reason, in the words of the rule file."""
    for assumed in assumptions_of(rules):
        about = f"{assumed.key}: " if assumed.key else ""
        yield Problem(assumed.where, "assumed", about + assumed.reason)


def restored_values(rules: object) -> Iterator[Problem]:
    """Every `restored: true`: what is printed beside what we read; the print must be kept (R-003-1)."""
    for entry in entries_of(rules):
        if not entry.restored:
            continue
        where, printed = entry.where.at("restored"), getattr(entry, "raw", "")
        if printed is None:
            zh = "写了 restored: true 而没有 raw: 请照录原文"
            yield warning(where, zh, "restored: true without raw: keep the text as the source prints it")
        text = " ".join((printed or "").split())
        quoted = f"{text[:LONGEST]}…" if len(text) > LONGEST else text
        zh = f"restored: 原文缺字, 「{quoted}」读作「{_named(entry)}」" if quoted else "restored: 原文缺字, 系复原"
        yield Problem(where, "assumed", f"{zh} | our reading of damaged text: compare it with raw", "restored")


def uncertain_values(rules: object) -> Iterator[Problem]:
    """Every `uncertain:` remark."""
    for entry in entries_of(rules):
        if entry.uncertain:
            zh, en = f"存疑, 请查明: {entry.uncertain}", "marked uncertain: settle it, then drop the remark"
            told = warning(entry.where.at("uncertain"), zh, en)
            yield Problem(told.where, told.severity, told.message, "uncertain")


def _named(entry: Entry) -> str:
    """What an entry is called, in Chinese."""
    name = getattr(entry, "name", None) or getattr(entry, "title", None) or getattr(entry, "id", "")
    return str(getattr(name, "zh", name))
