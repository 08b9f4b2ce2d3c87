"""A customer's tax numbers follow to the processor: added, removed, after its record was made, and past one that is refused."""

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.services import jobs
from app.services.processor.gateway import gateway
from app.services.processor.profiles import LEASE
from app.services.tax import registrations
from tests.support import shop
from tests.support.outcome import faults

SEND = jobs.JOBS["profiles_sent"]


def adds(customer: Customer, kind: str, country: str, value: str) -> str:
    return registrations.add(customer.customer_id, kind=kind, country=country, value=value, by="test").id


def at_processor(settings: Settings) -> list[tuple[str, str]]:
    found = [each for each in controls.objects(settings, "tax_id") if not each.get("deleted")]
    return sorted((each["type"], each["value"]) for each in found)


@pytest.mark.both_databases
def test_numbers_are_sent_after_their_commit_and_taken_away_again(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor)
    first = adds(acme, "eu_vat", "GR", "094259216")
    adds(acme, "ch_uid", "CH", "CHE107787577")
    adds(acme, "other", "SG", "M90312345A")  # of no type that Stripe knows
    assert at_processor(settings) == []
    SEND(10)
    assert at_processor(settings) == [("ch_uid", "CHE-107.787.577"), ("eu_vat", "EL094259216")]
    registrations.remove(acme.customer_id, first, by="test")
    SEND(10)
    assert at_processor(settings) == [("ch_uid", "CHE-107.787.577")]
    asked = len(controls.requests(settings, 1000))
    assert (SEND(10), len(controls.requests(settings, 1000))) == (0, asked)


def test_a_record_that_is_made_later_gets_them(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    adds(acme, "eu_vat", "DE", "DE136695976")
    SEND(10)
    assert at_processor(settings) == []
    shop.add_method(alice_actor)
    SEND(10)
    assert at_processor(settings) == [("eu_vat", "DE136695976")]


@pytest.mark.parametrize("call", ["list_tax_ids", "create_tax_id"])
def test_what_nobody_answers_is_sent_again(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, call: str
) -> None:
    shop.add_method(alice_actor)
    adds(acme, "eu_vat", "DE", "DE136695976")
    started = clock.now()
    with clock.at(started), faults(app, (call, "reset_after", 9)):
        SEND(10)
    with clock.at(started + LEASE):
        SEND(10)
    assert at_processor(settings) == [("eu_vat", "DE136695976")]


def test_one_that_is_refused_keeps_no_other_out(app: Flask, settings: Settings, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    (customer,) = controls.objects(settings, "customer")
    gateway().set_tax_ids(customer["id"], (("eu_vat", "none"), ("us_ein", "911144442")), key="one")
    assert at_processor(settings) == [("us_ein", "91-1144442")]
    gateway().set_tax_ids(customer["id"], (), key="two")
    assert at_processor(settings) == []
