"""Use cases of the desk."""

from sqlmodel import Session

from appraisal import files
from appraisal.actor import Actor
from appraisal.errors import NotFound
from appraisal.files import StoredFile
from appraisal.people import auth


def own_file(session: Session, actor: Actor, file_id: int) -> tuple[StoredFile, bytes]:
    """A file the actor has handed in, with its bytes. Raises NotFound for another's: that is read where it is attached."""
    stored = files.by_id(session, file_id)
    if actor.account_id is None or stored.kept_by != actor.account_id:
        raise NotFound(hidden=True)
    return stored, files.content_of(session, stored)


def require_auditor(actor: Actor) -> None:
    """The trail holds what everybody did: it is the auditors' alone."""
    auth.require_role(actor, "auditor")
