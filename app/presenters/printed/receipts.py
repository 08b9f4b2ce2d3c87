"""Receipts of what pays an invoice, for paper: who paid how much, when and how, and for which invoices."""

from app import locale
from app.domain import methods
from app.domain.language import _
from app.domain.money import Money
from app.models.documents import Document
from app.presenters import invoices as described
from app.presenters.printed import columns, paper, words
from app.presenters.printed.document import Fact, Logo, Party, PrintedDocument, Row, Stamp, Sum
from app.services.receivables.receipts import Receipt


def printed(found: Receipt, *, logo: Logo | None = None) -> PrintedDocument:
    """Return the receipt for paper. It says nothing of what comes later, and asks for nothing."""
    invoice, day = found.invoice, locale.day(found.paid_at)
    amount = locale.exact(found.amount)
    rows = tuple(row for each, part in found.paid for row in _rows(each, part))
    if found.left_over.amount_minor:
        rows = (*rows, *columns.rows(_(words.LEFT_OVER), "", (locale.exact(found.left_over),)))
    return PrintedDocument(
        title=_(words.RECEIPT),
        number=found.number,
        paper=paper.of(invoice.buyer_country, invoice.seller_country),
        seller=seller(invoice),
        buyer=buyer(invoice),
        facts=tuple(_facts(found, day)),
        columns=columns.of(_(words.DESCRIPTION), (_(words.AMOUNT),), rows),
        rows=rows,
        headline=words.paid_on(amount, day),
        stamp=Stamp(_(words.PAID_STAMP), day),
        sums=(Sum(_(words.TOTAL["receipt"]), amount, is_strong=True),),
        notes=(_(words.CONFIRMS_A_PAYMENT),),
        logo=logo,
        foot=words.paid_on(amount, day),
    )


def seller(document: Document) -> Party:
    """Return the seller as a document names it."""
    lines = (
        *document.seller_address.split("\n"),
        locale.country(document.seller_country) if document.seller_country else "",
        document.seller_email,
        document.seller_phone,
        words.tax_id(document.seller_tax_id) if document.seller_tax_id else "",
    )
    return Party(words.from_(), document.seller_name, tuple(each for each in lines if each))


def buyer(document: Document) -> Party:
    """Return the customer as a document names it."""
    name, *lines = described.buyer_lines(document)
    return Party(_(words.PAID_BY), name, tuple(each for each in (*lines, document.customer_email) if each))


def _facts(found: Receipt, day: str) -> list[Fact]:
    named = (
        (words.NUMBER["receipt"], found.number),
        (words.PAID_ON, day),
        (words.PAID_WITH, methods.said(found.paid_with)),
        (words.PAYMENT, found.payment_id),
        (words.PO_NUMBER, found.invoice.po_number),
    )
    return [Fact(_(label), value) for label, value in named if value]


def _rows(invoice: Document, part: Money) -> list[Row]:
    day = locale.day(invoice.issued_at) if invoice.issued_at else ""
    return columns.rows(words.invoice_of(invoice.number or "", day), "", (locale.exact(part),))
