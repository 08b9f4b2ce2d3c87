"""Balance history, Spend management and Statement have no sentence that the catalogs do not know, full, empty or refused."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain import language
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState
from app.languages import PSEUDO
from app.models.customers import Customer
from app.models.scope import as_customer, as_service
from app.presenters.balance_figures import FIGURES
from app.presenters.balance_history import KINDS
from app.services.balance import history
from app.services.balance.history import HistoryQuery
from app.services.ledger import corrections, grants
from app.services.transaction import transaction
from app.services.usage import recording
from app.services.webhooks import endpoints, log
from tests.pages.test_invoices import invoices
from tests.support import cast, spend, usage_cast
from tests.support.browser import Browser
from tests.support.pseudo import ASKED, IsSaid, offered
from tests.support.reversals import bank_says, buys, sends_back
from tests.support.usage_cast import looks, uses
from tests.support.webhook_cast import put_aside, send, settings, write_events

__all__ = ["offered", "settings"]
HISTORY, STATEMENT = "/billing/balance-history", "/billing/invoices/statement"
SPEND, SPENT = "/billing/spend-management/", "/billing/spend-figures/"
WEBHOOK, HOOK = f"{SPEND}webhook/", "http://127.0.0.1:9/hook"
TEST_DATA = (
    "Welcome",
    "Requests",
    "Visa",
    "Mastercard",
    "JSON",
    "webhook-id",
    "balance.low",
    HOOK,
    "ms",
    "Identity",
    "Acme",
)


is_said = IsSaid(TEST_DATA)


@pytest.mark.proof
def test_the_balance_history_is_said_in_the_language(
    app: Flask, alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor
) -> None:
    for browser in (alice, bob):
        for path in ("", "?view=rows", "?q=nothing", "/credits"):
            is_said(browser.opens(f"{HISTORY}{path}", **ASKED), acme, "nothing")
    first, second = buys(app, alice_actor, 2500), buys(app, alice_actor, 5000)
    used = recording.record(acme.customer_id, key="k", credits=Credits(60_000_000), description="Requests")
    recording.record(acme.customer_id, key="m", credits=Credits(6_000_000), description="Requests")
    later = clock.now() + timedelta(days=9)
    given = grants.give(
        acme.customer_id, kind="promotional", credits=Credits(9_000_000), granted_by="seller", reason="Welcome"
    )
    grants.give(
        acme.customer_id, kind="trial", credits=Credits(10**6), granted_by="seller", reason="Welcome", expires_at=later
    )
    with as_service("correct"):
        corrections.correct(used.id, reason="wrong", by="seller")
        grants.void(given.id, reason="Welcome", by="seller")
    sends_back(first, 1000)
    bank_says(second, DisputeState.OPEN, clock.now())
    for query in (
        "",
        "?view=rows",
        "?view=days&q=12.x",
        "?view=rows&q=1,5,0",
        *(f"?show={each}" for each in ("usage", "grants")),
    ):
        is_said(alice.opens(f"{HISTORY}{query}", **ASKED), acme, "12.x")
    for kind in KINDS:
        is_said(alice.opens(f"{HISTORY}?kind={kind}&view=rows", **ASKED), acme)
    for figure in FIGURES:
        is_said(alice.opens(f"{HISTORY}?figure={figure}", **ASKED), acme)
    with as_customer(acme.customer_id):
        rows = history.history(HistoryQuery()).entries
    assert len({row.kind for row in rows}) >= 7
    for row in rows:
        is_said(alice.opens(f"{HISTORY}/{row.id}", **ASKED), acme)
    bank_says(second, DisputeState.WON, clock.now())
    today = clock.now().date()
    for path in ("/credits", "?view=rows&show=refunds", f"/usage/{today}"):
        is_said(alice.opens(f"{HISTORY}{path}", **ASKED), acme)
    for query in (
        "view=x", "show=x", "kind=x", "figure=x", "before=x", "from=x", "from=2026-11-02&to=2026-11-01", f"q={'x' * 101}",
        "view=rows&before=1&after=1",
    ):  # fmt: skip
        is_said(alice.opens(f"{HISTORY}?{query}", **ASKED), acme, "x" * 101, status=422)


@pytest.fixture
def rich(app: Flask) -> Customer:
    """Acme in a catalog with meters of every kind, with credit."""
    made = usage_cast.metered()
    spend.gives(made, "100")
    return made


@pytest.mark.proof
def test_spend_management_is_said_in_the_language(app: Flask, origin: str, rich: Customer) -> None:
    alice, bob = looks(app, origin, rich), looks(app, origin, rich, cast.BOB)
    for path in (SPEND, f"{SPEND}log", f"{SPENT}balance", f"{SPENT}available"):
        is_said(bob.opens(path, **ASKED), rich)
    with clock.at(clock.now() - timedelta(days=1)):
        uses(rich, "requests", 4_000)
        uses(rich, "runs", 1, 1)
    spend.chooses(rich, "20", "5")
    uses(rich, "requests", 900)
    spend.holds(rich, "3")
    is_said(alice.opens(SPEND, **ASKED), rich)
    uses(rich, "runs", *[1] * 20)
    assert not spend.asks(rich, "50")[0]
    spend.decided()
    today = clock.now().date()
    for path in (
        SPEND,
        f"{SPEND}log",
        *(f"{SPENT}{each}" for each in ("balance", "available", "left", "held", f"used/{today}", "plan/requests")),
    ):
        is_said(alice.opens(path, **ASKED), rich)
    token, wanted = alice.opens(SPEND).value("csrf_token"), {"Accept-Language": PSEUDO, "HX-Request": "true"}
    version = alice.opens(SPEND).value("version")
    for typed, status in (
        ({"enabled": "on"}, 422), ({"daily_limit": "x"}, 422), ({"daily_limit": "0"}, 422), ({"notify_threshold": "0"}, 422),
        ({"daily_limit": "9", "notify_threshold": "10"}, 422), ({"notify_threshold": "80 %"}, 422), ({"notify_threshold": "0 %"}, 422),
        ({"version": "0", "daily_limit": "9"}, 409), ({"enabled": "on", "daily_limit": "4", "notify_threshold": "5"}, 200),
    ):  # fmt: skip
        page = alice.posts(SPEND, {"csrf_token": token, "typed_in": PSEUDO, "version": version, **typed}, **wanted)
        is_said(page, rich, status=status)
    for typed in (
        {"daily_limit": "1", "notify_threshold": "1"},
        {"notify_threshold": "1"},
        {"daily_limit": "90"},
        {},
        {"daily_limit": "x"},
    ):
        for part in ("", "?part=preview"):
            page = alice.posts(
                f"{SPEND}simulation{part}",
                {"csrf_token": token, "typed_in": PSEUDO, "version": version, **typed},
                **wanted,
            )
            is_said(page, rich, status=422 if typed.get("daily_limit") == "x" and not part else 200)
    uses(rich, "requests", 100_000)
    is_said(alice.opens(SPEND, **ASKED), rich)
    with as_service("suspend"), transaction() as session:
        session.get_one(Customer, rich.customer_id).standing = "suspended"
    for path in (SPEND, f"{SPENT}balance"):
        is_said(alice.opens(path, **ASKED), rich)


@pytest.mark.proof
def test_the_webhook_is_said_in_the_language(alice: Browser, bob: Browser, acme: Customer) -> None:
    is_said(alice.opens(WEBHOOK, **ASKED), acme)
    token, wanted = alice.opens(WEBHOOK).value("csrf_token"), {"Accept-Language": PSEUDO, "HX-Request": "true"}

    def posts(path: str, status: int, **typed: str) -> None:
        is_said(alice.posts(f"{WEBHOOK}{path}", {"csrf_token": token, **typed}, **wanted), acme, status=status)

    for url in (
        "x",
        "https://a:b@c.example",
        "ftp://c.example",
        "https://c.example#a",
        "http://c.example",
        "https://c.example:1",
        "https://1",
    ):
        posts("", 422, version="0", webhook_url=url)
    posts("test", 409)
    posts("", 200, version="0", webhook_url=HOOK)
    posts("", 409, version="0", webhook_url=HOOK)
    posts("test", 200)
    posts("secret", 200)
    posts("secret", 409)
    for path in ("", "secret", "new-secret"):
        is_said(alice.opens(f"{WEBHOOK}{path}", **ASKED), acme)
    write_events(acme.customer_id, "one", "two")
    send()
    with as_customer(acme.customer_id):
        first = log.section(acme.customer_id).deliveries[0]
    posts(f"deliveries/{first.id}", 409)
    put_aside(first)
    for browser in (alice, bob):
        for path in ("", f"deliveries/{first.id}"):
            is_said(browser.opens(f"{WEBHOOK}{path}", **ASKED), acme)
    posts(f"deliveries/{first.id}", 200)
    endpoints.save(acme.customer_id, "", by="alice")
    is_said(alice.opens(WEBHOOK, **ASKED), acme)
    posts("", 409, version="9", webhook_url="")


@pytest.mark.proof
def test_the_statement_is_said_in_the_language(
    app: Flask, alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor
) -> None:
    is_said(bob.opens(STATEMENT, **ASKED), acme)
    invoices(acme, 10_050)
    sends_back(buys(app, alice_actor, 2500), 1000)
    year = clock.now().year
    for query in ("", f"?from={year - 2}-01-01&to={year - 1}-12-31", f"?from={year - 1}-01-01"):
        is_said(alice.opens(f"{STATEMENT}{query}", **ASKED), acme)
    for query in ("from=x", f"from={year}-02-01&to={year}-01-01", "from=1969-01-01"):
        is_said(alice.opens(f"{STATEMENT}?{query}", **ASKED), acme, status=422)


def test_a_limit_stands_in_its_field_as_the_language_reads_it(
    alice: Browser, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "OFFERED", ("en", "de"))
    spend.chooses(acme, "1250.5", "20")
    german = {"Accept-Language": "de"}
    page = alice.opens(SPEND, **german)
    typed = {
        name: page.value(name) for name in ("csrf_token", "typed_in", "version", "daily_limit", "notify_threshold")
    }
    assert (typed["daily_limit"], typed["notify_threshold"]) == ("1250,50", "20,00")
    assert page.find("#daily_limit")["data-chart-digits"] == ",."
    answered = alice.posts(SPEND, {**typed, "enabled": "on", "daily_limit": "1.300,25"}, **german)
    assert answered.errors() == [] and spend.held(acme) == (True, "1300.25", "20")
    refused = alice.posts(SPEND, {**typed, "version": "9", "daily_limit": "0"}, **german)
    assert "von höchstens 999.999.999.999" in refused.text
