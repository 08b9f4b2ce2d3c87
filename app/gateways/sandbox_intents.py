"""Payment intents at the sandbox: Stripe's states and refusals."""

from app import clock
from app.gateways import sandbox_events as events
from app.gateways.sandbox_errors import Refusal, declined, no_such, wrong_parameter
from app.gateways.sandbox_methods import CARDS, TestCard, customer_of, method_of, used_up
from app.gateways.sandbox_spec import Params
from app.gateways.sandbox_store import Body, Store, hidden, new_id, public

_LEAST = {"dkk": 250, "gbp": 30, "huf": 17_500, "mxn": 1_000, "nok": 300, "pln": 200, "sek": 300}
_MOST = 99_999_999
_STEPS = {
    **dict.fromkeys(("isk", "ugx", "huf", "twd"), 100),
    **dict.fromkeys(("bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"), 10),
}
_ASKABLE = ("requires_payment_method", "requires_confirmation")
_CANCELABLE = (*_ASKABLE, "requires_action", "requires_capture")


def create(store: Store, params: Params) -> Body:
    """Make an intent, not confirmed."""
    _check_amount(params["amount"], params["currency"])
    if params.get("confirm"):
        raise wrong_parameter("The sandbox confirms in a request of its own.", "confirm")
    if params.get("customer"):
        customer_of(store, params["customer"], "customer")
    intent_id = new_id("pi")
    intent: Body = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": params.get(
            "automatic_payment_methods", {"allow_redirects": "always", "enabled": True}
        ),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{new_id('s')}",
        "confirmation_method": "automatic",
        "created": int(clock.now().timestamp()),
        "currency": params["currency"],
        "customer": params.get("customer"),
        "description": params.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "next_action": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "processing": None,
        "status": "requires_payment_method",
    }
    store.add(intent, owner=params.get("customer") or "")
    events.record(store, "payment_intent.created", intent)
    return intent


def found(store: Store, intent_id: str) -> Body:
    """Return an intent or refuse the id."""
    intent = store.find("payment_intent", intent_id)
    if intent is None:
        raise no_such("payment_intent", intent_id)
    return intent


def confirm(store: Store, intent_id: str, params: Params, *, base_url: str, key: str, twist: str) -> Body:
    """Charge the method: it pays, is declined (402) or asks the bank's question."""
    intent = found(store, intent_id)
    if intent["status"] not in _ASKABLE:
        raise _unexpected(intent, "confirm")
    method = _method_for(store, intent, params)
    if not params.get("return_url") and intent["automatic_payment_methods"].get("allow_redirects") != "never":
        raise Refusal(
            400,
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some "
            "of these payment methods might redirect your customer off of your page, you must provide a `return_url`.",
            param="return_url",
        )
    card = CARDS[hidden(method)["name"]]
    intent["last_payment_error"] = None
    if card.code == "authentication":
        if params.get("off_session") or params.get("error_on_requires_action"):
            asks = TestCard(
                "",
                "",
                "",
                "authentication_required",
                "authentication_required",
                "Your card was declined. This transaction requires authentication.",
            )
            raise _decline(store, intent, method, asks, key)
        return _ask(store, intent, method, params.get("return_url", ""), base_url, key)
    if card.code:
        raise _decline(store, intent, method, card, key)
    intent["payment_method"] = method["id"]
    if twist == "processing":
        intent["status"] = "processing"
        store.keep(intent)
        events.record(store, "payment_intent.processing", intent, key=key)
        return intent
    if twist == "other_currency":
        intent["currency"] = "jpy" if intent["currency"] != "jpy" else "usd"
    return succeed(store, intent, key=key, extra=100 if twist == "other_amount" else 0)


def cancel(store: Store, intent_id: str, params: Params, *, key: str) -> Body:
    """Give the intent up, unless it is over."""
    intent = found(store, intent_id)
    if intent["status"] not in _CANCELABLE:
        raise _unexpected(intent, "cancel")
    intent.update(
        status="canceled",
        next_action=None,
        canceled_at=int(clock.now().timestamp()),
        cancellation_reason=params.get("cancellation_reason"),
    )
    store.keep(intent)
    events.record(store, "payment_intent.canceled", intent, key=key)
    return intent


def succeed(store: Store, intent: Body, *, key: str = "", extra: int = 0) -> Body:
    """Charge it."""
    charge = _charge(intent, intent["payment_method"], paid=True)
    intent.update(
        status="succeeded",
        amount_received=intent["amount"] + extra,
        latest_charge=charge["id"],
        next_action=None,
        processing=None,
    )
    store.keep(intent)
    store.add(charge, owner=intent["customer"] or "")
    events.record(store, "charge.succeeded", charge, key=key)
    events.record(store, "payment_intent.succeeded", intent, key=key)
    return intent


def fail(
    store: Store,
    intent: Body,
    code: str,
    message: str,
    *,
    decline_code: str = "",
    method: Body | None = None,
    key: str = "",
) -> Body:
    """Note that an attempt came to nothing; another one is possible. Return the charge that failed."""
    charge = _charge(intent, method["id"] if method else intent["payment_method"], paid=False)
    error: Body = {"type": "card_error", "code": code, "message": message, "charge": charge["id"]}
    if decline_code:
        error["decline_code"] = decline_code
    if method:
        error["payment_method"] = public(method)
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        processing=None,
        last_payment_error=error,
        latest_charge=charge["id"],
    )
    store.keep(intent)
    store.add(charge, owner=intent["customer"] or "")
    events.record(store, "charge.failed", charge, key=key)
    events.record(store, "payment_intent.payment_failed", intent, key=key)
    return charge


def _method_for(store: Store, intent: Body, params: Params) -> Body:
    method_id = params.get("payment_method") or intent["payment_method"]
    if not method_id:
        raise Refusal(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=public(intent),
        )
    method = method_of(store, method_id, "payment_method")
    if not method["customer"]:
        raise used_up()
    if method["customer"] != intent["customer"]:
        raise Refusal(
            400, f"The customer does not have a payment method with the ID {method_id}.", param="payment_method"
        )
    return method


def refuse_identity(store: Store, intent: Body) -> None:
    """The customer did not prove to the bank who they are."""
    fail(
        store,
        intent,
        "payment_intent_authentication_failure",
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
        "PaymentMethod to attempt to fulfill this PaymentIntent again.",
    )


def _decline(store: Store, intent: Body, method: Body, card: TestCard, key: str) -> Refusal:
    charge = fail(store, intent, card.code, card.message, decline_code=card.decline_code, method=method, key=key)
    return declined(card.code, card.decline_code, card.message, public(intent), public(method), charge["id"])


def _ask(store: Store, intent: Body, method: Body, return_url: str, base_url: str, key: str) -> Body:
    intent.update(
        status="requires_action",
        payment_method=method["id"],
        next_action={
            "type": "redirect_to_url",
            "redirect_to_url": {"url": f"{base_url}/sandbox/challenge/{intent['id']}", "return_url": return_url},
        },
    )
    hidden(intent)["return_url"] = return_url
    store.keep(intent)
    events.record(store, "payment_intent.requires_action", intent, key=key)
    return intent


def _charge(intent: Body, method_id: str | None, *, paid: bool) -> Body:
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "captured": paid,
        "created": int(clock.now().timestamp()),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "disputed": False,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method_id,
        "refunded": False,
        "status": "succeeded" if paid else "failed",
    }


def _check_amount(amount: int, currency: str) -> None:
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.islower():
        raise wrong_parameter(f"Invalid currency: {currency}. Codes are in lower case, such as usd.", "currency")
    if amount < 1:
        raise wrong_parameter("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    least = _LEAST.get(currency, 50)
    if amount < least:
        raise wrong_parameter(f"Amount must be at least {least} {currency}", "amount", "amount_too_small")
    if amount > _MOST:
        raise wrong_parameter(f"Amount must be no more than {_MOST} {currency}", "amount", "amount_too_large")
    step = _STEPS.get(currency, 1)
    if amount % step:
        raise wrong_parameter(
            f"Amounts in {currency} must be divisible by {step}", "amount", "parameter_invalid_integer"
        )


def _unexpected(intent: Body, verb: str) -> Refusal:
    return Refusal(
        400,
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=public(intent),
    )
