"""Customers and their methods at the sandbox: Stripe's named test methods, never a number."""

import hashlib

from app import clock
from app.domain.methods import Rail
from app.gateways.sandbox.errors import Refusal, existing, no_such, wrong_parameter
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store, hidden, new_id, record_event
from app.gateways.test_methods import NAMED, SAVED, TestMethod

_CASH = TestMethod("Bank transfer: pays", "", "", rail=Rail.BANK_TRANSFER)
"""The customer's cash, which has no named test method."""


def create_customer(store: Store, params: Params) -> Body:
    """Make a customer of the processor."""
    customer: Body = {
        "id": new_id("cus"),
        "object": "customer",
        "address": _address(params.get("address")),
        "created": int(clock.now().timestamp()),
        "description": params.get("description"),
        "email": params.get("email"),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "name": params.get("name"),
    }
    store.add(customer)
    return customer


def _address(sent: Params | str | None) -> Body | None:
    """Return an address as it is kept: with all its fields, empty ones as null."""
    if not isinstance(sent, dict) or not sent:
        return None
    return {name: sent.get(name) or None for name in ("city", "country", "line1", "line2", "postal_code", "state")}


def customer_of(store: Store, customer_id: str, param: str) -> Body:
    """Return a customer or refuse the id; a deleted one is refused like one that never was."""
    customer = existing(store, "customer", customer_id, param)
    if customer.get("deleted"):
        raise no_such("customer", customer_id, param)
    return customer


def update_customer(store: Store, customer_id: str, params: Params) -> Body:
    """Change what is sent of a customer."""
    customer = customer_of(store, customer_id, "id")
    customer.update({name: params[name] for name in ("name", "email", "description") if name in params})
    if "address" in params:  # of one that stays, what is not sent stays too: the stricter of what Stripe may do
        before = customer.get("address") if params["address"] else None
        customer["address"] = _address({**(before or {}), **params["address"]} if params["address"] else "")
    store.keep(customer)
    record_event(store, "customer.updated", customer, owner=customer_id)
    return customer


def customer_as_it_is(store: Store, customer_id: str, param: str = "id") -> Body:
    """Return a customer, or what is left of a deleted one."""
    customer = existing(store, "customer", customer_id, param)
    return {name: customer[name] for name in ("id", "object", "deleted")} if customer.get("deleted") else customer


def delete_customer(store: Store, customer_id: str) -> None:
    """Delete a customer for good, as the dashboard does: what was saved for it belongs to nobody any more."""
    customer = customer_of(store, customer_id, "id")
    for method in store.newest("payment_method", owner=customer_id):
        method["customer"] = None
        hidden(method)["detached"] = True
        store.keep(method, owner="")
    customer["deleted"] = True
    store.keep(customer)
    record_event(store, "customer.deleted", customer, owner=customer_id)


def create_tax_id(store: Store, customer_id: str, params: Params) -> Body:
    """Give the customer a tax number. One without a digit is refused, as Stripe refuses what has another form."""
    customer_of(store, customer_id, "id")
    value = str(params.get("value", ""))
    if not any(each.isdigit() for each in value):
        raise wrong_parameter(f"Invalid value for {params.get('type')}.", "value", "tax_id_invalid")
    made: Body = {
        "id": new_id("txi"),
        "object": "tax_id",
        "country": value[:2] if value[:2].isalpha() else None,
        "created": int(clock.now().timestamp()),
        "customer": customer_id,
        "livemode": False,
        "type": params.get("type"),
        "value": value,
        "verification": {"status": "pending", "verified_address": None, "verified_name": None},
    }
    store.add(made, owner=customer_id)
    return made


def delete_tax_id(store: Store, customer_id: str, tax_id: str) -> Body:
    """Take a tax number from the customer."""
    found = existing(store, "tax_id", tax_id, "id")
    if found["customer"] != customer_id or found.get("deleted"):
        raise no_such("tax_id", tax_id, "id")
    found["deleted"] = True
    store.keep(found, owner="")
    return {"id": tax_id, "object": "tax_id", "deleted": True}


def attach(store: Store, method_id: str, params: Params) -> Body:
    """Give a customer a method: a named test method makes a new one."""
    owner = params.get("customer", "")
    if not owner:
        raise Refusal(400, "You must specify the customer to attach to.", param="customer", code="parameter_missing")
    customer = customer_of(store, owner, "customer")
    method = made(store, method_id, customer) if method_id in SAVED else method_of(store, method_id, "id")
    give(store, method, owner)
    return method


def give(store: Store, method: Body, owner: str, *, key: str = "") -> None:
    """Attach a method to its customer, unless it is already."""
    if method["customer"] == owner:
        return
    if method["customer"] or hidden(method).get("detached"):
        raise used_up()
    method["customer"] = owner
    store.keep(method, owner=owner)
    record_event(store, "payment_method.attached", method, key=key)


def detach(store: Store, method_id: str) -> Body:
    """Take a method from its customer, for good."""
    method = method_of(store, method_id, "id")
    owner = method["customer"]
    if not owner:
        raise Refusal(400, "The payment method you provided is not attached to a customer so detachment is impossible.")
    method["customer"] = None
    hidden(method)["detached"] = True
    store.keep(method, owner="")
    record_event(store, "payment_method.detached", method, owner=owner)
    return method


def method_of(store: Store, method_id: str, param: str) -> Body:
    """Return a method or refuse the id."""
    return existing(store, "payment_method", method_id, param, called="PaymentMethod")


def known(method: Body) -> TestMethod:
    """Return which of the named test methods it is."""
    return NAMED.get(hidden(method)["name"], _CASH)


def made(store: Store, name: str, customer: Body | None) -> Body:
    """Make a method of a named test method, not attached yet; `customer` says whose it looks like."""
    method = _new_method(name, NAMED[name], customer)
    store.add(method)
    return method


def made_from_data(store: Store, data: Params, customer: Body | None) -> Body:
    """Make a method from its type alone, as wallets are; a card or an account would need a number."""
    kind = data["type"]
    if kind not in NAMED:
        raise wrong_parameter(f"Missing required param: payment_method_data[{kind}].", f"payment_method_data[{kind}]")
    return made(store, kind, customer)


def used_up() -> Refusal:
    """Refuse a method that was detached: it may not be used again."""
    return Refusal(
        400,
        "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
        "with a connected account without Customer attachment, or was detached from a Customer. It may not be used "
        "again.",
        param="payment_method",
    )


def _new_method(name: str, looks: TestMethod, customer: Body | None) -> Body:
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "billing_details": {
            "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
            "email": customer["email"] if customer else None,
            "name": customer["name"] if customer else None,
            "phone": None,
            "tax_id": None,
        },
        looks.rail.value: _details(name, looks, customer),
        "created": int(clock.now().timestamp()),
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": looks.rail.value,
        "sandbox": {"name": name},
    }


def _details(name: str, looks: TestMethod, customer: Body | None) -> Body:
    fingerprint = hashlib.sha256(name.encode()).hexdigest()[:16]
    match looks.rail:
        case Rail.CARD:
            return {
                "brand": looks.brand,
                "country": "US",
                "exp_month": 8,
                "exp_year": looks.exp_year,
                "fingerprint": fingerprint,
                "funding": "credit",
                "last4": looks.last4,
            }
        case Rail.SEPA_DEBIT:
            return {
                "bank_code": "37040044",
                "branch_code": "",
                "country": "DE",
                "fingerprint": fingerprint,
                "generated_from": {"charge": None, "setup_attempt": None},
                "last4": looks.last4,
            }
        case Rail.PAYPAL:
            mail = customer["email"] if customer else None
            payer = hashlib.sha256(str(mail).encode()).hexdigest()[:13].upper()
            return {"country": "DE", "payer_email": mail, "payer_id": payer}
        case Rail.CRYPTO | Rail.BANK_TRANSFER:
            return {}
