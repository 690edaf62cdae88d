"""Keeping documents: each as it was rendered, once, with its hash; and having those of many cases made in the background."""

import hashlib
from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from appraisal import audit, clock, files, jobs
from appraisal.actor import Actor
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Cycle, Sheet
from appraisal.errors import Fault, Invalid, NotAllowed, NotFound
from appraisal.jobs import Job
from appraisal.people import queries as people
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import LANGUAGES, Document, Form, Language, file_name
from appraisal.reports.models import ArchivedDocument

RENDER = "reports.render"
KEEP = "reports.keep"
PART = 50
"""Cases in one part of a batch: what a killed worker leaves to another."""


def keep(
    session: Session, actor: Actor, form: Form, document: Document, language: Language, html: str, pdf: bytes
) -> ArchivedDocument:
    """Stores a rendered document; the same form, language and HTML is stored once."""
    digest = digest_of(html)
    if (known := _known(session, form, language, [digest])) and (row := known.get(digest)):
        return row
    filing, head = document.filing, document.head
    stored = files.keep(session, actor, name=file_name(form, document, language), content=pdf, media_type="application/pdf")
    row = ArchivedDocument(
        form=form.id,
        number=head.number,
        language=language,
        about_id=filing.about_id,
        employee_id=filing.employee_id,
        cycle_id=filing.cycle_id,
        unit_id=filing.unit_id,
        period=filing.period,
        dated=head.dated,
        policy_digest=head.policy_digest,
        html_sha256=digest,
        file_id=stored.id or 0,
        made_at=clock.now(),
        made_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    after = {"form": form.id, "number": head.number, "language": language, "sha256": stored.sha256}
    audit.record(session, actor, "document.keep", "archived_document", row.id, after=after)
    return row


def not_kept(session: Session, form: Form, language: Language, pages: Collection[str]) -> set[str]:
    """Of the HTML of some documents, what is not in the archive yet."""
    by_digest = {digest_of(html): html for html in pages}
    known = _known(session, form, language, list(by_digest))
    return {html for digest, html in by_digest.items() if digest not in known}


def kept_pdf(session: Session, form: Form, language: Language, html: str) -> bytes | None:
    """The stored bytes of a document; None where it is not in the archive."""
    row = _known(session, form, language, [digest_of(html)]).get(digest_of(html))
    return files.content_of(session, files.by_id(session, row.file_id)) if row else None


def digest_of(html: str) -> str:
    """What tells one document from another: two of the same HTML are the same document."""
    return hashlib.sha256(html.encode()).hexdigest()


def ask_for_cycle(
    session: Session, actor: Actor, cycle_id: int, forms: Sequence[str], language: Language, unit_id: int | None = None
) -> Job:
    """Has the documents of some forms rendered and archived for everybody of a cycle, or of a unit, whom the actor handles.

    Raises NotFound, NotAllowed for others than HR, Invalid `bad_fields` for what is no form of a case.
    """
    if not actor.holds("hr"):
        raise NotAllowed("not_allowed", "仅人力资源可以批量生成文书", "only HR has documents made in bulk")
    cycle = session.get(Cycle, cycle_id)
    if cycle is None or cycle.status == DRAFT:
        raise NotFound()
    _check_forms(forms, language)
    seen = [one.id or 0 for one, who in cycles.appraisals_seen_by(session, actor, cycle) if who.id != actor.employee_id]
    if unit_id is not None:
        seen = [one for one in seen if one in _in_unit(session, seen, unit_id)]
    parts = [
        {"form": form, "language": language, "appraisals": seen[start : start + PART]}
        for start in range(0, len(seen), PART)
        for form in forms
    ]
    about = f"cycle:{cycle_id}"
    return jobs.enqueue_parts(session, actor, RENDER, parts, about=about, total=len(seen) * len(forms))


def is_kept(session: Session, form: str, about_id: int) -> bool:
    """Whether a document of this row lies in the archive."""
    found = select(ArchivedDocument.id).where(ArchivedDocument.form == form, ArchivedDocument.about_id == about_id)
    return session.exec(found.limit(1)).first() is not None


def of_cases() -> list[Form]:
    """The forms that every case of a cycle can have."""
    return [one for one in FORMS.values() if one.about == "appraisal" or one.of_case is not None]


def ask_for_one(session: Session, actor: Actor, form: str, about_id: int) -> Job:
    """Has a document that takes long rendered in the background, in Chinese and in both languages. Raises NotFound."""
    FORMS[form].built(session, actor, about_id)
    about = f"{FORMS[form].about}:{about_id}"
    return jobs.enqueue(session, actor, KEEP, {"form": form, "about_id": about_id}, about=about, total=len(LANGUAGES))


def _check_forms(forms: Sequence[str], language: str) -> None:
    known = [one.id for one in of_cases()]
    zh, en = f"没有这种文书; 可选 {'、'.join(known)}", f"there is no such form: use {', '.join(known)}"
    faults = [Fault(f"forms[{n}]", zh, en) for n, one in enumerate(forms) if one not in known]
    if not forms:
        faults.append(Fault("forms", "请至少选一种文书", "choose at least one form"))
    if language not in LANGUAGES:
        faults.append(Fault("language", "语言为 zh 或 both", "the language is zh or both"))
    if faults:
        raise Invalid("bad_fields", "有几处需要更正", "something needs correcting", faults)


def _in_unit(session: Session, ids: Collection[int], unit_id: int) -> set[int]:
    below = people.subtrees(session, {unit_id})[unit_id]
    found = select(Sheet.appraisal_id).where(col(Sheet.appraisal_id).in_(ids), col(Sheet.unit_id).in_(below))
    return set(session.exec(found))


def _known(session: Session, form: Form, language: Language, digests: Sequence[str]) -> dict[str, ArchivedDocument]:
    found = select(ArchivedDocument).where(
        ArchivedDocument.form == form.id,
        ArchivedDocument.language == language,
        col(ArchivedDocument.html_sha256).in_(digests),
    )
    return {one.html_sha256: one for one in session.exec(found)}
