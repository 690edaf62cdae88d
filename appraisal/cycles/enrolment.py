"""Who takes part: appraisals and sheets are made as the pre-flight plans them, and corrected as people join, leave or move."""

from collections.abc import Collection

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.core.workflow import first_step
from appraisal.cycles import queries
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.cycles.planning import PlannedSheet
from appraisal.cycles.preflight import Preflight
from appraisal.cycles.subjects import replace_heads
from appraisal.errors import Conflict
from appraisal.people.models import Post

NO_PLACE = Message("本期没有应考核的岗位", "no post in this period that is appraised")


def enrol(session: Session, actor: Actor, cycle: Cycle, found: Preflight) -> tuple[int, int]:
    """Makes the appraisals and sheets that are planned and not there yet, and corrects the others: counts of both.

    A unit's sheet goes to a supervisor who does not depend on it (R-003-44).
    """
    there = {appraisal.employee_id: appraisal for appraisal, _ in queries.appraisals_of(session, cycle)}
    begin = first_step(queries.policy_of(session, cycle).workflow).id
    new = [
        Appraisal(
            cycle_id=cycle.id,
            employee_id=person.employee_id,
            step=begin,
            step_since=clock.now(),
            rated=person.not_rated_reason is None,
            **_why(person.not_rated_reason),
        )
        for person in found.planned
        if person.employee_id not in there
    ]
    session.add_all(new)
    session.flush()
    there |= {appraisal.employee_id: appraisal for appraisal in new}
    sheets = queries.sheets_of(session, [appraisal.id for appraisal in there.values()])
    changed = 0
    for person in found.planned:
        appraisal = there.pop(person.employee_id)
        differs = _set_rated(appraisal, person.not_rated_reason)
        changed += _correct_sheets(session, appraisal, sheets[appraisal.id], person.sheets) or differs
    # Left are those no longer planned. A post without profile is HR's to mend first; the others have no place here any more.
    unclear = {finding.employee_id for finding in found.findings if finding.kind == "post_without_profile"}
    changed += sum(_set_rated(left, NO_PLACE) for who, left in there.items() if who not in unclear)
    session.flush()
    replace_heads(session, actor, cycle)
    return len(new), changed - len(new)


def _set_rated(appraisal: Appraisal, not_rated: Message | None) -> bool:
    """Makes somebody rated or 不参评; whether that is a change."""
    why = _why(not_rated)
    if appraisal.not_rated_reason == why["not_rated_reason"]:
        return False
    appraisal.rated = not_rated is None
    for name, text in why.items():
        setattr(appraisal, name, text)
    return True


def _why(not_rated: Message | None) -> dict[str, str | None]:
    zh, en = (not_rated.zh, not_rated.en) if not_rated else (None, None)
    return {"not_rated_reason": zh, "not_rated_reason_en": en}


def _correct_sheets(session: Session, appraisal: Appraisal, there: list[Sheet], planned: Collection[PlannedSheet]) -> bool:
    """Makes the sheets of an appraisal what is planned; the same post from the same day is the same sheet."""
    left = {(sheet.post_id, sheet.from_on): sheet for sheet in there}
    changed = False
    for plan in planned:
        sheet = left.pop((plan.post_id, plan.from_on), None)
        if sheet is None:
            session.add(Sheet(appraisal_id=appraisal.id, changed_at=clock.now(), **vars(plan)))
            changed = True
        elif (sheet.to_on, sheet.share, sheet.subject) != (plan.to_on, plan.share, plan.subject):
            sheet.to_on, sheet.days, sheet.share, sheet.subject = plan.to_on, plan.days, plan.share, plan.subject
            sheet.changed_at = clock.now()
            changed = True
    for sheet in left.values():
        _drop_sheet(session, sheet)
        changed = True
    return changed


def _drop_sheet(session: Session, sheet: Sheet) -> None:
    """Takes away a sheet nobody has worked on. What refers to it lies in higher slices, so the database is asked."""
    post, from_on = session.get_one(Post, sheet.post_id), sheet.from_on
    try:
        with session.begin_nested():
            session.delete(sheet)
    except IntegrityError:
        zh = f"岗位「{post.title}」自 {from_on} 起的考核表已有责任书或数据, 不能因任职变更而删除; 请更正任职日期"
        en = f"the sheet of {post.title_en} from {from_on} is in use and cannot go: correct the dates of the post"
        raise Conflict("sheet_in_use", zh, en) from None
