"""The customer's own address for events: one each, chosen on Spend management, with a secret that signs."""

import base64
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.webhooks import ROTATION
from app.extensions import settings
from app.later import later
from app.models.bulk import insert_new
from app.models.database import db
from app.models.scope import as_service
from app.models.webhooks import SellerEndpoint, WebhookEndpoint
from app.services import audit, encryption
from app.services.transaction import no_transaction, transaction
from app.services.webhooks import queue

if TYPE_CHECKING:
    from app.gateways import webhook_sender
else:  # with requests and urllib3, for which a start need not wait
    webhook_sender = later("app.gateways.webhook_sender")

ACTIVE, DISABLED = "active", "disabled"
REMOVED = "The address was removed."


@dataclass(frozen=True)
class Endpoint:
    """Where the customer's events go, as it may be shown."""

    id: str
    url: str
    active: bool
    disabled_reason: str
    old_secret_until: datetime | None
    """Until then the secret before the present one signs as well."""

    @property
    def signing_twice(self) -> str:
        """Name the older secret that still signs, by the time of its end; nothing while one secret signs alone."""
        return self.old_secret_until.astimezone(UTC).isoformat() if self.old_secret_until else ""


def checked(url: str) -> str:
    """Return the address without the blanks around it, or refuse it. It asks the network: never in a transaction.

    No address is fine too: nothing is sent then.
    """
    wanted = url.strip()
    if wanted:
        no_transaction()
        webhook_sender.look_up(wanted, allow_loopback=allow_loopback())
    return wanted


def put(session: Session, customer_id: str, url: str, *, by: str, address: str = "") -> bool:
    """Let the customer's events go to this address, which was `checked`, from now on; none ends it.

    In the caller's transaction, which is a service's. Another address keeps the secret, also one saved after the last
    was removed; the same one again switches an endpoint on that was disabled. Return whether anything changed.
    """
    row = _locked(session, customer_id)
    before = row.url if row else ""
    if before == url and (not url or (row is not None and row.state == ACTIVE)):
        return False
    now = clock.now()
    if row is None:
        _create(session, customer_id, url, now)
    elif url:
        if not before:
            row.created_at = now  # it receives events from now on
        row.url, row.state, row.disabled_reason, row.changed_at = url, ACTIVE, "", now
    else:
        # The row stays for its secret, and so that what was not sent can be sent again to the next address.
        row.url, row.state, row.disabled_reason, row.changed_at = "", DISABLED, REMOVED, now
        queue.drop(session, row.id, REMOVED)
    audit.record(session, customer_id, by, "webhook.changed", customer_id, {"url": before}, {"url": url}, address)
    return True


def save(customer_id: str, url: str, *, by: str, address: str = "") -> Endpoint | None:
    """Check the address and let the customer's events go there, in a transaction of its own."""
    wanted = checked(url)
    with as_service("save a webhook address"):
        with transaction() as session:
            put(session, customer_id, wanted, by=by, address=address)
        return of(customer_id)


def of(customer_id: str) -> Endpoint | None:
    """Return where the customer's events go, or None. One statement."""
    row = _row(customer_id)
    return shown(row) if row and row.url else None


def secret(customer_id: str) -> str:
    """Return the secret that signs the customer's events, or refuse. For members who may manage."""
    row = _row(customer_id)
    if row is None or not row.url:
        raise NotFound("webhook")
    return opened(row.secret_sealed, row.id)


def rotate(customer_id: str, *, by: str, ends: str = "", address: str = "") -> Endpoint:
    """Sign with a new secret from now on, and for a day with the old one as well (O8).

    While an older secret still signs, a new one would end it at once: refused unless `ends` names it, by the time
    until which it signs, as `Endpoint.signing_twice` says it. So pressing twice makes one new secret.
    """
    with as_service("rotate a webhook's secret"), transaction() as session:
        row = _locked(session, customer_id)
        if row is None or not row.url:
            raise NotFound("webhook")
        if shown(row).signing_twice != ends:
            raise Refused(
                _("Nothing was changed: a new secret was made meanwhile, and the previous one still signs."),
                "old_secret_signs",
                409,
            )
        turn(row)
        audit.record(session, customer_id, by, "webhook.secret_rotated", row.id, address=address)
        return shown(row)


def shown(row: WebhookEndpoint) -> Endpoint:
    """Return the row as it may be shown."""
    until = row.old_secret_until if row.old_secret_until and row.old_secret_until > clock.now() else None
    return Endpoint(row.id, row.url, row.state == ACTIVE, row.disabled_reason, until)


def turn(row: WebhookEndpoint | SellerEndpoint) -> None:
    """Give the endpoint a new secret; the one until now signs for a day more."""
    now = clock.now()
    row.old_secret_sealed, row.old_secret_until = row.secret_sealed, now + ROTATION
    row.secret_sealed, row.changed_at = encryption.encrypt(new_secret(), row.id), now


def secrets_of(row: WebhookEndpoint | SellerEndpoint) -> tuple[str, ...]:
    """Return the secrets that sign now, the current one first, or raise `CannotDecrypt`."""
    signing = [encryption.decrypt(row.secret_sealed, row.id)]
    if row.old_secret_sealed and row.old_secret_until and row.old_secret_until > clock.now():
        try:
            signing.append(encryption.decrypt(row.old_secret_sealed, row.id))
        except encryption.CannotDecrypt:  # of another SECRET_KEY; the new secret is what counts
            return tuple(signing)
    return tuple(signing)


def opened(text: str, owner: str) -> str:
    """Return the decrypted secret, or refuse when it was encrypted under another SECRET_KEY."""
    try:
        return encryption.decrypt(text, owner)
    except encryption.CannotDecrypt:
        raise Refused(
            _("This secret can no longer be read. Make a new one."), "secret_unreadable", 409, "webhook_url"
        ) from None


def new_secret() -> str:
    """Return a new secret in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def allow_loopback() -> bool:
    """Say whether this machine itself may be named: in demos and tests."""
    return settings().webhooks_allow_loopback


def _create(session: Session, customer_id: str, url: str, now: datetime) -> None:
    made = ids.new("whk")
    insert_new(
        session,
        WebhookEndpoint,
        {
            "id": made,
            "customer_id": customer_id,
            "url": url,
            "secret_sealed": encryption.encrypt(new_secret(), made),
            "state": ACTIVE,
            "disabled_reason": "",
            "created_at": now,
            "changed_at": now,
        },
    )


def _row(customer_id: str) -> WebhookEndpoint | None:
    mine = select(WebhookEndpoint).where(WebhookEndpoint.customer_id == customer_id)
    return db.session.scalars(mine.execution_options(populate_existing=True)).one_or_none()


def _locked(session: Session, customer_id: str) -> WebhookEndpoint | None:
    mine = select(WebhookEndpoint).where(WebhookEndpoint.customer_id == customer_id).with_for_update()
    return session.scalars(mine.execution_options(populate_existing=True)).one_or_none()
