"""Rule files from disk to a checked book of dated rules: the only opener of files and the only user of YAML in the core.

YAML is taken as a tree of texts with places. Whatever would let one file mean two things (anchors, aliases, tags, merge keys,
repeated keys, tabs, several documents) is refused, and every problem of every file is reported at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from appraisal.core.policy.binding import UNBOUND, bind_value
from appraisal.core.policy.book import EDITED, PolicyBook, kind_of, policy_names
from appraisal.core.policy.tree import Node, Problem, Where, did_you_mean, error, in_order

__all__ = ["PolicyBook", "load_book", "policy_names", "read_document", "read_files"]

FOLDERS: Final = ("rules", "weights")
MAX_DEPTH: Final = 24
_INVISIBLE: Final = "\u2028\u2029\ufeff\ufffe\uffff"


def read_files(root: Path) -> dict[str, str]:
    """The text of every rule file under `root`, by its path relative to it, in order of path.

    A file that is not UTF-8 comes back with its bytes escaped, so that load_book can name it as a problem.
    """
    found = [
        path
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.suffix in (".yaml", ".yml") and not path.name.startswith((".", "~")) and path.is_file()
    ]
    return {
        path.relative_to(root).as_posix(): path.read_bytes().decode("utf-8-sig", "surrogateescape") for path in sorted(found)
    }


def load_book(files: Mapping[str, str], policy_id: str) -> tuple[PolicyBook | None, list[Problem]]:
    """The policy's rules through time, or None with every problem found, sorted by place."""
    problems: list[Problem] = []
    bound: dict[str, Any] = {}
    for path, text in sorted(files.items()):
        if path.split("/")[0] not in FOLDERS or path.split("/")[1:2] != [policy_id]:
            continue
        kind = kind_of(path)
        if kind is None:
            problems.append(_unknown_file(path, policy_id))
            continue
        node, found = read_document(text, path)
        problems += found
        if node is not None and not found:
            value = bind_value(node, kind, problems)
            if value is not UNBOUND:
                bound[path] = value
        elif node is not None:
            bind_value(node, kind, problems)
    book = PolicyBook.of(policy_id, files, bound, problems)
    return book, in_order(problems)


def _unknown_file(path: str, policy_id: str) -> Problem:
    where, name = Where(path, 1, 1), path.rsplit("/", 1)[-1]
    if name.endswith(".yml"):
        return error(where, "文件名请以 .yaml 结尾", "rename the file to end in .yaml")
    zh, en = did_you_mean(name, EDITED)
    return error(where, f"rules/{policy_id}/ 中没有名为 {name} 的规则文件, {zh}", f"{name} is no rule file, {en}")


def read_document(text: str, path: str) -> tuple[Node | None, list[Problem]]:
    """The tree of one YAML text and what YAML itself is refused for; no tree where the text cannot be read at all."""
    problems = list(_bad_characters(text, path))
    if problems:
        return None, problems
    reader = _Reader(path, problems)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            reader.take(event)
    except _TooDeep as refused:
        problems.append(error(refused.where, f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels"))
        return None, problems
    except yaml.MarkedYAMLError as refused:
        problems.append(_syntax(refused, text, path))
        return None, problems
    if reader.top is None:
        problems.append(error(Where(path, 1, 1), "文件为空", "the file is empty"))
    return reader.top, problems


def _bad_characters(text: str, path: str) -> Iterator[Problem]:
    """Tabs (YAML forbids them where they matter most), bytes that are not UTF-8, control characters."""
    if text.isprintable():
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.isprintable():
            continue
        for column, character in enumerate(line, start=1):
            where = Where(path, number, column)
            if character == "\t":
                yield error(where, "请用空格代替制表符 (Tab)", "use spaces instead of a tab")
                break
            if "\ud800" <= character <= "\udfff":
                yield error(where, "文件不是 UTF-8 编码, 请另存为 UTF-8", "the file is not UTF-8, save it as UTF-8")
                return
            if (character < " " and character != "\r") or "\x7f" <= character < "\xa0" or character in _INVISIBLE:
                code = f"U+{ord(character):04X}"
                yield error(where, f"含有不可见的控制字符 {code}, 请删去", f"remove the control character {code}")
                break


def _syntax(refused: yaml.MarkedYAMLError, text: str, path: str) -> Problem:
    """What the YAML parser stumbled over, with the usual suspects: indents, and punctuation of a Chinese keyboard."""
    unfinished = refused.problem is not None and "could not find expected ':'" in refused.problem
    mark: Any = (refused.context_mark if unfinished else refused.problem_mark) or refused.problem_mark or refused.context_mark
    where = Where(path, mark.line + 1, mark.column + 1) if mark else Where(path, 1, 1)
    said = ", ".join(part for part in (refused.context, refused.problem) if part)
    line = (text.split("\n") + [""])[where.line - 1]
    if wide := "".join(sign for sign in "：，｛｝［］“”" if sign in line):
        zh = f"YAML 写法有误, 此行含全角标点 {wide}, 请改为半角 ({said})"
        return error(where, zh, f"not YAML: this line holds full-width punctuation {wide}, write the plain signs ({said})")
    zh = f"YAML 写法有误, 请检查缩进、冒号后的空格、引号与括号 ({said})"
    return error(where, zh, f"not YAML: check indents, the space after a colon, quotes and brackets ({said})")


class _TooDeep(Exception):
    def __init__(self, where: Where) -> None:
        self.where = where


@dataclass
class _Open:
    """A list or mapping being read."""

    where: Where
    key: Where | None
    entries: list[Node] | dict[str, Node]
    places: dict[str, Where]
    name: str | None = None
    name_at: Where | None = None
    seen: dict[str, Where] = field(default_factory=dict)


class _Reader:
    """Builds the tree from parser events, without recursion."""

    def __init__(self, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.top: Node | None = None
        self.documents = 0
        self.open: list[_Open] = []

    def take(self, event: yaml.Event) -> None:
        """Adds what one event says."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            where = self._where(event)
            name = f"*{event.anchor}"
            self._refuse(where, f"不可使用引用 {name}, 请把内容写全", f"no aliases ({name}): write the content out")
            if self._expects_key():
                self.open[-1].name = f"\0{len(self.open[-1].seen)}"
            else:
                self._add(Node(None, where, key=self._key()))
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents == 2:
                zh, en = "一个文件只写一份文档, 请删去多余的 ---", "one document a file: remove the extra ---"
                self._refuse(self._where(event), zh, en)

    def _where(self, event: yaml.Event) -> Where:
        mark: Any = event.start_mark
        return Where(self.path, mark.line + 1, mark.column + 1)

    def _refuse(self, where: Where, zh: str, en: str) -> None:
        self.problems.append(error(where, zh, en))

    def _decorations(self, event: Any, where: Where) -> None:
        if event.anchor is not None:
            name = f"&{event.anchor}"
            self._refuse(where, f"不可使用锚点 {name}, 请把内容写全", f"no anchors ({name}): write the content out")
        if event.tag is not None:
            self._refuse(where, f"不可使用标签 {event.tag}, 请删去", f"no tags ({event.tag}): remove it")

    def _expects_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].entries, dict) and self.open[-1].name is None

    def _key(self) -> Where | None:
        return self.open[-1].name_at if self.open else None

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        where, style = self._where(event), event.style
        if event.anchor is not None or event.tag is not None:
            self._decorations(event, where)
        if self._expects_key():
            self._name(self.open[-1], event, where)
            return
        quoted = style not in ("", None)
        end: Any = event.end_mark
        if quoted or end.line >= where.line:
            single = end.line < where.line and style in ("'", '"')
            where = Where(where.path, where.line, where.column, lead=1 if single else None)
        value = None if event.value == "null" and not quoted else event.value
        self._add(Node(value, where, quoted, self._key()))

    def _name(self, holder: _Open, event: yaml.ScalarEvent, where: Where) -> None:
        name = event.value
        if name == "<<" and event.style in ("", None):
            self._refuse(where, "不可使用合并键 <<, 请把内容写全", "no merge keys (<<): write the content out")
        elif first := holder.seen.get(name):
            zh = f'键 "{name}" 重复, 前一处在第 {first.line} 行: 只留一处'
            self._refuse(where, zh, f'the key "{name}" is repeated, first on line {first.line}: keep one')
        holder.seen.setdefault(name, where)
        holder.name, holder.name_at = name, where

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        where = self._where(event)
        self._decorations(event, where)
        if self._expects_key():
            self._refuse(where, "键应为文本", "a key must be text")
            holder = self.open[-1]
            holder.name, holder.name_at = f"\0{len(holder.seen)}", where
            holder.seen[holder.name] = where
            entries: list[Node] | dict[str, Node] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            self.open.append(_Open(where, None, entries, {}, seen={"\0key": where}))
            return
        if len(self.open) >= MAX_DEPTH:
            raise _TooDeep(where)
        places: dict[str, Where] = {}
        where = Where(where.path, where.line, where.column, keys=places)
        self.open.append(_Open(where, self._key(), {} if isinstance(event, yaml.MappingStartEvent) else [], places))

    def _end(self) -> None:
        done = self.open.pop()
        if "\0key" in done.seen:
            return
        value = tuple(done.entries) if isinstance(done.entries, list) else done.entries
        self._add(Node(value, done.where, key=done.key))

    def _add(self, node: Node) -> None:
        if not self.open:
            if self.top is None:
                self.top = node
            return
        holder = self.open[-1]
        if isinstance(holder.entries, list):
            holder.places[str(len(holder.entries))] = node.where
            holder.entries.append(node)
        elif holder.name is not None:
            if not holder.name.startswith("\0"):
                holder.entries.setdefault(holder.name, node)
                holder.places.setdefault(holder.name, node.where)
            holder.name = None
