"""Payment intents at the sandbox: Stripe's states and refusals."""

from app import clock
from app.domain.methods import Rail
from app.gateways.sandbox import cash_balances, charges, currencies
from app.gateways.sandbox.errors import Refusal, declined, existing, wrong_parameter
from app.gateways.sandbox.methods import customer_of, known, made_from_data, method_of, used_up
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store, hidden, new_id, public, record_event
from app.gateways.test_methods import BY_DATA, TestMethod

_ONLY_IN = {Rail.SEPA_DEBIT.value: "eur", Rail.CRYPTO.value: "usd"}
_TYPES = {Rail.BANK_TRANSFER: cash_balances.TYPE}
_ASKABLE = ("requires_payment_method", "requires_confirmation")
_CANCELABLE = (*_ASKABLE, "requires_action", "requires_capture")
_ASKS = TestMethod(
    "",
    "",
    "",
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


def create(store: Store, params: Params) -> Body:
    """Make an intent, not confirmed."""
    currencies.check_charge(params["amount"], params["currency"])
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
        "payment_method_types": [_TYPES.get(rail, rail.value) for rail in Rail],
        "processing": None,
        "status": "requires_payment_method",
    }
    store.add(intent, owner=params.get("customer") or "")
    record_event(store, "payment_intent.created", intent)
    return intent


def found(store: Store, intent_id: str) -> Body:
    """Return an intent or refuse the id."""
    return existing(store, "payment_intent", intent_id)


def confirm(store: Store, intent_id: str, params: Params, *, base_url: str, key: str, twist: str) -> Body:
    """Charge the method: it pays, is declined (402), asks the customer a question, or takes days."""
    intent = found(store, intent_id)
    if intent["status"] not in _ASKABLE:
        raise _unexpected(intent, "confirm")
    if cash_balances.names_it(params):
        return cash_balances.confirm(store, intent, params, key=key)
    method = _method_for(store, intent, params)
    if not params.get("return_url") and intent["automatic_payment_methods"].get("allow_redirects") != "never":
        raise Refusal(
            400,
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some "
            "of these payment methods might redirect your customer off of your page, you must provide a `return_url`.",
            param="return_url",
        )
    _check_currency(method["type"], intent["currency"])
    test, nobody_there = known(method), params.get("off_session") or params.get("error_on_requires_action")
    intent["last_payment_error"] = None
    if test.code == "authentication" or not method["customer"]:
        if nobody_there:
            raise _decline(store, intent, method, _ASKS, key)
        page = "challenge" if test.rail is Rail.CARD else "wallet"
        return _ask(store, intent, method, params.get("return_url", ""), f"{base_url}/sandbox/{page}/{intent_id}", key)
    if test.rail is Rail.SEPA_DEBIT:
        return charges.start(store, intent, method, takes=charges.DEBIT_TAKES, key=key)
    if test.code:
        raise _decline(store, intent, method, test, key)
    intent["payment_method"] = method["id"]
    if twist == "processing":
        return charges.start(store, intent, method, key=key)
    if twist == "other_currency":
        intent["currency"] = "jpy" if intent["currency"] != "jpy" else "usd"
    return charges.succeed(store, intent, key=key, extra=100 if twist == "other_amount" else 0)


def apply_customer_balance(store: Store, intent_id: str, params: Params, *, key: str) -> Body:
    """Pay what waits for it with the customer's cash."""
    intent = found(store, intent_id)
    if intent["status"] != "requires_action" or not hidden(intent).get("cash"):
        raise _unexpected(intent, "apply customer balance to")
    return cash_balances.apply(store, intent, params, key=key)


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
    cash_balances.take_back(store, intent, key=key)
    store.keep(intent)
    record_event(store, "payment_intent.canceled", intent, key=key)
    return intent


def refuse_identity(store: Store, intent: Body) -> None:
    """The customer did not say yes: to the bank, or on the wallet's page."""
    charges.fail(
        store,
        intent,
        "payment_intent_authentication_failure",
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
        "PaymentMethod to attempt to fulfill this PaymentIntent again.",
    )


def _method_for(store: Store, intent: Body, params: Params) -> Body:
    customer = store.find("customer", intent["customer"]) if intent["customer"] else None
    data = params.get("payment_method_data")
    if data and data["type"] in BY_DATA:
        return made_from_data(store, data, customer)
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


def _decline(store: Store, intent: Body, method: Body, test: TestMethod, key: str) -> Refusal:
    charge = charges.fail(
        store, intent, test.code, test.message, decline_code=test.decline_code, method=method, key=key
    )
    return declined(test.code, test.decline_code, test.message, public(intent), public(method), charge["id"])


def _ask(store: Store, intent: Body, method: Body, return_url: str, url: str, key: str) -> Body:
    intent.update(
        status="requires_action",
        payment_method=method["id"],
        next_action={"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}},
    )
    hidden(intent).update(return_url=return_url, rail=method["type"])
    store.keep(intent)
    record_event(store, "payment_intent.requires_action", intent, key=key)
    return intent


def _check_currency(kind: str, currency: str) -> None:
    if currency != _ONLY_IN.get(kind, currency):
        raise Refusal(
            400,
            f"The currency provided ({currency}) is invalid for payments with {kind}. It supports: {_ONLY_IN[kind]}.",
            param="payment_method",
            code="payment_intent_incompatible_payment_method",
        )


def _unexpected(intent: Body, verb: str) -> Refusal:
    return Refusal(
        400,
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=public(intent),
    )
