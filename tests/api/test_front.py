"""The front answers as Flask does: the same requests go through both, each for a customer of its own, and are compared."""

import contextlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import clock
from app.api import metrics
from app.domain.money import MICROS, Credits
from app.services.access import api_keys
from app.services.ledger import grants
from tests.support import cast, tiers

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MISSING = "hold_00000000000000000000000000"
AUTHORIZATIONS, CAPTURE = "/v1/authorizations", "/v1/authorizations/{hold}/capture"
RELEASE = "/v1/authorizations/{hold}/release"
JSON = "application/json"
Call = tuple[str, bytes, dict[str, str]]
"""The path, the body and the headers; `{customer}`, `{hold}` and `{key}` stand for each side's own."""


@dataclass
class Side:
    """A customer with its keys, and the application that answers for it."""

    app: Flask
    wsgi: Any
    customer: str
    keys: dict[str, str]
    holds: list[str] = field(default_factory=lambda: [MISSING])

    def asks(self, call: Call) -> tuple[object, ...]:
        """Return what is answered, logged and counted, with the names of this side taken out."""
        path, body, headers = call
        body = body.replace(b"{customer}", self.customer.encode()).replace(b"{hold}", self.holds[-1].encode())
        path, _, query = path.format(hold=self.holds[-1]).partition("?")
        builder = EnvironBuilder(method=headers.get("METHOD", "POST"), path=path, query_string=query, data=body)
        environ = builder.get_environ()
        environ.pop("CONTENT_TYPE", None)
        for name, value in headers.items():
            if name != "METHOD":
                of_cgi = name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
                environ[name if of_cgi else f"HTTP_{name}"] = value.format(**self.keys)
        before, written = self.counted(), io.StringIO()
        with contextlib.redirect_stderr(written):
            text, status, answered = run_wsgi_app(self.wsgi, environ, buffered=True)
        said = b"".join(text).decode()
        with contextlib.suppress(ValueError, TypeError, KeyError):
            self.holds.append(json.loads(said)["authorization"])
        after = self.counted()
        counted = {each: after[each] - before.get(each, 0) for each in after if after[each] != before.get(each, 0)}
        return status, self.plain(str(sorted(answered))), self.plain(said), self.logged(written.getvalue()), counted

    def plain(self, text: str) -> str:
        for name in [self.customer, *self.holds]:
            text = text.replace(name, "…")
        return re.sub(r"(req|hold)_[0-9a-z]{26}", r"\1", text)

    def logged(self, text: str) -> list[str]:
        """Return the lines of the log without times."""
        return [self.plain(re.sub(r"milliseconds=\S+|^\S+", "", line)) for line in text.splitlines()]

    def counted(self) -> dict[str, float]:
        with self.app.app_context():
            found = metrics.counted().registry.collect()
        return {
            str((sample.name, sorted(sample.labels.items()))): sample.value
            for each in found for sample in each.samples if sample.name.endswith(("_total", "_count"))
        }  # fmt: skip


def sides(app: Flask) -> list[Side]:
    """Return a customer of the front and one of Flask: with 10.00 of credit each, and keys of the same kinds."""
    return [_side(app, name, wsgi) for name, wsgi in (("Front", app.wsgi_app), ("Flask", app.wsgi_app.behind))]  # type: ignore[attr-defined]


def _side(app: Flask, name: str, wsgi: Any) -> Side:
    customer = cast.make_customer(name).customer_id
    other = cast.make_customer(f"{name}er").customer_id
    grants.give(customer, kind="promotional", credits=Credits(10 * MICROS), granted_by="test", reason="Test")
    good, bound = (
        api_keys.create("good", ["usage:write"])[1],
        api_keys.create("a", ["usage:write"], customer_id=other)[1],
    )
    revoked, text = api_keys.create("revoked", ["all"])
    api_keys.revoke(revoked.id)
    reads = api_keys.create("reads", ["billing:read"])[1]
    keys = {"key": good, "bound": bound, "revoked": text, "reads": reads, "wrong": f"{good[:-1]}_"}
    return Side(app, wsgi, customer, keys)


def plain(body: object, path: str = AUTHORIZATIONS, **headers: str) -> Call:
    """Return a call with usual headers."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    usual = {"AUTHORIZATION": "Bearer {key}", "CONTENT_TYPE": JSON}
    return path, raw, {**usual, **headers}


ONE = {"customer": "{customer}", "credits": "1"}
SPENT = {"customer": "{customer}", "credits": "1", "capture": True}
GOOD: list[Call] = [
    plain(ONE),
    plain(b"", CAPTURE),
    plain({}, CAPTURE),
    plain(SPENT),
    plain(SPENT, IDEMPOTENCY_KEY="one"),
    plain(SPENT, IDEMPOTENCY_KEY="one"),
    plain(SPENT, X_REQUEST_ID="host-request.17"),
    plain({"customer": "{customer}", "meter": "requests", "quantity": 7, "ttl_seconds": 60}),
    plain({"quantity": 3, "keep": True}, CAPTURE),
    plain({"quantity": 2}, CAPTURE),
    plain({"customer": "{customer}", "meter": "requests", "quantity": 9}),
    plain(b"", RELEASE),
    plain({}, RELEASE),
    plain({"customer": "{customer}", "credits": "60.000001"}),
    plain({"customer": "{customer}", "credits": "3"}),
    plain({"credits": "1", "keep": True}, CAPTURE, IDEMPOTENCY_KEY="a-part"),
    plain({"credits": "1"}, CAPTURE, IDEMPOTENCY_KEY="the-rest"),
    plain(ONE),
    plain(b"", RELEASE, IDEMPOTENCY_KEY="let-go"),
]
ODD: list[Call] = [
    plain({**SPENT, "ttl_seconds": 7}, IDEMPOTENCY_KEY="one"),
    plain({"quantity": 1}, CAPTURE),
    plain(b"", RELEASE, IDEMPOTENCY_KEY="let-go"),
    plain(b"", CAPTURE, IDEMPOTENCY_KEY="let-go"),
    plain({"credits": "1"}, CAPTURE, IDEMPOTENCY_KEY="the-rest"),
    plain(ONE),
    plain({"credits": "1", "keep": True}, CAPTURE, IDEMPOTENCY_KEY="part-2"),
    plain({"keep": True, "credits": "1.00"}, CAPTURE, IDEMPOTENCY_KEY="part-2"),
    plain({"keep": True, "credits": "1"}, CAPTURE, IDEMPOTENCY_KEY="part-2"),
    plain({"credits": "70"}, CAPTURE, IDEMPOTENCY_KEY="part-3"),
    plain({"credits": "0.5"}, CAPTURE, IDEMPOTENCY_KEY="part-3", AUTHORIZATION="Bearer {bound}"),
    plain({"credits": "0.5"}, CAPTURE, IDEMPOTENCY_KEY="part-3", AUTHORIZATION="Bearer {reads}"),
    plain({"credits": "0.5"}, CAPTURE, IDEMPOTENCY_KEY="part-3", AUTHORIZATION="Bearer {wrong}"),
    plain({"credits": "0.5"}, CAPTURE, IDEMPOTENCY_KEY="part-3"),
    plain({}, CAPTURE, IDEMPOTENCY_KEY="two"),
    plain({}, f"/v1/authorizations/{MISSING}/capture", IDEMPOTENCY_KEY="none"),
    plain({"credits": "1"}, f"/v1/authorizations/{MISSING}/capture"),
    plain(b"", RELEASE),
    plain(ONE),
    plain({"quantity": 1}, RELEASE),
    plain(b" {}", RELEASE),
    plain(b"[]", RELEASE),
    plain(b"", RELEASE, AUTHORIZATION="Bearer {bound}"),
    plain(b"", RELEASE, AUTHORIZATION="Bearer {reads}"),
    plain(b"", RELEASE, IDEMPOTENCY_KEY="three"),
    plain(b"", RELEASE, IDEMPOTENCY_KEY="three"),
    plain({}, RELEASE),
    plain(b"", CAPTURE),
    plain(b"", f"/v1/authorizations/{MISSING}/release"),
    plain(b"", "/v1/authorizations/none/release"),
    plain(b"", "/v1/authorizations/none/capture"),
    plain(b"", "/v1/authorizations//capture"),
    plain({"customer": "nobody", "credits": "1"}),
    plain(SPENT, HOST=".."),
    plain({"customer": "", "credits": "1"}),
    plain({"customer": "{customer}", "credits": "0"}),
    plain({"customer": "{customer}", "credits": "1", "meter": "requests"}),
    plain({"customer": "{customer}", "meter": "nothing", "quantity": 1}),
    plain({"customer": "{customer}", "credits": 1}),
    plain({"customer": "{customer}", "credits": "1", "more": 1}),
    plain({"customer": "a\0b", "credits": "1"}),
    plain({"customer": "Ärger\ud800", "credits": "1"}),
    plain(b'{"customer": "{customer}", "credits": "1", "credits": "2"}'),
    plain('{"customer": "{customer}", "credits": "1", "ü": 1}'.encode()),
    plain(b'{"customer": "{customer}", "ttl_seconds": 99999999999999999999, "credits": "1"}'),
    plain(b'{"customer": "{customer}", "ttl_seconds": NaN, "credits": "1"}'),
    plain(b"\xef\xbb\xbf{}"),
    plain(b"[]"),
    plain(b"[" * 5_000),
    plain(b'{"customer": '),
    plain(b""),
    plain(ONE, AUTHORIZATION="bearer  {key}"),
    plain(ONE, AUTHORIZATION="Bearer {wrong}"),
    plain(ONE, AUTHORIZATION="Bearer {reads}"),
    plain(ONE, AUTHORIZATION="Bearer {bound}"),
    plain(ONE, AUTHORIZATION="Bearer {revoked}"),
    plain(b"", CAPTURE, AUTHORIZATION="Bearer {bound}"),
    plain(ONE, AUTHORIZATION=""),
    plain(ONE, CONTENT_TYPE="text/plain"),
    plain(ONE, CONTENT_TYPE="application/json; charset=utf-8"),
    plain(ONE, CONTENT_TYPE="application/vnd.host+json"),
    plain(ONE, CONTENT_LENGTH="7"),
    plain(ONE, CONTENT_LENGTH="9000"),
    plain(ONE, CONTENT_LENGTH="-1"),
    plain(ONE, CONTENT_LENGTH="2000000"),
    plain(ONE, IDEMPOTENCY_KEY="no key"),
    plain(ONE, IDEMPOTENCY_KEY=""),
    plain(ONE, X_REQUEST_ID="short"),
    plain(ONE, HOST="a b"),
    plain(ONE, UPGRADE="websocket", CONNECTION="upgrade"),
    plain(ONE, ORIGIN="https://elsewhere.example", COOKIE="purser=1", ACCEPT_LANGUAGE="de", HX_REQUEST="true"),
    plain(ONE, "/v1/authorizations?x=1"),
    plain(ONE, "/v1/authorizations/"),
    plain(ONE, METHOD="PUT"),
    plain(ONE, METHOD="GET"),
]


def agree(both: list[Side], calls: Iterable[Call]) -> list[str]:
    """Play the calls on both sides, and return the statuses; each answer must be the same on both."""
    seen = []
    with clock.at(NOW):
        for call in calls:
            front, flask = (side.asks(call) for side in both)
            assert front == flask, call
            seen.append(str(front[0])[:3])
    return seen


@pytest.mark.both_databases
def test_plain_calls_never_reach_flask_and_are_answered_as_it_would(app: Flask, catalog: str) -> None:
    both, reached = sides(app), []
    behind = app.wsgi_app.behind  # type: ignore[attr-defined]

    def counting(environ: Any, start_response: Any) -> Any:
        reached.append(environ["PATH_INFO"])
        return behind(environ, start_response)

    app.wsgi_app.behind = counting  # type: ignore[attr-defined]
    assert agree(both, GOOD) == ["200"] * len(GOOD)
    assert reached == []
    statuses = agree(both, ODD)
    assert {"200", "400", "401", "403", "404", "405", "409", "413", "415", "422"} <= set(statuses)


_AMOUNT = st.sampled_from(
    ["1", "0.000001", "70", "-1", "0", "1e3", "999999999999.999999", "", 1, 1.5, None, True, "1 "]
)
_FIELDS: dict[str, st.SearchStrategy[object]] = {
    "customer": st.sampled_from(["{customer}", "{customer}", "nobody", "front", "", " ", 'a"b', "a\\b", 5, None]),
    "credits": _AMOUNT,
    "meter": st.sampled_from(["requests", "nothing", "", None, 1]),
    "quantity": st.sampled_from([1, 12, 0, -1, 10**15 + 1, 2**70, "1", 1.0, None, True]),
    "ttl_seconds": st.sampled_from([1, 900, 86_400, 86_401, 0, "60", None]),
    "capture": st.sampled_from([True, False, "true", 1, None]),
    "keep": st.booleans(),
    "other": st.sampled_from([1, {}, [], {"a": {"a": 1}}]),
}
_BODIES = st.one_of(
    st.fixed_dictionaries({"customer": st.just("{customer}"), "credits": _AMOUNT}, optional={"capture": st.booleans()}),
    st.fixed_dictionaries({}, optional=_FIELDS),
    st.binary(max_size=30),
)
_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "AUTHORIZATION": st.sampled_from([f"Bearer {{{name}}}" for name in ("key", "wrong", "reads", "bound")]),
        "IDEMPOTENCY_KEY": st.sampled_from(["one", "two", "", "\x7f", "k" * 255, "k" * 256]),
        "CONTENT_TYPE": st.sampled_from([JSON, "application/json;charset=utf-8", "text/json", ""]),
    },
)
CALLS = st.builds(
    lambda path, body, headers: plain(body, path, **headers),
    st.sampled_from([AUTHORIZATIONS, AUTHORIZATIONS, CAPTURE, RELEASE]),
    _BODIES,
    _HEADERS,
)


@pytest.mark.both_databases
def test_any_calls_are_answered_alike(app: Flask, catalog: str) -> None:
    both = sides(app)

    @settings(
        max_examples=tiers.sample_of(25, proof=400), deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(CALLS, min_size=1, max_size=6))
    @example([plain(SPENT), plain(SPENT, IDEMPOTENCY_KEY="one"), plain({}, CAPTURE)])
    def plays(calls: list[Call]) -> None:
        agree(both, calls)

    plays()
