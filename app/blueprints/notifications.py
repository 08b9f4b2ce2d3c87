"""Notifications: the customer's channel of Slack or Teams, and the weekly digest that each member may have by mail."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.domain.errors import Refused
from app.domain.language import _
from app.domain.messages import weeks
from app.domain.messages.chat import NAMES, Form
from app.forms.notifications import ChannelForm, DigestForm
from app.presenters import notifications
from app.presenters.kept import deliveries
from app.services.alerts import weekly_digest
from app.services.auto_recharge import settings as recharge
from app.services.webhooks import channels, log
from app.services.webhooks.channels import Channel
from app.web.access import current_actor, current_catalog, current_customer, from_address, managers_only
from app.web.respond import saved, show

bp = Blueprint("notifications", __name__, url_prefix="/billing/notifications")
PAGE, CHANNEL = "notifications/page.html", "notifications/_channel.html"
DIGEST = "notifications/_digest.html"


@bp.get("/")
def page() -> Response:
    """Show how notifications stand; htmx asks for the channel while a message is under way."""
    return show(PAGE, CHANNEL, **_around())


@bp.post("/channel")
@managers_only
def save() -> Response:
    """Let messages go to the address that was typed, or say what is wrong with it."""
    form, actor = ChannelForm(), current_actor()
    if not form.validate():
        form.point_at_first_error()
        return show(PAGE, CHANNEL, status=422, **_around(form))
    try:
        url, by = form.chat_url.data or "", actor.member_id
        made = channels.save(actor.customer_id, form.form, url, form.made_from, by=by, address=from_address())
    except Refused as refusal:
        field = "chat_url" if refusal.status == 422 else refusal.field
        form.refuse(Refused(refusal.sentence, refusal.reason, refusal.status, field))
        form.point_at_first_error()
        return show(PAGE, CHANNEL, status=refusal.status, **_around(form))
    return _saved(_("Messages go to {chat} from now on.", chat=NAMES[made.form]))


@bp.post("/channel/pause")
@managers_only
def pause() -> Response:
    """Send no messages until they are resumed."""
    return _changed(channels.pause, _("Messages are paused. What comes about meanwhile is not sent."))


@bp.post("/channel/resumption")
@managers_only
def resume() -> Response:
    """Send messages again."""
    return _changed(channels.resume, _("Messages are sent again."))


@bp.post("/channel/removal")
@managers_only
def remove() -> Response:
    """Forget the address."""
    return _changed(channels.remove, _("The channel is removed. Its address is forgotten."))


@bp.post("/channel/test")
@managers_only
def send_test() -> Response:
    """Send a test message."""
    actor = current_actor()
    try:
        channels.send_test(actor.customer_id, by=actor.member_id, address=from_address())
    except Refused as refusal:
        return _refused(refusal)
    return _saved(_("A test message was queued."))


@bp.post("/messages/<delivery_id>")
@managers_only
def send_again(delivery_id: str) -> Response:
    """Send a message once more; it says that it is sent again."""
    actor = current_actor()
    try:
        log.send_again(
            delivery_id, by=actor.member_id, customer_id=actor.customer_id, to_seller=False, address=from_address()
        )
    except Refused as refusal:
        return _refused(refusal)
    return _saved(_("The message was queued again."))


@bp.post("/digest")
def save_digest() -> Response:
    """Switch the member's own digest on or off. Every member may: it is a mail to nobody else."""
    form, actor = DigestForm(), current_actor()
    valid = form.validate()
    try:
        if valid and form.digest.data:
            weekly_digest.switch_on(actor, (form.time_zone.data or "").strip() or "UTC", address=from_address())
        elif valid:
            weekly_digest.switch_off(actor, address=from_address())
    except Refused as refusal:
        form.refuse(refusal)
        valid = False
    if not valid:
        form.point_at_first_error()
        return show(PAGE, DIGEST, status=422, **_around(digest_form=form))
    notice = _("The weekly digest is on.") if form.digest.data else _("The weekly digest is off.")
    return saved("notifications.page", DIGEST, notice, **(_around() | {"digest_focus": True}))


def _changed(change: Callable[..., Channel | None], notice: str) -> Response:
    form, actor = ChannelForm(), current_actor()
    try:
        change(actor.customer_id, form.made_from, by=actor.member_id, address=from_address())
    except Refused as refusal:
        return _refused(refusal)
    return _saved(notice)


def _around(form: ChannelForm | None = None, digest_form: DigestForm | None = None) -> dict[str, Any]:
    actor, found = current_actor(), channels.section(current_actor().customer_id)
    if form is None:
        chosen = found.channel.form if found.channel else Form.SLACK
        form = ChannelForm(formdata=None, data={"version": str(found.version), "chat_form": chosen.value})
    elif request.endpoint == "notifications.save":
        form.chat_url.data = ""  # a secret is typed again, never sent back
        form.version.data = str(found.version)
    form.mark("chat_url", autocomplete="off", spellcheck="false")
    digest = weekly_digest.of(actor)
    if digest_form is None:
        terms = None if digest else recharge.in_force(current_customer(), current_catalog())
        zone = digest.time_zone if digest else terms.caution.zone if terms else "UTC"
        digest_form = DigestForm(formdata=None, data={"digest": digest is not None, "time_zone": zone})
    digest_form.mark("time_zone", list="notifications-zones", autocomplete="off", spellcheck="false")
    newest = found.deliveries[0] if found.deliveries else None
    return {
        "chat": found, "chats": [(each.value, NAMES[each]) for each in Form], "form": form,
        "chat_name": notifications.name(found.channel) if found.channel else "",
        "messages": [(each, notifications.title(each)) for each in found.deliveries],
        "tested": notifications.tested(newest), "why": deliveries.said, "chat_problem": "", "chat_focus": False,
        "digest": digest, "digest_form": digest_form, "digest_focus": False, "zones": weeks.zones(),
        "email": actor.email, "billing_email": current_customer().email,
        "spend_is_offered": current_catalog().spend_management.offered,
    }  # fmt: skip


def _saved(notice: str) -> Response:
    return saved("notifications.page", CHANNEL, notice, **(_around() | {"chat_focus": True}))


def _refused(refusal: Refused) -> Response:
    """Say in the section why not; a thing that is not there has its own page."""
    if refusal.status == 404:
        raise refusal
    return show(PAGE, CHANNEL, status=refusal.status, **(_around() | {"chat_problem": refusal.sentence}))
