"""Invoices: a customer's invoices, credit notes and receipts, as they were numbered."""

from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from app.api.contract.operations import Model, Moment, Page, PageQuery, decode_cursor, operation, resource
from app.api.contract.patterns import DAY
from app.api.contract.shapes import encode_cursor
from app.domain.addresses import address
from app.domain.errors import Refused
from app.domain.invoices import statement as rule
from app.models.customers import Customer
from app.models.documents import Document
from app.services.invoices import drafting, payers, reads
from app.services.invoices.reads import DocumentQuery
from app.services.receivables import payments_due, receipts

bp = resource("invoices")
PATH = "/customers/<customer_id>/invoices"
TAG = "Invoices"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 250_000_000_000 * 1_000_000
"""The last microsecond that a cursor may name: some day after the year 9000."""
StateText = Literal["open", "paid", "void", "uncollectible", "issued"]
KindText = Literal["invoice", "credit_note", "receipt", "refund_receipt"]


class InvoiceOut(Model):
    """A document that has a number. Amounts are whole minor units of the currency, and never below zero.

    What a credit note or refund receipt comes to went back: subtract it in a sum. The CSV file has it below zero.
    """

    id: str
    type: KindText
    number: str
    state: StateText
    issued_at: Moment
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    credits_applied_minor: int
    rounding_minor: int
    payable_minor: int
    paid_minor: int = Field(
        description="What of it is paid. Zero once it is corrected: the invoice in its place has taken it over."
    )
    credit_paid_minor: int = Field(
        description="What of that credit has paid that came while it was open. What had paid it before is "
        "`credits_applied_minor`."
    )
    paid_at: Moment | None = Field(description="When the last payment came that pays it; null: nobody has paid it.")
    paid_with: str = Field(description="The way to pay, in words; `Several payments`: `paid_by` lists them.")
    returned_minor: int = Field(description="What credit notes that stand return of it.")
    returns: str | None = Field(description="The document of which a credit note or refund receipt returns a part.")
    payment: str | None = Field(description="The payment that bought it, or has paid it.")
    is_corrected: bool = Field(description="Whether another invoice has taken its place.")
    is_processing: bool = Field(description="Whether a payment takes days: it is neither due nor paid meanwhile.")


class LineOut(Model):
    """One thing sold, before tax."""

    type: str
    description: str
    quantity: int
    unit_price: str | None = Field(
        description="Before tax, in whole units of the currency, exact; null where the quantity has no one price."
    )
    meter: str | None
    net_minor: int
    tax_category: str = Field(description="As EN 16931: `S`, `AE`, `E`, `O`, `Z`.")
    tax_percent: str


class TaxOut(Model):
    """What is taxed under one rate. Receipts have none."""

    category: str
    percent: str
    name: str
    country: str
    reason: str
    buyer_number: str = Field(
        description="The customer's registration: a tax number, or of `exempt_certificate` the certificate's number."
    )
    seller_number: str
    net_minor: int
    tax_minor: int


class ReceiptOut(Model):
    """A payment of an invoice that had been open, and its receipt."""

    payment: str
    number: str
    amount_minor: int
    file: Literal["pending", "made", "dead"] = Field(description="Whether its PDF is made.")


class PaidByOut(Model):
    """A payment, or credit, that has paid an invoice, and how much of it."""

    payment: str | None = Field(description="Null: credit that came while it was open has paid it.")
    amount_minor: int
    paid_at: Moment
    paid_with: str
    taken_over_from: str | None = Field(description="The corrected invoice that it came for; null: for this one.")


class InvoiceDetails(InvoiceOut):
    """A document with its lines and taxes, and both parties as they were on its day."""

    lines: list[LineOut]
    taxes: list[TaxOut]
    due_on: date | None
    seller_name: str
    seller_address: list[str]
    seller_country: str
    seller_tax_id: str
    seller_email: str
    customer_name: str
    company: str
    line1: str
    line2: str
    city: str
    postal_code: str
    region: str
    country: str
    po_number: str
    replaces: str | None = Field(description="The invoice in whose place it is.")
    replaced_by: str | None = Field(
        description="The invoice that took its place, or that of the invoice that a credit note returns."
    )
    paid_by: list[PaidByOut] = Field(description="What has paid it, the oldest first.")
    receipts: list[ReceiptOut] = Field(
        description="Of what has paid it, the oldest first. What was paid as it was bought has none: it says so itself."
    )


class InvoiceQuery(PageQuery):
    """Which documents."""

    type: KindText | None = Field(None, description="Only this kind.")
    state: StateText | None = Field(None, description="Only in this state.")
    q: str = Field("", max_length=100, description="A part of the number, or of the purchase order number.")
    first: str | None = Field(None, alias="from", pattern=DAY, description="The first UTC day of issue.")
    last: str | None = Field(None, alias="to", pattern=DAY, description="The last UTC day of issue.")


@operation(bp, "GET", PATH, scope="billing:read", query=InvoiceQuery, answers={200: Page[InvoiceOut]}, tag=TAG)
def listed(customer: Customer, query: InvoiceQuery) -> Page[InvoiceOut]:  # noqa: ARG001  # its scope is in force
    """List a customer's invoices, credit notes and receipts, the newest first."""
    cursor = decode_cursor(query.cursor, int, str)
    from_day, to_day = _days(query)
    before = (EPOCH + timedelta(microseconds=min(max(cursor[0], 0), LATEST)), cursor[1]) if cursor else None
    page = reads.listed(
        DocumentQuery(
            kinds=(query.type,) if query.type else (),
            state=query.state or "",
            text=query.q,
            from_day=from_day,
            to_day=to_day,
            before=before,
            limit=query.limit,
        )
    )
    following = None
    if page.older:
        following = encode_cursor([(page.older[0] - EPOCH) // timedelta(microseconds=1), page.older[1]])
    paid_by = reads.payments_of(page.rows)
    waits = payments_due.processing(page.rows)
    data = [InvoiceOut(**_shown(each, paid_by.get(each.id), waits)) for each in page.rows]
    return Page[InvoiceOut](data=data, next_cursor=following)


@operation(bp, "GET", f"{PATH}/<invoice_id>", scope="billing:read", answers={200: InvoiceDetails}, tag=TAG)
def read(customer: Customer, invoice_id: str) -> InvoiceDetails:  # noqa: ARG001  # its scope is in force
    """Read an invoice, credit note or receipt."""
    parts = reads.one(invoice_id)
    document = parts.document
    return InvoiceDetails(
        **_shown(document, parts.payment_id, payments_due.processing([document])),
        lines=[
            LineOut(
                type=line.kind,
                description=line.description,
                quantity=line.quantity,
                unit_price=line.unit_price or None,
                meter=line.meter or None,
                net_minor=line.net_minor,
                tax_category=line.category,
                tax_percent=_percent(line.percent_micros),
            )
            for line in parts.lines
        ],
        taxes=[
            TaxOut(
                category=tax.category,
                percent=_percent(tax.percent_micros),
                name=tax.name,
                country=tax.country,
                reason=tax.reason,
                buyer_number=tax.buyer_number,
                seller_number=tax.seller_number,
                net_minor=tax.net_minor,
                tax_minor=tax.tax_minor,
            )
            for tax in parts.taxes
        ],
        due_on=document.due_on,
        seller_name=document.seller_name,
        seller_address=document.seller_address.splitlines(),
        seller_country=document.seller_country,
        seller_tax_id=document.seller_tax_id,
        seller_email=document.seller_email,
        customer_name=document.customer_name,
        **{name: getattr(document, f"buyer_{name}") for name in address.NAMES},
        po_number=document.po_number,
        replaces=parts.replaces.id if parts.replaces else None,
        replaced_by=parts.replaced_by.id if parts.replaced_by else None,
        paid_by=[
            PaidByOut(
                payment=each.payment_id or None,
                amount_minor=each.amount.amount_minor,
                paid_at=each.paid_at,
                paid_with=each.paid_with,
                taken_over_from=each.invoice.id if each.invoice.id != document.id else None,
            )
            for each in payers.of(document)
        ],
        receipts=[
            ReceiptOut(
                payment=each.payment_id,
                number=each.number,
                amount_minor=each.amount.amount_minor,
                file=each.state,  # type: ignore[arg-type]  # the column's check has these three
            )
            for each in receipts.of_invoice(document)
        ],
    )


def _days(query: InvoiceQuery) -> tuple[date | None, date | None]:
    """Return the days that the query names, or refuse those in the wrong order."""
    first = day_of(query.first, "from") if query.first else None
    last = day_of(query.last, "to") if query.last else None
    if first and last:
        rule.span(first, last)
    return first, last


def day_of(text: str, field: str) -> date:
    """Return the day that a query names, or refuse what is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("There is no such day.", "day_malformed", 422, field) from None
    rule.span(day, day)
    return day


def _shown(document: Document, payment_id: str | None, waits: AbstractSet[str]) -> dict[str, Any]:
    names = set(InvoiceOut.model_fields) - {"type", "returns", "payment", "is_processing"}
    kept = {name: getattr(document, name) for name in names}
    minor = 0 if document.is_corrected else document.settled_minor  # what takes its place has taken it over
    paid = {"paid_at": document.settled_at, "paid_minor": minor, "paid_with": document.settled_with}
    paid["is_processing"] = document.id in waits
    return kept | paid | {"type": document.kind, "returns": document.returns_id, "payment": payment_id}


def _percent(micros: int) -> str:
    return format(drafting.percent_of(micros).normalize(), "f")
