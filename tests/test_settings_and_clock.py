"""Settings that cannot stand are refused at the start; the clock can be set; every code that is shown has words."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import get_args

import pytest

from appraisal import clock, labels
from appraisal.actor import ASSIGNABLE_ROLES, SYSTEM, Actor, Role
from appraisal.config import PROJECT_ROOT, Settings, settings
from appraisal.core.calendar import Cadence
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import WorkflowEdition
from appraisal.errors import Invalid
from appraisal.incidents.models import CONFIRMED, DRAFT, HEARD, WITHDRAWN
from appraisal.measures.models import ORIGINS
from appraisal.monitoring.models import CADENCES, RECORD_TYPES


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment without our variables, and settings read anew."""
    for name in (
        "DATABASE_URL",
        "SECRET_KEY",
        "AUDIT_KEY",
        "OLD_AUDIT_KEYS",
        "APPRAISAL_MODE",
        "APPRAISAL_VAR",
        "APPRAISAL_ROOT",
    ):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


def test_without_any_setting_everything_lies_in_the_projects_var(environment: pytest.MonkeyPatch):
    found = settings()
    assert (found.mode, found.database_url) == ("development", f"sqlite:///{found.root / 'var' / 'appraisal.db'}")


def test_the_environment_decides(environment: pytest.MonkeyPatch, tmp_path: Path):
    environment.setenv("APPRAISAL_VAR", str(tmp_path))
    assert settings().database_url == f"sqlite:///{tmp_path}/appraisal.db"
    settings.cache_clear()
    environment.setenv("DATABASE_URL", "postgresql://db/appraisal")
    environment.setenv("OLD_AUDIT_KEYS", "a,b")
    assert (settings().database_url, settings().old_audit_keys) == ("postgresql://db/appraisal", ("a", "b"))


@pytest.mark.parametrize(
    "keys",
    [{}, {"SECRET_KEY": "a"}, {"AUDIT_KEY": "a"}, {"SECRET_KEY": "a", "AUDIT_KEY": "a"}, {"SECRET_KEY": "", "AUDIT_KEY": "b"}],
)
def test_production_refuses_to_start_without_two_different_keys(environment: pytest.MonkeyPatch, keys: dict[str, str]):
    environment.setenv("APPRAISAL_MODE", "production")
    for name, key in keys.items():
        environment.setenv(name, key)
    with pytest.raises(Invalid, match="_KEY"):
        settings()


def test_production_starts_with_both_keys_and_shows_neither(environment: pytest.MonkeyPatch):
    shown = repr(Settings(mode="production", secret_key="first-key", audit_key="second-key"))
    assert "first-key" not in shown
    assert "second-key" not in shown


def test_an_unknown_mode_is_refused(environment: pytest.MonkeyPatch):
    environment.setenv("APPRAISAL_MODE", "prod")
    with pytest.raises(Invalid, match="production"):
        settings()


def test_the_day_turns_at_midnight_where_the_company_works():
    with clock.at(datetime(2026, 3, 31, 15, 59, tzinfo=UTC)):
        assert clock.today() == date(2026, 3, 31)
    with clock.at(datetime(2026, 3, 31, 16, 0, tzinfo=UTC)):
        assert clock.today() == date(2026, 4, 1)


def test_a_day_is_set_to_its_morning_and_the_clock_runs_on_afterwards():
    with clock.at(date(2026, 3, 31)):
        assert clock.now() == datetime(2026, 3, 31, 9, tzinfo=timezone(timedelta(hours=8)))
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=10)


def test_an_instant_without_zone_does_not_set_the_clock():
    with pytest.raises(ValueError, match="time zone"), clock.at(datetime(2026, 3, 31)):
        pass


def test_the_actor_is_named_on_the_trail_by_an_opaque_id():
    assert Actor(account_id=7, employee_id=None, name="王芳").opaque_id == "account:7"
    assert SYSTEM.opaque_id == "system"


def _workflow() -> WorkflowEdition:
    book, _ = load_book(read_files(PROJECT_ROOT), "trading")
    return book.on(book.dates[-1]).workflow


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("role", (*get_args(Role), "unit_head")),
        ("cadence", get_args(Cadence)),
        ("cycle_status", ("draft", "open", "closed")),
        ("policy_status", ("trial", "effective")),
        ("incident_status", (DRAFT, HEARD, CONFIRMED, WITHDRAWN)),
        ("measure_origin", ORIGINS),
        ("reading_cadence", CADENCES),
        ("record_type", RECORD_TYPES),
        ("action", {move.action for move in _workflow().moves} | {"close_calibration"}),
    ],
)
def test_every_code_has_words_in_both_languages(kind: str, codes: tuple[str, ...]):
    assert set(labels.codes(kind)) == set(codes)
    for code in codes:
        assert labels.label(kind, code).zh
        assert labels.label(kind, code).en


def test_a_code_without_words_is_an_error_and_not_shown_bare():
    with pytest.raises(KeyError):
        labels.label("role", "king")


def test_every_role_but_the_relation_can_be_given():
    assert set(get_args(Role)) - set(ASSIGNABLE_ROLES) == {"supervisor"}
