"""Endpoints of processes: which there are, and each step by step with its goals and indicators."""

from typing import Any

from appraisal import rest
from appraisal.monitoring import processes
from appraisal.monitoring.process_schemas import ProcessesFilter, ProcessFilter, ProcessListOut, ProcessOut
from appraisal.monitoring.process_shaping import map_out, process_row_out

endpoints = rest.Endpoints(
    "kpi_processes", "流程 · Processes: steps, the goals they serve, and the indicators read at each step"
)


@endpoints.get("/kpi/processes", ProcessesFilter, out=ProcessListOut)
def list_processes(query: dict[str, Any]) -> dict[str, Any]:
    """The processes of the policies in force."""
    items = [process_row_out(*one) for one in processes.processes(rest.session(), **query)]
    return {"items": items, "total": len(items)}


@endpoints.get("/kpi/processes/<policy>/<process>", ProcessFilter, out=ProcessOut)
def show_process(query: dict[str, Any], policy: str, process: str) -> dict[str, Any]:
    """A process, its goals from the organisation's down, its steps in order and what is read at each

    By the rules of the period, so an old period shows its old targets. Readings and levels only to whom may see them.
    """
    return map_out(processes.process_map(rest.session(), rest.actor(), policy, process, **query))
