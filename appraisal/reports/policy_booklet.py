"""制度手册: one stored state of a policy as a document to read: whom it is for, what is measured, how points become grades,
what ends in zero, the way of a case, and every value that its source does not say.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.core.policy.model import IncidentRule, OutcomeRule, Policy, Text
from appraisal.core.policy.model import Step as WorkflowStep
from appraisal.errors import NotFound
from appraisal.exceptions.queries import names_of
from appraisal.formats import local_date, number
from appraisal.labels import codes
from appraisal.policies import drawings, queries, reading, wording
from appraisal.policies.models import StoredPolicy
from appraisal.reports.booklet_paper import AssumedFile, Band, Curve, Example, PolicyBooklet, Process, Rule, Step, Term
from appraisal.reports.booklet_posts import joined, library_of, plain, remarks_on, units_of
from appraisal.reports.booklet_terms import Names, called, general_terms, monitoring_terms, workflow_terms
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.queries import words

FORM_TITLE: Final = Text("制度手册", "Policy booklet")
_OF: Final = {
    "percent": Text("目标的百分比", "per cent of the target"),
    "units": Text("计量单位", "the indicator's unit"),
    "actual": Text("实际值", "the figure"),
    "attainment": Text("完成率 (%)", "attainment (%)"),
    "deviation": Text("偏离 (%)", "deviation (%)"),
}
_EDGES: Final = (("from_", "≥"), ("above", ">"), ("upto", "≤"), ("below", "<"), ("at", "="))


def bind_policy(session: Session, actor: Actor, stored_policy_id: int) -> PolicyBooklet:
    """The booklet of a stored state, for everybody who is signed in. Raises NotFound."""
    stored = session.get(StoredPolicy, stored_policy_id)
    if stored is None:
        raise NotFound()
    policy = queries.compiled_state(stored)
    names = reading.names(policy)
    grades = policy.general.purpose != "monitoring"
    scale = policy.scoring.rating_scale
    return PolicyBooklet(
        head=Head(
            f"{stored.name}-{stored.effective}-{stored.digest.split(':')[-1][:8]}",
            policy.title,
            FORM_TITLE.zh,
            local_date(stored.published_at),
            policy.title,
            stored.digest,
        ),
        filing=Filing(stored_policy_id),
        status=words("policy_status", stored.status),
        effective=stored.effective,
        published_at=stored.published_at,
        confirmed=_confirmed(session, stored),
        general=tuple(general_terms(policy, names)),
        units=tuple(units_of(policy)),
        refused=tuple(Term(one.title, (one.reason,), remarks_on(one)) for one in policy.refused),
        library=tuple(library_of(policy)),
        scale=Text(f"{number(scale.minimum)} 至 {number(scale.maximum)}", f"{number(scale.minimum)} to {number(scale.maximum)}")
        if grades
        else None,
        curves=tuple(
            _curve(one, names)
            for one in drawings.drawn(policy, {code: words("direction", code).zh for code in codes("direction")})
        )
        if grades
        else (),
        bands=tuple(_bands(policy)) if grades else (),
        limits=tuple(_limits(policy)),
        vetoes=tuple(_veto(policy, rule, names) for rule in policy.vetoes.rules),
        outcomes=tuple(_outcome(rule, names) for rule in policy.outcomes.rules),
        steps=tuple(_step(policy, step, names) for step in policy.workflow.steps) if grades else (),
        terms_of_steps=tuple(workflow_terms(policy)) if grades else (),
        monitoring=tuple(monitoring_terms(policy, names)),
        processes=tuple(_processes(policy)),
        assumed=tuple(_assumed(policy)),
        uncertain=tuple((one.uncertain or "", _where(one)) for one in reading.remarks(policy).uncertain),
        made_known=tuple(_made_known(session, stored)),
        signatures=tuple(
            Signature(plain(one.duty), one.signer, remark=Text("制度签署", "signed the regulation"), signed_on=one.signed_on)
            for one in queries.signoffs_of(session, stored)
        )
        or (
            Signature(Text("编制", "Drawn up by")),
            Signature(Text("审核", "Checked by")),
            Signature(Text("批准（盖章）", "Approved by (seal)")),
        ),
    )


FORM = Form("policy_booklet", FORM_TITLE, "policy", bind_policy, kept="for_ever", seconds=120)


def _confirmed(session: Session, stored: StoredPolicy) -> Text | None:
    """Who has confirmed the assumed values, and when."""
    found = queries.confirmation_of(session, stored.digest)
    if found is None:
        return None
    name, on = names_of(session, [found.confirmed_by]).get(found.confirmed_by, ""), local_date(found.confirmed_at)
    return Text(f"{name} 于 {on} 确认", f"confirmed by {name} on {on}")


def _curve(one: drawings.Drawn, names: Names) -> Curve:
    sides = []
    for side in one.sides:
        given = [Text(f"{word.zh} {number(value)}", f"{word.en} {number(value)}") for word, value in side.given]
        heading = [words("direction", side.direction)] if len(one.sides) > 1 and side.direction else []
        rows = tuple(Example(row.actual, row.points, Text(row.told.zh, row.told.en)) for row in side.rows)
        sides.append((joined([*heading, *given]), rows))
    ways = [side.direction for side in one.sides if side.direction]
    return Curve(
        name=one.curve.name,
        method=words("curve_method", one.curve.method),
        standard_for=joined(words("direction", way) for way in one.directions) if one.directions else None,
        parameters=tuple(_parameter(key, value, names) for key, value in one.parameters),
        chart=one.chart,
        legend=tuple(words("direction", way) for way in ways) if len(ways) > 1 else (),
        sides=tuple(sides),
        where=_where(one.curve),
        remarks=remarks_on(one.curve),
    )


def _parameter(key: str, value: Any, names: Names) -> Text:
    name, told = words("curve_parameter", key), _value(value, names)
    return Text(f"{name.zh} {told.zh}", f"{name.en} {told.en}")


def _value(value: Any, names: Names) -> Text:
    """A parameter of a curve in words: a number, steps with their points, points by event."""
    match value:
        case bool():
            return Text("是", "yes") if value else Text("否", "no")
        case Decimal() | int():
            return plain(number(Decimal(value)))
        case str():
            return _OF.get(value, plain(value))
        case Mapping():
            pairs = ((called(names, name), points) for name, points in value.items())
            return joined(Text(f"{name.zh} {number(points)}", f"{name.en} {number(points)}") for name, points in pairs)
        case _:
            return joined((plain(_stair(one)) for one in value), "; ", "; ")


def _stair(one: Any) -> str:
    if isinstance(one, (Decimal, int)):
        return f"≥ {number(Decimal(one))}"
    points = one.points
    shown = " / ".join(number(point) for point in points) if isinstance(points, tuple) else number(points)
    edges = [f"{sign} {number(getattr(one, name))}" for name, sign in _EDGES if getattr(one, name, None) is not None]
    return f"{' '.join(edges)} → {shown}".strip()


def _bands(policy: Policy) -> Iterator[Band]:
    above = None
    for band in policy.bands:
        upto = f", < {number(above)}" if above is not None else ""
        yield Band(band.grade, band.name, f"≥ {number(band.from_)}{upto}", band.multiplier, _where(band))
        above = band.from_


def _limits(policy: Policy) -> Iterator[Text]:
    limited = policy.distribution
    if limited is None:
        return
    for one in limited.limits:
        percent = number(one.percent)
        yield Text(f"{one.grade} 级及以上不超过 {percent}%", f"at most {percent}% have {one.grade} or better")
    least = limited.minimum_population
    over = (
        Text("按部门计算", "counted in each unit") if limited.scope == "unit" else Text("按全体计算", "counted over everybody")
    )
    yield Text(f"{over.zh}, 不足 {least} 人的不限", f"{over.en}; no limit below {least} people")


def _veto(policy: Policy, rule: IncidentRule, names: Names) -> Rule:
    event = next((one for one in policy.vetoes.events if one.id == rule.event), None)
    told = wording.condition(rule.when, names) if rule.when else None
    when = event.name if event else Text(told.zh, told.en) if told else plain("")
    posts = Text("全部岗位", "all posts") if rule.all_posts else joined(called(names, post) for post in rule.posts)
    effects = tuple(_effect(one, names) for one in rule.effects)
    confirmed_by = event.confirmed_by if event else None
    return Rule(rule.name, rule.veto, (when,), confirmed_by, effects, posts, _where(rule), remarks_on(rule))


def _effect(one: Any, names: Names) -> Text:
    item, what = called(names, one.item or ""), words("zeroes", one.effect)
    kind, _, post = one.subject.partition(":")
    whom, of = words("veto_subject", kind), called(names, post)
    zh = f"{what.zh.format(item=item.zh)}（{whom.zh.format(post=of.zh)}）"
    return Text(zh, f"{what.en.format(item=item.en)} ({whom.en.format(post=of.en)})")


def _outcome(rule: OutcomeRule, names: Names) -> Rule:
    told = [wording.condition(one, names) for one in rule.when]
    return Rule(rule.name, False, tuple(Text(one.zh, one.en) for one in told), None, (), None, _where(rule), remarks_on(rule))


def _step(policy: Policy, step: WorkflowStep, names: Names) -> Step:
    moves = []
    for move in policy.workflow.moves:
        if move.from_ == step.id:
            act, by = words("action", move.action), joined(words("role", role) for role in move.by)
            to = called(names, move.to)
            zh, en = ("", "") if move.to == step.id else (f" → {to.zh}", f" → {to.en}")
            moves.append(Text(f"{act.zh}（{by.zh}）{zh}", f"{act.en} ({by.en}){en}"))
    end = None if step.final else words("on_deadline", step.on_deadline)
    who = joined(words("role", role) for role in step.actors)
    return Step(step.name, who, step.days, end, tuple(moves), remarks_on(step))


def _processes(policy: Policy) -> Iterator[Process]:
    for process in policy.processes:
        steps = []
        for step in process.edition.steps:
            outputs = [Text(f"输出 {joined(step.outputs).zh}", f"gives out {joined(step.outputs).en}")] if step.outputs else []
            read = [one.name for one in process.edition.indicators if one.step == step.id]
            watched = [Text(f"指标 {joined(read).zh}", f"indicators {joined(read).en}")] if read else []
            steps.append(Step(step.name, joined(map(plain, step.roles)), None, None, (*outputs, *watched), remarks_on(step)))
        yield Process(process.name, process.edition.goal, tuple(steps))


def _assumed(policy: Policy) -> Iterator[AssumedFile]:
    values = sorted(queries.assumed_values(policy), key=lambda one: (one["path"], one["line"]))
    for path, found in groupby(values, key=lambda one: str(one["path"])):
        yield AssumedFile(path, tuple((one["line"], one["key"], one["reason"]) for one in found))


def _made_known(session: Session, stored: StoredPolicy) -> Iterator[Term]:
    for measure, files in queries.measures_of(session, stored):
        people = [Text(f"{measure.people} 人参加", f"{measure.people} people")] if measure.people else []
        proofs = [plain(f"{one.name}: SHA-256 {one.sha256[:16]}…") for one in files]
        kind = words("policy_measure", measure.kind)
        yield Term(
            Text(f"{kind.zh} {measure.held_on}", f"{kind.en} {measure.held_on}"), (plain(measure.text), *people, *proofs)
        )


def _where(entry: Any) -> str:
    return f"{entry.where.path}:{entry.where.line}"
