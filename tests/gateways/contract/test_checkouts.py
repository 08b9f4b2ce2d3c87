"""A checkout: opened, left, paid at; what it takes is an intent of ours, and its method is saved."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app import clock, ids
from app.domain.money import Money
from app.domain.payments import ChargeOrder, Checkout, CheckoutStatus, Intent, Misused, SavedMethod
from app.gateways.processor import PaymentGateway
from tests.gateways.contract.conftest import RETURN_URL, Outside

Till = Callable[[str, str], bool]


@pytest.fixture
def order(owner: str) -> ChargeOrder:
    """A payment of 12.50 USD."""
    metadata = {"promise": "plan"}
    return ChargeOrder(
        ids.new("pay"), "cus_acme", owner, Money(1250, "USD"), "Change of plan of Acme", metadata=metadata
    )


def opened(gateway: PaymentGateway, order: ChargeOrder) -> Checkout:
    until, key = clock.now() + timedelta(hours=23), f"{order.payment_id}:checkout"
    made = [
        gateway.begin_checkout(order, kinds=("card",), return_url=RETURN_URL, until=until, key=key)
        for _twice in range(2)
    ]
    assert isinstance(made[0], Checkout) and made[0] == made[1], made
    return made[0]


def test_it_is_open_until_it_is_ended_and_then_stays_so(
    gateway: PaymentGateway, order: ChargeOrder, till: Till
) -> None:
    made = opened(gateway, order)
    assert (made.status, made.payment_id, made.intent_id) == (CheckoutStatus.OPEN, order.payment_id, "")
    assert made.url.startswith("http") and gateway.fetch_checkout(made.id) == made
    for number in range(2):
        ended = gateway.end_checkout(made.id, key=f"{order.payment_id}:end:{number}")
        assert isinstance(ended, Checkout) and (ended.status, ended.url) == (CheckoutStatus.EXPIRED, "")


def test_paid_there_it_is_an_intent_of_ours_and_its_method_is_saved(
    gateway: PaymentGateway, order: ChargeOrder, till: Till, outside: Outside
) -> None:
    made = opened(gateway, order)
    assert not till(made.id, "pm_card_chargeDeclined")
    assert gateway.fetch_checkout(made.id) == made
    assert till(made.id, "pm_card_visa")
    paid = gateway.end_checkout(made.id, key="too late")
    assert isinstance(paid, Checkout) and paid.status is CheckoutStatus.COMPLETE
    intent = gateway.fetch_intent(paid.intent_id)
    assert isinstance(intent, Intent)
    assert (intent.payment_id, intent.customer_id, intent.received) == (order.payment_id, "cus_acme", order.amount)
    saved = gateway.fetch_method(intent.method)
    assert isinstance(saved, SavedMethod) and (saved.kind, saved.last4) == ("card", "4242")


def test_one_that_never_was_is_missing(gateway: PaymentGateway, till: Till) -> None:
    answer = gateway.fetch_checkout("cs_test_never")
    assert isinstance(answer, Misused) and answer.code == "resource_missing"
