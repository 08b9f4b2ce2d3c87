"""Bank transfers at Stripe: a customer's own account, the cash that was sent to it, and what is paid from that.

Stripe applies nothing by itself (`reconciliation_mode = "manual"`): what a sum pays is decided here.
"""

from datetime import UTC, datetime

import stripe
from stripe import StripeClient

from app.domain.bank_transfers.accounts import BankAccount, TransferScheme
from app.domain.bank_transfers.cash import MovementKind, ProcessorMovement
from app.domain.errors import Broken
from app.domain.money import Money
from app.domain.payments import Answer, Declined, Intent, IntentStatus, Misused, Unknown
from app.domain.processor_amounts import from_processor_minor, is_taken, to_processor_minor
from app.gateways.stripe.answers import (
    REFUND_KEY,
    asked,
    asked_for_nothing_charged,
    id_of,
    intent_of,
    is_unexpected_state,
    misused,
)

_EXPAND = ["payment_method"]
_DETAILS = {
    "iban": (("Account holder", "account_holder_name"), ("IBAN", "iban"), ("BIC", "bic")),
    "sort_code": (
        ("Account holder", "account_holder_name"),
        ("Sort code", "sort_code"),
        ("Account number", "account_number"),
    ),
    "aba": (
        ("Account holder", "account_holder_name"),
        ("Bank", "bank_name"),
        ("Routing number", "routing_number"),
        ("Account number", "account_number"),
    ),
    "spei": (("Account holder", "account_holder_name"), ("Bank", "bank_name"), ("CLABE", "clabe")),
    "zengin": (
        ("Account holder", "account_holder_name"),
        ("Bank", "bank_name"),
        ("Bank code", "bank_code"),
        ("Branch", "branch_name"),
        ("Branch code", "branch_code"),
        ("Account type", "account_type"),
        ("Account number", "account_number"),
    ),
}
"""What is printed of each kind of account, by Stripe's names."""


class StripeCash:
    """The part of the gateway that takes bank transfers."""

    _client: StripeClient

    def bank_account(
        self, processor_customer: str, *, scheme: TransferScheme, key: str
    ) -> BankAccount | Unknown | Misused:
        """Return the customer's own account. Stripe gives the same one each time, and applies nothing by itself."""
        sent: stripe.params.CustomerFundingInstructionsCreateParamsBankTransfer = {"type": scheme.kind}
        if scheme.country:
            sent["eu_bank_transfer"] = {"country": scheme.country}

        def made() -> BankAccount | Unknown:
            self._client.v1.customers.cash_balance.update(
                processor_customer,
                {"settings": {"reconciliation_mode": "manual"}},
                {"idempotency_key": f"{key}:manual"},
            )
            found = self._client.v1.customers.funding_instructions.create(
                processor_customer,
                {"bank_transfer": sent, "currency": scheme.currency.lower(), "funding_type": "bank_transfer"},
                {"idempotency_key": key},
            )
            return _account_of(found)

        return asked_for_nothing_charged(made)

    def pay_from_cash(self, intent_id: str, *, scheme: TransferScheme, return_url: str, key: str) -> Answer:
        """Pay an intent with the customer's cash: named as its method, then applied whole."""
        bank: stripe.params.PaymentIntentConfirmParamsPaymentMethodOptionsCustomerBalanceBankTransfer = {
            "type": scheme.kind
        }
        if scheme.country:
            bank["eu_bank_transfer"] = {"country": scheme.country}
        intents = self._client.v1.payment_intents

        def paid() -> Answer:
            try:
                confirmed = intent_of(
                    intents.confirm(
                        intent_id,
                        {
                            "payment_method_data": {"type": "customer_balance"},
                            "payment_method_options": {
                                "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": bank}
                            },
                            "return_url": return_url,
                            "expand": _EXPAND,
                        },
                        {"idempotency_key": key},
                    )
                )
                if not isinstance(confirmed, Intent) or confirmed.status is not IntentStatus.REQUIRES_ACTION:
                    return confirmed
                amount = to_processor_minor(confirmed.amount)
                options: stripe.RequestOptions = {"idempotency_key": f"{key}:apply"}
                return intent_of(
                    intents.apply_customer_balance(intent_id, {"amount": amount, "expand": _EXPAND}, options)
                )
            except stripe.InvalidRequestError as error:
                if not is_unexpected_state(error):
                    raise
                return intent_of(intents.retrieve(intent_id, {"expand": _EXPAND}))

        return asked(paid)

    def cash_movements(self, processor_customer: str, *, after: str) -> list[ProcessorMovement] | Unknown | Misused:
        """Return what has moved the customer's cash since the movement `after` (empty: ever), the oldest first."""

        def listed() -> list[ProcessorMovement] | Unknown | Misused:
            page = self._client.v1.customers.cash_balance_transactions.list(processor_customer, {"limit": 100})
            found: list[ProcessorMovement] = []
            for each in page.auto_paging_iter():
                if each.id == after:
                    break
                movement = movement_of(each)
                if not isinstance(movement, ProcessorMovement):
                    return movement
                found.append(movement)
            return found[::-1]

        return asked_for_nothing_charged(listed)

    def return_cash(
        self, processor_customer: str, *, amount: Money, return_id: str, key: str
    ) -> str | Declined | Unknown | Misused:
        """Send cash back to the bank account that it came from; return the refund's id. `Declined`: it is not there."""
        if not is_taken(amount):
            return misused(f"no amount that the processor sends back: {amount}", "amount_not_taken")

        def made() -> str | Declined:
            try:
                return self._client.v1.refunds.create(
                    {
                        "customer": processor_customer,
                        "amount": to_processor_minor(amount),
                        "currency": amount.currency.lower(),
                        "origin": "customer_balance",
                        "metadata": {REFUND_KEY: return_id},
                    },
                    {"idempotency_key": key},
                ).id
            except stripe.InvalidRequestError as error:
                if error.param != "amount":
                    raise
                return Declined(error.code or "insufficient_cash")

        return asked(made)


def movement_of(found: "stripe.CustomerCashBalanceTransaction") -> ProcessorMovement | Unknown | Misused:
    """Return the movement in our words; one whose amount cannot be read is for a person to look at."""
    known = set(MovementKind)
    kind = MovementKind(found.type) if found.type in known else MovementKind.OTHER
    try:
        sum_ = from_processor_minor(abs(found.net_amount), found.currency)
    except Broken as problem:
        return misused(f"{found.id}: {problem}", "amount_unreadable")
    transfer = getattr(getattr(found, "funded", None), "bank_transfer", None)
    sender = getattr(transfer, getattr(transfer, "type", ""), None) if transfer else None
    about = getattr(found, "applied_to_payment", None) or getattr(found, "unapplied_from_payment", None)
    refund = getattr(found, "refunded_from_payment", None)
    return ProcessorMovement(
        id=found.id,
        kind=kind,
        amount_minor=sum_.amount_minor if found.net_amount >= 0 else -sum_.amount_minor,
        currency=sum_.currency,
        created_at=datetime.fromtimestamp(found.created, UTC),
        intent_id=id_of(about.payment_intent) if about else "",
        refund_id=id_of(refund.refund) if refund else "",
        reference=(getattr(transfer, "reference", None) or "")[:200],
        sender=(getattr(sender, "sender_name", None) or "")[:200],
    )


def _account_of(found: "stripe.FundingInstructions") -> BankAccount | Unknown:
    """Return the first address that a transfer can be sent to; in dollars Stripe also lists one for SWIFT."""
    for address in found.bank_transfer.financial_addresses:
        names, details = _DETAILS.get(address.type), getattr(address, address.type, None)
        if names is None or details is None:
            continue
        shown = [(label, str(getattr(details, name, None) or "")) for label, name in names]
        return BankAccount(tuple((label, value) for label, value in shown if value))
    return Unknown("the processor gave no account that we can print")
