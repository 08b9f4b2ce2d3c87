"""What a payment was for: a purpose has one function, and a purpose that nobody fulfils settles nothing."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.demo.payment_methods import add_test_method
from app.domain.errors import Broken
from app.domain.ledger import Posting
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.ledger import Grant
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.ledger.posting import Books
from app.services.payments import fulfilment, settlement
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support.shop import remaining
from tests.support.unheard import charged_unheard, stands


@pytest.fixture
def for_a_subscription(app: Flask, acme: Customer, alice_actor: Actor) -> Payment:
    """A payment that was charged, for a purpose that is not ours yet, and that nobody has settled."""
    with as_customer(acme.customer_id):
        visa = add_test_method(alice_actor, "pm_card_visa").id
    payment = charged_unheard(app, alice_actor, visa)
    with as_service("a test"), transaction() as session:
        session.execute(update(Payment).where(Payment.id == payment.id).values(purpose="subscription"))
    return payment


def test_a_purpose_that_nobody_fulfils_settles_nothing(for_a_subscription: Payment, acme: Customer) -> None:
    for _ in range(2):
        with pytest.raises(Broken, match="nobody fulfils payments for 'subscription'"):
            settlement.settle(for_a_subscription.id)
    assert (stands(for_a_subscription).state, stands(for_a_subscription).received_minor) == ("confirming", 0)
    assert remaining(acme) == 0
    assert verify() == []


def test_another_room_fulfils_its_purpose_once_and_no_credit_is_given(
    for_a_subscription: Payment, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, Money]] = []

    def pays(books: Books, payment: Payment, received: Money, now: datetime) -> Mapping[str, object]:
        seen.append((payment.id, received))
        money = fulfilment.arrived(payment, received, "Invoice paid")
        books.post(
            [
                money,
                Posting(money.unit, "clearing", "prepaid", money.amount, "sale", "payment", payment.id, "Invoice paid"),
            ],
            now,
        )
        return {"invoice": "inv_1"}

    monkeypatch.setattr(fulfilment, "_purposes", {**fulfilment._purposes})
    fulfilment.fulfils("subscription")(pays)
    with pytest.raises(Broken, match="fulfilled already"):
        fulfilment.fulfils("subscription")(pays)
    for _ in range(2):
        assert settlement.settle(for_a_subscription.id).state == "succeeded"
    assert seen == [(for_a_subscription.id, Money(2500, "USD"))]
    with as_service("a test"):
        assert db.session.scalars(select(Grant)).all() == []
        assert "credits.granted" not in db.session.scalars(select(OutboxEvent.type)).all()
        said = db.session.scalars(select(AuditEntry.after).where(AuditEntry.action == "payment.succeeded")).one()
    assert "inv_1" in str(said)
    assert "credits_micros" not in str(said)
    assert remaining(acme) == 0
