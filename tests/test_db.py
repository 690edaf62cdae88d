"""The transaction door, exact and aware columns, and versions, on both databases."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Engine, MetaData, insert, inspect, text
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select

from appraisal import db
from appraisal.errors import Busy, Conflict, Invalid
from appraisal.people.models import Unit

SCRATCH = MetaData(naming_convention=db.NAMING_CONVENTION)


class Note(db.Versioned, SQLModel, table=True):
    """A table of these tests only."""

    __tablename__ = "scratch_note"
    metadata = SCRATCH

    id: int | None = Field(default=None, primary_key=True)
    word: str = Field(max_length=20, unique=True)
    amount: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    seen_at: datetime | None = Field(default=None, sa_type=db.UTC())
    other_id: int | None = Field(default=None, foreign_key="scratch_note.id")


@pytest.fixture
def notes(engine: Engine) -> Iterator[Engine]:
    SCRATCH.create_all(engine)
    yield engine


def add_note(target: Engine, **values: object) -> int:
    with db.transaction(target, write=True) as session:
        note = Note(**{"word": "first", **values})
        session.add(note)
        session.flush()
        return note.id


def read_note(target: Engine, note_id: int) -> Note:
    with db.transaction(target, write=False) as session:
        return session.get_one(Note, note_id)


def words(target: Engine) -> list[str]:
    with db.transaction(target, write=False) as session:
        return list(session.exec(select(Note.word).order_by(Note.id)))


# The door


def test_a_writing_transaction_commits_at_the_end_of_its_block(notes: Engine):
    add_note(notes)
    assert words(notes) == ["first"]


def test_an_error_in_the_block_leaves_nothing_behind(notes: Engine):
    with pytest.raises(ZeroDivisionError), db.transaction(notes, write=True) as session:
        session.add(Note(word="lost"))
        session.flush()
        _ = 1 // 0
    assert words(notes) == []


def test_nobody_but_the_door_commits(notes: Engine):
    with pytest.raises(RuntimeError, match="only db.transaction commits"), db.transaction(notes, write=True) as session:
        session.commit()


def test_a_reading_transaction_refuses_to_flush_a_change(notes: Engine):
    with pytest.raises(RuntimeError, match="write=True"), db.transaction(notes, write=False) as session:
        session.add(Note(word="no"))
        session.flush()


def test_a_reading_transaction_refuses_to_change_anything_even_by_statement(notes: Engine):
    with pytest.raises(Exception, match="(?i)read.?only"), db.transaction(notes, write=False) as session:
        session.exec(insert(Note).values(word="no", version=1))
    assert add_note(notes) == 1


def test_what_asked_to_run_at_the_end_runs_once_after_the_last_flush(notes: Engine):
    seen: list[int | None] = []
    with db.transaction(notes, write=True) as session:
        note = Note(word="late")
        db.at_the_end(session, "look", lambda _: seen.append(note.id))
        db.at_the_end(session, "look", lambda _: seen.append(-1))
        session.add(note)
    assert seen == [1]


def test_when_what_runs_at_the_end_fails_the_change_is_refused(notes: Engine):
    def fail(_: Session) -> None:
        raise OSError("the trail cannot be written")

    with pytest.raises(OSError), db.transaction(notes, write=True) as session:
        session.add(Note(word="never"))
        db.at_the_end(session, "fail", fail)
    assert words(notes) == []


def test_a_repeated_unique_value_is_a_conflict(notes: Engine):
    add_note(notes)
    with pytest.raises(Conflict) as refused:
        add_note(notes)
    assert refused.value.code == "already_exists"


def test_a_row_that_refers_to_nothing_is_refused(notes: Engine, database_kind: str):
    with pytest.raises(Exception) as refused:
        add_note(notes, other_id=77)
    # On PostgreSQL it may have been there a moment ago; with SQLite's one writer it can only be a mistake of ours.
    assert isinstance(refused.value, Busy) == (database_kind == "postgresql")
    assert words(notes) == []


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_a_database_that_goes_away_is_busy_and_the_next_request_finds_it_again(notes: Engine):
    with pytest.raises(Busy), db.transaction(notes, write=True) as session:
        session.add(Note(word="never"))
        session.flush()
        own = session.connection().scalar(text("SELECT pg_backend_pid()"))
        with notes.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
    assert words(notes) == []


# Versions


def test_the_version_rises_with_every_change(notes: Engine):
    note_id = add_note(notes)
    with db.transaction(notes, write=True) as session:
        note = session.get_one(Note, note_id)
        assert note.version == 1
        note.word = "second"
        session.flush()
        assert note.version == 2


def test_a_change_on_the_sight_of_an_older_version_is_refused(notes: Engine):
    note = read_note(notes, add_note(notes))
    db.expect_version(note, 1)
    db.expect_version(note, None)
    with pytest.raises(Conflict) as refused:
        db.expect_version(note, 0)
    assert refused.value.code == "stale_version"


def test_of_two_threads_that_change_one_version_exactly_one_succeeds(notes: Engine):
    note_id = add_note(notes)
    ready = threading.Barrier(2)

    def change(word: str) -> None:
        ready.wait()
        with db.transaction(notes, write=True) as session:
            note = session.get_one(Note, note_id)
            db.expect_version(note, 1)
            time.sleep(0.05)
            note.word = word

    outcomes = in_threads(lambda: change("one"), lambda: change("two"))
    assert {type(outcome) for outcome in outcomes} == {type(None), Conflict}
    assert read_note(notes, note_id).version == 2


def test_many_threads_write_without_losing_anything(notes: Engine):
    note_id = add_note(notes, amount=Decimal(0))

    def add_one() -> None:
        for _ in range(10):
            with db.transaction(notes, write=True) as session:
                db.one_at_a_time(session, "adding")
                note = session.get_one(Note, note_id)
                note.amount = (note.amount or Decimal(0)) + 1

    assert in_threads(*[add_one] * 4) == [None] * 4
    assert read_note(notes, note_id).amount == 40


def test_a_second_writer_of_sqlite_waits_its_turn_and_then_gives_up(
    notes: Engine, database_kind: str, monkeypatch: pytest.MonkeyPatch
):
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL has many writers")
    monkeypatch.setattr(db, "LOCK_SECONDS", 0.05)
    with db.transaction(notes, write=True):
        assert isinstance(in_threads(lambda: add_note(notes))[0], Busy)


# Exact decimals


@pytest.mark.parametrize(
    "figure", ["0", "0.0001", "-0.0001", "123456789.1234", "922337203685477.5807", "-922337203685477.5807"]
)
def test_a_decimal_comes_back_exactly(notes: Engine, figure: str):
    assert read_note(notes, add_note(notes, amount=Decimal(figure))).amount == Decimal(figure)


def test_missing_stays_missing(notes: Engine):
    assert read_note(notes, add_note(notes)).amount is None


@pytest.mark.parametrize(
    "figure",
    [
        0.1,
        True,
        "1",
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("0.00001"),
        Decimal("922337203685477.5808"),
        Decimal("1e400"),
    ],
)
def test_what_cannot_be_kept_exactly_is_refused(notes: Engine, figure: object):
    with pytest.raises(Invalid) as refused:
        add_note(notes, amount=figure)
    assert refused.value.code == "bad_number"
    assert words(notes) == []


def test_decimals_are_compared_and_sorted_as_numbers(notes: Engine):
    for word, figure in (("ten", "10"), ("two", "2.5"), ("minus", "-3")):
        add_note(notes, word=word, amount=Decimal(figure))
    with db.transaction(notes, write=False) as session:
        assert list(session.exec(select(Note.word).order_by(col(Note.amount)))) == ["minus", "two", "ten"]
        assert list(session.exec(select(Note.word).where(Note.amount > Decimal("2.5")))) == ["ten"]


# Instants


def test_an_instant_comes_back_aware_and_in_utc(notes: Engine):
    noon_in_shanghai = datetime(2026, 3, 31, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    seen_at = read_note(notes, add_note(notes, seen_at=noon_in_shanghai)).seen_at
    assert seen_at == noon_in_shanghai
    assert seen_at.tzinfo is UTC


def test_an_instant_without_zone_is_refused(notes: Engine):
    with pytest.raises(Invalid):
        add_note(notes, seen_at=datetime(2026, 3, 31))


# Engines


def test_commits_are_durable_and_foreign_keys_are_on(engine: Engine, database_kind: str):
    with engine.connect() as connection:
        if database_kind == "sqlite":
            asked = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("foreign_keys", "synchronous")}
            assert asked == {"foreign_keys": 1, "synchronous": 2}
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_one_engine_per_process_and_a_forked_child_makes_its_own(database_url: str):
    mine = db.engine(database_url)
    assert db.engine(database_url) is mine
    child = os.fork()
    if child == 0:
        fresh = db.engine(database_url) is not mine and _answers(db.engine(database_url))
        os._exit(0 if fresh else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert _answers(mine)
    mine.dispose()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_another_kind_of_database_is_refused(url: str):
    with pytest.raises(Invalid):
        db.make_engine(url)


def _answers(target: Engine) -> bool:
    with target.connect() as connection:
        return connection.execute(text("SELECT 1")).scalar() == 1


def in_threads(*acts: Callable[[], object]) -> list[Exception | None]:
    """Runs acts at once; the error of each, or None."""
    outcomes: list[Exception | None] = [None] * len(acts)

    def run(index: int) -> None:
        try:
            acts[index]()
        except Exception as error:  # noqa: BLE001 - every outcome is looked at by the test
            outcomes[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def test_a_second_name_for_a_table_has_learnt_its_columns_before_anybody_asks() -> None:
    kept = inspect(db.another(Unit)).selectable
    assert "_columns" in kept.__dict__
    assert "_columns" not in inspect(aliased(Unit)).selectable.__dict__  # and would not otherwise
