"""Whether rules that can be read also make sense together: a list of checks, each telling every problem with its place."""

from collections.abc import Callable, Iterable
from typing import Final

from appraisal.core.checks.advisors import check_advisors
from appraisal.core.checks.curves import check_curves, check_defaults, check_shapes
from appraisal.core.checks.design import check_design, check_design_rules, check_serves
from appraisal.core.checks.distribution import check_distribution
from appraisal.core.checks.grades import check_bands, check_multipliers
from appraisal.core.checks.incidents import check_effects, check_events, check_triggers
from appraisal.core.checks.indicators import (
    check_decimals,
    check_formulas,
    check_goals,
    check_kpis,
    check_readings,
    check_targets,
)
from appraisal.core.checks.levels import check_level_sets
from appraisal.core.checks.monitoring import (
    check_duplicates,
    check_links,
    check_monitoring,
    check_phases,
    check_watched,
)
from appraisal.core.checks.parts import (
    check_annual,
    check_feedback,
    check_floors,
    check_improvement_plan,
    check_unit_links,
)
from appraisal.core.checks.posts import check_groups, check_posts, check_superiors, check_weights
from appraisal.core.checks.processes import check_processes
from appraisal.core.checks.remarks import assumed_values, restored_values, uncertain_values
from appraisal.core.checks.retention import check_retention
from appraisal.core.checks.rows import check_items, check_rows, check_seldom
from appraisal.core.checks.scope import check_audiences, check_coverage, check_cycles, check_dimensions, check_settings
from appraisal.core.checks.success_factors import check_factor_numbers, check_success_factors
from appraisal.core.checks.triggers import check_conditions, check_engine
from appraisal.core.checks.workflow import check_approvals, check_moves, check_reach, check_steps
from appraisal.core.policy.book import PolicyBook
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import Problem, in_order

Check = Callable[[Policy], Iterable[Problem]]

CHECKS: Final[tuple[Check, ...]] = (
    check_settings,
    check_dimensions,
    check_audiences,
    check_cycles,
    check_coverage,
    check_annual,
    check_feedback,
    check_unit_links,
    check_floors,
    check_improvement_plan,
    check_retention,
    check_kpis,
    check_readings,
    check_success_factors,
    check_factor_numbers,
    check_decimals,
    check_goals,
    check_level_sets,
    check_formulas,
    check_targets,
    check_curves,
    check_defaults,
    check_shapes,
    check_bands,
    check_multipliers,
    check_distribution,
    check_events,
    check_triggers,
    check_effects,
    check_conditions,
    check_engine,
    check_steps,
    check_moves,
    check_approvals,
    check_reach,
    check_posts,
    check_weights,
    check_groups,
    check_superiors,
    check_items,
    check_rows,
    check_seldom,
    check_design_rules,
    check_design,
    check_serves,
    check_watched,
    check_phases,
    check_links,
    check_monitoring,
    check_advisors,
    check_processes,
    assumed_values,
    restored_values,
    uncertain_values,
)
CHECKS_OF_MONITORING: Final[tuple[Check, ...]] = (
    check_settings,
    check_dimensions,
    check_retention,
    check_kpis,
    check_readings,
    check_success_factors,
    check_factor_numbers,
    check_decimals,
    check_goals,
    check_formulas,
    check_targets,
    check_watched,
    check_duplicates,
    check_phases,
    check_links,
    check_monitoring,
    check_advisors,
    check_processes,
    assumed_values,
    restored_values,
    uncertain_values,
)


def check_policy(policy: Policy) -> list[Problem]:
    """Every finding about the rules of one date, sorted by place."""
    checks = CHECKS_OF_MONITORING if policy.general.purpose == "monitoring" else CHECKS
    return in_order(problem for check in checks for problem in check(policy))


def check_book(book: PolicyBook) -> list[Problem]:
    """Every finding about every state of the policy through time, sorted by place, each said once."""
    return in_order(problem for day in book.dates for problem in check_policy(book.on(day)))
