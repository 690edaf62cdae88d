"""Commands of exceptions work on the test's own database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from appraisal.config import settings


@pytest.fixture
def configured(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database of the test is the one that commands find in the environment."""
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()
