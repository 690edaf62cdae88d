"""The audit trail: what it keeps, that it cannot be changed unseen, and that nothing changes without it."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine, delete, text, update
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.audit import AuditHead, AuditRecord, AuditSeal

ACTOR = Actor(account_id=7, employee_id=3, name="王芳", roles=frozenset({"hr"}), request_id="r-1")
KEY = "a key that is kept elsewhere"


def act(target: Engine, action: str = "thing.change", **values: object) -> None:
    with db.transaction(target, write=True) as session:
        audit.record(session, ACTOR, action, "thing", 12, **values)


def verdict(target: Engine, *keys: str) -> audit.BadRecord | None:
    with db.transaction(target, write=False) as session:
        return audit.verify(session, keys)


def records(target: Engine) -> list[AuditRecord]:
    with db.transaction(target, write=False) as session:
        return list(session.exec(select(AuditRecord).order_by(AuditRecord.seq)))


def tamper(target: Engine, statement: object) -> None:
    with target.begin() as connection:
        connection.execute(statement)


@pytest.fixture
def chain(engine: Engine) -> Engine:
    for number in range(5):
        act(engine, after={"number": number})
    return engine


def test_a_record_says_who_did_what_when_to_what_from_what_to_what_and_why(engine: Engine):
    with clock.at(date(2026, 4, 1)):
        act(engine, before={"weight": Decimal("10.50")}, after={"weight": Decimal("20"), "on": date(2026, 1, 1)}, reason="更正")
    [record] = records(engine)
    assert (record.seq, record.actor, record.action, record.object_kind, record.object_id) == (
        1,
        "account:7",
        "thing.change",
        "thing",
        "12",
    )
    assert record.at.isoformat() == "2026-04-01T01:00:00+00:00"
    assert record.payload == (
        '{"after":{"on":"2026-01-01","weight":"20"},"before":{"weight":"10.5"},"name":"王芳",'
        '"on_behalf_of":null,"reason":"更正","request_id":"r-1","via":"web"}'
    )


def test_names_and_values_are_only_in_the_payload(engine: Engine):
    act(engine, after={"name": "李四"})
    [record] = records(engine)
    chained = record.model_dump(exclude={"payload"})
    assert "王芳" not in str(chained)
    assert "李四" not in str(chained)


def test_an_untouched_chain_holds(chain: Engine):
    assert verdict(chain) is None


def test_an_empty_chain_holds(engine: Engine):
    assert verdict(engine) is None


def test_records_of_one_transaction_are_numbered_in_order(engine: Engine):
    with db.transaction(engine, write=True) as session:
        for action in ("first", "second", "third"):
            audit.record(session, ACTOR, action, "thing", 1)
    assert [(record.seq, record.action) for record in records(engine)] == [(1, "first"), (2, "second"), (3, "third")]
    assert verdict(engine) is None


@pytest.mark.parametrize(
    "change",
    [
        {"action": "thing.other"},
        {"actor": "account:8"},
        {"object_id": "13"},
        {"payload": '{"after":{"number":99}}'},
        {"payload_hash": "0" * 64},
        {"hash": "0" * 64},
        {"at": clock.now()},
        {"payload": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_record_is_named(chain: Engine, change: dict[str, object]):
    tamper(chain, update(AuditRecord).where(col(AuditRecord.seq) == 3).values(**change))
    bad = verdict(chain)
    assert bad is not None
    assert bad.seq == 3


def test_a_removed_record_is_named(chain: Engine):
    tamper(chain, delete(AuditRecord).where(col(AuditRecord.seq) == 2))
    assert verdict(chain).seq == 2


def test_a_chain_cut_at_its_end_is_noticed(chain: Engine):
    tamper(chain, delete(AuditRecord).where(col(AuditRecord.seq) == 5))
    assert verdict(chain).seq == 5


def test_payload_and_salt_can_be_erased_and_the_chain_still_holds(chain: Engine):
    tamper(chain, update(AuditRecord).where(col(AuditRecord.seq) == 3).values(payload=None, salt=None))
    assert verdict(chain) is None
    act(chain)
    assert verdict(chain) is None


def test_the_salt_keeps_equal_payloads_from_being_recognised(engine: Engine):
    act(engine)
    act(engine)
    first, second = records(engine)
    assert first.payload == second.payload
    assert first.payload_hash != second.payload_hash


def test_a_record_that_is_rolled_back_leaves_no_gap(engine: Engine):
    act(engine)
    with pytest.raises(ZeroDivisionError), db.transaction(engine, write=True) as session:
        audit.record(session, ACTOR, "thing.change", "thing", 1)
        _ = 1 // 0
    act(engine)
    assert [record.seq for record in records(engine)] == [1, 2]


def test_where_the_trail_cannot_be_written_the_change_is_refused(engine: Engine):
    tamper(engine, delete(AuditHead))
    with pytest.raises(Exception), db.transaction(engine, write=True) as session:  # noqa: B017 - whatever it is, it must fail
        session.execute(text("INSERT INTO unit (code, name, name_en, from_on) VALUES ('A', 'A', 'A', '2026-01-01')"))
        audit.record(session, ACTOR, "unit.create", "unit", 1)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM unit")).scalar() == 0


def test_nothing_is_recorded_in_a_reading_transaction(engine: Engine):
    with pytest.raises(RuntimeError, match="write=True"), db.transaction(engine, write=False) as session:
        audit.record(session, ACTOR, "thing.change", "thing", 1)


@pytest.mark.parametrize("value", [0.1, object(), {"nested": [1.5]}])
def test_values_that_have_no_one_plain_form_are_refused(session: Session, value: object):
    with pytest.raises(TypeError):
        audit.record(session, ACTOR, "thing.change", "thing", 1, after={"value": value})


def test_an_object_without_id_is_refused(session: Session):
    with pytest.raises(TypeError, match="flush"):
        audit.record(session, ACTOR, "thing.create", "thing", None)


def test_writers_at_once_make_one_chain(engine: Engine):
    def write() -> None:
        for _ in range(10):
            act(engine)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(records(engine)) == 40
    assert verdict(engine) is None


# Seals


def sealed(target: Engine) -> AuditSeal | None:
    with db.transaction(target, write=True) as session:
        return audit.seal(session, KEY)


def test_a_sealed_chain_holds_and_grows_on(chain: Engine):
    assert sealed(chain).seq == 5
    act(chain)
    assert verdict(chain, KEY) is None
    assert verdict(chain) is None


def test_an_empty_chain_has_nothing_to_seal(engine: Engine):
    assert sealed(engine) is None


def test_a_chain_written_anew_does_not_fit_its_seal(chain: Engine):
    sealed(chain)
    for table in (AuditRecord, AuditHead):
        tamper(chain, delete(table))
    with chain.begin() as connection:
        connection.execute(AuditHead.__table__.insert().values(id=1, seq=0, hash=audit.GENESIS))
    for _ in range(5):
        act(chain, "forged")
    assert verdict(chain, KEY).seq == 5


def test_a_seal_forged_without_the_key_is_noticed(chain: Engine):
    sealed(chain)
    tamper(chain, update(AuditSeal).values(signature="0" * 64))
    assert verdict(chain, KEY).seq == 5


def test_a_second_seal_does_not_hide_the_true_one(chain: Engine):
    """Whoever writes the chain anew may add a seal of their own with another key: the first one still does not fit."""
    sealed(chain)
    for table in (AuditRecord, AuditHead):
        tamper(chain, delete(table))
    with chain.begin() as connection:
        connection.execute(AuditHead.__table__.insert().values(id=1, seq=0, hash=audit.GENESIS))
    for _ in range(5):
        act(chain, "forged")
    with db.transaction(chain, write=True) as session:
        audit.seal(session, "a key of their own")
    assert verdict(chain, KEY).seq == 5


def test_an_old_key_still_verifies_what_it_sealed(chain: Engine):
    sealed(chain)
    assert verdict(chain, "the new key", KEY) is None


def test_a_seal_beyond_the_end_shows_that_records_are_gone(chain: Engine):
    sealed(chain)
    tamper(chain, delete(AuditRecord).where(col(AuditRecord.seq) == 5))
    head = records(chain)[-1]
    tamper(chain, update(AuditHead).values(seq=4, hash=head.hash))
    assert verdict(chain).seq == 5
