"""The statement of account: what was invoiced and paid in any span of UTC days, and what was open before and after."""

from datetime import timedelta
from typing import Literal

from flask import Response
from pydantic import Field

from app.api.contract.operations import CreditsText, Model, Moment, PageQuery, decode_cursor, operation, resource
from app.api.contract.patterns import DAY
from app.api.contract.shapes import encode_cursor
from app.api.v1.invoice_files import sent
from app.api.v1.invoices import EPOCH, LATEST, day_of
from app.domain.errors import NotFound
from app.domain.invoices import statement as rule
from app.models.customers import Customer
from app.services.invoices import statement
from app.services.invoices.entries import MONEY, Place
from app.services.invoices.statement import Entry
from app.services.papers import papers

bp = resource("statement")


class StatementQuery(PageQuery):
    """Which UTC days, both included."""

    first: str = Field(alias="from", pattern=DAY, description="The first UTC day.")
    last: str = Field(alias="to", pattern=DAY, description="The last UTC day.")


class StatementIn(Model):
    """Of which UTC days, both included, a PDF is made."""

    first: str = Field(alias="from", pattern=DAY, description="The first UTC day.")
    last: str = Field(alias="to", pattern=DAY, description="The last UTC day.")


class StatementPaper(Model):
    """A statement that is made as a PDF."""

    id: str
    first: str = Field(serialization_alias="from")
    last: str = Field(serialization_alias="to")
    asked_at: Moment = Field(description="Of days that are not over it is a statement of this moment.")


class EntryOut(Model):
    """A document, the credit that paid one, or money that moved."""

    at: Moment
    type: Literal[
        "invoice", "credit_note", "receipt", "refund_receipt", "voided", "credits_applied", "credits_returned", "sale",
        "sale_returned", "payment", "paid_back",
    ]  # fmt: skip
    amount_minor: int = Field(description="Signed: above zero it raises what is to be paid.")
    balance_minor: int = Field(description="What is to be paid after it.")
    invoice: str | None = Field(description="The document.")
    number: str | None
    payment: str | None


class CreditsOut(Model):
    """The credit account of the same days, as the ledger has it."""

    credit_unit: str
    opening: CreditsText
    bought: CreditsText
    given: CreditsText
    used: CreditsText
    invoiced: CreditsText = Field(description="What was used below zero and is on invoices: the balance is back by it.")
    applied: CreditsText = Field(description="What paid invoices and their tax; signed.")
    other: CreditsText = Field(description="What was returned, expired, taken back or corrected; signed.")
    closing: CreditsText


class StatementOut(Model):
    """A statement of account: a page of entries, the oldest first. Amounts are whole minor units of the currency."""

    first: str = Field(serialization_alias="from")
    last: str = Field(serialization_alias="to")
    currency: str
    opening_minor: int = Field(description="What was to be paid before; below zero: what was in the customer's favour.")
    charged_minor: int
    credited_minor: int
    voided_minor: int
    credits_applied_minor: int
    paid_minor: int
    paid_back_minor: int
    closing_minor: int = Field(description="The sum of all these.")
    credits: CreditsOut
    data: list[EntryOut]
    next_cursor: str | None


@operation(
    bp,
    "GET",
    "/customers/<customer_id>/statement",
    scope="billing:read",
    query=StatementQuery,
    answers={200: StatementOut},
    tag="Invoices",
)
def read(customer: Customer, query: StatementQuery) -> StatementOut:
    """Read the statement of account of any UTC days, and its documents and payments page by page."""
    span = rule.span(day_of(query.first, "from"), day_of(query.last, "to"))
    found = statement.statement(customer, span, _place(decode_cursor(query.cursor, int, int, str)), query.limit)
    sums, credit = found.sums, found.credits
    return StatementOut(
        first=span.first.isoformat(),
        last=span.last.isoformat(),
        currency=found.currency,
        opening_minor=sums.opening,
        charged_minor=sums.charged,
        credited_minor=sums.credited,
        voided_minor=sums.voided,
        credits_applied_minor=sums.applied,
        paid_minor=sums.paid,
        paid_back_minor=sums.paid_back,
        closing_minor=sums.closing,
        credits=CreditsOut(
            credit_unit=customer.credit_unit,
            **{name: getattr(credit, name) for name in CreditsOut.model_fields if name != "credit_unit"},
        ),
        data=[_shown(each) for each in found.rows],
        next_cursor=_cursor(found.later),
    )


@operation(
    bp,
    "POST",
    "/customers/<customer_id>/statement/pdf",
    scope="billing:read",
    body=StatementIn,
    answers={202: StatementPaper},
    tag="Invoices",
)
def make(customer: Customer, body: StatementIn) -> StatementPaper:
    """Let the statement of any UTC days be made as a PDF, which is kept: of days that are over it is made once.

    Read it at `…/statement/pdf/{paper}` after a few seconds. More than 10,000 entries are refused (422
    `statement_too_long`), and more than 100 new ones in a day (429 `too_many_papers`).
    """
    span = rule.span(day_of(body.first, "from"), day_of(body.last, "to"))
    paper = papers.head(statement.paper(customer, span))
    return StatementPaper(
        id=paper.id, first=span.first.isoformat(), last=span.last.isoformat(), asked_at=paper.asked_at
    )


@operation(
    bp,
    "GET",
    "/customers/<customer_id>/statement/pdf/<paper_id>",
    scope="billing:read",
    answers={200: None, 304: None},
    refusals=(409,),
    tag="Invoices",
    media_type="application/pdf",
)
def pdf(customer: Customer, paper_id: str) -> Response:  # noqa: ARG001  # its scope is in force
    """Read a statement as a PDF: made once, and the same for ever. Until it is made: 409 `file_not_made`."""
    if papers.head(paper_id).kind != papers.STATEMENT:
        raise NotFound("paper")
    return sent(papers.file(paper_id))


def _place(cursor: list[int | str] | None) -> Place | None:
    if cursor is None:
        return None
    micros, order, name = int(cursor[0]), int(cursor[1]), str(cursor[2])
    return EPOCH + timedelta(microseconds=min(max(micros, 0), LATEST)), min(max(order, 0), MONEY), name


def _cursor(place: Place | None) -> str | None:
    return encode_cursor([(place[0] - EPOCH) // timedelta(microseconds=1), *place[1:]]) if place else None


def _shown(entry: Entry) -> EntryOut:
    what = "payment" if entry.what == "cash_in" else entry.what
    is_back = entry.place[1] == MONEY and what != "payment"
    return EntryOut.model_validate(
        {
            "at": entry.place[0],
            "type": "paid_back" if is_back else what,
            "amount_minor": entry.minor,
            "balance_minor": entry.balance_minor,
            "invoice": entry.document_id,
            "number": entry.number,
            "payment": entry.payment_id,
        }
    )
