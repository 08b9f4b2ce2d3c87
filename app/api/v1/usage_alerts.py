"""Usage alerts: the thresholds of a meter at which a customer is notified, and the addresses."""

from pydantic import Field

from app.api.contract.operations import Model, Moment, caller, operation, resource
from app.domain.usage_alerts import MOST_QUANTITY, Threshold
from app.models.customers import Customer
from app.services.alerts import recipients, thresholds
from app.services.alerts.thresholds import Alerts

bp = resource("usage_alerts")
TAG = "Usage"


class AlertIn(Model):
    """An alert: a quantity of a meter in a billing period, or a percentage of what the plan has of it."""

    meter: str = Field(min_length=1, max_length=60, description="The meter's key.")
    threshold: int = Field(ge=1, le=MOST_QUANTITY)
    is_percent: bool = Field(
        False, description="Whether `threshold` is percent of the plan's limit, or of what it includes."
    )


class AlertOut(AlertIn):
    """An alert of the customer."""

    id: str


class RecipientIn(Model):
    """An address that alerts are to go to."""

    email: str = Field(min_length=1, max_length=320)


class RecipientOut(RecipientIn):
    """An address that alerts go to once it is confirmed."""

    confirmed_at: Moment | None = Field(description="null: asked by mail, not confirmed yet.")


class UsageAlertsIn(Model):
    """The whole set, in the place of the one of that version."""

    alerts: list[AlertIn] = Field(max_length=100)
    recipients: list[RecipientIn] = Field(max_length=100, description="A new address is asked by e-mail to confirm.")
    version: int = Field(ge=1, description="The version that this set replaces; 409 when it was changed meanwhile.")


class UsageAlertsOut(Model):
    """The usage alerts of a customer. While no address is confirmed they go to the customer's billing address."""

    alerts: list[AlertOut]
    recipients: list[RecipientOut]
    version: int


@operation(
    bp,
    "GET",
    "/customers/<customer_id>/usage_alerts",
    scope="billing:read",
    answers={200: UsageAlertsOut},
    tag=TAG,
)
def read(customer: Customer) -> UsageAlertsOut:  # noqa: ARG001  # its scope is in force
    """Read the usage alerts of a customer."""
    return _shown(thresholds.current())


@operation(
    bp,
    "PUT",
    "/customers/<customer_id>/usage_alerts",
    scope="billing:write",
    body=UsageAlertsIn,
    answers={200: UsageAlertsOut},
    refusals=(409,),
    tag=TAG,
)
def replace(customer: Customer, body: UsageAlertsIn) -> UsageAlertsOut:
    """Replace the usage alerts of a customer.

    The set is taken or refused as a whole, by the rules of the Usage page. What stays keeps its id and confirmation.
    """
    emails = [each.email for each in body.recipients]
    wanted = [Threshold(each.meter, each.threshold, each.is_percent) for each in body.alerts]
    return _shown(thresholds.replace(customer.customer_id, wanted, emails, body.version, actor=caller().key_id))


@operation(
    bp,
    "POST",
    "/customers/<customer_id>/usage_alerts/ask_again",
    scope="billing:write",
    body=RecipientIn,
    answers={200: UsageAlertsOut},
    refusals=(409, 429),
    tag=TAG,
)
def ask_again(customer: Customer, body: RecipientIn) -> UsageAlertsOut:
    """Send a new link to an address that has not confirmed usage alerts yet; the link before it is over."""
    recipients.ask_again(customer.customer_id, body.email, actor=caller().key_id)
    return _shown(thresholds.current())


def _shown(now: Alerts) -> UsageAlertsOut:
    return UsageAlertsOut(
        alerts=[
            AlertOut(
                id=each.id, meter=each.wants.meter, threshold=each.wants.threshold, is_percent=each.wants.is_percent
            )
            for each in now.alerts
        ],
        recipients=[RecipientOut(email=each.email, confirmed_at=each.confirmed_at) for each in now.recipients],
        version=now.version,
    )
