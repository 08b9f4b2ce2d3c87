"""What the SDK answers or raises, in our own words."""

from collections.abc import Iterator

import stripe
import structlog
from requests.exceptions import ConnectTimeout
from urllib3.exceptions import MaxRetryError, NewConnectionError

from app.domain.errors import Broken
from app.domain.money import Money, from_processor_minor
from app.domain.payments import Declined, Intent, IntentStatus, Misused, SavedMethod, Unknown

log = structlog.get_logger()

PAYMENT_KEY, CUSTOMER_KEY = "payment", "customer"
"""Where an intent's metadata carries our ids."""
UNEXPECTED_STATE = "payment_intent_unexpected_state"


def intent_of(found: stripe.PaymentIntent) -> Intent | Unknown | Misused:
    """Return the processor's payment in our words; one that we cannot read is for a person to look at."""
    try:
        return _read(found)
    except (AttributeError, TypeError):  # something between us answered, with another kind of JSON
        return Unknown("the processor's answer cannot be read", retry_same_key=False)


def _read(found: stripe.PaymentIntent) -> Intent | Unknown | Misused:
    try:
        status = IntentStatus(found.status)
    except ValueError:
        return Unknown(f"{found.id} has the unknown status {found.status}", retry_same_key=False)
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
        action_url=_action_url(found),
        decline_code=_decline_code(found),
    )


def metadata_of(found: stripe.PaymentIntent, key: str) -> str:
    """Return one of the texts that we gave the intent, or nothing."""
    return found.metadata[key] if found.metadata and key in found.metadata else ""


def _action_url(found: stripe.PaymentIntent) -> str:
    action = found.next_action
    if action is None or action.type != "redirect_to_url" or action.redirect_to_url is None:
        return ""
    return action.redirect_to_url.url or ""


def _decline_code(found: stripe.PaymentIntent) -> str:
    error = found.last_payment_error
    # Stripe leaves out of an error what does not apply to it, and the SDK then has no such attribute.
    return _the_word(getattr(error, "code", None) or "", getattr(error, "decline_code", None) or "") if error else ""


def _the_word(code: str, decline_code: str) -> str:
    """`card_declined` says nothing by itself: the bank's own word does."""
    return decline_code if decline_code and code in {"", "card_declined"} else code or "card_declined"


def method_of(found: stripe.PaymentMethod) -> SavedMethod:
    """Return a saved method: only what may be shown."""
    holder = found.billing_details.name or "" if found.billing_details else ""
    card = getattr(found, "card", None)  # only a card has one
    if card is None:
        return SavedMethod(found.id, found.type, found.type, "", None, None, holder, "")
    return SavedMethod(
        found.id, "card", card.brand, card.last4 or "", card.exp_month, card.exp_year, holder, card.fingerprint or ""
    )


def failure_of(error: stripe.StripeError) -> Declined | Unknown | Misused:
    """Return what a failed call means (money.md, 6): no, not now, perhaps, or never."""
    status = error.http_status
    if isinstance(error, stripe.APIConnectionError) or status is None:
        if _never_sent(error):
            return Unknown("the processor could not be reached")
        return Unknown("the connection to the processor broke", retry_same_key=False)
    if isinstance(error, stripe.CardError):
        intent = getattr(error.error, "payment_intent", None)
        decline_code = getattr(error.error, "decline_code", None) or ""
        return Declined(_the_word(error.code or "", decline_code), intent_id=intent.id if intent else "")
    if isinstance(error, stripe.RateLimitError) or status in {408, 409, 425}:
        return Unknown(f"the processor is busy ({status})")
    if 400 <= status < 500:
        return misused(
            error.user_message or "", error.code or _kind(error), request=error.request_id or "", status=status
        )
    # 5xx, and answers that cannot be read
    return Unknown(f"the processor failed ({status})", retry_same_key=False)


def misused(why: str, code: str, **details: object) -> Misused:
    """Tell the seller that the processor refuses our request: a bug or a wrong setting. The message holds no secret."""
    log.error("processor_misused", why=why, code=code, **details)
    return Misused(why, code)


def is_unexpected_state(error: stripe.StripeError) -> bool:
    """Say whether the intent was already somewhere else."""
    return isinstance(error, stripe.InvalidRequestError) and error.code == UNEXPECTED_STATE


def _kind(error: stripe.StripeError) -> str:
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
