"""Usage from OpenTelemetry: what counters count is reported once, however often it has to be sent.

Needs `opentelemetry-sdk`; nothing else of this package does.
"""

import logging
import threading
import uuid
from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk.metrics import Counter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)

from purser_client.client import NotCounted, Purser, Refused, Rejected, Unavailable

MOST = 200
"""So many events are one report: with 4,000 characters of properties each it is still short enough."""
log = logging.getLogger(__name__)


class UsageReader(PeriodicExportingMetricReader):
    """Reports counters as usage: what was counted since the last reading is one event for each set of attributes.

    `meters` says which meter a counter is for, by the counter's name; other instruments are left alone. The attribute
    `customer` is the customer, the others are properties. An event keeps its id until Purser has answered, so that it
    counts once; one that Purser rejects is logged. Make it after a process has forked, and shut its provider down.
    """

    def __init__(
        self, purser: Purser, meters: Mapping[str, str], *, every: float = 60.0, most_series: int = 1_000_000
    ) -> None:
        """Report every so many seconds. Beyond `most_series` sets of attributes the SDK forgets whose usage it is."""
        self._usage = _Waiting(purser, meters)
        super().__init__(self._usage, export_interval_millis=every * 1000, cardinality_limits={Counter: most_series})

    def collect(self, timeout_millis: float = 10_000) -> None:
        """Read the counters and send what waits, also where nothing was counted: then the SDK asks no exporter."""
        super().collect(timeout_millis)
        try:
            self._usage.send()
        except Exception:  # the thread that reads would end, and nothing be sent any more
            log.exception("%d usage events wait", self.waiting)

    @property
    def waiting(self) -> int:
        """How many events have no answer yet."""
        return len(self._usage.events)


class _Waiting(MetricExporter):
    """Keeps what was counted until it is answered: the SDK gives each difference once, and never again."""

    def __init__(self, purser: Purser, meters: Mapping[str, str]) -> None:
        super().__init__(preferred_temporality={Counter: AggregationTemporality.DELTA})
        self.events: list[dict[str, Any]] = []
        self._purser, self._meters, self._lock = purser, dict(meters), threading.Lock()

    def export(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,  # noqa: ARG002  # its name there
        **_more: Any,
    ) -> MetricExportResult:
        scopes = [scope for resource in metrics_data.resource_metrics for scope in resource.scope_metrics]
        for metric in [metric for scope in scopes for metric in scope.metrics if metric.name in self._meters]:
            for point in metric.data.data_points:
                self._keep(self._meters[metric.name], dict(point.attributes or {}), getattr(point, "value", None))
        return MetricExportResult.SUCCESS

    def _keep(self, meter: str, attributes: dict[str, Any], value: Any) -> None:
        customer = attributes.pop("customer", None)
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if not isinstance(customer, str) or not is_whole:
            log.error("usage of %s is not reported: customer %r, quantity %r", meter, customer, value)
        elif value:
            event = {"id": uuid.uuid4().hex, "customer": customer, "meter": meter, "quantity": int(value)}
            plain = {name: each if isinstance(each, str | int) else str(each) for name, each in attributes.items()}
            self.events.append(event | ({"properties": plain} if plain else {}))

    def send(self) -> bool:
        """Send what waits, and say whether all of it was answered. What was not is sent again, with the same ids."""
        with self._lock:
            while sent := self.events[:MOST]:
                try:
                    rejected: tuple[Rejected, ...] = self._purser.report(sent).rejected
                except NotCounted as problem:
                    rejected = problem.rejected
                except (Unavailable, Refused) as problem:
                    log.warning("%d usage events wait: %s", len(self.events), problem)
                    return False
                for each in rejected:
                    log.error("usage event %s was not counted: %s", each.id, each.detail)
                del self.events[: len(sent)]
        return True

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002  # its name there
        return self.send()

    def shutdown(self, timeout_millis: float = 30_000, **_more: Any) -> None:  # noqa: ARG002  # its name there
        if not self.send():
            log.error("%d usage events were not sent", len(self.events))
