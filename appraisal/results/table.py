"""Lists of appraisals and of approved results: plain columns, a page at a time, in a number of queries that does not grow.

What a row may show is decided in SQL with the row: whoever handles the case sees its latest layer, the person themselves what
has been published, and payroll what has been approved, without the score.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, bindparam, case, false, literal, true, type_coerce
from sqlmodel import Session, and_, col, func, or_, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Appraisal, Cycle, Sheet
from appraisal.people import queries as people
from appraisal.people.models import Employee, Post, Unit
from appraisal.results.models import Approval, InForce, Publication, Result

# Who sees scores that are not published yet; the others of `cycles.SEEN_AS` see less.
HANDLING = ("supervisor", "unit_head", "hr", "approver", "auditor")
_NEWEST_FIRST: tuple[tuple[Any, str], ...] = ((Cycle.starts_on, "desc"), (Cycle.id, "desc"))
# Below every score, as scores are kept.
_NO_SCORE = literal(-1, BigInteger)
_BY_NUMBER: tuple[tuple[Any, str], ...] = ((Employee.number, "asc"),)


# Made once, because an alias takes long to learn its columns.
_layer, _shown = db.another(Result), db.another(Result)
_told, _given = db.another(Publication), db.another(Approval)

# Asked of every list, and made once for the same reason.
_ids: Any = bindparam("ids", expanding=True)
_figures = (Result.layer, Result.score, Result.grade, Result.multiplier, Result.vetoed)
_PLACES = (
    select(Sheet.appraisal_id, Unit.id, Unit.name, Unit.name_en, Post.title, Post.title_en)  # type: ignore[call-overload]
    .join(Unit, col(Unit.id) == Sheet.unit_id)
    .join(Post, col(Post.id) == Sheet.post_id)
    .where(col(Sheet.appraisal_id).in_(_ids))
    .order_by(Sheet.from_on, Sheet.id)
)
_LAYERS = (
    select(Result.appraisal_id, *_figures, Publication.published_at, Approval.approved_at)  # type: ignore[call-overload]
    .outerjoin(Publication, col(Publication.result_id) == Result.id)
    .outerjoin(Approval, col(Approval.result_id) == Result.id)
    .where(col(Result.appraisal_id).in_(_ids))
    .order_by(Result.seq)
)
_IN_FORCE = (
    select(Result.id, Result.seq, *_figures, Result.policy_digest, Approval.approved_at)  # type: ignore[call-overload]
    .join(Approval, col(Approval.result_id) == Result.id)
    .where(col(Result.id).in_(_ids))
)


def order(asked: Mapping[str, Any]) -> tuple[tuple[Any, str], ...]:
    """Newest cycle first, then by number; within one cycle by number alone, which an index gives without sorting."""
    return _BY_NUMBER if asked["cycle_id"] is not None else (*_NEWEST_FIRST, *_BY_NUMBER)


def appraisals(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the appraisals that the actor may see, narrowed by `cycle_id`, `unit_id`, `step`, `grade`, `whose` (own,
    team, all), `rated` and `search` (part of a number or name)."""
    columns = (
        *(Appraisal.id, Appraisal.version, Appraisal.step, Appraisal.step_since, Appraisal.rated, Appraisal.cycle_id),
        *(col(Employee.id).label("employee_id"), Employee.number, Employee.name),
    )
    found = (
        select(*columns)  # type: ignore[call-overload]
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(Cycle.status != DRAFT)
    )
    if asked["whose"] == "own":
        found = found.where(_own(actor))
    elif asked["whose"] == "team":
        found = found.where(_on_each_day(session, asked["cycle_id"], lambda day: cycles.supervises(session, actor, day)))
    else:
        found = found.where(_seen(session, actor, cycles.SEEN_AS, asked["cycle_id"]))
    if asked["grade"] is not None:
        found = found.where(_has_grade(asked["grade"], _handling(session, actor, asked["cycle_id"]), actor))
    if asked["step"] is not None:
        found = found.where(Appraisal.step == asked["step"])
    if asked["rated"] is not None:
        found = found.where(col(Appraisal.rated).is_(asked["rated"]))
    return _narrowed(session, found, asked)


def with_result(session: Session, actor: Actor, asked: Mapping[str, Any], found: Any) -> Any:
    """That select joined to the layer that each row may show, for `counted` and `by_score`."""
    last = _last_visible(_handling(session, actor, asked["cycle_id"]), actor)
    return found.join_from(Appraisal, _shown, and_(_shown.appraisal_id == Appraisal.id, _shown.seq == last), isouter=True)


def counted(session: Session, found: Any) -> dict[str, int]:
    """How many of a select `with_result` have each grade; 不参评 has none."""
    rated = found.where(col(Appraisal.rated).is_(True), _shown.grade.is_not(None))  # type: ignore[attr-defined]
    graded = rated.add_columns(_shown.grade.label("grade")).subquery()  # type: ignore[attr-defined]
    found = session.execute(select(graded.c.grade, func.count()).group_by(graded.c.grade))
    return {grade: count for grade, count in found}  # noqa: C416


def by_score(session: Session, actor: Actor, asked: Mapping[str, Any], way: str) -> tuple[tuple[Any, str], ...]:
    """The order of a select `with_result` by score, those without one at the low end; by number where the reader is told
    grades alone, because an order tells scores too."""
    tells = or_(_handling(session, actor, asked["cycle_id"]), _own(actor))
    score = case((and_(tells, Appraisal.rated), func.coalesce(_shown.score, _NO_SCORE)), else_=_NO_SCORE)
    return ((type_coerce(score, BigInteger), way), *_BY_NUMBER)


def seen_as(session: Session, actor: Actor, roles: Collection[str]) -> ColumnElement[bool]:
    """The condition over appraisal, employee and cycle that the actor is one of `roles` in the case, on the day that counts."""
    return _seen(session, actor, roles, None)


def appraisal_rows(session: Session, actor: Actor, page: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """What a page of that select shows: with unit, post, step, deadline and the figures of the layer each row may show."""
    ids = [row.id for row in page]
    places, layers, handled = places_of(session, ids), _layers(session, ids), _handled(session, actor, ids)
    running, names, due = {}, {}, {}
    for cycle in _cycles(session, {row.cycle_id for row in page}):
        running[cycle.id] = _cycle(cycle)
        steps = cycles.policy_of(session, cycle).workflow.steps
        names |= {(cycle.id, step.id): step.name for step in steps}
        due |= cycles.due_dates(session, cycle, [row for row in page if row.cycle_id == cycle.id])
    return [
        {
            "id": one,
            "version": version,
            "cycle": running[cycle_id],
            "employee": {"id": employee_id, "number": number, "name": name},
            "places": places[one],
            "rated": rated,
            "step": step,
            "step_name": names[cycle_id, step],
            "due_on": due[one],
            "result": shown_figures(layers.get(one, ()), employee_id == actor.employee_id, one in handled) if rated else None,
        }
        for one, version, step, _, rated, cycle_id, employee_id, number, name in page
    ]


def approved(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of approved results that stand, of everybody whose results the actor may see, narrowed like appraisals."""
    columns = (
        *(InForce.result_id, Appraisal.id, Appraisal.cycle_id),
        *(col(Employee.id).label("employee_id"), Employee.number, Employee.name),
    )
    found = (
        select(*columns)  # type: ignore[call-overload]
        .join(Appraisal, col(Appraisal.id) == InForce.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(col(Appraisal.rated).is_(True), _seen(session, actor, cycles.SEEN_AS, asked["cycle_id"]))
    )
    if asked["grade"] is not None:
        found = found.join(Result, col(Result.id) == InForce.result_id).where(Result.grade == asked["grade"])
    return _narrowed(session, found, asked)


def approved_rows(session: Session, actor: Actor, page: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """What a page of that select shows; the score is for the person and who handles the case, not for payroll."""
    ids = [row.id for row in page]
    places, handled = places_of(session, ids), _handled(session, actor, ids)
    layers = _in_force(session, [row.result_id for row in page])
    shown = {one.id: (one.code, _cycle(one)) for one in _cycles(session, {row.cycle_id for row in page})}
    rows = []
    for result_id, one, cycle_id, employee_id, number, name in page:
        (code, cycle), layer = shown[cycle_id], layers[result_id]
        scores = one in handled or actor.employee_id == employee_id
        rows.append(
            {
                "number": f"{code}-{number}-{layer.seq}",
                "appraisal_id": one,
                "cycle": cycle,
                "employee": {"id": employee_id, "number": number, "name": name},
                "places": places[one],
                "layer": layer.layer,
                "score": layer.score if scores else None,
                "grade": layer.grade,
                "multiplier": layer.multiplier,
                "vetoed": layer.vetoed if scores else None,
                "approved_at": layer.approved_at,
                "policy_digest": layer.policy_digest,
            }
        )
    return rows


def shown_figures(layers: Sequence[Row[Any]], own: bool, handled: bool) -> dict[str, Any] | None:
    """The figures of the layer that may be shown, of a result's layers in order."""
    if own or not handled:
        layers = [one for one in layers if (one.published_at if own else one.approved_at) is not None]
    if not layers:
        return None
    last = layers[-1]
    scores = own or handled
    return {
        "layer": last.layer,
        "score": last.score if scores else None,
        "grade": last.grade,
        "multiplier": last.multiplier,
        "vetoed": last.vetoed if scores else None,
        "published_at": last.published_at,
        "approved_at": last.approved_at,
    }


def places_of(session: Session, appraisal_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Unit and post of each sheet, in order, by appraisal."""
    places: dict[int, list[dict[str, Any]]] = {one: [] for one in appraisal_ids}
    for appraisal_id, unit_id, unit, unit_en, post, post_en in session.execute(_PLACES, {"ids": [*appraisal_ids]}):
        said = {"unit": {"zh": unit, "en": unit_en}, "post": {"zh": post, "en": post_en}}
        places[appraisal_id].append({"unit_id": unit_id} | said)
    return places


def _layers(session: Session, appraisal_ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    layers: dict[int, list[Row[Any]]] = {}
    for row in session.execute(_LAYERS, {"ids": [*appraisal_ids]}):
        layers.setdefault(row[0], []).append(row)
    return layers


def _in_force(session: Session, result_ids: Collection[int]) -> dict[int, Row[Any]]:
    return {row[0]: row for row in session.execute(_IN_FORCE, {"ids": [*result_ids]})}


def _narrowed(session: Session, found: Any, asked: Mapping[str, Any]) -> Any:
    if asked["cycle_id"] is not None:
        found = found.where(Appraisal.cycle_id == asked["cycle_id"])
    if asked["unit_id"] is not None:
        within = select(Sheet.appraisal_id).where(col(Sheet.unit_id).in_(people.unit_and_below(session, asked["unit_id"])))
        found = found.where(col(Appraisal.id).in_(within))
    if asked["search"] is not None:
        part = asked["search"]
        found = found.where(
            or_(col(Employee.number).contains(part, autoescape=True), col(Employee.name).contains(part, autoescape=True))
        )
    return found


def _seen(session: Session, actor: Actor, roles: Collection[str], cycle_id: int | None) -> ColumnElement[bool]:
    return _on_each_day(session, cycle_id, lambda day: cycles.seen_by(session, actor, day, roles))


def _handling(session: Session, actor: Actor, cycle_id: int | None) -> ColumnElement[bool]:
    """Of the cases the actor sees, the condition that they handle them: all but their own (D-05), except for payroll."""
    others = _seen(session, actor, HANDLING, cycle_id) if "payroll" in actor.roles else true()
    return others if actor.employee_id is None else and_(Employee.id != actor.employee_id, others)


def _handled(session: Session, actor: Actor, seen: Collection[int]) -> Collection[int]:
    """Of these cases, which the actor sees, those they handle or that are their own: all, except for payroll."""
    if "payroll" not in actor.roles:
        return set(seen)
    found = (
        select(Appraisal.id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(col(Appraisal.id).in_(seen), _handling(session, actor, None))
    )
    return set(session.exec(found))


def _on_each_day(session: Session, cycle_id: int | None, condition: Any) -> ColumnElement[bool]:
    """A condition about who somebody is to a case, on the day that counts in its cycle: its last day, or until then today."""
    today = clock.today()
    days = select(Cycle.ends_on).where(Cycle.status != DRAFT).distinct()
    if cycle_id is not None:
        days = days.where(Cycle.id == cycle_id)
    ended = sorted({day for day in session.exec(days) if day < today})
    if cycle_id is not None:
        return condition(ended[0] if ended else today)  # type: ignore[no-any-return]
    return or_(and_(Cycle.ends_on >= today, condition(today)), *(and_(Cycle.ends_on == day, condition(day)) for day in ended))


def _own(actor: Actor) -> ColumnElement[bool]:
    return false() if actor.employee_id is None else Appraisal.employee_id == actor.employee_id  # type: ignore[return-value]


def _has_grade(grade: str, handling: ColumnElement[bool], actor: Actor) -> ColumnElement[bool]:
    """The condition that the layer a row may show has a grade: so nobody learns by asking what they may not see."""
    last = _last_visible(handling, actor)
    return (
        select(_shown.id)
        .where(_shown.appraisal_id == Appraisal.id, _shown.grade == grade, _shown.seq == last)
        .correlate(Appraisal, Employee, Cycle)
        .exists()
    )


def _last_visible(handling: ColumnElement[bool], actor: Actor) -> Any:
    """The number of the layer that a row may show."""
    visible = or_(handling, and_(_own(actor), _told.result_id.is_not(None)), _given.result_id.is_not(None))  # type: ignore[union-attr]
    return (
        select(func.max(_layer.seq))
        .outerjoin(_told, _told.result_id == _layer.id)
        .outerjoin(_given, _given.result_id == _layer.id)
        .where(_layer.appraisal_id == Appraisal.id, visible)
        .correlate(Appraisal, Employee, Cycle)
        .scalar_subquery()
    )


def _cycles(session: Session, ids: Collection[int]) -> Sequence[Cycle]:
    return session.exec(select(Cycle).where(col(Cycle.id).in_(ids)).order_by(Cycle.id)).all()


def _cycle(cycle: Cycle) -> dict[str, Any]:
    return {"id": cycle.id, "code": cycle.code, "name": cycle.name, "period": cycle.period}
