"""Customers' cash at the sandbox: transfers that arrived, what they paid, what went back, and the account for them."""

import hashlib

from app import clock
from app.domain.bank_transfers.accounts import COUNTRIES, SCHEMES
from app.gateways.sandbox import charges
from app.gateways.sandbox.errors import Refusal, wrong_parameter
from app.gateways.sandbox.methods import customer_of
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store, hidden, new_id, record_event

MOVEMENT, TYPE = "customer_cash_balance_transaction", "customer_balance"
_SENDER = "ALEX EXAMPLE"


def names_it(params: Params) -> bool:
    """Say whether a confirmation pays with the customer's cash."""
    return bool((params.get("payment_method_data") or {}).get("type") == TYPE)


def of_customer(store: Store, customer_id: str) -> Body:
    """Return the customer's cash: nothing until a transfer arrives."""
    customer = customer_of(store, customer_id, "id")
    known = hidden(customer).get("cash", {})
    return {
        "object": "cash_balance",
        "available": known.get("available") or None,
        "customer": customer_id,
        "livemode": False,
        "settings": {
            "reconciliation_mode": known.get("mode", "automatic"),
            "using_merchant_default": "mode" not in known,
        },
    }


def update(store: Store, customer_id: str, params: Params) -> Body:
    """Choose whether cash pays what waits for it by itself."""
    customer = customer_of(store, customer_id, "id")
    mode = params.get("settings", {}).get("reconciliation_mode")
    if mode:
        known = hidden(customer).setdefault("cash", {})
        known.pop("mode", None)
        if mode != "merchant_default":
            known["mode"] = mode
        store.keep(customer)
    return of_customer(store, customer_id)


def funding_instructions(store: Store, customer_id: str, params: Params) -> Body:
    """Return the account that is the customer's own, always the same."""
    customer_of(store, customer_id, "id")
    currency, wanted = params["currency"], params["bank_transfer"]
    if SCHEMES.get(currency.upper()) != wanted["type"]:
        raise wrong_parameter(f"{wanted['type']} does not take {currency}.", "bank_transfer[type]")
    country = wanted.get("eu_bank_transfer", {}).get("country", "")
    if (currency == "eur") != (country in COUNTRIES):
        at = "bank_transfer[eu_bank_transfer][country]"
        raise wrong_parameter(f"Invalid {at}: must be one of {', '.join(COUNTRIES)}", at)
    digits = str(int(hashlib.sha256(f"{customer_id}/{currency}/{country}".encode()).hexdigest(), 16))
    return {
        "object": "funding_instructions",
        "bank_transfer": {
            "country": country or wanted["type"][:2].upper(),
            "financial_addresses": [_address(currency, country, digits)],
            "type": wanted["type"],
        },
        "currency": currency,
        "funding_type": "bank_transfer",
        "livemode": False,
    }


def _address(currency: str, country: str, digits: str) -> Body:
    holder: Body = {"account_holder_name": "Sandbox Payments", "account_holder_address": None, "bank_address": None}
    match currency:
        case "eur":
            iban = f"{country}{_check_digits(country, digits[:18])}{digits[:18]}"
            return {"type": "iban", "iban": {**holder, "bic": "SXPYDEHHXXX", "country": country, "iban": iban}}
        case "gbp":
            known: Body = {**holder, "account_number": digits[:8], "sort_code": "200000"}
            return {"type": "sort_code", "sort_code": known, "supported_networks": ["bacs", "fps"]}
        case "mxn":
            return {"type": "spei", "spei": {**holder, "bank_code": "002", "bank_name": "TEST", "clabe": digits[:18]}}
        case "jpy":
            known = {**holder, "account_number": digits[:7], "account_type": "futsu", "bank_code": "0001"}
            known |= {"bank_name": "Test Bank", "branch_code": "101", "branch_name": "Main"}
            return {"type": "zengin", "zengin": known}
        case _:
            known = {**holder, "account_number": digits[:12], "account_type": "checking", "bank_name": "Test Bank"}
            return {"type": "aba", "aba": {**known, "routing_number": "999999999"}}


def _check_digits(country: str, number: str) -> str:
    turned = "".join(str(int(each, 36)) for each in f"{number}{country}00")
    return f"{98 - int(turned) % 97:02d}"


def fund(store: Store, customer_id: str, params: Params) -> Body:
    """A transfer arrives."""
    if params["amount"] < 1:
        raise wrong_parameter("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    currency = params["currency"]
    kind = SCHEMES.get(currency.upper())
    if kind is None:
        raise wrong_parameter(f"Cash is not held in {currency}.", "currency")
    own = {"eu_bank_transfer": {"bic": "SXPYDEHHXXX", "iban_last4": "3000", "sender_name": _SENDER}}
    transfer: Body = {"reference": params.get("reference"), "type": kind, kind: own.get(kind, {"sender_name": _SENDER})}
    return move(store, customer_id, "funded", params["amount"], currency, funded={"bank_transfer": transfer})


def move(
    store: Store, customer_id: str, kind: str, amount: int, currency: str, *, key: str = "", **details: object
) -> Body:
    """Move a customer's cash by a signed amount, and write down what moved it."""
    customer = customer_of(store, customer_id, "id")
    available = hidden(customer).setdefault("cash", {}).setdefault("available", {})
    available[currency] = available.get(currency, 0) + amount
    store.keep(customer)
    made: Body = {
        "id": new_id("ccsbtxn"),
        "object": MOVEMENT,
        "created": int(clock.now().timestamp()),
        "currency": currency,
        "customer": customer_id,
        "customer_account": None,
        "ending_balance": available[currency],
        "livemode": False,
        "net_amount": amount,
        "type": kind,
        **details,
    }
    store.add(made, owner=customer_id)
    record_event(store, f"{MOVEMENT}.created", made, key=key)
    return made


def available_of(store: Store, customer_id: str, currency: str) -> int:
    """Return how much cash of a currency the customer has."""
    customer = customer_of(store, customer_id, "customer")
    found: int = hidden(customer).get("cash", {}).get("available", {}).get(currency, 0)
    return found


def confirm(store: Store, intent: Body, params: Params, *, key: str) -> Body:
    """Let an intent wait for cash. Where the customer's cash is applied by itself, it is paid by what is there."""
    if not intent["customer"]:
        raise Refusal(400, "A customer is required to pay with customer_balance.", param="customer")
    options = params.get("payment_method_options", {}).get(TYPE, {})
    wanted = options.get("bank_transfer", {}).get("type")
    if options.get("funding_type") != "bank_transfer" or wanted != SCHEMES.get(intent["currency"].upper()):
        at = f"payment_method_options[{TYPE}][funding_type]"
        raise wrong_parameter(f"Missing required param: {at}.", at, "parameter_missing")
    method: Body = {
        "id": new_id("pm"),
        "object": "payment_method",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "created": int(clock.now().timestamp()),
        "customer": None,
        TYPE: {},
        "livemode": False,
        "metadata": {},
        "type": TYPE,
        "sandbox": {"name": TYPE},
    }
    store.add(method)
    hidden(intent)["cash"] = True
    hidden(intent)["applied"] = 0
    intent.update(status="requires_action", payment_method=method["id"])
    _waits(intent)
    store.keep(intent)
    record_event(store, "payment_intent.requires_action", intent, key=key)
    customer = customer_of(store, intent["customer"], "customer")
    if hidden(customer).get("cash", {}).get("mode") == "manual":
        return intent
    there = min(available_of(store, intent["customer"], intent["currency"]), intent["amount"])
    return _applied(store, intent, there, key=key) if there > 0 else intent


def apply(store: Store, intent: Body, params: Params, *, key: str) -> Body:
    """Pay an intent with cash: the amount asked for, or all that is missing. What is not there is refused."""
    missing = intent["amount"] - hidden(intent)["applied"]
    amount = params.get("amount", missing)
    if not 0 < amount <= missing:
        raise wrong_parameter(f"The amount must be between 1 and {missing}.", "amount")
    if amount > available_of(store, intent["customer"], intent["currency"]):
        words = "The customer does not have enough funds in their cash balance."
        raise Refusal(400, words, code="customer_balance_insufficient", param="amount")
    return _applied(store, intent, amount, key=key)


def _applied(store: Store, intent: Body, amount: int, *, key: str) -> Body:
    about = {"applied_to_payment": {"payment_intent": intent["id"]}}
    move(store, intent["customer"], "applied_to_payment", -amount, intent["currency"], key=key, **about)
    hidden(intent)["applied"] += amount
    if hidden(intent)["applied"] == intent["amount"]:
        return charges.succeed(store, intent, key=key)
    _waits(intent)
    store.keep(intent)
    record_event(store, "payment_intent.partially_funded", intent, key=key)
    return intent


def _waits(intent: Body) -> None:
    missing = intent["amount"] - hidden(intent)["applied"]
    intent["next_action"] = {
        "type": "display_bank_transfer_instructions",
        "display_bank_transfer_instructions": {
            "amount_remaining": missing,
            "currency": intent["currency"],
            "financial_addresses": [],
            "hosted_instructions_url": None,
            "reference": None,
            "type": SCHEMES[intent["currency"].upper()],
        },
    }


def take_back(store: Store, intent: Body, *, key: str) -> None:
    """Give the cash back that an intent which is given up had taken."""
    applied = hidden(intent).get("applied", 0)
    if applied:
        about = {"unapplied_from_payment": {"payment_intent": intent["id"]}}
        move(store, intent["customer"], "unapplied_from_payment", applied, intent["currency"], key=key, **about)
        hidden(intent)["applied"] = 0


def send_back(store: Store, params: Params, *, key: str) -> Body:
    """Send cash back to the customer's bank account."""
    customer_id, currency, amount = params.get("customer", ""), params.get("currency", ""), params.get("amount", 0)
    if not customer_id or not currency or not amount:
        raise wrong_parameter("You must pass customer, currency and amount with origin.", "customer")
    if not 0 < amount <= available_of(store, customer_id, currency):
        raise Refusal(400, "The customer does not have enough funds in their cash balance.", param="amount")
    made: Body = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": None,
        "created": int(clock.now().timestamp()),
        "currency": currency,
        "metadata": params.get("metadata", {}),
        "payment_intent": None,
        "reason": params.get("reason"),
        "receipt_number": None,
        "status": "pending",
    }
    store.add(made, owner=customer_id)
    move(store, customer_id, "return_initiated", -amount, currency, key=key)
    record_event(store, "refund.created", made, key=key, owner=customer_id)
    return made


def end_return(store: Store, made: Body, *, succeeded: bool) -> None:
    """Let cash that was sent back arrive, or come back into the customer's cash."""
    if made["status"] != "pending":
        return
    made["status"] = "succeeded" if succeeded else "failed"
    store.keep(made)
    customer = store.owner_of(made["id"])
    if not succeeded:
        move(store, customer, "return_canceled", made["amount"], made["currency"])
    record_event(store, "refund.updated" if succeeded else "refund.failed", made, owner=customer)
