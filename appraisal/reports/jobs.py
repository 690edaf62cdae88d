"""Rendering in the background: the documents of many cases, and those of a case that has been archived."""

from collections.abc import Iterator, Mapping, Sequence
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


@jobs.task(archive.RENDER)
def render(work: jobs.Work) -> Mapping[str, Any]:
    """The documents of one form for some cases, from where an attempt before this one stood, with what it came to."""
    form, language = FORMS[work.given["form"]], work.given["language"]
    made, without = work.outcome.get("made", 0), work.outcome.get("without", 0)
    failed: dict[str, str] = dict(work.outcome.get("failed", {}))
    with pdf.Renderers() as renderers:
        for ids in _chunks(work.given["appraisals"][work.done :]):
            actor, documents, none = _built(work, form, ids)
            pages = {form.html(one, language): one for one in documents}
            answers = _rendered(work, renderers, form, language, pages)
            faults = _faults(pages, answers)
            made, without, failed = made + len(answers) - len(faults), without + none, failed | faults
            so_far = {"made": made, "without": without, "failed": failed}
            with work.chunk(done=len(ids), outcome=so_far) as session:
                _keep(session, actor, form, language, pages, answers)
    _require_all(failed)
    return {"made": made, "without": without}


@jobs.task("reports.archive_case")
def archive_case(work: jobs.Work) -> Mapping[str, Any]:
    """Every document there is of a case that has come to its end, and of the rows that belong to it."""
    made = 0
    with pdf.Renderers(workers=1) as renderers:
        for form in FORMS.values():
            _, documents, _ = _built(work, form, [work.given["appraisal_id"]], ARCHIVIST)
            if not documents:
                continue
            pages = {form.html(one, "zh"): one for one in documents}
            answers = _rendered(work, renderers, form, "zh", pages)
            with work.chunk(done=1) as session:
                _keep(session, ARCHIVIST, form, "zh", pages, answers)
            _require_all(_faults(pages, answers))
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


def _built(work: jobs.Work, form: Form, ids: Sequence[int], as_whom: Actor | None = None) -> tuple[Actor, list[Document], int]:
    """The documents of these cases, and how many of them have none."""
    documents, none = [], 0
    with db.transaction(work.target, write=False) as session:
        actor = as_whom or _asker(session, work)
        for appraisal_id in ids:
            before = len(documents)
            for about_id in form.ids_of_case(session, appraisal_id):
                try:
                    documents.append(form.built(session, actor, about_id))
                except NotFound:
                    continue
            none += len(documents) == before
    return actor, documents, none


def _rendered(
    work: jobs.Work, renderers: pdf.Renderers, form: Form, language: Language, pages: Mapping[str, Document]
) -> dict[str, bytes | pdf.PdfError]:
    """By their HTML the documents that are not in the archive yet, or why they could not be rendered."""
    with db.transaction(work.target, write=False) as session:
        new = archive.not_kept(session, form, language, pages)
    wanted = [html for html in pages if html in new]
    return dict(zip(wanted, renderers.render(wanted), strict=True))


def _keep(
    session: Session,
    actor: Actor,
    form: Form,
    language: Language,
    pages: Mapping[str, Document],
    answers: Mapping[str, bytes | pdf.PdfError],
) -> None:
    for html, answer in answers.items():
        if isinstance(answer, bytes):
            archive.keep(session, actor, form, pages[html], language, html, answer)


def _faults(pages: Mapping[str, Document], answers: Mapping[str, bytes | pdf.PdfError]) -> dict[str, str]:
    """By their numbers the documents that could not be rendered, and why."""
    return {pages[html].head.number: str(one) for html, one in answers.items() if isinstance(one, pdf.PdfError)}


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
