"""A workflow that everybody can walk to its end: known steps, possible moves, deadlines that mean something."""

from collections.abc import Iterable, Iterator

from appraisal.core.checks.common import repeated, unknown
from appraisal.core.policy.model import Policy, WorkflowEdition
from appraisal.core.policy.tree import Problem, error
from appraisal.core.workflow import CLOSING, REOPENING


def check_steps(policy: Policy) -> Iterator[Problem]:
    """Steps with somebody to act and sensible deadlines; at least one final step."""
    workflow = policy.workflow
    where = workflow.where.at("steps")
    yield from repeated(("步骤", "step"), ((step.id, step.where.at("id")) for step in workflow.steps))
    if not any(step.final for step in workflow.steps):
        yield error(where, "没有最终步骤: 请给最后一步写 final: true", "no final step: give the last one final: true")
    for step in workflow.steps:
        if not step.actors:
            zh = f"步骤 {step.id} 没有办理人"
            en = f"nobody acts at the step {step.id}: name its actors"
            yield error(step.where.at("actors"), zh, en)
        if step.days is not None and step.days < 1:
            yield error(step.where.at("days"), "期限至少 1 个工作日, 无期限则删去 days", "at least 1 working day, or drop days")
        if step.days is None and step.on_deadline != "wait":
            zh = f"步骤 {step.id} 写了 on_deadline 而没有期限: 请补 days"
            yield error(step.where.at("on_deadline"), zh, f"the step {step.id} has on_deadline but no deadline: add days")
        if step.on_deadline == "close" and not any(move.from_ == step.id and move.action == CLOSING for move in workflow.moves):
            zh = f"步骤 {step.id} 到期关闭, 却没有 {CLOSING} 的流转: 请补上, 写明关闭后到哪一步"
            en = f"the step {step.id} closes at its deadline: add the move {CLOSING} that says which step follows"
            yield error(step.where.at("on_deadline"), zh, en)
    for name in ("window_days", "accept_days", "decide_days"):
        if getattr(workflow.appeal, name) < 1:
            yield error(workflow.appeal.where.at(name), f"{name} 至少为 1 个工作日", f"{name} must be at least 1 working day")


def check_moves(policy: Policy) -> Iterator[Problem]:
    """Moves between known steps, by somebody, and never two answers to one action."""
    workflow = policy.workflow
    steps = {step.id: step for step in workflow.steps}
    taken: dict[tuple[str, str, str], str] = {}
    for move in workflow.moves:
        for key, name in (("from", move.from_), ("to", move.to)):
            if name not in steps:
                yield unknown(("步骤", "step"), name, steps, move.where.at(key))
        if not move.by:
            zh = f"动作 {move.action} 没有办理人"
            en = f"nobody may take the action {move.action}: fill in by"
            yield error(move.where.at("by"), zh, en)
        if move.from_ in steps and steps[move.from_].final and move.action != REOPENING:
            zh = f"步骤 {move.from_} 是最终步骤, 除 {REOPENING} 外不能再有流转: 删去此行或 final"
            en = f"the step {move.from_} is final and has no way out but {REOPENING}: drop this move or final"
            yield error(move.where, zh, en)
        if move.action == CLOSING and move.from_ in steps and steps[move.from_].on_deadline != "close":
            zh = f"步骤 {move.from_} 到期不关闭, 不能有 {CLOSING}: 请写 on_deadline: close 或删去此行"
            en = f"the step {move.from_} does not close at its deadline: write on_deadline: close, or drop this {CLOSING}"
            yield error(move.where.at("action"), zh, en)
        for role in move.by:
            to = taken.setdefault((move.from_, move.action, role), move.to)
            if to != move.to:
                zh = f"{role} 在 {move.from_} 的 {move.action} 有两个去向: {to}, {move.to}; 请只留一个"
                en = f"{move.action} by {role} leads from {move.from_} to both {to} and {move.to}; keep one"
                yield error(move.where.at("to"), zh, en)


def check_approvals(policy: Policy) -> Iterator[Problem]:
    """Links told apart, each by somebody who may approve."""
    workflow = policy.workflow
    yield from repeated(("审批环节", "approval"), ((link.id, link.where.at("id")) for link in workflow.approvals))
    approving = {role for move in workflow.moves if move.action == "approve" for role in move.by}
    for link in workflow.approvals:
        if link.by not in approving:
            zh = f"审批环节 {link.id} 由 {link.by} 办理, 但 approve 的 by 没有 {link.by}: 请补上"
            en = f"the approval {link.id} is given by {link.by}, whom no move approve names: add {link.by} to its by"
            yield error(link.where.at("by"), zh, en)


def check_reach(policy: Policy) -> Iterator[Problem]:
    """Every step can be reached from the first, and from every step a final one can be reached."""
    workflow = policy.workflow
    if not workflow.steps:
        return
    forward = _reachable(workflow, [workflow.steps[0].id], backwards=False)
    final = [step.id for step in workflow.steps if step.final]
    ending = _reachable(workflow, final, backwards=True)
    for step in workflow.steps:
        if step.id not in forward:
            zh = f"步骤 {step.id} 无法从第一步 {workflow.steps[0].id} 到达: 请补一条流转或删去"
            en = f"the step {step.id} cannot be reached from {workflow.steps[0].id}: add a move or drop it"
            yield error(step.where, zh, en)
        elif final and step.id not in ending:
            zh = f"从步骤 {step.id} 无法走到最终步骤: 请补一条流转"
            yield error(step.where, zh, f"no final step can be reached from {step.id}: add a move")


def _reachable(workflow: WorkflowEdition, starts: Iterable[str], backwards: bool) -> set[str]:
    found, waiting = set(starts), list(starts)
    while waiting:
        here = waiting.pop()
        for move in workflow.moves:
            one, other = (move.to, move.from_) if backwards else (move.from_, move.to)
            if one == here and other not in found:
                found.add(other)
                waiting.append(other)
    return found
