"""Conditions, formulas and changes of rule files in the words of a reader; the rule itself always stands beside them."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from appraisal.core.errors import Message
from appraisal.core.policy.diff import Change
from appraisal.labels import codes, label

_FACTS: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = tuple(
    (re.compile(pattern), zh, en)
    for pattern, zh, en in (
        (r"run\(grade (>=|==|<=) (\w+)\) >= (\d+)", "连续 {2} 期等级{0} {1}", "grade {0} {1} in {2} periods running"),
        (r"grade_before\((\d+)\) (>=|==|<=) (\w+)", "前第 {0} 期等级{1} {2}", "grade {1} {2}, {0} periods before"),
        (r"grade (>=|==|<=) (\w+)", "等级{0} {1}", "grade {0} {1}"),
        (r"lowest_item_score (>=|<=|<|>|==) (\S+)", "最低单项得分 {0} {1}", "lowest item score {0} {1}"),
        (r"score (>=|<=|<|>|==) (\S+)", "综合得分 {0} {1}", "score {0} {1}"),
        (r"vetoed == (?:true|1)", "被一票否决", "vetoed"),
        (r"incident\((\S+?)\) (>=|<=|<|>|==) (\d+)", "事件 {0} {1} {2} 次", "{0} {1} {2} times"),
        (r"(?:actual|实际值)\((\S+?)\) (>=|<=|<|>|==) (\S+)", "{0} 的实际值 {1} {2}", "the figure of {0} {1} {2}"),
        (r"(?:score|得分)\((\S+?)\) (>=|<=|<|>|==) (\S+)", "{0} 的得分 {1} {2}", "the score of {0} {1} {2}"),
        (r"(?:rating|评分)\((\S+?)\) (>=|<=|<|>|==) (\S+)", "{0} 的评分 {1} {2}", "the rating of {0} {1} {2}"),
    )
)
_GRADES: Final = {">=": ("不低于", "at least"), "==": ("为", "is"), "<=": ("不高于", "at most")}
_SIGNS: Final = {">=": "≥", "<=": "≤", "==": "=", "<": "<", ">": ">"}
_KEY: Final = re.compile(r"([^.\[\]]+)(?:\[([^\]]*)\])?")
_AROUND: Final = 3


def condition(text: str, names: Mapping[str, Message]) -> Message:
    """A condition as a sentence; a part of it that no phrase fits stays as it is written. `names` of items by id."""
    ways = [_conjunction(way, names) for way in re.split(r"\s+or\s+", text.strip())]
    return Message("; 或 ".join(one.zh for one in ways), "; or ".join(one.en for one in ways))


def _conjunction(text: str, names: Mapping[str, Message]) -> Message:
    parts = [_comparison(part.strip(), names) for part in re.split(r"\s+and\s+", text)]
    return Message(", 且".join(one.zh for one in parts), " and ".join(one.en for one in parts))


def _comparison(text: str, names: Mapping[str, Message]) -> Message:
    if found := re.fullmatch(r"cadence == (\w+)", text):
        cadence = label("cadence", found[1])
        return Message(f"{cadence.zh}考核", f"{cadence.en.lower()} appraisal")
    for pattern, zh, en in _FACTS:
        if found := pattern.fullmatch(text):
            graded = "grade" in pattern.pattern
            values = [_value(one, names, graded) for one in found.groups()]
            return Message(zh.format(*(one.zh for one in values)), en.format(*(one.en for one in values)))
    return Message(text, text)


def _value(text: str, names: Mapping[str, Message], graded: bool) -> Message:
    if graded and text in _GRADES:
        return Message(*_GRADES[text])
    if text in _SIGNS:
        return Message(_SIGNS[text], _SIGNS[text])
    return names.get(text, Message(text, text))


def formula(text: str) -> str:
    """A formula with the signs that people write."""
    return text.replace("*", "×").replace("/", "÷").replace(" - ", " − ")


@dataclass(frozen=True)
class Told:
    """One change in words: the topic it belongs to, what it concerns there, before and after, and the change itself."""

    topic: Message
    about: Message
    before: str | None
    after: str | None
    change: Change


def told(changes: list[Change], names: Mapping[str, Message]) -> list[Told]:
    """Changes with what they are about in words; `names` of indicators, posts and others by id."""
    known = set(codes("topic"))
    found = []
    for one in changes:
        steps = _KEY.findall(one.key)
        topic = label("topic", steps[0][0]) if steps and steps[0][0] in known else Message("基本信息", "About the policy")
        about = _about(steps[1:] or steps, steps[:1], names)
        found.append(Told(topic, about, _plainly(one.before), _plainly(one.after), one))
    return found


def _plainly(value: str | None) -> str | None:
    """A value as it is read: of an assumption its reason, of a list its entries."""
    if value is None or value[:1] not in "[{":
        return value
    try:
        content = json.loads(value)
    except ValueError:
        return value
    if isinstance(content, dict) and isinstance(content.get("reason"), str):
        return content["reason"]
    if isinstance(content, list) and all(isinstance(one, str) for one in content):
        return "; ".join(content)
    return value


def _about(steps: list[tuple[str, str]], first: list[tuple[str, str]], names: Mapping[str, Message]) -> Message:
    named = [inside for _, inside in (*first, *steps) if inside]
    chosen = [names.get(one) or Message(*_KEYS.get(one, (one, one))) for one in dict.fromkeys(named)]
    key = steps[-1][0] if steps else ""
    words = _KEYS.get(key, (key, key.replace("_", " ")))
    whole = steps[-1][1] != "" if steps else False
    tail = [] if whole and chosen and key not in _KEYS else [Message(*words)]
    parts = [*chosen, *tail]
    return Message(" · ".join(one.zh for one in parts), " · ".join(one.en for one in parts))


_KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "multiplier": ("奖金系数", "bonus multiplier"),
    "from": ("起始分数", "from score"),
    "name": ("名称", "name"),
    "title": ("名称", "title"),
    "definition": ("定义", "definition"),
    "formula": ("公式", "formula"),
    "direction": ("方向", "direction"),
    "unit": ("计量单位", "unit"),
    "sources": ("数据来源", "sources"),
    "source": ("出处", "source"),
    "cadence": ("周期", "cadence"),
    "target": ("目标", "target"),
    "challenge": ("挑战值", "challenge"),
    "weight": ("权重", "weight"),
    "dimensions": ("维度权重", "weight of the dimension"),
    "assumed": ("假定", "assumed"),
    "days": ("期限 (工作日)", "working days"),
    "parameters": ("参数", "parameters"),
    "method": ("方法", "method"),
    "curve": ("评分曲线", "curve"),
    "when": ("条件", "condition"),
    "effects": ("后果", "effects"),
    "effective": ("生效日期", "in force from"),
    "status": ("状态", "status"),
    "precision": ("小数位", "decimals"),
    "missing": ("缺数据时", "missing figures"),
    "up_to": ("上限", "up to"),
    "applies_to": ("适用部门与岗位", "applies to"),
    "raw": ("原文", "as printed"),
    "note": ("备注", "note"),
    "uncertain": ("存疑", "uncertain"),
    "window_days": ("申诉期 (工作日)", "working days to appeal"),
    "accept_days": ("受理期限 (工作日)", "working days to accept"),
    "decide_days": ("决定期限 (工作日)", "working days to decide"),
    "minimum_days": ("最少在岗天数", "fewest days at work"),
}


@dataclass(frozen=True)
class Line:
    """A pair of lines of two files, each with its number or None; `kind` is same, changed or gap."""

    kind: str
    before: tuple[int, str] | None
    after: tuple[int, str] | None


def side_by_side(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[Line]]:
    """The files that differ, by path, line beside line, with a few lines around each change."""
    paths = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return {path: list(_lines(before.get(path, ""), after.get(path, ""))) for path in paths}


def _lines(before: str, after: str) -> Iterator[Line]:
    old, new = before.splitlines(), after.splitlines()
    groups = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND)
    for count, group in enumerate(groups):
        if count:
            yield Line("gap", None, None)
        for tag, first, last, begin, end in group:
            for place in range(max(last - first, end - begin)):
                left = (first + place + 1, old[first + place]) if first + place < last else None
                right = (begin + place + 1, new[begin + place]) if begin + place < end else None
                yield Line("same" if tag == "equal" else "changed", left, right)
