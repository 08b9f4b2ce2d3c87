"""The customer's own webhook: its signing secret, a new one, and a test event. Its address is in spend management."""

from pydantic import Field

from app.api.contract.operations import Model, Moment, caller, operation, resource
from app.api.contract.shapes import NoBody
from app.domain.errors import NotFound
from app.models.customers import Customer
from app.services.catalog import versions
from app.services.spend_management import limits as own_limits
from app.services.webhooks import endpoints, log

bp = resource("customer_webhook")
PATH = "/customers/<customer_id>/spend_management/webhook"
TAG = "Spend management"


class WebhookOut(Model):
    """Where the customer's events go."""

    url: str
    active: bool
    disabled_reason: str
    old_secret_until: Moment | None = Field(description="Until when the previous secret also signs.")


class WebhookSecretOut(Model):
    """The secret that signs the customer's events."""

    secret: str


class RotateIn(Model):
    """Which older secret may end."""

    ends: Moment | None = Field(
        None, description="`old_secret_until`, where an older secret still signs: it ends at once."
    )


class TestQueued(Model):
    """A test event that is on its way."""

    delivery: str = Field(description="Read it at `/v1/webhook_deliveries/{delivery_id}`, send it again there.")


@operation(bp, "GET", PATH, scope="billing:read", answers={200: WebhookOut}, tag=TAG)
def read(customer: Customer) -> WebhookOut:
    """Read how the customer's webhook stands; 404 where none is saved."""
    _offered(customer)
    return _shown(endpoints.of(customer.customer_id))


@operation(
    bp, "GET", f"{PATH}/secret", scope="billing:write", answers={200: WebhookSecretOut}, refusals=(409,), tag=TAG
)
def secret(customer: Customer) -> WebhookSecretOut:
    """Read the secret that signs the customer's events."""
    _offered(customer)
    return WebhookSecretOut(secret=endpoints.secret(customer.customer_id))


@operation(
    bp,
    "POST",
    f"{PATH}/rotate_secret",
    scope="billing:write",
    body=RotateIn,
    answers={200: WebhookOut},
    refusals=(409,),
    tag=TAG,
)
def rotate(customer: Customer, body: RotateIn) -> WebhookOut:
    """Make a new secret. For 24 hours events are also signed with the old one.

    While an older secret still signs, `ends` must name it (409 `old_secret_signs`): a new one ends it at once.
    """
    _offered(customer)
    here = endpoints.of(customer.customer_id)
    names = here is not None and body.ends is not None and here.old_secret_until == body.ends
    ends = here.signing_twice if here is not None and names else ""
    return _shown(endpoints.rotate(customer.customer_id, by=caller().key_id, ends=ends))


@operation(
    bp,
    "POST",
    f"{PATH}/test",
    scope="billing:write",
    body=NoBody,
    answers={202: TestQueued},
    refusals=(409, 429),
    tag=TAG,
)
def send_test(customer: Customer, body: NoBody) -> TestQueued:  # noqa: ARG001  # it says nothing
    """Send a test event to the customer's webhook."""
    _offered(customer)
    return TestQueued(delivery=log.send_test(customer.customer_id, by=caller().key_id))


def _offered(customer: Customer) -> None:
    own_limits.current(customer, versions.of(customer))


def _shown(found: endpoints.Endpoint | None) -> WebhookOut:
    if found is None:
        raise NotFound("webhook")
    return WebhookOut(
        url=found.url,
        active=found.active,
        disabled_reason=found.disabled_reason,
        old_secret_until=found.old_secret_until,
    )
