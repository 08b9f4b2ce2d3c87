"""Tax that a corrected invoice had too much goes back once, to where it came from, and takes no credit with it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.domain.errors import Refused
from app.gateways.sandbox import controls
from app.models.database import db
from app.models.ledger import Transfer
from app.models.reversals import Refund
from app.models.scope import as_service
from app.services.invoices import corrections
from app.services.verification.verify import verify
from tests.support import cast
from tests.support.corrections import PARIS, at, corrects, numbered, seen, verified
from tests.support.documents import documents_of, sold_with_tax
from tests.support.outcome import faults
from tests.support.reversals import buys, fetched, later, money_back, payment_of, sends_back


def test_tax_that_was_paid_too_much_goes_back_once_and_takes_no_credit(app: Flask, settings: Settings) -> None:
    customer = sold_with_tax()
    payment = buys(app, cast.make_actor(cast.ALICE, customer), 10000)
    (wrong,) = documents_of(customer)
    assert (wrong.net_minor, wrong.tax_minor, wrong.total_minor) == (10000, 1900, 11900)
    number = verified(customer)
    wanted = at(PARIS, registration_id=number.id)
    preview = seen(customer, wrong, wanted)
    assert (preview.totals.tax.amount_minor, preview.difference.amount_minor) == (0, 1900)
    corrects(customer, wrong, wanted)
    assert numbered(customer) == [
        ("invoice", "paid", 11900, 1900), ("credit_note", "issued", 11900, 1900), ("invoice", "paid", 10000, 0),
    ]  # fmt: skip
    later(app)
    assert money_back(settings, payment) == 1900
    now = payment_of(payment)
    assert (now.state, now.refunded_minor, now.corrected_minor) == ("succeeded", 0, 1900)
    with as_service("look at the ledger"):
        kinds = db.session.scalars(select(Transfer.kind).where(Transfer.source_type == "refund")).all()
    assert kinds == ["money_refunded"]  # and nothing of credit
    assert verify() == []
    # What goes back later is returned of the invoice in its place, with its share of the credit and no tax.
    refund = sends_back(payment, 4000)
    later(app)
    assert fetched(refund).credits_micros == 40_000_000
    assert documents_of(customer)[-1].returns_id == documents_of(customer)[2].id
    assert documents_of(customer)[2].returned_minor == 4000
    sends_back(payment)
    later(app)
    assert (payment_of(payment).state, payment_of(payment).refunded_minor) == ("refunded", 10000)
    assert money_back(settings, payment) == 11900
    assert verify() == []


@pytest.mark.fault("S2", "S5")
def test_whoever_dies_after_the_commit_is_followed_by_the_sweep(app: Flask, settings: Settings) -> None:
    customer = sold_with_tax()
    payment = buys(app, cast.make_actor(cast.ALICE, customer), 10000)
    (wrong,) = documents_of(customer)
    number = verified(customer)
    with faults(app, ("create_refund", "reset_before", 5)):
        corrects(customer, wrong, at(PARIS, registration_id=number.id))
    later(app, timedelta(hours=1))
    assert money_back(settings, payment) == 1900
    assert verify() == []


def test_a_difference_that_did_not_arrive_is_still_owed_and_sent_again(app: Flask, settings: Settings) -> None:
    customer = sold_with_tax()
    payment = buys(app, cast.make_actor(cast.ALICE, customer), 10000)
    (wrong,) = documents_of(customer)
    made = corrects(customer, wrong, at(PARIS, registration_id=verified(customer).id))
    refund = fetched(fetched(made)).refund_id or ""
    controls.end_refund(settings, _processor_id(refund), succeeded=False)
    later(app)
    assert (payment_of(payment).corrected_minor, payment_of(payment).state) == (1900, "succeeded")
    with pytest.raises(Refused, match=r"at most"):
        sends_back(payment, 11000)  # it is no longer the payment's to refund
    again = corrections.return_difference(made.id, by="support")
    assert (again.amount_minor, again.state) == (1900, "succeeded")
    with pytest.raises(Refused) as twice:
        corrections.return_difference(made.id, by="support")
    assert twice.value.reason == "nothing_to_return"
    assert verify() == []


def _processor_id(refund_id: str) -> str:
    with as_service("look at a refund"):
        return db.session.get_one(Refund, refund_id).processor_id or ""
