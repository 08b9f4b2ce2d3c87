"""Stripe's named test methods at localstripe, which knows few of them: made from Stripe's published test numbers."""

from tests.programs.localstripe.upstream import Body, Params, Refusal, Shop

CARDS = {
    "pm_card_visa": ("4242424242424242", "visa"),
    "pm_card_mastercard": ("5555555555554444", "mastercard"),
    "pm_card_authenticationRequired": ("4000002760003184", "visa"),
    "pm_card_authenticationRequiredOnSetup": ("4000002500003155", "visa"),
    "pm_card_chargeCustomerFail": ("4000000000000341", "visa"),
    "pm_card_chargeDeclined": ("4000000000000002", "visa"),
    "pm_card_chargeDeclinedInsufficientFunds": ("4000000000009995", "visa"),
    "pm_card_chargeDeclinedExpiredCard": ("4000000000000069", "visa"),
    "pm_card_chargeDeclinedIncorrectCvc": ("4000000000000127", "visa"),
}
DEBITS = {"pm_success_de": "DE89370400440532013000", "pm_failedDelayed_de": "DE62370400440532013001"}


def method_of(shop: Shop, name: str) -> Body:
    """Return a method that exists, or the one that a test name stands for, made now."""
    return named(shop, name) or shop.ask("get", f"/v1/payment_methods/{name}")


def named(shop: Shop, name: str) -> Body | None:
    """Return a new method for a test name; None: it is none."""
    if name in CARDS:
        number, brand = CARDS[name]
        card = {"number": number, "exp_month": 8, "exp_year": 2034, "cvc": "123"}
        made = shop.ask("post", "/v1/payment_methods", {"type": "card", "card": card})
        shop.beside[made["id"]]["card"] = {**made["card"], "brand": brand}  # localstripe's cards are all Visa
    elif name in DEBITS:
        made = shop.ask("post", "/v1/payment_methods", {"type": "sepa_debit", "sepa_debit": {"iban": DEBITS[name]}})
    else:
        return None
    shop.beside[made["id"]]["billing_details"] = {"name": "Acme", "email": None}
    shop.hidden[made["id"]]["detached"] = False
    return shop.ask("get", f"/v1/payment_methods/{made['id']}")


def attach(shop: Shop, params: Params, name: str) -> Body:
    """Localstripe takes few names, and attaches what was detached before."""
    method = method_of(shop, name)
    if shop.hidden[method["id"]].get("detached"):
        raise Refusal(400, "This PaymentMethod was detached from a Customer. It may not be used again.")
    return shop.ask("post", f"/v1/payment_methods/{method['id']}/attach", {"customer": params["customer"]})


def detach(shop: Shop, _: Params, method_id: str) -> Body:
    """Localstripe detaches what is detached."""
    if not shop.ask("get", f"/v1/payment_methods/{method_id}")["customer"]:
        raise Refusal(400, "The payment method you provided is not attached to a customer.")
    shop.hidden[method_id]["detached"] = True
    return shop.ask("post", f"/v1/payment_methods/{method_id}/detach")


def methods(shop: Shop, params: Params, customer: str = "") -> Body:
    """Localstripe lists cards only."""
    owner = customer or params["customer"]
    rows = [shop.ask("get", f"/v1/payment_methods/{each}") for each in reversed(shop.hidden) if each[:3] == "pm_"]
    rows = [row for row in rows if row["customer"] == owner and params.get("type") in {None, row["type"]}]
    return shop.page(rows, params, "/v1/payment_methods")


GAPS = (
    ("post", r"/v1/payment_methods/(\w+)/attach", attach),
    ("post", r"/v1/payment_methods/(\w+)/detach", detach),
    ("get", r"/v1/payment_methods", methods),
    ("get", r"/v1/customers/(\w+)/payment_methods", methods),
)
