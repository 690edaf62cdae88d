"""The API held to its own description: requests drawn from openapi.json, and every answer checked against it.

What is drawn blindly is refused at the door, so most ids, words and days are then exchanged for such as the database holds. A
change that came too late is sent again with the version it was told.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as drawn
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine
from sqlmodel import Session

from appraisal import db, web
from appraisal.people.models import Account, AccountRole
from tests import world
from tests.caller import PREFIX, Caller

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = ("hr", "payroll", "data_provider", "kpi_manager", "approver", "auditor", "admin")
# Which table an id is of, where its name does not say.
TABLES = {
    "alert_id": "kpi_alert",
    "approval_id": "agreement_weight_approval",
    "assessor_id": "employee",
    "assignment_id": "data_provider",
    "evaluation_id": "kpi_evaluation",
    "exception_id": "kpi_exception",
    "from_supervisor_id": "employee",
    "file_id": "stored_file",
    "holder_id": "kpi_role_holder",
    "into_id": "unit",
    "leave_id": "leave_span",
    "manager_id": "employee",
    "need_id": "training_need",
    "owner_id": "employee",
    "parent_id": "unit",
    "plan_id": "development_plan",
    "proposal_id": "kpi_proposal",
    "rater_id": "feedback_rater",
    "release_id": "payroll_release",
    "review_id": "kpi_indicator_review",
    "round_id": "feedback_round",
    "session_id": "web_session",
    "sheet_id": "appraisal_sheet",
    "suggestion_id": "kpi_suggestion",
    "summary_id": "kpi_summary",
    "supervisor_id": "employee",
    "target_id": "kpi_target",
    "task_id": "kpi_task",
    "token_id": "api_token",
    "witness_id": "employee",
}
COLUMNS = {
    "account": "SELECT login FROM account",
    "code": "SELECT code FROM unit",
    "content_hash": "SELECT content_hash FROM agreement",
    "digest": "SELECT digest FROM stored_policy",
    "employee_no": "SELECT number FROM employee",
    "from": "SELECT digest FROM stored_policy",
    "number": "SELECT number FROM employee",
    "policy_digest": "SELECT digest FROM stored_policy",
    "search": "SELECT name FROM employee",
    "stand_in_number": "SELECT number FROM employee",
    "to": "SELECT digest FROM stored_policy",
}
# Rows that lie below others: what is there of both ids of such a path.
PAIRS = {
    "agreement_id": "SELECT agreement_id, file_id FROM agreement_signature WHERE file_id IS NOT NULL",
    "incident_id": "SELECT incident_id, file_id FROM incident_file",
    "measure_id": "SELECT measure_id, file_id FROM measure_file",
    "reading_id": "SELECT reading_id, file_id FROM reading_file",
    "exception_id": """SELECT exception_id, file_id FROM kpi_exception_file
        JOIN kpi_exception_entry ON kpi_exception_entry.id = entry_id""",
    "employee_id": "SELECT employee_id, id FROM leave_span",
    "plan_id": "SELECT plan_id, file_id FROM improvement_signature WHERE file_id IS NOT NULL",
    "appraisal_id": """SELECT appraisal_id, appeal_file.file_id FROM appeal_file
        JOIN appeal_act ON appeal_act.id = act_id JOIN appeal ON appeal.id = appeal_id""",
}
WORDS: Mapping[str, Sequence[str]] = {
    "action": ("return_to_review", "withdraw_review", "withdraw_self_assessment", "close_unsubmitted"),
    "cursor": ("WyIxIl0=", "WyIyMDI2LTAxLTA1IiwgIjEiXQ==", "W10="),
    "dimension": ("operations", "financial"),
    "event": ("serious_violation",),
    "grade": ("S", "A", "B", "C", "D"),
    "group": ("peers", "external"),
    "indicator": ("revenue", "iqc_pass_rate"),
    "item": ("revenue", "new_customers", "plan"),
    "name": ("revenue", "平安"),
    "period": ("2026", "2026-Q1", "2026-Q2", "2025-Q1", "2026-03"),
    "policy": ("trading", "kpi_sop"),
    "policy_post": ("sales",),
    "quarter": ("2026-Q1", "2025-Q4"),
    "step": ("data_collection", "supervisor_review", "publication"),
    "target": ("100", "105.5"),
    "week": ("2026-W15", "2026-W16"),
    "weight": ("60", "30", "10"),
}
FILES = {
    "/employees/import": "工号,姓名,入职日期\nE90001,甲,2026-01-05\n",
    "/agreements/import": "工号,指标,权重,目标值,挑战值\nE00001,revenue,100,100,120\n",
    "/measures/import": "工号,指标,考核期,实际值,数据来源\nE00001,revenue,2026-Q1,110,财务报表\n",
    "/kpi/readings/import": "指标,期间,数值,来源单据\nnps,2026-03,40,调查\n",
    "/past-grades/import": "工号,考核期,等级,来源\nE00001,2025-Q3,B,档案\n",
    "/past-targets/import": "工号,期间,指标,目标值,数据来源\nE00001,2025-Q3,revenue,90,责任书\n",
    "/files": "一,二\n",
}
DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Known:
    """What a database holds that requests can be about."""

    ids: Mapping[str, Sequence[int]]
    words: Mapping[str, Sequence[str]]
    pairs: Mapping[str, Sequence[tuple[int, int]]]


def known_in(engine: Engine, secrets: Mapping[str, str]) -> Known:
    """What this database holds, and what was handed out and is kept as a hash only."""
    tables = [name for name, table in db.all_tables().tables.items() if "id" in table.c]
    with engine.connect() as connection:
        read = connection.exec_driver_sql
        ids = {name: read(f"SELECT id FROM {name} ORDER BY id LIMIT 60").scalars().all() for name in tables}
        pairs = {name: [(one, other) for one, other in read(query)] for name, query in PAIRS.items()}
        words = {name: sorted(read(query).scalars())[:20] for name, query in COLUMNS.items()}
    words["code"].append(secrets["reset"])
    words["content_hash"] += [word for name, word in secrets.items() if name.endswith("_hash")]
    return Known(ids, WORDS | words | {"token": [secrets["link"]]}, pairs)


def give_every_role(session: Session, account: Account) -> None:
    """Lets an account act in every role, everywhere."""
    session.add_all(AccountRole(account_id=account.id, role=role) for role in ROLES)
    session.flush()


@dataclass
class Client:
    """Somebody signed in, who comes back when they have been shut out."""

    site: web.Site
    engine: Engine
    account_id: int
    keys: Iterator[int] = field(default_factory=lambda: count(1))
    caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.come_back()

    def come_back(self) -> None:
        """A new session, and the account open as it was."""
        with db.transaction(self.engine, write=True) as session:
            account = session.get_one(Account, self.account_id)
            account.disabled, account.must_change_password = False, False
        self.caller = Caller(self.site, account)

    def ask(self, case: schemathesis.Case) -> schemathesis.Response:
        """The answer; asked a second time with the version that a first answer told."""
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = f"key-{next(self.keys)}"
        answer = self._send(case)
        if answer.status_code == 412:
            current = answer.json().get("current") or {}
            case.headers["If-Match"] = f'"{current.get("version", 1)}"'
            answer = self._send(case)
        if answer.status_code == 401 and case.operation.definition.raw["security"]:
            self.come_back()
            answer = self._send(case)
        return answer

    def _send(self, case: schemathesis.Case) -> schemathesis.Response:
        return case.call(session=self.caller.client, headers=self.caller.headers)


@dataclass
class Held:
    """How it went: answers by status, the operations that were ever done, and what was wrong."""

    statuses: Counter[int]
    done: set[str]
    wrong: dict[str, str]


def begin(client: Client, known: Known) -> None:
    """One request, before several threads send theirs: hypothesis then reads the syntax of every module, in which threads
    at once trip over each other (SystemError, AST constructor recursion depth mismatch)."""
    _hold_one(operations(client.site)[0], client, known, Held(Counter(), set(), {}), 1, GenerationMode.POSITIVE)


def hold(client: Client, known: Known, examples: int, mode: GenerationMode = GenerationMode.POSITIVE) -> Held:
    """Sends every operation so many requests, and keeps what broke or was answered otherwise than described."""
    held = Held(Counter(), set(), {})
    for operation in operations(client.site):
        try:
            _hold_one(operation, client, known, held, examples, mode)
        except Unsatisfiable:
            continue  # there is nothing in this request that could be wrong
        except (Exception, BaseExceptionGroup) as broken:  # noqa: BLE001 - whatever breaks is what this is looking for
            held.wrong[operation.label] = _told(broken)
    return held


def _told(broken: BaseException) -> str:
    """What broke, with what lies inside of it: hypothesis hands on what failed only at times as a group."""
    parts = [_told(one) for one in getattr(broken, "exceptions", ())]
    return "; ".join([f"{type(broken).__name__}: {broken}", *parts])


def operations(site: web.Site) -> list[Any]:
    """Everything that openapi.json describes: what reads first, what takes away last."""
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site)
    described.config.generation.with_security_parameters = False
    found = [one.ok() for one in described.get_all_operations()]
    return sorted(found, key=lambda one: ("GET", "POST", "PUT", "PATCH", "DELETE").index(one.method.upper()))


def _hold_one(operation: Any, client: Client, known: Known, held: Held, examples: int, mode: GenerationMode) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), seed=drawn.integers(0, 2**32))
    def ask(case: schemathesis.Case, seed: int) -> None:
        fit(case, known, Random(seed), mode)
        answer = client.ask(case)
        held.statuses[answer.status_code] += 1
        if answer.status_code < 300:
            held.done.add(operation.label)
        case.validate_response(answer, checks=CHECKS)

    ask()


# Requests that could be somebody's


def fit(case: schemathesis.Case, known: Known, random: Random, mode: GenerationMode) -> None:
    """Exchanges most of what was drawn for what the database holds; of a request that shall be wrong, the address only."""
    _fit_path(case, known, random)
    if case.headers.get("If-Match") and random.random() < 0.9:
        case.headers["If-Match"] = f'"{random.choice((1, 1, 2, 3))}"'
    if mode is GenerationMode.NEGATIVE:
        return
    needed = {one["name"] for one in case.operation.definition.raw.get("parameters", ()) if one.get("required")}
    asked = [name for name in case.query if name in needed or random.random() < (0.1 if name == "cursor" else 0.4)]
    case.query = {name: _fitted(name, case.query[name], known, random) for name in asked}
    if isinstance(case.body, dict):
        case.body = _fitted("", case.body, known, random)
        if "file" in case.body and random.random() < 0.8:
            case.body["file"] = FILES[case.path.removeprefix(PREFIX)].encode()
            case.multipart_content_types = {"file": "text/csv"}


def _fit_path(case: schemathesis.Case, known: Known, random: Random) -> None:
    names = list(case.path_parameters)
    if len(names) == 2 and (pairs := known.pairs.get(names[0])) and random.random() < 0.8:
        case.path_parameters = dict(zip(names, random.choice(pairs), strict=True))
        return
    if random.random() < 0.9:
        # The one path with a name has that of a policy.
        case.path_parameters = {name: "trading" if name == "name" else _an_id(name, known, random) for name in names}


def _fitted(name: str, value: Any, known: Known, random: Random) -> Any:
    if isinstance(value, dict):
        return {_printable(key): _fitted(key, inner, known, random) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fitted(name.removesuffix("s"), inner, known, random) for inner in value[:4]]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON Schema takes 1.0 for an integer
    if value is None or random.random() < 0.1:
        return value
    if isinstance(value, int) and name.endswith("_id"):
        return _an_id(name, known, random)
    if not isinstance(value, str):
        return value
    if DAY.fullmatch(value):
        return (world.NOW + timedelta(days=random.choice((-300, -40, -12, -1, 0, 1, 20, 90)))).date().isoformat()
    return random.choice(known.words[name]) if name in known.words else _printable(value)


def _an_id(name: str, known: Known, random: Random) -> int:
    return random.choice(known.ids.get(TABLES.get(name, name.removesuffix("_id"))) or range(1, 9))


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "字" for sign in text).strip() or "字"
