"""The delivery log: what became of each event, sent again or tried out by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import webhooks
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.models.database import db
from app.models.scope import as_service
from app.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from app.services import audit, wake_ups
from app.services.transaction import transaction
from app.services.webhooks import destinations, endpoints, queue
from app.services.webhooks.deliveries import INTERRUPTED
from app.services.webhooks.endpoints import Endpoint
from app.services.webhooks.queue import PENDING

SHOWN = 10
ENDPOINT = "whk_"
TESTS_AN_HOUR = 20


@dataclass(frozen=True)
class Delivery:
    """An event on its way to an endpoint, as it may be shown."""

    id: str
    customer_id: str
    event_id: str
    type: str
    endpoint_id: str
    to_seller: bool
    state: str
    """`pending`, `delivered`, `dead` (given up) or `dropped` (its endpoint is gone or wants no more)."""
    tries: int
    next_try_at: datetime | None
    under_way: bool
    last_status: int | None
    problem: str
    created_at: datetime
    done_at: datetime | None
    body: str


@dataclass(frozen=True)
class Section:
    """What Spend management shows of the customer's webhook."""

    endpoint: Endpoint | None
    deliveries: tuple[Delivery, ...]
    has_more: bool = False
    """Whether there are deliveries before these."""

    @property
    def is_moving(self) -> bool:
        """Whether something is under way right now, so that looking again soon is worth it."""
        return any(each.under_way or (each.state == PENDING and not each.tries) for each in self.deliveries)


@dataclass(frozen=True)
class Attempt:
    """One try of a delivery."""

    number: int
    at: datetime
    url: str
    """Where it was sent: the endpoint's address at that time."""
    status: int | None
    problem: str
    duration_ms: int


def section(customer_id: str, after: tuple[datetime, str] | None = None) -> Section:
    """Return the customer's endpoint and its deliveries behind `after`, the latest first. Two statements."""
    rows = listed(customer_id=customer_id, to_seller=False, to=ENDPOINT, after=after, limit=SHOWN + 1)
    return Section(endpoints.of(customer_id), tuple(rows[:SHOWN]), len(rows) > SHOWN)


def listed(
    *,
    customer_id: str = "",
    to_seller: bool | None = None,
    endpoint_id: str = "",
    to: str = "",
    state: str = "",
    after: tuple[datetime, str] | None = None,
    limit: int = SHOWN,
) -> list[Delivery]:
    """Return deliveries, the newest first: those of the scope that match, behind `after` (time and id).

    `to` is what the ids of where they go begin with: `ENDPOINT` leaves those to a chat out.
    """
    found = select(WebhookDelivery)
    if customer_id:
        found = found.where(WebhookDelivery.customer_id == customer_id)
    if to_seller is not None:
        found = found.where(WebhookDelivery.to_seller.is_(to_seller))
    if endpoint_id:
        found = found.where(WebhookDelivery.endpoint_id == endpoint_id)
    if to:
        found = found.where(WebhookDelivery.endpoint_id.startswith(to, autoescape=True))
    if state:
        found = found.where(WebhookDelivery.state == state)
    if after is not None:
        found = found.where(tuple_(WebhookDelivery.created_at, WebhookDelivery.id) < after)
    found = found.order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id.desc()).limit(limit)
    return [_shown(row) for row in db.session.scalars(found.execution_options(populate_existing=True))]


def one(delivery_id: str, *, customer_id: str = "", to_seller: bool | None = None) -> Delivery:
    """Return a delivery of the scope, or `NotFound`."""
    return _shown(_row(db.session(), delivery_id, customer_id, to_seller))


def attempts(delivery: Delivery) -> list[Attempt]:
    """Return the tries of a delivery, the first one first."""
    rows = db.session.scalars(
        select(WebhookAttempt)
        .where(WebhookAttempt.customer_id == delivery.customer_id, WebhookAttempt.delivery_id == delivery.id)
        .order_by(WebhookAttempt.number)
        .limit(200)
    )
    return [Attempt(row.number, row.at, row.url, row.status, row.problem, row.duration_ms) for row in rows]


def send_again(
    delivery_id: str, *, by: str, customer_id: str = "", to_seller: bool | None = None, address: str = ""
) -> Delivery:
    """Send the same event once more, or refuse: with the same id, so that its receiver sees that."""
    with as_service("send a webhook again"), transaction() as session:
        row = _row(session, delivery_id, customer_id, to_seller, lock=True)
        if row.state == PENDING:
            raise Refused(_("This event is being sent already."), "delivery_pending", 409)
        _check_there(session, row)
        row.state, row.next_try_at, row.problem, row.done_at = PENDING, clock.now(), "", None
        wake_ups.after_commit(session, "webhooks_sent")
        audit.record(session, row.customer_id, by, "webhook.sent_again", row.id, address=address)
        return _shown(row)


def send_test(customer_id: str, *, by: str, address: str = "") -> str:
    """Send a test event to the customer's endpoint, or refuse; return the delivery's id."""
    now = clock.now()
    with as_service("test a webhook"), transaction() as session:
        endpoint = session.scalars(
            select(WebhookEndpoint)
            .where(WebhookEndpoint.customer_id == customer_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if endpoint is None or endpoint.state != endpoints.ACTIVE:
            raise Refused(_("Save a webhook URL first."), "webhook_missing", 409, "webhook_url")
        check_rate(session, customer_id, endpoint.id, now)
        made = _test_row(customer_id, endpoint.id, now, to_seller=False)
        queue.add(session, [made])
        audit.record(session, customer_id, by, "webhook.tested", endpoint.id, address=address)
    return str(made["id"])


def _test_row(customer_id: str, endpoint_id: str, now: datetime, *, to_seller: bool) -> dict[str, object]:
    words = {"customer": customer_id, "message": "This is a test. Nothing has happened."}
    return queue.row(
        customer_id=customer_id,
        event_id=ids.new("evt"),
        event_type=webhooks.TEST,
        sequence=None,
        body=webhooks.body(webhooks.TEST, now, None, words),
        endpoint_id=endpoint_id,
        to_seller=to_seller,
        now=now,
    )


def check_rate(session: Session, customer_id: str, endpoint_id: str, now: datetime) -> None:
    """Refuse a test where many were sent there within the hour."""
    sent = session.scalar(
        select(func.count(WebhookDelivery.id)).where(
            WebhookDelivery.customer_id == customer_id,
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.type == webhooks.TEST,
            WebhookDelivery.created_at > now - timedelta(hours=1),
        )
    )
    if (sent or 0) >= TESTS_AN_HOUR:
        words = _("{n} tests an hour are allowed. Try again later.", n=TESTS_AN_HOUR)
        raise Refused(words, "too_many_tests", 429)


def _check_there(session: Session, row: WebhookDelivery) -> None:
    if not destinations.is_active(session, row):
        raise Refused(_("The endpoint of this delivery was deleted or switched off."), "webhook_missing", 409)


def _row(
    session: Session, delivery_id: str, customer_id: str, to_seller: bool | None, *, lock: bool = False
) -> WebhookDelivery:
    wanted = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id)
    if customer_id:
        wanted = wanted.where(WebhookDelivery.customer_id == customer_id)
    if to_seller is not None:
        wanted = wanted.where(WebhookDelivery.to_seller.is_(to_seller))
    if lock:
        wanted = wanted.with_for_update()
    found = (
        ids.is_id(delivery_id, "whd")
        and session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    )
    if not found:
        raise NotFound("delivery")
    return found


def _shown(row: WebhookDelivery) -> Delivery:
    under_way = row.state == PENDING and row.problem == INTERRUPTED and row.next_try_at > clock.now()
    return Delivery(
        id=row.id,
        customer_id=row.customer_id,
        event_id=row.event_id,
        type=row.type,
        endpoint_id=row.endpoint_id,
        to_seller=row.to_seller,
        state=row.state,
        tries=row.tries,
        next_try_at=row.next_try_at if row.state == PENDING and not under_way else None,
        under_way=under_way,
        last_status=row.last_status,
        problem="" if under_way else row.problem,
        created_at=row.created_at,
        done_at=row.done_at,
        body=row.body,
    )
