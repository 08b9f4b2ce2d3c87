"""Messages to the seller about plans that are sold on request."""

from dataclasses import dataclass
from datetime import UTC
from typing import Protocol

from app import clock, locale
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.mails import PLAN_REQUEST
from app.models.customers import Customer
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.outbox import mails
from app.services.transaction import transaction

LONGEST = 1_000


class Asks(Protocol):
    """Who asks, for which customer, and where the answer goes."""

    @property
    def customer_id(self) -> str:
        """For whom."""
        ...

    @property
    def member_id(self) -> str:
        """Who, as the audit trail names them."""
        ...

    @property
    def name(self) -> str:
        """How the mail names them."""
        ...

    @property
    def email(self) -> str:
        """Where the answer goes."""
        ...


@dataclass(frozen=True)
class Asking:
    """Somebody for whom a key of the API asks."""

    customer_id: str
    member_id: str
    name: str
    email: str


def write(actor: Asks, plan: str, message: str) -> None:
    """Send the seller what the member asks about the plan: one message a day for each plan.

    Refuses (422) a plan that is not sold on request, and a message that is empty or too long; (409) a second one.
    """
    words, now = message.strip(), clock.now()
    if not words:
        raise Refused(_("Write what you want to know."), "message_missing", 422, "message")
    if len(words) > LONGEST:
        too_long = _("Shorten the message to {most} characters.", most=locale.whole(LONGEST))
        raise Refused(too_long, "message_too_long", 422, "message")
    with as_service("ask the seller about a plan"), transaction() as session:
        customer = session.get_one(Customer, actor.customer_id, populate_existing=True)
        catalog = versions.offered(customer.catalog)
        found = catalog.plans.plan(plan)
        if found is None or not found.on_request or not catalog.seller.email:
            raise Refused(_("This plan is not sold on request."), "plan_unknown", 422)
        is_new = mails.write_new(
            session,
            actor.customer_id,
            PLAN_REQUEST,
            key=f"plan_request:{plan}:{now.astimezone(UTC):%Y-%m-%d}",
            to=catalog.seller.email,
            plan=plan,
            message=words,
            name=actor.name,
            email=actor.email,
        )
        if not is_new:
            again = _("You have written about this plan today. You will get an answer by e-mail.")
            raise Refused(again, "asked_already")
        audit.record(session, actor.customer_id, actor.member_id, "plan.requested", plan)
