"""E-invoices from documents: what EN 16931 says of an invoice or credit note, or why it cannot say it.

It is made from what never changes once the document has a number, so that it is the same at any time.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from app.domain import methods
from app.domain.currencies import exponent
from app.domain.errors import ensure
from app.domain.invoices.documents import Kind
from app.domain.invoices.e_invoice import (
    MOST_DECIMALS,
    Allowance,
    EInvoice,
    Item,
    Party,
    Profile,
    TaxGroup,
    TypeCode,
    product,
)
from app.domain.invoices.lines import LineKind, Rate
from app.domain.language import _, marked, of_documents, pgettext
from app.domain.money import Money
from app.domain.tax.places import MEMBERS, country_of, is_member
from app.domain.tax.treatment import Category, Reason
from app.models.documents import Document, DocumentLine, DocumentTax
from app.services.invoices import drafting
from app.services.invoices.reads import DocumentParts

SETTLED_BY = frozenset({"payment", "refund", "dispute"})
"""The facts whose document was settled when it was made: the money had come, or had gone back."""
STREET_LINES = 3
ONLINE = marked("Payable online, in the billing portal")
"""How an invoice is paid that was not paid when it was made."""
_TYPES = {Kind.INVOICE.value: TypeCode.INVOICE, Kind.CREDIT_NOTE.value: TypeCode.CREDIT_NOTE}
_WHY = {
    Category.REVERSE_CHARGE: (marked("Reverse charge: the customer accounts for the tax"), "VATEX-EU-AE"),
    Category.OUTSIDE: (marked("Not subject to VAT"), "VATEX-EU-O"),
    Category.EXEMPT: (marked("Exempt from tax"), ""),
}
_BUYERS_VAT = frozenset(Reason) - {Reason.EXEMPT_CERTIFICATE, Reason.NUMBER_FOR_SHOPS, Reason.NUMBER_FOR_GOODS}
"""Where the number that decided is the customer's own for VAT, and not one of a certificate or a scheme."""


class Obstacle(StrEnum):
    """Why a document has no e-invoice."""

    RECEIPT = "receipt"
    SELLER_OUTSIDE_UNION = "seller_outside_union"
    DECIMALS = "decimals"
    NO_COUNTRY = "no_country"
    """The customer had given no invoice address."""
    NO_SELLER_NUMBER = "no_seller_number"
    SEVERAL_SELLER_NUMBERS = "several_seller_numbers"
    PARTLY_OUTSIDE = "partly_outside"
    """What is outside the scope of VAT stands on an invoice of its own (BR-O-11)."""
    ONLY_DISCOUNTS = "only_discounts"


def of(parts: DocumentParts) -> EInvoice | Obstacle:
    """Return the e-invoice of a document that has a number, in words of its language, or why there is none."""
    obstacle = obstacle_of(parts)
    if obstacle:
        return obstacle
    with of_documents(parts.document.language):
        return _of(parts)


def _of(parts: DocumentParts) -> EInvoice:
    document = parts.document
    total, rounding = _money(document, document.total_minor), _money(document, document.rounding_minor)
    prepaid = _money(document, document.credits_applied_minor + settled_minor(document))
    due = total - prepaid + rounding
    seller, buyer = _seller(parts), _buyer(parts)
    preceding = parts.returns or parts.replaces
    return EInvoice(
        _profile(document, seller, buyer),
        _TYPES[document.kind],
        document.number or "",
        _day(document),
        document.currency,
        seller=seller,
        buyer=buyer,
        items=tuple(_item(document, line) for line in parts.lines if not _lowers(line)),
        allowances=tuple(_allowance(document, line) for line in parts.lines if _lowers(line) and line.net_minor),
        taxes=tuple(_group(document, tax) for tax in parts.taxes),
        net=_money(document, document.net_minor),
        tax=_money(document, document.tax_minor),
        total=total,
        prepaid=prepaid,
        rounding=rounding,
        due=due,
        due_on=document.due_on if due.amount_minor else None,
        terms=_terms(parts, due),
        paid_with=_(ONLINE) if due.amount_minor else methods.said(document.paid_with) or pgettext("document", "Paid"),
        purchase_order=document.po_number,
        buyer_reference=document.buyer_reference,
        note=_note(document),
        preceding=(preceding.number or "", _day(preceding)) if preceding else None,
        sold_on=parts.sold_on,
    )


def settled_minor(document: Document) -> int:
    """Return how much of what credit leaves to be paid was settled when the document was made."""
    return document.payable_minor if document.source_type in SETTLED_BY else document.taken_over_minor


def with_e_invoice(parts: DocumentParts, pdf: bytes, made_at: datetime) -> tuple[bytes, bytes | None]:
    """Return the PDF of a document with its e-invoice in it, and that by itself; the PDF alone where there is none."""
    from app.gateways.e_invoice import embedding, xml  # who starts the app writes no e-invoice yet

    invoice = of(parts)
    if isinstance(invoice, Obstacle):
        return pdf, None
    written = xml.xml_of(invoice)
    title = f"{invoice.seller.name} {invoice.number}"
    return embedding.embed(pdf, written, invoice.profile, title, made_at), written


def obstacle_of(parts: DocumentParts) -> Obstacle | None:
    """Return why there is no e-invoice of the document; None: there is one."""
    document = parts.document
    categories = {tax.category for tax in parts.taxes}
    if document.kind not in _TYPES:
        return Obstacle.RECEIPT
    if not is_member(document.seller_country, _day(document)):
        return Obstacle.SELLER_OUTSIDE_UNION
    if exponent(document.currency) > MOST_DECIMALS:
        return Obstacle.DECIMALS
    if not document.buyer_country:
        return Obstacle.NO_COUNTRY
    if len(categories) > 1 and Category.OUTSIDE.value in categories:
        return Obstacle.PARTLY_OUTSIDE
    numbers = _seller_numbers(parts)
    if not numbers:
        return Obstacle.NO_SELLER_NUMBER
    if len(numbers) > 1:
        return Obstacle.SEVERAL_SELLER_NUMBERS
    return None if any(not _lowers(line) for line in parts.lines) else Obstacle.ONLY_DISCOUNTS


def is_vat_number(number: str) -> bool:
    """Whether the number begins with the letters of a country, as EN 16931 wants those for VAT (BR-CO-9)."""
    letters = number[:2]
    return country_of(letters) in MEMBERS or letters in _OTHER_PREFIXES


_OTHER_PREFIXES = frozenset({"CH", "NO"})
"""Countries outside the Union whose numbers are written with their letters."""


def _seller_numbers(parts: DocumentParts) -> set[str]:
    named = {tax.seller_number for tax in parts.taxes} - {""}
    return named or {parts.document.seller_tax_id} - {""}


def _profile(document: Document, seller: Party, buyer: Party) -> Profile:
    """Return XRechnung where the customer has given a reference and both parties can be named as it wants them."""
    needed = (
        seller.contact,
        seller.phone,
        seller.email,
        seller.city,
        seller.postal_code,
        buyer.city,
        buyer.postal_code,
    )
    return Profile.XRECHNUNG if document.buyer_reference and all((*needed, buyer.email)) else Profile.EN_16931


def _seller(parts: DocumentParts) -> Party:
    document = parts.document
    (number,) = _seller_numbers(parts)
    outside = {tax.category for tax in parts.taxes} == {Category.OUTSIDE.value}
    with_vat = is_vat_number(number) and not outside  # outside its scope nobody shows a number for VAT (BR-O-02)
    return Party(
        document.seller_name,
        document.seller_country,
        _street([each for each in document.seller_address.splitlines() if each != _place(document)]),
        document.seller_city,
        document.seller_postal_code,
        email=document.seller_email,
        vat_number=number if with_vat else "",
        tax_number="" if with_vat else number,
        contact=document.seller_contact if document.seller_phone and document.seller_email else "",
        phone=document.seller_phone,
    )


def _buyer(parts: DocumentParts) -> Party:
    document = parts.document
    numbers = sorted(
        tax.buyer_number for tax in parts.taxes if Reason(tax.reason) in _BUYERS_VAT and is_vat_number(tax.buyer_number)
    )
    return Party(
        document.buyer_company or document.customer_name,
        document.buyer_country,
        _street([document.buyer_line1, document.buyer_line2]),
        document.buyer_city,
        document.buyer_postal_code,
        document.buyer_region,
        document.customer_email,
        vat_number=numbers[0] if numbers else "",
    )


def _place(document: Document) -> str:
    """Return the line of the address that says again what the fields for it say."""
    return f"{document.seller_postal_code} {document.seller_city}"


def _street(lines: list[str]) -> tuple[str, ...]:
    """Return the lines of an address as the three that there are: what is more stands on the third."""
    filled = [line for line in lines if line]
    return (
        *filled[: STREET_LINES - 1],
        *([", ".join(filled[STREET_LINES - 1 :])] if filled[STREET_LINES - 1 :] else []),
    )


def _item(document: Document, line: DocumentLine) -> Item:
    """Return the line as a quantity at a price. A line that lowers the sum has its quantity below zero (BR-27)."""
    net, sign = _money(document, line.net_minor), -1 if line.net_minor < 0 else 1
    quantity, price = abs(line.quantity) or 1, Decimal(line.unit_price or 0)
    if line.unit_price and price >= 0 and product(sign * quantity, price, 1, net.currency) == net:
        per = 1
    else:
        price, per = abs(net.major), quantity  # no one price: what the whole quantity costs
    return Item(
        line.description, sign * quantity, price, per, net, _rate(line), begins_on=line.begins_on, ends_on=line.ends_on
    )


def _lowers(line: DocumentLine) -> bool:
    return line.kind == LineKind.DISCOUNT.value


def _allowance(document: Document, line: DocumentLine) -> Allowance:
    return Allowance(line.description, _money(document, -line.net_minor), _rate(line))


def _group(document: Document, tax: DocumentTax) -> TaxGroup:
    reason, code = _WHY.get(Category(tax.category), ("", ""))
    reason = _(reason) if reason else ""
    if tax.reason == Reason.EXEMPT_CERTIFICATE.value and tax.buyer_number:
        reason = _("{reason}: certificate {number}", reason=reason, number=tax.buyer_number)
    return TaxGroup(_rate(tax), _money(document, tax.net_minor), _money(document, tax.tax_minor), reason, code)


def _terms(parts: DocumentParts, due: Money) -> str:
    """Return the terms of payment, which stand wherever something is left to pay (BR-CO-25)."""
    if not due.amount_minor:
        return ""
    if parts.document.kind == Kind.CREDIT_NOTE.value:
        return _("To be set off against {number}", number=parts.returns.number) if parts.returns else _("To be set off")
    return "" if parts.document.due_on else _("Collected with a later invoice")


def _note(document: Document) -> str:
    if not document.carried_minor:
        return document.reason
    carried = format(_money(document, document.carried_minor).major, "f")
    amount = f"{carried} {document.currency}"
    return _("Collected with this invoice: {amount} of earlier invoices", amount=amount)


def _rate(row: DocumentLine | DocumentTax) -> Rate:
    return Rate(row.category, drafting.percent_of(row.percent_micros))


def _money(document: Document, minor: int) -> Money:
    return Money(minor, document.currency)


def _day(document: Document) -> date:
    ensure(document.issued_at is not None, f"{document.id} is a draft")
    return document.issued_at.astimezone(UTC).date()  # type: ignore[union-attr]  # said above
