"""Rendering in the background: the documents of many cases, and those of a case that has been archived."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from appraisal import db, jobs, pdf
from appraisal.actor import Actor
from appraisal.errors import Invalid, NotFound
from appraisal.people import auth
from appraisal.reports import archive
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import LANGUAGES, Document, Form, Language

AT_ONCE = 10
"""Documents in one chunk: what is rendered again after a crash."""

LONGEST = 600
"""Seconds that one document may take where nobody waits for the page."""

# Who files what is final sees all of it; what comes out is seen by those who may see the case.
ARCHIVIST = Actor(account_id=None, employee_id=None, name="archive", via="cli", roles=frozenset({"hr"}))

Answers = Mapping[str, bytes | pdf.PdfError]
"""By the HTML of documents their PDFs, or why they could not be rendered."""


@jobs.task(archive.RENDER, priority=-1)
def render(work: jobs.Work) -> Mapping[str, Any]:
    """The documents of one form for some cases, from where an attempt before this one stood, with what it came to."""
    form, language = FORMS[work.given["form"]], work.given["language"]
    made, without = work.outcome.get("made", 0), work.outcome.get("without", 0)
    failed: dict[str, str] = dict(work.outcome.get("failed", {}))
    with pdf.Renderers() as renderers:
        chunks = (_begun(work, renderers, form, language, ids) for ids in _chunks(work.given["appraisals"][work.done :]))
        for chunk in _one_ahead(chunks):
            answers = chunk.answers(renderers)
            faults = chunk.faults(answers)
            made, without, failed = made + len(answers) - len(faults), without + chunk.without, failed | faults
            so_far = {"made": made, "without": without, "failed": failed}
            with work.chunk(done=len(chunk.ids), outcome=so_far) as session:
                chunk.keep(session, answers)
    _require_all(failed)
    return {"made": made, "without": without}


@jobs.task("reports.archive_case", priority=-2)
def archive_case(work: jobs.Work) -> Mapping[str, Any]:
    """Every document there is of a case that has come to its end, and of the rows that belong to it."""
    made = 0
    with pdf.Renderers() as renderers:
        case = [work.given["appraisal_id"]]
        begun = [_begun(work, renderers, form, "zh", case, ARCHIVIST) for form in FORMS.values()]
        for chunk in filter(lambda one: one.pages, begun):
            answers = chunk.answers(renderers)
            with work.chunk(done=1) as session:
                chunk.keep(session, answers)
            _require_all(chunk.faults(answers))
            made += len(answers)
    return {"made": made}


@jobs.task(archive.KEEP)
def keep_both(work: jobs.Work) -> Mapping[str, Any]:
    """One document that takes long, in Chinese and in both languages."""
    form, about_id = FORMS[work.given["form"]], work.given["about_id"]
    for language in LANGUAGES[work.done :]:
        with db.transaction(work.target, write=False) as session:
            actor = _asker(session, work)
            document = form.built(session, actor, about_id)
        html = form.html(document, language)
        written = pdf.render_in_child(html, LONGEST)
        with work.chunk(done=1, total=len(LANGUAGES)) as session:
            archive.keep(session, actor, form, document, language, html, written)
    return {"made": len(LANGUAGES)}


@dataclass(frozen=True)
class Chunk:
    """Documents of some cases by their HTML, and those of them that are being rendered because the archive has them not yet."""

    actor: Actor
    form: Form
    language: Language
    ids: Sequence[int]
    without: int
    pages: Mapping[str, Document]
    begun: Sequence[pdf.Begun]

    def answers(self, renderers: pdf.Renderers) -> Answers:
        return dict(zip((html for html, _ in self.begun), renderers.answers(self.begun), strict=True))

    def keep(self, session: Session, answers: Answers) -> None:
        for html, answer in answers.items():
            if isinstance(answer, bytes):
                archive.keep(session, self.actor, self.form, self.pages[html], self.language, html, answer)

    def faults(self, answers: Answers) -> dict[str, str]:
        """By their numbers the documents that could not be rendered, and why."""
        return {self.pages[html].head.number: str(one) for html, one in answers.items() if isinstance(one, pdf.PdfError)}


def _begun(
    work: jobs.Work, renderers: pdf.Renderers, form: Form, language: Language, ids: Sequence[int], as_whom: Actor | None = None
) -> Chunk:
    documents, without = [], 0
    with db.transaction(work.target, write=False) as session:
        actor = as_whom or _asker(session, work)
        for appraisal_id in ids:
            before = len(documents)
            for about_id in form.ids_of_case(session, appraisal_id):
                try:
                    documents.append(form.built(session, actor, about_id))
                except NotFound:
                    continue
            without += len(documents) == before
        pages = {form.html(one, language): one for one in documents}
        new = archive.not_kept(session, form, language, pages)
    return Chunk(actor, form, language, ids, without, pages, renderers.begin([html for html in pages if html in new]))


def _one_ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Each chunk once the next one has been begun, so that the renderers have work while this one is stored."""
    current = next(chunks, None)
    while current is not None:
        following = next(chunks, None)
        yield current
        current = following


def _require_all(failed: Mapping[str, str]) -> None:
    if failed:
        numbers, why = "、".join([*failed][:5]), next(iter(failed.values()))
        zh, en = f"{len(failed)} 份未能生成: {numbers}; {why}", f"{len(failed)} could not be made: {numbers}; {why}"
        raise Invalid("not_rendered", zh, en)


def _asker(session: Session, work: jobs.Work) -> Actor:
    """Who asked, with what they may do now; the archive itself for what nobody asked for."""
    return ARCHIVIST if work.asked_by is None else auth.actor_who_asked(session, work.asked_by)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
