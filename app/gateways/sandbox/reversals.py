"""Money that goes back at the sandbox: refunds by the seller, disputes by the customer's bank."""

from datetime import timedelta

from app import clock
from app.gateways.sandbox import cash_balances, currencies
from app.gateways.sandbox.errors import Refusal, existing, wrong_parameter
from app.gateways.sandbox.methods import known
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store, new_id, public, record_event

REFUND_TAKES = timedelta(days=1)
TO_ANSWER = timedelta(days=7)
_CLOSED = ("won", "lost", "warning_closed")
_BACK = ("pending", "requires_action", "succeeded")


def refund(store: Store, params: Params, *, key: str = "") -> Body:
    """Send money back: at once, after a day, or so that it fails a day later, as the test method says."""
    charge = _charge_for(store, params)
    amount = params.get("amount", charge["amount"] - charge["amount_refunded"])
    _check_refund(store, charge, amount)
    later = _later(store, charge)
    pending = later == "refund_pending" or charge["payment_method_details"]["type"] == "sepa_debit"
    made: Body = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": int(clock.now().timestamp()),
        "currency": charge["currency"],
        "metadata": params.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "status": "pending" if pending else "succeeded",
    }
    due = clock.now() + REFUND_TAKES if pending or later == "refund_fails" else None
    store.add(made, owner=charge["customer"] or "", due_at=due)
    _count(store, charge, amount)
    if charge["payment_method_details"]["type"] == cash_balances.TYPE:  # back to where it was taken from
        about = {"refunded_from_payment": {"refund": made["id"]}}
        owner = charge["customer"]
        cash_balances.move(store, owner, "refunded_from_payment", amount, charge["currency"], key=key, **about)
    _record_event(store, "refund.created", made, charge, key=key)
    _record_event(store, "charge.refunded", charge, charge, key=key)
    if charge["refunded"]:
        for inquiry in _disputes(store, charge):  # the bank asked about money that has gone back: that is an answer
            close_dispute(store, inquiry, won=True)
    return made


def end_refund(store: Store, made: Body, *, succeeded: bool | None = None) -> None:
    """Let a refund arrive or come back, as given or as the test method says. One that came back stays back."""
    if made["charge"] is None:
        cash_balances.end_return(store, made, succeeded=succeeded is not False)
        return
    charge = existing(store, "charge", made["charge"], "charge")
    if succeeded is None:
        succeeded = _later(store, charge) != "refund_fails"
    store.keep(made, due_at=None)
    if made["status"] not in _BACK or (succeeded and made["status"] == "succeeded"):
        return
    made["status"] = "succeeded" if succeeded else "failed"
    if not succeeded:
        made["failure_reason"] = "expired_or_canceled_card"
        _count(store, charge, -made["amount"])
    store.keep(made)
    _record_event(store, "refund.updated", made, charge)
    if not succeeded:
        _record_event(store, "refund.failed", made, charge)
        _record_event(store, "charge.refund.updated", made, charge)


def refund_of(store: Store, refund_id: str) -> Body:
    """Return a refund or refuse the id."""
    return existing(store, "refund", refund_id, "id")


def dispute(
    store: Store,
    intent: Body,
    *,
    amount: int | None = None,
    currency: str = "",
    reason: str = "",
    inquiry: bool = False,
) -> Body:
    """Let the customer's bank take the money back until it is settled whose it is; an inquiry takes nothing yet."""
    if intent["status"] != "succeeded":
        raise Refusal(400, "Only what was paid can be disputed.")
    charge = existing(store, "charge", intent["latest_charge"], "charge")
    debit = charge["payment_method_details"]["type"] == "sepa_debit"
    now = clock.now()
    made: Body = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount or charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": int(now.timestamp()),
        "currency": currency or charge["currency"],
        "evidence_details": {
            "due_by": int((now + TO_ANSWER).timestamp()),
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": intent["id"],
        "payment_method_details": {"type": charge["payment_method_details"]["type"]},
        "reason": reason or ("debit_not_authorized" if debit else "fraudulent"),
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    # Nobody answers for the seller here: when the time to answer is over the dispute is lost.
    store.add(made, owner=charge["customer"] or "", due_at=now + TO_ANSWER)
    charge["disputed"] = True
    store.keep(charge)
    store.keep(intent, due_at=None)
    _record_event(store, "charge.dispute.created", made, charge)
    if not inquiry:
        _record_event(store, "charge.dispute.funds_withdrawn", made, charge)
    return made


def escalate(store: Store, made: Body) -> None:
    """Let an inquiry become a dispute, under the same id."""
    if made["status"] != "warning_needs_response":
        return
    charge = existing(store, "charge", made["charge"], "charge")
    made.update(status="needs_response", is_charge_refundable=False)
    store.keep(made, due_at=clock.now() + TO_ANSWER)
    _record_event(store, "charge.dispute.updated", made, charge)
    _record_event(store, "charge.dispute.funds_withdrawn", made, charge)


def close_dispute(store: Store, made: Body, *, won: bool) -> None:
    """Let the bank decide. It decides once; an inquiry that nobody made a dispute of is simply over."""
    store.keep(made, due_at=None)
    if made["status"] in _CLOSED:
        return
    charge = existing(store, "charge", made["charge"], "charge")
    asked_only = made["status"] == "warning_needs_response"
    made["status"] = "warning_closed" if asked_only else "won" if won else "lost"
    made["is_charge_refundable"] = made["status"] != "lost"
    store.keep(made)
    if made["status"] == "won":
        _record_event(store, "charge.dispute.funds_reinstated", made, charge)
    _record_event(store, "charge.dispute.closed", made, charge)


def dispute_of(store: Store, dispute_id: str) -> Body:
    """Return a dispute or refuse the id."""
    return existing(store, "dispute", dispute_id, "id")


def _charge_for(store: Store, params: Params) -> Body:
    if "charge" in params:
        return existing(store, "charge", params["charge"], "charge")
    if "payment_intent" not in params:
        raise wrong_parameter("One of the following params should be provided: charge or payment_intent.", "charge")
    intent = existing(store, "payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        raise Refusal(400, "This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
    return existing(store, "charge", intent["latest_charge"], "charge")


def _disputes(store: Store, charge: Body) -> list[Body]:
    found = store.newest("dispute", owner=charge["customer"] or "")
    return [each for each in found if each["charge"] == charge["id"]]


def _check_refund(store: Store, charge: Body, amount: int) -> None:
    left = charge["amount"] - charge["amount_refunded"]
    if not all(each["is_charge_refundable"] for each in _disputes(store, charge)):
        raise Refusal(
            400, f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left == 0:
        raise Refusal(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    currencies.check_refund(amount, charge["currency"], left)


def _count(store: Store, charge: Body, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.keep(charge)


def _later(store: Store, charge: Body) -> str:
    method = store.find("payment_method", charge["payment_method"])
    return known(method).later if method else ""


def _record_event(store: Store, kind: str, about: Body, charge: Body, *, key: str = "") -> None:
    record_event(store, kind, public(about), key=key, owner=charge["customer"] or "")
