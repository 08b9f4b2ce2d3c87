"""The invoice address: who changed what is written down, the processor follows, and two at once do not mix."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.domain.addresses.address import Address
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.customers import address
from app.services.customers.address import Kept
from app.services.processor import customers
from tests.support import shop
from tests.support.client import outside_contexts

SEND = jobs.JOBS["profiles_sent"]
BERLIN = Address("Acme GmbH", "Hauptstraße 1", "", "Berlin", "10115", "", "DE")
PARIS = Address("Acme SA", "1 rue du Lac", "", "Paris", "75001", "", "FR")


def change(customer: Customer, wanted: Address, version: int, po: str = "") -> Kept:
    return address.change(customer.customer_id, wanted, po, version, by="mem_alice", address="203.0.113.7")


def at_processor(settings: Settings) -> dict[str, str] | None:
    (found,) = controls.objects(settings, "customer")
    where: dict[str, str] | None = found["address"]
    return where


@pytest.mark.both_databases
def test_the_processor_follows_each_address_whole(settings: Settings, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    assert at_processor(settings) is None
    change(acme, Address("Acme", "1 Market St", "Suite 5", "San Jose", "95014", "CA", "US"), 0)
    assert SEND(10) == 1
    assert at_processor(settings) == {
        "line1": "1 Market St", "line2": "Suite 5", "city": "San Jose", "postal_code": "95014", "state": "CA", "country": "US",
    }  # fmt: skip
    change(acme, BERLIN, 1)
    assert SEND(10) == 1
    assert at_processor(settings) == {
        "line1": "Hauptstraße 1", "line2": None, "city": "Berlin", "postal_code": "10115", "state": None, "country": "DE",
    }  # fmt: skip
    change(acme, BERLIN, 2, "PO-7")
    assert SEND(10) == 0, "the processor has no purchase order number"


def test_a_customer_is_made_at_the_processor_with_the_address(settings: Settings, acme: Customer) -> None:
    change(acme, PARIS, 0)
    customers.of(acme.customer_id)
    found = at_processor(settings)
    assert found is not None and (found["city"], found["country"]) == ("Paris", "FR")


def test_an_address_that_changes_while_the_record_is_being_made_follows(
    app: Flask, settings: Settings, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = app.extensions["purser.gateway"]
    create = gateway.create_customer

    def meanwhile(**asked: object) -> object:
        made = create(**asked)
        change(acme, PARIS, 0)
        return made

    monkeypatch.setattr(gateway, "create_customer", meanwhile)
    customers.of(acme.customer_id)
    monkeypatch.undo()
    assert SEND(10) == 1
    found = at_processor(settings)
    assert found is not None and found["city"] == "Paris"


@pytest.mark.both_databases
def test_of_eight_changes_of_one_version_one_is_kept(app: Flask, acme: Customer) -> None:
    def once(number: int) -> str:
        with outside_contexts(), app.app_context():
            try:
                change(acme, Address("Acme", f"Street {number}", "", "Berlin", "10115", "", "DE"), 0)
            except Refused as refusal:
                return refusal.reason
            return "kept"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(once, range(8))) == ["kept", *["version_gone_by"] * 7]
    with as_customer(acme.customer_id):
        assert address.current(acme.customer_id).version == 1


def test_who_changed_what_is_written_down_and_what_is_the_same_is_not(acme: Customer) -> None:
    change(acme, BERLIN, 0)
    change(acme, BERLIN, 1)
    change(acme, Address("Acme GmbH", "Hauptstraße 2", "", "Berlin", "10115", "", "DE"), 1, "7")
    with as_service("read the audit trail"):
        wanted = select(AuditEntry).where(AuditEntry.action == "invoice_address.changed").order_by(AuditEntry.id)
        first, second = db.session.scalars(wanted).all()
    assert json.loads(first.after)["city"] == "Berlin"
    assert (second.actor, second.address) == ("mem_alice", "203.0.113.7")
    assert (json.loads(second.before), json.loads(second.after)) == (
        {"line1": "Hauptstraße 1", "po_number": ""},
        {"line1": "Hauptstraße 2", "po_number": "7"},
    )


def test_a_customer_without_an_address_has_none(acme: Customer) -> None:
    with as_customer(acme.customer_id):
        assert (address.of(db.session(), acme.customer_id), address.po_number(db.session(), acme.customer_id)) == (
            None,
            "",
        )
        assert address.current(acme.customer_id) == Kept()
    change(acme, PARIS, 0, "PO 1")
    with as_customer(acme.customer_id):
        assert address.of(db.session(), acme.customer_id) == PARIS
        assert address.po_number(db.session(), acme.customer_id) == "PO 1"
