"""The cases of appraisals as they stand now, from agreements, figures, incidents, ratings, earlier grades and other results.

Past this file there are no rows any more, only the frozen values the core takes: what is scored is exactly what is stored.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlmodel import Session, col, select

from appraisal.agreements import queries as agreements
from appraisal.agreements.models import AgreementItem
from appraisal.agreements.queries import Agreed
from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Case, Incident, Item, PastGrade
from appraisal.core.inputs import Sheet as CoreSheet
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.incidents import queries as incidents
from appraisal.incidents.models import Incident as IncidentRow
from appraisal.measures import queries as measures
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
    items = _items(session, policy, appraisals, sheets, cycle, by_sheet)
    employee_ids = [appraisal.employee_id for appraisal in appraisals]
    histories = gather_histories(session, employee_ids, cycle)
    happened = incidents.confirmed_by_person(session, employee_ids, cycle.starts_on, cycle.ends_on)
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
        select(Appraisal.employee_id, Cycle.period, Result.grade)
        .join(Appraisal, col(Appraisal.id) == Result.appraisal_id)
        .join(Approval, col(Approval.result_id) == Result.id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(col(Appraisal.employee_id).in_(employee_ids), col(Appraisal.rated).is_(True))
        .where(Cycle.policy_name == cycle.policy_name, Cycle.ends_on < cycle.starts_on)
        .order_by(Result.id)
    )
    for employee_id, period, grade in session.exec(approved):
        note(employee_id, period, grade)
    return {who: tuple(sorted(known.values(), key=lambda past: past.period.first_day())) for who, known in grades.items()}


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


def _items(
    session: Session,
    policy: Policy,
    appraisals: Collection[Appraisal],
    sheets: Mapping[int, Sequence[Sheet]],
    cycle: Cycle,
    by_sheet: Mapping[int, Agreed],
) -> dict[int, tuple[Item, ...]]:
    """The agreed items of each sheet with confirmed figures and the ratings that count."""
    figures = measures.confirmed(session, by_sheet.keys())
    ratings = reviews.ratings_that_count(session, [appraisal.id for appraisal in appraisals])
    employee_of = {sheet.id: appraisal.employee_id for appraisal in appraisals for sheet in sheets[appraisal.id]}

    def item_of(sheet_id: int, row: AgreementItem) -> Item:
        key = (sheet_id, row.item)
        if row.kind == "gs":
            given = ratings.get(key)
            bare = agreements.draft_of(row).as_item()
            return bare if given is None else replace(bare, rating=given.rating, factors=dict(given.factors or {}))
        figure = measures.figure_of(figures[key]) if key in figures else None
        item = measures.with_figure(row, figure)
        if measures.missing_rule_of(policy, row.item) != "carry_last":
            return item
        return replace(item, last_actual=measures.last_actual(session, policy, employee_of[sheet_id], cycle, row.item))

    return {sheet_id: tuple(item_of(sheet_id, row) for row in agreed.items) for sheet_id, agreed in by_sheet.items()}


def _incidents(policy: Policy, sheets: Sequence[Sheet], happened: Sequence[IncidentRow]) -> dict[int, tuple[Incident, ...]]:
    """The confirmed incidents of the period, on the sheet of the post held that day."""
    known = {event.id for event in policy.vetoes.events}
    counts: dict[int, Counter[str]] = {sheet.id: Counter() for sheet in sheets}
    for row in happened:
        if row.event in known:
            for sheet in _sheets_on(sheets, row):
                counts[sheet.id][row.event] += 1
    return {
        sheet_id: tuple(Incident(event=event, count=count) for event, count in sorted(counted.items()))
        for sheet_id, counted in counts.items()
    }


def _sheets_on(sheets: Sequence[Sheet], row: IncidentRow) -> list[Sheet]:
    """The sheets that hold the day; on a day without one, the last that began before it, or else the first."""
    holding = [sheet for sheet in sheets if sheet.from_on <= row.happened_on <= sheet.to_on]
    begun = [sheet for sheet in sheets if sheet.from_on <= row.happened_on]
    return holding or begun[-1:] or list(sheets[:1])
