"""The cases of appraisals as they stand now, from agreements, figures, incidents, ratings, earlier grades and other results.

Past this file there are no rows any more, only the frozen values the core takes: what is scored is exactly what is stored.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from appraisal.agreements import queries as agreements
from appraisal.agreements.models import AgreementItem
from appraisal.agreements.queries import Agreed
from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Case, Incident, Item, PastGrade, Reach
from appraisal.core.inputs import Sheet as CoreSheet
from appraisal.core.judging.vetoes import strike
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.incidents import queries as incidents
from appraisal.incidents.queries import Reaching
from appraisal.incidents.reach import COLLECTIVE, knows, sheets_on, telling_ways
from appraisal.measures import queries as measures
from appraisal.policies import queries as policies
from appraisal.results.cases import sheets_from_json
from appraisal.results.models import Approval, PastGradeImport, Result
from appraisal.results.parts import gather_parts
from appraisal.reviews import queries as reviews


def gather_sheets(session: Session, appraisal: Appraisal, cycle: Cycle, policy: Policy) -> tuple[CoreSheet, ...]:
    """The sheets of one appraisal as the core takes them, in order of date. A missing figure or rating stays missing.

    Raises ScoringError `agreement_unsigned`: only what both sides have signed is appraised (R-002-19).
    """
    gathered = gather_all(session, [appraisal], cycle, policy)[appraisal.id]
    if isinstance(gathered, ScoringError):
        raise gathered
    return gathered


def gather_all(
    session: Session, appraisals: Collection[Appraisal], cycle: Cycle, policy: Policy
) -> dict[int, tuple[CoreSheet, ...] | ScoringError]:
    """The sheets of many appraisals of one cycle, or why there are none; the number of queries does not grow with them."""
    sheets = cycles.sheets_of(session, [appraisal.id for appraisal in appraisals])
    by_sheet = agreements.agreed(session, [sheet.id for several in sheets.values() for sheet in several])
    unsigned = reviews.going_unsigned(session, [appraisal.id for appraisal in appraisals])
    items = items_of(session, policy, appraisals, sheets, cycle, by_sheet)
    employee_ids = [appraisal.employee_id for appraisal in appraisals]
    histories = gather_histories(session, employee_ids, cycle)
    happened = incidents.reaching_by_person(session, employee_ids, cycle.starts_on, cycle.ends_on)
    parts = gather_parts(session, appraisals, cycle, policy, sheets)
    period = Period.parse(cycle.period)
    has_items = agreements.has_items(policy, cycle)

    def sheets_of(appraisal: Appraisal) -> tuple[CoreSheet, ...] | ScoringError:
        own, beside = sheets[appraisal.id], parts[appraisal.id]
        if has_items and (refusal := _unsigned(policy, own, by_sheet, appraisal.id in unsigned)):
            return refusal
        if isinstance(beside, ScoringError):
            return beside
        counted = _incidents(policy, own, happened[appraisal.employee_id])
        history = histories[appraisal.employee_id]
        return tuple(
            CoreSheet(
                case=Case(
                    on=sheet.to_on,
                    period=period,
                    post=sheet.policy_post,
                    # What happened in a quarter has counted there already.
                    items=items[sheet.id] if has_items else (),
                    incidents=counted[sheet.id] if has_items else (),
                    history=history,
                    # They concern the person: those of the first sheet count.
                    parts=tuple(beside) if sheet is own[0] else (),
                ),
                share=sheet.weighs,
                label=f"{policy.posts[sheet.policy_post].post.title.zh} {sheet.from_on}–{sheet.to_on}",
            )
            for sheet in own
        )

    return {appraisal.id: sheets_of(appraisal) for appraisal in appraisals}


def gather_histories(session: Session, employee_ids: Collection[int], cycle: Cycle) -> dict[int, tuple[PastGrade, ...]]:
    """Everybody's grades of earlier periods of the same cadence, oldest first: approved ones, else imported ones.

    Whoever was 不参评 in a period has no grade of it, even where one had been approved before that turned out.
    """
    current = Period.parse(cycle.period)
    grades: dict[int, dict[Period, PastGrade]] = {employee_id: {} for employee_id in employee_ids}

    def note(employee_id: int, written: str, grade: str, collective: bool = False) -> None:
        period = Period.parse(written)
        if period.cadence == current.cadence and period.first_day() < current.first_day():
            grades[employee_id][period] = PastGrade(period, grade, collective)

    for row in session.exec(select(PastGradeImport).where(col(PastGradeImport.employee_id).in_(employee_ids))):
        note(row.employee_id, row.period, row.grade, row.collective)
    approved = (
        select(Appraisal.employee_id, Cycle.period, Result.grade, Result.id, Result.vetoed)
        .join(Appraisal, col(Appraisal.id) == Result.appraisal_id)
        .join(Approval, col(Approval.result_id) == Result.id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(col(Appraisal.employee_id).in_(employee_ids), col(Appraisal.rated).is_(True))
        .where(Cycle.policy_name == cycle.policy_name, Cycle.ends_on < cycle.starts_on)
        .order_by(Result.id)
    )
    found = session.exec(approved).all()
    collective = _collective(session, [result_id for *_, result_id, vetoed in found if vetoed])
    for employee_id, period, grade, result_id, _ in found:
        note(employee_id, period, grade, result_id in collective)
    return {who: tuple(sorted(known.values(), key=lambda past: past.period.first_day())) for who, known in grades.items()}


def _collective(session: Session, result_ids: Collection[int]) -> frozenset[int]:
    """Of these vetoed results those that nothing of the person's own has made void, but only what befell a unit or those named
    with it (D-10): the rules that fired, asked again without these ways."""
    if not result_ids:
        return frozenset()
    asked = select(Result.id, Result.policy_digest, Result.sheets, Result.outcome).where(col(Result.id).in_(result_ids))

    def is_own(digest: str, stored: Sequence[Mapping[str, Any]], outcome: Mapping[str, Any]) -> bool:
        policy = policies.compiled(session, digest)
        fired = [one["rule"] for one in outcome["fired"] if one["rule"].startswith("vetoes/")]
        return any(_is_own_veto(policy, sheet, fired) for sheet in sheets_from_json(stored))

    return frozenset(result_id for result_id, *kept in session.exec(asked) if not is_own(*kept))


def _is_own_veto(policy: Policy, sheet: CoreSheet, fired: Sequence[str]) -> bool:
    """Whether a stored sheet would be void without what falls on a whole group. A quarter that was void counts as one's own."""
    ways: dict[str, set[str]] = {event.id: set() for event in policy.vetoes.events}
    for incident in sheet.case.incidents:
        ways[incident.event].update({incident.reach} - COLLECTIVE)
    return strike(policy, sheet.case.post, fired, ways).vetoed or any(part.vetoed for part in sheet.case.parts)


def _unsigned(policy: Policy, sheets: Sequence[Sheet], by_sheet: Mapping[int, Agreed], excepted: bool) -> ScoringError | None:
    """Only what both sides have signed is appraised (R-002-19), or by HR's recorded exception what was drafted (D-16)."""
    lacking = (
        [sheet for sheet in sheets if sheet.id not in by_sheet] if excepted else agreements.unsigned_sheets(sheets, by_sheet)
    )
    if not lacking:
        return None
    title = policy.posts[lacking[0].policy_post].post.title
    zh = f"岗位「{title.zh}」的责任书尚未双方签署; 请先由本人和直接上级签署"
    en = f"the agreement of the post {title.en} is not signed by both sides: have the employee and the supervisor sign it"
    return ScoringError("agreement_unsigned", f"sheets[{sheets.index(lacking[0])}]", zh, en)


def items_of(
    session: Session,
    policy: Policy,
    appraisals: Collection[Appraisal],
    sheets: Mapping[int, Sequence[Sheet]],
    cycle: Cycle,
    by_sheet: Mapping[int, Agreed],
) -> dict[int, tuple[Item, ...]]:
    """The agreed items of each sheet with confirmed figures and the ratings that count."""
    figures = measures.figures(session, policy, by_sheet.keys())
    ratings = reviews.ratings_that_count(session, [appraisal.id for appraisal in appraisals])
    employee_of = {sheet.id: appraisal.employee_id for appraisal in appraisals for sheet in sheets[appraisal.id]}

    def item_of(sheet_id: int, row: AgreementItem) -> Item:
        key = (sheet_id, row.item)
        if row.kind == "gs":
            given = ratings.get(key)
            bare = agreements.draft_of(row).as_item()
            if given is None:
                return bare
            return replace(bare, rating=given.rating, factors=dict(given.factors or {}), judged=given.judged)
        item = measures.with_figure(row, figures.get(key))
        if measures.missing_rule_of(policy, row.item) != "carry_last":
            return item
        return replace(item, last_actual=measures.last_actual(session, policy, employee_of[sheet_id], cycle, row.item))

    return {sheet_id: tuple(item_of(sheet_id, row) for row in agreed.items) for sheet_id, agreed in by_sheet.items()}


def _incidents(policy: Policy, sheets: Sequence[Sheet], happened: Sequence[Reaching]) -> dict[int, tuple[Incident, ...]]:
    """The confirmed incidents of the period that reach the person, on the sheet of the post held that day, each in the ways in
    which it tells there."""
    counts: dict[int, Counter[tuple[str, Reach]]] = {sheet.id: Counter() for sheet in sheets}
    for one in happened:
        event = one.incident.event
        if knows(policy, event):
            for sheet in sheets_on(sheets, one.incident.happened_on):
                counts[sheet.id].update((event, way) for way in telling_ways(policy, sheet.policy_post, event, one.ways))
    return {
        sheet_id: tuple(Incident(event=event, count=count, reach=way) for (event, way), count in sorted(counted.items()))
        for sheet_id, counted in counts.items()
    }
