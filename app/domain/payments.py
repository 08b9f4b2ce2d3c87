"""The life of a payment: its states, the arrows between them, and what a processor can answer.

A *payment* is the order to collect an amount; an *attempt* is one call to the processor for it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.domain.language import _, marked
from app.domain.money import Money


class Purpose(StrEnum):
    """What a payment is for: what it is fulfilled with once it is paid."""

    TOP_UP = "top_up"
    INVOICE = "invoice"
    """An invoice that is due."""
    PLAN_CHANGE = "plan_change"
    """Another plan, interval or more seats: it is had once this is paid."""


class PaymentState(StrEnum):
    """Where a payment is. Only forward (AC-21)."""

    CREATED = "created"
    PI_CREATED = "pi_created"
    CONFIRMING = "confirming"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


DUNNING = "dunning"
"""Who orders the payments of the schedule for unpaid invoices: what becomes of them is mailed by that schedule."""

_S = PaymentState
ARROWS: dict[PaymentState, frozenset[PaymentState]] = {
    _S.CREATED: frozenset({_S.PI_CREATED, _S.FAILED, _S.CANCELED}),
    _S.PI_CREATED: frozenset({_S.CONFIRMING, _S.SUCCEEDED, _S.FAILED, _S.CANCELED}),
    _S.CONFIRMING: frozenset({_S.REQUIRES_ACTION, _S.PROCESSING, _S.SUCCEEDED, _S.FAILED, _S.CANCELED}),
    _S.REQUIRES_ACTION: frozenset({_S.PROCESSING, _S.SUCCEEDED, _S.FAILED, _S.CANCELED}),
    _S.PROCESSING: frozenset({_S.SUCCEEDED, _S.FAILED, _S.CANCELED}),
    _S.SUCCEEDED: frozenset({_S.REFUNDED, _S.DISPUTED}),
    _S.FAILED: frozenset(),
    _S.CANCELED: frozenset(),
    _S.REFUNDED: frozenset({_S.SUCCEEDED}),  # the customer's bank has sent the refund back
    _S.DISPUTED: frozenset({_S.SUCCEEDED, _S.REFUNDED}),
}
OPEN = frozenset({_S.CREATED, _S.PI_CREATED, _S.CONFIRMING, _S.REQUIRES_ACTION, _S.PROCESSING})
ON_ITS_WAY = OPEN - {_S.REQUIRES_ACTION}
"""What arrives unless the bank says no. What waits for the customer may never."""


DEBIT_DAYS = (8, 14)
"""In how many business days the bank has answered a SEPA direct debit: on average, and at most.

Stripe's page "SEPA Direct Debit payments", read in November 2026. Bank holidays are not known here: "about".
"""


def debit_expected(started: date) -> tuple[date, date]:
    """Return by which day a debit that began on `started` has usually been answered, and by which at the latest."""
    usual, latest = (_business_days(started, days) for days in DEBIT_DAYS)
    return usual, latest


def _business_days(day: date, days: int) -> date:
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def sources_of(target: PaymentState) -> frozenset[PaymentState]:
    """Return the states from which `target` may be reached."""
    return frozenset(state for state, targets in ARROWS.items() if target in targets)


class AttemptState(StrEnum):
    """What came of one call to confirm a payment."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    DECLINED = "declined"
    CANCELED = "canceled"


class IntentStatus(StrEnum):
    """The processor's own word for where its payment is (Stripe's PaymentIntent.status)."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True)
class Intent:
    """The processor's payment as it stands now."""

    id: str
    status: IntentStatus
    amount: Money
    received: Money
    payment_id: str
    """Our payment, from the intent's metadata; empty when the intent is not ours."""
    customer_id: str
    """Our customer, from the intent's metadata."""
    action_url: str = ""
    """Where the customer confirms with the bank, while `requires_action`."""
    decline_code: str = ""
    """Why the last attempt was declined, in the processor's word."""
    method: str = ""
    """The processor's id of the method it was confirmed with."""
    rail: str = ""
    """What carried the money, in the processor's word (`card`, `sepa_debit`, …); empty before it is known."""
    promise: str = ""
    """What the customer was promised for it (`domain/promises.py`), from the metadata."""
    tax: str = ""
    """How it was taxed when it was ordered (`domain/tax/kept.py`), from the metadata."""


@dataclass(frozen=True)
class Declined:
    """The bank said no. Final for this attempt."""

    code: str
    intent_id: str = ""


@dataclass(frozen=True)
class Unknown:
    """No answer, or one that says nothing: it may have happened. Never read as failed."""

    why: str


@dataclass(frozen=True)
class Misused:
    """The processor refused the request itself (400, 401, 403, 404): our bug or a wrong setting; never retried."""

    why: str
    code: str = ""


Answer = Intent | Declined | Unknown | Misused


@dataclass(frozen=True)
class ChargeOrder:
    """What to collect: enough for the processor to create its payment."""

    payment_id: str
    customer_id: str
    processor_customer: str
    amount: Money
    description: str
    off_session: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


class CheckoutStatus(StrEnum):
    """The processor's word for where its checkout is (Stripe's checkout.Session.status)."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Checkout:
    """The processor's page where one payment is made by who has saved no method."""

    id: str
    status: CheckoutStatus
    url: str
    payment_id: str
    """Our payment, from its metadata."""
    intent_id: str
    """The processor's payment, once it is complete."""


@dataclass(frozen=True)
class SavedMethod:
    """A payment method as the processor keeps it: never a number, only what may be shown."""

    processor_id: str
    kind: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    holder: str
    fingerprint: str


@dataclass(frozen=True)
class ProcessorEvent:
    """A webhook of the processor, verified. The object is fetched again, not believed."""

    id: str
    type: str
    object_type: str
    object_id: str
    created_at: datetime
    livemode: bool
    account: str = ""


# How long the processor replays the answer of an idempotency key. Stripe keeps keys for at least 24 hours
# (https://docs.stripe.com/api/idempotent_requests); an hour is kept as a margin for clocks.
KEY_LIFETIME = timedelta(hours=23)
# A confirmation without an answer for this long is given up at the processor (cancelled, which it may refuse).
CONFIRM_GRACE = timedelta(minutes=2)
# How long a customer has to answer the bank's question (AC-12).
ACTION_LIFETIME = timedelta(hours=24)
# The first look at a payment that is still under way: longer than the SDK can take with its retries.
FIRST_CHECK = timedelta(seconds=90)


def next_check(age: timedelta) -> timedelta:
    """Return how long to wait before looking at an open payment of this age again: a tenth of it, 30 s to 6 h."""
    return min(max(age / 10, timedelta(seconds=30)), timedelta(hours=6))


# The bank wants its question answered and nobody was there: the customer goes on with the payment later (AC-11).
AUTHENTICATION_REQUIRED = "authentication_required"
# The customer removed the method between the order and the charge: it is not charged any more.
MISSING = "resource_missing"
"""The processor's word for a customer or a method that it does not have, or has no more."""
METHOD_REMOVED = "method_removed"

_DECLINES = {
    AUTHENTICATION_REQUIRED: marked("The bank asks you to confirm this payment."),
    METHOD_REMOVED: marked("This payment method was removed. Use another one."),
    "processing_error": marked("The bank had a problem with this payment."),
    "resource_missing": marked("Our payment processor no longer accepts this payment method. Use another one."),
    "refused_by_processor": marked("Our payment processor refused this payment. Use another payment method."),
}
_NOT_YOU = "payment_intent_authentication_failure"
_DECLINES_BY_RAIL = {
    "card": {
        "": marked("The bank declined the card."),
        "insufficient_funds": marked("The card has insufficient funds."),
        "expired_card": marked("The card has expired."),
        "incorrect_cvc": marked("The card's security code is wrong."),
        _NOT_YOU: marked("The bank could not confirm that it was you."),
    },
    "sepa_debit": {
        "": marked("Your bank did not pay the direct debit."),
        "insufficient_funds": marked("The bank account has insufficient funds."),
        "debit_not_authorized": marked("Your bank says that the direct debit was not authorized."),
        "account_closed": marked("The bank account is closed."),
    },
    "paypal": {"": marked("PayPal declined the payment."), _NOT_YOU: marked("The payment was not approved at PayPal.")},
    "crypto": {
        "": marked("The payment with cryptocurrency did not arrive."),
        _NOT_YOU: marked("The payment was not approved in the wallet."),
    },
    "bank_transfer": {"": marked("The money that you sent could not be used for this.")},
}


def decline_sentence(code: str, rail: str = "card") -> str:
    """Return the customer's sentence for a decline. Fraud codes stay vague on purpose (Stripe's advice)."""
    words = _DECLINES_BY_RAIL[rail]
    return _(words.get(code) or _DECLINES.get(code) or words[""])


CARD, BANK_TRANSFER = marked("Card"), marked("Bank transfer")
_BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "mastercard": "Mastercard",
    "sepa_debit": marked("SEPA direct debit"),
    "paypal": "PayPal",
    "crypto": marked("Cryptocurrency"),
    "bank_transfer": BANK_TRANSFER,
}


def method_name(brand: str, last4: str = "") -> str:
    """Return how a way to pay is called: `Visa ending in 4242`, `PayPal`."""
    name = _(_BRANDS[brand]) if brand in _BRANDS else _(CARD) if brand == "card" else brand[:1].upper() + brand[1:]
    return _("{method} ending in {last4}", method=name, last4=last4) if last4 else name
