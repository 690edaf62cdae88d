"""What is measured, each in a process of its own so that peak memory is that contestant's alone."""

import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appraisal.core.appraise import appraise
from appraisal.core.bulk import appraise_table
from appraisal.core.checks import check_book
from appraisal.core.engine.ruleset import grades_upwards
from appraisal.core.policy.loader import load_book, policy_names, read_files
from bench import rivals
from bench.population import draw


def apart(work: Callable[[Any], tuple[Any, Any]], argument: Any) -> tuple[Any, Any, float]:
    """Runs `work` in a fresh process: its answer and that process's peak memory in MB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_with_memory, (work, argument))


def _with_memory(work: Callable[[Any], tuple[Any, Any]], argument: Any) -> tuple[Any, Any, float]:
    first, second = work(argument)
    return first, second, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rule_files(root: Path) -> tuple[float, int]:
    """Reading, loading and checking every policy under a root: seconds, and how many rule files there are."""
    started = time.perf_counter()
    files = read_files(root)
    for name in policy_names(files):
        book, problems = load_book(files, name)
        if book is None or any(problem.severity == "error" for problem in [*problems, *check_book(book)]):
            raise SystemExit(f"{name} has errors: appraisal policy check {name}")
    return time.perf_counter() - started, len(files)


def classes(rows: int) -> tuple[float, int]:
    warm = draw(1000)
    appraise_table(warm.policy, warm.table)
    population = draw(rows)
    started = time.perf_counter()
    outcome = appraise_table(population.policy, population.table)
    return time.perf_counter() - started, outcome.evaluations


def every_row(rows: int) -> tuple[float, int]:
    warm = draw(1000)
    appraise_table(warm.policy, warm.table, every_row=True)
    population = draw(rows)
    started = time.perf_counter()
    outcome = appraise_table(population.policy, population.table, every_row=True)
    return time.perf_counter() - started, outcome.evaluations


def two_processes(rows: int) -> float:
    """The slower of two processes that start together, each with `rows` cases."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return max(seconds for seconds, _ in pool.map(every_row, [rows, rows], chunksize=1))


def one_at_a_time(rows: int) -> tuple[list[float], int]:
    population = draw(rows)
    grades = grades_upwards(population.policy)
    cases = [population.table.case(row, grades) for row in range(rows)]
    appraise(population.policy, cases[0])
    taken = []
    for case in cases:
        started = time.perf_counter()
        appraise(population.policy, case)
        taken.append(time.perf_counter() - started)
    return sorted(taken), rows


def rival(argument: tuple[str, int]) -> tuple[float, float]:
    """Seconds for the rows, and the share of grades equal to ours."""
    name, rows = argument
    population = draw(rows)
    decide = rivals.CONTESTANTS[name](population)
    plain_rows = rivals.rows_of(population, rows)
    decide(plain_rows[:100])
    started = time.perf_counter()
    answers = decide(plain_rows)
    seconds = time.perf_counter() - started
    ours = appraise_table(population.policy, population.table)
    equal = sum(grade == ours.grade(row) for row, (_, grade) in enumerate(answers))
    return seconds, equal / rows
