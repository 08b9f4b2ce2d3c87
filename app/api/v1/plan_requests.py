"""Plans that are sold on request: a member's message to the seller."""

from pydantic import Field, JsonValue

from app.api.contract.operations import Model, caller, operation, resource
from app.models.customers import Customer
from app.services.subscriptions import plan_requests

bp = resource("plan_requests")
EMAIL: dict[str, JsonValue] = {"format": "email"}


class RequestIn(Model):
    """What somebody asks about a plan."""

    plan: str = Field(min_length=1, max_length=60, description="The key of a plan that is `on_request`.")
    message: str = Field(min_length=1, max_length=plan_requests.LONGEST)
    name: str = Field(min_length=1, max_length=200, description="Who asks.")
    email: str = Field(min_length=3, max_length=254, json_schema_extra=EMAIL, description="Where the answer goes.")


class RequestOut(Model):
    """A message that is on its way."""

    plan: str


@operation(
    bp,
    "POST",
    "/customers/<customer_id>/subscription/requests",
    scope="billing:write",
    body=RequestIn,
    answers={202: RequestOut},
    refusals=(409, 422),
    tag="Subscriptions",
)
def write(customer: Customer, body: RequestIn) -> RequestOut:
    """Write to the seller about a plan that is sold on request: one message a day for each plan."""
    asks = plan_requests.Asking(customer.customer_id, caller().key_id, body.name, body.email)
    plan_requests.write(asks, body.plan, body.message)
    return RequestOut(plan=body.plan)
