"""The customer's channel of Slack or Teams: one, chosen on Notifications, and sent the events in its own form.

Whoever knows the address may post there, so it is kept like a secret: encrypted, and only its host and end are shown.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import webhooks
from app.domain.errors import NotFound, Refused
from app.domain.language import _, marked
from app.domain.messages import chat
from app.domain.messages.chat import Form
from app.later import later
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.models.webhooks import ChatChannel
from app.services import audit, encryption
from app.services.outbox import events
from app.services.transaction import no_transaction, transaction
from app.services.webhooks import chat_text, destinations, endpoints, log, queue
from app.services.webhooks.endpoints import ACTIVE
from app.services.webhooks.log import Delivery

if TYPE_CHECKING:
    from app.gateways import webhook_sender
else:  # with requests and urllib3, for which a start need not wait
    webhook_sender = later("app.gateways.webhook_sender")

PAUSED, REMOVED = "paused", "removed"
CHANGED_MEANWHILE = "version_gone_by"
_PAUSED_BY = marked("Messages were paused.")


@dataclass(frozen=True)
class Channel:
    """Where the customer's messages go, as it may be shown."""

    id: str
    form: Form
    hint: str
    """The host of its address, and its end."""
    state: str
    """`active`, `paused` by the customer, or `disabled` by an answer."""
    disabled_reason: str
    version: int

    @property
    def is_active(self) -> bool:
        """Whether messages are sent there."""
        return self.state == ACTIVE


@dataclass(frozen=True)
class Section:
    """What Notifications shows of the channel."""

    channel: Channel | None
    version: int
    """What a form that changes it is made from; 0 where there was none yet."""
    deliveries: tuple[Delivery, ...]

    @property
    def is_moving(self) -> bool:
        """Whether something is under way right now, so that looking again soon is worth it."""
        return any(each.under_way or (each.state == queue.PENDING and not each.tries) for each in self.deliveries)


def section(customer_id: str) -> Section:
    """Return the customer's channel and its latest messages. Two statements."""
    row = _row(db.session(), customer_id)
    if row is None:
        return Section(None, 0, ())
    sent = log.listed(customer_id=customer_id, to_seller=False, endpoint_id=row.id)
    return Section(None if row.state == REMOVED else _shown(row), row.version, tuple(sent))


def save(customer_id: str, form: Form, url: str, version: int, *, by: str, address: str = "") -> Channel:
    """Check the address and send messages there from now on; a form of an old version is refused (409)."""
    wanted = url.strip()
    if not wanted:
        words = _("Enter the address that Slack or Teams shows for its webhook.")
        raise Refused(words, "url_missing", 422, "chat_url")
    no_transaction()
    webhook_sender.look_up(wanted, allow_loopback=endpoints.allow_loopback())
    now = clock.now()
    with as_service("save a chat channel"), transaction() as session:
        events.lock(session, customer_id)  # two who save the first one at once
        row = _guarded(session, customer_id, version)
        if row is None:
            row = ChatChannel(id=ids.new(destinations.CHAT), customer_id=customer_id, version=0, created_at=now)
            session.add(row)
        elif row.state == REMOVED:
            row.created_at = now  # it receives messages from now on
        before = _chosen(row) if version else {}
        row.form, row.hint = form.value, chat.hint(wanted)
        row.url_encrypted = encryption.encrypt(wanted, row.id)
        _move(row, ACTIVE, "", now)
        audit.record(session, customer_id, by, "chat.changed", row.id, before, _chosen(row), address)
        return _shown(row)


def pause(customer_id: str, version: int, *, by: str, address: str = "") -> Channel:
    """Send nothing there until it is resumed: what waits is dropped, and what comes about meanwhile is not sent."""
    return _change(customer_id, version, PAUSED, "chat.paused", by, address)


def resume(customer_id: str, version: int, *, by: str, address: str = "") -> Channel:
    """Send what comes about from now on there again, to a channel that was paused or switched off."""
    return _change(customer_id, version, ACTIVE, "chat.resumed", by, address)


def remove(customer_id: str, version: int, *, by: str, address: str = "") -> None:
    """Send nothing there any more, and forget the address."""
    _change(customer_id, version, REMOVED, "chat.removed", by, address)


def send_test(customer_id: str, *, by: str, address: str = "") -> str:
    """Send a test message, or refuse; return the delivery's id."""
    now = clock.now()
    with as_service("test a chat channel"), transaction() as session:
        events.lock(session, customer_id)
        row = _there(session, customer_id)
        if row.state != ACTIVE:
            raise Refused(_("Messages are off. Resume them first."), "chat_off", 409)
        log.check_rate(session, customer_id, row.id, now)
        message = chat_text.test_of(session.get_one(Customer, customer_id), now)
        made = queue.row(
            customer_id=customer_id,
            event_id=ids.new("evt"),
            event_type=webhooks.TEST,
            sequence=None,
            body=chat.body(Form(row.form), message),
            endpoint_id=row.id,
            to_seller=False,
            now=now,
        )
        queue.add(session, [made])
        audit.record(session, customer_id, by, "chat.tested", row.id, address=address)
    return str(made["id"])


def _change(customer_id: str, version: int, state: str, action: str, by: str, address: str) -> Channel:
    with as_service("change a chat channel"), transaction() as session:
        events.lock(session, customer_id)
        row = _there(session, customer_id)
        if row.state == state:
            return _shown(row)
        _guarded(session, customer_id, version)
        before = _chosen(row)
        if state == REMOVED:
            row.url_encrypted, row.hint = "", ""
        why = {PAUSED: _PAUSED_BY, REMOVED: endpoints.REMOVED}.get(state, "")
        _move(row, state, why, clock.now())
        if state != ACTIVE:
            queue.drop(session, row.id, why)
        audit.record(session, customer_id, by, action, row.id, before, _chosen(row), address)
        return _shown(row)


def _move(row: ChatChannel, state: str, why: str, now: datetime) -> None:
    row.state, row.disabled_reason, row.version, row.changed_at = state, why, row.version + 1, now


def _guarded(session: Session, customer_id: str, version: int) -> ChatChannel | None:
    """Return the row that a form of this version may change."""
    row = _row(session, customer_id)
    if version != (row.version if row else 0):
        words = _(
            "The channel was changed while this page was open. Nothing of yours was saved; look at it, and save again."
        )
        raise Refused(words, CHANGED_MEANWHILE)
    return row


def _there(session: Session, customer_id: str) -> ChatChannel:
    row = _row(session, customer_id)
    if row is None or row.state == REMOVED:
        raise NotFound("channel")
    return row


def _row(session: Session, customer_id: str) -> ChatChannel | None:
    mine = select(ChatChannel).where(ChatChannel.customer_id == customer_id)
    return session.scalars(mine.execution_options(populate_existing=True)).one_or_none()


def _chosen(row: ChatChannel) -> dict[str, object]:
    """Return what was chosen, for the audit trail: nothing by which anybody could post there."""
    return {"form": row.form, "hint": row.hint, "state": row.state}


def _shown(row: ChatChannel) -> Channel:
    return Channel(row.id, Form(row.form), row.hint, row.state, row.disabled_reason, row.version)
