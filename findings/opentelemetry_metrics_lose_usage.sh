#!/bin/sh
# opentelemetry-sdk 1.45.2 (Python): a delta counter whose export failed is lost, and from the 2,001st customer on nobody knows whose it is.
#
# Surprising, three times. With delta temporality each difference is handed to the exporter once: where the export fails, the next one
# has only what was counted since. `force_flush()` of the provider answers True all the same, and an exporter that keeps what it could
# not send is not even called at the next interval when nothing new was counted. And a reader keeps 2,000 sets of attributes an
# instrument: all further ones are added up in one point whose only attribute is `otel.metric.overflow`, without a word in the log.
# Whom it hurts: whoever bills by a counter with the customer as an attribute. An outage of the receiver longer than the exporter's
# own retries is usage that nobody pays, and so are the customers after the first 2,000 of an interval.
# What to do instead (shown): keep what was exported with an id of its own until it is answered, send it from the reader's `collect`,
# which is called at each interval, and give the reader `cardinality_limits`. Purser's client does: `purser_client/otel.py`.
#
# Run `sh findings/opentelemetry_metrics_lose_usage.sh`: 0 if it is still so, 1 if it changed.
set -eu
folder=$(mktemp -d)
trap 'cd / && rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "opentelemetry-sdk==1.45.2"
venv/bin/python - <<'PYTHON'
import math, sys
from importlib.metadata import version

from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality, MetricExporter, MetricExportResult, PeriodicExportingMetricReader,
)


class Failing(MetricExporter):
    """An exporter whose receiver is away."""

    def __init__(self):
        super().__init__(preferred_temporality={Counter: AggregationTemporality.DELTA})
        self.calls = []

    def export(self, metrics_data, timeout_millis=10_000, **_more):
        points = [p for r in metrics_data.resource_metrics for s in r.scope_metrics for m in s.metrics for p in m.data.data_points]
        self.calls.append([(dict(each.attributes), each.value) for each in points])
        return MetricExportResult.FAILURE

    def force_flush(self, timeout_millis=10_000):
        return False

    def shutdown(self, timeout_millis=30_000, **_more):
        pass


def counting(**more):
    exporter = Failing()
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=math.inf, **more)
    provider = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    return exporter, provider, provider.get_meter("usage").create_counter("requests")


print(f"opentelemetry-sdk {version('opentelemetry-sdk')}")
exporter, provider, counter = counting()
counter.add(7, {"customer": "acme"})
flushed = provider.force_flush()
provider.force_flush()
idle = len(exporter.calls)
counter.add(1, {"customer": "acme"})
provider.force_flush()
print(f"  7 counted, the export failed, force_flush() said: {flushed}")
print(f"  exports after another interval with nothing new: {idle}")
print(f"  1 counted more, exported then: {exporter.calls[-1]}")


def many(**limits):
    exporter, provider, counter = counting(**limits)
    for number in range(2_100):
        counter.add(1, {"customer": f"org-{number}"})
    provider.force_flush()
    return [each for each in exporter.calls[0] if "customer" not in each[0]]


without, limited = many(), many(cardinality_limits={Counter: 1_000_000})
print(f"  2,100 customers counted once each, points of nobody: {without}")
print(f"  the same with cardinality_limits: {limited}")
is_so = (flushed, idle, exporter.calls[-1]) == (True, 1, [({"customer": "acme"}, 1)])
sys.exit(not (is_so and without == [({"otel.metric.overflow": True}, 100)] and limited == []))
PYTHON
