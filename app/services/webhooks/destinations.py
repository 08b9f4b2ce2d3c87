"""Where a delivery goes: an endpoint of the customer's or of the seller's, or the customer's chat channel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import webhooks
from app.domain.messages import chat
from app.domain.messages.chat import Form
from app.domain.webhooks import Answer, Verdict
from app.models.webhooks import ChatChannel, SellerEndpoint, WebhookDelivery, WebhookEndpoint
from app.services import encryption
from app.services.webhooks import endpoints

Row = WebhookEndpoint | SellerEndpoint | ChatChannel
CHAT = "chn"
"""What the ids of chat channels begin with."""
UNREADABLE = "Its signing secret cannot be read: make a new one."
ADDRESS_UNREADABLE = "Its address cannot be read: save it again."
GONE = "It answered 410: it no longer accepts events."


@dataclass(frozen=True)
class Destination:
    """All that it takes to send there."""

    id: str
    to_seller: bool
    url: str = field(repr=False)
    """Where it is sent; empty where it cannot be read."""
    shown: str
    """What the log keeps of it."""
    kept: str = field(repr=False)
    """The address as its row keeps it: another one, and it was changed meanwhile."""
    secrets: tuple[str, ...] = field(repr=False)
    unreadable: str
    """Why nothing can be sent; empty: it can."""
    form: Form | None
    """The form of a chat; None for signed events."""

    def verdict(self, answer: Answer) -> Verdict:
        """Return what the answer means for the delivery."""
        return chat.verdict(self.form, answer) if self.form else webhooks.verdict(answer)

    def words(self, answer: Answer) -> str:
        """Return what went wrong, for the log; nothing when it arrived."""
        return chat.problem(self.form, answer) if self.form else webhooks.words(answer)


def rows_of(session: Session, due: Sequence[WebhookDelivery]) -> dict[str, Row]:
    """Return the rows of where these deliveries go, by their id: a statement for each kind that there is."""
    found: dict[str, Row] = {}
    tables: tuple[type[Row], ...] = (WebhookEndpoint, SellerEndpoint, ChatChannel)
    for table in tables:
        wanted = {each.endpoint_id for each in due if table_of(each.endpoint_id, to_seller=each.to_seller) is table}
        if wanted:
            rows: Iterable[Row] = session.scalars(
                select(table).where(table.id.in_(wanted)).execution_options(populate_existing=True)
            )
            found |= {each.id: each for each in rows}
    return found


def table_of(endpoint_id: str, *, to_seller: bool) -> type[Row]:
    """Return the table of where a delivery goes."""
    if to_seller:
        return SellerEndpoint
    return ChatChannel if ids.is_id(endpoint_id, CHAT) else WebhookEndpoint


def of(row: Row) -> Destination:
    """Return where the row leads."""
    to_seller = isinstance(row, SellerEndpoint)
    if isinstance(row, ChatChannel):
        try:
            url, problem = encryption.decrypt(row.url_encrypted, row.id), ""
        except encryption.CannotDecrypt:
            url, problem = "", ADDRESS_UNREADABLE
        return Destination(row.id, to_seller, url, row.hint, row.url_encrypted, (), problem, Form(row.form))
    try:
        secrets, problem = endpoints.secrets_of(row), ""
    except encryption.CannotDecrypt:
        secrets, problem = (), UNREADABLE
    return Destination(row.id, to_seller, row.url, row.url, row.url, secrets, problem, None)


def is_active(session: Session, row: WebhookDelivery) -> bool:
    """Say whether the delivery could go there now."""
    table = table_of(row.endpoint_id, to_seller=row.to_seller)
    there = select(table.id).where(table.id == row.endpoint_id, table.state == endpoints.ACTIVE)
    return session.scalar(there) is not None


def switch_off(session: Session, there: Destination, why: str) -> bool:
    """Switch it off, unless it has another address by now than the one that answered; say whether that was done."""
    table = table_of(there.id, to_seller=there.to_seller)
    address = table.url_encrypted if issubclass(table, ChatChannel) else table.url
    off = session.execute(
        update(table)
        .where(table.id == there.id, address == there.kept, table.state == endpoints.ACTIVE)
        .values(state=endpoints.DISABLED, disabled_reason=why, changed_at=clock.now())
        .returning(table.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return off is not None
