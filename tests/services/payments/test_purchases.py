"""What is said of a purchase: where its money is, since when a part of it went back, and of one just like it."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.catalog import versions
from app.services.payments import purchases, top_ups
from app.services.payments.purchases import Purchase, Reversal
from app.services.transaction import transaction
from tests.support import rails
from tests.support.outcome import faults
from tests.support.reversals import buys, later, sends_back

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def standing(payment: str, *reversals: tuple[str, str]) -> str:
    """Say where the money is of a payment in this state, after these refunds and disputes."""
    parts = [Reversal(kind, state, Money(500, "USD"), NOON, "") for kind, state in reversals]
    return Purchase(Payment(state=payment), None, None, parts, None).standing


@pytest.mark.parametrize(
    ("payment", "reversals", "said"),
    [
        ("succeeded", [], "paid"),
        ("succeeded", [("refund", "failed")], "paid"),
        ("succeeded", [("refund", "canceled"), ("dispute", "won")], "paid"),
        ("succeeded", [("refund", "created")], "refunding"),
        ("succeeded", [("refund", "pending")], "refunding"),
        ("succeeded", [("refund", "succeeded"), ("refund", "pending")], "refunding"),
        ("succeeded", [("refund", "failed"), ("refund", "created")], "refunding"),
        ("succeeded", [("refund", "succeeded")], "partly_refunded"),
        ("refunded", [("refund", "succeeded"), ("refund", "failed")], "refunded"),
        ("disputed", [("refund", "pending"), ("dispute", "open")], "disputed"),
        ("disputed", [("refund", "pending"), ("dispute", "lost")], "lost"),
    ],
)
def test_what_matters_most_of_what_went_back_is_said(payment: str, reversals: list[tuple[str, str]], said: str) -> None:
    assert standing(payment, *reversals) == said


def test_an_open_refund_counts_from_when_it_was_made_and_one_that_arrived_from_then(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    with clock.at(NOON):
        payment = buys(app, alice_actor, 2500)
    with faults(app, ("create_refund", "reset_before", 50)):
        with clock.at(NOON + timedelta(minutes=1)):
            sends_back(payment, 1000)
        with clock.at(NOON + timedelta(minutes=5)):
            later(app)
            (part,) = read(acme, payment).reversals
            assert (part.state, part.amount, part.since) == (
                "created", Money(1000, "USD"), NOON + timedelta(minutes=1)
            )  # fmt: skip
            assert (read(acme, payment).standing, part.row_id) == ("refunding", "")
    with clock.at(NOON + timedelta(hours=1)):
        later(app)
        (part,) = read(acme, payment).reversals
        assert (part.state, part.since) == ("succeeded", NOON + timedelta(hours=1))
        assert (read(acme, payment).standing, bool(part.row_id)) == ("partly_refunded", True)


def read(of: Customer, payment: Payment) -> Purchase:
    """Return the purchase as the customer sees it."""
    with as_customer(of.customer_id):
        return purchases.read(payment.id)


def test_a_purchase_is_read_with_its_row_of_the_history_and_by_nobody_else(
    app: Flask, acme: Customer, globex: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    row = read(acme, payment).row
    assert row is not None and (row.kind, row.source_id, row.amount) == ("purchased", payment.id, 25_000_000)
    for customer, wanted in ((globex, payment), (acme, Payment(id="pay_1")), (acme, Payment(id=ids.new("pay")))):
        with pytest.raises(NotFound) as refused:
            read(customer, wanted)
        assert (refused.value.sentence, refused.value.status) == ("There is no such payment.", 404)


@pytest.mark.parametrize(
    ("state", "reason", "sentence"),
    [
        ("succeeded", "bought_just_now", "You bought the same credits a few minutes ago, for $25.00."),
        (
            "processing",
            "bought_just_now",
            "Your payment of $25.00 for the same credits is already being processed.",
        ),
        ("requires_action", "waits_already", "Your payment of $25.00 for the same credits waits for your approval."),
        (
            "confirming",
            "not_heard_yet",
            "We have not heard back yet about your payment of $25.00 for the same credits.",
        ),
    ],
)
def test_one_just_like_it_is_said_as_it_stands(state: str, reason: str, sentence: str) -> None:
    refused = purchases.alike(Payment(state=state, amount_minor=2500, currency="USD"))
    assert (refused.reason, refused.sentence, refused.status) == (reason, sentence, 409)


def test_a_form_that_is_none_of_ours_buys_nothing(acme: Customer, alice_actor: Actor) -> None:
    with as_customer(acme.customer_id), pytest.raises(Refused) as refused:
        top_ups.buy(
            alice_actor, form_key="none", amount=Money(2500, "USD"), pack="", method_id="paypal", return_url=rails.BACK
        )
    assert (refused.value.reason, refused.value.status) == ("form_key_malformed", 422)
    assert refused.value.sentence == "This form is no longer valid. Please fill it in again."


def test_a_closed_account_names_whom_to_ask_and_buys_nothing(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with as_service("close an account"), transaction() as session:
        session.get_one(Customer, acme.customer_id).standing = "closed"
    with as_customer(acme.customer_id), pytest.raises(Refused) as refused:
        top_ups.buy(
            alice_actor,
            form_key=ids.new_form_key(),
            amount=Money(2500, "USD"),
            pack="",
            method_id="paypal",
            return_url=rails.BACK,
        )
    sentence = "This account is closed, so no credit can be added to it. Nothing was charged. "
    assert (refused.value.reason, refused.value.status) == ("closed", 409)
    assert refused.value.sentence == f"{sentence}Ask Relay Networks, Inc. about it."
    assert refused.value.sentence == top_ups.closed_sentence(versions.of(acme))
