"""Payments by who has saved no method, on Stripe's own page: Checkout. What it takes is an intent like any other."""

from datetime import datetime

import stripe
from stripe import StripeClient

from app.domain.payments import ChargeOrder, Checkout, CheckoutStatus, Misused, Unknown
from app.domain.processor_amounts import is_taken, to_processor_minor
from app.gateways.stripe.answers import (
    CUSTOMER_KEY,
    PAYMENT_KEY,
    asked_for_nothing_charged,
    id_of,
    metadata_of,
    misused,
)


class StripeCheckouts:
    """The part of the gateway that lets a customer pay on the processor's page."""

    _client: StripeClient

    def begin_checkout(
        self, order: ChargeOrder, *, kinds: tuple[str, ...], return_url: str, until: datetime, key: str
    ) -> Checkout | Unknown | Misused:
        """Create the session. Its intent is made when the customer pays, carries our ids, and saves the method."""
        if not is_taken(order.amount):
            return misused(f"no amount that the processor charges: {order.amount}", "amount_not_taken")
        named = {PAYMENT_KEY: order.payment_id, CUSTOMER_KEY: order.customer_id}
        parameters: stripe.params.checkout.SessionCreateParams = {
            "mode": "payment",
            "customer": order.processor_customer,
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.amount.currency.lower(),
                        "unit_amount": to_processor_minor(order.amount),
                        "product_data": {"name": order.description},
                    },
                }
            ],
            "allowed_payment_method_types": list(kinds),
            "payment_intent_data": {
                "description": order.description,
                "metadata": {**order.metadata, **named},
                "setup_future_usage": "off_session",
            },
            "adaptive_pricing": {"enabled": False},  # else the customer may pay in another currency
            "metadata": named,
            "success_url": return_url,
            "cancel_url": return_url,
            "expires_at": int(until.timestamp()),
        }
        return asked_for_nothing_charged(
            lambda: checkout_of(self._client.v1.checkout.sessions.create(parameters, {"idempotency_key": key}))
        )

    def fetch_checkout(self, checkout_id: str) -> Checkout | Unknown | Misused:
        """Return the session as it stands now."""
        return asked_for_nothing_charged(lambda: checkout_of(self._client.v1.checkout.sessions.retrieve(checkout_id)))

    def end_checkout(self, checkout_id: str, *, key: str) -> Checkout | Unknown | Misused:
        """Let nobody pay there any more, or return it as it stands when it is over already."""

        def ended() -> Checkout | Unknown:
            try:
                options: stripe.RequestOptions = {"idempotency_key": key}
                return checkout_of(self._client.v1.checkout.sessions.expire(checkout_id, {}, options))
            except stripe.InvalidRequestError:  # only an open one expires: how it stands says whether that is why
                now = checkout_of(self._client.v1.checkout.sessions.retrieve(checkout_id))
                if isinstance(now, Checkout) and now.status is CheckoutStatus.OPEN:
                    raise
                return now

        return asked_for_nothing_charged(ended)


def checkout_of(found: "stripe.checkout.Session") -> Checkout | Unknown:
    """Return the session in our words."""
    try:
        status = CheckoutStatus(found.status or "")
    except ValueError:
        return Unknown(f"{found.id} has the unknown status {found.status}")
    return Checkout(
        id=found.id,
        status=status,
        url=found.url or "",
        payment_id=metadata_of(found, PAYMENT_KEY),
        intent_id=id_of(found.payment_intent) if status is CheckoutStatus.COMPLETE else "",
    )
