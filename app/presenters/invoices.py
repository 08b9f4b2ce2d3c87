"""How invoices, credit notes and receipts are described: rows of the lists, a document in words, a row of a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app import clock, locale
from app.domain import methods
from app.domain.addresses.address import Address
from app.domain.language import _, marked, pgettext
from app.domain.language import percent as with_sign
from app.domain.money import Money
from app.domain.tax import words as tax_names
from app.domain.tax.treatment import Category, Reason
from app.models.documents import Document, DocumentTax
from app.presenters import document_lines, e_invoices
from app.presenters import invoice_sentences as sentences
from app.services.invoices.reads import DocumentParts, WrittenDocument
from app.services.receivables.payments_due import PaymentDue

KINDS = {
    "invoice": marked("Invoice"),
    "credit_note": marked("Credit note"),
    "receipt": marked("Receipt"),
    "refund_receipt": marked("Refund receipt"),
}
PAPERS = {
    "receipt": marked("Receipt"),
    "statement": marked("Statement of account"),
    "pro_forma": marked("Pro-forma"),
    "mandate": marked("SEPA mandate"),
}
BACK = {
    "receipt": marked("Invoices"),
    "statement": marked("Statement"),
    "pro_forma": marked("Bank transfers"),
    "mandate": marked("Payment methods"),
}
"""Papers beside documents, and the page that each is asked for on."""
FILTERS = {
    "": marked("All"),
    "invoice": marked("Invoices"),
    "credit_note": marked("Credit notes"),
    "receipt": marked("Receipts"),
}
SHOWN = {"invoice": ("invoice",), "credit_note": ("credit_note",), "receipt": ("receipt", "refund_receipt")}
"""The kinds of documents that a filter shows."""
_STATES = {
    "open": marked("Due"),
    "paid": marked("Paid"),
    "void": marked("Void"),
    "uncollectible": marked("Not collected"),
    "issued": marked("Issued"),
}
WITHOUT_TAX = {
    "AE": marked("Reverse charge"),
    "E": marked("Exempt from tax"),
    "O": marked("Not subject to tax"),
    "Z": marked("Zero-rated"),
}
"""What the sum of a rate is called that adds no tax, by the category of EN 16931."""
REASONS: Mapping[Reason, str] = {
    Reason.STANDARD: "",
    Reason.REVERSE_CHARGE: marked("Reverse charge: the customer accounts for the tax."),
    Reason.EXEMPT_CERTIFICATE: marked("Exempt: the customer has given a certificate."),
    Reason.EXEMPT_RATE: marked("Exempt from tax."),
    Reason.ZERO_RATE: marked("Taxed at 0 %."),
    Reason.NO_ADDRESS: marked("No invoice address was given, so the seller’s own country was taken."),
    Reason.NUMBER_PENDING: marked("The customer’s VAT number was not confirmed yet, so tax is added."),
    Reason.NUMBER_UNVERIFIED: marked("The customer’s VAT number could not be confirmed, so tax is added."),
    Reason.NUMBER_UNAVAILABLE: marked("The service that confirms VAT numbers did not answer, so tax is added."),
    Reason.NUMBER_FOR_SHOPS: marked("A One Stop Shop number is for selling to consumers, so tax is added."),
    Reason.NUMBER_FOR_GOODS: marked("A Northern Irish VAT number counts for goods alone, so tax is added."),
    Reason.NUMBER_OF_SELLERS_STATE: marked("The VAT number is of the seller’s own country, so tax is added."),
    Reason.SAME_COUNTRY: marked("Seller and customer are in one country, so its tax is added."),
    Reason.TERRITORY: marked("Outside the scope of the tax: the place lies outside its territory."),
    Reason.OUTSIDE: marked("Outside the scope of tax."),
    Reason.NOT_REGISTERED: marked("The seller collects no tax there."),
}
"""Why a sale is taxed as it is, as its document says it."""


@dataclass(frozen=True)
class DocumentRow:
    """A line of the list."""

    document: Document
    kind: str
    """Empty for an invoice."""
    amount: Money
    status: str
    is_overdue: bool = False
    receipt: str = ""
    """The payment that has paid it, where that has a receipt of its own."""


def row(document: Document, due: PaymentDue | None = None, paid_by: str | None = None) -> DocumentRow:
    """Return how a document stands in a list; `due`: how its payment stands, where it is open."""
    kind = "" if document.kind == "invoice" else _(KINDS[document.kind])
    words = status(document) if due is None else due_status(due)
    total = Money(document.total_minor, document.currency)
    return DocumentRow(document, kind, total, words, receipt=paid_by or "")


def due_row(due: PaymentDue) -> DocumentRow:
    """Return how an invoice stands in the list of payments due: what a payment of it comes to now."""
    return DocumentRow(due.document, "", due.amount, due_status(due), due.is_overdue)


def due_status(due: PaymentDue) -> str:
    """Return where an open invoice is, in words."""
    if due.is_processing:
        return _("Processing")
    if due.is_carried_over:
        return _("Carried over")
    return _("Overdue") if due.is_overdue else _("Due")


def due_when(due: PaymentDue) -> str:
    """Say how much of which invoice is due, and by when or since when."""
    number, amount = due.document.number, locale.exact(due.amount)
    if due.document.due_on is None:
        return _("{number}: {amount}, due now", number=number, amount=amount)
    day = locale.day(due.document.due_on)
    if due.is_overdue:
        return _("{number}: {amount}, overdue since {day}", number=number, amount=amount, day=day)
    return _("{number}: {amount}, due by {day}", number=number, amount=amount, day=day)


def status(document: Document | WrittenDocument) -> str:
    """Return where a document is, in words."""
    if document.is_corrected:
        return pgettext("An invoice", "Corrected")
    if document.state in {"paid", "issued"} and document.returned_minor:
        whole = document.returned_minor >= document.total_minor + document.rounding_minor  # what nobody pays stays
        if document.returned_minor == document.credited_minor:  # taken off before anything was paid
            return pgettext("An invoice", "Credited") if whole else _("Partly credited")
        # by a refund, or by a dispute that was lost
        return pgettext("An invoice", "Returned") if whole else _("Partly returned")
    if document.kind == "receipt" and document.state == "issued":
        return _("Paid")
    if document.state == "open" and document.due_on and document.due_on < clock.now().date():
        return _("Overdue")
    return _(_STATES[document.state])


def described(parts: DocumentParts, due: PaymentDue | None = None, *, is_kept: bool = False) -> dict[str, object]:
    """Return what a document's page says; `due`: how its payment stands, where it is open."""
    document = parts.document

    days = [each for line in parts.lines for each in (line.begins_on, line.ends_on) if each]

    def money(minor: int) -> Money:
        return Money(minor, document.currency)

    return {
        "document": document,
        "payment_id": parts.payment_id,
        "kind": _(KINDS[document.kind]),
        "status": due_status(due) if due else status(document),
        "sentence": sentences.due_sentence(due) if due else sentences.sentence(parts, is_kept=is_kept),
        "carried": money(document.carried_minor),
        "paid_before": money(-document.taken_over_minor),
        "paid_here": money(document.taken_over_minor + document.credit_paid_minor - document.paid_minor),
        "credit_paid": money(-document.credit_paid_minor),
        "credited": money(-document.credited_minor),
        "returned_words": sentences.returned_words(document),
        "period": (min(days), max(days)) if days else None,
        "seller_address": document.seller_address.split("\n") if document.seller_address else [],
        "seller_country": locale.country(document.seller_country) if document.seller_country else "",
        "buyer_address": buyer_lines(document),
        "rows": document_lines.rows(parts.lines, document.currency),
        "has_prices": any(line.unit_price for line in parts.lines),
        "taxes": [(tax_title(tax), money(tax.net_minor), money(tax.tax_minor), why(tax)) for tax in parts.taxes],
        "buyer_numbers": sorted({buyer_number(tax) for tax in parts.taxes if tax.buyer_number}),
        "seller_numbers": sorted(
            {tax.seller_number for tax in parts.taxes if tax.seller_number} | ({document.seller_tax_id} - {""})
        ),
        "net": money(document.net_minor),
        "total": money(document.total_minor),
        "credits_applied": money(-document.credits_applied_minor),
        "paid_from_credit": money(document.credits_applied_minor),
        "rounding": money(document.rounding_minor),
        "payable": money(document.payable_minor),
        "paid": money(document.settled_minor),
        "paid_with": methods.said,
        "returned": money(document.returned_minor),
        "returns": parts.returns,
        "returns_words": sentences.returns_words(parts),
        "replaces": parts.replaces,
        "replaced_by": parts.replaced_by,
        "rates_of": document_lines.day_of_rates(parts.lines, parts.sold_on) if parts.sold_on else None,
        "why_no_xml": e_invoices.why_none(parts),
        "returned_by": [(each, money(each.total_minor), status(each)) for each in parts.returned_by],
    }


def buyer_lines(document: Document) -> tuple[str, ...]:
    """Return the customer's address as it was when the document was made, with its country by name."""
    address = Address(
        document.buyer_company,
        document.buyer_line1,
        document.buyer_line2,
        document.buyer_city,
        document.buyer_postal_code,
        document.buyer_region,
        document.buyer_country,
    )
    if not address.country:
        return (document.customer_name,)
    return (*address.lines(), locale.country(address.country))


def tax_title(tax: DocumentTax) -> str:
    """Return what a tax is called: `VAT 25 %`, or why none is added."""
    return tax_words(tax.category, tax.name, Decimal(tax.percent_micros).scaleb(-6))


def tax_words(category: str, name: str, percent: Decimal) -> str:
    """Return what a tax of the category is called."""
    if category == Category.STANDARD:
        return f"{tax_names.named(name)} {with_sign(locale.number(percent))}"
    return _(WITHOUT_TAX[category]) if category in WITHOUT_TAX else _("No tax")


def buyer_number(tax: DocumentTax) -> str:
    """Return the customer's registration by which a sale is taxed, with what it is called."""
    is_certificate = tax.reason == Reason.EXEMPT_CERTIFICATE
    if is_certificate:
        return _("Exemption certificate {number}", number=tax.buyer_number)
    return tax_names.tax_id(tax.buyer_number)


def why(tax: DocumentTax) -> str:
    """Return why a rate is as it is, where it is not simply the country's."""
    return because(Reason(tax.reason))


def because(reason: Reason) -> str:
    """Return why a sale is taxed as it is, as its document says it."""
    return _(REASONS[reason]) if REASONS[reason] else ""
