"""The bank account of a customer's own that it sends money to, and the currencies in which there is one."""

import json
from dataclasses import dataclass

COUNTRIES = ("DE", "FR", "IE", "NL")
"""Where an account in euros may be, as the installed SDK names them."""
SCHEMES = {
    "EUR": "eu_bank_transfer",
    "GBP": "gb_bank_transfer",
    "JPY": "jp_bank_transfer",
    "MXN": "mx_bank_transfer",
    "USD": "us_bank_transfer",
}
"""The currencies in which bank transfers arrive, with the processor's name of the way."""


@dataclass(frozen=True)
class TransferScheme:
    """How transfers in a currency come in: the processor's name of the way, and in euros the account's country."""

    currency: str
    country: str = ""

    @property
    def kind(self) -> str:
        """The processor's name of it."""
        return SCHEMES[self.currency]


@dataclass(frozen=True)
class BankAccount:
    """The account as it is printed: what each detail is called and what it is, in the order of a transfer's form."""

    details: tuple[tuple[str, str], ...]

    def written(self) -> str:
        """Return it as the text that is kept."""
        return json.dumps(self.details, ensure_ascii=False)


def read(text: str) -> BankAccount | None:
    """Return the account that was kept; None where none is."""
    return BankAccount(tuple((label, value) for label, value in json.loads(text))) if text else None
