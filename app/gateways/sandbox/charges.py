"""How an attempt to charge an intent ends at the sandbox: paid, failed, or on its way for days."""

from datetime import timedelta

from app import clock
from app.domain.methods import Rail
from app.gateways.sandbox.methods import known
from app.gateways.sandbox.store import Body, Store, new_id, public, record_event

DEBIT_TAKES = timedelta(days=3)
CRYPTO_TAKES = timedelta(minutes=10)
DISPUTED_AFTER = {Rail.CARD: timedelta(hours=1), Rail.SEPA_DEBIT: timedelta(days=1)}


def start(store: Store, intent: Body, method: Body, *, takes: timedelta | None = None, key: str = "") -> Body:
    """Note that the money is on its way; it arrives by itself after `takes`, or when a control says so."""
    charge = _charge_of(store, intent, method["id"])
    charge["status"] = "pending"
    intent.update(
        status="processing",
        payment_method=method["id"],
        latest_charge=charge["id"],
        next_action=None,
        last_payment_error=None,
    )
    store.keep(intent, due_at=clock.now() + takes if takes else None)
    store.keep(charge)
    record_event(store, "charge.pending", charge, key=key)
    record_event(store, "payment_intent.processing", intent, key=key)
    return intent


def succeed(store: Store, intent: Body, *, key: str = "", extra: int = 0) -> Body:
    """Charge it."""
    charge = _charge_of(store, intent, intent["payment_method"])
    received = intent["amount"] + extra
    charge.update(status="succeeded", paid=True, captured=True, amount=received, amount_captured=received)
    intent.update(
        status="succeeded",
        amount_received=received,
        latest_charge=charge["id"],
        next_action=None,
        processing=None,
        last_payment_error=None,
    )
    store.keep(intent, due_at=_troubled_at(store, intent))
    store.keep(charge)
    record_event(store, "charge.succeeded", charge, key=key)
    record_event(store, "payment_intent.succeeded", intent, key=key)
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
    if method is None and intent["payment_method"]:
        method = store.find("payment_method", intent["payment_method"])
    charge = _charge_of(store, intent, method["id"] if method else None)
    charge["status"] = "failed"
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
    store.keep(intent, due_at=None)
    store.keep(charge)
    record_event(store, "charge.failed", charge, key=key)
    record_event(store, "payment_intent.payment_failed", intent, key=key)
    return charge


def end(store: Store, intent: Body, *, succeeded: bool | None = None) -> None:
    """End what is processing, as a bank does days later: as given, or as the test method's name says."""
    method = store.find("payment_method", intent["payment_method"])
    test = known(method) if method else None
    if succeeded is None:
        succeeded = not (test and test.code)
    if succeeded:
        succeed(store, intent)
    elif test and test.code:
        fail(store, intent, test.code, test.message, decline_code=test.decline_code, method=method)
    else:
        fail(store, intent, "payment_intent_payment_attempt_failed", "The payment failed.", method=method)


def _troubled_at(store: Store, intent: Body) -> object:
    """Return when the customer's bank disputes it by itself, if its test method is one of those."""
    method = store.find("payment_method", intent["payment_method"])
    if method is None or known(method).later != "dispute":
        return None
    return clock.now() + DISPUTED_AFTER[known(method).rail]


def _charge_of(store: Store, intent: Body, method_id: str | None) -> Body:
    """Return the charge that is on its way, or a new one."""
    pending = store.find("charge", intent["latest_charge"]) if intent["latest_charge"] else None
    if pending and pending["status"] == "pending":
        return pending
    method = store.find("payment_method", method_id) if method_id else None
    rail = method["type"] if method else "card"
    charge: Body = {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "captured": False,
        "created": int(clock.now().timestamp()),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "disputed": False,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method_id,
        "payment_method_details": {"type": rail, rail: dict(method[rail]) if method else {}},
        "refunded": False,
        "status": "pending",
    }
    store.add(charge, owner=intent["customer"] or "")
    return charge
