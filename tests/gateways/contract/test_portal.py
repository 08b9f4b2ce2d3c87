"""The portal as in production, with a Stripe that is not ours: the same code path, seen from the customer's page."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.money import Money
from app.gateways.sandbox.deliveries import post
from app.models.customers import Customer
from app.models.payments import Payment
from app.services.processor.gateway import gateway
from app.services.reconciliation import books, inbox
from app.services.reversals import refunds
from app.services.verification import verify
from tests.gateways.contract.conftest import OutsideLocalStripe
from tests.programs.localstripe.running import LocalStripe
from tests.support import databases, shop
from tests.support.browser import Browser
from tests.support.databases import Database
from tests.support.strange_webhooks import signed
from tests.support.stripe_wire import problems

SECRET = "whsec_portal"


@pytest.fixture
def settings(database: Database, localstripe: LocalStripe) -> Iterator[Settings]:
    """What is set in production, with a test key and an address of our own for Stripe."""
    localstripe.forget()
    yield databases.settings_for(
        database,
        payments="stripe",
        stripe_secret_key="sk_test_localstripe",
        stripe_publishable_key="pk_test_localstripe",
        stripe_webhook_secret=SECRET,
        stripe_api_base=localstripe.base,
    )
    sent = localstripe.requests()
    assert sent and [each for each in sent if problems(each, base=localstripe.base)] == []


@pytest.fixture
def paid(app: Flask, alice: Browser, acme: Customer) -> Payment:
    """25.00 USD of credits, bought on the page."""
    assert alice.actor
    shop.add_method(alice.actor)
    shop.bought(alice, "25.00")
    payment = shop.payments(acme)[-1]
    assert payment.state == "succeeded"
    return payment


def sends_event(app: Flask, settings: Settings, kind: str, about: dict[str, str]) -> None:
    """Send the portal a webhook as Stripe does, and let it be worked on."""
    body = json.dumps({
        "id": f"evt_{kind.replace('.', '_')}", "object": "event", "type": kind, "created": int(time.time()),
        "livemode": False, "data": {"object": about},
    }).encode()  # fmt: skip
    assert post(app.wsgi_app, body, signed(body, SECRET, int(time.time())), base_url=settings.base_url) == 200
    while inbox.work(100):
        pass


def test_what_is_bought_is_charged_and_credited_once(
    app: Flask, settings: Settings, acme: Customer, paid: Payment
) -> None:
    before = shop.remaining(acme)
    assert before > 0
    sends_event(app, settings, "payment_intent.succeeded", {"object": "payment_intent", "id": str(paid.processor_id)})
    look = books.run(clock.now() - timedelta(hours=1))
    assert books.problems_of(look) == [] and shop.remaining(acme) == before
    intents = gateway().intents_since(clock.now() - timedelta(hours=1), clock.now() + timedelta(minutes=1))
    assert isinstance(intents, list) and [each.received for each in intents] == [Money(2500, "USD")]
    assert verify.verify() == []


def test_what_goes_back_takes_its_credit_along(app: Flask, acme: Customer, paid: Payment) -> None:
    before = shop.remaining(acme)
    made = refunds.refund(paid.id, amount=Money(1000, "USD"), reason="unhappy", requested_by="seller@example.com")
    assert made.state == "succeeded"
    assert 0 < shop.remaining(acme) < before
    assert verify.verify() == []


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_holds_the_credit_until_the_bank_decides(
    app: Flask, settings: Settings, localstripe: LocalStripe, acme: Customer, paid: Payment, won: bool
) -> None:
    before, bank = shop.remaining(acme), OutsideLocalStripe(localstripe.base)
    bank.disputes(str(paid.processor_id))
    found = gateway().disputes_of(str(paid.processor_id))
    assert isinstance(found, list)
    about = {"object": "dispute", "id": found[0].id}
    sends_event(app, settings, "charge.dispute.created", about)
    assert shop.remaining(acme) < before
    bank.dispute_ends(found[0].id, won=won)
    sends_event(app, settings, "charge.dispute.closed", about)
    assert shop.remaining(acme) == (before if won else before - paid.credits_micros)
    assert verify.verify() == []
