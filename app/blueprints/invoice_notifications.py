"""Invoice notifications: the billing e-mail, confirmed by mail before it is used, and who else is sent which mails."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app import mailboxes
from app.domain import language
from app.domain.errors import NotFound, Refused
from app.domain.language import _, marked
from app.domain.mails import Topic
from app.forms.invoice_notifications import LABELS, NotificationsForm, filled, shown
from app.services.customers import invoice_recipients
from app.services.customers.invoice_recipients import CHANGED_MEANWHILE, Notifications
from app.web.access import current_actor, current_customer, fresh_only, from_address, managers_only
from app.web.respond import saved, show

bp = Blueprint("invoice_notifications", __name__, url_prefix="/billing/invoice-notifications")
PAGE, CONTENT = "invoice_notifications/page.html", "invoice_notifications/_content.html"
SAVED = marked("The invoice notifications are saved.")


def _changes_billing_email() -> bool:
    """Say whether the form names another billing e-mail: then the password is asked for again."""
    typed, now = mailboxes.kept(request.form.get("billing_email") or ""), _now()
    return typed not in {mailboxes.kept(each) for each in (now.billing_email, now.pending.email if now.pending else "")}


@bp.get("/")
def page() -> Response:
    """Show where everything goes, and the form that changes it."""
    now = _now()
    return show(PAGE, CONTENT, **_around(_fresh(now), now))


@bp.post("/")
@managers_only
@fresh_only(marked("change the billing e-mail"), back="invoice_notifications.page", when=_changes_billing_email)
def save() -> Response:
    """Keep the set as it was typed; each new address is asked by mail."""
    form, actor, before = NotificationsForm(), current_actor(), _now()
    if not form.validate():
        return _refused(form, 422)
    try:
        after = invoice_recipients.replace(
            actor.customer_id,
            form.billing_email.data or "",
            form.recipients(),
            form.made_from,
            by=actor.member_id,
            address=from_address(),
            language=form.language.data or None,
        )
    except Refused as refusal:
        if refusal.reason == CHANGED_MEANWHILE:
            refusal = _changed_meanwhile(form)
        form.refuse(refusal)
        return _refused(form, refusal.status)
    notice = " ".join(each for each in (_(SAVED), _asked(before, after)) if each)
    return saved("invoice_notifications.page", CONTENT, notice, **_around(_fresh(after), after))


@bp.post("/cancel")
@managers_only
def cancel() -> Response:
    """Leave the billing e-mail as it is."""
    actor = current_actor()
    now = invoice_recipients.cancel(actor.customer_id, by=actor.member_id, address=from_address())
    notice = _("Cancelled: {email} stays the billing e-mail.", email=now.billing_email)
    return saved("invoice_notifications.page", CONTENT, notice, **_around(_fresh(now), now))


@bp.post("/again")
@managers_only
def ask_again() -> Response:
    """Send a new link to an address that has not confirmed yet."""
    actor, email = current_actor(), request.form.get("again", "")
    try:
        invoice_recipients.ask_again(actor.customer_id, email, by=actor.member_id, address=from_address())
    except NotFound:
        raise
    except Refused as refusal:
        now = _now()
        form = _fresh(now)
        form.form_errors.append(refusal.sentence)
        return show(PAGE, CONTENT, status=refusal.status, **_around(form, now))
    now = _now()
    notice = _("We sent another e-mail to {email}. The link in the one before does not work any more.", email=email)
    return saved("invoice_notifications.page", CONTENT, notice, **_around(_fresh(now), now))


@bp.get("/cancel")
@bp.get("/again")
def changes_opened() -> Response:
    """Lead back to the page."""
    return redirect(url_for("invoice_notifications.page"), 303)


def _now() -> Notifications:
    return invoice_recipients.current(current_customer().customer_id)


def _fresh(now: Notifications) -> NotificationsForm:
    """Return the form as it stands in the rows."""
    return NotificationsForm(formdata=None, data=filled(now))


def _refused(form: NotificationsForm, status: int) -> Response:
    form.point_at_first_error()
    gone = set(request.form.getlist("remove"))
    typed = {
        email: frozenset(each for each in Topic if email in request.form.getlist(each.value))
        for email in request.form.getlist("recipient")
        if email not in gone
    }
    return show(PAGE, CONTENT, status=status, **_around(form, _now(), typed))


def _changed_meanwhile(form: NotificationsForm) -> Refused:
    """Let the next press of the button replace what was saved meanwhile."""
    form.version.data = str(_now().version)
    words = _("These addresses were changed meanwhile. Yours are still here: look at them, and update again.")
    return Refused(words, CHANGED_MEANWHILE)


def _asked(before: Notifications, after: Notifications) -> str:
    """Say who was sent a mail to confirm."""
    known = {before.pending.email if before.pending else "", *(each.email for each in before.recipients)}
    asked = [after.pending.email] if after.pending else []
    asked += [each.email for each in after.recipients if each.waiting]
    new = [each for each in asked if each not in known]
    if not new:
        return ""
    *first, last = new
    both = _("{some} and {last}", some=", ".join(first), last=last) if first else last
    return _("We sent an e-mail to {emails}. An address is used once the link in its e-mail is confirmed.", emails=both)


def _around(
    form: NotificationsForm, now: Notifications, typed: dict[str, frozenset[Topic]] | None = None
) -> dict[str, Any]:
    """Return what the page shows."""
    form.mark("billing_email", **{"data-saved": str(filled(now)["billing_email"])})
    form.mark("new_email", **{"data-saved": ""})
    return {
        "form": form,
        "now": now,
        "kept": {each.email: each.topics for each in now.recipients},
        "recipients": shown(now, typed),
        "waiting": {each.email: each.waiting for each in now.recipients if each.waiting},
        "languages": language.named(),
        "topics": [(each.value, LABELS[each], each) for each in Topic],
    }
