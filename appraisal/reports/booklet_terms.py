"""The general provisions of a policy, of its workflow and of its monitoring, as its booklet words them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from appraisal.core.errors import Message
from appraisal.core.policy.model import Entry, Policy, Text
from appraisal.core.policy.monitoring import MonitoringPolicyEdition
from appraisal.formats import number
from appraisal.reports.booklet_paper import Term
from appraisal.reports.booklet_posts import joined, plain, remarks_on
from appraisal.reports.queries import words

Names = Mapping[str, Message]


def called(names: Names, key: str) -> Text:
    """What an id is called."""
    found = names.get(key)
    return Text(found.zh, found.en) if found else plain(key)


def general_terms(policy: Policy, names: Names) -> Iterator[Term]:
    """What the policy says of itself and of every case."""
    for one in policy.documents:
        yield Term(
            Text(f"依据文件 {one.id}", f"Source {one.id}"), tuple(map(plain, (one.title, *one.legal_basis))), remarks_on(one)
        )
    general = policy.general
    if general.dimensions:
        yield _several("维度", "Dimensions", ((one, _dimension(one, names)) for one in general.dimensions))
    if isinstance(general, MonitoringPolicyEdition):
        yield from _watching_terms(general)
        return
    if general.cycles:
        yield _several("考核周期", "Cycles", ((one, _cycle(one, names)) for one in general.cycles))
    yield Term(Text("缺数据时", "A missing figure"), (words("missing_rule", general.missing),))
    yield Term(
        Text("小数位", "Decimals"),
        (
            Text(
                f"单项得分四舍五入到 {general.precision} 位小数, 综合得分不再舍入",
                f"item scores are rounded half up to {general.precision} decimals, the total is not rounded",
            ),
        ),
    )
    days = general.not_rated.minimum_days
    not_rated = Text(
        f"本期在岗不足 {days} 天者不参评, 不得 D 级, 不记零分",
        f"who is there for fewer than {days} days of the period is not rated, which is neither D nor 0",
    )
    yield Term(Text("不参评", "Not rated"), (not_rated,), remarks_on(general.not_rated))
    if year := general.annual:
        parts = (
            ("KPI", "KPI", year.kpi),
            ("360° 反馈", "360° feedback", year.feedback),
            ("发展计划", "development plan", year.development),
        )
        lines = (joined((Text(f"{zh} {number(n)}", f"{en} {number(n)}") for zh, en, n in parts), " · ", " · "),)
        yield Term(Text("年度结果", "The year's result"), lines, remarks_on(year))
    if feedback := general.feedback:
        shares = joined(
            Text(f"{one.name.zh} {number(one.share)}", f"{one.name.en} {number(one.share)}") for one in feedback.groups
        )
        least = feedback.minimum_raters
        hidden = Text(
            f"一组不足 {least} 份答卷的不单独显示", f"a group with fewer than {least} answers is never shown by itself"
        )
        yield Term(Text("360° 反馈", "360° feedback"), (shares, hidden), remarks_on(feedback))
    if general.floors:
        yield _several("短板限级", "Floors", ((one, _floor(one, names)) for one in general.floors))
    if general.unit_links:
        yield _several(
            "与部门、公司结果挂钩", "Tied to unit or company", ((one, _link(one, names)) for one in general.unit_links)
        )
    if plan := general.improvement_plan:
        months = Text(
            f"{plan.minimum_months} 至 {plan.maximum_months} 个月", f"{plan.minimum_months} to {plan.maximum_months} months"
        )
        yield Term(Text("改进计划", "Improvement plan"), (months,), remarks_on(plan))


def workflow_terms(policy: Policy) -> Iterator[Term]:
    """Approval and appeal."""
    flow = policy.workflow
    links = [
        Text(f"{one.name.zh}（{words('role', one.by).zh}）", f"{one.name.en} ({words('role', one.by).en})")
        for one in flow.approvals
    ]
    chain = joined(links, " → ", " → ") if links else words("role", "approver")
    yield Term(Text("审批", "Approval"), (chain,))
    rule = flow.appeal
    appeal = Text(
        f"公布后 {rule.window_days} 个工作日内提出, {rule.accept_days} 个工作日内受理, {rule.decide_days} 个工作日内决定",
        f"within {rule.window_days} working days of publication; taken up within {rule.accept_days}, "
        f"decided within {rule.decide_days}",
    )
    yield Term(Text("申诉", "Appeal"), (appeal,), remarks_on(rule))


def monitoring_terms(policy: Policy, names: Names) -> Iterator[Term]:
    """Levels of deviation and what each calls for; trends, guards, pairs, and who looks into what."""
    watch = policy.monitoring
    if watch is None:
        return
    below = None
    for band in watch.levels:
        over = f"> {number(below)}% " if below is not None else ""
        upto = f"≤ {number(band.up_to)}%" if band.up_to is not None else ""
        below = band.up_to
        lines = [plain(f"{over}{upto}".strip()), *([band.response] if band.response else [])]
        told = [one.role for one in watch.notify if one.level == band.level]
        lines += [Text(f"告知 {'、'.join(told)}", f"told: {', '.join(told)}")] if told else []
        lines += [_record(one) for one in watch.records if one.level == band.level]
        yield Term(words("kpi_level", band.level), tuple(lines), remarks_on(band))
    running = watch.trend.worsenings
    trend = Text(f"连续 {running} 期变差即预警, 不论等级", f"{running} worsenings running alert, whatever the level")
    yield Term(Text("趋势", "Trend"), (trend,), remarks_on(watch.trend))
    if watch.guards:
        yield _several("护栏", "Guards", ((one, _guard(one, names)) for one in watch.guards))
    if watch.pairs:
        yield _several("关联", "Related", ((one, _pair(one, names)) for one in watch.pairs))
    if watch.tasks:
        yield _several("派给别的部门", "Tasks for departments", ((one, _task(one, names)) for one in watch.tasks))


def _watching_terms(general: MonitoringPolicyEdition) -> Iterator[Term]:
    if general.meetings:
        lines = (
            (
                one,
                Text(
                    f"{one.name.zh}: {words('cadence', one.cadence).zh}", f"{one.name.en}: {words('cadence', one.cadence).en}"
                ),
            )
            for one in general.meetings
        )
        yield _several("会议与报告", "Meetings and reports", lines)
    if general.forms:
        forms = ((one, _form(one)) for one in general.forms)
        yield _several("表单与保存", "Forms kept", forms)
    if general.training:
        courses = tuple(
            Text(f"{one.name.zh} {number(one.hours)} 课时", f"{one.name.en}, {number(one.hours)} hours")
            for one in general.training.courses
        )
        yield Term(Text("培训", "Training"), courses, remarks_on(general.training))
    if general.data_rules:
        yield _several("数据管理", "Data", ((one, one.text) for one in general.data_rules))


def _several(zh: str, en: str, entries: Iterable[tuple[Entry, Text]]) -> Term:
    """A provision of several entries, with the remarks on all of them."""
    found = list(entries)
    remarks = dict.fromkeys(remark for one, _ in found for remark in remarks_on(one))
    return Term(Text(zh, en), tuple(line for _, line in found), tuple(remarks))


def _dimension(one: Any, names: Names) -> Text:
    if not one.draws_on:
        found: Text = one.name
        return found
    drawn = joined(called(names, each) for each in one.draws_on)
    return Text(f"{one.name.zh}（指标选自 {drawn.zh}）", f"{one.name.en} (indicators from {drawn.en})")


def _whom(one: Any, names: Names) -> Text:
    return Text("全部岗位", "all posts") if one.all_posts else joined(called(names, post) for post in one.posts)


def _cycle(one: Any, names: Names) -> Text:
    cadence, whom = words("cadence", one.cadence), _whom(one, names)
    pays = Text("与奖金挂钩", "pays a bonus") if one.pays else Text("不发奖金", "pays no bonus")
    return Text(f"{cadence.zh}: {whom.zh}; {pays.zh}", f"{cadence.en}: {whom.en}; {pays.en}")


def _floor(one: Any, names: Names) -> Text:
    dimension = called(names, one.dimension)
    zh = f"「{dimension.zh}」低于 {number(one.below)} 分, 等级最高 {one.grade}"
    return Text(zh, f"{dimension.en} below {number(one.below)}: no better grade than {one.grade}")


def _link(one: Any, names: Names) -> Text:
    whom = _whom(one, names)
    to = Text("部门", "the unit") if one.to == "unit" else Text("公司", "the company")
    how = plain(f" {number(one.share)}%") if one.share is not None else Text(" 按系数", " by its coefficient")
    return Text(f"{whom.zh}: {to.zh}{how.zh}", f"{whom.en}: {to.en}{how.en}")


def _record(one: Any) -> Text:
    name = words("kpi_record", one.record)
    zh, en = (f", {one.days} 天内", f" within {one.days} days") if one.days else ("", "")
    return Text(f"开立: {name.zh}{zh}", f"opens: {name.en}{en}")


def _guard(one: Any, names: Names) -> Text:
    first, second = called(names, one.indicator), called(names, one.guard)
    return Text(f"「{first.zh}」变好时看「{second.zh}」", f"when {first.en} improves, look at {second.en}")


def _pair(one: Any, names: Names) -> Text:
    first, second = called(names, one.first), called(names, one.second)
    return Text(f"{first.zh} → {second.zh}: {one.follow_up.zh}", f"{first.en} → {second.en}: {one.follow_up.en}")


def _task(one: Any, names: Names) -> Text:
    about = called(names, one.indicator)
    return Text(f"{about.zh}: {one.department}, {one.follow_up.zh}", f"{about.en}: {one.department}, {one.follow_up.en}")


def _form(one: Any) -> Text:
    years = (
        Text("永久保存", "kept for ever") if one.years is None else Text(f"保存 {one.years} 年", f"kept for {one.years} years")
    )
    return Text(f"{one.id} {one.name.zh}, {years.zh}", f"{one.id} {one.name.en}, {years.en}")
