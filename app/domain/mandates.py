"""The words that a customer accepts so that a bank account may be debited, and the file that keeps them."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.language import ENGLISH, _, current, marked, written_in

SEPA_VERSION = "sepa_debit-2026-11"
"""Changes whenever one of the words below does, or one of their translations: what was accepted must be what was shown.

That of another language than English ends with its name: `sepa_debit-2026-11-de`.
"""

# The authorisation of the SEPA Core scheme, as Stripe asks for it: it is the creditor together with the seller.
_SEPA = marked(
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
    """Return the mandate for recurring SEPA direct debits by the creditor, in the language of the work under way."""
    version = SEPA_VERSION if current() == ENGLISH else f"{SEPA_VERSION}-{current()}"
    return MandateText(version, _(_SEPA, creditor=creditor))


def language_of(version: str) -> str:
    """Return the language of a text that was accepted: its file is in it, whoever asks for that."""
    ending = version.rpartition("-")[2]
    return ENGLISH if ending.isdecimal() else written_in(ending)


def account_name(last4: str) -> str:
    """Return how a mandate calls the account that is debited: `Bank account (IBAN) ending in 3000`."""
    return _("Bank account (IBAN) ending in {last4}", last4=last4)


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
        (_("Mandate reference"), mandate.reference or _("given by the bank with the first debit")),
        (_("Our number"), mandate.id),
        (_("Creditor"), ", ".join(mandate.creditor)),
        (_("Debtor"), mandate.debtor),
        (_("Account"), mandate.account),
        (_("Kind of payment"), _("recurring")),
        (_("Accepted by"), mandate.accepted_by),
        (_("Accepted on"), f"{mandate.accepted_at:%Y-%m-%d %H:%M:%S} UTC"),
        (_("Accepted from"), mandate.address),
        (_("Accepted with"), mandate.user_agent),
        (_("Version of the text"), mandate.text.version),
    )
    lines = [f"{name + ':':<22}{_one_line(value)}" for name, value in facts if value]
    return "\n".join([_("SEPA Direct Debit Mandate"), "", *lines, "", mandate.text.text, ""])


def _one_line(value: str) -> str:
    """Keep a value from beginning a line of its own: it could pass for another fact."""
    return " ".join(value.split())
