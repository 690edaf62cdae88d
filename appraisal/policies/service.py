"""Use cases of policies: check rule files in a process of their own, publish them, confirm what they assume."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.config import PROJECT_ROOT
from appraisal.core.policy.digest import canonical_json, digest_of_text
from appraisal.core.policy.loader import load_book, policy_names, read_files
from appraisal.core.policy.tree import Problem, Where
from appraisal.core.policy.working_calendar import CALENDAR
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.people import auth
from appraisal.policies import queries
from appraisal.policies.models import AssumedConfirmation, PolicyPublication, PolicyState, StoredCalendar, StoredPolicy

CHECK_SECONDS = 60
CHECK_MEMORY = 2 * 1024**3
_CHECK = "from appraisal.policies.service import answer_check; answer_check()"


@dataclass(frozen=True)
class State:
    """What is in force from a day on: its digest and whether it is a trial."""

    effective: date
    digest: str
    status: str


@dataclass(frozen=True)
class Checked:
    """Rule files of one policy with everything a check found; without errors it has states and may be published."""

    name: str
    files: Mapping[str, str]
    problems: tuple[Problem, ...]
    states: tuple[State, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that forbid publishing."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def check_folder(root: Path, name: str, *, seconds: float = CHECK_SECONDS) -> Checked:
    """Reads the rule files under `root` and checks one policy of them. Raises NotFound when there is no such policy."""
    files = read_files(root)
    known = policy_names(files)
    if name not in known:
        listing = ", ".join(known) or "-"
        raise NotFound("no_policy", f"没有制度 {name}; 有: {listing}", f"no policy {name} below {root}; there are: {listing}")
    return check_in_subprocess(files, name, seconds=seconds)


def check_calendar_folder(root: Path, *, seconds: float = CHECK_SECONDS) -> Checked | None:
    """The working calendar under `root`, read and checked; None where there is none. It has no states."""
    files = read_files(root)
    return check_in_subprocess(files, CALENDAR, seconds=seconds) if _own(files, CALENDAR) else None


def check_in_subprocess(files: Mapping[str, str], name: str, *, seconds: float = CHECK_SECONDS) -> Checked:
    """Checks rule files of a policy, or the calendar, in a throw-away process, so that no text can hang or exhaust this one.

    Call it before the transaction. Raises Invalid `check_failed` when the check takes too long or dies.
    """
    own = _own(files, name)
    question = json.dumps({"name": name, "files": own}, ensure_ascii=True)
    try:
        process = subprocess.run(
            [sys.executable, "-c", _CHECK], input=question, capture_output=True, text=True, timeout=seconds, cwd=PROJECT_ROOT
        )
    except subprocess.TimeoutExpired:
        zh, en = f"检查超过 {seconds:g} 秒, 已中止", f"the check took longer than {seconds:g} seconds and was stopped"
        raise Invalid("check_failed", zh, en) from None
    if process.returncode != 0:
        last = (process.stderr.strip().splitlines() or ["-"])[-1]
        raise Invalid("check_failed", f"检查进程异常退出: {last}", f"the check died: {last}")
    answer = json.loads(process.stdout)
    return Checked(
        name=name,
        files=own,
        problems=tuple(
            Problem(Where(entry["path"], entry["line"], entry["column"]), entry["severity"], entry["message"])
            for entry in answer["problems"]
        ),
        states=tuple(
            State(date.fromisoformat(entry["effective"]), entry["digest"], entry["status"]) for entry in answer["states"]
        ),
    )


def answer_check() -> None:
    """The throw-away process: files in on standard input, problems and states out on standard output."""
    _limit_memory()
    question = json.load(sys.stdin)
    files, name = question["files"], question["name"]
    from appraisal.core.checks.calendar import find_calendar_problems

    problems, states = (find_calendar_problems(files), []) if name == CALENDAR else _find_policy_problems(files, name)
    answer = {
        "problems": [
            {
                "path": problem.where.path,
                "line": problem.where.line,
                "column": problem.where.column,
                "severity": problem.severity,
                "message": problem.message,
            }
            for problem in problems
        ],
        "states": [asdict(state) for state in states],
    }
    json.dump(answer, sys.stdout, default=str)


def _find_policy_problems(files: Mapping[str, str], name: str) -> tuple[list[Problem], list[State]]:
    from appraisal.core.checks import check_book  # served processes never check, so they need not carry the checks

    book, problems = load_book(files, name)
    if book is None:
        return problems, []
    problems = [*problems, *check_book(book)]
    if any(problem.severity == "error" for problem in problems):
        return problems, []
    policies = [book.on(day) for day in book.dates]
    return problems, [State(policy.effective, policy.digest, policy.general.status) for policy in policies]


def publish_policy(session: Session, actor: Actor, checked: Checked) -> list[StoredPolicy]:
    """Stores what was checked and makes it the policy; its states, earliest first. The same again changes nothing.

    Raises Invalid `policy_errors` with every error, each with file, line and column.
    """
    auth.require_role(actor, "hr", "admin", operator=True)
    _require_sound(checked)
    before = queries.latest_publication(session, checked.name)
    states_before = queries.states_of(session, before) if before else ()
    if [state.digest for state in states_before] == [state.digest for state in checked.states]:
        return list(states_before)
    stored = [_store(session, actor, checked, state) for state in checked.states]
    publication = PolicyPublication(name=checked.name, published_at=clock.now(), published_by=actor.account_id)
    session.add(publication)
    session.flush()
    session.add_all(
        PolicyState(publication_id=publication.id, effective=row.effective, stored_policy_id=row.id) for row in stored
    )
    session.flush()
    audit.record(
        session,
        actor,
        "policy.publish",
        "policy",
        checked.name,
        before={"digests": [row.digest for row in states_before]},
        after={"digests": [row.digest for row in stored]},
    )
    return stored


def publish_calendar(session: Session, actor: Actor, checked: Checked) -> StoredCalendar:
    """Stores the working calendar that was checked; deadlines count by it from now on. The same again changes nothing.

    Raises Invalid `policy_errors` with every error.
    """
    auth.require_role(actor, "hr", "admin", operator=True)
    _require_sound(checked)
    digest = digest_of_text(canonical_json(checked.files))
    before = queries.latest_calendar(session)
    if before is not None and before.digest == digest:
        return before
    row = StoredCalendar(digest=digest, files=dict(checked.files), published_at=clock.now(), published_by=actor.account_id)
    session.add(row)
    session.flush()
    change = {"before": {"digest": before.digest if before else None}, "after": {"digest": digest}}
    audit.record(session, actor, "calendar.publish", "calendar", CALENDAR, **change)
    return row


def confirm_assumed(session: Session, actor: Actor, stored: StoredPolicy) -> AssumedConfirmation:
    """HR confirms every assumed value of a stored policy, named on record; confirmed again it stays as it was."""
    auth.require_role(actor, "hr")
    if confirmed := queries.confirmation_of(session, stored.digest):
        return confirmed
    if actor.account_id is None:
        raise Conflict("no_account", "须由具名账号确认", "a named account has to confirm this")
    values = queries.assumed_values(queries.compiled(session, stored.digest))
    confirmation = AssumedConfirmation(
        policy_digest=stored.digest, assumed=values, confirmed_by=actor.account_id, confirmed_at=clock.now()
    )
    session.add(confirmation)
    session.flush()
    after: dict[str, Any] = {"digest": stored.digest, "assumed": values}
    audit.record(session, actor, "policy.confirm_assumed", "policy", stored.name, after=after)
    return confirmation


def _own(files: Mapping[str, str], name: str) -> dict[str, str]:
    """The files of one policy, or of the calendar."""
    return {path: text for path, text in files.items() if path.split("/")[1:2] == [name]}


def _require_sound(checked: Checked) -> None:
    if checked.errors or not (checked.states or checked.name == CALENDAR):
        faults = [Fault(str(problem.where), problem.message, problem.message) for problem in checked.errors]
        listing = "; ".join(map(str, checked.errors[:3])) or "-"
        zh, en = f"规则有误, 未发布: {listing}", f"the rules have errors, nothing is published: {listing}"
        raise Invalid("policy_errors", zh, en, faults)


def _store(session: Session, actor: Actor, checked: Checked, state: State) -> StoredPolicy:
    if found := queries.by_digest(session, state.digest):
        return found
    row = StoredPolicy(
        name=checked.name,
        effective=state.effective,
        digest=state.digest,
        status=state.status,
        files=dict(checked.files),
        published_at=clock.now(),
        published_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    return row


def _limit_memory() -> None:
    """Where the system knows limits: a check that needs more than this is refused by dying."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the timeout still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (CHECK_MEMORY, CHECK_MEMORY))
