"""Ways to pay: the rails, a saved method, the setup that saves one, and the mandate that a debit needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.domain.errors import Refused
from app.domain.language import _, marked, ngettext
from app.domain.payments import CONFIRM_GRACE, Declined, Misused, SavedMethod, Unknown


class Rail(StrEnum):
    """What carries the money. The words are Stripe's types of payment method, but for the bank transfer."""

    CARD = "card"
    SEPA_DEBIT = "sepa_debit"
    PAYPAL = "paypal"
    CRYPTO = "crypto"
    BANK_TRANSFER = "bank_transfer"
    """Paid from the cash that the customer has sent to the processor: Stripe's `customer_balance`."""


SAVED_RAILS = frozenset({Rail.CARD, Rail.SEPA_DEBIT, Rail.PAYPAL})
"""Cryptocurrency cannot be saved: whoever pays with it sends it each time."""
ONE_TIME_RAILS = frozenset({Rail.PAYPAL, Rail.CRYPTO})
"""What pays once by going to the wallet's own page, with nothing saved."""
UNSAVED_RAILS = ONE_TIME_RAILS | {Rail.BANK_TRANSFER}
"""What pays with no saved method."""


class SetupState(StrEnum):
    """Where a setup is (a request to save a method). Only forward."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


_S = SetupState
SETUP_ARROWS: dict[SetupState, frozenset[SetupState]] = {
    _S.CREATED: frozenset({_S.REQUIRES_ACTION, _S.PROCESSING, _S.SUCCEEDED, _S.FAILED, _S.CANCELED}),
    _S.REQUIRES_ACTION: frozenset({_S.PROCESSING, _S.SUCCEEDED, _S.FAILED, _S.CANCELED}),
    _S.PROCESSING: frozenset({_S.SUCCEEDED, _S.FAILED, _S.CANCELED}),
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELED: frozenset(),
}
OPEN_SETUPS = frozenset({_S.CREATED, _S.REQUIRES_ACTION, _S.PROCESSING})


class SetupStatus(StrEnum):
    """The processor's own word for where its setup is (Stripe's SetupIntent.status)."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True)
class Acceptance:
    """That a customer has accepted a mandate: from where, with what, when."""

    address: str
    user_agent: str
    accepted_at: datetime


@dataclass(frozen=True)
class ProcessorMandate:
    """The mandate as the processor keeps it: its id there, and the reference that the debtor's bank shows."""

    id: str
    reference: str


@dataclass(frozen=True)
class SetupOrder:
    """What to save: enough for the processor to create its setup."""

    setup_id: str
    customer_id: str
    processor_customer: str
    kinds: tuple[Rail, ...]


@dataclass(frozen=True)
class Setup:
    """The processor's setup as it stands now."""

    id: str
    status: SetupStatus
    setup_id: str
    """Our setup, from the object's metadata; empty when it is not ours."""
    customer_id: str
    """Our customer, from the metadata."""
    method: SavedMethod | None = None
    """What was saved, once it succeeded."""
    action_url: str = ""
    """Where the customer goes on, while `requires_action`."""
    decline_code: str = ""
    mandate: ProcessorMandate | None = None
    client_secret: str = ""
    """For the processor's own form in the browser. Never stored, never logged."""

    def __repr__(self) -> str:
        return f"Setup({self.id}, {self.status}, {self.setup_id})"


SetupAnswer = Setup | Declined | Unknown | Misused


MOST_METHODS = 20
"""How many methods a customer may have saved at once."""
MOST_SETUPS, SETUPS_WITHIN = 30, timedelta(hours=1)
"""How many a customer's members may begin to save in which time: who tries stolen cards tries many."""
SETUP_LIFETIME = timedelta(hours=24)
"""How long a setup waits for the customer: at the processor's form, or at the bank."""
EXPIRES_SOON = timedelta(days=60)


class Expiry(StrEnum):
    """How a card's date stands today."""

    FINE = "fine"
    SOON = "soon"
    OVER = "over"


def expiry(month: int | None, year: int | None, today: date) -> Expiry:
    """Return how a card's date stands: it is good to the last day of its month. What has no date never expires."""
    if month is None or year is None:
        return Expiry.FINE
    first_day_after = date(year + month // 12, month % 12 + 1, 1)
    if today >= first_day_after:
        return Expiry.OVER
    return Expiry.SOON if today + EXPIRES_SOON >= first_day_after else Expiry.FINE


UNAVAILABLE = "unavailable"
"""Why a setup ended: the processor did not answer."""


def is_unconfirmed(setup: Setup) -> bool:
    """Say whether nothing can be saved by it unless it is confirmed (again)."""
    return setup.status in {SetupStatus.REQUIRES_PAYMENT_METHOD, SetupStatus.REQUIRES_CONFIRMATION}


def setup_is_over(setup: Setup, age: timedelta, *, alone: bool) -> bool:
    """Say whether nobody brings this setup further.

    `alone`: we confirm it ourselves, once. Otherwise the customer may try again and again at the processor's form.
    """
    if is_unconfirmed(setup):
        return age >= (CONFIRM_GRACE if alone else SETUP_LIFETIME) or (alone and bool(setup.decline_code))
    return setup.status is SetupStatus.REQUIRES_ACTION and age >= SETUP_LIFETIME


_PROBLEMS = {
    "not_a_test_method": (marked("This is not one of the test methods."), "test_method_unknown"),
    "resource_missing": (marked("This is not one of the test methods."), "test_method_unknown"),
    "incorrect_cvc": (marked("The card's security code is wrong. Nothing was saved."), "method_declined"),
    "expired_card": (marked("The card has expired. Nothing was saved."), "method_declined"),
    "setup_intent_authentication_failure": (
        marked("Your identity was not confirmed, so nothing was saved. Try again, or use another payment method."),
        "not_authenticated",
    ),
    "given_up": (marked("It was cancelled. Nothing was saved."), "given_up"),
    "not_confirmed": (marked("It was not confirmed. Nothing was saved. Try again."), "not_confirmed"),
    UNAVAILABLE: (
        marked("Our payment processor did not answer. Nothing was saved. Try again in a minute."),
        UNAVAILABLE,
    ),
}


def setup_problem(code: str) -> tuple[str, str]:
    """Return why nothing was saved as a sentence for the customer and a reason for machines."""
    words = marked("The bank does not accept this payment method. Choose another one.")
    said, reason = _PROBLEMS.get(code, (words, "method_declined"))
    return _(said), reason


DECLINES_WITHIN = timedelta(hours=1)
MOST_DECLINES, MOST_DECLINES_IN_ALL = 5, 15
"""So many declines in an hour with one method and of one customer, since the last that was paid; then the next one
waits. Who charges many in a few seconds tries stolen cards, or has a program that does not stop."""
TOO_MANY_DECLINES = "too_many_declines"


def charge_again_at(tries: Sequence[datetime], most: int, now: datetime) -> datetime | None:
    """Return when the next charge may be tried, or None: now. `tries` are those since the last that was paid."""
    late = sorted(each for each in tries if each > now - DECLINES_WITHIN)
    return late[-most] + DECLINES_WITHIN if len(late) >= most else None


def check_declines(of_method: Sequence[datetime], of_customer: Sequence[datetime], now: datetime) -> None:
    """Refuse (429) one more charge after too many that were declined, and say when to try again."""
    method, customer = (
        charge_again_at(of_method, MOST_DECLINES, now),
        charge_again_at(of_customer, MOST_DECLINES_IN_ALL, now),
    )
    if customer is not None:
        when = _in_minutes(customer, now)
        words = _("Too many payments were declined in the last hour. Nothing was charged. Try again {when}.", when=when)
        raise Refused(words, TOO_MANY_DECLINES, 429, "method")
    if method is not None:
        words = _(
            "This payment method was declined too often in the last hour. Nothing was charged. Use another one, or try "
            "again {when}.",
            when=_in_minutes(method, now),
        )
        raise Refused(words, TOO_MANY_DECLINES, 429, "method")


def _in_minutes(moment: datetime, now: datetime) -> str:
    minutes = -((now - moment) // timedelta(minutes=1))
    return ngettext("in a minute", "in {n} minutes", max(minutes, 1))


_NAMED = re.compile(r"(.+) ending in (\S+)")


def said(kept: str) -> str:
    """Return a way to pay that was kept as English calls it in the current language: `Visa ending in 4242`."""
    found = _NAMED.fullmatch(kept)
    if found:
        return _("{method} ending in {last4}", method=_(found[1]), last4=found[2])
    return _(kept) if kept else ""
