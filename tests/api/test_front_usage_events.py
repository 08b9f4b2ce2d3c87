"""Single usage events by the front and by Flask: the same answer, log line and counts, whatever is sent."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import clock
from tests.api.test_front import JSON, NOW, Call, Side, agree, plain, sides
from tests.support import tiers

PATH = "/v1/usage_events"
EVENT = {"id": "event-1", "customer": "{customer}", "meter": "requests", "quantity": 3}
TIME = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"


def sent(body: object, **headers: str) -> Call:
    """Return a report with usual headers."""
    return plain(body, PATH, **headers)


GOOD = [
    sent(EVENT),
    sent(EVENT),
    sent({**EVENT, "id": "event-2", "subject": "ann", "time": TIME, "properties": {"path": "/a", "of": [1, {"b": None}]}}),
    sent({**EVENT, "id": "event-3", "quantity": 0}, X_REQUEST_ID="host-request.17"),
    sent({**EVENT, "id": "event-4", "time": "2026-11-20T23:00:00.5+01:00"}),
    sent({**EVENT, "id": "event-5"}, IDEMPOTENCY_KEY="one"),
    sent({**EVENT, "id": "event-5"}, IDEMPOTENCY_KEY="two"),
]  # fmt: skip
ODD = [
    sent({**EVENT, "quantity": 4}),
    sent({**EVENT, "id": "event-5"}, IDEMPOTENCY_KEY="one"),
    sent({**EVENT, "id": "event-5"}, IDEMPOTENCY_KEY="two"),
    sent({**EVENT, "id": "event-5", "quantity": 4}, IDEMPOTENCY_KEY="one"),
    sent({**EVENT, "id": "event-5", "quantity": 4}, IDEMPOTENCY_KEY="three"),
    sent(EVENT | {"customer": "nobody"}, IDEMPOTENCY_KEY="three"),
    sent({**EVENT, "id": "event-5b", "properties": {"b": 1.50, "a": [1e2, -0.0]}}, IDEMPOTENCY_KEY="three"),
    sent({**EVENT, "id": "event-5b", "properties": {"a": [100.0, -0.0], "b": 1.5}}, IDEMPOTENCY_KEY="three"),
    sent({**EVENT, "id": "event-6", "properties": {"of": 1.5, "at": "ü\u2028"}}),
    sent(EVENT | {"id": "event-6", "properties": {"of": -0.0}}),
    sent(EVENT | {"id": "hold_1"}),
    sent(EVENT | {"id": "a\x7fb"}),
    sent(EVENT | {"id": ""}),
    sent(EVENT | {"id": "x" * 201}),
    sent(EVENT | {"customer": "nobody"}),
    sent(EVENT | {"customer": "no\x7fbody"}),
    sent(EVENT | {"meter": "nothing"}),
    sent(EVENT | {"quantity": 10**12 + 1}),
    sent(EVENT | {"quantity": "3"}),
    sent(EVENT | {"quantity": True}),
    sent(EVENT | {"id": "event-7", "quantity": 10**12}),
    sent(EVENT | {"time": "2026-10-01T00:00:00Z"}),
    sent(EVENT | {"time": "2026-11-21T10:30:01Z"}),
    sent(EVENT | {"time": "2026-11-21"}),
    sent(EVENT | {"id": "event-8", "properties": {"text": "x" * 4_000}}),
    sent(EVENT | {"id": "event-8", "properties": {"number": 2**63}}),
    sent(EVENT | {"id": "event-8", "properties": {"number": 2**63 - 1}}),
    sent(EVENT | {"id": "event-9", "properties": []}),
    sent(EVENT | {"more": 1}),
    sent({"events": [EVENT, EVENT | {"id": "event-10"}]}),
    sent({"specversion": "1.0", "id": "1", "source": "/eu", "type": "requests", "subject": "{customer}", "time": TIME}),
    sent({"value": 3}, CE_SPECVERSION="1.0", CE_ID="2", CE_SOURCE="/eu", CE_TYPE="requests", CE_TIME=TIME),
    sent(EVENT | {"id": "event-11"}, CE_ID="3"),
    sent([EVENT]),
    sent(b'{"id": "a", "customer": "{customer}", "meter": "requests", "properties": {"a": 1, "a": 2}}'),
    sent(b'{"id": "a", "id": "b", "customer": "{customer}", "meter": "requests"}'),
    sent(b'{"id": "a", "customer": "{customer}", "meter": "requests", "properties": {"a": NaN}}'),
    sent(b'{"id": "a", "customer": "{customer}", "meter": "requests", "properties": {"a": 1e999}}'),
    sent(b'{"id": "a", "customer": "{customer}", "meter": "requests", "properties": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}"),
    sent(b'{"id": "\\u0061", "customer": "{customer}", "meter": "requests"}'),
    sent(EVENT, AUTHORIZATION="Bearer {wrong}"),
    sent(EVENT, AUTHORIZATION="Bearer {revoked}"),
    sent(EVENT, AUTHORIZATION="Bearer {reads}"),
    sent(EVENT, AUTHORIZATION="Bearer {bound}"),
    sent(EVENT | {"id": "event-13"}, AUTHORIZATION="Bearer {bound}"),  # once more: that it is used is noted now
    sent(EVENT | {"customer": "nobody"}, AUTHORIZATION="Bearer {wrong}"),
    sent(EVENT | {"id": "event-12"}, CONTENT_TYPE="application/cloudevents+json"),
]  # fmt: skip


def _sides(app: Flask) -> list[Side]:
    """Return both sides, begun before the calls: who has a later day is counted the usual way."""
    with clock.at(NOW - timedelta(days=3)):
        return sides(app)


@pytest.mark.both_databases
def test_plain_events_never_reach_flask_and_are_answered_as_it_would(app: Flask, catalog: str) -> None:
    both, reached = _sides(app), []
    behind = app.wsgi_app.behind  # type: ignore[attr-defined]

    def counting(environ: Any, start_response: Any) -> Any:
        reached.append(environ["PATH_INFO"])
        return behind(environ, start_response)

    app.wsgi_app.behind = counting  # type: ignore[attr-defined]
    assert agree(both, GOOD) == ["200"] * len(GOOD)
    assert reached == []
    assert {"200", "400", "401", "403", "409", "422"} <= set(agree(both, ODD))


_VALUES = st.one_of(
    st.sampled_from(["{customer}", "requests", "event-1", "", TIME, "nobody"]),
    st.integers(-1, 3),
    st.sampled_from([10**12, 2**64, 1.0, 0.1, None, True, {}, {"a": [1, "b"]}, [1]]),
)
_EVENTS = st.builds(
    lambda changes, number: {**EVENT, "id": f"any-{number}", **changes},
    st.dictionaries(
        st.sampled_from(["id", "customer", "meter", "quantity", "subject", "time", "properties", "events", "other"]),
        _VALUES,
        max_size=2,
    ),
    st.integers(1, 4),
)
CALLS = st.builds(
    lambda body, key, kind: sent(body, AUTHORIZATION=f"Bearer {{{key}}}", CONTENT_TYPE=kind),
    _EVENTS,
    st.sampled_from(["key", "key", "wrong", "reads", "bound"]),
    st.sampled_from([JSON, JSON, "application/cloudevents+json", "text/json"]),
)


@pytest.mark.both_databases
def test_any_events_are_answered_alike(app: Flask, catalog: str) -> None:
    both = _sides(app)

    @settings(
        max_examples=tiers.sample_of(20, proof=80), deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(CALLS, min_size=1, max_size=6))
    def plays(calls: list[Call]) -> None:
        agree(both, calls)

    plays()
