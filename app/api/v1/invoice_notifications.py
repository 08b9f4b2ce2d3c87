"""Where a customer's invoices and mails about payments are sent: read, and replaced. New addresses confirm by mail."""

from pydantic import Field, JsonValue

from app.api.contract.operations import Model, Moment, caller, operation, resource
from app.domain.errors import Refused
from app.domain.mails import Topic
from app.models.customers import Customer
from app.services.customers import invoice_recipients
from app.services.customers.invoice_recipients import MOST, Notifications

bp = resource("invoice_notifications")
PATH = "/customers/<customer_id>/invoice_notifications"
TAG = "Invoices"
EMAIL: dict[str, JsonValue] = {"format": "email"}


class RecipientFields(Model):
    """One more recipient, and what is sent there."""

    email: str = Field(max_length=254, json_schema_extra=EMAIL)
    receipts: bool
    invoices: bool
    payment_problems: bool


class RecipientOut(RecipientFields):
    """One more recipient. Nothing is sent there before the address is confirmed."""

    is_confirmed: bool


class NotificationsIn(Model):
    """The set that takes the place of the one of its version."""

    billing_email: str = Field(
        max_length=254, description="Where invoices go. A new one is asked by mail first.", json_schema_extra=EMAIL
    )
    recipients: list[RecipientFields] = Field(max_length=MOST)
    version: int = Field(ge=0, le=2**31 - 1)


class AskIn(Model):
    """An address that has not confirmed yet."""

    email: str = Field(min_length=1, max_length=254)


class NotificationsOut(Model):
    """Where everything goes."""

    billing_email: str = Field(description="The one in use.")
    pending_email: str | None = Field(description="The one that takes its place once it is confirmed; null: none.")
    pending_since: Moment | None
    recipients: list[RecipientOut]
    version: int


@operation(bp, "GET", PATH, scope="billing:read", answers={200: NotificationsOut}, tag=TAG)
def read(customer: Customer) -> NotificationsOut:
    """Read where a customer's invoices and mails about payments are sent."""
    return _shown(invoice_recipients.current(customer.customer_id))


@operation(
    bp,
    "PUT",
    PATH,
    scope="billing:write",
    body=NotificationsIn,
    answers={200: NotificationsOut},
    refusals=(409, 422),
    tag=TAG,
)
def replace(customer: Customer, body: NotificationsIn) -> NotificationsOut:
    """Replace the set, or refuse it whole.

    Each address that is new is sent a mail and counts once the link in it is confirmed; until then the billing e-mail
    before it stays in use. `PATCH /v1/customers/{id}` sets the billing e-mail at once, for whoever has checked it.
    Naming the present one changes nothing of it, and leaves one that is to be confirmed as it is.
    Another version than the present one is refused with 409.
    """
    recipients = {each.email: _topics(each) for each in body.recipients}
    if len(recipients) != len(body.recipients):
        raise Refused("An address is there twice. Send it once.", "email_twice", 422, "recipients")
    now = invoice_recipients.replace(
        customer.customer_id, body.billing_email, recipients, body.version, by=caller().key_id, keeps_pending=True
    )
    return _shown(now)


@operation(
    bp, "DELETE", f"{PATH}/pending", scope="billing:write", answers={200: NotificationsOut}, refusals=(409,), tag=TAG
)
def cancel(customer: Customer) -> NotificationsOut:
    """Leave the billing e-mail as it is: the link that was mailed to the new one is over. Twice is once."""
    return _shown(invoice_recipients.cancel(customer.customer_id, by=caller().key_id))


@operation(
    bp,
    "POST",
    f"{PATH}/ask_again",
    scope="billing:write",
    body=AskIn,
    answers={200: NotificationsOut},
    refusals=(409, 429),
    tag=TAG,
)
def ask_again(customer: Customer, body: AskIn) -> NotificationsOut:
    """Send a new link to an address that has not confirmed yet; the link before it is over. Any other is 404."""
    invoice_recipients.ask_again(customer.customer_id, body.email, by=caller().key_id)
    return _shown(invoice_recipients.current(customer.customer_id))


def _topics(each: RecipientFields) -> frozenset[Topic]:
    return frozenset(topic for topic in Topic if getattr(each, topic.value))


def _shown(now: Notifications) -> NotificationsOut:
    return NotificationsOut(
        billing_email=now.billing_email,
        pending_email=now.pending.email if now.pending else None,
        pending_since=now.pending.asked_at if now.pending else None,
        recipients=[
            RecipientOut(
                email=each.email,
                receipts=Topic.RECEIPTS in each.topics,
                invoices=Topic.INVOICES in each.topics,
                payment_problems=Topic.PAYMENT_PROBLEMS in each.topics,
                is_confirmed=each.waiting is None,
            )
            for each in now.recipients
        ],
        version=now.version,
    )
