"""Prints every figure in one run on the same cases: `python -m bench [ROWS]`."""

import os
import platform
import sys

from bench import rivals
from bench.contests import apart, classes, every_row, one_at_a_time, rival, two_processes

ROWS = 1_000_000
EVERY_ROW = 200_000
RIVAL_ROWS = 20_000
SINGLE = 5_000


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {rows:,} cases × 8 indicators\n")
    by_classes, evaluations, memory = apart(classes, rows)
    line(
        "bulk by classes, arrays to arrays, no lines",
        rows,
        by_classes,
        f"{evaluations:,} engine evaluations, peak {memory:,.0f} MB",
    )
    one_process, _, memory = apart(every_row, min(rows, EVERY_ROW))
    line(
        "bulk, every row through the engine's C module, 1 process", min(rows, EVERY_ROW), one_process, f"peak {memory:,.0f} MB"
    )
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


if __name__ == "__main__":
    main()
