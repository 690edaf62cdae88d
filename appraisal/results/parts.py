"""What a result takes beside its own sheets, as it stands now: the quarters of a year, 360° score, development plan, and the
results of unit and company. What must come first is named to whoever computes; what a policy lets be missing stays away.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from appraisal.core.calendar import Period
from appraisal.core.combine import NAMES, combine, links_of, wanted_parts
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Part, PartKind
from appraisal.core.inputs import Sheet as CoreSheet
from appraisal.core.numbers import HUNDRED, ONE, ZERO, add, plain, round_half_up, times
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Appraisal, Cycle, Sheet
from appraisal.development import queries as development
from appraisal.development.models import AGREED, DevelopmentPlan
from appraisal.feedback import queries as feedback
from appraisal.feedback.models import OPEN as ASKING
from appraisal.people.models import Employee, Unit
from appraisal.results import unit_results, unit_subjects
from appraisal.results.models import Approval, PastGradeImport, Result
from appraisal.results.unit_subjects import Counting

COEFFICIENT_PLACES = 8

Found = Sequence[Part] | ScoringError


@dataclass(frozen=True)
class _Quarter:
    """Somebody's appraisal of one quarter; without figures where no result of it has been approved."""

    rated: bool
    days: Decimal
    result: Part | None


def gather_parts(
    session: Session,
    appraisals: Collection[Appraisal],
    cycle: Cycle,
    policy: Policy,
    sheets: Mapping[int, Sequence[Sheet]],
) -> dict[int, Found]:
    """The parts of each appraisal of a cycle, or what has to be done first; queries do not grow with the appraisals.

    A kind that is missing is simply not there: whether that blocks the result is the core's to say, by the policy.
    """
    period = Period.parse(cycle.period)
    wanted = {
        one.id: wanted_parts(policy, period, [sheet.policy_post for sheet in sheets[one.id]]) for one in appraisals if one.id
    }
    kinds: frozenset[PartKind] = frozenset().union(*wanted.values())
    gathered: list[tuple[PartKind, Mapping[int, Found]]] = []
    if "quarter" in kinds:
        gathered.append(("quarter", _quarters(session, appraisals, cycle, policy)))
    if "feedback" in kinds:
        gathered.append(("feedback", _feedback(session, appraisals, cycle)))
    if "development" in kinds:
        gathered.append(("development", _development(session, appraisals)))
    if kinds & {"unit", "company"}:
        known = unit_results.counting(session, cycle.id or 0)
        linked = {one: own for one, own in sheets.items() if "unit" in wanted.get(one, ())}
        appraised = unit_subjects.appraised_units(session, cycle) if linked else frozenset()
        gathered.append(("unit", _units(session, policy, period, linked, known, appraised)))
        gathered.append(("company", {one: _company(known) for one, own in wanted.items() if "company" in own}))
    return {
        one: _together([parts[one] for kind, parts in gathered if kind in own and one in parts]) for one, own in wanted.items()
    }


def coefficient_of(policy: Policy, sheets: Sequence[CoreSheet]) -> Decimal | None:
    """What the linked results of unit and company make of the bonus of a case (D-02); None where none is linked."""
    case = sheets[0].case
    linked = links_of(policy, case.period, [(sheet.case.post, sheet.share) for sheet in sheets], case.parts)
    factors = [one.factor for one in linked if one.link.coefficient]
    return round_half_up(times(*factors), COEFFICIENT_PLACES) if factors else None


def tell(stored: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The parts of a stored case with their names."""
    return [
        {"kind": one["kind"], "name": NAMES[one["kind"]], "source": one.get("source", ""), "share": one["share"]}
        | {"score": one["score"], "vetoed": one["vetoed"], "coefficient": one.get("coefficient")}
        for one in stored
    ]


def _together(found: Sequence[Found]) -> Found:
    parts: list[Part] = []
    for some in found:
        if isinstance(some, ScoringError):
            return some
        parts += some
    return parts


def _waiting(zh: str, en: str) -> ScoringError:
    return ScoringError("part_missing", "parts", zh, en)


# 360° feedback and development plan (R-002-10)


def _feedback(session: Session, appraisals: Collection[Appraisal], cycle: Cycle) -> dict[int, Found]:
    """The scores of the cycle's round. While it is open nobody is computed: who lacks answers is known at its end."""
    asking = feedback.round_of(session, cycle.id or 0)
    if asking is not None and asking.status == ASKING:
        zh = f"360度评估尚在进行 (至 {asking.answers_until}), 结束后再计算"
        refusal = _waiting(zh, f"the 360° round is still open (until {asking.answers_until}): close it first")
        return {one.id: refusal for one in appraisals if one.id}
    scores = feedback.scores_of(session, [one.id for one in appraisals if one.id])
    return {one: [Part("feedback", ONE, score, cycle.code)] for one, score in scores.items()}


def _development(session: Session, appraisals: Collection[Appraisal]) -> dict[int, Found]:
    """The ratings of the plans; one that is agreed and not rated yet waits for the supervisor."""
    ids = [one.id for one in appraisals if one.id]
    found: dict[int, Found] = {
        one: [Part("development", ONE, rating)] for one, rating in development.plan_ratings_of(session, ids).items()
    }
    unrated = select(DevelopmentPlan.appraisal_id).where(
        col(DevelopmentPlan.appraisal_id).in_(ids), DevelopmentPlan.status == AGREED
    )
    for one in session.exec(unrated):
        zh = "个人发展计划尚未评定: 请退回上级评估, 由直接上级评定"
        en = "the development plan is not rated: send the case back to the review and have the supervisor rate the plan"
        found[one] = _waiting(zh, en)
    return found


# The quarters of a year (D-24)


def _quarters(session: Session, appraisals: Collection[Appraisal], cycle: Cycle, policy: Policy) -> dict[int, Found]:
    """The approved results of everybody's quarters, those of before the system among them, each quarter counting the same.

    不参评 in a quarter is no result of it, neither 0 nor a reason to wait (D-03), and so are quarters before somebody joined or
    after they left. A quarter that nobody was appraised in is left out where the policy drops what is missing.
    """
    year = Period.parse(cycle.period).year
    quarters = [Period("quarter", year, number) for number in range(1, 5)]
    who = [one.employee_id for one in appraisals]
    held = _appraised(session, who, policy, [str(quarter) for quarter in quarters])
    imported = _imported(session, who, [str(quarter) for quarter in quarters])
    people = {one.id: one for one in session.exec(select(Employee).where(col(Employee.id).in_(who)))}

    def parts_of(employee: Employee) -> Found:
        parts: list[Part] = []
        for quarter in quarters:
            key = (employee.id or 0, str(quarter))
            there = held.get(key, ())
            if any(one.rated for one in there):
                found = _of_quarter(policy, quarter, [one for one in there if one.rated])
            elif key in imported:
                found = imported[key]
            else:
                away = employee.joined_on > quarter.last_day() or (employee.left_on or quarter.last_day()) < quarter.first_day()
                dropped = policy.general.annual is not None and policy.general.annual.missing == "drop"
                if there or away or dropped:
                    continue
                zh = f"{quarter} 没有季度结果: 请补做该季度的考核, 或导入此前的结果"
                found = _waiting(zh, f"there is no result of {quarter}: appraise that quarter, or import what came before")
            if isinstance(found, ScoringError):
                return found
            parts.append(found)
        return parts

    return {one.id: parts_of(people[one.employee_id]) for one in appraisals if one.id}


def _of_quarter(policy: Policy, quarter: Period, appraised: Sequence[_Quarter]) -> Part | ScoringError:
    """A quarter as one part; of somebody who was in two of its cycles, both by their days."""
    parts = [replace(one.result, share=one.days) for one in appraised if one.result is not None]
    if len(parts) < len(appraised):
        zh = f"{quarter} 的季度结果尚未批准: 请先完成该季度的审批"
        return _waiting(zh, f"the result of {quarter} has not been approved: have that done first")
    whole = combine(policy, parts)
    return Part("quarter", ONE, whole.score, str(quarter), whole.computed, whole.vetoed)


def _appraised(
    session: Session, employee_ids: Collection[int], policy: Policy, periods: Collection[str]
) -> dict[tuple[int, str], list[_Quarter]]:
    """The appraisals of people in some quarters by this policy, each with the approved result that stands."""
    theirs: tuple[Any, ...] = (
        col(Appraisal.employee_id).in_(employee_ids),
        col(Cycle.period).in_(periods),
        Cycle.policy_name == policy.id,
        Cycle.status != DRAFT,
    )
    approved: dict[int, Part] = {}
    layers = (
        select(Result.appraisal_id, Result.score, Result.computed_score, Result.vetoed)
        .join(Approval, col(Approval.result_id) == Result.id)
        .join(Appraisal, col(Appraisal.id) == Result.appraisal_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(*theirs)
        .order_by(Result.seq)
    )
    for appraisal_id, score, computed, vetoed in session.exec(layers):
        approved[appraisal_id] = Part("quarter", ONE, score, computed=computed, vetoed=vetoed)
    found = list(
        session.exec(
            select(Appraisal, Cycle.period)
            .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
            .where(*theirs)
            .order_by(Cycle.starts_on, Appraisal.id)
        )
    )
    sheets = cycles.sheets_of(session, [appraisal.id for appraisal, _ in found])
    held: dict[tuple[int, str], list[_Quarter]] = {}
    for appraisal, period in found:
        days = add(*(sheet.weighs for sheet in sheets[appraisal.id])) if sheets[appraisal.id] else ONE
        held.setdefault((appraisal.employee_id, period), []).append(
            _Quarter(appraisal.rated, days, approved.get(appraisal.id or 0))
        )
    return held


def _imported(
    session: Session, employee_ids: Collection[int], periods: Collection[str]
) -> dict[tuple[int, str], Part | ScoringError]:
    """The scores of quarters from before the system, where they were imported with one (D-22)."""
    found = select(PastGradeImport).where(
        col(PastGradeImport.employee_id).in_(employee_ids),
        col(PastGradeImport.period).in_(periods),
        col(PastGradeImport.score).is_not(None),
    )
    return {
        (row.employee_id, row.period): _of_import(row.period, row.score) for row in session.exec(found) if row.score is not None
    }


def _of_import(period: str, score: Decimal) -> Part | ScoringError:
    if ZERO <= score <= HUNDRED:
        return Part("quarter", ONE, score, f"{period} (导入 imported)")
    zh = f"{period} 导入的得分 {plain(score)} 不是百分制, 不能计入年度"
    return _waiting(zh, f"the imported score {plain(score)} of {period} is not out of 100 and cannot count in a year")


# Unit and company (D-02)


def _units(
    session: Session,
    policy: Policy,
    period: Period,
    linked: Mapping[int, Sequence[Sheet]],
    known: Mapping[int | None, Counting],
    appraised: Collection[int],
) -> dict[int, Found]:
    """The results of the units in which people held the posts that are linked, by their days there.

    A unit without a result of its own has that of the nearest one above it, and one that was renamed that of its successor. One
    with a sheet of its own is waited for until that is approved.
    """
    units = {one.id: one for one in session.exec(select(Unit))} if linked else {}

    def answering(unit_id: int) -> int | None:
        above: int | None = unit_id
        while above is not None and above not in known and above not in appraised:
            above = units[above].parent_id
        return above

    def parts_of(sheets: Sequence[Sheet]) -> Found:
        weights: dict[int, list[Decimal]] = {}
        for sheet in sheets:
            if all(link.to != "unit" for link in policy.links_for(sheet.policy_post, period.cadence)):
                continue
            unit_id = answering(sheet.unit_id)
            unit = units[sheet.unit_id if unit_id is None else unit_id]
            if unit_id is None:
                zh = f"部门「{unit.name}」本期没有经确认的结果: 请人力资源部录入并由另一人确认"
                en = f"the unit {unit.name_en} has no confirmed result in this cycle: have HR enter one and another confirm it"
                return _waiting(zh, en)
            if unit_id not in known:
                zh = f"部门「{unit.name}」考核表的结果尚未批准: 请先完成该部门的考核和审批"
                return _waiting(zh, f"the sheet of the unit {unit.name_en} has no approved result yet: have that done first")
            weights.setdefault(unit_id, []).append(sheet.weighs)
        return [_linked("unit", known[unit_id], add(*shares), units[unit_id].name) for unit_id, shares in weights.items()]

    return {one: parts_of(sheets) for one, sheets in linked.items()}


def _company(known: Mapping[int | None, Counting]) -> Found:
    if None not in known:
        zh = "公司本期没有经确认的结果: 请人力资源部录入并由另一人确认"
        return _waiting(zh, "the company has no confirmed result in this cycle: have HR enter one and another confirm it")
    return [_linked("company", known[None], ONE, "")]


def _linked(kind: PartKind, result: Counting, share: Decimal, source: str) -> Part:
    return Part(kind, share, result.score, source, coefficient=result.coefficient)
