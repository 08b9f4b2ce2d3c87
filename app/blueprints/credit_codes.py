"""Redeem a code for credit: type it, see what it gives and until when, and take it."""

from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from app import locale
from app.domain.errors import Refused
from app.domain.language import _
from app.forms.credit_codes import CodeForm
from app.services.credit_codes import redeeming
from app.services.credit_codes.redeeming import REDEEMED, Offer
from app.web.access import current_actor, current_unit, from_address, managers_only
from app.web.respond import saved, show

bp = Blueprint("credit_codes", __name__, url_prefix="/billing/add-credits/code")
PAGE, CONTENT = "credit_codes/page.html", "credit_codes/_content.html"


@bp.get("/")
def page() -> Response:
    """Ask for a code."""
    return show(PAGE, CONTENT, **_around(CodeForm(formdata=None)))


@bp.post("/")
@managers_only
def check() -> Response:
    """Show what the code gives; it is not redeemed yet."""
    form = CodeForm()
    try:
        offer = redeeming.look(current_actor(), form.code.data or "")
    except Refused as refusal:
        return _refused(form, refusal)
    return show(PAGE, CONTENT, **_around(form, offer))


@bp.post("/redemption")
@managers_only
def redeem() -> Response:
    """Give the credit of the code that was shown; pressed twice, say again what it gave."""
    form = CodeForm()
    try:
        given = redeeming.redeem(current_actor(), form.seen.data or "", address=from_address())
    except Refused as refusal:
        earlier = redeeming.given(current_actor(), form.seen.data or "") if refusal.reason == REDEEMED else None
        if earlier is None:
            form.code.data = form.seen.data
            return _refused(form, refusal)
        given = earlier
    added = locale.amount(given.credits, current_unit())
    notice = _("{amount} of credit was added to your balance.", amount=added)
    return saved("credit_codes.page", CONTENT, notice, **_around(CodeForm(formdata=None)))


def _refused(form: CodeForm, refusal: Refused) -> Response:
    form.refuse(refusal)
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=refusal.status, **_around(form))


def _around(form: CodeForm, offer: Offer | None = None) -> dict[str, Any]:
    return {"form": form, "offer": offer}
