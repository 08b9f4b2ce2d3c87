"""What localstripe lacks of payments: confirming with a method, the bank's question, filters, refunds within limits."""

from typing import Any

from tests.programs.localstripe import wallets
from tests.programs.localstripe.methods import method_of
from tests.programs.localstripe.upstream import Body, Params, Refusal, Shop

ASKABLE = {"requires_payment_method", "requires_confirmation"}
DECLINES = {"0341": "generic_decline"}
"""localstripe says only that a card was declined; this is the bank's word, by the card's last digits."""


def create(shop: Shop, params: Params) -> Body:
    """Localstripe has no description, and takes no automatic payment methods."""
    kept = ("amount", "currency", "customer", "metadata")
    made = shop.ask("post", "/v1/payment_intents", {name: params[name] for name in kept if name in params})
    shop.beside[made["id"]].update(
        description=params.get("description"), automatic_payment_methods=params.get("automatic_payment_methods")
    )
    return intent(shop, made["id"])


def intent(shop: Shop, intent_id: str) -> Body:
    """Localstripe does not say what was received, and shows the charge whole."""
    return shown(shop, shop.ask("get", f"/v1/payment_intents/{intent_id}"))


def shown(shop: Shop, found: Body) -> Body:
    """Return localstripe's intent as Stripe shows it."""
    charge, intent_id = found.get("latest_charge"), found["id"]
    paid = found["status"] == "succeeded"
    body = {**found, "latest_charge": charge["id"] if charge else None, "payment_method_types": ["card", "sepa_debit"]}
    body["amount_received"] = found["amount"] if paid else 0
    body.pop("charges", None)
    if found["next_action"]:
        body["next_action"] = wallets.redirect(shop, intent_id)
    error = found["last_payment_error"]
    if found["status"] == "requires_payment_method" and error:
        method = shop.ask("get", f"/v1/payment_methods/{found['payment_method']}") if found["payment_method"] else {}
        body["last_payment_error"] = {"type": "card_error", **error, **_word(error, method)}
        body["payment_method"] = None
    body.update(shop.beside.get(intent_id, {}))
    return body


def confirm(shop: Shop, params: Params, intent_id: str) -> Body:
    """Localstripe confirms only with a method that the intent has, and only once."""
    before = intent(shop, intent_id)
    if before["status"] not in ASKABLE:
        raise unexpected(before)
    shop.hidden[intent_id]["return_url"] = params.get("return_url", "")
    if "payment_method_data" in params:
        return wallets.asks(shop, before, params)
    method = method_of(shop, params.get("payment_method", ""))
    if method["customer"] != before["customer"]:
        raise Refusal(400, "The customer does not have this payment method.", param="payment_method")
    shop.beside[intent_id].pop("last_payment_error", None)
    path = f"/v1/payment_intents/{intent_id}"
    shop.ask("post", path, {"payment_method": method["id"], "latest_charge": None})
    alone = "true" in {params.get("off_session"), params.get("error_on_requires_action")}
    try:
        confirmed = shop.ask("post", f"{path}/confirm")
    except Refusal as refusal:
        now = intent(shop, intent_id)
        raise declined(shop, now, now["last_payment_error"] or refusal.error) from refusal
    if confirmed["next_action"] and alone:
        secret = {"client_secret": confirmed["client_secret"], "success": False}
        shop.ask("post", f"{path}/_authenticate", secret)
        error = {"type": "card_error", "code": "authentication_required", "decline_code": "authentication_required"}
        shop.beside[intent_id]["last_payment_error"] = {**error, "message": "This needs authentication."}
        raise declined(shop, intent(shop, intent_id), error)
    if method["type"] == "sepa_debit" and confirmed["status"] == "succeeded":
        shop.beside[intent_id].update(status="processing", amount_received=0)  # localstripe pays a debit at once
    return intent(shop, intent_id)


def cancel(shop: Shop, params: Params, intent_id: str) -> Body:
    """Localstripe knows no reason, and says only `Bad request` when it is too late."""
    before = intent(shop, intent_id)
    if before["status"] not in {*ASKABLE, "requires_action", "requires_capture"}:
        raise unexpected(before)
    shop.ask("post", f"/v1/payment_intents/{intent_id}/cancel")
    # To localstripe a wallet's payment was never confirmed.
    shop.beside[intent_id].pop("status", None)
    shop.beside[intent_id].pop("next_action", None)
    shop.beside[intent_id]["cancellation_reason"] = params.get("cancellation_reason")
    return intent(shop, intent_id)


def intents(shop: Shop, params: Params) -> Body:
    """Localstripe lists the oldest first and has no filters."""
    rows = [shown(shop, each) for each in shop.every("/v1/payment_intents")]
    rows = [row for row in rows if params.get("customer") in {None, row["customer"]}]
    return shop.page(rows, params, "/v1/payment_intents")


def refund(shop: Shop, params: Params) -> Body:
    """Localstripe gives back more than was paid, and knows no reason."""
    paid = intent(shop, params["payment_intent"])
    if paid["status"] != "succeeded":
        raise Refusal(400, "This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
    left = paid["amount_received"] - sum(each["amount"] for each in _refunds(shop, paid["id"]))
    if left == 0:
        raise Refusal(400, "The charge has already been refunded.", code="charge_already_refunded")
    if int(params.get("amount", left)) > left:
        raise Refusal(400, f"Refund amount is greater than unrefunded amount on charge ({left}).", param="amount")
    kept = ("payment_intent", "amount", "metadata")
    made = shop.ask("post", "/v1/refunds", {name: params[name] for name in kept if name in params})
    shop.beside[made["id"]].update(reason=params.get("reason"), failure_reason=None)
    return shop.ask("get", f"/v1/refunds/{made['id']}")


def refunds(shop: Shop, params: Params) -> Body:
    """Localstripe cannot list the refunds of what was never charged."""
    return shop.page(_refunds(shop, params["payment_intent"]), params, "/v1/refunds")


def disputes(shop: Shop, params: Params) -> Body:
    """Localstripe has no disputes."""
    rows = [each for each in shop.made.values() if each["object"] == "dispute"]
    wanted = params.get("payment_intent")
    return shop.page([each for each in rows if each["payment_intent"] == wanted], params, "/v1/disputes")


def dispute(shop: Shop, _: Params, dispute_id: str) -> Body:
    """Localstripe has no disputes."""
    return shop.its_own(dispute_id)


def unexpected(found: Body, kind: str = "payment_intent") -> Refusal:
    """Refuse what the object's state does not allow: localstripe says only `Bad request`."""
    words: dict[str, Any] = {"code": f"{kind}_unexpected_state", kind: found}
    return Refusal(400, f"This {kind} has a status of {found['status']}.", **words)


def declined(shop: Shop, found: Body, error: Body) -> Refusal:
    """Refuse as the bank did."""
    words = {**error, "type": "card_error", "payment_intent": found}
    return Refusal(402, str(words.pop("message", "")), **words)


def _word(error: Body, method: Body) -> Body:
    last4 = method.get("card", {}).get("last4", "")
    return {"decline_code": DECLINES.get(last4, "generic_decline")} if error["code"] == "card_declined" else {}


def _refunds(shop: Shop, intent_id: str) -> list[Body]:
    return [each for each in shop.every("/v1/refunds") if each["payment_intent"] == intent_id]


GAPS = (
    ("post", r"/v1/payment_intents", create),
    ("get", r"/v1/payment_intents", intents),
    ("get", r"/v1/payment_intents/(\w+)", lambda shop, _, intent_id: intent(shop, intent_id)),
    ("post", r"/v1/payment_intents/(\w+)/confirm", confirm),
    ("post", r"/v1/payment_intents/(\w+)/cancel", cancel),
    ("post", r"/v1/refunds", refund),
    ("get", r"/v1/refunds", refunds),
    ("get", r"/v1/disputes", disputes),
    ("get", r"/v1/events", lambda shop, params: shop.page(shop.every("/v1/events"), params, "/v1/events")),
    ("get", r"/v1/disputes/(\w+)", dispute),
)
