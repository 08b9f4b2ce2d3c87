"""Spend management: the customer's limits for each UTC day, read and replaced as one set."""

from pydantic import Field

from app.api.contract.operations import CreditsText, Model, caller, operation, resource
from app.domain.errors import NotFound, Refused
from app.domain.spend_management import Limits
from app.models.customers import Customer
from app.services.catalog import versions
from app.services.spend_management import limits as own_limits
from app.services.webhooks import endpoints

bp = resource("spend_management")


class SpendManagement(Model):
    """The whole set. `null`: there is no limit, no threshold, no webhook."""

    enabled: bool
    daily_limit: CreditsText | None
    notify_threshold: CreditsText | None
    webhook_url: str | None = Field(max_length=2_000)
    version: int = Field(ge=0, le=2**31 - 1)


@operation(
    bp,
    "GET",
    "/customers/<customer_id>/spend_management",
    scope="billing:read",
    answers={200: SpendManagement},
    tag="Spend management",
)
def read(customer: Customer) -> SpendManagement:
    """Read what holds on each UTC day.

    `version` is 0 while the customer has never chosen: then the catalog's terms hold. Changes name the version that
    they were made from.
    """
    return _shown(customer.customer_id, _offered(customer))


@operation(
    bp,
    "PUT",
    "/customers/<customer_id>/spend_management",
    scope="billing:write",
    body=SpendManagement,
    answers={200: SpendManagement},
    refusals=(409, 422),
    tag="Spend management",
)
def replace(customer: Customer, body: SpendManagement) -> SpendManagement:
    """Replace the set, or refuse it whole.

    The same rules hold as on the page: limits are above zero, the threshold is not above the daily limit, and what is
    switched on has one of the two or a webhook URL. Another version than the present one is refused with 409.
    """
    _offered(customer)
    customer_id = customer.customer_id  # the row is gone once the address has been looked up, outside any transaction
    wanted = Limits(body.enabled, body.daily_limit, body.notify_threshold, body.version)
    now = own_limits.change(customer_id, wanted, webhook_url=body.webhook_url or "", by=caller().key_id)
    return _shown(customer_id, now)


def _offered(customer: Customer) -> Limits:
    try:
        return own_limits.current(customer, versions.of(customer))
    except NotFound:
        words = "This customer's catalog does not offer spend management."
        raise Refused(words, "not_offered", 404) from None


def _shown(customer_id: str, limits: Limits) -> SpendManagement:
    endpoint = endpoints.of(customer_id)
    return SpendManagement(
        enabled=limits.enabled,
        daily_limit=limits.daily_limit,
        notify_threshold=limits.notify_threshold,
        webhook_url=endpoint.url if endpoint else None,
        version=limits.version,
    )
