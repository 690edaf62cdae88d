"""The rules every change must keep, and for each a proof that its check can fail.

The settings stand in pyproject.toml; here they are run. A check that cannot fail protects nothing, so every rule is
also tried on a small tree that breaks it.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
CONTRACTS = {contract["id"]: contract for contract in SETTINGS["importlinter"]["contracts"]}
RUFF = SETTINGS["ruff"]["lint"]
BANNED = RUFF["flake8-tidy-imports"]["banned-api"]


def run(command: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a tool of the virtual environment, with what it prints kept as text."""
    tool = Path(sys.executable).parent / command[0]
    return subprocess.run(
        [str(tool) if tool.exists() else command[0], *command[1:]],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "1000", **environment},
        timeout=300,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code and its settings, to spoil."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file in (ROOT / "appraisal").rglob("*.py"):
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    return tmp_path


def spoil(tree: Path, module: str, line: str) -> None:
    """Adds one line to a module of the copy, which is made if there is none."""
    file = tree / module
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.parent.name != "appraisal":
        (file.parent / "__init__.py").touch()
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n")


# --------------------------------------------------------------------------------------------------- which way imports point


def broken_contracts(root: Path, *only: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in only for word in ("--contract", contract)]
    return run(["lint-imports", "--no-logo", "--no-cache", *chosen], root)


def test_imports_point_down_the_order() -> None:
    found = broken_contracts(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in found.stdout


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [
        ("order", "appraisal/policies/service.py", "import appraisal.results.service"),
        ("order", "appraisal/agreements/queries.py", "from appraisal.measures import models"),
        ("order", "appraisal/db.py", "import appraisal.policies.queries"),
        ("order", "appraisal/clock.py", "import appraisal.db"),
        ("order", "appraisal/core/numbers.py", "import appraisal.config"),
        ("order", "appraisal/results/service.py", "import appraisal.app"),
        ("order", "appraisal/helpers.py", "HELP = 1"),
        ("slice", "appraisal/policies/models.py", "import appraisal.policies.service"),
        ("slice", "appraisal/results/queries.py", "import appraisal.results.service"),
        ("slice", "appraisal/measures/service.py", "import appraisal.measures.views"),
        ("edge", "appraisal/results/service.py", "import appraisal.policies.cli"),
        ("edge", "appraisal/web.py", "import appraisal.results.views"),
        ("core", "appraisal/core/numbers.py", "import appraisal.core.inputs"),
        ("core", "appraisal/core/scoring/curves.py", "import appraisal.core.engine"),
        ("core", "appraisal/core/policy/model.py", "from appraisal.core import judging"),
        ("core", "appraisal/core/extra.py", "EXTRA = 1"),
        ("pure", "appraisal/core/inputs.py", "import sqlalchemy"),
        ("pure", "appraisal/core/policy/model.py", "from flask import g"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(tree: Path, contract: str, module: str, line: str) -> None:
    for other in re.findall(r"appraisal\.\w+\.\w+", line):
        spoil(tree, other.replace(".", "/") + ".py", "")
    spoil(tree, module, line)
    found = broken_contracts(tree, contract)
    assert found.returncode == 1, found.stdout + found.stderr
    assert CONTRACTS[contract]["name"] + " BROKEN" in found.stdout, found.stdout + found.stderr
    named = module.removesuffix(".py").replace("/", ".")
    assert named in found.stdout, found.stdout


def slices_of(root: Path) -> set[str]:
    folders = {f"appraisal.{init.parent.name}" for init in root.glob("appraisal/*/__init__.py")}
    return folders - {"appraisal.core", "appraisal.labels"}  # the method, and words


def test_every_slice_is_held_to_the_order_of_its_files() -> None:
    assert set(CONTRACTS["slice"]["containers"]) == slices_of(ROOT)


def test_a_slice_that_no_contract_knows_is_noticed(tree: Path) -> None:
    spoil(tree, "appraisal/canteen/models.py", "MENU = 1")
    assert slices_of(tree) - set(CONTRACTS["slice"]["containers"]) == {"appraisal.canteen"}


def optional_but_there(root: Path, layers: Iterable[str], container: str) -> set[str]:
    """Layers in brackets (import-linter's "may be absent") whose module exists: it would go missing unnoticed."""
    names = {name for layer in layers for name in re.findall(r"\((\w+)\)", layer)}
    folder = root / container.replace(".", "/")
    return {name for name in names if (folder / name).is_dir() or (folder / f"{name}.py").exists()}


@pytest.mark.parametrize("contract", ["order", "core"])
def test_no_layer_that_exists_is_optional(contract: str) -> None:
    settings = CONTRACTS[contract]
    assert settings["exhaustive"] is True
    assert optional_but_there(ROOT, settings["layers"], settings["containers"][0]) == set()


def test_an_optional_layer_that_exists_is_noticed() -> None:
    assert optional_but_there(ROOT, ["(core) : (nowhere)"], "appraisal") == {"core"}


# ------------------------------------------------------------------------------------------------------------------ one door


def door_of(message: str) -> str:
    """The file a ban names as the only one: its message begins "only <file> …"."""
    found = re.search(r"\bonly (appraisal/[\w/]+\.py)\b", message)
    assert found, f"the message of a ban must name its door: {message}"
    return found[1]


def uses_outside_their_door(root: Path) -> list[str]:
    """Every use of a banned thing in a file that is not its door, whatever exceptions or noqa comments say."""
    outside_scope = ["--config", "lint.per-file-ignores = {}", "--ignore-noqa", "--no-cache", "--force-exclude"]
    found = run(["ruff", "check", "--select", "TID251", "--output-format", "json", *outside_scope, "."], root)
    assert found.stderr == "", found.stderr
    wrong = []
    for use in json.loads(found.stdout):
        file = Path(use["filename"]).relative_to(root).as_posix()
        if not file.startswith(("tests/", "bench/")) and file != door_of(use["message"]):
            wrong.append(f"{file}:{use['location']['row']}: {use['message']}")
    return wrong


def test_each_banned_thing_is_used_behind_its_one_door() -> None:
    assert uses_outside_their_door(ROOT) == []


def test_the_exceptions_are_the_doors_and_no_others() -> None:
    excepted = {file for file, rules in RUFF["per-file-ignores"].items() if "TID251" in rules and "*" not in file}
    doors = {door_of(ban["msg"]) for ban in BANNED.values()}
    assert excepted == doors
    assert {door for door in doors if not (ROOT / door).exists()} == set()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("appraisal/core/judging/vetoes.py", "import durable.lang"),
        ("appraisal/core/engine/ruleset.py", "from durable import engine"),
        ("appraisal/core/bulk.py", "import durable_rules_engine"),
        ("appraisal/core/checks.py", "import yaml"),
        ("appraisal/config.py", "from yaml import safe_load"),
        ("appraisal/reports/notice.py", "from weasyprint import HTML"),
        ("appraisal/app.py", "import os\nDEBUG = os.environ['DEBUG']"),
        ("appraisal/cli.py", "from os import getenv\nDEBUG = getenv('DEBUG')"),
        ("appraisal/results/service.py", "from datetime import datetime\nNOW = datetime.now()"),
        ("appraisal/results/service.py", "import datetime as d\nTODAY = d.date.today()  # noqa: TID251"),
        ("appraisal/db.py", "import time\nNOW = time.time()"),
        ("migrations/env.py", "import os\nURL = os.getenv('DATABASE_URL')"),
    ],
)
def test_a_use_outside_the_door_is_found(tree: Path, module: str, line: str) -> None:
    spoil(tree, module, line)
    assert [use for use in uses_outside_their_door(tree) if use.startswith(module)]


# ------------------------------------------------------------------------------------------------------------- ruff and mypy


def test_ruff_finds_nothing() -> None:
    found = run(["ruff", "check", "."], ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


def test_ruff_finds_a_module_that_does_not_say_why_it_exists(tree: Path) -> None:
    (tree / "appraisal" / "silent.py").write_text("import os\n", encoding="utf-8")
    found = run(["ruff", "check", "--no-cache", "appraisal/silent.py"], tree)
    assert found.returncode == 1
    assert "D100" in found.stdout
    assert "F401" in found.stdout


def test_the_types_of_the_core_are_strict() -> None:
    found = run(["mypy"], ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


def test_mypy_finds_a_function_without_types(tmp_path: Path) -> None:
    (tmp_path / "loose.py").write_text("def half(number):\n    return number / 2\n", encoding="utf-8")
    found = run(["mypy", f"--config-file={ROOT / 'pyproject.toml'}", "loose.py"], tmp_path)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "no-untyped-def" in found.stdout


# ------------------------------------------------------------------------------------------------------- the core is pure

ENGINE = {"durable", "durable_rules_engine"}
BY_LOADER = {"yaml", "_yaml"}
CYTHON = re.compile(r"_?cython_\w+")  # what compiled packages such as yaml register for themselves
BY_BULK = {"numpy"}


def loaded_by(root: Path, *modules: str) -> set[str]:
    """What a fresh process has loaded after importing `modules`, besides the standard library.

    Contracts read the text of imports; only this sees what really comes along, for instance through
    appraisal/__init__.py, which every import of the core runs first.
    """
    program = f"""
import sys
before = set(sys.modules)
import {", ".join(modules)}
new = set(sys.modules) - before
mine = {{name for name in new if name.split(".")[0] == "appraisal"}}
others = {{name.split(".")[0] for name in new}} - set(sys.stdlib_module_names) - {{"appraisal"}}
print(*sorted(others | {{name for name in mine if not (name + ".").startswith("appraisal.core.")}} - {{"appraisal"}}))
"""
    found = run([sys.executable, "-c", program], root, PYTHONPATH=str(root))
    assert found.returncode == 0, found.stderr
    return {name for name in found.stdout.split() if not CYTHON.fullmatch(name)}


def core_modules(root: Path) -> Iterator[str]:
    for file in sorted((root / "appraisal" / "core").rglob("*.py")):
        yield ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def test_appraising_loads_the_rule_engine_and_nothing_else() -> None:
    assert loaded_by(ROOT, "appraisal.core.appraise") - ENGINE == set()


def test_the_whole_core_needs_only_the_engine_the_loader_and_numpy() -> None:
    assert loaded_by(ROOT, *core_modules(ROOT)) - ENGINE - BY_LOADER - BY_BULK == set()


def test_an_import_in_the_package_itself_is_noticed_though_every_contract_keeps_silent(tree: Path) -> None:
    spoil(tree, "appraisal/__init__.py", "import flask")
    assert broken_contracts(tree, "pure").returncode == 0
    assert "flask" in loaded_by(tree, "appraisal.core.numbers")


def test_plumbing_that_comes_along_with_the_core_is_noticed(tree: Path) -> None:
    spoil(tree, "appraisal/plumbing.py", "PIPE = 1")
    spoil(tree, "appraisal/__init__.py", "import appraisal.plumbing")
    assert "appraisal.plumbing" in loaded_by(tree, "appraisal.core.numbers")


FLOATING = {"float16", "float32", "float64", "floating", "double", "inexact", "true_divide"}
OPENING = {"open", "read_text", "read_bytes", "write_text", "write_bytes"}


def floats_in(source: str) -> list[int]:
    """Lines with a float literal, a call of float() or a float type of numpy; asking whether something is a float is fine."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
        or (isinstance(node, ast.Call) and _name(node.func) == "float")
        or (isinstance(node, ast.Attribute) and node.attr in FLOATING)
        or (isinstance(node, ast.Call) and "float" in {_name(word.value) for word in node.keywords})
        or (isinstance(node, ast.Call) and _name(node.func) == "astype" and "float" in {_name(word) for word in node.args})
    ]


def openings_in(source: str) -> list[int]:
    """Lines that open, read or write a file."""
    return [n.lineno for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and _name(n.func) in OPENING]


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def lines_of(check: object, files: Iterable[Path]) -> list[str]:
    assert callable(check)
    return [f"{file.relative_to(ROOT)}:{line}" for file in files for line in check(file.read_text(encoding="utf-8"))]


def test_the_core_holds_no_float() -> None:
    assert lines_of(floats_in, (ROOT / "appraisal" / "core").rglob("*.py")) == []


@pytest.mark.parametrize(
    "line", ["x = 0.5", "x = float('1')", "x = a.astype(float)", "x = np.float64(3)", "x = np.zeros(3, dtype=float)", "x = 1e3"]
)
def test_a_float_is_found(line: str) -> None:
    assert floats_in(f"import numpy as np\n{line}\n") == [2]


def test_refusing_floats_is_no_use_of_them() -> None:
    assert floats_in("if isinstance(x, float):\n    raise TypeError\n") == []


def test_only_the_loader_opens_files() -> None:
    files = set((ROOT / "appraisal" / "core").rglob("*.py")) - {ROOT / "appraisal" / "core" / "policy" / "loader.py"}
    assert lines_of(openings_in, sorted(files)) == []


@pytest.mark.parametrize("line", ["open('x')", "Path('x').read_text()", "Path('x').open()"])
def test_an_opened_file_is_found(line: str) -> None:
    assert openings_in(line) == [1]


# ------------------------------------------------------------------------------------------------- one place that commits


def commits_in(source: str) -> list[int]:
    """Lines that end a transaction."""
    ends = {"commit", "rollback"}
    return [n.lineno for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and _name(n.func) in ends]


def test_only_the_transaction_door_commits() -> None:
    files = set((ROOT / "appraisal").rglob("*.py")) - {ROOT / "appraisal" / "db.py"}
    assert lines_of(commits_in, sorted(files)) == []


@pytest.mark.parametrize("line", ["session.commit()", "session.rollback()", "request.session.connection().commit()"])
def test_a_commit_is_found(line: str) -> None:
    assert commits_in(line) == [1]


def aliases_kept_in(source: str) -> list[int]:
    """Lines that keep an alias in a module whose columns two threads could learn at once: db.another learns them first."""
    kept = [node for node in ast.parse(source).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    calls = [call for node in kept for call in ast.walk(node) if isinstance(call, ast.Call)]
    return [call.lineno for call in calls if _name(call.func) in {"aliased", "alias", "subquery", "cte"}]


def test_no_module_keeps_an_alias_that_has_not_learnt_its_columns() -> None:
    assert lines_of(aliases_kept_in, sorted((ROOT / "appraisal").rglob("*.py"))) == []


@pytest.mark.parametrize(
    "line", ["_later = aliased(Result)", "_a, _b = aliased(A), aliased(B)", "_ids = select(A.id).subquery()"]
)
def test_an_alias_kept_in_a_module_is_found(line: str) -> None:
    assert aliases_kept_in(line)
    assert aliases_kept_in(f"def f():\n    {line}") == []


# ------------------------------------------------------------------------------------------- nothing tied to one machine

MACHINE_PATH = re.compile(r"(?<![\w.~/:-])/(?:work|root|home|Users|opt(?!/homebrew|/local))/\w")
PACKAGE_HOST = re.compile(
    r"(?:\bpypi\.|pythonhosted\.|\b(?:deb|security|snapshot)\.debian\.|npmjs\.|--(?:extra-)?index-url|--find-links)[\w/]*"
)
VERSION = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.]+( ; [\w' =!<>.]+)?")


def tracked_files(root: Path) -> list[Path]:
    """What git tracks; in an unpacked archive without git, every file outside the hidden and the built folders."""
    listed = run(["git", "ls-files", "-z"], root)
    if listed.returncode == 0:
        return [root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
    return [file for file in root.rglob("*") if file.is_file() and not re.search(r"/(\.|var/|build/)", file.as_posix())]


def ties_to_a_machine(files: Iterable[Path]) -> list[str]:
    """Lock files that record hosts, paths of somebody's machine, addresses of package hosts."""
    found = []
    for file in files:
        if file.name == "uv.lock":
            found.append(f"{file.name}: records hosts")
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line) or PACKAGE_HOST.search(line):
                found.append(f"{file.name}:{number}: {line.strip()[:120]}")
    return found


def test_no_tracked_file_is_tied_to_one_machine() -> None:
    assert ties_to_a_machine(file for file in tracked_files(ROOT) if file != Path(__file__)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", "version = 1"),
        ("settings.toml", 'root = "/home/li/appraisal"'),
        ("run.sh", "cd /" + "root/appraisal"),
        ("constraints.txt", "--index-url somewhere"),
        ("README.md", "see https://pypi.org/project/flask"),
        ("install.sh", "curl https://files.pythonhosted.org/x"),
    ],
)
def test_a_tie_to_one_machine_is_found(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text + "\n", encoding="utf-8")
    assert ties_to_a_machine([tmp_path / name])


def lines_that_are_no_version(text: str) -> list[str]:
    return [line for line in text.splitlines() if not VERSION.fullmatch(line)]


def test_the_constraints_hold_names_and_versions_and_nothing_else() -> None:
    assert lines_that_are_no_version((ROOT / "constraints.txt").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("line", ["flask @ https://x/flask.whl", "-i https://x", "flask>=3", "flask==3.1 --hash=sha256:00"])
def test_a_line_that_is_no_version_is_found(line: str) -> None:
    assert lines_that_are_no_version(f"click==8.5.1\n{line}\n") == [line]
