"""QR codes on documents: the transfer that pays one, or the page where it is paid, as a picture that lies in it."""

from collections.abc import Mapping

from app.domain.bank_transfers import epc
from app.domain.bank_transfers.accounts import BankAccount
from app.domain.language import _
from app.domain.money import Money
from app.presenters.printed import words
from app.presenters.printed.document import Code

MODULE = 5
"""Pixels of a module: at 26 mm sharp enough for paper, and a kilobyte."""


def of_link(link: str) -> Code:
    """Return the code of a page."""
    return Code(_drawn(link), _(words.SCAN_LINK))


def of_transfer(account: BankAccount, amount: Money, reference: str) -> Code | None:
    """Return the code of a transfer to the account; None where the account or the amount can have none."""
    named: Mapping[str, str] = dict(account.details)
    said = epc.text(named.get("Account holder", ""), named.get("IBAN", ""), named.get("BIC", ""), amount, reference)
    return Code(_drawn(said), _(words.SCAN_TRANSFER)) if said else None


def _drawn(said: str) -> str:
    """Return the code as a PNG, with the quiet zone that readers need, and as much correction as banks ask for (M)."""
    import segno  # who starts the app draws no code yet

    made = segno.make(said, error="m", boost_error=False, micro=False, encoding="utf-8", eci=False)
    return made.png_data_uri(scale=MODULE, border=4)
