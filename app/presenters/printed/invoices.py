"""Invoices, credit notes and receipts for paper, as they were when they were numbered.

Nothing is said of what comes later (a payment, a refund, a correction): whenever one is drawn it is the same, and it
says the same as the e-invoice that lies in it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from app import locale
from app.domain import methods
from app.domain.invoices import written
from app.domain.invoices.documents import Kind
from app.domain.language import _, percent, written_in
from app.domain.money import Money
from app.domain.tax.treatment import Category
from app.models.documents import Document, DocumentLine, DocumentTax
from app.presenters import document_lines
from app.presenters import invoices as described
from app.presenters.printed import columns, paper, payment, texts, words
from app.presenters.printed.document import (
    Column,
    Fact,
    HowToPay,
    Logo,
    Party,
    PrintedDocument,
    Row,
    Stamp,
    Sum,
)
from app.services.invoices import e_invoices
from app.services.invoices.payers import PaidBy
from app.services.invoices.reads import DocumentParts
from app.services.receivables.differences import Difference

_STAMPS = {
    Kind.INVOICE: words.PAID_STAMP,
    Kind.RECEIPT: words.PAID_STAMP,
    Kind.CREDIT_NOTE: words.CREDITED_STAMP,
    Kind.REFUND_RECEIPT: words.RETURNED_STAMP,
}
_RETURNING = frozenset({Kind.CREDIT_NOTE, Kind.REFUND_RECEIPT})
_DONE = {
    Kind.INVOICE: words.paid_on,
    Kind.RECEIPT: words.paid_on,
    Kind.CREDIT_NOTE: words.credited_on,
    Kind.REFUND_RECEIPT: words.returned_on,
}


@dataclass(frozen=True)
class Back:
    """Where what goes back by a document goes to."""

    is_kept: bool = False
    """Whether no bank has it: it stands under *Not used yet*."""
    difference: Difference | None = None
    """What a correction returns of what was paid."""


def printed(
    parts: DocumentParts,
    *,
    link: str,
    logo: Logo | None = None,
    taken_over: Sequence[PaidBy] = (),
    back: Back = Back(),
) -> PrintedDocument:
    """Return the document for paper. `link` is the page where it is paid, `taken_over` what was paid before."""
    document, kind = parts.document, Kind(parts.document.kind)
    headline = _headline(document, kind, back)
    rows = _rows(parts)
    return PrintedDocument(
        title=words.title(kind),
        number=document.number or "",
        paper=paper.of(document.buyer_country, document.seller_country),
        seller=_seller(parts),
        buyer=_buyer(parts),
        facts=tuple(_facts(parts, kind)),
        columns=_columns(parts, rows),
        rows=rows,
        headline=headline,
        stamp=_stamp(document, kind, back),
        sums=tuple(_sums(parts, kind, back)),
        notes=tuple(_notes(parts, kind, taken_over, back)),
        how_to_pay=_how_to_pay(document, link) if kind is Kind.INVOICE else None,
        logo=logo,
        foot=headline,
        language=written_in(document.language),
    )


def is_settled(document: Document) -> bool:
    """Whether nothing was left to be done when it got its number: the money had come or gone, or nothing was due."""
    return e_invoices.settled_minor(document) == document.payable_minor


def _seller(parts: DocumentParts) -> Party:
    document = parts.document
    numbers = {tax.seller_number for tax in parts.taxes} | {document.seller_tax_id}
    lines = [
        *document.seller_address.split("\n"),
        locale.country(document.seller_country) if document.seller_country else "",
        document.seller_email,
        document.seller_phone,
        *(words.tax_id(each) for each in sorted(numbers - {""})),
    ]
    return Party(words.from_(), document.seller_name, tuple(each for each in lines if each))


def _buyer(parts: DocumentParts) -> Party:
    name, *lines = described.buyer_lines(parts.document)
    numbers = sorted({described.buyer_number(tax) for tax in parts.taxes if tax.buyer_number})
    title = words.CUSTOMER if parts.document.kind == Kind.REFUND_RECEIPT else words.BILL_TO
    return Party(_(title), name, tuple(each for each in (*lines, parts.document.customer_email, *numbers) if each))


def _facts(parts: DocumentParts, kind: Kind) -> list[Fact]:
    document = parts.document
    found = [Fact(_(words.NUMBER[kind]), document.number or ""), Fact(_(words.ISSUED), _day(document.issued_at))]
    if kind is Kind.INVOICE and document.due_on and not is_settled(document):
        found.append(Fact(_(words.DUE), locale.day(document.due_on)))
    if parts.sold_on:
        title, day = document_lines.day_of_rates(parts.lines, parts.sold_on)
        found.append(Fact(_(words.SOLD) if day == parts.sold_on else title, locale.day(day)))
    days = [each for line in parts.lines for each in (line.begins_on, line.ends_on) if each]
    if days:
        found.append(Fact(_(words.PERIOD), words.period(locale.day(min(days)), locale.day(max(days)))))
    if parts.returns:
        about = words.on(parts.returns.number or "", _day(parts.returns.issued_at))
        found.append(Fact(_(words.RETURNS[kind]) if kind in words.RETURNS else "", about))
    if parts.replaces:
        about = words.on(parts.replaces.number or "", _day(parts.replaces.issued_at))
        found.append(Fact(_(words.REPLACES), about))
    named = ((words.PO_NUMBER, document.po_number), (words.REFERENCE, document.buyer_reference))
    return [*found, *(Fact(_(label), value) for label, value in named if value)]


def _columns(parts: DocumentParts, rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns that have something in them."""
    figures = [_(words.QUANTITY)]
    if _has_prices(parts):
        figures.append(_(words.UNIT_PRICE))
    if _has_tax(parts):
        figures.append(_(words.TAX))
    return columns.of(_(words.DESCRIPTION), (*figures, _(words.AMOUNT)), rows)


def _has_prices(parts: DocumentParts) -> bool:
    return any(line.unit_price for line in parts.lines)


def _has_tax(parts: DocumentParts) -> bool:
    """Whether lines say their rate: where nothing is taxed, the sums say why."""
    return any(tax.category == Category.STANDARD.value for tax in parts.taxes)


def _rows(parts: DocumentParts) -> tuple[Row, ...]:
    found = list[Row]()
    for line, shown in zip(parts.lines, document_lines.rows(parts.lines, parts.document.currency), strict=True):
        figures = [shown.quantity]
        if _has_prices(parts):
            figures.append(shown.unit_price)
        if _has_tax(parts):
            figures.append(_percent(line))
        found += columns.rows(*_said(line), (*figures, locale.exact(shown.net)))
    return tuple(found)


def _said(line: DocumentLine) -> tuple[str, str]:
    """Return what was sold, and what stands small below it: its days, and how its price comes about."""
    if not (line.begins_on and line.ends_on):
        return line.description, ""
    days = words.period(locale.day(line.begins_on), locale.day(line.ends_on))
    found = re.fullmatch(rf"(.*?{re.escape(written.day(line.ends_on))})\s?: (.*)", line.description, re.DOTALL)
    sold, more = found.groups() if found else (line.description, "")
    name = sold.removesuffix(f", {written.span(line.begins_on, line.ends_on)}")
    note = " · ".join(each for each in (days, more) if each)
    return (name, note) if len(note) <= texts.LONGEST else (line.description, days)


def _percent(row: DocumentLine | DocumentTax) -> str:
    if row.category != Category.STANDARD.value:
        return words.NO_RATE
    return percent(locale.number(Decimal(row.percent_micros).scaleb(-6).normalize()))


def _sums(parts: DocumentParts, kind: Kind, back: Back) -> list[Sum]:
    document, paid = parts.document, e_invoices.settled_minor(parts.document)
    found = [Sum(_(words.SUBTOTAL), _money(document, document.net_minor))] if parts.taxes else []
    for tax in parts.taxes:
        title = words.base(described.tax_title(tax), _money(document, tax.net_minor))
        found.append(Sum(title, _money(document, tax.tax_minor)))
    title = _(words.TOTAL_KEPT if _is_unused(kind, back) else words.TOTAL[kind])
    total = Sum(f"{title} ({document.currency})", _money(document, document.total_minor), is_strong=True)
    found.append(total)
    if document.credits_applied_minor:
        found.append(Sum(_(words.CREDIT), _money(document, -document.credits_applied_minor)))
    if document.rounding_minor:
        found.append(Sum(_(words.ROUNDING), _money(document, document.rounding_minor)))
    if kind is Kind.INVOICE:
        if paid:
            found.append(Sum(words.paid(), _money(document, -paid)))
        found.append(Sum(_(words.AMOUNT_DUE), _money(document, document.payable_minor - paid), is_strong=True))
    return found


def _headline(document: Document, kind: Kind, back: Back) -> str:
    amount = _money(document, document.payable_minor - e_invoices.settled_minor(document))
    if is_settled(document) or kind is not Kind.INVOICE:
        amount = _money(document, document.total_minor)
        if _is_unused(kind, back):
            return words.kept_on(amount, _day(document.issued_at))
        return _DONE[kind](amount, _day(_settled_at(document)))
    if document.due_on:
        return words.due_by(amount, locale.day(document.due_on))
    return words.later(amount)


def _stamp(document: Document, kind: Kind, back: Back) -> Stamp | None:
    if not is_settled(document):
        return None
    about = " · ".join(each for each in (_day(_settled_at(document)), methods.said(document.paid_with)) if each)
    return Stamp(_(words.KEPT_STAMP if _is_unused(kind, back) else _STAMPS[kind]), about)


def _is_unused(kind: Kind, back: Back) -> bool:
    return back.is_kept and kind is Kind.REFUND_RECEIPT


def _settled_at(document: Document) -> datetime | None:
    """When the money moved: for a correction the day on which what it corrects was paid; else that of the document."""
    is_corrected = document.source_type == "correction" and document.kind == Kind.INVOICE.value
    return document.paid_at if is_corrected and document.paid_at else document.issued_at


def _notes(parts: DocumentParts, kind: Kind, taken_over: Sequence[PaidBy], back: Back) -> list[str]:
    document = parts.document
    found = [each for tax in parts.taxes if (each := described.why(tax))]
    for paid in taken_over:
        amount, day = locale.exact(paid.amount), locale.day(paid.paid_at)
        found.append(words.taken_over(amount, day, methods.said(paid.paid_with), paid.invoice.number or ""))
    if document.carried_minor:
        found.append(words.carried(_money(document, document.carried_minor)))
    if document.source_type == "correction" and parts.returns:
        found.append(
            words.corrected(parts.returns.number or "", (parts.replaced_by.number if parts.replaced_by else None) or "")
        )
    elif document.reason and document.source_type != "refund":  # its line says that
        found.append(words.because(document.reason))
        if kind is Kind.CREDIT_NOTE and not is_settled(document) and parts.returns:
            found.append(words.set_off(parts.returns.number or ""))
    if back.is_kept:
        found.append(_(words.KEPT))
    if back.difference is not None:
        went = back.difference
        found.append(words.goes_back(locale.exact(went.amount), methods.said(went.to), went.refund_id))
    if kind in {Kind.RECEIPT, Kind.REFUND_RECEIPT}:
        found.append(_(words.NOT_A_TAX_INVOICE))
    return [part for each in dict.fromkeys(found) for part in texts.parts(each)]


def _how_to_pay(document: Document, link: str) -> HowToPay | None:
    if is_settled(document):
        return None
    if document.due_on is None:
        return HowToPay(_(words.HOW_TO_PAY), (_(words.NOTHING_NOW),))
    return payment.by_link(locale.day(document.due_on), link)


def _money(document: Document, minor: int) -> str:
    return locale.exact(Money(minor, document.currency))


def _day(value: datetime | date | None) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(UTC).date()
    return locale.day(value) if value else ""
