"""Prints every figure in one run on the same cases: `python -m bench [ROWS]`, then the served site under load.

`python -m bench service [PEOPLE]` is the second part alone, `python -m bench rules` the reading of rule files, `python -m
bench monitoring` the judging of KPI readings, `python -m bench dashboard` the page that shows it, `python -m bench documents`
the rendering of a cycle's result notices, `python -m bench pages [PEOPLE]` pages in a real browser.
"""

import os
import platform
import sys

from appraisal.config import PROJECT_ROOT
from bench import dashboard, documents, monitoring, pages, rivals, service
from bench.contests import apart, classes, every_row, one_at_a_time, rival, rule_files, two_processes

ROWS = 1_000_000
EVERY_ROW = 200_000
RIVAL_ROWS = 20_000
SINGLE = 5_000


def main() -> None:
    asked = sys.argv[1:]
    if asked[:1] == ["service"]:
        service.main(*map(int, asked[1:]))
        return
    if asked[:1] == ["monitoring"]:
        watching()
        return
    if asked[:1] == ["documents"]:
        documents.main(*map(int, asked[1:]))
        return
    if asked[:1] == ["pages"]:
        pages.main(*map(int, asked[1:]))
        return
    if asked[:1] == ["dashboard"]:
        dashboard.main()
        return
    reading()
    if asked[:1] == ["rules"]:
        return
    watching()
    engine(int(asked[0]) if asked else ROWS)
    service.main()
    dashboard.main()
    documents.main()
    pages.main()


def reading() -> None:
    """A rule file is read when somebody checks or publishes it: a person waits for that (target 1.5 s)."""
    seconds, files, memory = apart(rule_files, PROJECT_ROOT)
    print(f"all policies read, loaded and checked: {files} rule files in {seconds:.2f} s, peak {memory:.0f} MB\n")


def watching() -> None:
    """Every reading of a large plant judged again (target 2 s), and its last month alone."""
    size = (monitoring.INDICATORS, monitoring.MONTHS)
    print(f"KPI monitoring, {size[0]} indicators × {size[1]} months, correlations of all pairs of a class at 4 lags:")
    for name, work in (("by classes", monitoring.history), ("every reading through the engine", monitoring.every_row)):
        seconds, evaluations, memory = apart(work, size)
        print(f"  {name:<34} {seconds:.2f} s, peak {memory:.0f} MB, {evaluations:,} records through the engine")
    seconds, judged, memory = apart(monitoring.one_period, size)
    print(f"  {'the last month alone, explained':<34} {seconds:.2f} s, peak {memory:.0f} MB, {judged} indicators\n")


def engine(rows: int) -> None:
    few, fewer = min(rows, EVERY_ROW), min(rows, RIVAL_ROWS)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, the same cases of 8 indicators for all\n")
    single, _, memory = apart(one_at_a_time, SINGLE)
    p50, p99 = (single[len(single) * part // 100] * 1000 for part in (50, 99))
    line("core.appraise, one at a time, with its lines", SINGLE, sum(single), memory, f"p50 {p50:.3f} ms, p99 {p99:.3f} ms")
    seconds, evaluations, memory = apart(classes, rows)
    line("bulk by classes, arrays to arrays, no lines", rows, seconds, memory, f"{evaluations:,} records through the engine")
    per_case = seconds / rows
    seconds, evaluations, memory = apart(every_row, few)
    line("bulk, every row (engine's C module), 1 process", few, seconds, memory, f"{evaluations:,} records through the engine")
    line("bulk, every row (engine's C module), 2 processes", 2 * few, two_processes(few))
    print("\nThe same decision elsewhere (score and grade only; no outcomes, no explanation):")
    for name in rivals.CONTESTANTS:
        seconds, agreed, memory = apart(rival, (name, fewer))
        ratio = seconds / fewer / per_case
        line(name, fewer, seconds, memory, f"{ratio:,.0f} × the time by classes; {agreed:.2%} of grades equal")


def line(name: str, cases: int, seconds: float, memory: float | None = None, rest: str = "") -> None:
    peak = "" if memory is None else f"peak {memory:>5,.0f} MB"
    print(f"{name:<50} {cases:>9,} cases {seconds:>8.3f} s {cases / seconds:>12,.0f}/s   {peak:<14} {rest}")


if __name__ == "__main__":
    main()
