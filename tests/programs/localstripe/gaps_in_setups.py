"""What localstripe lacks of saving a method: attaching it, the bank's question, mandates, the customer's portal."""

from tests.programs.localstripe import methods, wallets
from tests.programs.localstripe.gaps_in_money import ASKABLE, unexpected
from tests.programs.localstripe.upstream import Body, Params, Refusal, Shop


def create(shop: Shop, params: Params) -> Body:
    """Localstripe takes no automatic payment methods and knows no PayPal."""
    kept = ("customer", "usage", "metadata")
    made = shop.ask("post", "/v1/setup_intents", {name: params[name] for name in kept if name in params})
    shop.beside[made["id"]].update(description=params.get("description"), last_setup_error=None, mandate=None)
    return setup(shop, made["id"])


def setup(shop: Shop, setup_id: str) -> Body:
    """Localstripe sends nobody to the bank."""
    found = shop.ask("get", f"/v1/setup_intents/{setup_id}")
    if found["next_action"] and found["next_action"]["type"] != "redirect_to_url":
        found["next_action"] = wallets.redirect(shop, setup_id)
    return found


def confirm(shop: Shop, params: Params, setup_id: str) -> Body:
    """Localstripe does not attach the method, and asks for no mandate."""
    before = setup(shop, setup_id)
    if before["status"] not in ASKABLE:
        raise unexpected(before, "setup_intent")
    shop.hidden[setup_id]["return_url"] = params.get("return_url", "")
    if "payment_method_data" in params:
        return wallets.asks(shop, before, params)
    method = methods.method_of(shop, params.get("payment_method", ""))
    if method["type"] == "sepa_debit" and not params.get("mandate_data"):
        raise Refusal(400, "This SetupIntent requires a mandate.", param="mandate_data")
    shop.beside[setup_id].pop("status", None)
    shop.beside[setup_id]["last_setup_error"] = None
    try:
        confirmed = shop.ask("post", f"/v1/setup_intents/{setup_id}/confirm", {"payment_method": method["id"]})
    except Refusal as refusal:
        error = {**refusal.error, "type": "card_error"}
        # localstripe gives the setup up; Stripe lets the customer try again.
        shop.beside[setup_id].update(status="requires_payment_method", last_setup_error=error)
        words = {**error, "setup_intent": setup(shop, setup_id)}
        raise Refusal(402, str(words.pop("message")), **words) from refusal
    if confirmed["status"] == "succeeded":
        wallets.keep(shop, confirmed)
    return setup(shop, setup_id)


def cancel(shop: Shop, params: Params, setup_id: str) -> Body:
    """Localstripe gives up what is over."""
    before = setup(shop, setup_id)
    if before["status"] not in {*ASKABLE, "requires_action"}:
        raise unexpected(before, "setup_intent")
    shop.beside[setup_id].update(cancellation_reason=params.get("cancellation_reason"))
    shop.beside[setup_id].pop("status", None)
    shop.beside[setup_id].pop("next_action", None)
    shop.ask("post", f"/v1/setup_intents/{setup_id}/cancel")
    return setup(shop, setup_id)


def setups(shop: Shop, params: Params) -> Body:
    """Localstripe has no filters."""
    rows = [setup(shop, each["id"]) for each in shop.every("/v1/setup_intents")]
    rows = [row for row in rows if params.get("customer") in {None, row["customer"]}]
    return shop.page(rows, params, "/v1/setup_intents")


def portal(shop: Shop, params: Params) -> Body:
    """Localstripe has no portal for customers."""
    owner = shop.ask("get", f"/v1/customers/{params['customer']}")["id"]
    made = {"id": f"bps_{owner}", "object": "billing_portal.session", "customer": owner}
    return {**made, "url": f"{shop.base}/_shim/portal/{owner}", "return_url": params.get("return_url")}


GAPS = (
    *methods.GAPS,
    ("post", r"/v1/setup_intents", create),
    ("get", r"/v1/setup_intents", setups),
    ("get", r"/v1/setup_intents/(\w+)", lambda shop, _, setup_id: setup(shop, setup_id)),
    ("post", r"/v1/setup_intents/(\w+)/confirm", confirm),
    ("post", r"/v1/setup_intents/(\w+)/cancel", cancel),
    ("get", r"/v1/mandates/(\w+)", lambda shop, _, mandate_id: shop.its_own(mandate_id)),
    ("post", r"/v1/billing_portal/sessions", portal),
    ("get", r"/v1/webhook_endpoints", lambda shop, params: shop.page([], params, "/v1/webhook_endpoints")),
)
