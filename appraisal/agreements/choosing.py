"""The chooser of a sheet: what may be chosen, whether a choice can stand, and what comes nearest. Nothing is stored here."""

from collections.abc import Sequence

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.agreements.context import READERS, Context, find_sheet
from appraisal.core.policy.model import Policy, Post
from appraisal.core.selection import Chosen, Feasibility, Selection, feasible, judge, nearest
from appraisal.cycles import queries as cycles
from appraisal.errors import NotFound


def choices(session: Session, actor: Actor, sheet_id: int) -> tuple[Context, Policy, Post, Feasibility]:
    """What can be chosen from a sheet: for whoever may read the agreement of it. Raises NotFound for the others.

    A sheet whose weights are printed by dimension has no groups, and its rows are chosen from the library.
    """
    context = find_sheet(session, actor, sheet_id)
    if context.relations.isdisjoint(READERS):
        raise NotFound(hidden=True)
    policy = cycles.policy_of(session, context.cycle)
    post = policy.posts[context.sheet.policy_post].post
    return context, policy, post, feasible(post, policy.general.design_rules)


def select(
    session: Session, actor: Actor, sheet_id: int, chosen: Sequence[Chosen]
) -> tuple[Policy, Selection, tuple[Selection, ...]]:
    """A choice as it would stand, and where it would not, the nearest ones that do. Rows without a weight get their even
    part, which is a preview: nobody has agreed on it."""
    _, policy, post, _ = choices(session, actor, sheet_id)
    selection = judge(post, policy.general.design_rules, chosen)
    better = () if selection.is_feasible else nearest(post, policy.general.design_rules, chosen)
    return policy, selection, better
