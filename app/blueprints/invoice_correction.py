"""Correct an invoice: give the right address, order number and tax number, see what it comes to, and confirm that."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.domain.addresses.questions import Unfit
from app.domain.errors import Refused
from app.forms import payment_methods
from app.forms.invoice_address import filled
from app.forms.invoice_correction import CorrectionForm
from app.models.documents import Document
from app.presenters import invoice_correction as words
from app.services.customers import address
from app.services.invoices import correction_preview, corrections, reads
from app.services.invoices.correction_preview import Preview
from app.services.tax import registrations
from app.web.access import current_actor, current_customer, from_address, managers_only
from app.web.respond import show, wants_fragment

bp = Blueprint("invoice_correction", __name__, url_prefix="/billing/invoices")
PAGE, CONTENT = "invoice_correction/page.html", "invoice_correction/_content.html"


@bp.get("/<document_id>/correction")
@managers_only
def page(document_id: str) -> Response:
    """Ask what the invoice ought to have said, with what is saved now."""
    customer, document = current_customer(), reads.head(document_id)
    no = correction_preview.refused(customer, document)
    kept = address.current(customer.customer_id)
    form = CorrectionForm(formdata=None, data=filled(kept, customer.name))
    if document.po_number and not kept.po_number:
        form.po_number.data = document.po_number
    numbers = registrations.listed(customer.customer_id)
    form.registration.data = words.likely(numbers, [tax.buyer_number for tax in reads.one(document_id).taxes])
    return _shown(document, form, refused=no)


@bp.post("/<document_id>/correction")
@managers_only
def correct(document_id: str) -> Response:
    """Show what the correction comes to; where that was confirmed, correct the invoice."""
    document, form, actor = reads.head(document_id), CorrectionForm(), current_actor()
    mark = request.form.get("mark", "")
    seen = None
    try:
        if "fields" in request.form or not form.validate():
            return _shown(document, form, 200 if "fields" in request.form else 422)
        if mark:
            made = corrections.correct(
                actor.customer_id, document_id, form.wanted, mark, by=actor.member_id, address=from_address()
            )
            there = url_for("invoices.document", document_id=made.replacement_id)
            return payment_methods.away(there) if wants_fragment() else redirect(there, 303)
        seen = correction_preview.preview(current_customer(), document_id, form.wanted)
    except Unfit as unfit:
        _name(form)
        form.ask(unfit)
        return _shown(document, form, unfit.status)
    except Refused as refusal:
        form.refuse(refusal)
        if refusal.reason == corrections.PREVIEW_GONE_BY:
            seen = correction_preview.preview(current_customer(), document_id, form.wanted)
        return _shown(document, form, refusal.status, seen=seen)
    return _shown(document, form, seen=seen)


def _name(form: CorrectionForm) -> None:
    form.name_fields(po_required=current_customer().po_required)


def _shown(
    document: Document,
    form: CorrectionForm,
    status: int = 200,
    *,
    seen: Preview | None = None,
    refused: Refused | None = None,
) -> Response:
    asked = getattr(form, "asked", {})
    _name(form)
    form.asked = asked
    form.offer([words.choice(each) for each in registrations.listed(document.customer_id)])
    if form.errors:
        form.point_at_first_error()
    around: dict[str, Any] = {
        "document": document,
        "form": form,
        "regions": form.format.regions,
        "seen": words.seen(seen) if seen else None,
        "refused": refused.sentence if refused else "",
    }
    return show(PAGE, CONTENT, status=status, **around)
