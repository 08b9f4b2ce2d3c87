"""A request whose body was cut short on its way does nothing, whichever way the server hands over what came of it."""

import io
from typing import Any

import pytest
from flask import Flask

from app.domain.money import MICROS, Credits
from app.making import MAX_BODY
from app.models.customers import Customer
from app.services.access import api_keys
from app.services.authorizations import holds
from app.services.ledger import grants
from tests.support.browser import Browser

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BODY = b'{"quantity": 10}'
CUT, NO_LENGTH = (400, "request_cut_short"), {"HTTP_TRANSFER_ENCODING": "chunked"}
LENGTH, HTTP_2 = {"CONTENT_LENGTH": str(len(BODY))}, {"SERVER_PROTOCOL": "HTTP/2"}
CALLS = [
    ("to its end", BODY, LENGTH, (200, None)),
    ("nothing came", b"", LENGTH, CUT),
    ("all but one", BODY[:-1], LENGTH, CUT),
    ("what came is whole JSON", b"{}", LENGTH, CUT),
    ("in pieces, to its end", BODY, NO_LENGTH, (200, None)),
    ("in pieces, nothing came", b"", NO_LENGTH, CUT),
    ("in pieces, all but one", BODY[:-1], NO_LENGTH, (400, "request_malformed")),
    ("in pieces, as long as may be", BODY.ljust(MAX_BODY), NO_LENGTH, (200, None)),
    ("in pieces, longer than may be", BODY.ljust(MAX_BODY + 1), NO_LENGTH, (413, "body_too_large")),
    ("in pieces, much longer", b'"' * 2 * MAX_BODY, NO_LENGTH, (413, "body_too_large")),
    ("by HTTP/2, longer than may be", BODY.ljust(MAX_BODY + 1), HTTP_2, (413, "body_too_large")),
    ("by HTTP/2, to its end", BODY, HTTP_2, (200, None)),
    ("by HTTP/2 with its length", BODY, HTTP_2 | LENGTH, (200, None)),
    ("by HTTP/2, nothing came", b"", HTTP_2, CUT),
    ("by HTTP/2, all but one", BODY[:-1], HTTP_2, (400, "request_malformed")),
    ("by HTTP/2 nothing was meant", b"", HTTP_2 | {"CONTENT_TYPE": ""}, (200, None)),
    ("none was meant", b"", {"CONTENT_LENGTH": "0"}, (200, None)),
    ("none is said, so there is none", b"", {}, (200, None)),
]


@pytest.mark.parametrize(("came", "headers", "answered"), [call[1:] for call in CALLS], ids=[call[0] for call in CALLS])
def test_a_capture_whose_body_was_cut_short_captures_nothing(
    app: Flask, acme: Customer, came: bytes, headers: dict[str, str], answered: tuple[int, str | None]
) -> None:
    hold = _hold(acme)
    _key, key = api_keys.create("host", ["usage:write"])
    said = _posted(
        app, f"/v1/authorizations/{hold}/capture", came, JSON, headers | {"HTTP_AUTHORIZATION": f"Bearer {key}"}
    )
    assert (said.status_code, said.get_json().get("reason")) == answered
    found = holds.explained(hold, acme.customer_id)[0]
    assert found.captured_quantity == (0 if answered[0] != 200 else 10 if came else 100)


@pytest.mark.parametrize("headers", [{}, NO_LENGTH, HTTP_2])
def test_what_takes_no_body_needs_none_whatever_type_is_named(
    app: Flask, acme: Customer, headers: dict[str, str]
) -> None:
    hold = _hold(acme)
    _key, key = api_keys.create("host", ["usage:write"])
    said = _posted(
        app, f"/v1/authorizations/{hold}/release", b"", JSON, headers | {"HTTP_AUTHORIZATION": f"Bearer {key}"}
    )
    assert (said.status_code, said.get_json()["state"]) == (200, "released")


@pytest.mark.parametrize(("headers", "status"), [({"CONTENT_LENGTH": "90"}, 400), (NO_LENGTH, 411), (HTTP_2, 411)])
def test_a_form_of_which_only_the_beginning_came_is_not_read(
    visitor: Browser, headers: dict[str, str], status: int
) -> None:
    said = _posted(visitor.client.application, "/sign-in", b"email=al", FORM, headers)
    assert (said.status_code, said.mimetype) == (status, "text/html")


def _hold(customer: Customer) -> str:
    grants.give(
        customer.customer_id, kind="promotional", credits=Credits(10 * MICROS), granted_by="test", reason="Test"
    )
    asked = holds.AuthorizationRequest(
        customer=customer.customer_id, meter="requests", quantity=100, micros=0, key="", ttl_seconds=60, at_once=False
    )
    return holds.authorize(asked).id


def _posted(app: Flask, path: str, came: bytes, kind: str, headers: dict[str, Any]) -> Any:
    """Send it as granian hands it over: so much came, and the stream says that it has ended."""
    environ = {"wsgi.input": io.BytesIO(came), "wsgi.input_terminated": True, "CONTENT_TYPE": kind, **headers}
    return app.test_client().open(path, method="POST", environ_overrides=environ)
