"""Prints every figure in one run on the same cases: `python -m bench [ROWS]`."""

import multiprocessing
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bench import rivals
from bench.population import Population, draw

ROWS = 1_000_000
EVERY_ROW = 200_000
RIVAL_ROWS = 20_000
SINGLE = 5_000


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {rows:,} cases × 8 indicators\n")
    by_classes, evaluations, memory = apart(classes, rows)
    line("bulk by classes, arrays to arrays, no lines", rows, by_classes, f"{evaluations:,} engine evaluations, peak {memory:,.0f} MB")
    one_process, _, memory = apart(every_row, min(rows, EVERY_ROW))
    line("bulk, every row through the engine's C module, 1 process", min(rows, EVERY_ROW), one_process, f"peak {memory:,.0f} MB")
    two = two_processes(min(rows, EVERY_ROW))
    line("bulk, every row through the engine's C module, 2 processes", 2 * min(rows, EVERY_ROW), two)
    single = apart(one_at_a_time, SINGLE)[0]
    p50, p99 = single[len(single) // 2], single[len(single) * 99 // 100]
    print(f"one appraisal, core.appraise with its lines{'':<17} p50 {p50 * 1e3:.3f} ms   p99 {p99 * 1e3:.3f} ms")
    print("\nThe same decision elsewhere (score and grade only):")
    per_case = by_classes / rows
    for name in rivals.CONTESTANTS:
        seconds, agreed, _ = apart(rival, (name, min(rows, RIVAL_ROWS)))
        count = min(rows, RIVAL_ROWS)
        line(name, count, seconds, f"{seconds / count / per_case:,.0f} × our time by classes; {agreed:.2%} of grades equal")


def line(name: str, cases: int, seconds: float, rest: str = "") -> None:
    print(f"{name:<60} {cases / seconds:>12,.0f} cases/s {seconds:>8.3f} s   {rest}")


def apart(work: Callable[[Any], tuple[Any, Any]], argument: Any) -> tuple[Any, Any, float]:
    """Runs `work` in a fresh process: its answer and that process's peak memory in MB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_with_memory, (work, argument))


def _with_memory(work: Callable[[Any], tuple[Any, Any]], argument: Any) -> tuple[Any, Any, float]:
    first, second = work(argument)
    return first, second, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def classes(rows: int) -> tuple[float, int]:
    from appraisal.core.bulk import appraise_table

    warm = draw(1000)
    appraise_table(warm.policy, warm.table)
    population = draw(rows)
    started = time.perf_counter()
    outcome = appraise_table(population.policy, population.table)
    return time.perf_counter() - started, outcome.evaluations


def every_row(rows: int) -> tuple[float, int]:
    from appraisal.core.bulk import appraise_table

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
    from appraisal.core.appraise import appraise

    population: Population = draw(rows)
    cases = [population.table.case(row) for row in range(rows)]
    appraise(population.policy, cases[0])
    taken = []
    for case in cases:
        started = time.perf_counter()
        appraise(population.policy, case)
        taken.append(time.perf_counter() - started)
    return sorted(taken), rows


def rival(argument: tuple[str, int]) -> tuple[float, float]:
    """Seconds for the rows, and the share of grades equal to ours."""
    from appraisal.core.bulk import appraise_table

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
    return seconds, float(Decimal(equal) / Decimal(rows))


if __name__ == "__main__":
    main()
