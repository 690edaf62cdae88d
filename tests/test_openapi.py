"""What openapi.json says is so: requests drawn from it break nothing and are answered as it describes.

HR with every role, whose commands go far, on PostgreSQL; an employee, who is refused most, on SQLite. `make soak` goes through
every role on both.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from schemathesis import GenerationMode
from sqlalchemy import Engine

from appraisal import clock, db, rest, web
from appraisal.app import create_app
from appraisal.config import Settings
from tests import contract, factories, world
from tests.caller import a_service

HR, EMPLOYEE = "hr_here", "self"


@pytest.mark.parametrize(
    ("who", "database_kind", "well_done"),
    [(HR, "postgresql", 110), (EMPLOYEE, "sqlite", 40)],
    indirect=["database_kind"],
    scope="session",
)
def test_every_operation_answers_as_described(engine: Engine, tmp_path: Path, who: str, well_done: int):
    with db.transaction(engine, write=True) as session:
        company = world.a_world(session)
        if who == HR:
            contract.give_every_role(session, company.accounts[who])
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    with clock.at(world.NOW):
        client = contract.Client(site, engine, company.accounts[who].id)
        known = contract.known_in(engine, company.words)
        held = contract.hold(client, known, examples=3)
        wrong = contract.hold(client, known, examples=1, mode=GenerationMode.NEGATIVE)
    assert held.wrong | wrong.wrong == {}
    # Or the requests would be such that everything is refused at the door.
    assert len(held.done) >= well_done, sorted(held.done)


endpoints = rest.Endpoints("sample", "Endpoints that do not do what they say")


class PlainOut(rest.Out):
    name = rest.Str()


@endpoints.get("/lies/<int:row_id>", out=PlainOut)
def lie(row_id: int) -> Any:
    """What the test has it answer."""
    return LIES[lie.kind](row_id)  # type: ignore[attr-defined]


def _break(_: int) -> Any:
    raise ZeroDivisionError


LIES: dict[str, Callable[[int], Any]] = {
    "another type": lambda _: {"name": None},
    "a field left out": lambda _: {},
    "another status": lambda _: web.Response("{}", 409, mimetype="application/problem+json"),
    "another kind of content": lambda _: web.Response("name", mimetype="text/plain"),
    "no header": lambda _: web.Response("{}", 503, mimetype="application/problem+json"),
    "an error": _break,
}


@pytest.fixture(scope="module")
def lying(tmp_path_factory: pytest.TempPathFactory) -> web.Site:
    var = tmp_path_factory.mktemp("var")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("appraisal.app.ENDPOINTS", (endpoints,))
        return create_app(Settings(mode="test", var=var, database_url="sqlite:///nowhere.db", secret_key="of the tests"))


@pytest.mark.parametrize("kind", LIES)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True, scope="session")
def test_an_endpoint_that_lies_is_noticed(lying: web.Site, engine: Engine, kind: str):
    lying.database_url = engine.url.render_as_string(hide_password=False)
    with db.transaction(engine, write=True) as session:
        account = factories.an_account(session, "hr")
    lie.kind = kind  # type: ignore[attr-defined]
    held = contract.hold(contract.Client(lying, engine, account.id), contract.Known({}, {}, {}), examples=3)
    assert list(held.wrong) == ["GET /api/v1/lies/{row_id}"]
