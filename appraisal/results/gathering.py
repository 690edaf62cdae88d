"""The case of an appraisal as it stands now, from agreements, figures, incidents, ratings and earlier grades.

Past this file there are no rows any more, only the frozen values the core takes: what is scored is exactly what is stored.
"""

from collections import Counter
from collections.abc import Sequence
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
from appraisal.reviews import queries as reviews


def gather_sheets(session: Session, appraisal: Appraisal, cycle: Cycle, policy: Policy) -> tuple[CoreSheet, ...]:
    """The sheets of an appraisal as the core takes them, in order of date. A missing figure or rating stays missing.

    Raises ScoringError `agreement_unsigned`: only what both sides have signed is appraised (R-002-19).
    """
    sheets = cycles.sheets_of(session, [appraisal.id])[appraisal.id]
    by_sheet = agreements.agreed(session, [sheet.id for sheet in sheets])
    if unsigned := agreements.unsigned_sheets(sheets, by_sheet):
        title = policy.posts[unsigned[0].policy_post].post.title
        zh, en = f"岗位「{title.zh}」的责任书尚未双方签署", f"the agreement of the post {title.en} is not signed by both sides"
        raise ScoringError("agreement_unsigned", f"sheets[{sheets.index(unsigned[0])}]", zh, en)
    items = _items(session, policy, appraisal, cycle, by_sheet)
    history = gather_history(session, appraisal.employee_id, cycle)
    happened = _incidents(session, policy, appraisal, cycle, sheets)
    return tuple(
        CoreSheet(
            case=Case(
                on=sheet.to_on,
                period=Period.parse(cycle.period),
                post=sheet.policy_post,
                items=items[sheet.id],
                incidents=happened[sheet.id],
                history=history,
            ),
            share=sheet.weighs,
            label=f"{policy.posts[sheet.policy_post].post.title.zh} {sheet.from_on}–{sheet.to_on}",
        )
        for sheet in sheets
    )


def gather_history(session: Session, employee_id: int, cycle: Cycle) -> tuple[PastGrade, ...]:
    """The grades of earlier periods of the same cadence, oldest first: approved ones, and imported ones where there is none."""
    imported = session.exec(select(PastGradeImport).where(PastGradeImport.employee_id == employee_id))
    grades = {row.period: PastGrade(Period.parse(row.period), row.grade, row.collective) for row in imported}
    approved = session.exec(
        select(Result, Cycle.period)
        .join(Approval, col(Approval.result_id) == Result.id)
        .join(Appraisal, col(Appraisal.id) == Result.appraisal_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(Appraisal.employee_id == employee_id, Cycle.policy_name == cycle.policy_name, Cycle.ends_on < cycle.starts_on)
        .order_by(Result.id)
    )
    grades |= {period: PastGrade(Period.parse(period), result.grade) for result, period in approved}
    current = Period.parse(cycle.period)
    earlier = [
        past
        for past in grades.values()
        if past.period.cadence == current.cadence and past.period.first_day() < current.first_day()
    ]
    return tuple(sorted(earlier, key=lambda past: past.period.first_day()))


def _items(
    session: Session, policy: Policy, appraisal: Appraisal, cycle: Cycle, by_sheet: dict[int, Agreed]
) -> dict[int, tuple[Item, ...]]:
    """The agreed items of each sheet with confirmed figures and the ratings that count."""
    figures = measures.confirmed(session, by_sheet.keys())
    ratings = reviews.ratings_that_count(session, appraisal.id)

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
        return replace(item, last_actual=measures.last_actual(session, policy, appraisal.employee_id, cycle, row.item))

    return {sheet_id: tuple(item_of(sheet_id, row) for row in agreed.items) for sheet_id, agreed in by_sheet.items()}


def _incidents(
    session: Session, policy: Policy, appraisal: Appraisal, cycle: Cycle, sheets: Sequence[Sheet]
) -> dict[int, tuple[Incident, ...]]:
    """The confirmed incidents of the period, on the sheet of the post held that day."""
    known = {event.id for event in policy.vetoes.events}
    counts: dict[int, Counter[str]] = {sheet.id: Counter() for sheet in sheets}
    for row in incidents.confirmed_between(session, appraisal.employee_id, cycle.starts_on, cycle.ends_on):
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
