"""The payment processor in our own words. `stripe_gateway.py` is the one implementation; the sandbox sits below it."""

from datetime import datetime
from typing import Protocol

from app.domain.payments import Answer, ChargeOrder, Declined, Misused, ProcessorEvent, SavedMethod, Unknown


class BadWebhook(Exception):
    """A webhook that is not the processor's, not for us, or not readable. Answered with 400."""


class PaymentGateway(Protocol):
    """Every call takes the idempotency key that names the wish, and answers with a value; none of them raises.

    An `Unknown` means that the call may have had its effect: look it up or repeat it with the same key.
    """

    def create_customer(self, *, customer_id: str, name: str, email: str, key: str) -> str | Unknown | Misused:
        """Create the processor's record of our customer; return its id."""

    def create_intent(self, order: ChargeOrder, *, key: str) -> Answer:
        """Create the processor's payment, unconfirmed: nothing is charged yet."""

    def confirm_intent(self, intent_id: str, *, method: str, return_url: str, off_session: bool, key: str) -> Answer:
        """Ask the processor to charge `method` (its own id). `Declined` carries the decline code."""

    def fetch_intent(self, intent_id: str) -> Answer:
        """Return the processor's payment as it stands now."""

    def find_intent(self, *, payment_id: str, processor_customer: str, since: datetime) -> Answer | None:
        """Look for the payment that carries our id, when its own id was never saved; None: there is none."""

    def cancel_intent(self, intent_id: str, *, key: str) -> Answer:
        """Give the payment up. When it is over already the answer is the `Intent` as it stands, whatever it is."""

    def add_test_method(
        self, name: str, *, processor_customer: str, key: str
    ) -> SavedMethod | Declined | Unknown | Misused:
        """Attach one of the processor's named test methods (`pm_card_visa`, …) to the customer. Test mode only."""

    def detach_method(self, method: str, *, key: str) -> Unknown | Misused | None:
        """Remove a saved method at the processor."""

    def read_event(self, body: bytes, signature: str) -> ProcessorEvent:
        """Verify a webhook (raw body and its signature header) or raise `BadWebhook`."""
