"""Webhook endpoints: where the seller receives the events of all customers."""

from typing import Any, Literal

from pydantic import Field

from app.api.contract.operations import (
    Model,
    Moment,
    Page,
    PageQuery,
    caller,
    decode_cursor,
    operation,
    page_of,
    request_key,
    resource,
)
from app.api.contract.shapes import NoBody
from app.domain.errors import Forbidden
from app.domain.webhooks import LONGEST_URL, TYPES
from app.services.webhooks import seller_endpoints
from app.services.webhooks.seller_endpoints import Listed

bp = resource("webhook_endpoints")
TAG = "Webhooks"
SCOPE = "webhooks:manage"


class EndpointIn(Model):
    """An address to add."""

    url: str = Field(
        min_length=1,
        max_length=LONGEST_URL,
        description="`https://`, port 443 or 8443, on the public internet.",
        examples=["https://example.com/hooks"],
    )
    event_types: list[str] = Field(
        default_factory=list,
        max_length=len(TYPES),
        description=f"The event types to send; an empty list means all: {', '.join(TYPES)}.",
    )


class EndpointOut(Model):
    """An endpoint as it stands now."""

    id: str
    url: str
    event_types: list[str]
    state: Literal["active", "disabled"]
    disabled_reason: str
    old_secret_until: Moment | None = Field(description="Until when the previous secret also signs.")
    created_at: Moment


class EndpointCreated(EndpointOut):
    """A new endpoint and the secret that signs what is sent there."""

    secret: str


class SecretOut(Model):
    """The secret that signs what is sent to an endpoint."""

    secret: str


@operation(
    bp,
    "POST",
    "/webhook_endpoints",
    scope=SCOPE,
    body=EndpointIn,
    answers={201: EndpointCreated},
    refusals=(409,),
    tag=TAG,
    idempotent=False,
)
def create(body: EndpointIn) -> EndpointCreated:
    """Add an endpoint.

    Its host is looked up at once and again whenever something is sent. Events from before are not sent. The same
    Idempotency-Key and body answer with the same endpoint again.
    """
    _sellers_only()
    made, secret = seller_endpoints.create(body.url, body.event_types, request_key=request_key(), by=caller().key_id)
    return EndpointCreated(**_values(made), secret=secret)


@operation(bp, "GET", "/webhook_endpoints", scope=SCOPE, query=PageQuery, answers={200: Page[EndpointOut]}, tag=TAG)
def list_all(query: PageQuery) -> Page[EndpointOut]:
    """List the endpoints, the newest first."""
    _sellers_only()
    after = decode_cursor(query.cursor, str)
    rows = seller_endpoints.listed(after=after[0] if after else "", limit=query.limit + 1)
    data, following = page_of(rows, query.limit, _shown, lambda row: [row.id])
    return Page[EndpointOut](data=data, next_cursor=following)


@operation(bp, "GET", "/webhook_endpoints/<endpoint_id>", scope=SCOPE, answers={200: EndpointOut}, tag=TAG)
def read(endpoint_id: str) -> EndpointOut:
    """Return an endpoint."""
    _sellers_only()
    return _shown(seller_endpoints.one(endpoint_id))


@operation(
    bp,
    "GET",
    "/webhook_endpoints/<endpoint_id>/secret",
    scope=SCOPE,
    answers={200: SecretOut},
    refusals=(409,),
    tag=TAG,
)
def read_secret(endpoint_id: str) -> SecretOut:
    """Return the secret that signs what is sent to an endpoint."""
    _sellers_only()
    return SecretOut(secret=seller_endpoints.secret(endpoint_id))


@operation(
    bp,
    "POST",
    "/webhook_endpoints/<endpoint_id>/rotate_secret",
    scope=SCOPE,
    body=NoBody,
    answers={200: EndpointOut},
    refusals=(409,),
    tag=TAG,
)
def rotate_secret(endpoint_id: str, body: NoBody) -> EndpointOut:  # noqa: ARG001  # it says nothing
    """Make a new secret.

    For 24 hours each event has two signatures, of the new secret and of the old one. Two secrets sign at most: made
    again within that time, the oldest one ends at once. Send an Idempotency-Key, and after no answer the same one.
    """
    _sellers_only()
    return _shown(seller_endpoints.rotate(endpoint_id, by=caller().key_id))


@operation(
    bp,
    "POST",
    "/webhook_endpoints/<endpoint_id>/enable",
    scope=SCOPE,
    body=NoBody,
    answers={200: EndpointOut},
    refusals=(409,),
    tag=TAG,
)
def enable(endpoint_id: str, body: NoBody) -> EndpointOut:  # noqa: ARG001  # it says nothing
    """Send to an endpoint again that was disabled because it answered 410."""
    _sellers_only()
    return _shown(seller_endpoints.enable(endpoint_id, by=caller().key_id))


@operation(bp, "DELETE", "/webhook_endpoints/<endpoint_id>", scope=SCOPE, answers={204: None}, tag=TAG)
def delete(endpoint_id: str) -> None:
    """Delete an endpoint. What still waits for it is dropped."""
    _sellers_only()
    seller_endpoints.delete(endpoint_id, by=caller().key_id)


def _sellers_only() -> None:
    if caller().customer_id is not None:
        raise Forbidden("This key is for one customer only. It cannot manage the seller's endpoints.")


def _shown(found: Listed) -> EndpointOut:
    return EndpointOut(**_values(found))


def _values(found: Listed) -> dict[str, Any]:
    return {
        "id": found.id,
        "url": found.url,
        "event_types": list(found.event_types),
        "state": "active" if found.active else "disabled",
        "disabled_reason": found.disabled_reason,
        "old_secret_until": found.old_secret_until,
        "created_at": found.created_at,
    }
