"""SEPA mandates: what a customer accepted before a bank account may be debited, kept word for word."""

from flask import Response
from pydantic import Field

from app.api.contract.operations import Model, Moment, operation, resource
from app.api.v1.invoice_files import sent
from app.models.customers import Customer
from app.services.papers import papers
from app.services.payment_methods import mandates

bp = resource("mandates")
PATH = "/customers/<customer_id>/payment_methods/mandates"
TAG = "Payment methods"


class MandateOut(Model):
    """A mandate that was accepted for a bank account, which may be removed by now."""

    id: str
    account: str = Field(description="Such as `Bank account (IBAN) ending in 3000`.")
    accepted_at: Moment


class Mandates(Model):
    """The newest mandates of a customer."""

    data: list[MandateOut] = Field(max_length=mandates.MOST_SHOWN)


@operation(bp, "GET", PATH, scope="billing:read", answers={200: Mandates}, tag=TAG)
def listed(customer: Customer) -> Mandates:  # noqa: ARG001  # its scope is in force
    """List the mandates of a customer, the newest first."""
    return Mandates(
        data=[
            MandateOut(id=each.id, account=each.account, accepted_at=each.accepted_at) for each in mandates.earlier([])
        ]
    )


@operation(
    bp,
    "GET",
    f"{PATH}/<mandate_id>/pdf",
    scope="billing:read",
    answers={200: None, 304: None},
    refusals=(409,),
    tag=TAG,
    media_type="application/pdf",
)
def pdf(customer: Customer, mandate_id: str) -> Response:
    """Read a mandate as a PDF: made once, and the same for ever. Until it is made the answer is 409 `file_not_made`."""
    kept = mandates.read(mandate_id)
    return sent(papers.wanted(customer.customer_id, papers.MANDATE, kept.id))
