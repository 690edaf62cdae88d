"""How often the database is asked: the number must not grow with the rows of a list or a file."""

from collections.abc import Callable

from sqlalchemy import event
from sqlmodel import Session


def asked(session: Session, act: Callable[[], object]) -> int:
    """How many times an act asks the database; what it adds goes in batches, which SQLite takes row by row."""
    sent = []
    session.flush()
    connection = session.connection()

    def note(_: object, cursor: object, statement: str, *more: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        act()
        session.flush()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return len(sent)
