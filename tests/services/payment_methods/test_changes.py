"""What became of a saved method at the processor: detached there, it is gone here; renewed, it says so."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.payments import PaymentMethod
from app.models.scope import as_customer
from app.services.payment_methods import changes
from tests.support.databases import Database
from tests.support.methods import renewed_at_bank
from tests.support.outcome import faults
from tests.support.reversals import fetched, later
from tests.support.sandbox_events import send_event
from tests.support.shop import add_method

MANY = 50


def saved(customer: Customer) -> list[tuple[str, bool]]:
    with as_customer(customer.customer_id):
        rows = db.session.scalars(select(PaymentMethod).where(PaymentMethod.removed_at.is_(None)))
        return sorted((row.id, row.is_default) for row in rows)


@pytest.mark.fault("S13", "W1")
def test_a_card_detached_at_the_processor_is_removed_and_the_next_becomes_the_default(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    first, second = add_method(alice_actor), add_method(alice_actor, "pm_card_mastercard")
    assert saved(acme) == sorted([(first.id, True), (second.id, False)])
    with faults(app, ("event:*", "duplicate", MANY)):
        controls.detach(settings, first.processor_id)
        later(app)
    assert saved(acme) == [(second.id, True)]
    controls.detach(settings, second.processor_id)
    later(app)
    assert saved(acme) == []
    with as_customer(acme.customer_id):
        removed = db.session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "payment_method.removed"))
        assert list(removed) == ["processor", "processor"]


@pytest.mark.fault("S13")
def test_a_renewed_card_shows_its_new_date_and_number(
    app: Flask, settings: Settings, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    method = add_method(alice_actor)
    renewed_at_bank(settings, database, method, exp_year=2041, exp_month=2, last4="1881")
    for _ in range(2):
        send_event(settings, "payment_method.automatically_updated", method.processor_id)
        later(app)
    method = fetched(method)
    assert (method.last4, method.exp_month, method.exp_year, method.is_default) == ("1881", 2, 2041, True)
    with as_customer(acme.customer_id):
        (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "payment_method.changed"))
        assert ("4242" in entry.before, "1881" in entry.after) == (True, True)


def test_without_an_answer_nothing_is_removed(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    method = add_method(alice_actor)
    with faults(app, ("fetch_method", "reset_before", MANY)):
        assert not changes.look(method.id)
    assert changes.look(method.id)
    assert saved(acme) == [(method.id, True)]
