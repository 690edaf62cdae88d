"""Two at the same moment, from real threads on connections of their own. `make soak` has 1 000 rounds of each over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from appraisal import audit, clock, db, web
from tests.caller import Caller, a_service
from tests.contests import Contest, a_contest, same_key, same_version

NOW = datetime(2026, 4, 24, 2, 0, tzinfo=UTC)
ROUNDS = 20


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Iterator[web.Site]:
    with clock.at(NOW):
        yield a_service(engine.url.render_as_string(hide_password=False), tmp_path)


@pytest.fixture
def contest(site: web.Site, engine: Engine) -> Contest:
    with db.transaction(engine, write=True) as session:
        return a_contest(session)


def test_of_two_supervisors_who_send_the_same_version_one_is_late(site: web.Site, contest: Contest, engine: Engine):
    rivals = Caller(site, contest.supervisor), Caller(site, contest.stand_in)
    assert same_version(contest, rivals, ROUNDS) == {(200, 412): ROUNDS}
    with db.transaction(engine, write=False) as session:
        assert audit.verify(session) is None


def test_a_supervisor_who_sends_the_same_version_twice_is_late_once(site: web.Site, contest: Contest):
    rivals = Caller(site, contest.supervisor), Caller(site, contest.supervisor)
    assert same_version(contest, rivals, ROUNDS) == {(200, 412): ROUNDS}


def test_what_is_sent_twice_at_once_is_made_once(site: web.Site, contest: Contest):
    rivals = Caller(site, contest.hr), Caller(site, contest.hr)
    assert same_key(rivals, ROUNDS) == {"once": ROUNDS}
