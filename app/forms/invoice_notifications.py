"""The form of Invoice notifications: the billing e-mail, more recipients with what they are sent, and one to add."""

from collections.abc import Mapping

from flask import request
from wtforms import BooleanField, StringField

from app import mailboxes
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.mails import Topic
from app.forms.spend_management import VersionedForm
from app.services.customers.invoice_recipients import Notifications

LABELS = {
    Topic.RECEIPTS: marked("Receipts"),
    Topic.INVOICES: marked("Invoices"),
    Topic.PAYMENT_PROBLEMS: marked("Payment problems"),
}
_MANY = 100
"""No page of ours sends as many recipients."""


class NotificationsForm(VersionedForm):
    """The whole set: kept or refused as one."""

    billing_email = StringField(marked("Billing e-mail"), render_kw={"autocomplete": "email", "inputmode": "email"})
    language = StringField(marked("Language of documents"))
    new_email = StringField(marked("Add a recipient"), render_kw={"autocomplete": "off", "inputmode": "email"})
    new_receipts = BooleanField(marked("Receipts"), default=True)
    new_invoices = BooleanField(marked("Invoices"), default=True)
    new_payment_problems = BooleanField(marked("Payment problems"))

    def recipients(self) -> dict[str, frozenset[Topic]]:
        """Return who is to be a recipient: those that stay, and the one that is added."""
        gone, found = set(request.form.getlist("remove")), dict[str, frozenset[Topic]]()
        for email in request.form.getlist("recipient")[:_MANY]:
            if email not in gone:
                found[email] = frozenset(each for each in Topic if email in request.form.getlist(each.value))
        new = mailboxes.among(self.new_email.data or "", found)
        if new:
            if new in found:
                raise Refused(_("This address is a recipient already."), "email_twice", 422, "new_email")
            topics = frozenset(each for each in Topic if self[f"new_{each.value}"].data)
            if not topics:
                raise Refused(_("Choose what is sent there."), "nothing_chosen", 422, "new_email")
            found[new] = topics
        return found

    def refuse(self, refusal: Refused) -> None:
        """Show what is wrong with the recipients beside the one that is added, where one is."""
        if refusal.field == "recipients" and (self.new_email.data or "").strip():
            refusal = Refused(refusal.sentence, refusal.reason, refusal.status, "new_email")
        super().refuse(refusal)


def filled(now: Notifications) -> dict[str, object]:
    """Return what the fields show."""
    email = now.pending.email if now.pending else now.billing_email
    return {"billing_email": email, "version": str(now.version), "language": now.language}


def shown(now: Notifications, typed: Mapping[str, frozenset[Topic]] | None) -> list[tuple[str, frozenset[Topic], bool]]:
    """Return the recipients with what is ticked, and whether each is to be removed: as it was typed, or as it is."""
    if typed is None:
        return [(each.email, each.topics, False) for each in now.recipients]
    return [(each.email, typed.get(each.email, each.topics), each.email not in typed) for each in now.recipients]
