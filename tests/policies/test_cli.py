"""The commands on rule files as other programs use them: exit codes, what is printed where, and in which order."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from appraisal.cli import main

ROOT = Path(__file__).parents[2]
BAD_RULES = ROOT / "tests" / "bad_rules"
MISTAKES = sorted(BAD_RULES.glob("*.yaml"))
PROBLEM = re.compile(r"(?P<path>(rules|weights)/[^:]+):(?P<line>[1-9]\d*):[1-9]\d*: (?P<severity>\w+): (?P<message>.+)")
SUMMARY = re.compile(
    r"(?P<policy>\w+): (?P<error>\d+) error, (?P<warning>\d+) warning, (?P<assumed>\d+) assumed( \(of these [^)]+\))?"
)
WORKSHOP = "weights/mini/workshop.yaml"
GOAL = {"id": "plan", "kind": "gs", "weight": "100", "rating": "90"}
MINI = ("--root", str(BAD_RULES / "_base"))
CASE: dict[str, Any] = {"policy": "mini", "on": "2026-03-31", "period": "2026-Q1", "post": "sales", "items": [GOAL]}


def run(*arguments: str, text: str | bytes | None = None) -> Result:
    """The command's answer; an exception of our own code is a failure of the test, never an exit code."""
    result = CliRunner().invoke(main, list(arguments), input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def told(result: Result) -> tuple[list[re.Match[str]], dict[str, tuple[int, int, int]]]:
    """What a check prints: every problem on a line of its own, and the counts of each summary line by what was checked."""
    lines = result.stdout.splitlines()
    counts = {
        match["policy"]: (int(match["error"]), int(match["warning"]), int(match["assumed"]))
        for line in lines
        if (match := SUMMARY.fullmatch(line))
    }
    problems = [match for line in lines if (match := PROBLEM.fullmatch(line))]
    assert len(problems) + len(counts) == len(lines), result.stdout
    return problems, counts


def score(*cases: Any, options: tuple[str, ...] = ()) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and outcomes of cases as JSON lines; texts go in as they are."""
    text = "\n".join(case if isinstance(case, str) else json.dumps(case, ensure_ascii=False) for case in cases)
    return scored(text, *options)


def scored(text: str | bytes, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and outcomes of a whole text, by the small policy unless another root is given."""
    result = run("score", "-", *(options or MINI), text=text)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def in_short(outcomes: list[dict[str, Any]]) -> list[str]:
    """Each outcome as its score, each error as its code."""
    return [outcome["error"]["code"] if "error" in outcome else outcome["score"] for outcome in outcomes]


def rated(rating: str, **changes: Any) -> dict[str, Any]:
    return {**CASE, "items": [{**GOAL, "rating": rating}], **changes}


def root_with(folder: Path, path: str, text: str) -> Path:
    """The small sound policy with one of its files replaced, and that for monitoring where the file is one of its own."""
    shutil.copytree(BAD_RULES / "_base", folder, dirs_exist_ok=True)
    if path.startswith("rules/watch/"):
        shutil.copytree(BAD_RULES / "_watch", folder, dirs_exist_ok=True)
    (folder / path).write_text(text, "utf-8")
    return folder


# policy check


def test_the_shipped_rules_have_no_error_and_their_assumptions_are_listed() -> None:
    result = run("policy", "check")
    problems, counts = told(result)
    assert result.exit_code == 0
    names = ("calendar", "coal_group", "kpi_sop", "plant", "trading")
    assert {name: error for name, (error, _, _) in counts.items()} == dict.fromkeys(names, 0)
    assert [counts[name][1] for name in ("calendar", "trading")] == [0, 0]
    assumed = [match for match in problems if match["severity"] == "assumed"]
    assert len(assumed) == sum(count for _, _, count in counts.values()) > 50


def test_a_named_policy_is_checked_alone() -> None:
    assert list(told(run("policy", "check", "trading"))[1]) == ["trading"]


def test_a_policy_without_findings_prints_its_summary_only() -> None:
    result = run("policy", "check", "mini", *MINI)
    assert (result.exit_code, result.stdout) == (0, "mini: 0 error, 0 warning, 0 assumed\n")


def test_what_a_file_declares_as_restored_or_doubtful_is_named_in_the_summary(tmp_path: Path) -> None:
    text = (BAD_RULES / "_base" / WORKSHOP).read_text("utf-8")
    text = text.replace("source: 生产日报", "raw: 生产报 | 品产量, restored: true, uncertain: 原文缺字, source: 生产日报")
    root = root_with(tmp_path, WORKSHOP, text)
    summary = "mini: 0 error, 1 warning, 1 assumed (of these 1 uncertain, 1 restored)"
    assert run("policy", "check", "mini", "--root", str(root)).stdout.splitlines()[-1] == summary


def test_as_json_every_finding_stands_in_one_list_with_its_place(tmp_path: Path) -> None:
    text = (BAD_RULES / "_base" / WORKSHOP).read_text("utf-8")
    text = text.replace("source: 生产日报", "raw: 生产报 | 品产量, restored: true, uncertain: 原文缺字, source: 生产日报")
    result = run("policy", "check", "mini", "--json", "--root", str(root_with(tmp_path, WORKSHOP, text)))
    ((report,), code) = (json.loads(result.stdout)["checked"], result.exit_code)
    assert (report["policy"], code) == ("mini", 0)
    assert report["counts"] == {"error": 0, "warning": 0, "assumed": 0, "uncertain": 1, "restored": 1}
    (restored,) = report["restored"]
    assert (restored["path"], restored["line"]) == (WORKSHOP, 14)
    assert "「生产报 | 品产量」读作「产量」" in restored["message"]


def test_as_json_an_error_is_told_and_still_exits_1(tmp_path: Path) -> None:
    bad = (BAD_RULES / "weights_total_99_99.yaml").read_text("utf-8")
    result = run("policy", "check", "--json", "--root", str(root_with(tmp_path, "weights/mini/sales.yaml", bad)))
    calendar, mini = json.loads(result.stdout)["checked"]
    assert (calendar["policy"], mini["counts"]["error"], result.exit_code) == ("calendar", 1, 1)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.stem)
def test_every_bad_rule_file_is_told_by_the_command_as_its_first_line_promises(mistake: Path, tmp_path: Path) -> None:
    text = mistake.read_text("utf-8")
    first, second = text.splitlines()[:2]
    severity, line, words = re.fullmatch(r"# (\w+) (\d+): (.+)", first).groups()  # type: ignore[union-attr]
    path = second.removeprefix("# on: ")
    result = run("policy", "check", "--root", str(root_with(tmp_path, path, text)))
    read, counts = told(result)
    assert any(
        (match["path"], match["line"], match["severity"]) == (path, line, severity) and words in match["message"]
        for match in read
    ), result.stdout
    for place, kind in enumerate(("error", "warning", "assumed")):
        assert sum(count[place] for count in counts.values()) == sum(match["severity"] == kind for match in read)
    assert result.exit_code == (1 if severity == "error" else 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("policy", "check", "nope"),
        ("policy", "check", "--root", "/nowhere/at/all"),
        ("policy", "check", "--root", str(ROOT / "tests" / "golden")),
        ("policy", "check", "one", "two"),
        ("policy", "show"),
        ("policy", "show", "nope", "--json"),
        ("policy", "show", "trading", "--on", "20260331"),
        ("policy", "show", "trading", "--on", "2026-W14-1"),
        ("policy", "show", "trading", "--on", "2026-02-30"),
        ("score",),
        ("score", "/nowhere/at/all.json"),
        ("formula",),
        ("formula", "a", "a"),
        ("formula", "a", "a=1e3"),
        ("formula", "a", "a=1", "a=2"),
    ],
)
def test_a_command_used_wrongly_exits_2_and_prints_nothing_to_read(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_the_command_is_installed_and_reads_standard_input() -> None:
    command = str(Path(sys.executable).with_name("appraisal"))
    case = json.dumps({**CASE, "policy": "trading"}).encode()
    done = subprocess.run([command, "score", "-"], input=case, capture_output=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["multiplier"]) == (0, "1.2")
    mistake = [command, "policy", "check", "--root", str(ROOT / "tests" / "golden")]
    assert subprocess.run(mistake, capture_output=True, check=False).returncode == 2


# policy show


def test_the_shipped_policy_is_shown_whole() -> None:
    result = run("policy", "show", "trading", "--on", "2026-03-31", "--json")
    shown = json.loads(result.stdout)
    assert result.exit_code == 0 and len(result.stdout.splitlines()) == 1
    assert list(shown)[:4] == ["policy", "title", "effective", "digest"]
    assert {"grades", "indicators", "posts", "assumed"} <= set(shown)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", shown["digest"])
    assert [(band["grade"], band["from"], band["multiplier"]) for band in shown["grades"]] == [
        *(("S", "95", "1.5"), ("A", "85", "1.2"), ("B", "75", "1"), ("C", "60", "0.5"), ("D", "0", "0"))
    ]
    assert len(shown["indicators"]) == 31
    assert len({indicator["source_row"] for indicator in shown["indicators"]}) == 30
    assert {post["id"]: post["dimensions"] for post in shown["posts"]} == {
        "sales": {"finance": "60", "customer": "30", "operations": "10"},
        "purchasing": {"finance": "50", "operations": "40", "risk": "10"},
        "documents_logistics": {"operations": "60", "risk": "20", "team": "20"},
        "marketing": {"customer": "50", "sales_support": "30", "team": "20"},
        "functional": {"team": "40", "operations": "40", "risk": "20"},
    }
    assert all(entry["reason"] and entry["line"] > 0 for entry in shown["assumed"])


def test_each_indicator_has_the_agreed_keys() -> None:
    shown = json.loads(run("policy", "show", "trading", "--on", "2026-03-31", "--json").stdout)
    keys = {"id", "name", "dimension", "kind", "unit", "direction", "formula", "inputs", "zero_denominator", "sources"}
    keys |= {"applies_to", "target", "operator", "cadence", "status", "source_row"}
    assert all(keys <= set(indicator) for indicator in shown["indicators"])
    assert {indicator["direction"] for indicator in shown["indicators"]} <= {"higher", "lower", "target", "zero", None}


def test_before_its_first_edition_a_policy_is_not_shown() -> None:
    result = run("policy", "show", "trading", "--on", "2025-12-31", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "2026-01-01" in result.stderr


def test_a_policy_with_errors_is_not_shown_and_scores_nothing(tmp_path: Path) -> None:
    grades = (BAD_RULES / "bands_unsorted.yaml").read_text("utf-8")
    root = str(root_with(tmp_path, "rules/mini/grades.yaml", grades))
    for result in (
        run("policy", "show", "mini", "--on", "2026-03-31", "--json", "--root", root),
        run("score", "-", "--policy", "mini", "--root", root, text=json.dumps(CASE)),
    ):
        assert (result.exit_code, result.stdout) == (1, "")
        assert PROBLEM.fullmatch(result.stderr.splitlines()[0])


# score


def test_one_object_an_array_and_json_lines_give_one_outcome_a_line_in_order() -> None:
    cases = [rated(rating) for rating in ("95", "60", "84.5")]
    lines = [json.dumps(case) for case in cases]
    for text in (json.dumps(cases), json.dumps(cases, indent=2), "\n".join(lines), "\r\n\n".join(lines)):
        exit_code, outcomes = scored(text)
        assert (exit_code, in_short(outcomes)) == (0, ["95", "60", "84.5"])
    exit_code, outcomes = scored(json.dumps(cases[0], indent=2))
    assert (exit_code, in_short(outcomes)) == (0, ["95"])
    assert scored("[]") == (0, [])


def test_a_file_is_read_like_standard_input_with_or_without_a_mark_of_its_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig"):
        path = tmp_path / encoding
        path.write_text(json.dumps({**CASE, "items": [{**GOAL, "name": "牵头"}]}, ensure_ascii=False), encoding)
        result = run("score", str(path), *MINI)
        assert (result.exit_code, json.loads(result.stdout)["score"]) == (0, "90")
        assert "牵头" in result.stdout


def test_an_outcome_has_the_agreed_keys() -> None:
    _, (outcome,) = score(CASE)
    assert list(outcome) == [
        *("policy", "digest", "computed_score", "score", "vetoed", "grade", "multiplier", "outcomes", "items", "fired", "lines")
    ]
    assert set(outcome["items"][0]) == {"id", "computed", "score", "weight", "weighted", "missing", "zeroed_by"}
    assert outcome["multiplier"] == "1.2"


def test_json_numbers_are_read_from_their_text() -> None:
    text = json.dumps(CASE).replace('"90"', "84.99999999").replace('"100"', "100")
    assert score(text)[1][0]["grade"] == "A", "85 at the four places of an item score"
    assert score(text.replace("84.99999999", "84.99994999"))[1][0]["score"] == "84.9999"
    assert score(text.replace("84.99999999", "84.999949999"))[1][0]["error"]["code"] == "bad_number"


def test_weights_off_the_profile_are_a_warning_on_standard_error() -> None:
    result = run("score", "-", *MINI, text=json.dumps(CASE))
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0].startswith("warning: dimension finance of post sales has 0 points")
    assert "warning" not in result.stdout


@pytest.mark.parametrize(
    "figure",
    [
        *("NaN", "Infinity", "-Infinity", "1e400", "1e3", "1E-2", "true", "false", "[90]", "{}", '"４.５"', '"NaN"', '"1e400"'),
        *('""', '"90 "', "1234567890123456", "0.123456789", '"0.123456789"', '"+90"', '".5"', '"九十"'),
    ],
)
def test_a_figure_that_is_no_plain_number_is_refused_and_the_others_are_scored(figure: str) -> None:
    bad = json.dumps(CASE).replace('"rating": "90"', f'"rating": {figure}')
    parts = [json.dumps(rated("95")), bad, json.dumps(rated("60"))]
    for text in ("\n".join(parts), f"[{','.join(parts)}]"):
        exit_code, outcomes = scored(text)
        assert (exit_code, in_short(outcomes)) == (1, ["95", "bad_number", "60"])
        assert outcomes[1]["error"]["path"] == "items[0].rating"
        assert set(outcomes[1]["error"]["message"]) == {"zh", "en"}


@pytest.mark.parametrize(
    ("broken", "lines_only"),
    [
        (json.dumps(CASE).replace('"post"', '"post": "sales", "post"'), False),
        (json.dumps(CASE).replace('"plan"', '"\\ud800"'), False),
        ('{"policy": "trading",, "on": 1}', False),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", False),
        ('{"a": "' + "]" * 3000 + '", "b": ' + "[" * 2000, True),
        ("{" * 100_000, True),
        ('{"policy": "trading"', True),
        ("nonsense", True),
        ('{"a": "\u2028"', True),
    ],
    ids=["repeated key", "half a character", "syntax", "deep", "hidden depth", "bomb", "cut short", "nonsense", "separator"],
)
def test_a_case_that_cannot_be_read_is_refused_in_its_place(broken: str, lines_only: bool) -> None:
    cases = [json.dumps(rated("95")), broken, json.dumps(rated("60"))]
    code, outcomes = score(*cases)
    assert (code, in_short(outcomes)) == (1, ["95", "bad_json", "60"])
    assert outcomes[1]["error"]["path"] == "line 2"
    if not lines_only:
        code, outcomes = scored(f"[{', '.join(cases)}]")
        assert (code, in_short(outcomes)) == (1, ["95", "bad_json", "60"])
        assert outcomes[1]["error"]["path"] == "[1]"


def test_the_first_of_several_lines_may_be_the_broken_one() -> None:
    assert in_short(score('{"policy"', rated("95"))[1]) == ["bad_json", "95"]
    assert in_short(score("nonsense", rated("95"))[1]) == ["bad_json", "95"]
    assert in_short(score('{"policy"', '{"on"')[1]) == ["bad_json", "bad_json"]


def test_one_broken_object_over_several_lines_is_one_error() -> None:
    text = json.dumps(CASE, indent=2).replace('"post"', '"post": "sales",\n  "post"')
    assert in_short(score(text)[1]) == ["bad_json"]
    assert in_short(score(text.removesuffix("}"))[1]) == ["bad_json"]


@pytest.mark.parametrize("text", ["", "  \n", "[", "nonsense", '{"policy": "trading"', "[1] [2]"])
def test_text_that_is_no_json_is_one_error(text: str) -> None:
    exit_code, outcomes = scored(text)
    assert (exit_code, in_short(outcomes)) == (1, ["bad_json"])


def test_bytes_that_are_no_utf8_are_an_error_where_they_stand() -> None:
    bad = json.dumps(CASE).encode().replace(b"plan", b"pl\xe4n")
    assert in_short(scored(json.dumps(rated("95")).encode() + b"\n" + bad)[1]) == ["95", "bad_json"]
    assert in_short(scored('{"post": "销售"}'.encode("gb18030"))[1]) == ["bad_json"]


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"policy": "nope"}, "unknown_policy", "policy"),
        ({"policy": None}, "unknown_policy", "policy"),
        ({"on": "2025-12-31"}, "no_policy_in_force", "on"),
        ({"on": "2026-W14-1"}, "bad_date", "on"),
        ({"period": "0001-W01"}, "bad_period", "period"),
        ({"post": "management"}, "post_refused", "post"),
        ({"post": "astronaut"}, "unknown_post", "post"),
        ({"items": []}, "no_items", "items"),
        ({"items": [{**GOAL, "weight": "99.99"}]}, "weights_not_100", "items"),
        ({"items": [{**GOAL, "rating": None}]}, "missing_rating", "items[0].rating"),
        ({"items": [GOAL, GOAL]}, "repeated_item", "items[1].id"),
        ({"incidents": [{"event": "flood"}]}, "unknown_event", "incidents[0].event"),
        ({"history": [{"period": "2026-Q2", "grade": "A"}]}, "not_past", "history[0].period"),
        ({"score": "95"}, "unknown_key", "score"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_case_that_cannot_be_scored_gives_a_named_error_in_its_place(changes: dict[str, Any], code: str, path: str) -> None:
    exit_code, outcomes = score(rated("95"), {**CASE, **changes}, rated("60"))
    assert (exit_code, in_short(outcomes)) == (1, ["95", code, "60"])
    assert list(outcomes[1]) == ["error"]
    assert outcomes[1]["error"]["path"] == path
    assert all(outcomes[1]["error"]["message"].values())


@pytest.mark.parametrize("case", ["5", '"case"', "null", "true"])
def test_a_case_that_is_no_object_is_refused(case: str) -> None:
    assert in_short(score(f"[{case}]")[1]) == ["bad_case"]


def test_the_option_beats_the_policy_of_the_case() -> None:
    named = {**CASE, "policy": "nope"}
    assert score(named, options=("--policy", "mini", *MINI))[1][0]["policy"] == "mini"
    assert in_short(score(named)[1]) == ["unknown_policy"]
    assert in_short(score(CASE, options=("--policy", "nope", *MINI))[1]) == ["unknown_policy"]
    shipped = score(CASE, options=("--policy", "trading"))[1][0]
    assert (shipped["policy"], shipped["grade"], shipped["multiplier"]) == ("trading", "A", "1.2")


def test_paths_are_relative_to_the_root() -> None:
    _, (outcome,) = score(CASE)
    assert [rule["rule"] for rule in outcome["fired"]] == ["grades/A"]
    assert all((BAD_RULES / "_base" / line["path"]).is_file() for line in [*outcome["fired"], *outcome["lines"]])


# formula


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (("1/3",), "0.33333333"),
        (("2/3",), "0.66666667"),
        (("-2/3",), "-0.66666667"),
        (("-a + 1", "a=3"), "-2"),
        (("(1 - 1) * 5",), "0"),
        (("毛利润 / 销售额 * 100", "毛利润=18", "销售额=120"), "15"),
        (("0.1 + 0.2",), "0.3"),
        (("round(84.5, 0)",), "85"),
        (("max(1, 2, 3) ÷ 2",), "1.5"),
        (("a", "a=-0.50"), "-0.5"),
    ],
)
def test_a_formula_prints_the_decimal_alone(arguments: tuple[str, ...], printed: str) -> None:
    result = run("formula", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{printed}\n", "")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("1/0",), "zero_denominator"),
        (("0/0",), "zero_denominator"),
        (("a/b", "a=1", "b=0"), "zero_denominator"),
        (("1/(0-2)",), "negative_denominator"),
        (("1 +",), "formula_syntax"),
        (("a + b", "a=1"), "unknown_name"),
    ],
)
def test_a_formula_without_a_result_exits_1_and_names_the_reason(arguments: tuple[str, ...], code: str) -> None:
    result = run("formula", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{code}: ")


@pytest.mark.parametrize("expression", ["9**9**9", "(" * 100_000, "a.b", "__import__('os')", "lambda: 1", "1" * 100_000])
def test_a_hostile_formula_is_refused_with_a_column(expression: str) -> None:
    result = run("formula", expression)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.match(r"\w+: column \d+: ", result.stderr)
