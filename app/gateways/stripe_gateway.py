"""Stripe behind our own words: each call names its wish by a key and answers with a value, never with an exception."""

from datetime import datetime, timedelta

import stripe
from stripe import StripeClient

from app.config import Settings
from app.domain.money import to_processor_minor
from app.domain.payments import (
    Answer,
    ChargeOrder,
    Declined,
    Intent,
    IntentStatus,
    Misused,
    ProcessorEvent,
    SavedMethod,
    Unknown,
)
from app.gateways import sandbox, stripe_client, stripe_webhooks
from app.gateways.processor import PaymentGateway
from app.gateways.stripe_answers import (
    CUSTOMER_KEY,
    PAYMENT_KEY,
    failure_of,
    intent_of,
    is_unexpected_state,
    metadata_of,
    method_of,
    misused,
)

# The processor stamps its objects by its own clock, in whole seconds.
CLOCK_MARGIN = timedelta(minutes=5)
_RANKS = {status: rank for rank, status in enumerate((
    IntentStatus.SUCCEEDED, IntentStatus.REQUIRES_CAPTURE, IntentStatus.PROCESSING, IntentStatus.REQUIRES_ACTION,
    IntentStatus.REQUIRES_CONFIRMATION, IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.CANCELED,
))}  # fmt: skip


def build(settings: Settings) -> PaymentGateway:
    """Return the gateway for these settings. One serves all threads of a process."""
    return StripeGateway(
        stripe_client.build(settings),
        webhook_secret=sandbox.webhook_secret(settings)
        if settings.payments == "sandbox"
        else settings.stripe_webhook_secret,
        live="_live_" in settings.stripe_secret_key,
    )


class StripeGateway:
    """The `PaymentGateway` over Stripe's SDK."""

    def __init__(self, client: StripeClient, *, webhook_secret: str, live: bool) -> None:
        self._client, self._webhook_secret, self._live = client, webhook_secret, live

    def create_customer(self, *, customer_id: str, name: str, email: str, key: str) -> str | Unknown | Misused:
        """Create the processor's record of our customer; return its id."""
        try:
            made = self._client.v1.customers.create(
                {"name": name, "email": email, "metadata": {CUSTOMER_KEY: customer_id}}, {"idempotency_key": key}
            )
        except stripe.StripeError as error:
            return _not_declined(failure_of(error))
        return made.id

    def create_intent(self, order: ChargeOrder, *, key: str) -> Answer:
        """Create the processor's payment, unconfirmed."""
        try:
            made = self._client.v1.payment_intents.create(
                {
                    "amount": to_processor_minor(order.amount),
                    "currency": order.amount.currency.lower(),
                    "customer": order.processor_customer,
                    "description": order.description,
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "always"},
                    "metadata": {**order.metadata, PAYMENT_KEY: order.payment_id, CUSTOMER_KEY: order.customer_id},
                },
                {"idempotency_key": key},
            )
        except stripe.StripeError as error:
            return failure_of(error)
        return intent_of(made)

    def confirm_intent(self, intent_id: str, *, method: str, return_url: str, off_session: bool, key: str) -> Answer:
        """Charge `method`. When the intent is somewhere else already, the answer is the intent as it stands."""
        wish: stripe.params.PaymentIntentConfirmParams = {"payment_method": method, "return_url": return_url}
        if off_session:
            wish["off_session"] = True
            wish["error_on_requires_action"] = True
        try:
            return intent_of(self._client.v1.payment_intents.confirm(intent_id, wish, {"idempotency_key": key}))
        except stripe.StripeError as error:
            return self.fetch_intent(intent_id) if is_unexpected_state(error) else failure_of(error)

    def fetch_intent(self, intent_id: str) -> Answer:
        """Return the processor's payment as it stands now."""
        try:
            return intent_of(self._client.v1.payment_intents.retrieve(intent_id))
        except stripe.StripeError as error:
            return failure_of(error)

    def find_intent(self, *, payment_id: str, processor_customer: str, since: datetime) -> Answer | None:
        """Look for the payment that carries our id; of several (there should be one) the one that went furthest."""
        earliest = int((since - CLOCK_MARGIN).timestamp())
        wish: stripe.params.PaymentIntentListParams = {"created": {"gte": earliest}, "limit": 100}
        if processor_customer:
            wish["customer"] = processor_customer
        try:
            listed = self._client.v1.payment_intents.list(wish)
            ours = [each for each in listed.auto_paging_iter() if metadata_of(each, PAYMENT_KEY) == payment_id]
        except stripe.StripeError as error:
            return failure_of(error)
        answers = [intent_of(each) for each in ours]
        unread = [answer for answer in answers if not isinstance(answer, Intent)]
        if unread:
            return unread[0]
        intents = [answer for answer in answers if isinstance(answer, Intent)]
        return min(intents, key=lambda intent: _RANKS[intent.status], default=None)

    def cancel_intent(self, intent_id: str, *, key: str) -> Answer:
        """Give the payment up, or return it as it stands when it is over already."""
        try:
            return intent_of(
                self._client.v1.payment_intents.cancel(
                    intent_id, {"cancellation_reason": "abandoned"}, {"idempotency_key": key}
                )
            )
        except stripe.StripeError as error:
            return self.fetch_intent(intent_id) if is_unexpected_state(error) else failure_of(error)

    def add_test_method(
        self, name: str, *, processor_customer: str, key: str
    ) -> SavedMethod | Declined | Unknown | Misused:
        """Attach one of the processor's named test methods to the customer."""
        if self._live or name not in dict(sandbox.TEST_METHODS):
            return misused(f"{name!r} is not a test method here", "not_a_test_method")
        try:
            return method_of(
                self._client.v1.payment_methods.attach(name, {"customer": processor_customer}, {"idempotency_key": key})
            )
        except stripe.StripeError as error:
            return failure_of(error)

    def detach_method(self, method: str, *, key: str) -> Unknown | Misused | None:
        """Remove a saved method at the processor. One that is gone already is as wished."""
        try:
            self._client.v1.payment_methods.detach(method, {}, {"idempotency_key": key})
        except stripe.StripeError as error:
            if isinstance(error, stripe.InvalidRequestError) and self._is_loose(method):
                return None
            return _not_declined(failure_of(error))
        return None

    def read_event(self, body: bytes, signature: str) -> ProcessorEvent:
        """Verify a webhook or raise `BadWebhook`."""
        return stripe_webhooks.read(body, signature, secret=self._webhook_secret, live=self._live)

    def _is_loose(self, method: str) -> bool:
        try:
            return self._client.v1.payment_methods.retrieve(method).customer is None
        except stripe.StripeError:
            return False


def _not_declined(failure: Declined | Unknown | Misused) -> Unknown | Misused:
    """A call that charges nothing cannot be declined; were it, we would have asked for the wrong thing."""
    return misused("declined where nothing is charged", failure.code) if isinstance(failure, Declined) else failure
