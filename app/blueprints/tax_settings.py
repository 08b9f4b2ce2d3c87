"""Tax settings: the numbers that a customer is registered under for tax, and what is known of each."""

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.domain.errors import Refused
from app.domain.language import _
from app.domain.tax import certificates
from app.domain.tax.registrations import Kind
from app.forms.tax_settings import CertificateForm, NumberForm
from app.presenters import tax_settings
from app.services.tax import exemptions, registrations
from app.web.access import comes_back, current_actor, from_address, managers_only, takes_file
from app.web.exports import as_stored
from app.web.respond import saved, show

bp = Blueprint("tax_settings", __name__, url_prefix="/billing/tax")
PAGE, CONTENT, LIST = "tax_settings/page.html", "tax_settings/_content.html", "tax_settings/_list.html"
LONGEST_BODY = 2 * certificates.LARGEST  # a file that is too large is refused beside its field
TYPED = ("country", "kind", "value")


@bp.get("/")
def page() -> Response:
    """Show the numbers and the form for one more; a link may ask before one goes (`remove`)."""
    typed = any(request.args.get(name) for name in TYPED)
    form = NumberForm(request.args) if typed else NumberForm(formdata=None)
    return show(PAGE, CONTENT, **_around(form, removing=request.args.get("remove", "")[:40]))


@bp.get("/list")
def numbers() -> Response:
    """Show the numbers alone: a page on which one is being checked looks again by itself."""
    return show(PAGE, LIST, **_around(NumberForm(formdata=None)))


@bp.post("/")
@comes_back("tax_settings.page", *TYPED)
@managers_only
def add() -> Response:
    """Keep one more number, or say what is wrong with it. Nobody is asked meanwhile."""
    form, actor = NumberForm(), current_actor()
    if not form.validate():
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=422, **_around(form))
    try:
        row = registrations.add(
            actor.customer_id,
            kind=form.wanted_kind,
            country=form.country.data or "",
            value=form.value.data or "",
            by=actor.member_id,
            address=from_address(),
        )
    except Refused as refusal:
        form.refuse(refusal)
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=refusal.status, **_around(form))
    around = _around(NumberForm(formdata=None), focus=True)
    return saved("tax_settings.page", CONTENT, tax_settings.added(row), **around)


@bp.post("/certificates")
@takes_file(LONGEST_BODY)
@managers_only
def send() -> Response:
    """Keep a certificate of exemption with its file. It counts for nothing until the seller has verified it."""
    form, actor = CertificateForm(), current_actor()
    if not form.validate():
        return _not_sent(form, 422)
    sent = request.files.get("file")
    try:
        row = exemptions.send(
            actor.customer_id,
            value=form.certificate.data or "",
            territories=form.territories.data or [],
            expires_on=form.expires_on.data,
            content=sent.stream.read(certificates.LARGEST + 1) if sent else b"",
            by=actor.member_id,
            address=from_address(),
        )
    except Refused as refusal:
        refusal.field = "certificate" if refusal.field == "value" else refusal.field
        form.refuse(refusal)
        return _not_sent(form, refusal.status)
    around = _around(NumberForm(formdata=None), focus=True)
    return saved("tax_settings.page", CONTENT, tax_settings.added(row), **around)


@bp.get("/<registration_id>/certificate")
@managers_only
def certificate(registration_id: str) -> Response:
    """Send the file of a certificate, as the customer sent it."""
    found = exemptions.file_of(current_actor().customer_id, registration_id)
    return as_stored(found.name, found.content_type, found.content, found.sha256)


@bp.post("/<registration_id>/removal")
@managers_only
def remove(registration_id: str) -> Response:
    """Remove the number."""
    actor = current_actor()
    row = registrations.remove(actor.customer_id, registration_id, by=actor.member_id, address=from_address())
    around = _around(NumberForm(formdata=None), focus=True)
    return saved("tax_settings.page", CONTENT, _("{number} is removed.", number=row.value), **around)


def _not_sent(form: CertificateForm, status: int) -> Response:
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=status, **_around(NumberForm(formdata=None), form))


def _around(
    form: NumberForm, certificate: CertificateForm | None = None, *, removing: str = "", focus: bool = False
) -> dict[str, Any]:
    customer_id = current_actor().customer_id
    listed = registrations.listed(customer_id)
    files = exemptions.with_files(customer_id) if any(each.kind == Kind.EXEMPTION for each in listed) else frozenset()
    rows = [tax_settings.row(each, files) for each in listed]
    return {
        "form": form,
        "certificate_form": certificate or CertificateForm(formdata=None),
        "rows": rows,
        "removing": removing,
        "focus": focus,
        "waits": any(each.waits for each in rows),
        "is_full": len(rows) >= registrations.MOST,
    }
