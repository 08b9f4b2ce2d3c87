"""Metrics for Prometheus: what was answered how fast, and what waits to be done.

Each process counts for itself. With `PROMETHEUS_MULTIPROC_DIR` (an empty directory at the start of the server) the
processes of a machine are added up, whichever of them is asked.
"""

import os
import time
from collections.abc import Iterator

import structlog
from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, exposition
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import Extension, csrf
from app.services.month_end import late
from app.services.operations import dead_letters
from app.web.access import public

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
STEPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
counted: Extension["Answers"] = Extension("answers_counted")
FOLDER = "PROMETHEUS_MULTIPROC_DIR"

bp = Blueprint("metrics", __name__)
csrf.exempt(bp)  # nothing is changed, and no cookie is looked at
log = structlog.get_logger()


class Backlogs(Collector):
    """Rows that wait for a job, dead letters and months that are late, counted at scrape time."""

    def collect(self) -> Iterator[Metric]:
        """Yield a gauge of each, and whether the database answered."""
        waiting = GaugeMetricFamily("purser_jobs_waiting", "Rows waiting for a job, by kind.", labels=["kind"])
        dead = GaugeMetricFamily("purser_jobs_dead", "Dead letters, by kind.", labels=["kind"])
        months = GaugeMetricFamily(
            "purser_months_late", "Customers whose month has been due for more than an hour and is not run."
        )
        answered = 1
        try:
            for each in dead_letters.backlogs():
                waiting.add_metric([each.kind], each.waiting)
                dead.add_metric([each.kind], each.dead)
            months.add_metric([], late.count())
        except SQLAlchemyError as problem:
            log.warning("backlogs_unknown", kind=type(problem).__name__)
            answered = 0
        yield from (
            waiting,
            dead,
            months,
            GaugeMetricFamily("purser_database_up", "Whether the database answers.", value=answered),
        )


class Answers:
    """What was answered how fast, by route and never by path: a path may carry a secret."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        labels = ("method", "route")
        self._answers = Counter("purser_answers", "Requests answered.", (*labels, "status"), registry=registry)
        self._seconds = Histogram(
            "purser_answer_seconds", "How long answers took.", labels, registry=registry, buckets=STEPS
        )

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        method = method if method in METHODS else "other"
        self._answers.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)


def init_app(app: Flask) -> None:
    """Count every answer of the app."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a moment per series, which nobody reads
    answers = Answers(CollectorRegistry())
    counted.set(app, answers)

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "(none)"
        answers.add(request.method, route, response.status_code, time.perf_counter() - g.began)
        return response


@bp.get("/metrics")
@public
def read() -> Response:
    """Answer with the metrics. They name no customer; keep them inside your network all the same."""
    shown = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(shown)  # type: ignore[no-untyped-call]  # the library types half of itself
    shown.register(Backlogs())
    text = exposition.generate_latest(shown)
    if not os.environ.get(FOLDER):
        text = exposition.generate_latest(counted().registry) + text
    return Response(text, content_type=exposition.CONTENT_TYPE_LATEST)
