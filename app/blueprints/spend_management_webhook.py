"""The webhook of Spend management: its address, its secret, a test event, and what became of each event."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import NotFound, Refused
from app.domain.language import _, marked
from app.domain.spend_management import NOTHING_SET
from app.forms import log_places
from app.forms.spend_management import AddressForm
from app.presenters import spend_management
from app.presenters.kept import deliveries
from app.services.spend_management import limits as own_limits
from app.services.webhooks import endpoints, log
from app.web.access import (
    current_actor,
    current_catalog,
    current_customer,
    current_unit,
    fresh_only,
    from_address,
    managers_only,
    offered_only,
)
from app.web.respond import saved, show

bp = Blueprint("webhook", __name__, url_prefix="/billing/spend-management/webhook")
PAGE, WEBHOOK = "spend_management/webhook.html", "spend_management/_webhook.html"
CONTENT = "spend_management/_webhook_content.html"
DELIVERY = "spend_management/webhook_delivery.html"


def _offered() -> None:
    """Refuse (404) as Spend management itself does, where the seller does not offer it."""
    if not current_catalog().spend_management.offered:
        own_limits.current(current_customer(), current_catalog())


@bp.get("/")
@offered_only(_offered)
def page() -> Response:
    """Show how the webhook stands."""
    places = request.args.get("before", "")
    return show(PAGE, WEBHOOK, **_around(after=log_places.place(places)))


@bp.post("/")
@offered_only(_offered)
@managers_only
def save() -> Response:
    """Let the events go to the address that was typed, or say what is wrong with it."""
    form = AddressForm()
    if not form.validate():
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=422, **_around(form))
    actor, limits = current_actor(), own_limits.current(current_customer(), current_catalog())
    wanted, url = replace(limits, version=form.made_from), form.webhook_url.data or ""
    try:
        own_limits.change(actor.customer_id, wanted, webhook_url=url, by=actor.member_id, address=from_address())
    except Refused as refusal:
        if refusal.reason == own_limits.CHANGED_MEANWHILE:
            refusal = _changed_meanwhile(form)
        elif refusal.reason == NOTHING_SET.reason:
            refusal = Refused(refusal.sentence, refusal.reason, refusal.status, "webhook_url")
        form.refuse(refusal)
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=refusal.status, **_around(form))
    notice = _("The webhook URL is saved.")
    if not url.strip():
        notice = _("Nothing is sent to your program any more. Its secret is kept for the next webhook URL.")
    return saved("webhook.page", CONTENT, notice, **(_around() | {"webhook_focus": True}))


@bp.get("/secret")
@offered_only(_offered)
@managers_only
@fresh_only(marked("see the signing secret of your webhook"), back="webhook.page")
def secret() -> Response:
    """Show the secret that signs the events."""
    try:
        shown = endpoints.secret(current_actor().customer_id)
    except Refused as refusal:
        return _refused(refusal)
    return show(PAGE, WEBHOOK, **(_around() | {"webhook_secret": shown}))


@bp.get("/new-secret")
@offered_only(_offered)
@managers_only
def ask_rotation() -> Response:
    """Ask whether a new secret is really wanted, and say what becomes of those that sign now."""
    around = _around()
    if around["webhook"].endpoint is None:
        raise NotFound("webhook")
    return show(PAGE, WEBHOOK, **(around | {"webhook_asks": True}))


@bp.post("/secret")
@offered_only(_offered)
@managers_only
@fresh_only(marked("make a new signing secret for your webhook"), back="webhook.page")
def rotate() -> Response:
    """Make a new secret; the old one signs for a day more, and one still older that is named ends now."""
    actor, ends = current_actor(), request.form.get("ends", "")
    try:
        endpoints.rotate(actor.customer_id, by=actor.member_id, ends=ends, address=from_address())
    except Refused as refusal:
        return _refused(refusal)
    return _saved(_("Your webhook has a new secret. For 24 hours events are also signed with the old one."))


@bp.post("/test")
@offered_only(_offered)
@managers_only
def send_test() -> Response:
    """Send a test event."""
    try:
        log.send_test(current_actor().customer_id, by=current_actor().member_id, address=from_address())
    except Refused as refusal:
        return _refused(refusal)
    return _saved(_("A test event was queued."))


@bp.post("/deliveries/<delivery_id>")
@offered_only(_offered)
@managers_only
def send_again(delivery_id: str) -> Response:
    """Send an event once more."""
    actor = current_actor()
    try:
        log.send_again(
            delivery_id, by=actor.member_id, customer_id=actor.customer_id, to_seller=False, address=from_address()
        )
    except Refused as refusal:
        return _refused(refusal)
    return _saved(_("The event was queued again."))


@bp.get("/deliveries/<delivery_id>")
@offered_only(_offered)
def delivery(delivery_id: str) -> str:
    """Show one event and its tries."""
    found = log.one(delivery_id, customer_id=current_actor().customer_id, to_seller=False)
    return render_template(DELIVERY, each=found, attempts=log.attempts(found), why=deliveries.said)


def _changed_meanwhile(form: AddressForm) -> Refused:
    """Say what is saved by now, and let the next press of the button replace it."""
    now = own_limits.current(current_customer(), current_catalog())
    form.version.data = str(now.version)
    return spend_management.changed_meanwhile(now, endpoints.of(current_customer().customer_id), current_unit())


def _around(form: AddressForm | None = None, after: tuple[datetime, str] | None = None) -> dict[str, Any]:
    section = log.section(current_actor().customer_id, after)
    url, last = section.endpoint.url if section.endpoint else "", section.deliveries[-1:]
    if form is None:
        version = own_limits.current(current_customer(), current_catalog()).version
        form = AddressForm(formdata=None, data={"webhook_url": url, "version": str(version)})
    form.compare_with(url)
    before = log_places.written(last[0].created_at, last[0].id) if last and section.has_more else ""
    return {
        "webhook": section, "form": form, "unsaved": (form.webhook_url.data or "").strip() != url,
        "webhook_older": url_for("webhook.page", before=before) if before else "",
        "webhook_newest": url_for("webhook.page") if after else "",
        "webhook_secret": "", "webhook_problem": "", "webhook_asks": False, "webhook_focus": False,
        "why": deliveries.said,
    }  # fmt: skip


def _saved(notice: str) -> Response:
    return saved("webhook.page", WEBHOOK, notice, **(_around() | {"webhook_focus": True}))


def _refused(refusal: Refused) -> Response:
    """Say in the section why not; a thing that is not there has its own page."""
    if refusal.status == 404:
        raise refusal
    return show(PAGE, WEBHOOK, status=refusal.status, **(_around() | {"webhook_problem": refusal.sentence}))
