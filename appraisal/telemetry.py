"""Whether the service is well: a line of log per request, counters for Prometheus, and /health.

A line names the route, never the address with its values, and no text anybody wrote. Of what went wrong it tells the kind, the
first line of the message and where in the code: databases put the values of the row on the lines after it. Counters of all
worker processes are added up through the folder in PROMETHEUS_MULTIPROC_DIR, which `appraisal serve` sets.
"""

import hmac
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from flask import Flask, Response, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from appraisal import db, deliveries
from appraisal.errors import Busy

REQUESTS = Counter("appraisal_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("appraisal_request_seconds", "Time to answer a request", ["method", "route"])

LONGEST_MESSAGE = 200

log = structlog.get_logger("appraisal.requests")


def configure_logs() -> None:
    """JSON lines on standard error, the standard library's records among them."""
    shared = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(_without_values),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger("appraisal")
    root.handlers, root.propagate = [handler], False
    root.setLevel(logging.INFO)


def _without_values(raised: Any) -> str:
    """An exception with what it came from: kinds, first lines of messages, and places in the code."""
    told: list[str] = []
    error: BaseException | None = raised[1]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        first_line, *_ = str(error).splitlines() or [""]
        told.append(f"{type(error).__name__}: {first_line[:LONGEST_MESSAGE]}")
        told += (f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(told)


def install(app: Flask, metrics_token: str | None, *, of_all_workers: bool) -> None:
    """/health, /metrics for whoever brings the token (none set: nobody), and a line per request."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.add_url_rule("/health", "health", _outside_door(health))
    app.add_url_rule("/metrics", "metrics", _outside_door(lambda: metrics(metrics_token, of_all_workers=of_all_workers)))


def health() -> tuple[dict[str, str], int]:
    """200 while the database answers."""
    try:
        with db.transaction(current_app.target, write=False) as session:  # type: ignore[attr-defined]
            session.execute(text("SELECT 1"))
    except (Busy, DBAPIError) as error:
        log.error("no database", error=type(error).__name__)
        return {"status": "no database"}, 503
    return {"status": "ok"}, 200


def metrics(token: str | None, *, of_all_workers: bool) -> Response:
    """The counters, for Prometheus with its token; for everybody else there is nothing here."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token is None or not hmac.compare_digest(given.encode(), token.encode()):
        abort(404)
    registry = REGISTRY
    if of_all_workers:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    now = CollectorRegistry()
    now.register(_Deliveries())
    return Response(generate_latest(registry) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)


class _Deliveries(Collector):
    """What stands in the table of deliveries when it is asked for; left out while the database does not answer."""

    def collect(self) -> Iterator[Metric]:
        """How many deliveries there are by way and state, and how often in a row each way has failed."""
        try:
            with db.transaction(current_app.target, write=False) as session:  # type: ignore[attr-defined]
                counts = deliveries.counts(session)
                faults = dict(session.execute(select(deliveries.Way.name, deliveries.Way.faults)).all())
        except (Busy, DBAPIError):
            return
        by_state = GaugeMetricFamily("appraisal_deliveries", "Deliveries by way and state", labels=["way", "state"])
        for (way, state), number in counts.items():
            by_state.add_metric([way, state], number)
        failing = GaugeMetricFamily("appraisal_delivery_faults", "Faults in a row of a way", labels=["way"])
        for way, number in faults.items():
            failing.add_metric([way], number)
        yield by_state
        yield failing


def _outside_door(view: Callable[[], ResponseReturnValue]) -> Callable[[], ResponseReturnValue]:
    view.outside_door = True  # type: ignore[attr-defined]
    return view


def _begin() -> None:
    g.began = time.perf_counter()


def _finish(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule is not None else "none"
    took = time.perf_counter() - g.get("began", time.perf_counter())
    REQUESTS.labels(request.method, route, response.status_code).inc()
    SECONDS.labels(request.method, route).observe(took)
    actor = g.get("actor")
    log.info(
        "request",
        method=request.method,
        route=route,
        status=response.status_code,
        ms=round(took * 1000, 1),
        account=actor.account_id if actor else None,
        request_id=actor.request_id if actor else None,
    )
    return response
