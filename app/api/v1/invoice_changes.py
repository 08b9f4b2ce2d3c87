"""What a seller does with an invoice that is due: have it paid, void it, give a credit note."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import ConfigDict, Field

from app import ids
from app.api.contract.operations import Model, caller, operation, request_key, resource
from app.domain.errors import Refused
from app.domain.money import Money
from app.models.customers import Customer
from app.models.documents import Document
from app.models.payments import Payment
from app.services.invoices import reads
from app.services.payments import resume_links
from app.services.receivables import ending, paying

bp = resource("invoice_changes")
PATH = "/customers/<customer_id>/invoices/<invoice_id>"
TAG = "Invoices"


class PayIn(Model):
    """How an invoice is paid."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount_minor": 881}]})

    amount_minor: int | None = Field(
        None,
        ge=1,
        description="What is to be paid, as you know it: another amount is refused. null: whatever it is.",
    )
    payment_method: str | None = Field(None, description="A saved method; null: the default one.", max_length=40)


class PaymentOfInvoiceOut(Model):
    """A payment of an invoice as it stands."""

    payment: str
    state: Literal[
        "created", "pi_created", "confirming", "requires_action", "processing", "succeeded", "failed", "canceled",
        "refunded", "disputed",
    ]  # fmt: skip
    amount_minor: int
    currency: str
    problem: str = Field(description="Why it failed or waits; empty: nothing.")
    invoice: str
    invoice_state: str


class ReasonIn(Model):
    """Why."""

    reason: str = Field(min_length=1, max_length=300)


class CreditNoteIn(ReasonIn):
    """How much is taken off what is to be paid, and why."""

    amount_minor: int | None = Field(None, ge=1, description="With its tax; null: all that is to be paid.")


class ChangedInvoiceOut(Model):
    """An invoice or credit note after the change."""

    id: str
    type: Literal["invoice", "credit_note"]
    number: str
    state: str
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int


@operation(
    bp,
    "POST",
    f"{PATH}/pay",
    scope="billing:write",
    body=PayIn,
    answers={200: PaymentOfInvoiceOut},
    refusals=(402, 409),
    tag=TAG,
)
def pay(customer: Customer, invoice_id: str, body: PayIn) -> PaymentOfInvoiceOut:
    """Charge a saved method of the customer for an invoice that is due.

    Sent again with the same Idempotency-Key it is the same payment, also after a crash. Where the bank wants the
    customer, the payment waits and the customer is sent a mail. While one is under way, another is refused.
    """
    document = reads.head(invoice_id)
    key = request_key()
    with _named():
        payment = paying.charge(
            customer.customer_id,
            document.id,
            by=caller().key_id,
            form_key=ids.form_key_of(key) if key else ids.new_form_key(),
            amount=None if body.amount_minor is None else Money(body.amount_minor, document.currency),
            method_id=body.payment_method or "",
            return_url=resume_links.return_url,
        )
    return _of(payment, invoice_id)


@operation(
    bp,
    "POST",
    f"{PATH}/void",
    scope="credits:grant",
    body=ReasonIn,
    answers={200: ChangedInvoiceOut},
    refusals=(402, 409),
    tag=TAG,
)
def void(customer: Customer, invoice_id: str, body: ReasonIn) -> ChangedInvoiceOut:  # noqa: ARG001  # in its scope
    """Void an invoice of which nothing is paid; it keeps its number. Twice is once."""
    return _shown(ending.void(reads.head(invoice_id).id, by=caller().key_id, reason=body.reason))


@operation(
    bp,
    "POST",
    f"{PATH}/credit_notes",
    scope="credits:grant",
    body=CreditNoteIn,
    answers={201: ChangedInvoiceOut},
    refusals=(402, 409),
    tag=TAG,
)
def credit_note(customer: Customer, invoice_id: str, body: CreditNoteIn) -> ChangedInvoiceOut:  # noqa: ARG001
    """Give a credit note on an invoice that is due: it takes off what is to be paid.

    Sent again with the same Idempotency-Key it is the same credit note. What is paid is refunded with its payment.
    """
    document, key = reads.head(invoice_id), request_key()
    amount = None if body.amount_minor is None else Money(body.amount_minor, document.currency)
    with _named():
        made = ending.credit(
            document.id, amount, by=caller().key_id, reason=body.reason, key=ids.form_key_of(key) if key else ""
        )
    return _shown(made)


@contextmanager
def _named() -> Iterator[None]:
    """Name a refused amount as this API does."""
    try:
        yield
    except Refused as refusal:
        refusal.field = "amount_minor" if refusal.field == "amount" else refusal.field
        raise


def _of(payment: Payment, invoice_id: str) -> PaymentOfInvoiceOut:
    return PaymentOfInvoiceOut(
        payment=payment.id,
        state=payment.state,  # type: ignore[arg-type]  # one of the column's own words
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        problem=payment.problem,
        invoice=invoice_id,
        invoice_state=reads.head(invoice_id).state,
    )


def _shown(document: Document) -> ChangedInvoiceOut:
    return ChangedInvoiceOut(
        id=document.id,
        type="invoice" if document.kind == "invoice" else "credit_note",
        number=document.number or "",
        state=document.state,
        currency=document.currency,
        net_minor=document.net_minor,
        tax_minor=document.tax_minor,
        total_minor=document.total_minor,
    )
