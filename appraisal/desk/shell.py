"""What stands around every page: the ways to what one may do here, grouped by what one is here as, and the cycle in hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request
from sqlalchemy import exists
from sqlmodel import Session, col, or_, select

from appraisal import clock, notify, web
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Appraisal, Cycle
from appraisal.people import queries as people
from appraisal.people.models import Clerk, ReportingLine, UnitHead

CYCLE_COOKIE = "cycle"
_OVERSEEING = ("hr", "payroll", "data_provider", "approver", "auditor", "admin")


@dataclass(frozen=True)
class Caller:
    """Who is asking, as far as the way depends on it."""

    actor: Actor
    leads: bool
    enters: bool  # as the clerk of people without an account

    @property
    def employed(self) -> bool:
        """Whether they are appraised themselves."""
        return self.actor.employee_id is not None

    def holds(self, *roles: str) -> bool:
        """Whether they hold one of these roles, be it for some units only."""
        return self.actor.holds(*roles)


@dataclass(frozen=True)
class Way:
    """One page to go to. `also` are the beginnings of other endpoints at which it is the one that is lit."""

    endpoint: str
    icon: str
    name: Message
    open_to: Callable[[Caller], bool]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Ways that belong together."""

    name: Message
    ways: tuple[Way, ...]


def _everybody(_: Caller) -> bool:
    return True


def _employed(caller: Caller) -> bool:
    return caller.employed


def _leading(caller: Caller) -> bool:
    return caller.leads


def _entering(caller: Caller) -> bool:
    return caller.enters


def _holding(*roles: str) -> Callable[[Caller], bool]:
    return lambda caller: caller.holds(*roles)


_WATCHING = ("kpi_manager", "data_provider", "hr", "approver", "auditor")


def _watching(caller: Caller) -> bool:
    return caller.leads or caller.holds(*_WATCHING)


_ALL_RESULTS = ("hr", "approver", "auditor")


def _for_pay_alone(caller: Caller) -> bool:
    return caller.holds("payroll") and not caller.holds(*_ALL_RESULTS)


def _way(endpoint: str, icon: str, zh: str, en: str, open_to: Callable[[Caller], bool] = _everybody, *also: str) -> Way:
    return Way(endpoint, icon, Message(zh, en), open_to, also)


_ROBOTS = ("delivery.robot", "delivery.new_robot", "delivery.add_robot", "delivery.change_robot")

GROUPS = (
    Group(
        Message("我的", "Mine"),
        (
            _way("desk.home", "home", "首页", "Home"),
            _way("reviews.mine", "sheet", "我的考核", "My appraisal", _employed),
            _way("agreements.mine", "sign", "我的责任书", "My agreement", _employed),
            _way("agreements.goals", "target", "目标分解", "Goals", _employed, "agreements.goal", "agreements.new_goal"),
            _way("results.home", "chart", "我的结果", "My results", _employed, "results.result"),
            _way("development.mine", "grow", "发展与改进", "Development", _employed),
            _way("archive.documents", "book", "文书档案", "Documents", _everybody, "archive."),
        ),
    ),
    Group(
        Message("我的团队", "My team"),
        (
            _way("reviews.team", "people", "团队考核", "Team", _leading),
            _way("reviews.grid", "grid", "评分", "Scoring", _leading),
            _way("people.delegations", "hand", "代理授权", "Delegation", _leading),
            _way("desk.entering", "clip", "代录", "Entering for others", _entering, "desk.enter_for", "desk.begin_entering"),
        ),
    ),
    Group(
        Message("人力资源", "HR"),
        (
            _way(
                "desk.progress",
                "progress",
                "本期进度",
                "Progress",
                _holding("hr", "auditor"),
                *(
                    "desk.cycle_progress",
                    "desk.case",
                    "desk.remind",
                    "desk.extend",
                    "desk.reassign",
                    "desk.sign_off",
                    "desk.cycle_documents",
                ),
            ),
            _way("cycles.all_cycles", "calendar", "考核周期", "Cycles", _holding("hr", "auditor"), "cycles."),
            _way("agreements.all_agreements", "sign", "责任书", "Agreements", _holding("hr"), "agreements."),
            _way("measures.completeness", "data", "考核数据", "Figures", _holding("hr", "data_provider"), "measures."),
            _way("incidents.ledger", "flag", "事件台账", "Incidents", _holding("hr", "auditor"), "incidents."),
            _way("results.calibrations", "balance", "校准", "Calibration", _holding("hr", "approver"), "results.calibration"),
            _way("results.appeals", "voice", "申诉", "Appeals", _holding("hr", "approver", "auditor"), "results.appeal"),
            _way("results.approvals", "check", "审批", "Approval", _holding("approver", "hr"), "results.approval"),
            _way("results.all_results", "chart", "全部结果", "All results", _holding(*_ALL_RESULTS), "results."),
            _way("feedback.rounds", "circle", "360° 反馈", "360° feedback", _holding("hr"), "feedback."),
            _way("development.improvement_plans", "grow", "改进计划", "Improvement plans", _holding("hr"), "development."),
            _way(
                "people.directory",
                "people",
                "人员与组织",
                "People",
                _holding("hr", "admin"),
                *("people.e", "people.import", "people.all_", "people.unit", "people.post", "people.found", "people.correct"),
                *("people.rename", "people.merge", "people.move", "people.head", "people.clerk", "people.hire"),
            ),
        ),
    ),
    Group(
        Message("薪酬", "Payroll"),
        (
            _way("payroll.releases", "pay", "薪酬发放", "Releases", _holding("payroll", "hr", "auditor"), "payroll."),
            _way("results.all_results", "chart", "批准的结果", "Approved results", _for_pay_alone, "results."),
        ),
    ),
    Group(
        Message("指标监控", "Monitoring"),
        (
            _way("monitoring.dashboard", "pulse", "指标看板", "Dashboard", _watching, "monitoring.indicator"),
            _way("exceptions.board", "flag", "异常", "Exceptions", _watching, "exceptions.", "monitoring.alert"),
            _way("monitoring.processes", "steps", "流程", "Processes", _watching, "monitoring.process"),
            _way("monitoring.readings", "data", "读数", "Readings", _holding(*_WATCHING), "monitoring.reading"),
            _way("bulletins.summaries", "note", "每周摘要", "Weekly summaries", _watching, "bulletins.summar"),
            _way("bulletins.kpi_reports", "report", "报告与会议", "Reports", _watching, "bulletins."),
        ),
    ),
    Group(
        Message("制度", "Policy"),
        (_way("policies.all_policies", "book", "考核办法", "Policies", _everybody, "policies."),),
    ),
    Group(
        Message("管理", "Administration"),
        (
            _way("people.accounts", "key", "账号与角色", "Accounts", _holding("admin"), "people.account"),
            _way("people.tokens", "plug", "接口令牌", "Tokens", _holding("admin"), "people.token"),
            _way("delivery.all_deliveries", "bell", "邮件与群消息", "Mail, groups", _holding("admin", "auditor"), *_ROBOTS),
            _way("desk.jobs", "progress", "后台任务", "Background work", _holding("admin", "hr"), "desk.job"),
            _way("records.retention", "clip", "保存期限", "Retention", _holding("admin", "hr", "auditor"), "records."),
            _way("desk.trail", "trail", "审计", "Audit", _holding("auditor"), "desk.trail"),
        ),
    ),
)


def of_page() -> dict[str, Any]:
    """What base.html wants beside the page itself. Outside a transaction, as on an error page, there is no cycle to choose."""
    actor: Actor | None = g.get("actor")
    if actor is None or "session" not in g or g.get("must_change_password"):
        return {"groups": (), "cycle_choice": (), "cycle_in_hand": None, "unread": 0}
    session: Session = g.session
    caller = Caller(actor, *_parts_in(session, actor))
    shown = _shown(caller, current_app.view_functions)
    chosen = cycle_in_hand()
    return {
        "groups": shown,
        "here": _here(shown, g.get("stands_under")) or _here(shown, request.endpoint),
        "at_hand": _at_hand(shown),
        "cycle_choice": [(one.code, one.name) for one in _cycles(session)],
        "cycle_in_hand": chosen,
        "unread": notify.unread(session, [actor.employee_id]).get(actor.employee_id, 0) if actor.employee_id else 0,
    }


def cycle_in_hand() -> Cycle | None:
    """The cycle that pages are about: asked for in the address, remembered, or the newest that is open; None before any is."""
    if "cycle_in_hand" not in g:
        known = _cycles(web.session())
        asked = (request.args.get("cycle"), request.cookies.get(CYCLE_COOKIE))
        by_code = {one.code: one for one in known}
        found = next((by_code[code] for code in asked if code in by_code), None)
        running = (one for one in known if one.status == "open" and one.starts_on <= clock.today())
        g.cycle_in_hand = found or next(running, None) or next(iter(known), None)
    chosen: Cycle | None = g.cycle_in_hand
    return chosen


def stand_under(endpoint: str) -> None:
    """Lights this way of the rail, where it is open to the caller, for a page that belongs to several by what it shows."""
    g.stands_under = endpoint


def remember_cycle(response: Any) -> Any:
    """Keeps the cycle that was asked for in the address for the pages that follow."""
    if request.args.get("cycle") and (chosen := g.get("cycle_in_hand")) is not None:
        response.set_cookie(CYCLE_COOKIE, chosen.code, secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def _cycles(session: Session) -> list[Cycle]:
    """The cycles that concern the caller, the newest first: by role all of their units, otherwise those in which they are
    appraised or appraise."""
    if "shell_cycles" not in g:
        opened = [one for one in cycles.cycles(session) if one.status != DRAFT]
        theirs = _concerning(session, web.actor(), opened)
        g.shell_cycles = [one for one in opened if one.id in theirs]
    found: list[Cycle] = g.shell_cycles
    return found


def _concerning(session: Session, actor: Actor, opened: list[Cycle]) -> frozenset[int]:
    limits = [actor.units_of(role) for role in _OVERSEEING if actor.holds(role)]
    if any(units is None for units in limits):
        return frozenset(one.id or 0 for one in opened)
    units = frozenset(unit for some in limits for unit in some or ())
    by_role = {one.id or 0 for one in opened if units and (one.unit_id is None or one.unit_id in units)}
    if actor.employee_id is None:
        return frozenset(by_role)
    led = select(ReportingLine.employee_id).where(ReportingLine.supervisor_id == actor.employee_id)
    theirs = or_(Appraisal.employee_id == actor.employee_id, col(Appraisal.employee_id).in_(led))
    return frozenset(by_role | set(session.exec(select(Appraisal.cycle_id).where(theirs).distinct())))


def _parts_in(session: Session, actor: Actor) -> tuple[bool, bool]:
    """Whether anybody reports to them today or they head a unit, and whether they are the clerk of one."""
    if actor.employee_id is None:
        return False, False
    today = clock.today()
    led = exists().where(col(ReportingLine.supervisor_id) == actor.employee_id, people.holds_on(ReportingLine, today))
    headed = exists().where(col(UnitHead.employee_id) == actor.employee_id, people.holds_on(UnitHead, today))
    entering = exists().where(col(Clerk.employee_id) == actor.employee_id, people.holds_on(Clerk, today))
    leads, enters = session.exec(select(led | headed, entering)).one()
    return bool(leads), bool(enters) and actor.on_behalf_of is None


def _shown(caller: Caller, known: Mapping[str, object]) -> tuple[Group, ...]:
    """The ways that are open to the caller."""
    # At a screen that many people share one does what is one's own, and nothing about others stands there to be read.
    groups = GROUPS[:1] if web.at_a_kiosk() else GROUPS
    shown = (Group(one.name, tuple(way for way in one.ways if way.endpoint in known and way.open_to(caller))) for one in groups)
    return tuple(one for one in shown if one.ways)


def _at_hand(shown: tuple[Group, ...]) -> list[Way]:
    """The four ways of the bar on a phone: the first two of one's own, the first of what else one is here as, then more of the
    former. What everybody may read is behind the fifth."""
    mine, *others = [list(one.ways) for one in shown] or [[]]
    first = [ways[0] for ways in others if ways[0].open_to is not _everybody]
    return [*mine[:2], *first, *mine[2:]][:4]


def _here(shown: tuple[Group, ...], endpoint: str | None) -> str | None:
    """The way that the page at this endpoint belongs to: the nearest that names it."""
    if endpoint is None:
        return None
    ways = [way for group in shown for way in group.ways]
    exact = next((way for way in ways if way.endpoint == endpoint), None)
    begun = [(len(start), way) for way in ways for start in way.also if endpoint.startswith(start)]
    found = exact or (max(begun, key=lambda one: one[0])[1] if begun else None)
    return found.endpoint if found else None
