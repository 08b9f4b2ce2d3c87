"""Stripe behind our own interface: each call has an idempotency key and answers with a value, never an exception."""

from datetime import datetime
from functools import partial
from math import ceil

import stripe
from stripe import StripeClient

from app.domain.addresses.address import Address
from app.domain.addresses.profile import Profile
from app.domain.methods import ONE_TIME_RAILS, Rail
from app.domain.payments import (
    MISSING,
    Answer,
    ChargeOrder,
    Intent,
    IntentStatus,
    Misused,
    ProcessorEvent,
    Unknown,
)
from app.domain.processor_amounts import is_taken, to_processor_minor
from app.domain.processor_events import WebhookEndpoint
from app.gateways.stripe import webhooks
from app.gateways.stripe.answers import (
    CLOCK_MARGIN,
    CUSTOMER_KEY,
    PAYMENT_KEY,
    asked,
    asked_for_nothing_charged,
    failure_of,
    intent_of,
    is_unexpected_state,
    metadata_of,
    misused,
)
from app.gateways.stripe.cash import StripeCash
from app.gateways.stripe.checkouts import StripeCheckouts
from app.gateways.stripe.reversals import StripeReversals
from app.gateways.stripe.setups import StripeSetups
from app.gateways.stripe.tax_ids import compact, parameters

_EXPAND = ["payment_method"]
"""What an intent was paid with: its type is the rail."""
_RANKS = {status: rank for rank, status in enumerate((
    IntentStatus.SUCCEEDED, IntentStatus.REQUIRES_CAPTURE, IntentStatus.PROCESSING, IntentStatus.REQUIRES_ACTION,
    IntentStatus.REQUIRES_CONFIRMATION, IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.CANCELED,
))}  # fmt: skip


def _address(address: Address) -> "stripe.params.CustomerCreateParamsAddress":
    """Return what the address says, in Stripe's words. It takes no empty field."""
    found: stripe.params.CustomerCreateParamsAddress = {"line1": address.line1, "country": address.country}
    if address.line2:
        found["line2"] = address.line2
    if address.city:
        found["city"] = address.city
    if address.postal_code:
        found["postal_code"] = address.postal_code
    if address.region:
        found["state"] = address.region
    return found


class StripeGateway(StripeSetups, StripeReversals, StripeCash, StripeCheckouts):
    """The `PaymentGateway` over Stripe's SDK."""

    def __init__(self, client: StripeClient, *, webhook_secret: str, live: bool) -> None:
        self._client, self._webhook_secret, self._live = client, webhook_secret, live

    def create_customer(self, *, customer_id: str, profile: Profile, key: str) -> str | Unknown | Misused:
        """Create the processor's record of our customer; return its id."""
        parameters: stripe.params.CustomerCreateParams = {
            "name": profile.name,
            "email": profile.email,
            "metadata": {CUSTOMER_KEY: customer_id},
        }
        if profile.address is not None:
            parameters["address"] = _address(profile.address)
        return asked_for_nothing_charged(
            lambda: self._client.v1.customers.create(parameters, {"idempotency_key": key}).id
        )

    def update_customer(self, processor_customer: str, *, profile: Profile, key: str) -> Unknown | Misused | None:
        """Let the record of a customer have this profile.

        Fields that are not sent may keep what an earlier address had there, so that one is removed first.
        """
        parameters: stripe.params.CustomerUpdateParams = {"name": profile.name, "email": profile.email}

        def update() -> None:
            update_record = self._client.v1.customers.update
            if profile.address is not None:
                update_record(processor_customer, {"address": ""}, {"idempotency_key": f"{key}:no_address"})
                parameters["address"] = {**_address(profile.address)}
            update_record(processor_customer, parameters, {"idempotency_key": key})

        return asked_for_nothing_charged(update)

    def set_tax_ids(
        self, processor_customer: str, tax_ids: tuple[tuple[str, str], ...], *, key: str
    ) -> Unknown | Misused | None:
        """Let the record have these tax numbers and no others; what Stripe refuses is logged and left out."""
        at_stripe = self._client.v1.customers.tax_ids

        def known() -> dict[tuple[str, str], str]:
            listed = at_stripe.list(processor_customer).auto_paging_iter()
            return {(each.type, compact(each.value)): each.id for each in listed}

        there = asked_for_nothing_charged(known)
        if isinstance(there, Unknown | Misused):
            return there
        wanted = {(kind, compact(value)): parameters(kind, value) for kind, value in tax_ids}
        for pair, tax_id in there.items():
            if pair not in wanted:
                gone = asked_for_nothing_charged(partial(at_stripe.delete, processor_customer, tax_id))
                if isinstance(gone, Unknown):
                    return gone
        for (kind, value), sent in wanted.items():
            if (kind, value) not in there:
                options: stripe.RequestOptions = {"idempotency_key": f"{key}:{kind}:{value}"}
                made = asked_for_nothing_charged(partial(at_stripe.create, processor_customer, sent, options))
                if isinstance(made, Unknown):
                    return made
        return None

    def has_customer(self, processor_customer: str) -> bool | Unknown | Misused:
        """Say whether the record of a customer is there: a deleted one is answered, and marked so."""
        found = asked_for_nothing_charged(
            lambda: not getattr(self._client.v1.customers.retrieve(processor_customer), "deleted", False)
        )
        return False if isinstance(found, Misused) and found.code == MISSING else found

    def create_intent(self, order: ChargeOrder, *, key: str) -> Answer:
        """Create the processor's payment, unconfirmed."""
        if not is_taken(order.amount):
            return misused(f"no amount that the processor charges: {order.amount}", "amount_not_taken")
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
        parameters: stripe.params.PaymentIntentConfirmParams = {
            "payment_method": method,
            "return_url": return_url,
            "expand": _EXPAND,
        }
        if off_session:
            parameters["off_session"] = True
            parameters["error_on_requires_action"] = True
        return self._confirmed(intent_id, parameters, key)

    def confirm_one_time(self, intent_id: str, *, rail: Rail, return_url: str, key: str) -> Answer:
        """Pay once on the wallet's own page: the method is made from its type, and never attached."""
        if rail not in ONE_TIME_RAILS:
            return misused(f"{rail} cannot be paid with once", "not_a_one_time_rail")
        return self._confirmed(
            intent_id,
            {"payment_method_data": {"type": rail.value}, "return_url": return_url, "expand": _EXPAND},
            key,
        )

    def _confirmed(self, intent_id: str, parameters: "stripe.params.PaymentIntentConfirmParams", key: str) -> Answer:
        try:
            return intent_of(self._client.v1.payment_intents.confirm(intent_id, parameters, {"idempotency_key": key}))
        except stripe.StripeError as error:
            return self.fetch_intent(intent_id) if is_unexpected_state(error) else failure_of(error)

    def fetch_intent(self, intent_id: str) -> Answer:
        """Return the processor's payment as it stands now."""
        try:
            return intent_of(self._client.v1.payment_intents.retrieve(intent_id, {"expand": _EXPAND}))
        except stripe.StripeError as error:
            return failure_of(error)

    def find_intent(self, *, payment_id: str, processor_customer: str, since: datetime) -> Answer | None:
        """Look for the payment that carries our id; of several (there should be one) the one that went furthest."""
        earliest = int((since - CLOCK_MARGIN).timestamp())
        parameters: stripe.params.PaymentIntentListParams = {
            "created": {"gte": earliest},
            "expand": [f"data.{name}" for name in _EXPAND],
            "limit": 100,
        }
        if processor_customer:
            parameters["customer"] = processor_customer

        def found() -> Intent | Unknown | Misused | None:
            listed = self._client.v1.payment_intents.list(parameters)
            ours = [
                intent_of(each) for each in listed.auto_paging_iter() if metadata_of(each, PAYMENT_KEY) == payment_id
            ]
            unread = [answer for answer in ours if not isinstance(answer, Intent)]
            intents = [answer for answer in ours if isinstance(answer, Intent)]
            return unread[0] if unread else min(intents, key=lambda intent: _RANKS[intent.status], default=None)

        return asked(found)

    def cancel_intent(self, intent_id: str, *, key: str) -> Answer:
        """Give the payment up, or return it as it stands when it is over already."""
        try:
            return intent_of(
                self._client.v1.payment_intents.cancel(
                    intent_id, {"cancellation_reason": "abandoned", "expand": _EXPAND}, {"idempotency_key": key}
                )
            )
        except stripe.StripeError as error:
            return self.fetch_intent(intent_id) if is_unexpected_state(error) else failure_of(error)

    def intents_since(self, since: datetime, until: datetime) -> list[Intent] | Unknown | Misused:
        """Return every payment made in [since, until), the oldest first; an unreadable one of others is left out."""

        def listed() -> list[Intent] | Unknown | Misused:
            page = self._client.v1.payment_intents.list(
                {"created": _span(since, until), "expand": [f"data.{name}" for name in _EXPAND], "limit": 100}
            )
            found: list[Intent] = []
            for each in page.auto_paging_iter():
                answer = intent_of(each)
                if isinstance(answer, Intent):
                    found.append(answer)
                elif metadata_of(each, PAYMENT_KEY):
                    return answer
            return found[::-1]

        return asked_for_nothing_charged(listed)

    def events_since(self, since: datetime, until: datetime) -> list[ProcessorEvent] | Unknown | Misused:
        """Return the events made in [since, until), the oldest first."""

        def listed() -> list[ProcessorEvent]:
            page = self._client.v1.events.list({"created": _span(since, until), "limit": 100})
            read = [webhooks.listed(each) for each in page.auto_paging_iter()]
            return [event for event in reversed(read) if event is not None]

        return asked_for_nothing_charged(listed)

    def webhook_endpoints(self) -> list[WebhookEndpoint] | Unknown | Misused:
        """Return every address that events are posted to."""

        def listed() -> list[WebhookEndpoint] | Unknown:
            try:
                page = self._client.v1.webhook_endpoints.list({"limit": 100})
            except stripe.PermissionError:  # a restricted key may lack it, and everything else works
                return Unknown("the key may not list webhook endpoints")
            return [
                WebhookEndpoint(each.url, each.status == "enabled", frozenset(each.enabled_events))
                for each in page.auto_paging_iter()
            ]

        return asked_for_nothing_charged(listed)

    def read_event(self, body: bytes, signature: str) -> ProcessorEvent:
        """Verify a webhook or raise `BadWebhook`."""
        return webhooks.read(body, signature, secret=self._webhook_secret, live=self._live)


def _span(since: datetime, until: datetime) -> "stripe.params.PaymentIntentListParamsCreated":
    """The processor counts whole seconds: a time inside one takes the whole of it."""
    return {"gte": int(since.timestamp()), "lt": ceil(until.timestamp())}
