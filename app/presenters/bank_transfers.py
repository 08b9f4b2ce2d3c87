"""What the pages of bank transfers say: the account, what is unapplied, pro-formas, and what has moved the money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.addresses.address import NAMES, Address
from app.domain.amounts import CreditUnit, decimals_of
from app.domain.bank_transfers import epc
from app.domain.bank_transfers.accounts import BankAccount
from app.domain.bank_transfers.allocation import Standing, missing, shares
from app.domain.bank_transfers.cash import MovementKind
from app.domain.language import _, marked
from app.domain.money import Credits, Money
from app.domain.tax import kept
from app.domain.tax import words as tax_words
from app.models.bank_transfers import CashMovement, ProForma
from app.models.customers import Customer
from app.models.documents import Document
from app.services.bank_transfers.movements import Expected
from app.services.bank_transfers.orders import Ordered

_PILLS = {
    Standing.WAITING: (marked("Waits for your transfer"), "warn"),
    Standing.PAYING: (marked("Being paid"), "warn"),
    Standing.PAID: (marked("Paid"), "ok"),
    Standing.CANCELED: (marked("Cancelled"), ""),
    Standing.EXPIRED: (marked("Expired"), ""),
}
LABELS = (
    marked("Account holder"),
    marked("Bank"),
    marked("Bank code"),
    marked("Branch"),
    marked("Branch code"),
    marked("Account type"),
    marked("Account number"),
    marked("Sort code"),
    marked("Routing number"),
)
"""What the details of an account are called, as they are kept; IBAN, BIC and CLABE are called so everywhere."""
_MOVED = {
    MovementKind.FUNDED: marked("Bank transfer received"),
    MovementKind.APPLIED: marked("Used for a payment"),
    MovementKind.UNAPPLIED: marked("Back from a payment"),
    MovementKind.REFUNDED: marked("Refund of a payment"),
    MovementKind.RETURN_INITIATED: marked("Sent back to your bank account"),
    MovementKind.RETURN_CANCELED: marked("Could not be sent back"),
    MovementKind.FUNDING_REVERSED: marked("Called back by your bank"),
    MovementKind.TRANSFERRED: marked("Moved by our payment processor"),
    MovementKind.OVERDRAFT: marked("Covered by our payment processor"),
    MovementKind.OTHER: marked("Moved by our payment processor"),
}


@dataclass(frozen=True)
class OrderLine:
    """A pro-forma in the list, or by itself, and what is still to be sent for it."""

    id: str
    amount: Money
    net: Money | None
    tax: Money | None
    tax_title: str
    """What the tax is called: `VAT 19 %`."""
    standing: Standing
    state: str
    pill: str
    sentence: str
    to_send: Money
    """What is missing beside what has arrived; nothing once it is over."""
    here: Money
    """How much of what has arrived is used for it."""
    created_at: datetime
    valid_until: datetime
    payment_id: str
    invoice_id: str

    @property
    def reference(self) -> str:
        """What a transfer for it names, in letters that every bank takes."""
        return epc.reference(self.id)

    @property
    def is_over(self) -> bool:
        """Whether it was cancelled or not paid in time."""
        return self.standing in {Standing.CANCELED, Standing.EXPIRED}

    @property
    def waits(self) -> bool:
        """Whether money is still to be sent for it."""
        return self.standing is Standing.WAITING


@dataclass(frozen=True)
class Moved:
    """One movement in words."""

    id: str
    at: datetime
    words: str
    note: str
    amount: Money
    """Signed."""


def lines(
    found: Sequence[Ordered], waiting: Sequence[Ordered], unapplied: int, now_due: Money | None = None
) -> list[OrderLine]:
    """Return pro-formas in words. What is unapplied counts for what waits, in the order in which it is paid."""
    here = shares(unapplied, [each.as_order for each in waiting])
    return [line(each, here.get(each.pro_forma.id, 0), now_due) for each in found]


def line(ordered: Ordered, here: int, now_due: Money | None = None) -> OrderLine:
    """Return one in words; `here`: how much of what has arrived counts for it.

    `now_due`: what its invoice asks for since it was cancelled, where it asks for anything.
    """
    row, standing = ordered.pro_forma, ordered.standing
    state, pill = _PILLS[standing]
    is_waiting = standing is Standing.WAITING
    to_send = Money(missing(row.amount_minor, here) if is_waiting else 0, row.currency)
    used = Money(here if is_waiting else 0, row.currency)
    net = Money(row.net_minor, row.currency) if row.net_minor is not None else None
    treatment = kept.read(row.treatment, net) if net is not None and row.treatment else None
    return OrderLine(
        id=row.id,
        amount=ordered.amount,
        net=net,
        tax=ordered.amount - net if net is not None else None,
        tax_title=tax_words.title(treatment[0], locale.number) if treatment is not None else _("Tax"),
        standing=standing,
        state=_("{amount} is missing", amount=locale.amount(to_send)) if used.amount_minor else _(state),
        pill=pill,
        sentence=_sentence(row, standing, to_send, used, now_due),
        to_send=to_send,
        here=used,
        created_at=row.created_at,
        valid_until=row.valid_until,
        payment_id=row.payment_id or "" if standing in {Standing.PAYING, Standing.PAID} else "",
        invoice_id=row.document_id or "",
    )


def _sentence(row: ProForma, standing: Standing, to_send: Money, here: Money, now_due: Money | None) -> str:
    asked = locale.amount(Money(row.amount_minor, row.currency))
    match standing:
        case Standing.WAITING if here.amount_minor:
            return _(
                "{here} has arrived. {missing} is missing: send it to the same account. Or cancel this order and order "
                "less: what you have sent stays yours.",
                here=locale.amount(here),
                missing=locale.amount(to_send),
            )
        case Standing.WAITING:
            return _(
                "Send exactly {amount} to the account below. It is yours alone: we know that the money is from you.",
                amount=asked,
            )
        case Standing.PAYING:
            return _("The money has arrived and is being booked. You do not need to do anything.")
        case Standing.PAID if row.document_id:
            return _("{amount} has arrived, and the invoice is paid.", amount=asked)
        case Standing.PAID:
            return _("{amount} has arrived, and what you ordered was added to your balance.", amount=asked)
        case Standing.CANCELED if now_due is not None:
            return _(
                "{amount} is to be paid of the invoice now: this pro-forma asked for another amount and is cancelled. "
                "Order a new one. What you have sent stays yours and pays what waits next.",
                amount=locale.amount(now_due),
            )
        case Standing.CANCELED if row.document_id:
            return _("This no longer asks for money. What you have sent for it stays yours and pays what waits next.")
        case Standing.CANCELED:
            return _(
                "This order was cancelled. If you have sent money for it, that stays yours and pays your next order."
            )
        case _:
            return _("This order was not paid in time. If you send money now, it stays yours and pays your next order.")


def about_paper(standing: Standing, asks_for_what_is_missing: bool) -> str:
    """Return what is to be known of a pro-forma's PDF beside it; nothing while it asks for what is to be sent."""
    match standing:
        case Standing.CANCELED:
            return _("This is the PDF of a cancelled order. It no longer asks for money.")
        case Standing.EXPIRED:
            return _("This is the PDF of an order that was not paid in time. It no longer asks for money.")
        case Standing.PAYING | Standing.PAID:
            return _("The money for this order has arrived. Do not send it again.")
        case _ if asks_for_what_is_missing:
            return ""
        case _:
            return _("Another amount is missing since this PDF was made. Make a new one on the order's page.")


def details(account: BankAccount | None) -> list[tuple[str, str, str]]:
    """Return the account's details: what each is called, how it is printed and how it is copied."""
    if account is None:
        return []
    said = {each: _(each) for each in LABELS}
    return [
        (said.get(label, label), _spaced(value) if label == "IBAN" else value, value)
        for label, value in account.details
    ]


def moved(row: CashMovement, currency: str) -> Moved:
    """Return a movement in words."""
    notes = [row.sender, _("“{words}”", words=row.reference) if row.reference else ""]
    if row.currency != currency:
        notes.append(
            _("It is not in {currency}, so it cannot pay here: it is looked at and sent back.", currency=currency)
        )
    return Moved(
        row.id,
        row.moved_at,
        _(_MOVED[MovementKind(row.kind)]),
        " · ".join(each for each in notes if each),
        Money(row.amount_minor, row.currency),
    )


def on_its_way(each: Expected) -> Moved:
    """Return in words what is used already and not a movement yet."""
    if not each.is_payment:
        words = _("Being sent back to your bank account")
    else:
        words = _("Being used for a payment") if each.is_open else _(_MOVED[MovementKind.APPLIED])
    return Moved(each.id, each.at, words, "", Money(-each.minor, each.currency))


def _spaced(iban: str) -> str:
    return " ".join(iban[place : place + 4] for place in range(0, len(iban), 4))


def ordered(row: ProForma, customer: Customer, invoice: str) -> str:
    """Return what a pro-forma is for: `Credit: 25.00 USD`, or the invoice of this number."""
    if row.document_id:
        return _("Invoice {number}", number=invoice)
    unit = CreditUnit(customer.credit_unit)
    number = locale.number(Credits(row.credits_micros).units, decimals_of(unit))
    return _("Credit: {number} {unit}", number=number, unit=unit.name)


def address_of(document: Document) -> Address:
    """Return the customer's address as it is on an invoice: later edits change nothing about what is asked for it."""
    return Address(*(getattr(document, f"buyer_{name}") for name in NAMES))


def buyer(address: Address | None, name: str) -> tuple[str, ...]:
    """Return the customer's address as it is printed; its name alone where none is given."""
    if address is None or not address.country:
        return (name,)
    return (*address.lines(), locale.country(address.country))
