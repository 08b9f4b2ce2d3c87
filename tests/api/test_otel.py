"""Usage from OpenTelemetry's own SDK: counters become usage events that count once, whatever is lost on the way."""

import re
from types import ModuleType
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider

from app.models.customers import Customer
from tests.api.test_client import key, library
from tests.support.losing_proxy import losing
from tests.support.ports import free_port
from tests.support.server import ROOT, Server

__all__ = ["key", "library"]
NEVER = 3_600.0
"""Longer than any test: it reads when it is asked to."""


@pytest.fixture
def otel(library: ModuleType) -> Any:
    import purser_client.otel as found

    return found


def reading(otel: Any, purser: Any, **more: Any) -> tuple[Any, MeterProvider]:
    reader = otel.UsageReader(purser, {"gateway.requests": "requests"}, every=NEVER, **more)
    return reader, MeterProvider(metric_readers=[reader], shutdown_on_exit=False)


def used(purser: Any, customer: str) -> int:
    meters = purser.usage.read(customer)["meters"]
    return int(next(each["used"] for each in meters if each["meter"] == "requests"))


def test_counters_are_counted_once_though_answers_are_lost(
    library: ModuleType, otel: Any, key: str, live_server: Server, acme: Customer, globex: Customer
) -> None:
    with losing(live_server.url, answers=2) as proxy:
        purser = library.Purser(proxy.url, key, retries=0)
        reader, provider = reading(otel, purser)
        counter = provider.get_meter("gateway").create_counter("gateway.requests")
        provider.get_meter("gateway").create_counter("other").add(5, {"customer": "acme"})
        counter.add(3, {"customer": "acme", "model": "large"})
        counter.add(4, {"customer": "acme", "model": "large"})
        counter.add(5, {"customer": "globex"})
        counter.add(6)  # nobody's
        provider.force_flush()
        assert reader.waiting == 2, "done, and no answer came: both tries of this reading are lost"
        provider.force_flush()  # nothing new was counted, and it is sent again all the same
        assert reader.waiting == 0
        counter.add(1, {"customer": "acme", "model": "large"})
        provider.shutdown()
        assert [used(purser, name) for name in ("acme", "globex")] == [8, 5]
        assert [path for path, _key in proxy.sent] == ["/v1/usage_events"] * 4


def test_what_purser_never_takes_does_not_hold_up_the_rest(
    library: ModuleType, otel: Any, key: str, live_server: Server, acme: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    purser = library.Purser(live_server.url, key)
    reader, provider = reading(otel, purser)
    counter = provider.get_meter("gateway").create_counter("gateway.requests")
    for customer, many, part in (
        ("nobody", 1, ""),
        ("acme", 2, float("nan")),
        ("acme", 3, ("a", "b")),
        ("acme", 0.5, ""),
    ):
        counter.add(many, {"customer": customer, "part": part})
    provider.shutdown()
    assert (reader.waiting, used(purser, "acme")) == (0, 5)
    assert [each.levelname for each in caplog.records if each.name == "purser_client.otel"] == ["ERROR", "ERROR"]


def test_with_purser_away_it_waits_and_more_customers_than_the_sdks_limit_stay_apart(
    library: ModuleType, otel: Any
) -> None:
    purser = library.Purser(f"http://127.0.0.1:{free_port()}", "sk_none", timeout=1, retries=0)
    reader, provider = reading(otel, purser)
    counter = provider.get_meter("gateway").create_counter("gateway.requests")
    for number in range(2_100):
        counter.add(1, {"customer": f"org-{number}"})
    provider.force_flush()
    provider.force_flush()
    assert reader.waiting == 2_100
    provider.shutdown()


def test_the_documented_lines_are_counted_by_the_running_portal(
    library: ModuleType, otel: Any, key: str, live_server: Server, acme: Customer
) -> None:
    (code,) = re.findall(r"```python\n([^`]*UsageReader[^`]*)```", (ROOT / "docs" / "api.md").read_text())
    for written, here in (("https://billing.example.com", live_server.url), ("sk_…", key), ("org-17", "acme")):
        assert written in code
        code = code.replace(written, here)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  # our own documentation
    names["provider"].shutdown()
    assert used(library.Purser(live_server.url, key), "acme") == 12
