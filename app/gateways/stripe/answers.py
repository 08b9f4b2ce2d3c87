"""What the SDK answers or raises, in our own words."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Protocol, TypeVar

import stripe
import structlog
from requests.exceptions import ConnectTimeout
from urllib3.exceptions import MaxRetryError, NewConnectionError

from app.domain import promises
from app.domain.errors import Broken
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.payments import MISSING, Declined, Intent, IntentStatus, Misused, SavedMethod, Unknown
from app.domain.processor_amounts import from_processor_minor
from app.domain.tax import kept

log = structlog.get_logger()
T = TypeVar("T")
UNREADABLE = Unknown("the processor's answer cannot be read")

PAYMENT_KEY, CUSTOMER_KEY = "payment", "customer"
"""Where the metadata of the processor's objects carries our ids."""
# The processor stamps its objects by its own clock, in whole seconds.
CLOCK_MARGIN = timedelta(minutes=5)
SETUP_KEY, REFUND_KEY = "setup", "refund"
_OF_OTHER_MODE = "a similar object exists in "
UNEXPECTED_STATES = frozenset({"payment_intent_unexpected_state", "setup_intent_unexpected_state"})
_RAILS = {"customer_balance": Rail.BANK_TRANSFER.value}
"""Stripe's types of payment method that are called otherwise here."""
_VAGUE = frozenset({"", "card_declined", "payment_intent_payment_attempt_failed"})
"""Codes that say nothing by themselves: the bank's own word does."""


class Identified(Protocol):
    """An object of the SDK that has an id."""

    id: str


def intent_of(found: "stripe.PaymentIntent") -> Intent | Unknown | Misused:
    """Return the processor's payment in our words; one that we cannot read is for a person to look at."""
    try:
        return _read(found)
    except (AttributeError, TypeError):  # something between us answered, with another kind of JSON
        return UNREADABLE


def _read(found: "stripe.PaymentIntent") -> Intent | Unknown | Misused:
    try:
        status = IntentStatus(found.status)
    except ValueError:
        return Unknown(f"{found.id} has the unknown status {found.status}")
    try:
        amount = from_processor_minor(found.amount, found.currency)
        received = from_processor_minor(found.amount_received, found.currency)
    except Broken as problem:
        return misused(f"{found.id}: {problem}", "amount_unreadable")
    return Intent(
        id=found.id,
        status=status,
        amount=amount,
        received=received if status is IntentStatus.SUCCEEDED else Money(0, amount.currency),
        payment_id=metadata_of(found, PAYMENT_KEY),
        customer_id=metadata_of(found, CUSTOMER_KEY),
        action_url=action_url_of(found.next_action),
        decline_code=decline_code_of(found.last_payment_error),
        method=id_of(_method(found)),
        rail=_rail_of(found),
        promise=metadata_of(found, promises.KEY),
        tax=kept.joined(lambda key: metadata_of(found, key)),
    )


def metadata_of(
    found: "stripe.PaymentIntent | stripe.SetupIntent | stripe.Refund | stripe.checkout.Session", key: str
) -> str:
    """Return one of the texts that we gave the object, or nothing."""
    return found.metadata[key] if found.metadata and key in found.metadata else ""


def id_of(found: Identified | str | None) -> str:
    """Return the id of what an answer holds as an id or, expanded, as the object itself."""
    return found if isinstance(found, str) else found.id if found else ""


def action_url_of(action: "stripe.PaymentIntent.NextAction | stripe.SetupIntent.NextAction | None") -> str:
    """Return where the customer goes on, if it is by a redirect."""
    if action is None or action.type != "redirect_to_url" or action.redirect_to_url is None:
        return ""
    return action.redirect_to_url.url or ""


def decline_code_of(error: object) -> str:
    """Return why the last attempt failed, if it did."""
    # Stripe leaves out of an error what does not apply to it, and the SDK then has no such attribute.
    return _the_word(getattr(error, "code", None) or "", getattr(error, "decline_code", None) or "") if error else ""


def _method(found: "stripe.PaymentIntent") -> "stripe.PaymentMethod | str | None":
    """Return what it was last confirmed with, also when that failed: the intent itself forgets it then."""
    return getattr(found, "payment_method", None) or getattr(found.last_payment_error, "payment_method", None)


def _rail_of(found: "stripe.PaymentIntent") -> str:
    """Return what carries the money, in our word where we have one."""
    word = getattr(_method(found), "type", "")
    return _RAILS.get(word, word)


def _the_word(code: str, decline_code: str) -> str:
    return decline_code if decline_code and code in _VAGUE else code or "card_declined"


def method_of(found: "stripe.PaymentMethod") -> SavedMethod:
    """Return a saved method: only what may be shown."""
    holder = found.billing_details.name or "" if found.billing_details else ""
    # A method has only the details of its own type; the SDK has no such attribute for the others.
    card, debit, paypal = (getattr(found, kind, None) for kind in ("card", "sepa_debit", "paypal"))
    if card is not None:
        return SavedMethod(
            found.id,
            found.type,
            card.brand,
            card.last4 or "",
            card.exp_month,
            card.exp_year,
            holder,
            card.fingerprint or "",
        )
    last4, fingerprint = "", ""
    if debit is not None:
        last4, fingerprint = debit.last4 or "", debit.fingerprint or ""
    if paypal is not None:
        # Whose PayPal account it is says the address; PayPal's own id of the payer distinguishes them.
        holder, fingerprint = paypal.payer_email or holder, paypal.payer_id or ""
    return SavedMethod(found.id, found.type, found.type, last4, None, None, holder, fingerprint)


def failure_of(error: "stripe.StripeError") -> Declined | Unknown | Misused:
    """Return what a failed call means (money.md, 6): no, not now, perhaps, or never."""
    status = error.http_status
    if isinstance(error, stripe.APIConnectionError) or status is None:
        if _never_sent(error):
            return Unknown("the processor could not be reached")
        return Unknown("the connection to the processor broke")
    if isinstance(error, stripe.CardError):
        intent = getattr(error.error, "payment_intent", None) or getattr(error.error, "setup_intent", None)
        decline_code = getattr(error.error, "decline_code", None) or ""
        return Declined(_the_word(error.code or "", decline_code), intent_id=intent.id if intent else "")
    if isinstance(error, stripe.RateLimitError) or status in {408, 409, 425}:
        return Unknown(f"the processor is busy ({status})")
    if 400 <= status < 500 and status != 402:  # a decline that cannot be read is none
        code = error.code or _kind(error)
        if code == MISSING and _OF_OTHER_MODE in (error.user_message or ""):
            code = "another_mode"  # the key is wrong, and what it does not see is not gone
        return misused(error.user_message or "", code, request=error.request_id or "", status=status)
    # 5xx, and answers that cannot be read
    return Unknown(f"the processor failed ({status})")


def asked(call: Callable[[], T]) -> T | Declined | Unknown | Misused:
    """Make a call and read its answer; a call that fails, or an answer that cannot be read, is one of our words."""
    try:
        return call()
    except stripe.StripeError as error:
        return failure_of(error)
    except (AttributeError, KeyError, TypeError):  # something between us answered, with another kind of JSON
        log.exception("processor_unreadable")
        return UNREADABLE


def asked_for_nothing_charged(call: Callable[[], T]) -> T | Unknown | Misused:
    """Make a call that cannot be declined; were it, we would have asked for the wrong thing."""
    answer = asked(call)
    return misused("declined where nothing is charged", answer.code) if isinstance(answer, Declined) else answer


def misused(why: str, code: str, **details: object) -> Misused:
    """Log for the seller that the processor refuses our request: a bug or a wrong setting.

    The message holds no secret.
    """
    log.error("processor_misused", why=why, code=code, **details)
    return Misused(why, code)


def is_unexpected_state(error: "stripe.StripeError") -> bool:
    """Say whether the intent or setup was already somewhere else."""
    return isinstance(error, stripe.InvalidRequestError) and error.code in UNEXPECTED_STATES


def _kind(error: "stripe.StripeError") -> str:
    return str(getattr(error.error, "type", None) or "")


def _never_sent(error: BaseException) -> bool:
    """Say whether no connection was made at all, so that nothing can have been executed."""
    return any(isinstance(each, NewConnectionError | ConnectTimeout) for each in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        for inner in error.args:
            if isinstance(inner, MaxRetryError) and inner.reason is not None:
                yield inner.reason
        error = error.__cause__ or error.__context__
