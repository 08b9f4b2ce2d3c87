"""Customers and saved methods at the sandbox: Stripe's named test methods, never a number.

Stripe lets only some of its declining test cards be saved; here each of them can, so that a decline can be seen where
it matters: when a saved card is charged.
"""

import hashlib
from dataclasses import dataclass

from app import clock
from app.gateways.sandbox_errors import Refusal, no_such
from app.gateways.sandbox_spec import Params
from app.gateways.sandbox_store import Body, Store, hidden, new_id


@dataclass(frozen=True)
class TestCard:
    """One of the processor's named test cards: how it looks and what its bank says."""

    label: str
    brand: str
    last4: str
    code: str = ""
    """The error code of its decline; `authentication` asks the bank's question first; empty: it pays."""
    decline_code: str = ""
    message: str = "Your card was declined."
    exp_year: int = 2034


CARDS = {
    "pm_card_visa": TestCard("Visa ending in 4242: pays", "visa", "4242"),
    "pm_card_mastercard": TestCard("Mastercard ending in 4444: pays", "mastercard", "4444"),
    "pm_card_amex": TestCard("American Express ending in 8431: pays", "amex", "8431"),
    "pm_card_authenticationRequired": TestCard(
        "Visa ending in 3184: the bank asks you first", "visa", "3184", "authentication"
    ),
    "pm_card_chargeDeclinedInsufficientFunds": TestCard(
        "Visa ending in 9995: insufficient funds",
        "visa",
        "9995",
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_chargeDeclinedExpiredCard": TestCard(
        "Visa ending in 0069: expired", "visa", "0069", "expired_card", "expired_card", "Your card has expired."
    ),
    "pm_card_chargeCustomerFail": TestCard(
        "Visa ending in 0341: declined when charged", "visa", "0341", "card_declined", "generic_decline"
    ),
    "pm_card_chargeDeclined": TestCard(
        "Visa ending in 0002: declined", "visa", "0002", "card_declined", "generic_decline"
    ),
}


def create_customer(store: Store, params: Params) -> Body:
    """Make a customer of the processor."""
    customer: Body = {
        "id": new_id("cus"),
        "object": "customer",
        "created": int(clock.now().timestamp()),
        "description": params.get("description"),
        "email": params.get("email"),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "name": params.get("name"),
    }
    store.add(customer)
    return customer


def customer_of(store: Store, customer_id: str, param: str) -> Body:
    """Return a customer or refuse the id."""
    found = store.find("customer", customer_id)
    if found is None:
        raise no_such("customer", customer_id, param)
    return found


def attach(store: Store, method_id: str, params: Params) -> Body:
    """Give a customer a method: a named test card makes a new one."""
    owner = params.get("customer", "")
    if not owner:
        raise Refusal(400, "You must specify the customer to attach to.", param="customer", code="parameter_missing")
    customer = customer_of(store, owner, "customer")
    card = CARDS.get(method_id)
    if card is not None:
        method = _new_method(method_id, card, customer)
        store.add(method, owner=owner)
        return method
    method = method_of(store, method_id, "id")
    if method["customer"] == owner:
        return method
    if method["customer"] or hidden(method).get("detached"):
        raise used_up()
    method["customer"] = owner
    store.keep(method, owner=owner)
    return method


def detach(store: Store, method_id: str) -> Body:
    """Take a method from its customer, for good."""
    method = method_of(store, method_id, "id")
    if not method["customer"]:
        raise Refusal(400, "The payment method you provided is not attached to a customer so detachment is impossible.")
    method["customer"] = None
    hidden(method)["detached"] = True
    store.keep(method, owner="")
    return method


def method_of(store: Store, method_id: str, param: str) -> Body:
    """Return a method or refuse the id."""
    found = store.find("payment_method", method_id)
    if found is None:
        raise no_such("PaymentMethod", method_id, param)
    return found


def used_up() -> Refusal:
    """Refuse a method that was detached: it may not be used again."""
    return Refusal(
        400,
        "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
        "with a connected account without Customer attachment, or was detached from a Customer. It may not be used "
        "again.",
        param="payment_method",
    )


def _new_method(name: str, card: TestCard, customer: Body) -> Body:
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "billing_details": {
            "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
            "email": None,
            "name": customer["name"],
            "phone": None,
            "tax_id": None,
        },
        "card": {
            "brand": card.brand,
            "country": "US",
            "exp_month": 8,
            "exp_year": card.exp_year,
            "fingerprint": hashlib.sha256(name.encode()).hexdigest()[:16],
            "funding": "credit",
            "last4": card.last4,
        },
        "created": int(clock.now().timestamp()),
        "customer": customer["id"],
        "livemode": False,
        "metadata": {},
        "type": "card",
        "sandbox": {"name": name},
    }
