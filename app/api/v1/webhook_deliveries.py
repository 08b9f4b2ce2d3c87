"""Webhook deliveries: what became of each event, try by try, and sending one again."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from app.api.contract.operations import (
    Model,
    Moment,
    Page,
    PageQuery,
    caller,
    decode_cursor,
    named,
    operation,
    page_of,
    resource,
)
from app.api.contract.shapes import NoBody
from app.domain.errors import Refused
from app.models.scope import as_service
from app.services.webhooks import log
from app.services.webhooks.log import Delivery

bp = resource("webhook_deliveries")
TAG = "Webhooks"
SCOPE = "webhooks:manage"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = (datetime(9000, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
State = Literal["pending", "delivered", "dead", "dropped"]


class DeliveryQuery(PageQuery):
    """Which deliveries are asked for."""

    customer: str | None = Field(
        None,
        max_length=200,
        description="Only of this customer's events: our id, or your `external_id`.",
    )
    endpoint: str | None = Field(None, max_length=40, description="Only to this endpoint.")
    state: State | None = Field(None, description="Only deliveries in this state.")


class AttemptOut(Model):
    """One try."""

    number: int
    at: Moment
    url: str = Field(description="Where it was sent.")
    status: int | None = Field(description="The HTTP status of the answer; null without one.")
    problem: str
    duration_ms: int


class DeliveryOut(Model):
    """A delivery as it stands now."""

    id: str
    customer: str
    event: str = Field(description="The `webhook-id` sent with every attempt.")
    type: str
    endpoint: str
    to: Literal["seller", "customer"]
    state: State = Field(description="`dead`: given up; `dropped`: its endpoint is gone or wants no more.")
    tries: int
    next_try_at: Moment | None
    last_status: int | None
    problem: str
    created_at: Moment
    done_at: Moment | None


class DeliveryWithAttempts(DeliveryOut):
    """A delivery with its body and its tries."""

    body: str = Field(description="The body as it is signed and sent, byte for byte.")
    attempts: list[AttemptOut]


@operation(
    bp,
    "GET",
    "/webhook_deliveries",
    scope=SCOPE,
    query=DeliveryQuery,
    answers={200: Page[DeliveryOut]},
    tag=TAG,
)
def list_all(query: DeliveryQuery) -> Page[DeliveryOut]:
    """List deliveries, the newest first: to the seller's endpoints and to the customers' own."""
    mine = caller().customer_id
    wanted = mine if query.customer is None else named(query.customer)
    if wanted is None and query.customer is not None:
        return Page[DeliveryOut](data=[])
    with as_service("list webhook deliveries"):
        rows = log.listed(
            customer_id=wanted or "",
            to_seller=None if mine is None else False,
            endpoint_id=query.endpoint or "",
            state=query.state or "",
            after=_after(query.cursor),
            limit=query.limit + 1,
        )
    data, following = page_of(
        rows, query.limit, _shown, lambda row: [(row.created_at - _EPOCH) // _MICROSECOND, row.id]
    )
    return Page[DeliveryOut](data=data, next_cursor=following)


@operation(bp, "GET", "/webhook_deliveries/<delivery_id>", scope=SCOPE, answers={200: DeliveryWithAttempts}, tag=TAG)
def read(delivery_id: str) -> DeliveryWithAttempts:
    """Return a delivery with its body and its tries."""
    mine = caller().customer_id
    with as_service("look at a webhook delivery"):
        found = log.one(delivery_id, customer_id=mine or "", to_seller=None if mine is None else False)
        tries = log.attempts(found)
    return DeliveryWithAttempts(
        **_values(found),
        body=found.body,
        attempts=[
            AttemptOut(
                number=each.number,
                at=each.at,
                url=each.url,
                status=each.status,
                problem=each.problem,
                duration_ms=each.duration_ms,
            )
            for each in tries
        ],
    )


@operation(
    bp,
    "POST",
    "/webhook_deliveries/<delivery_id>/redeliver",
    scope=SCOPE,
    body=NoBody,
    answers={202: DeliveryOut},
    refusals=(409,),
    tag=TAG,
)
def redeliver(delivery_id: str, body: NoBody) -> DeliveryOut:  # noqa: ARG001  # it says nothing
    """Send an event once more.

    It has the same `webhook-id` and body as before; one that was given up is tried on the whole schedule again.
    """
    who = caller()
    found = log.send_again(
        delivery_id,
        by=who.key_id,
        customer_id=who.customer_id or "",
        to_seller=None if who.customer_id is None else False,
    )
    return _shown(found)


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    values = decode_cursor(cursor, int, str)
    if values is None:
        return None
    if not 0 <= values[0] <= _LATEST:
        raise Refused("This is not a cursor of this list.", "cursor_malformed", 422, "cursor")
    return _EPOCH + values[0] * _MICROSECOND, values[1]


def _shown(found: Delivery) -> DeliveryOut:
    return DeliveryOut(**_values(found))


def _values(found: Delivery) -> dict[str, Any]:
    return {
        "id": found.id,
        "customer": found.customer_id,
        "event": found.event_id,
        "type": found.type,
        "endpoint": found.endpoint_id,
        "to": "seller" if found.to_seller else "customer",
        "state": found.state,
        "tries": found.tries,
        "next_try_at": found.next_try_at,
        "last_status": found.last_status,
        "problem": found.problem,
        "created_at": found.created_at,
        "done_at": found.done_at,
    }
