"""The words that a customer accepts so that a bank account may be debited, and the file that keeps them."""

from dataclasses import dataclass
from datetime import datetime

SEPA_VERSION = "sepa_debit-2026-11"
"""Changes whenever one of the words below does: what was accepted must be what was shown."""

# The authorisation of the SEPA Core scheme, as Stripe asks for it: it is the creditor together with the seller.
_SEPA = (
    "By confirming this mandate, you authorise (A) {creditor} and Stripe, its payment service provider, to send "
    "instructions to your bank to debit your account, and (B) your bank to debit your account in accordance with those "
    "instructions. As part of your rights, you are entitled to a refund from your bank under the terms and conditions "
    "of your agreement with your bank. A refund must be claimed within 8 weeks starting from the date on which your "
    "account was debited. Your rights are explained in a statement that you can obtain from your bank. You agree to "
    "receive notifications for future debits up to 2 days before they occur."
)


@dataclass(frozen=True)
class MandateText:
    """What is shown and accepted: the whole text, and which version of it."""

    version: str
    text: str


def sepa_debit(creditor: str) -> MandateText:
    """Return the mandate for recurring SEPA direct debits by the creditor."""
    return MandateText(SEPA_VERSION, _SEPA.format(creditor=creditor))


def account_name(last4: str) -> str:
    """Return how a mandate calls the account that is debited: `Bank account (IBAN) ending in 3000`."""
    return f"Bank account (IBAN) ending in {last4}"


@dataclass(frozen=True)
class AcceptedMandate:
    """Everything that the file about an accepted mandate says."""

    id: str
    reference: str
    creditor: tuple[str, ...]
    debtor: str
    account: str
    text: MandateText
    accepted_by: str
    accepted_at: datetime
    address: str
    user_agent: str


def document(mandate: AcceptedMandate) -> str:
    """Return the mandate as a plain text to keep."""
    facts = (
        ("Mandate reference", mandate.reference or "given by the bank with the first debit"),
        ("Our number", mandate.id),
        ("Creditor", ", ".join(mandate.creditor)),
        ("Debtor", mandate.debtor),
        ("Account", mandate.account),
        ("Kind of payment", "recurring"),
        ("Accepted by", mandate.accepted_by),
        ("Accepted on", f"{mandate.accepted_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Accepted from", mandate.address),
        ("Accepted with", mandate.user_agent),
        ("Version of the text", mandate.text.version),
    )
    lines = [f"{name + ':':<22}{_one_line(value)}" for name, value in facts if value]
    return "\n".join(["SEPA Direct Debit Mandate", "", *lines, "", mandate.text.text, ""])


def _one_line(value: str) -> str:
    """Keep a value from beginning a line of its own: it could pass for another fact."""
    return " ".join(value.split())
