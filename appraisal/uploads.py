"""Tables that people bring to a page: kept between the preview and the import, and given back with what to mend.

A page takes the file, keeps it, and goes on to a page of its own that shows what each row would do. Reloading, going back and
sharing the address with oneself all work, because the file is there under its id; it is nobody else's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask import Response
from sqlmodel import Session

from appraisal import cells, files, later, spreadsheets
from appraisal.actor import Actor
from appraisal.errors import Fault, NotFound
from appraisal.fields import File, Flag, In, Upload
from appraisal.files import StoredFile

View = TypeVar("View", bound=Callable[..., Any])
LARGEST = 11_000_000
LONG = 40_000
"""Bytes of a table from which on it is taken in the background: several hundred rows."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TableIn(In):
    """A table to look at before anything is done with it."""

    file = File(required=True)


class SkippingIn(In):
    """All of a table, or with `skip_faulty` the sound rows of it."""

    skip_faulty = Flag(load_default=False)


def takes_file(view: View) -> View:
    """Marks a view whose form brings a file; stands below what wraps it."""
    view.largest_request = LARGEST  # type: ignore[attr-defined]
    return view


def keep_table(session: Session, actor: Actor, upload: Upload) -> StoredFile:
    """Keeps a table that has been read once. Raises Invalid `bad_file`."""
    media_type = XLSX if upload.content.startswith(files.MEDIA_TYPES[XLSX]) else "text/csv"
    return files.keep(session, actor, name=upload.name, content=upload.content, media_type=media_type)


def table_again(session: Session, actor: Actor, file_id: int) -> tuple[str, bytes]:
    """The name and bytes of a table that the actor has handed in. Raises NotFound for another's."""
    stored = files.by_id(session, file_id)
    if actor.account_id is None or stored.kept_by != actor.account_id or stored.media_type not in (XLSX, "text/csv"):
        raise NotFound(hidden=True)
    return stored.name, files.content_of(session, stored)


def in_background(session: Session, actor: Actor, content: bytes, task: str, given: Mapping[str, Any]) -> Response | None:
    """Where to see how a long table is being taken; None for one that is taken at once."""
    if len(content) < LONG:
        return None
    return later.begin(session, actor, task, given, about=f"file:{given['file_id']}")


def to_mend(name: str, content: bytes, faults: Sequence[Fault]) -> Response:
    """The rows that were refused, as they came, with a column that says what to mend: to be mended there and brought again."""
    found = spreadsheets.marked(name, content, faults)
    own = [place for place, heading in enumerate(found.headings) if heading != spreadsheets.TO_MEND]
    rows: list[list[Any]] = []
    for _, texts, wrong in found.rows:
        filled = [*texts, *[""] * (len(found.headings) - len(texts))]
        rows.append([*(filled[place] for place in own), " | ".join(f"{one.zh} · {one.en}" for one in wrong)])
    content = cells.as_csv([*(found.headings[place] for place in own), spreadsheets.TO_MEND], rows)
    answer = Response(content, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="to-mend.csv"'
    return answer
