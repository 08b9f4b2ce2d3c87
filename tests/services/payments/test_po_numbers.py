"""Where invoices need a purchase order number, nothing is bought without one, and what was chosen stays."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.domain.errors import Refused
from app.domain.mails import PO_NUMBER_MISSING
from app.domain.money import MICROS, Credits, Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.scope import as_customer, as_service
from app.services.bank_transfers import placing
from app.services.customers import address, directory
from app.services.mail import payment_text
from app.services.payments import top_ups
from tests.support import recharge, transfers
from tests.support.browser import Browser
from tests.support.corrections import NEW_YORK
from tests.support.documents import documents_of
from tests.support.shop import GOOD, add_method


@pytest.mark.both_databases
def test_a_purchase_waits_for_the_number_and_an_automatic_one_does_not(
    acme: Customer, alice_actor: Actor, app: Flask
) -> None:
    method = add_method(alice_actor, GOOD)
    directory.change(acme.customer_id, directory.Change(po_required=True), by="seller")

    def buys() -> None:
        with as_customer(acme.customer_id):
            top_ups.buy(
                alice_actor,
                form_key=ids.new_form_key(),
                amount=Money(2500, "USD"),
                pack="",
                method_id=method.id,
                return_url="http://127.0.0.1/{}".format,
            )

    with pytest.raises(Refused) as no:
        buys()
    assert (no.value.reason, no.value.status) == ("po_number_missing", 409)
    assert "Enter the number on the page Invoice address" in no.value.sentence
    assert documents_of(acme) == []
    with pytest.raises(Refused) as away:
        top_ups.charge(
            acme.customer_id,
            by="key_host",
            form_key=ids.new_form_key(),
            amount=Money(700, "USD"),
            pack="",
            method_id=method.id,
            return_url="http://127.0.0.1/{}".format,
        )
    assert (away.value.reason, away.value.status) == ("po_number_missing", 409)
    recharge.on(alice_actor)
    recharge.runs(app)
    recharge.chooses(alice_actor, threshold=Credits(40 * MICROS))
    recharge.runs(app, clock.now() + timedelta(hours=2))
    with as_service("look"):
        (mail,) = db.session.scalars(select(Mail).where(Mail.template == PO_NUMBER_MISSING))
    with app.test_request_context():
        said = payment_text.of(mail.template, acme.customer_id, json.loads(mail.context))
    assert said is not None and said.subject.endswith("lacks your purchase order number")
    assert "/billing/invoice-address/" in said.text and "/billing/invoices/" in said.text
    address.change(acme.customer_id, NEW_YORK, "PO-7", 0, by="mem_alice", as_typed=True)
    buys()
    assert [(each.total_minor, each.po_number) for each in documents_of(acme)] == [
        (2500, ""),
        (2500, ""),
        (2500, "PO-7"),
    ]


def test_a_missing_number_is_said_before_anything_is_bought(alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    assert alice.opens("/billing/add-credits/").soup.select("#add_credits-po_number") == []
    directory.change(acme.customer_id, directory.Change(po_required=True), by="seller")
    note = alice.opens("/billing/add-credits/").find("#add_credits-po_number")
    assert [each["href"] for each in note.select("a")] == ["/billing/invoice-address/"]
    assert alice.opens("/billing/").texts("#overview-po_number a") == ["Add order number"]
    transfers.take_transfers()
    with as_customer(acme.customer_id), pytest.raises(Refused) as no:
        placing.order(alice_actor, form_key=ids.new_form_key(), amount=Money(2500, "USD"), pack="")
    assert no.value.reason == "po_number_missing"
    address.change(acme.customer_id, NEW_YORK, "PO-7", 0, by="mem_alice", as_typed=True)
    assert alice.opens("/billing/add-credits/").soup.select("#add_credits-po_number") == []
    assert alice.opens("/billing/").soup.select("#overview-po_number") == []
