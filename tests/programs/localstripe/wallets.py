"""Where the customer goes and what comes of it: the bank's question, PayPal's and the wallet's page, debits that take days.

localstripe knows the bank's question for cards only, and only through its own script in a browser.
"""

from tests.programs.localstripe.methods import method_of
from tests.programs.localstripe.upstream import Body, Params, Shop

ONCE = "pm_card_visa"
"""What localstripe charges for a wallet that it does not know."""


def redirect(shop: Shop, object_id: str) -> Body:
    """Return the action that leads the customer to the shim's page."""
    where = {"url": f"{shop.base}/_shim/customer/{object_id}", "return_url": shop.hidden[object_id]["return_url"]}
    return {"type": "redirect_to_url", "redirect_to_url": where}


def asks(shop: Shop, found: Body, params: Params) -> Body:
    """Lead to the page of a wallet that localstripe does not know."""
    kind = params["payment_method_data"]["type"]
    shop.hidden[found["id"]]["wallet"] = kind
    shop.beside[found["id"]].update(
        status="requires_action", next_action=redirect(shop, found["id"]), payment_method_types=[kind]
    )
    return {**found, **shop.beside[found["id"]]}


def answered(shop: Shop, object_id: str, *, approved: bool) -> None:
    """Let the customer say yes or no, on the bank's or the wallet's page."""
    (_pay if object_id.startswith("pi_") else _save)(shop, object_id, approved=approved)


def decided(shop: Shop, object_id: str, what: str) -> None:
    """Let the days of a debit pass, or the bank dispute a payment and decide whose the money is."""
    match what:
        case "dispute":
            paid = shop.ask("get", f"/v1/payment_intents/{object_id}")
            dispute_id = f"du_{object_id.removeprefix('pi_')}"
            shop.made[dispute_id] = {
                "id": dispute_id, "object": "dispute", "amount": paid["amount"], "charge": paid["latest_charge"]["id"],
                "created": paid["created"], "currency": paid["currency"], "metadata": {}, "payment_intent": object_id,
                "evidence_details": {"due_by": paid["created"] + 604_800}, "reason": "fraudulent",
                "status": "needs_response",
            }  # fmt: skip
        case "win" | "lose":
            shop.made[object_id]["status"] = "won" if what == "win" else "lost"
        case _:
            for name in ("status", "amount_received"):
                shop.beside[object_id].pop(name, None)
            if what == "fail":
                words = {"code": "payment_intent_payment_attempt_failed", "message": "The debit failed."}
                error = {"last_payment_error": {"type": "card_error", **words}}
                shop.beside[object_id].update(error, status="requires_payment_method", amount_received=0)


def keep(shop: Shop, setup: Body) -> None:
    """Attach what a setup has saved, with the mandate that it needs."""
    method = shop.ask("post", f"/v1/payment_methods/{setup['payment_method']}/attach", {"customer": setup["customer"]})
    if method["type"] != "card":
        mandate_id = f"mandate_{setup['id'].removeprefix('seti_')}"
        known = method.get(method["type"], {})
        details = {"reference": known.get("mandate_reference", ""), "billing_agreement_id": "B-1", "url": ""}
        shop.made[mandate_id] = {
            "id": mandate_id, "object": "mandate", "payment_method": method["id"], "status": "active",
            "payment_method_details": {"type": method["type"], method["type"]: details},
        }  # fmt: skip
        shop.beside[setup["id"]]["mandate"] = mandate_id


def _pay(shop: Shop, intent_id: str, *, approved: bool) -> None:
    path = f"/v1/payment_intents/{intent_id}"
    wallet, beside = shop.hidden[intent_id].pop("wallet", ""), shop.beside[intent_id]
    if not wallet:
        secret = shop.ask("get", path)["client_secret"]
        shop.ask("post", f"{path}/_authenticate", {"client_secret": secret, "success": approved})
        return
    beside.pop("status")
    beside.pop("next_action")
    if approved:
        method = method_of(shop, ONCE)
        shop.beside[method["id"]].update({"type": wallet, wallet: {}, "card": None})
        shop.ask("post", path, {"payment_method": method["id"]})
        shop.ask("post", f"{path}/confirm")
    else:
        words = {"code": "payment_intent_authentication_failure", "message": "The customer said no."}
        beside["last_payment_error"] = {"type": "invalid_request_error", **words}


def _save(shop: Shop, setup_id: str, *, approved: bool) -> None:
    wallet, beside = shop.hidden[setup_id].pop("wallet", ""), shop.beside[setup_id]
    beside.pop("status", None)
    beside.pop("next_action", None)
    if not approved:
        words = {"code": "setup_intent_authentication_failure", "message": "The customer said no."}
        error = {"type": "invalid_request_error", **words}
        beside.update(status="requires_payment_method", next_action=None, payment_method=None, last_setup_error=error)
        return
    parameters = {}
    if wallet:
        method = method_of(shop, ONCE)
        account = {"payer_id": None, "payer_email": "buyer@paypal.example", "fingerprint": f"fp_{wallet}"}
        shop.beside[method["id"]].update({"type": wallet, wallet: account, "card": None})
        parameters = {"payment_method": method["id"]}
    keep(shop, shop.ask("post", f"/v1/setup_intents/{setup_id}/confirm", parameters))
