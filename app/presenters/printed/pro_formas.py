"""A pro-forma for paper: what was ordered, what it comes to, and how to send exactly that. It is no invoice."""

from datetime import date

from app import locale
from app.domain.bank_transfers.accounts import BankAccount
from app.domain.language import _
from app.domain.money import Money
from app.presenters.bank_transfers import OrderLine
from app.presenters.printed import columns, payment, words
from app.presenters.printed.around import Around
from app.presenters.printed.document import Fact, PrintedDocument, Sum


def printed(
    order: OrderLine, ordered: str, account: BankAccount, around: Around, *, to_send: Money, due_on: date | None = None
) -> PrintedDocument:
    """Return the pro-forma for paper, which asks for `to_send`: what was missing when it was asked for.

    The price of an invoice is not kept for a time: its day is the one on which it is due.
    """
    rows = tuple(columns.rows(ordered, "", (locale.exact(order.net or order.amount),)))
    sums = [Sum(order.tax_title, locale.exact(order.tax))] if order.tax and order.tax.amount_minor else []
    kept = () if order.invoice_id else (Fact(_(words.KEPT_UNTIL), locale.moment(order.valid_until)),)
    asked, arrived = locale.exact(to_send), order.amount - to_send
    total = Sum(_(words.TOTAL["invoice"]), locale.exact(order.amount), is_strong=True)
    here = (Sum(words.arrived(), locale.exact(arrived)), Sum(_(words.STILL_TO_SEND), asked, is_strong=True))
    return PrintedDocument(
        title=_(words.PRO_FORMA),
        number=order.id,
        paper=around.paper,
        seller=around.seller,
        buyer=around.customer,
        facts=(
            Fact(_(words.ORDER), order.id),
            Fact(_(words.ORDERED), locale.day(order.created_at)),
            *kept,
        ),
        columns=columns.of(_(words.DESCRIPTION), (_(words.AMOUNT),), rows),
        rows=rows,
        headline=words.due_by(asked, locale.day(due_on))
        if due_on
        else words.to_send_by(asked, locale.day(order.valid_until)),
        sums=(*sums, total, *(here if arrived.amount_minor else ())),
        notes=(_(words.NO_INVOICE),),
        how_to_pay=payment.by_transfer(account, to_send, order.reference, (_(words.SEND_EXACTLY),)),
        logo=around.logo,
    )
