"""Corrections of invoices: a credit note of all of one, and an invoice in its place, paid or due as it was."""

from dataclasses import replace
from typing import Literal

from pydantic import Field

from app.api.contract.operations import Model, caller, operation, resource
from app.api.contract.problems import unfit_fields
from app.domain.addresses import questions
from app.domain.addresses.questions import Unfit
from app.domain.errors import Refused
from app.models.corrections import Correction
from app.models.customers import Customer
from app.services.invoices import correction_preview, corrections
from app.services.invoices.correction_preview import Preview, Wanted

bp = resource("invoice_corrections")
PATH = "/customers/<customer_id>/invoices/<invoice_id>/corrections"
TAG = "Invoices"
_LONGEST = 2_000


class CorrectionFields(Model):
    """What the invoice ought to have said. Which fields are required follows the country."""

    company: str = Field(max_length=_LONGEST)
    line1: str = Field(max_length=_LONGEST)
    line2: str = Field("", max_length=_LONGEST)
    city: str = Field("", max_length=_LONGEST)
    postal_code: str = Field("", max_length=_LONGEST)
    region: str = Field("", max_length=_LONGEST)
    country: str = Field(max_length=_LONGEST, description="ISO 3166-1, two letters.", examples=["DE"])
    po_number: str = Field("", max_length=_LONGEST)
    tax_registration: str = Field("", max_length=40, description='The tax registration that counts; `""`: none.')
    as_typed: bool = Field(False, description="Take it although something in it looks wrong for its country.")


class CorrectionIn(CorrectionFields):
    """The same as was previewed, with the mark of that preview."""

    preview: str = Field(min_length=1, max_length=64, description="`preview` of the preview that is confirmed.")


class CorrectionPreview(Model):
    """What the correction comes to. Amounts are whole minor units of the currency."""

    preview: str = Field(description="The mark of all this; send it to confirm.")
    currency: str
    tax_minor: int
    new_tax_minor: int
    total_minor: int
    new_total_minor: int
    difference_minor: int = Field(description="What goes back to where the payment came from: tax alone.")
    taken_over_minor: int = Field(description="What was paid of the invoice and pays the one in its place.")
    due_minor: int = Field(description="What is to be paid then, with what is carried over to it.")
    tax_category: Literal["S", "AE", "E", "O", "Z"]
    tax_reason: str
    sold_on: str = Field(
        description="The day whose rates are taken: of the sale, or the last of the period.", examples=["2026-11-01"]
    )


class CorrectionOut(Model):
    """The documents of a correction. `invoice` - `credit_note` + `replacement` is the right invoice."""

    id: str
    invoice: str
    credit_note: str
    replacement: str
    difference_minor: int
    refund: str | None = Field(description="What returns the difference; null: there is none.")


@operation(
    bp,
    "POST",
    f"{PATH}/preview",
    scope="billing:read",
    body=CorrectionFields,
    answers={200: CorrectionPreview},
    refusals=(409, 422),
    idempotent=False,
    tag=TAG,
)
def preview(customer: Customer, invoice_id: str, body: CorrectionFields) -> CorrectionPreview:
    """Preview the correction of an invoice.

    Nothing is written. Refused with 409 and the reason where the invoice cannot be corrected: `not_paid`, `void`,
    `corrected_already`, `returned`, `refund_under_way`, `disputed`, `too_old`, `not_offered`, `not_of_a_purchase`,
    `not_an_invoice`, `nothing_invoiced`, `credit_would_return`, `several_payments`, and of one that is due
    `payment_under_way`, `partly_paid`, `carried_over`. `time_taken_off`: its tax stays as it is, because a change of
    plan took unused time off it, or it takes off time of others; what leaves its tax as it is can be corrected.
    """
    try:
        return _previewed(correction_preview.preview(customer, invoice_id, _wanted(body)))
    except Unfit as unfit:
        raise unfit_fields(unfit) from None
    except Refused as refused:
        raise _as_sent(refused) from None


@operation(
    bp,
    "POST",
    PATH,
    scope="billing:write",
    body=CorrectionIn,
    answers={201: CorrectionOut},
    refusals=(409, 422),
    tag=TAG,
)
def create(customer: Customer, invoice_id: str, body: CorrectionIn) -> CorrectionOut:
    """Correct an invoice as it was previewed.

    One credit note of the whole invoice and one invoice in its place are written together; tax that was paid too
    much is refunded. What was due is due by the new invoice, and so is tax that is more than was paid: that is
    charged when somebody pays the new invoice. Where something has changed since the preview it is refused with 409
    `preview_gone_by`. The same request again answers with the same correction, and with 409 `form_already_used` where
    it has other values.
    """
    try:
        made = corrections.correct(customer.customer_id, invoice_id, _wanted(body), body.preview, by=caller().key_id)
    except Unfit as unfit:
        raise unfit_fields(unfit) from None
    except Refused as refused:
        raise _as_sent(refused) from None
    return _shown(made)


def _as_sent(refused: Refused) -> Refused:
    """Return the refusal with its field as the body calls it: the page's is `registration`."""
    return replace(refused, field="tax_registration") if refused.field == "registration" else refused


def _wanted(body: CorrectionFields) -> Wanted:
    names = {"company", "line1", "line2", "city", "postal_code", "region", "country"}
    address = questions.read(body.model_dump(include=names))
    return Wanted(address, body.po_number, body.tax_registration, body.as_typed)


def _previewed(seen: Preview) -> CorrectionPreview:
    return CorrectionPreview(
        preview=seen.mark,
        currency=seen.document.currency,
        tax_minor=seen.document.tax_minor,
        new_tax_minor=seen.totals.tax.amount_minor,
        total_minor=seen.document.total_minor,
        new_total_minor=seen.totals.total.amount_minor,
        difference_minor=seen.difference.amount_minor,
        taken_over_minor=seen.taken_over.amount_minor,
        due_minor=seen.due.amount_minor,
        tax_category=seen.treatment.category.value,
        tax_reason=seen.treatment.reason.value,
        sold_on=f"{seen.taxed_on:%Y-%m-%d}",
    )


def _shown(made: Correction) -> CorrectionOut:
    return CorrectionOut(
        id=made.id,
        invoice=made.corrected_id,
        credit_note=made.credit_note_id,
        replacement=made.replacement_id,
        difference_minor=made.difference_minor,
        refund=made.refund_id,
    )
