"""The served site under load: `python -m bench service [PEOPLE]`, on SQLite and, where it can be had, on PostgreSQL.

gunicorn with two workers as `appraisal serve` starts it, durable commits on; clients share the machine's cores with it.
"""

import os
import statistics
import time
from pathlib import Path

import psutil

from appraisal import db
from bench.company import Built, build
from bench.load import Measured, drive, request
from tests.served import a_folder, database, served

PEOPLE = 5_000
LIST = 200


def main(people: int = PEOPLE) -> None:
    for kind in ("sqlite", "postgresql"):
        with a_folder() as folder, database(kind, folder) as url:
            began = time.perf_counter()
            target = db.make_engine(url)
            db.migrate(target)
            built = build(target, people)
            target.dispose()
            print(f"\n{kind}: {people:,} people, three closed cycles, made in {time.perf_counter() - began:.0f} s")
            print(f"{'an fsync of 4 kB in that folder':<46} p50 {_fsync(folder):6.1f} ms")
            with served(url, folder) as (port, process):
                _contests(port, built)
                print(f"{'memory of the web processes':<46} {_pss(process):6.0f} MB PSS")


def _contests(port: int, built: Built) -> None:
    def listed(_: int) -> bytes:
        return request("GET", f"/api/v1/results?cycle_id={built.closed_cycle}&limit={LIST}", built.hr)

    def team(_: int) -> bytes:
        return request("GET", f"/api/v1/appraisals?cycle_id={built.closed_cycle}&limit={LIST}", built.hr)

    def one(number: int) -> bytes:
        return request("GET", f"/api/v1/appraisals/{built.closed[number * 37 % len(built.closed)]}", built.hr)

    line(f"{LIST}-row result list, 1 client", drive(port, 1, 100, listed))
    line(f"{LIST}-row result list, 8 clients", drive(port, 8, 800, listed))
    line(f"{LIST}-row appraisal list, 1 client", drive(port, 1, 100, team))
    line(f"{LIST}-row appraisal list, 8 clients", drive(port, 8, 800, team))
    line("one appraisal with its explanation, 1 client", drive(port, 1, 200, one))
    line("one appraisal with its explanation, 8 clients", drive(port, 8, 800, one))
    everybody = list(built.open)
    half = len(everybody) // 2
    line("saving a self-assessment, 1 client", drive(port, 1, half, lambda n: _save(built, everybody[n])))
    line("saving a self-assessment, 8 clients", drive(port, 8, half, lambda n: _save(built, everybody[half + n])))


def _save(built: Built, appraisal: int) -> bytes:
    body = '{"comment":"本月完成了主要目标, 新客户拜访略少于计划。","ratings":[]}'
    path = f"/api/v1/appraisals/{appraisal}/self-assessment-draft"
    return request("PUT", path, built.people[appraisal], body, If_Match='"1"')


def line(name: str, measured: Measured) -> None:
    """Prints the times of one kind of request."""
    figures = f"p50 {measured.at(0.5):6.1f} ms   p95 {measured.at(0.95):6.1f} ms   {measured.per_second:6.0f}/s"
    print(f"{name:<46} {figures}" + (f"   {measured.failed} NOT ANSWERED AS HOPED" if measured.failed else ""))


def _pss(process: psutil.Process) -> float:
    everybody = [process, *process.children(recursive=True)]
    return sum(one.memory_full_info().pss for one in everybody) / 1_000_000


def _fsync(folder: Path) -> float:
    times = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
