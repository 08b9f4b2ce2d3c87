"""The processor's events that Purser acts on: what its webhook endpoint has to be subscribed to, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

EVENTS = {
    "payment_intent.succeeded": "A payment is credited, also when the customer closed the page.",
    "payment_intent.processing": "A debit or a transfer is on its way.",
    "payment_intent.requires_action": "The bank asks the customer to confirm.",
    "payment_intent.payment_failed": "A payment is over, and nothing was charged.",
    "payment_intent.canceled": "A payment was given up, also in the dashboard.",
    "checkout.session.completed": "A change of plan is paid by who had saved no method.",
    "checkout.session.expired": "Nobody paid at a checkout in time.",
    "setup_intent.succeeded": "A payment method is saved.",
    "setup_intent.setup_failed": "A payment method was not saved.",
    "setup_intent.canceled": "Saving a payment method was given up.",
    "refund.created": "Money goes back, also by a refund made in the dashboard.",
    "refund.updated": "A refund has arrived.",
    "refund.failed": "A refund did not arrive: the credit is returned.",
    "charge.dispute.created": "A bank disputes a payment: its credit is held.",
    "charge.dispute.updated": "A dispute has changed, such as its amount.",
    "charge.dispute.funds_withdrawn": "The disputed money was taken.",
    "charge.dispute.funds_reinstated": "The disputed money was given back.",
    "charge.dispute.closed": "A dispute is won or lost.",
    "customer_cash_balance_transaction.created": "A bank transfer has arrived, or was sent back.",
    "payment_method.detached": "A payment method was removed at the processor.",
    "payment_method.updated": "A payment method was changed at the processor.",
    "payment_method.automatically_updated": "A card was renewed by its bank.",
    "mandate.updated": "A debit's mandate has ended: its method cannot be charged.",
    "customer.deleted": "A customer was deleted at the processor: its payment methods are gone.",
}
"""Each type with what it is for. What is missed all the same, the hourly look through the processor's books finds."""

ALL = "*"


@dataclass(frozen=True)
class WebhookEndpoint:
    """An address that the processor posts events to, as it has it."""

    url: str
    is_enabled: bool
    event_types: frozenset[str]

    @property
    def unheard(self) -> list[str]:
        """The events that we act on and that are not sent there."""
        return [] if ALL in self.event_types else [each for each in EVENTS if each not in self.event_types]


def problems(endpoints: Sequence[WebhookEndpoint], url: str) -> list[str]:
    """Return what is wrong with the endpoints at the processor, as sentences; `url` is where we listen."""
    ours = [each for each in endpoints if each.url.rstrip("/") == url]
    if not ours:
        return [f"The processor has no webhook endpoint for {url}: add one."]
    active = [each for each in ours if each.is_enabled]
    if not active:
        return [f"The processor has switched off the webhook endpoint {url}: switch it on again."]
    types = frozenset(each for endpoint in active for each in endpoint.event_types)
    return [
        f"The webhook endpoint {url} is not subscribed to {each}: {EVENTS[each]}"
        for each in WebhookEndpoint(url, is_enabled=True, event_types=types).unheard
    ]
