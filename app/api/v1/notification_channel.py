"""The customer's channel of Slack or Teams: where its messages go, paused, resumed, tested and forgotten."""

from typing import Literal

from pydantic import Field

from app.api.contract.operations import Model, caller, operation, resource
from app.api.contract.shapes import NoBody
from app.domain.errors import Refused
from app.domain.messages.chat import Form
from app.domain.webhooks import LONGEST_URL
from app.models.customers import Customer
from app.services.webhooks import channels

bp = resource("notification_channel")
PATH = "/customers/<customer_id>/notification_channel"
TAG = "Notifications"


class ChannelIn(Model):
    """Where messages are to go."""

    form: Literal["slack", "teams"]
    url: str = Field(min_length=1, max_length=LONGEST_URL, description="The address of its incoming webhook: a secret.")
    version: int = Field(ge=0, le=2**31 - 1)


class VersionIn(Model):
    """Which channel is meant."""

    version: int = Field(ge=0, le=2**31 - 1)


class ChannelOut(Model):
    """The channel. Its address is never shown again, only its host and its end."""

    state: Literal["none", "active", "paused", "disabled"] = Field(
        description="`disabled`: its address answered that nothing is taken there any more."
    )
    form: Literal["slack", "teams"] | None
    hint: str
    disabled_reason: str
    version: int = Field(description="Changes name the version that they were made from.")


class DeliveryQueued(Model):
    """A message that is on its way."""

    delivery: str = Field(description="Read it at `/v1/webhook_deliveries/{delivery_id}`, send it again there.")


@operation(bp, "GET", PATH, scope="billing:read", answers={200: ChannelOut}, tag=TAG)
def read(customer: Customer) -> ChannelOut:
    """Read where the customer's messages go."""
    return _shown(customer.customer_id)


@operation(
    bp, "PUT", PATH, scope="billing:write", body=ChannelIn, answers={200: ChannelOut}, refusals=(409, 422), tag=TAG
)
def replace(customer: Customer, body: ChannelIn) -> ChannelOut:
    """Let messages go to this address. Another version than the present one is refused with 409."""
    customer_id = customer.customer_id  # the row is gone once the address has been looked up
    try:
        channels.save(customer_id, Form(body.form), body.url, body.version, by=caller().key_id)
    except Refused as refusal:
        refusal.field = "url" if refusal.status == 422 else refusal.field
        raise
    return _shown(customer_id)


@operation(bp, "DELETE", PATH, scope="billing:write", answers={200: ChannelOut}, refusals=(409,), tag=TAG)
def remove(customer: Customer) -> ChannelOut:
    """Send nothing there any more, and forget the address."""
    found = channels.section(customer.customer_id)
    channels.remove(customer.customer_id, found.version, by=caller().key_id)
    return _shown(customer.customer_id)


@operation(
    bp,
    "POST",
    f"{PATH}/pause",
    scope="billing:write",
    body=VersionIn,
    answers={200: ChannelOut},
    refusals=(409,),
    tag=TAG,
)
def pause(customer: Customer, body: VersionIn) -> ChannelOut:
    """Send no messages until they are resumed. What comes about meanwhile is not sent."""
    channels.pause(customer.customer_id, body.version, by=caller().key_id)
    return _shown(customer.customer_id)


@operation(
    bp,
    "POST",
    f"{PATH}/resume",
    scope="billing:write",
    body=VersionIn,
    answers={200: ChannelOut},
    refusals=(409,),
    tag=TAG,
)
def resume(customer: Customer, body: VersionIn) -> ChannelOut:
    """Send messages again."""
    channels.resume(customer.customer_id, body.version, by=caller().key_id)
    return _shown(customer.customer_id)


@operation(
    bp,
    "POST",
    f"{PATH}/test",
    scope="billing:write",
    body=NoBody,
    answers={202: DeliveryQueued},
    refusals=(409, 429),
    tag=TAG,
)
def send_test(customer: Customer, body: NoBody) -> DeliveryQueued:  # noqa: ARG001  # it says nothing
    """Send a test message."""
    return DeliveryQueued(delivery=channels.send_test(customer.customer_id, by=caller().key_id))


def _shown(customer_id: str) -> ChannelOut:
    found = channels.section(customer_id)
    here = found.channel
    return ChannelOut(
        state=here.state if here else "none",  # type: ignore[arg-type]  # one of the column's own words
        form=here.form.value if here else None,
        hint=here.hint if here else "",
        disabled_reason=here.disabled_reason if here else "",
        version=found.version,
    )
