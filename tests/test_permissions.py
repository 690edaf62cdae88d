"""Who may do what: every route, asked by everybody, answers as tests/permissions.yaml says.

Each request is made in full and then undone, so that all of them find the world as it was. Whoever is refused sends an older
version too: what they may not know or do has to come first. And where the refusal tells somebody that a row is there (403, and
404 for one that is not), the table has to let them see that row.

What is proved where: on SQLite, everybody asks for everything. On PostgreSQL, everybody asks for all that the API shows and
for the writes named in the table, so that each relation is found and each list is held to it by that database too. A page
decides by the same conditions as the API and then only draws: there it is opened once for every answer that the table gives,
by somebody else from page to page.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlmodel import Session, SQLModel, select

from appraisal import audit, clock, db, web
from appraisal.actor import Actor
from appraisal.agreements.models import Agreement, Amendment, Goal, WeightApproval
from appraisal.audit import AuditRecord
from appraisal.bulletins.report_models import KpiAction, KpiMeeting
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.delivery.models import Robot
from appraisal.development.models import DevelopmentPlan, ImprovementPlan, TrainingNeed
from appraisal.exceptions.models import KpiException, KpiTask
from appraisal.feedback.models import FeedbackRater, FeedbackRound
from appraisal.incidents.models import Incident
from appraisal.measures.models import DataProvider
from appraisal.monitoring.models import KpiRoleHolder
from appraisal.payroll.models import Release
from appraisal.people.models import Account, AccountRole, Clerk, Delegation, Employee, Leave, Post, Unit
from appraisal.results.models import Calibration
from tests.caller import Caller, a_service
from tests.world import NOW, SECRETS, STEPS, World, a_world

TABLE = yaml.safe_load((Path(__file__).with_name("permissions.yaml")).read_text(encoding="utf-8"))
ROUTES: dict[str, list[dict[str, Any]]] = TABLE["routes"]
ON_POSTGRESQL = [route for route in sorted(ROUTES) if route.startswith("GET") or route in TABLE["on_postgresql"]]
# With the scope of the run, or the world would be made anew for every route.
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True, scope="session")
on_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
# What somebody may be answered; any number is an answer of its own: allowed, but not as things stand.
STATUS = {"may": (200, 201, 204), "empty": (200, 201), "page": (200, 302, 303), "refused": (403,), "hidden": (404,)}
ANSWERS = (*STATUS, "409", "422")
NOWHERE = 2**31 - 1
OF_SELF = {
    *("self", *STEPS, "annual", "told", "planned", "amendment", "collecting_revenue", "collecting_new_customers", "leave"),
    *("filed_incident", "heard_incident", "confirmed_incident", "past_target", "past_grade", "training_need", "check_in"),
    "weight_approval",
    *("draft_improvement", "draft_development", "proposed_development", "agreed_development", "proposed_rater", "rater"),
}
OFFICES = ("hr", "payroll", "data_provider", "approver", "auditor")
_JUDGED = ("assessor_rating", "assessor_comment", "review_comment", "former_opinion")
_FILES = (
    "application/pdf",
    "application/zip",
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_WHOLE = {
    "appraisal_id": "GET /api/v1/appraisals/{appraisal_id}",
    "cycle_id": "GET /api/v1/cycles/{cycle_id}",
    "delegation_id": "GET /api/v1/delegations/{delegation_id}",
    "employee_id": "GET /api/v1/employees/{employee_id}",
    "holder_id": "GET /api/v1/kpi/role-holders/{holder_id}",
    "need_id": "GET /api/v1/training-needs/{need_id}",
    "proposal_id": "GET /api/v1/kpi/indicator-reviews/proposals/{proposal_id}",
    "rater_id": "GET /api/v1/feedback/raters/{rater_id}",
    "sheet_id": "GET /api/v1/sheets/{sheet_id}/choices",
    "unit_id": "GET /api/v1/units/{unit_id}",
}
VERSIONED: dict[str, type[SQLModel]] = {
    "account_id": Account,
    "action_id": KpiAction,
    "agreement_id": Agreement,
    "amendment_id": Amendment,
    "approval_id": WeightApproval,
    "appraisal_id": Appraisal,
    "assignment_id": DataProvider,
    "calibration_id": Calibration,
    "clerk_id": Clerk,
    "cycle_id": Cycle,
    "delegation_id": Delegation,
    "employee_id": Employee,
    "exception_id": KpiException,
    "goal_id": Goal,
    "holder_id": KpiRoleHolder,
    "incident_id": Incident,
    "meeting_id": KpiMeeting,
    "leave_id": Leave,
    "need_id": TrainingNeed,
    "post_id": Post,
    "rater_id": FeedbackRater,
    "robot_id": Robot,
    "release_id": Release,
    "round_id": FeedbackRound,
    "task_id": KpiTask,
    "unit_id": Unit,
}


@dataclass
class Asked:
    """What came back: the status, and the JSON where it is JSON."""

    status: int
    json: Any
    text: str


@dataclass
class Served:
    """The site on a database that holds the world, and what everybody's browser would send."""

    site: web.Site
    world: World
    headers: dict[str | None, dict[str, str]] = field(default_factory=dict)

    def known(self, value: Any) -> Any:
        """A value of the table with every `@name` put in: the id of that row, or the word."""
        if isinstance(value, Mapping):
            return {key: self.known(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.known(one) for one in value]
        if isinstance(value, date):
            return value.isoformat()
        if not (isinstance(value, str) and value.startswith("@")):
            return value
        return self.world.ids[value[1:]] if value[1:] in self.world.ids else self.world.words[value[1:]]

    def ask(self, who: str | None, route: str, row: Mapping[str, Any], *, stale: bool = False, **path: Any) -> Asked:
        """One request of somebody, or with None of nobody who is signed in."""
        method, address = route.split(" ")
        values = {name: self.known(f"@{one}") for name, one in row.get("with", {}).items()} | path
        url = re.sub(r"{(\w+)}", lambda found: str(values[found[1]]), address)
        headers = dict(self.headers[who]) | {name: str(value) for name, value in self.known(row.get("headers", {})).items()}
        content: dict[str, Any] = {"query_string": self.known(row.get("query", {}))}
        if method != "GET" and address.startswith("/api/"):
            headers |= {"Idempotency-Key": "once"}
            version = NOWHERE if stale else self.version(row, values)
            headers |= {} if version is None else {"If-Match": f'"{version}"'}
        if "upload" in row:
            form = {name: str(self.known(value)) for name, value in row.get("form", {}).items()}
            content["data"] = form | {"file": (BytesIO(row["upload"].encode()), "list.csv", "text/csv")}
        elif "form" in row:
            version = 10**9 - 1 if stale else self.version(row, values)
            content["data"] = ({} if version is None else {"version": version}) | self.known(row["form"])
        elif method != "GET":
            content["json"] = self.known(row.get("body", {}))
        client = self.site.test_client(use_cookies=False)
        got = client.open(url, method=method, headers=headers, **content)
        return Asked(got.status_code, got.get_json(silent=True), "" if got.mimetype in _FILES else got.get_data(as_text=True))

    def version(self, row: Mapping[str, Any], values: Mapping[str, Any]) -> int | None:
        """The version of the row that a path names last, or the one the table gives."""
        if "version" in row:
            return int(row["version"])
        named = [name for name in values if name in VERSIONED or name == "plan_id"]
        if not named:
            return None
        table = VERSIONED.get(named[-1]) or (ImprovementPlan if "improvement" in row["with"]["plan_id"] else DevelopmentPlan)
        with db.transaction(self.site.target, write=False) as session:
            found = session.get(table, values[named[-1]])
            return None if found is None else found.version  # type: ignore[attr-defined]


REAL_COMMIT = db.DoorSession.commit


@pytest.fixture
def in_every_office(served: Served) -> Iterator[Served]:
    """The same, where `self` holds every office that handles cases."""
    roles = [AccountRole(account_id=served.world.ids["self_account"], role=role) for role in OFFICES]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(db.DoorSession, "commit", REAL_COMMIT)
        with db.transaction(served.site.target, write=True) as session:
            session.add_all(roles)
    yield served
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(db.DoorSession, "commit", REAL_COMMIT)
        with db.transaction(served.site.target, write=True) as session:
            for role in roles:
                session.delete(role)


@pytest.fixture(scope="module")
def served(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The world, served. Requests come on one day, and what they change is not kept."""
    site = a_service(module_database_url, tmp_path_factory.mktemp("var"))
    with clock.at(NOW), pytest.MonkeyPatch.context() as patched:
        with db.transaction(site.target, write=True) as session:
            world = a_world(session)
        made = Served(site, world)
        for who, account in [*world.accounts.items(), (None, None)]:
            made.headers[who] = _headers(site, account)
        patched.setattr(db.DoorSession, "commit", lambda session: None)
        patched.setattr(site, "afterwards", lambda outcome: None)
        yield made


def _headers(site: web.Site, account: Account | None) -> dict[str, str]:
    caller = Caller(site, account)
    cookie = caller.client.get_cookie(site.config["SESSION_COOKIE_NAME"])
    return caller.headers | ({"Cookie": f"{cookie.key}={cookie.value}"} if cookie else {})


def expected(row: Mapping[str, Any], accounts: Mapping[str, Account]) -> dict[str, str]:
    """The answer that a row of the table gives everybody."""
    found: dict[str, str] = {}
    for answer in ANSWERS:
        listed = row.get(int(answer) if answer.isdigit() else answer, [])
        for who in _listed(listed):
            assert who not in found, f"{who} has two answers"
            assert who in accounts, f"nobody is {who}"
            found[who] = answer
    if "others" in row:
        found |= {who: row["others"] for who in accounts if who not in found}
    return found


def _listed(names: Any) -> list[str]:
    groups = TABLE["groups"]
    return [who for name in ([names] if isinstance(names, str) else names) for who in groups.get(name, [name])]


def assert_answered_as_the_table_says(served: Served, route: str, *, turn: int | None = None) -> None:
    """Fails with every answer that differs from the table's. With a turn, one is asked for each answer: whose turn it is."""
    faults = [f"{row.get('with', '')} {fault}" for row in ROUTES[route] for fault in wrong_answers(served, route, row, turn)]
    assert not faults, "\n".join(faults)


def wrong_answers(served: Served, route: str, row: Mapping[str, Any], turn: int | None) -> list[str]:
    """Where the answers differ from those of the table, in words."""
    told = expected(row, served.world.accounts)
    faults = [f"{who} has no answer" for who in served.world.accounts if who not in told]
    for answer in dict.fromkeys(told.values()):
        given = [who for who in told if told[who] == answer]
        if turn is not None:
            given = [given[turn % len(given)]]
        elif row.get("slow") and answer in ("may", "page"):
            del given[1:]  # what takes long to make is made for one of those who may
        faults += [f"{who}: {words}" for who in given for words in wrong_answer(served, who, answer, route, row)]
    return faults


def wrong_answer(served: Served, who: str, answer: str, route: str, row: Mapping[str, Any]) -> list[str]:
    """What is wrong with what somebody is answered."""
    refused = answer in ("refused", "hidden")
    got = served.ask(who, route, row, stale=refused)
    if got.status not in (STATUS[answer] if answer in STATUS else (int(answer),)):
        said = got.json.get("code") or got.json if isinstance(got.json, dict) else got.json
        return [f"{answer} expected, answered {got.status} {said}"]
    words = _told_of(served, who, route, row) if answer == "refused" else _not_found(served, row, got, answer)
    return [told for told in (words, _leaks(who, row, got)) if told]


def _leaks(who: str, row: Mapping[str, Any], got: Asked) -> str | None:
    """Which secrets an answer tells to whom they are not for."""
    about = row.get("about") or row.get("with", {}).get("appraisal_id")
    published = who == "self" and about in TABLE["published"]
    told = [name for name, text in SECRETS.items() if text in got.text]
    wrong = [name for name in told if who not in _listed(TABLE["secrets"][name]) and not (published and name in _JUDGED)]
    return f"is told {', '.join(wrong)}" if wrong else None


def _not_found(served: Served, row: Mapping[str, Any], got: Asked, answer: str) -> str | None:
    """Of lists: whether the row looked for is among those shown, as it should or should not be; of many acts at once: how many
    were done."""
    if answer not in ("may", "empty"):
        return None
    if "finds" in row:
        (name, wanted) = next(iter(row["finds"].items()))
        items = got.json["items"] if "items" in got.json else got.json[row["among"]]
        there = any(_within(one, name) == served.known(wanted) for one in items)
        if there != (answer == "may"):
            return "not in the list" if answer == "may" else "sees it in the list"
    if "counts" in row and (got.json[row["counts"]] > 0) != (answer == "may"):
        return f"{row['counts']} is {got.json[row['counts']]}"
    return None


def _within(one: Any, name: str) -> Any:
    for part in name.split("."):
        one = one[part]
    return one


def _told_of(served: Served, who: str, route: str, row: Mapping[str, Any]) -> str | None:
    """Whether a refusal gives away that a row is there: to somebody whom the table does not let see it, and who is told 404 of
    one that is not."""
    ids = [name for name in row.get("with", {}) if name.endswith("_id")]
    if not ids or _sees(served, who, route, row, ids[-1]):
        return None
    there_is_none = served.ask(who, route, row, stale=True, **{ids[-1]: NOWHERE}).status
    return None if there_is_none == 403 else f"403 tells of a {ids[-1]} that they do not see"


def _sees(served: Served, who: str, route: str, row: Mapping[str, Any], name: str) -> bool:
    """Whether the table lets somebody see what a path names, by the route that shows it."""
    address = route.split(" ")[1]
    # What belongs to an appraisal, a cycle or an employee stands under other addresses too.
    shown = _WHOLE.get(name) or f"GET {address[: address.index('{' + name + '}') + len(name) + 2]}"
    same = [one for one in ROUTES.get(shown, []) if one["with"][name] == row["with"][name]]
    return any(expected(one, served.world.accounts)[who] == "may" for one in same)


def _routes(site: web.Site) -> set[str]:
    """Every route there is, as the table names it."""
    found = set()
    for rule in site.url_map.iter_rules():
        address = re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)
        found |= {f"{method} {address}" for method in rule.methods or () if method not in ("HEAD", "OPTIONS")}
    return found


def _is_more_than_nothing(served: Served, row: Mapping[str, Any], got: Asked) -> bool:
    """Whether something was done or shown: no refusal, no list without the row, not many acts of which none was done."""
    if got.status in (403, 404, 422):
        return False
    return got.status >= 400 or not {"finds", "counts"}.intersection(row) or _not_found(served, row, got, "empty") is not None


def _is_about_self(row: Mapping[str, Any]) -> bool:
    """Whether a row of the table names anything of the case or the file of `self`."""
    named = {*row.get("with", {}).values(), *re.findall(r"'@(\w+)'", str(row))}
    return any(name.removesuffix("_sheet").removesuffix("_agreement") in OF_SELF for name in named)


def test_every_route_has_its_rows_and_every_row_its_route(tmp_path: Path):
    there = _routes(a_service("sqlite:///nowhere.db", tmp_path))
    assert sorted(there - ROUTES.keys()) == [], "routes without a row in tests/permissions.yaml"
    assert sorted(ROUTES.keys() - there) == [], "rows without a route"


@on_sqlite
@pytest.mark.parametrize("route", sorted(ROUTES))
def test_everybody_is_answered_as_the_table_says(served: Served, route: str):
    assert_answered_as_the_table_says(served, route)


@on_postgresql
@pytest.mark.parametrize("route", ON_POSTGRESQL)
def test_everybody_is_answered_as_the_table_says_on_postgresql_too(served: Served, route: str):
    by_turns = None if "/api/" in route else ON_POSTGRESQL.index(route)
    assert_answered_as_the_table_says(served, route, turn=by_turns)


@on_sqlite
@pytest.mark.parametrize("route", sorted(ROUTES))
def test_nobody_who_is_not_signed_in_gets_in(served: Served, route: str):
    for row in ROUTES[route]:
        got = served.ask(None, route, row)
        if "nobody" in row:
            assert got.status == row["nobody"]
        elif row.get("public") and route.startswith("POST /") and "/api/" not in route:
            assert got.status in (302, 303, 400), "the token of a form is given with the page"
        elif row.get("public"):
            assert got.status < 400
        elif route.split(" ")[1].startswith("/api/"):
            assert (got.status, got.json["code"]) == (401, "not_signed_in")
        else:
            assert got.status in (302, 400, 401), "a page sends them to sign in"


@on_sqlite
def test_no_office_lets_anybody_handle_their_own_case(in_every_office: Served, monkeypatch: pytest.MonkeyPatch):
    """D-05, D-23: what `self` may not do, they may not do as HR, provider of figures or approver either. A page for many cases
    leads on, and has done nothing about one's own."""
    faults, recorded, record = [], [], audit.record

    def noted(session: Session, actor: Actor, action: str, *more: Any, **values: Any) -> None:
        recorded.append(action)
        record(session, actor, action, *more, **values)

    monkeypatch.setattr(audit, "record", noted)
    for route, row in ((route, row) for route, rows in ROUTES.items() for row in rows if _is_about_self(row)):
        answer = expected(row, in_every_office.world.accounts)["self"]
        if answer not in ("refused", "hidden", "empty"):
            continue
        recorded.clear()
        got = in_every_office.ask("self", route, row)
        did = bool(recorded) if got.status == 303 else _is_more_than_nothing(in_every_office, row, got)
        if did or _leaks("self", row, got):
            faults.append(f"{route} {row.get('with', '')}: {got.status} {got.text[:200]}")
    assert not faults, "\n".join(faults)


@on_sqlite
def test_the_trail_holds_no_amounts_and_nothing_that_was_never_handed_in(served: Served):
    with db.transaction(served.site.target, write=False) as session:
        kept = "\n".join(payload or "" for payload in session.exec(select(AuditRecord.payload)))
    assert SECRETS["review_comment"] in kept
    assert [name for name in ("own_draft", "review_draft", "base") if SECRETS[name] in kept] == []
