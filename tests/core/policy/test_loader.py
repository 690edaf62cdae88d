"""Rule files become dated rules, or a list of everything that is wrong with them."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from appraisal.core.errors import PolicyError
from appraisal.core.policy.loader import load_book, policy_names, read_document, read_files
from tests.core.policy.mini import FILES, FIRST_DAY, GRADES, book_of, files_with, policy_with, refusals_with

NEXT_YEAR = """editions:
  - effective: 2027-01-01
    bands:
      - {grade: A, name: {zh: 优秀, en: Excellent}, from: 90, multiplier: 1.2}
      - {grade: C, name: {zh: 不合格, en: Poor}, from: 0, multiplier: 0}
"""

NO_NUMBERS = """
    +5 .5 5. 05 1e3 1_000 0x10 0o7 60:40 1,000 ５ NaN .inf true null ~ 60%
    1000000000000000 0.123456789 "85" '' [85] {a:85}
"""
NO_TEXTS = "60:40 010 no Yes 1e3 ~ 2026-01-01 3.5 0x1F on NULL = 1_000"


def said(text: str) -> list[str]:
    """Line, column and message of what one text is refused for."""
    _, problems = read_document(text, "a.yaml")
    return [f"{problem.where.line}:{problem.where.column} {problem.message}" for problem in problems]


def test_a_text_becomes_a_tree_that_knows_every_place() -> None:
    node, problems = read_document("a: 1\nb:\n  - {c: 甲乙, d: 'x'}\n", "a.yaml")
    assert node is not None and problems == []
    assert isinstance(node.value, dict)
    (entry,) = node.value["b"]
    assert str(entry.where) == "a.yaml:3:5"
    assert str(entry.where.at("c")) == "a.yaml:3:9"
    assert str(entry.where.at("d")) == "a.yaml:3:16"
    assert str(node.where.at("b").at(0)) == "a.yaml:3:5"
    assert node.where.at("nothing") is node.where


def test_a_character_of_a_quoted_text_is_counted_behind_the_quote() -> None:
    node, _ = read_document('a: x + y\nb: "x + y"\nc: |\n  x + y\n', "a.yaml")
    assert node is not None
    assert [str(node.where.at(key).character(3)) for key in "abc"] == ["a.yaml:1:6", "a.yaml:2:7", "a.yaml:3:4"]


def test_only_a_plain_null_is_null() -> None:
    node, _ = read_document('[null, "null", ~, ""]', "a.yaml")
    assert node is not None
    assert [child.value for child in node] == [None, "null", "~", ""]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: &x 1", "1:4 不可使用锚点 &x"),
        ("a: 1\nb: *x", "2:4 不可使用引用 *x"),
        ("a: !!str 1", "1:4 不可使用标签"),
        ("a: !thing {b: 1}", "1:4 不可使用标签"),
        ("<<: {a: 1}", "1:1 不可使用合并键"),
        ("a: 1\n\na: 2", '3:1 键 "a" 重复, 前一处在第 1 行'),
        ("[a, b]: 1", "1:1 键应为文本"),
        ("a: 1\n--- \nb: 2", "2:1 一个文件只写一份文档"),
        ("a:\t1", "1:3 请用空格代替制表符"),
        ("a: \x07", "1:4 含有不可见的控制字符 U+0007"),
        ("a: b: c", "1:5 YAML 写法有误"),
        ("", "1:1 文件为空"),
        ("# nothing\n", "1:1 文件为空"),
    ],
)
def test_what_yaml_could_read_in_two_ways_is_refused_with_its_place(text: str, place: str) -> None:
    (first, *_) = said(text)
    assert first.startswith(place)


def test_a_quoted_merge_sign_is_a_key_like_any_other() -> None:
    assert said('"<<": 1') == []


def test_one_document_may_begin_with_dashes() -> None:
    assert said("---\na: 1\n") == []


def test_several_refusals_of_one_text_come_together() -> None:
    assert len(said("a: &x 1\na: !t 2\nb: &y 3\n")) == 4


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert any("引用" in line for line in said("\n".join(lines)))


@pytest.mark.parametrize(("depth", "refused"), [(24, False), (25, True)])
def test_nesting_is_bounded(depth: int, refused: bool) -> None:
    assert any("嵌套超过 24 层" in line for line in said("[" * depth + "1" + "]" * depth)) is refused


def test_a_hundred_thousand_brackets_are_refused() -> None:
    assert said("a: " + "[" * 100_000)


def test_files_are_found_by_their_path_below_the_root(tmp_path: Path) -> None:
    for name in ("rules/mini/grades.yaml", "rules/mini/indicators/a.yaml", "weights/mini/b.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a: 1", encoding="utf-8")
    (tmp_path / "rules/mini/README.md").write_text("not a rule", encoding="utf-8")
    (tmp_path / "rules/mini/.grades.yaml").write_text("an editor's copy", encoding="utf-8")
    found = read_files(tmp_path)
    assert list(found) == ["rules/mini/grades.yaml", "rules/mini/indicators/a.yaml", "weights/mini/b.yaml"]
    assert policy_names(found) == ["mini"]


def test_the_calendar_is_no_policy() -> None:
    assert policy_names({"rules/calendar/2026.yaml": "", "rules/b/policy.yaml": "", "weights/a/x.yaml": ""}) == ["a", "b"]


def test_a_byte_order_mark_is_read_over_and_another_encoding_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "mini"
    folder.mkdir(parents=True)
    (folder / "policy.yaml").write_bytes("policy: mini".encode("utf-8-sig"))
    (folder / "grades.yaml").write_bytes("title: 等级".encode("gb18030"))
    files = read_files(tmp_path)
    assert files["rules/mini/policy.yaml"] == "policy: mini"
    _, problems = load_book(files, "mini")
    (encoding,) = [problem for problem in problems if "UTF-8" in problem.message]
    assert str(encoding.where) == "rules/mini/grades.yaml:1:8"


def test_a_missing_required_file_is_named_and_an_optional_one_is_not_missed() -> None:
    for name in ("policy", "scoring", "grades", "workflow", "outcomes", "vetoes"):
        path, missed = f"rules/mini/{name}.yaml", name not in ("outcomes", "vetoes")
        book, problems = load_book({other: text for other, text in FILES.items() if other != path}, "mini")
        assert (book is None) is missed
        assert [str(problem.where) for problem in problems] == ([f"{path}:1:1"] if missed else [])
        assert all(path in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("rules/mini/grade.yaml", '是否想写 "grades.yaml"'),
        ("rules/mini/grades.yml", "以 .yaml 结尾"),
        ("rules/mini/indicators/deeper/x.yaml", "没有名为 x.yaml 的规则文件"),
    ],
)
def test_a_file_that_no_rule_reads_is_refused(path: str, words: str) -> None:
    book, problems = load_book({**FILES, path: "a: 1"}, "mini")
    assert book is None
    assert [(problem.where.path, words in problem.message) for problem in problems] == [(path, True)]


def test_problems_of_all_files_come_at_once_in_order_of_place() -> None:
    files = files_with(GRADES, ("from: 60", "from: 060"), ("from: 0,", "from: zero,"))
    files["weights/mini/sales.yaml"] = files["weights/mini/sales.yaml"].replace("finance: 60", "finance: 60:40")
    _, problems = load_book(files, "mini")
    written = ((GRADES, 6, "060"), (GRADES, 7, "zero"), ("weights/mini/sales.yaml", 8, "60:40"))
    places = [(path, line, files[path].splitlines()[line - 1].index(text) + 1) for path, line, text in written]
    assert [(problem.where.path, problem.where.line, problem.where.column) for problem in problems] == places


def test_files_of_another_policy_are_not_looked_at() -> None:
    assert load_book({**FILES, "rules/other/grades.yaml": "a: &x 1"}, "mini")[1] == []


def test_numbers_keep_the_text_they_were_written_with() -> None:
    policy = policy_with(GRADES, ("from: 85, multiplier: 1.2", "from: 84.50, multiplier: 0.1"))
    assert (policy.bands[0].from_, policy.bands[0].multiplier) == (Decimal("84.5"), Decimal("0.1"))


@pytest.mark.parametrize("text", ["0", "-1", "85", "85.5", "999999999999999", "0.12345678", "-0.5"])
def test_plain_decimals_are_numbers(text: str) -> None:
    assert policy_with(GRADES, ("from: 85", f"from: {text}")).bands[0].from_ == Decimal(text)


@pytest.mark.parametrize("text", NO_NUMBERS.split())
def test_anything_else_is_no_number(text: str) -> None:
    (problem,) = refusals_with(GRADES, ("from: 85, multiplier: 1.2}", f"multiplier: 1.2, from: {text}}}"))
    assert problem.where.line == 5


@pytest.mark.parametrize("text", NO_TEXTS.split())
def test_a_text_that_yaml_reads_as_something_else_wants_quotes(text: str) -> None:
    change = ("    bands:", f"    source: {text}\n    bands:")
    (problem,) = refusals_with(GRADES, change)
    assert f'"{text}"' in problem.message
    assert policy_with(GRADES, (change[0], change[1].replace(text, f'"{text}"'))).grades.source == text


@pytest.mark.parametrize("text", ["第七条", "no. 7", "12-3a", "yesterday", "A级", "60分以下"])
def test_other_texts_need_no_quotes(text: str) -> None:
    assert policy_with(GRADES, ("    bands:", f"    source: {text}\n    bands:")).grades.source == text


def test_a_reason_stands_for_an_entry_or_for_one_of_its_keys() -> None:
    policy = policy_with(
        GRADES,
        ("from: 85, multiplier: 1.2}", "from: 85, multiplier: 1.2, assumed: 未写}"),
        ("from: 60, multiplier: 1}", "from: 60, multiplier: 1, assumed: {from: 重叠, multiplier: 未写}}"),
    )
    a, b, _ = policy.bands
    assert [(one.key, one.reason) for one in a.assumed] == [(None, "未写")]
    assert [(one.key, one.reason) for one in b.assumed] == [("from", "重叠"), ("multiplier", "未写")]
    assert b.assumed[0].where.line == 6


def test_the_newest_edition_that_has_begun_is_in_force() -> None:
    book = book_of(files_with(GRADES, ("editions:\n", NEXT_YEAR)))
    turn = date(2027, 1, 1)
    assert book.dates == (FIRST_DAY, turn)
    assert len(book.on(turn - timedelta(days=1)).bands) == 3
    assert len(book.on(turn).bands) == 2
    assert book.on(turn).effective == turn
    assert book.on(date(2030, 6, 1)) is book.on(turn)


def test_before_the_first_day_of_any_required_file_no_policy_is_in_force() -> None:
    book = book_of(files_with(GRADES, ("effective: 2026-01-01", "effective: 2026-03-01")))
    assert book.dates == (date(2026, 3, 1),)
    with pytest.raises(PolicyError, match="2026-03-01"):
        book.on(date(2026, 2, 28))
    assert book.on(date(2026, 3, 1)).effective == date(2026, 3, 1)


def test_indicators_weights_and_optional_files_begin_when_they_say() -> None:
    later = "effective: 2026-07-01"
    files = {**FILES}
    for path in ("rules/mini/vetoes.yaml", "rules/mini/indicators/finance.yaml", "weights/mini/sales.yaml"):
        files[path] = files[path].replace("effective: 2026-01-01", later)
    book = book_of(files)
    before, after = book.on(date(2026, 6, 30)), book.on(date(2026, 7, 1))
    assert book.dates == (FIRST_DAY, date(2026, 7, 1))
    assert ("revenue" in before.indicators, "revenue" in after.indicators) == (False, True)
    assert (list(before.posts), list(after.posts)) == (["workshop", "foreman"], ["sales", "workshop", "foreman"])
    assert (len(before.vetoes.rules), len(after.vetoes.rules)) == (0, 3)


def test_indicators_stand_in_the_order_of_the_policys_dimensions() -> None:
    swapped = policy_with(
        "rules/mini/policy.yaml",
        ("      - id: finance\n        name: {zh: 财务, en: Finance}\n", ""),
        ("    audiences:", "      - id: finance\n        name: {zh: 财务, en: Finance}\n    audiences:"),
    )
    assert [located.dimension for located in swapped.library][0] == "quality"


def test_a_thousand_posts_are_loaded() -> None:
    head = FILES["weights/mini/sales.yaml"].split("    posts:")[0]
    row = "      - {{id: p{n}, title: {{zh: 岗位, en: Post}}, dimensions: {{finance: 60, quality: 40}}}}\n"
    text = head + "    posts:\n" + "".join(row.format(n=n) for n in range(1000))
    book = book_of({**FILES, "weights/mini/many.yaml": text})
    assert len(book.on(FIRST_DAY).posts) == 1003
