"""Usage and Notifications have no sentence that the catalogs do not know, neither full nor empty, nor where they refuse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.models.customers import Customer
from app.services.alerts import thresholds
from app.services.authorizations import holds
from app.services.ledger import grants
from app.services.notices import decisions
from tests.support import cast, usage_cast
from tests.support.browser import Browser
from tests.support.pseudo import ASKED, IsSaid, offered
from tests.support.usage_cast import USAGE, looks, seen, uses
from tests.support.webhook_cast import send, settings

__all__ = ["offered", "settings"]
NOTIFICATIONS = "/billing/notifications/"
FIGURES = "/billing/usage-figures/"
METERS = ("requests", "runs", "users", "storage", "peak", "hours", "-")


@pytest.fixture(autouse=True)
def on_the_tenth() -> Iterator[None]:
    """It is the tenth of a month, at noon."""
    with clock.at(datetime(2026, 11, 10, 12, tzinfo=UTC)):
        yield


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on a plan with limits, in a catalog with a meter of every kind."""
    return usage_cast.metered()


@pytest.fixture
def alice(app: Flask, origin: str, acme: Customer) -> Browser:
    """Alice, who manages Acme."""
    return looks(app, origin, acme)


is_said = IsSaid(("When a Teams webhook request is received",), in_columns=True)


def full(alice: Browser, acme: Customer) -> tuple[str, ...]:
    """Let Acme use every meter, hold, be refused and have alerts; return the names that its pages say."""
    grants.give(acme.customer_id, kind="promotional", credits=Credits(10**8), granted_by="seller", reason="Welcome")
    with clock.at(clock.now() - timedelta(days=8)):
        thresholds.add_email(acme.customer_id, "old@acme.example", actor="")
    with clock.at(clock.now() - timedelta(days=1)):
        uses(acme, "runs", 1)
    for meter, many in (("requests", 4200), ("runs", 3), ("storage", 9), ("peak", 4), ("hours", 130)):
        uses(acme, meter, many if meter != "runs" else 1, name=f"e2-{meter}")
    seen(acme, "ann", "ben", "cy")
    assert holds.authorize(AuthorizationRequest(acme.customer_id, meter="requests", quantity=300)).state == "held"
    at_once = holds.authorize(AuthorizationRequest(acme.customer_id, micros=10**6, at_once=True))
    refused = [
        holds.authorize(AuthorizationRequest(acme.customer_id, meter="requests", quantity=900)),
        holds.authorize(AuthorizationRequest(acme.customer_id, micros=10**9)),
    ]
    assert [each.state for each in refused] == ["refused", "refused"]
    page = alice.opens(USAGE)
    for meter, threshold, measure in (
        ("requests", "50", "percent"),
        ("users", "50", "percent"),
        ("runs", "9", "quantity"),
    ):
        page = alice.submits(page, "#usage-alert_form", meter=meter, threshold=threshold, measure=measure)
    alice.submits(page, "#usage-email_form", email="new@acme.example")
    decisions.decide_due()
    return ("old@acme.example", "new@acme.example", "ann", "ben", "cy", *(each.id for each in [*refused, at_once]))


def test_usage_is_said_in_the_language(alice: Browser, app: Flask, origin: str, acme: Customer) -> None:
    is_said(looks(app, origin, acme, cast.BOB).opens(USAGE, **ASKED), acme)
    names = full(alice, acme)
    for path in ("", "requests", "requests/2026-11-10"):
        is_said(alice.opens(f"{USAGE}{path}", **ASKED), acme, *names)
    is_said(alice.opens(f"{FIGURES}cost", **ASKED), acme)


@pytest.mark.proof
def test_every_page_of_usage_is_said_in_the_language(alice: Browser, app: Flask, origin: str, acme: Customer) -> None:
    bob = looks(app, origin, acme, cast.BOB)
    names = full(alice, acme)
    for browser in (alice, bob):
        for query in ("", "?days=30", "?days=90&meter=requests", "?meter=storage"):
            is_said(browser.opens(f"{USAGE}{query}", **ASKED), acme, *names)
    for meter in METERS:
        is_said(alice.opens(f"{USAGE}{meter}", **ASKED), acme, *names)
        is_said(alice.opens(f"{USAGE}{meter}/2026-11-10", **ASKED), acme, *names)
    is_said(alice.opens(f"{USAGE}all-meters/2026-11-10", **ASKED), acme)
    for path in (
        "cost",
        "cost?meter=requests",
        "quantity?meter=users",
        "corrections",
        "net",
        "days",
        "days?before=yes",
    ):
        is_said(alice.opens(f"{FIGURES}{path}", **ASKED), acme)


def test_what_usage_answers_is_said_in_the_language(alice: Browser, acme: Customer) -> None:
    page = alice.opens(USAGE)
    token, known = page.value("csrf_token"), ("a@b.example", "many", "?meter")
    is_said(alice.opens(f"{USAGE}?meter=none&days=7", **ASKED), acme, status=422)
    for path, typed, status in (
        ("alerts", {"meter": "none", "threshold": "1", "measure": "percent"}, 422),
        ("alerts", {"meter": "runs", "threshold": "1", "measure": "percent"}, 422),
        ("alerts", {"meter": "requests", "threshold": "", "measure": "x"}, 422),
        ("alerts", {"meter": "requests", "threshold": "1.000,5", "measure": "quantity"}, 422),
        ("alerts", {"meter": "requests", "threshold": "0", "measure": "percent"}, 422),
        ("alerts", {"meter": "requests", "threshold": "0", "measure": "quantity"}, 422),
        ("alerts", {"meter": "requests", "threshold": "50", "measure": "percent"}, 200),
        ("alerts", {"meter": "requests", "threshold": "50", "measure": "percent"}, 422),
        ("alerts/none/removal", {}, 404),
        ("addresses", {"email": ""}, 422),
        ("addresses", {"email": "a"}, 422),
        ("addresses", {"email": "a@b.example"}, 200),
        ("addresses", {"email": "a@b.example"}, 422),
        ("addresses/mail", {"email": "a@b.example"}, 409),
        ("addresses/removal", {"email": "a@b.example"}, 200),
        ("addresses/removal", {"email": "a@b.example"}, 404),
        ("addresses", {"email": "a@b.example"}, 409),
    ):
        posted = alice.posts(f"{USAGE}{path}", {"csrf_token": token, **typed}, **ASKED, **{"HX-Request": "true"})
        is_said(posted, acme, *known, status=status)


def test_notifications_are_said_in_the_language(alice: Browser, app: Flask, origin: str, acme: Customer) -> None:
    bob = looks(app, origin, acme, cast.BOB)
    is_said(alice.opens(NOTIFICATIONS, **ASKED), acme)
    token, known = alice.opens(NOTIFICATIONS).value("csrf_token"), ("Europe/Zurich", "nowhere")

    def posts(path: str, status: int = 200, **typed: str) -> None:
        sent = {"csrf_token": token, **typed}
        found = alice.posts(f"{NOTIFICATIONS}{path}", sent, **ASKED, **{"HX-Request": "true"})
        is_said(found, acme, *known, status=status)

    posts("channel", 422, version="0", chat_url="")
    for url in ("x", "https://a:b@c.example", "ftp://c.example", "https://c.example#a", "http://c.example"):
        posts("channel", 422, version="0", chat_url=url)
    posts("channel", version="0", chat_form="teams", chat_url="http://127.0.0.1:9/hooks")
    posts("channel", 409, version="7", chat_form="teams", chat_url="http://127.0.0.1:9/hooks")
    posts("channel/test")
    assert send() == 1
    for browser in (alice, bob):
        is_said(browser.opens(NOTIFICATIONS, **ASKED), acme, *known)
    posts("channel/pause", version="1")
    posts("channel/test", 409)
    for browser in (alice, bob):
        is_said(browser.opens(NOTIFICATIONS, **ASKED), acme, *known)
    posts("channel/resumption", version="2")
    posts("channel/removal", version="3")
    posts("digest", 422, digest="on", time_zone="nowhere")
    posts("digest", digest="on", time_zone="Europe/Zurich")
    posts("digest", time_zone="Europe/Zurich")
