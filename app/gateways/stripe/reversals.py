"""Money that goes back at Stripe: refunds and disputes."""

from datetime import UTC, datetime
from typing import TypeVar

import stripe
import structlog
from stripe import StripeClient

from app.domain.amounts import money_words
from app.domain.errors import Broken
from app.domain.money import Money
from app.domain.payments import Declined, Misused, Unknown
from app.domain.processor_amounts import from_processor_minor, is_taken, to_processor_minor
from app.domain.reversals import DisputeState, ProcessorDispute, ProcessorRefund, RefundState
from app.gateways.stripe.answers import (
    PAYMENT_KEY,
    REFUND_KEY,
    asked,
    asked_for_nothing_charged,
    id_of,
    metadata_of,
    misused,
)

log = structlog.get_logger()
Each = TypeVar("Each", ProcessorRefund, ProcessorDispute)
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_NOTHING_LEFT = frozenset({"charge_already_refunded", "charge_disputed", "amount_too_large"})
_REFUND_STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.CANCELED,
}
# A warning is a bank's question before it takes anything: it may become a dispute under the same id, so it counts as
# open until it is closed.
_DISPUTE_STATES = {
    "won": DisputeState.WON,
    "warning_closed": DisputeState.WON,
    "prevented": DisputeState.WON,
    "lost": DisputeState.LOST,
}


class StripeReversals:
    """The part of the gateway that sends money back and looks at what was taken back."""

    _client: StripeClient

    def create_refund(
        self, *, intent_id: str, refund_id: str, payment_id: str, amount: Money, reason: str, key: str
    ) -> ProcessorRefund | Declined | Unknown | Misused:
        """Send money of a payment back. Stripe knows three reasons; any other is the customer's request."""
        if not is_taken(amount):
            return misused(f"no amount that the processor sends back: {amount}", "amount_not_taken")
        parameters: stripe.params.RefundCreateParams = {
            "payment_intent": intent_id,
            "amount": to_processor_minor(amount),
            "reason": reason if reason in _REASONS else "requested_by_customer",
            "metadata": {REFUND_KEY: refund_id, PAYMENT_KEY: payment_id},
        }

        def create() -> ProcessorRefund | Declined | Unknown | Misused:
            try:
                return refund_of(self._client.v1.refunds.create(parameters, {"idempotency_key": key}))
            except stripe.InvalidRequestError as error:
                if not _nothing_left(error):
                    raise
                return Declined(error.code or "amount_too_large", intent_id)

        return asked(create)

    def fetch_refund(self, refund: str) -> ProcessorRefund | Unknown | Misused:
        """Return a refund as it stands now."""
        return asked_for_nothing_charged(lambda: refund_of(self._client.v1.refunds.retrieve(refund)))

    def refunds_of(self, intent_id: str) -> list[ProcessorRefund] | Unknown | Misused:
        """Return every refund of a payment, the oldest first."""

        def listed() -> list[ProcessorRefund] | Unknown | Misused:
            page = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": 100})
            return _all_read([refund_of(each) for each in page.auto_paging_iter()])

        return asked_for_nothing_charged(listed)

    def fetch_dispute(self, dispute: str) -> ProcessorDispute | Unknown | Misused:
        """Return a dispute as it stands now."""
        return asked_for_nothing_charged(lambda: dispute_of(self._client.v1.disputes.retrieve(dispute)))

    def disputes_of(self, intent_id: str) -> list[ProcessorDispute] | Unknown | Misused:
        """Return every dispute of a payment, the oldest first."""

        def listed() -> list[ProcessorDispute] | Unknown | Misused:
            page = self._client.v1.disputes.list({"payment_intent": intent_id, "limit": 100})
            return _all_read([dispute_of(each) for each in page.auto_paging_iter()])

        return asked_for_nothing_charged(listed)


def _all_read(newest_first: list[Each | Unknown | Misused]) -> list[Each] | Unknown | Misused:
    """Return all of them, the oldest first, or what is wrong with one."""
    found: list[Each] = []
    for each in reversed(newest_first):
        if isinstance(each, Unknown | Misused):
            return each
        found.append(each)
    return found


def refund_of(found: "stripe.Refund") -> ProcessorRefund | Unknown | Misused:
    """Return the refund in our words; one that we cannot read is for a person to look at."""
    try:
        state = _REFUND_STATES.get(found.status or "")
        if state is None:
            return Unknown(f"{found.id} has the unknown status {found.status}")
        return ProcessorRefund(
            id=found.id,
            intent_id=id_of(found.payment_intent),
            amount=from_processor_minor(found.amount, found.currency),
            state=state,
            refund_id=metadata_of(found, REFUND_KEY),
            created_at=datetime.fromtimestamp(found.created, UTC),
            problem=getattr(found, "failure_reason", None) or "",  # there only when it failed
        )
    except Broken as problem:
        return misused(f"{found.id}: {problem}", "amount_unreadable")


def dispute_of(found: "stripe.Dispute") -> ProcessorDispute:
    """Return the dispute in our words, also where its amount is none that we can count."""
    due = found.evidence_details.due_by if found.evidence_details else None
    amount = _claim(found)
    return ProcessorDispute(
        id=found.id,
        intent_id=id_of(found.payment_intent),
        amount=amount,
        claimed=money_words(amount) if amount else f"{found.amount} {found.currency}"[:60],
        state=_DISPUTE_STATES.get(found.status, DisputeState.OPEN),
        reason=found.reason,
        created_at=datetime.fromtimestamp(found.created, UTC),
        respond_by=datetime.fromtimestamp(due, UTC) if due else None,
    )


def _claim(found: "stripe.Dispute") -> Money | None:
    try:
        return from_processor_minor(found.amount, found.currency)
    except Broken as problem:
        log.error("dispute_amount_unreadable", dispute=found.id, why=str(problem))
        return None


def _nothing_left(error: "stripe.InvalidRequestError") -> bool:
    """Say whether there is not so much left to send back. Stripe has no code for an amount that is too large."""
    return error.code in _NOTHING_LEFT or (error.param == "amount" and not error.code)
