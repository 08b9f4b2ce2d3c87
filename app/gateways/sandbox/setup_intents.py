"""Setup intents and mandates at the sandbox: how a method is saved with nothing charged."""

from app import clock
from app.domain.methods import Rail
from app.gateways.sandbox.errors import Refusal, existing, wrong_parameter
from app.gateways.sandbox.methods import customer_of, give, known, made, made_from_data, method_of, used_up
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store, hidden, new_id, public, record_event
from app.gateways.test_methods import BY_DATA, SAVED

_ASKABLE = ("requires_payment_method", "requires_confirmation")
_CANCELABLE = (*_ASKABLE, "requires_action")
_MANDATED = (Rail.SEPA_DEBIT.value, Rail.PAYPAL.value)


def create(store: Store, params: Params) -> Body:
    """Make a setup, not confirmed."""
    if params.get("confirm"):
        raise wrong_parameter("The sandbox confirms in a request of its own.", "confirm")
    if params.get("customer"):
        customer_of(store, params["customer"], "customer")
    setup_id = new_id("seti")
    setup: Body = {
        "id": setup_id,
        "object": "setup_intent",
        "automatic_payment_methods": params.get("automatic_payment_methods"),
        "cancellation_reason": None,
        "client_secret": f"{setup_id}_secret_{new_id('s')}",
        "created": int(clock.now().timestamp()),
        "customer": params.get("customer"),
        "description": params.get("description"),
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": params.get("metadata", {}),
        "next_action": None,
        "payment_method": None,
        "payment_method_types": params.get("allowed_payment_method_types") or ["card", *_MANDATED],
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }
    store.add(setup, owner=params.get("customer") or "")
    record_event(store, "setup_intent.created", setup)
    return setup


def found(store: Store, setup_id: str) -> Body:
    """Return a setup or refuse the id."""
    return existing(store, "setup_intent", setup_id, called="setupintent")


def confirm(store: Store, setup_id: str, params: Params, *, base_url: str, key: str) -> Body:
    """Save the method, refuse it (402), or lead the customer to the page that asks for them."""
    setup = found(store, setup_id)
    if setup["status"] not in _ASKABLE:
        raise _unexpected(setup, "confirm")
    method = _method_for(store, setup, params)
    test = known(method)
    if method["type"] not in setup["payment_method_types"]:
        raise wrong_parameter(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this SetupIntent.", "payment_method"
        )
    acceptance = (params.get("mandate_data") or {}).get("customer_acceptance")
    if test.rail is Rail.SEPA_DEBIT and not acceptance:
        raise wrong_parameter(
            "This SetupIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from "
            "the customer and try again, providing acceptance data in the mandate_data parameter.",
            "mandate_data",
        )
    if acceptance:
        _check_acceptance(acceptance)
        hidden(setup)["acceptance"] = acceptance
    setup["last_setup_error"] = None
    setup["payment_method"] = method["id"]
    if test.saving == "refused":
        raise _refuse(store, setup, method, test.code, test.message, key)
    if test.saving == "asks":
        return _ask(store, setup, params.get("return_url", ""), test.rail, base_url, key)
    return succeed(store, setup, key=key)


def cancel(store: Store, setup_id: str, params: Params, *, key: str) -> Body:
    """Give the setup up, unless it is over."""
    setup = found(store, setup_id)
    if setup["status"] not in _CANCELABLE:
        raise _unexpected(setup, "cancel")
    setup.update(status="canceled", next_action=None, cancellation_reason=params.get("cancellation_reason"))
    store.keep(setup)
    record_event(store, "setup_intent.canceled", setup, key=key)
    return setup


def succeed(store: Store, setup: Body, *, key: str = "") -> Body:
    """Save the method for its customer, with the mandate that its rail needs."""
    method = method_of(store, setup["payment_method"], "payment_method")
    if setup["customer"]:
        give(store, method, setup["customer"], key=key)
    if method["type"] in _MANDATED:
        setup["mandate"] = _mandate(store, setup, method)["id"]
    setup.update(status="succeeded", next_action=None, last_setup_error=None)
    store.keep(setup)
    record_event(store, "setup_intent.succeeded", setup, key=key)
    return setup


def refuse_identity(store: Store, setup: Body) -> None:
    """The customer did not say yes: to the bank, or on the wallet's page."""
    method = method_of(store, setup["payment_method"], "payment_method")
    message = "The latest attempt to set up the payment method has failed because authentication failed."
    _refuse(store, setup, method, "setup_intent_authentication_failure", message, "")


def mandate_of(store: Store, mandate_id: str) -> Body:
    """Return a mandate or refuse the id."""
    return existing(store, "mandate", mandate_id, "id")


def _method_for(store: Store, setup: Body, params: Params) -> Body:
    customer = store.find("customer", setup["customer"]) if setup["customer"] else None
    data, name = params.get("payment_method_data"), params.get("payment_method") or setup["payment_method"]
    if data and data["type"] in BY_DATA:
        return made_from_data(store, data, customer)
    if not name:
        raise Refusal(
            400,
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
            setup_intent=public(setup),
        )
    if name in SAVED and name not in {rail.value for rail in BY_DATA}:
        return made(store, name, customer)
    method = method_of(store, name, "payment_method")
    if hidden(method).get("detached") or method["customer"] not in {None, setup["customer"]}:
        raise used_up()
    return method


def _check_acceptance(acceptance: Params) -> None:
    online = acceptance.get("online") or {}
    if acceptance["type"] == "online" and not (online.get("ip_address") and online.get("user_agent")):
        at = "mandate_data[customer_acceptance][online]"
        raise wrong_parameter(f"Missing required param: {at}.", at, "parameter_missing")


def _mandate(store: Store, setup: Body, method: Body) -> Body:
    given = hidden(setup).get("acceptance") or {"type": "online", "online": {"ip_address": None, "user_agent": None}}
    mandate_id = new_id("mandate")
    reference = mandate_id.removeprefix("mandate_")[:16].upper()
    details: dict[str, Body] = {
        Rail.SEPA_DEBIT.value: {"reference": reference, "url": ""},
        Rail.PAYPAL.value: {"billing_agreement_id": f"B-{reference}", "payer_id": None, "verified_email": None},
    }
    mandate: Body = {
        "id": mandate_id,
        "object": "mandate",
        "customer_acceptance": {"accepted_at": int(clock.now().timestamp()), "offline": None, **given},
        "livemode": False,
        "multi_use": {},
        "payment_method": method["id"],
        "payment_method_details": {"type": method["type"], method["type"]: details[method["type"]]},
        "status": "active",
        "type": "multi_use",
    }
    store.add(mandate, owner=setup["customer"] or "")
    return mandate


def _refuse(store: Store, setup: Body, method: Body, code: str, message: str, key: str) -> Refusal:
    error: Body = {"type": "card_error", "code": code, "message": message, "payment_method": public(method)}
    setup.update(status="requires_payment_method", payment_method=None, next_action=None, last_setup_error=error)
    store.keep(setup)
    record_event(store, "setup_intent.setup_failed", setup, key=key)
    return Refusal(402, message, kind="card_error", code=code, setup_intent=public(setup))


def _ask(store: Store, setup: Body, return_url: str, rail: Rail, base_url: str, key: str) -> Body:
    if not return_url:
        raise wrong_parameter("You must provide a `return_url` when confirming with this method.", "return_url")
    url = f"{base_url}/sandbox/{'challenge' if rail is Rail.CARD else 'wallet'}/{setup['id']}"
    setup.update(
        status="requires_action",
        next_action={"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}},
    )
    hidden(setup).update(return_url=return_url, rail=rail.value)
    store.keep(setup)
    record_event(store, "setup_intent.requires_action", setup, key=key)
    return setup


def _unexpected(setup: Body, verb: str) -> Refusal:
    return Refusal(
        400,
        f"You cannot {verb} this SetupIntent because it has a status of {setup['status']}.",
        code="setup_intent_unexpected_state",
        setup_intent=public(setup),
    )
