"""Tax settings: the numbers that a customer is registered under for tax, and what is known of each."""

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.domain.errors import Refused
from app.forms.tax_settings import NumberForm
from app.presenters import tax_settings
from app.services.tax import registrations
from app.web.access import comes_back, current_actor, from_address, managers_only
from app.web.respond import saved, show

bp = Blueprint("tax_settings", __name__, url_prefix="/billing/tax")
PAGE, CONTENT, LIST = "tax_settings/page.html", "tax_settings/_content.html", "tax_settings/_list.html"
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


@bp.post("/<registration_id>/removal")
@managers_only
def remove(registration_id: str) -> Response:
    """Remove the number."""
    actor = current_actor()
    row = registrations.remove(actor.customer_id, registration_id, by=actor.member_id, address=from_address())
    around = _around(NumberForm(formdata=None), focus=True)
    return saved("tax_settings.page", CONTENT, f"{row.value} is removed.", **around)


def _around(form: NumberForm, *, removing: str = "", focus: bool = False) -> dict[str, Any]:
    rows = [tax_settings.row(each) for each in registrations.listed(current_actor().customer_id)]
    return {
        "form": form,
        "rows": rows,
        "removing": removing,
        "focus": focus,
        "waits": any(each.waits for each in rows),
        "is_full": len(rows) >= registrations.MOST,
    }
