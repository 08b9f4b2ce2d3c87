"""The payment processor in our own words. `stripe/gateway.py` is the one implementation; the sandbox sits below it."""

from datetime import datetime
from typing import Protocol

from app.domain.addresses.profile import Profile
from app.domain.bank_transfers.accounts import BankAccount, TransferScheme
from app.domain.bank_transfers.cash import ProcessorMovement
from app.domain.methods import Acceptance, Rail, Setup, SetupAnswer, SetupOrder
from app.domain.money import Money
from app.domain.payments import (
    Answer,
    ChargeOrder,
    Checkout,
    Declined,
    Intent,
    Misused,
    ProcessorEvent,
    SavedMethod,
    Unknown,
)
from app.domain.processor_events import WebhookEndpoint
from app.domain.reversals import ProcessorDispute, ProcessorRefund


class BadWebhook(Exception):
    """A webhook that is not the processor's, not for us, or not readable. Answered with 400."""


class PaymentGateway(Protocol):
    """Every call takes the idempotency key of its request, and answers with a value; none of them raises.

    An `Unknown` means that the call may have had its effect: look it up or repeat it with the same key.
    """

    def create_customer(self, *, customer_id: str, profile: Profile, key: str) -> str | Unknown | Misused:
        """Create the processor's record of our customer; return its id."""

    def update_customer(self, processor_customer: str, *, profile: Profile, key: str) -> Unknown | Misused | None:
        """Let the processor's record of a customer have this profile, and nothing of an earlier one."""

    def set_tax_ids(
        self, processor_customer: str, tax_ids: tuple[tuple[str, str], ...], *, key: str
    ) -> Unknown | Misused | None:
        """Let the processor's record of a customer have these tax numbers and no others; leave out what it refuses."""

    def has_customer(self, processor_customer: str) -> bool | Unknown | Misused:
        """Say whether the processor still has its record of a customer: deleted ones are gone for good."""

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

    def confirm_one_time(self, intent_id: str, *, rail: Rail, return_url: str, key: str) -> Answer:
        """Pay once with PayPal or cryptocurrency: the answer names the wallet's page. Nothing is saved."""

    def begin_checkout(
        self, order: ChargeOrder, *, kinds: tuple[str, ...], return_url: str, until: datetime, key: str
    ) -> Checkout | Unknown | Misused:
        """Open a page of the processor's where the customer pays once, by one of these rails, and saves it."""

    def fetch_checkout(self, checkout_id: str) -> Checkout | Unknown | Misused:
        """Return the checkout as it stands now."""

    def end_checkout(self, checkout_id: str, *, key: str) -> Checkout | Unknown | Misused:
        """Let nobody pay there any more. When it is over already the answer is the checkout as it stands."""

    def bank_account(
        self, processor_customer: str, *, scheme: TransferScheme, key: str
    ) -> BankAccount | Unknown | Misused:
        """Return the customer's own account for bank transfers, made when it is first asked for."""

    def pay_from_cash(self, intent_id: str, *, scheme: TransferScheme, return_url: str, key: str) -> Answer:
        """Pay with cash that the customer has sent. Where not all is there, the intent stays `requires_action`."""

    def cash_movements(self, processor_customer: str, *, after: str) -> list[ProcessorMovement] | Unknown | Misused:
        """Return what has moved the customer's cash since the movement `after` (empty: ever), the oldest first."""

    def return_cash(
        self, processor_customer: str, *, amount: Money, return_id: str, key: str
    ) -> str | Declined | Unknown | Misused:
        """Send cash back to where it came from; return the processor's id of it. `Declined`: it is not there."""

    def intents_since(self, since: datetime, until: datetime) -> list[Intent] | Unknown | Misused:
        """Return every payment that the processor made in [since, until), ours or not, the oldest first."""

    def events_since(self, since: datetime, until: datetime) -> list[ProcessorEvent] | Unknown | Misused:
        """Return the events that the processor made in [since, until), the oldest first. It keeps them for 30 days."""

    def begin_setup(self, order: SetupOrder, *, key: str) -> Setup | Unknown | Misused:
        """Create the processor's setup: nothing is saved yet. It carries the secret for the form in the browser."""

    def confirm_setup(
        self, setup_id: str, *, method: str, return_url: str, acceptance: Acceptance | None, key: str
    ) -> SetupAnswer:
        """Save one of the processor's named test methods (`pm_card_visa`, …). Test mode only.

        `acceptance` goes with a debit: that the customer has accepted its mandate.
        """

    def fetch_setup(self, setup_id: str) -> SetupAnswer:
        """Return the processor's setup as it stands now."""

    def cancel_setup(self, setup_id: str, *, key: str) -> SetupAnswer:
        """Give the setup up. When it is over already the answer is the `Setup` as it stands."""

    def fetch_method(self, method: str) -> SavedMethod | Unknown | Misused | None:
        """Return a saved method as it stands now; None when it belongs to no customer any more."""

    def list_methods(self, processor_customer: str) -> list[SavedMethod] | Unknown | Misused:
        """Return everything that is saved for the customer at the processor."""

    def portal_url(self, *, processor_customer: str, return_url: str, key: str) -> str | Unknown | Misused:
        """Return the address of the processor's own portal for the customer: short-lived, for one visit."""

    def create_refund(
        self, *, intent_id: str, refund_id: str, payment_id: str, amount: Money, reason: str, key: str
    ) -> ProcessorRefund | Declined | Unknown | Misused:
        """Send money of a payment back. `Declined`: there is not so much left to send."""

    def fetch_refund(self, refund: str) -> ProcessorRefund | Unknown | Misused:
        """Return a refund (the processor's id) as it stands now."""

    def refunds_of(self, intent_id: str) -> list[ProcessorRefund] | Unknown | Misused:
        """Return every refund of a payment, whoever made it, the oldest first."""

    def fetch_dispute(self, dispute: str) -> ProcessorDispute | Unknown | Misused:
        """Return a dispute (the processor's id) as it stands now."""

    def disputes_of(self, intent_id: str) -> list[ProcessorDispute] | Unknown | Misused:
        """Return every dispute of a payment, the oldest first."""

    def detach_method(self, method: str, *, key: str) -> Unknown | Misused | None:
        """Remove a saved method at the processor."""

    def webhook_endpoints(self) -> list[WebhookEndpoint] | Unknown | Misused:
        """Return every address that the processor posts events to."""

    def read_event(self, body: bytes, signature: str) -> ProcessorEvent:
        """Verify a webhook (raw body and its signature header) or raise `BadWebhook`."""
