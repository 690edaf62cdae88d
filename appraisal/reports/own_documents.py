"""Which documents there are of somebody's own cases, for them to take away: told in a number of queries that does not grow."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.agreements.models import SIGNED, SUPERSEDED, Agreement
from appraisal.core.policy.model import Text
from appraisal.cycles.models import DRAFT, Appraisal, Cycle, Sheet
from appraisal.development.models import ImprovementPlan
from appraisal.reports.catalogue import FORMS
from appraisal.reports.queries import cycle_name
from appraisal.results.models import Appeal, Publication, Result
from appraisal.reviews.models import INTERVIEW, ReviewEntry


@dataclass(frozen=True)
class OwnDocument:
    """A document by its form and the row it is made of; `note` tells it from others of the same form."""

    form: str
    about_id: int
    title: Text
    note: Text | None = None


@dataclass(frozen=True)
class OwnCase:
    """A case of one's own with its documents, or without a case the plans that follow from none."""

    cycle: Text | None
    documents: tuple[OwnDocument, ...]


def own_documents(session: Session, actor: Actor) -> list[OwnCase]:
    """One's own cases with their documents, the newest first; then improvement plans. Empty for an account that is nobody's."""
    if actor.employee_id is None:
        return []
    found = session.exec(
        select(Appraisal, Cycle)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(Appraisal.employee_id == actor.employee_id, Cycle.status != DRAFT, col(Appraisal.rated).is_(True))
        .order_by(col(Appraisal.id).desc())
    ).all()
    ids = [appraisal.id or 0 for appraisal, _ in found]
    documents: dict[int, list[OwnDocument]] = {appraisal_id: [] for appraisal_id in ids}
    for appraisal_id, document in _of_cases(session, ids):
        documents[appraisal_id].append(document)
    plans = _plans(session, actor.employee_id)
    cases = [OwnCase(cycle_name(cycle), tuple(documents[appraisal.id or 0])) for appraisal, cycle in found]
    return cases + ([OwnCase(None, tuple(plans))] if plans else [])


def _of_cases(session: Session, ids: Sequence[int]) -> list[tuple[int, OwnDocument]]:
    """In the order of a case: agreements, the review sheet, the interview, the published result, appeals."""
    agreed = (
        select(Sheet.appraisal_id, Agreement.id, Agreement.revision, Sheet.from_on)
        .join(Agreement, col(Agreement.sheet_id) == Sheet.id)
        .where(col(Sheet.appraisal_id).in_(ids), col(Agreement.status).in_((SIGNED, SUPERSEDED)))
        .order_by(Sheet.from_on, Sheet.id, Agreement.revision)
    )
    held = select(ReviewEntry.appraisal_id).where(col(ReviewEntry.appraisal_id).in_(ids), ReviewEntry.kind == INTERVIEW)
    published = select(Result.appraisal_id).join(Publication, col(Publication.result_id) == Result.id)
    published = published.where(col(Result.appraisal_id).in_(ids))
    appealed = select(Appeal.appraisal_id, Appeal.id).where(col(Appeal.appraisal_id).in_(ids)).order_by(Appeal.id)
    made = [
        (appraisal_id, _document("performance_agreement", agreement_id or 0, _revision(revision)))
        for appraisal_id, agreement_id, revision, _ in session.exec(agreed)
    ]
    made += [(appraisal_id, _document("self_assessment", appraisal_id)) for appraisal_id in ids]
    made += [(one, _document("interview_record", one)) for one in session.exec(held.distinct())]
    made += [(one, _document("result_notice", one)) for one in session.exec(published.distinct())]
    made += [(one, _document("appeal", appeal_id or 0)) for one, appeal_id in session.exec(appealed)]
    return made


def _plans(session: Session, employee_id: int) -> list[OwnDocument]:
    """The plans that have been offered; of a draft nobody is told."""
    found = select(ImprovementPlan).where(
        ImprovementPlan.employee_id == employee_id, col(ImprovementPlan.offered_at).is_not(None)
    )
    return [
        _document("improvement_plan", one.id or 0, Text(f"{one.from_on} – {one.to_on}", f"{one.from_on} – {one.to_on}"))
        for one in session.exec(found.order_by(ImprovementPlan.id))
    ]


def _document(form: str, about_id: int, note: Text | None = None) -> OwnDocument:
    return OwnDocument(form, about_id, FORMS[form].title, note)


def _revision(number: int) -> Text | None:
    return Text(f"第 {number} 版", f"revision {number}") if number > 1 else None
