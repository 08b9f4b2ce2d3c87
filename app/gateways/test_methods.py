"""Stripe's named test methods: how each looks, and what becomes of it when it is saved, charged and given back.

The names are Stripe's own. Stripe lets only some of its declining test cards be saved; here each of them can, so that a
decline can be seen where it matters: when a saved card is charged.
"""

from dataclasses import dataclass

from app.domain.methods import Rail


@dataclass(frozen=True)
class TestMethod:
    """One of the processor's named test methods."""

    label: str
    brand: str
    last4: str
    code: str = ""
    """The error code of its decline; `authentication` asks the bank's question first; empty: it pays."""
    decline_code: str = ""
    message: str = "Your card was declined."
    rail: Rail = Rail.CARD
    exp_year: int = 2034
    saving: str = ""
    """What happens when it is saved: nothing, `asks` (the bank's question) or `refused` with its code."""
    later: str = ""
    """What happens after it has paid: `dispute`, `refund_pending` or `refund_fails`."""


_CARDS = {
    "pm_card_visa": TestMethod("Visa ending in 4242: pays", "visa", "4242"),
    "pm_card_mastercard": TestMethod("Mastercard ending in 4444: pays", "mastercard", "4444"),
    "pm_card_amex": TestMethod("American Express ending in 8431: pays", "amex", "8431"),
    # Stripe's bank asks about this one also while it is saved; here the question comes with each charge only.
    "pm_card_authenticationRequired": TestMethod(
        "Visa ending in 3184: the bank asks you at each payment", "visa", "3184", "authentication"
    ),
    "pm_card_authenticationRequiredOnSetup": TestMethod(
        "Visa ending in 3155: the bank asks you once, when it is saved", "visa", "3155", saving="asks"
    ),
    "pm_card_chargeDeclinedInsufficientFunds": TestMethod(
        "Visa ending in 9995: insufficient funds",
        "visa",
        "9995",
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_chargeDeclinedExpiredCard": TestMethod(
        "Visa ending in 0069: expired", "visa", "0069", "expired_card", "expired_card", "Your card has expired."
    ),
    "pm_card_chargeCustomerFail": TestMethod(
        "Visa ending in 0341: declined when charged", "visa", "0341", "card_declined", "generic_decline"
    ),
    "pm_card_chargeDeclined": TestMethod(
        "Visa ending in 0002: declined", "visa", "0002", "card_declined", "generic_decline"
    ),
    "pm_card_chargeDeclinedIncorrectCvc": TestMethod(
        "Visa ending in 0127: refused when it is saved",
        "visa",
        "0127",
        "incorrect_cvc",
        "incorrect_cvc",
        "Your card's security code is incorrect.",
        saving="refused",
    ),
    "pm_card_createDispute": TestMethod(
        "Visa ending in 0259: pays, then the bank disputes it", "visa", "0259", later="dispute"
    ),
    "pm_card_pendingRefund": TestMethod(
        "Visa ending in 7726: pays, a refund takes a day", "visa", "7726", later="refund_pending"
    ),
    "pm_card_refundFail": TestMethod(
        "Visa ending in 5126: pays, a refund fails a day later", "visa", "5126", later="refund_fails"
    ),
}
_DEBIT_FAILED = "payment_intent_payment_attempt_failed"
_DEBITS = {
    "pm_success_de": TestMethod(
        "Bank account ending in 3000: pays after three days", "sepa_debit", "3000", rail=Rail.SEPA_DEBIT
    ),
    "pm_failedDelayed_de": TestMethod(
        "Bank account ending in 3004: fails after three days",
        "sepa_debit",
        "3004",
        _DEBIT_FAILED,
        "generic_decline",
        "The payment failed.",
        Rail.SEPA_DEBIT,
    ),
    "pm_insufficientFunds_de": TestMethod(
        "Bank account ending in 3007: has too little after three days",
        "sepa_debit",
        "3007",
        _DEBIT_FAILED,
        "insufficient_funds",
        "The account has insufficient funds.",
        Rail.SEPA_DEBIT,
    ),
    "pm_disputed_de": TestMethod(
        "Bank account ending in 3005: pays, then the debit is disputed",
        "sepa_debit",
        "3005",
        rail=Rail.SEPA_DEBIT,
        later="dispute",
    ),
}
_WALLETS = {
    "paypal": TestMethod("PayPal account", "paypal", "", rail=Rail.PAYPAL, saving="asks"),
}

SAVED: dict[str, TestMethod] = {**_CARDS, **_DEBITS, **_WALLETS}
"""What can be saved, by name."""
ONCE = {
    "paypal": SAVED["paypal"],
    "crypto": TestMethod("Stablecoin wallet", "crypto", "", rail=Rail.CRYPTO),
}
"""What pays once through its own page, by Stripe's type."""
NAMED = SAVED | ONCE
BY_DATA = frozenset({Rail.PAYPAL, Rail.CRYPTO})
"""Rails that Stripe has no named test methods for: they are made from their type alone."""

OFFERED: dict[Rail, list[tuple[str, str]]] = {
    rail: [(name, each.label) for name, each in SAVED.items() if each.rail is rail]
    for rail in (Rail.CARD, Rail.SEPA_DEBIT, Rail.PAYPAL)
}
"""What can be saved, by rail, with what to call it on a page."""
