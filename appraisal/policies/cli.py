"""Commands on rule files: check, show, publish; score cases and evaluate formulas straight from them."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from appraisal import exact_json
from appraisal.actor import SYSTEM
from appraisal.clock import today
from appraisal.config import PROJECT_ROOT
from appraisal.core.appraise import appraise
from appraisal.core.assess import dimension_warnings
from appraisal.core.calendar import parse_date
from appraisal.core.checks import check_book
from appraisal.core.checks.calendar import find_calendar_problems
from appraisal.core.errors import FormulaError, PolicyError, ScoringError
from appraisal.core.formula import NegativeDenominator, ZeroDenominator, parse_formula
from appraisal.core.inputs import Case, case_from_json
from appraisal.core.numbers import parse_number, plain
from appraisal.core.policy.loader import PolicyBook, load_book, policy_names, read_files
from appraisal.core.policy.model import Policy
from appraisal.core.policy.schema import schemas
from appraisal.core.policy.show import show
from appraisal.core.policy.tree import Problem
from appraisal.core.policy.working_calendar import CALENDAR
from appraisal.core.scoring.curves import METHODS

FORMULA_PLACES = 8

root_option = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=PROJECT_ROOT,
    help="The folder that holds rules/ and weights/.",
)


@click.group("policy")
def policy_group() -> None:
    """Rule files: check, show, publish."""


@policy_group.command("check")
@click.argument("policy", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for other programs.")
@root_option
def check(policy: str | None, as_json: bool, root: Path) -> None:
    """Print every problem as path:line:column: severity: message, then one summary line.

    Without POLICY: the working calendar and all policies. Readings of damaged text are told as assumed.
    """
    files = read_files(root)
    names = [_known(files, policy)] if policy else [*_calendar(files), *policy_names(files)]
    found = {name: find_calendar_problems(files) if name == CALENDAR else _problems(files, name) for name in names}
    if not policy_names(files):
        raise click.UsageError(f"no rules/<policy>/ folder below {root}")
    if as_json:
        click.echo(json.dumps({"checked": [_report(*one) for one in found.items()]}, ensure_ascii=False))
    else:
        for name, problems in found.items():
            for problem in problems:
                click.echo(str(problem))
            click.echo(_summary(name, problems))
    sys.exit(1 if any(problem.severity == "error" for problems in found.values() for problem in problems) else 0)


@policy_group.command("show")
@click.argument("policy")
@click.option("--on", "on_text", help="The policy in force on this date (YYYY-MM-DD; default today).")
@click.option("--json", "as_json", is_flag=True, help="JSON, for other programs.")
@root_option
def show_policy(policy: str, on_text: str | None, as_json: bool, root: Path) -> None:
    """Print the policy in force on a date."""
    files = read_files(root)
    _known(files, policy)
    try:
        on = parse_date(on_text) if on_text else today()
    except ValueError:
        raise click.UsageError(f"--on {on_text!r}: write the date as 2026-03-31") from None
    book = _book_or_exit(files, policy)
    try:
        shown = show(book.on(on))
    except PolicyError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(json.dumps(shown, ensure_ascii=False, indent=None if as_json else 2))


@policy_group.command("schema")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def schema(folder: Path) -> None:
    """Write a JSON Schema for each kind of rule file into FOLDER, for editors that complete and check as one types."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in schemas({name: method.keys for name, method in METHODS.items()}).items():
        path = folder / f"{name.removesuffix('.yaml')}.schema.json"
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        click.echo(str(path))


@policy_group.command("publish")
@click.argument("policy", required=False)
@root_option
def publish(policy: str | None, root: Path) -> None:
    """Check rule files in a process of their own and store them; on any error nothing is stored."""
    publish_all(root, _known(read_files(root), policy) if policy else None)


def publish_all(root: Path, only: str | None = None) -> None:
    """Publishes one policy, or all and the working calendar; every error is printed and then nothing at all is stored."""
    from appraisal import db  # checking and scoring need no database, so they need not wait for it
    from appraisal.policies import service

    calendar = service.check_calendar_folder(root) if only is None else None
    checked = [service.check_folder(root, name) for name in ([only] if only else policy_names(read_files(root)))]
    errors = [problem for one in ([calendar] if calendar else []) + checked for problem in one.errors]
    for problem in errors:
        click.echo(str(problem), err=True)
    if errors:
        click.echo("nothing is published: mend the errors above and try again", err=True)
        sys.exit(1)
    with db.transaction(write=True) as session:
        if calendar:
            click.echo(f"{CALENDAR} {service.publish_calendar(session, SYSTEM, calendar).digest}", err=True)
        for one in checked:
            for state in service.publish_policy(session, SYSTEM, one):
                click.echo(f"{one.name} {state.effective} {state.digest}", err=True)


@click.command("score")
@click.argument("file", type=click.File("rb"))
@click.option("--policy", help="Score every case under this policy, whatever the case says.")
@root_option
def score(file: Any, policy: str | None, root: Path) -> None:
    """Score cases from a JSON object, a JSON array or JSON lines (- is standard input), one outcome a line."""
    books = _Books(root)
    failed = False
    for entry in _entries(file.read().decode("utf-8-sig", "surrogateescape")):
        try:
            outcome = _score(entry, policy, books)
        except ScoringError as error:
            failed = True
            message = {"zh": error.message.zh, "en": error.message.en}
            outcome = {"error": {"code": error.code, "path": error.path, "message": message}}
        click.echo(json.dumps(outcome, ensure_ascii=False))
    sys.exit(1 if failed else 0)


@click.command("formula", context_settings={"ignore_unknown_options": True})
@click.argument("expression")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
def formula(expression: str, values: tuple[str, ...]) -> None:
    """Evaluate a formula of the rule files' language, half-up at eight decimals where it does not end sooner."""
    numbers: dict[str, Decimal] = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator:
            raise click.UsageError(f"{value!r}: write NAME=VALUE")
        if name in numbers:
            raise click.UsageError(f"{value!r}: {name} is given twice")
        try:
            numbers[name] = parse_number(text)
        except ValueError:
            raise click.UsageError(f"{value!r}: {text!r} is no plain decimal number") from None
    try:
        click.echo(plain(parse_formula(expression).decimal(numbers, FORMULA_PLACES)))
    except FormulaError as error:
        click.echo(f"{error.code}: column {error.column}: {error.message}", err=True)
        sys.exit(1)
    except ZeroDenominator:
        click.echo("zero_denominator: a denominator is 0, so there is no result", err=True)
        sys.exit(1)
    except NegativeDenominator:
        click.echo("negative_denominator: a denominator is below 0, so the result would mean nothing", err=True)
        sys.exit(1)


class _Books:
    """The policies of one root, read once."""

    def __init__(self, root: Path) -> None:
        self.files = read_files(root)
        self.books: dict[str, PolicyBook] = {}
        self.policies: dict[tuple[str, str], Policy] = {}

    def policy(self, case: Case, name: str) -> Policy:
        if name not in policy_names(self.files):
            known = ", ".join(policy_names(self.files))
            raise ScoringError(
                "unknown_policy", "policy", f"没有制度 {name}; 可用: {known}", f"no policy {name}; known: {known}"
            )
        if name not in self.books:
            self.books[name] = _book_or_exit(self.files, name)
        key = (name, case.on.isoformat())
        if key not in self.policies:
            try:
                self.policies[key] = self.books[name].on(case.on)
            except PolicyError as error:
                raise ScoringError("no_policy_in_force", "on", f"{case.on} 无生效的制度 {name}", str(error)) from None
        return self.policies[key]


def _score(entry: Any, name: str | None, books: _Books) -> dict[str, Any]:
    if isinstance(entry, ScoringError):
        raise entry
    case = case_from_json(entry)
    chosen = name or case.policy
    if chosen is None:
        raise ScoringError(
            "unknown_policy", "policy", "缺少 policy, 或用 --policy 指定", "no policy given; name it or use --policy"
        )
    policy = books.policy(case, chosen)
    for warning in dimension_warnings(policy, case):
        click.echo(f"warning: {warning}", err=True)
    return appraise(policy, case).as_json()


def _entries(text: str) -> Iterator[Any]:
    """The cases of a file in order; one that cannot be read stands in its place as the error it is."""
    try:
        whole = exact_json.loads(text)
    except exact_json.BadJson as error:
        parts = list(_parts(text))
        if not parts:
            yield ScoringError("bad_json", "", error.zh, error.en)
        for place, part in parts:
            try:
                yield exact_json.loads(part)
            except exact_json.BadJson as part_error:
                yield ScoringError("bad_json", place, part_error.zh, part_error.en)
        return
    yield from whole if isinstance(whole, list) else [whole]


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The cases of text that is not sound as a whole, each with its place: JSON lines, or the entries of an array.

    A line counts as a case of its own where it opens in the first column, so that one indented object is not taken to
    pieces. Nothing where the text cannot be divided.
    """
    if text.lstrip().startswith("["):
        yield from ((f"[{index}]", part) for index, part in enumerate(exact_json.split_array(text)))
        return
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    opening = [line.startswith("{") for _, line in lines]
    if len(lines) > 1 and (all(opening) or any(line.startswith("{") and line.rstrip().endswith("}") for _, line in lines)):
        yield from ((f"line {number}", line) for number, line in lines)


def _counts(problems: list[Problem]) -> dict[str, int]:
    return {severity: sum(one.severity == severity for one in problems) for severity in ("error", "warning", "assumed")}


def _remarks(problems: list[Problem]) -> dict[str, int]:
    """How many of the warnings are declared doubts, and how many of what is assumed are readings of damaged text."""
    return {remark: sum(one.remark == remark for one in problems) for remark in ("uncertain", "restored")}


def _summary(name: str, problems: list[Problem]) -> str:
    """One line; the remarks are named where there are some, and are counted among the warnings and the assumed as well."""
    counted = ", ".join(f"{count} {severity}" for severity, count in _counts(problems).items())
    remarks = ", ".join(f"{count} {remark}" for remark, count in _remarks(problems).items() if count)
    return f"{name}: {counted}" + (f" (of these {remarks})" if remarks else "")


def _report(name: str, problems: list[Problem]) -> dict[str, Any]:
    """Every finding in one of five lists: what a file declares as doubtful or restored is in its own."""
    lists: dict[str, list[dict[str, Any]]] = {key: [] for key in ("error", "warning", "assumed", "uncertain", "restored")}
    for one in problems:
        place = {"path": one.where.path, "line": one.where.line, "column": one.where.column}
        lists[one.remark or one.severity].append({**place, "message": one.message})
    return {"policy": name, "counts": {key: len(listed) for key, listed in lists.items()}, **lists}


def _known(files: dict[str, str], policy: str) -> str:
    if policy not in policy_names(files):
        raise click.UsageError(f"no policy {policy!r}; known: {', '.join(policy_names(files)) or 'none'}")
    return policy


def _calendar(files: dict[str, str]) -> list[str]:
    """The working calendar, where there is one."""
    return [CALENDAR] if any(path.startswith(f"rules/{CALENDAR}/") for path in files) else []


def _problems(files: dict[str, str], name: str) -> list[Problem]:
    book, problems = load_book(files, name)
    return problems if book is None else [*problems, *check_book(book)]


def _book_or_exit(files: dict[str, str], name: str) -> PolicyBook:
    """The policy's book, or the errors on standard error and exit 1."""
    book, problems = load_book(files, name)
    errors = [problem for problem in [*problems, *(check_book(book) if book else [])] if problem.severity == "error"]
    if book is None or errors:
        for problem in errors:
            click.echo(str(problem), err=True)
        sys.exit(1)
    return book
