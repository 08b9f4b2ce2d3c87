"""How an open document is paid: on a page of ours, or by a transfer to the account that is the customer's own."""

from app import locale
from app.domain.bank_transfers.accounts import BankAccount
from app.domain.language import _
from app.domain.money import Money
from app.presenters import bank_transfers
from app.presenters.printed import codes, words
from app.presenters.printed.document import Fact, HowToPay


def by_link(day: str, link: str) -> HowToPay:
    """Return how it is paid online until the day."""
    return HowToPay(_(words.HOW_TO_PAY), (words.pay_by(day),), link, _(words.PAY_ONLINE), code=codes.of_link(link))


def by_transfer(account: BankAccount, amount: Money, reference: str, sentences: tuple[str, ...] = ()) -> HowToPay:
    """Return how it is paid by transfer: the account, the amount, what to name, and a code where there is one."""
    named = (*((_(label), shown) for label, shown, _copied in bank_transfers.details(account)),)
    asked = ((_(words.AMOUNT), locale.exact(amount)), (_(words.PAYMENT_REFERENCE), reference))
    return HowToPay(
        _(words.TRANSFER),
        sentences,
        details=tuple(Fact(label, value) for label, value in (*named, *asked) if value),
        code=codes.of_transfer(account, amount, reference),
    )
