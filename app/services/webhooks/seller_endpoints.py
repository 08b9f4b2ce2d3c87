"""The seller's addresses for the events of all customers, managed by the Billing API."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.webhooks import TYPES
from app.models.bulk import insert_new
from app.models.database import db
from app.models.scope import as_service
from app.models.webhooks import SellerEndpoint
from app.services import encryption
from app.services.transaction import transaction
from app.services.webhooks import endpoints, queue

log = structlog.get_logger()

MOST = 20


@dataclass(frozen=True)
class Listed:
    """An endpoint of the seller's, as it may be shown."""

    id: str
    url: str
    event_types: tuple[str, ...]
    """None stands for all."""
    active: bool
    disabled_reason: str
    old_secret_until: datetime | None
    created_at: datetime


def create(
    url: str, event_types: Sequence[str], *, request_key: str | None = None, by: str = "seller"
) -> tuple[Listed, str]:
    """Add an endpoint and return it with its secret, or refuse; with the same request key the same one again (AC-1)."""
    wanted = sorted(set(event_types))
    unknown = [each for each in wanted if each not in TYPES]
    if unknown:
        raise Refused(f"There are no events of the type {unknown[0][:60]}.", "event_type_unknown", 422, "event_types")
    with as_service("add an endpoint of the seller's"):
        if request_key is not None:
            made = _by_key(request_key)
            if made is not None:
                return _same(made, url, wanted)
        try:
            address = endpoints.checked(url)
        except Refused as refusal:
            refusal.field = "url"
            raise
        if not address:
            raise Refused("Enter a web address, such as https://example.com/hooks.", "url_malformed", 422, "url")
        with transaction() as session:
            _check_number(session)
            now, new_id = clock.now(), ids.new("whk")
            is_new = insert_new(
                session,
                SellerEndpoint,
                {
                    "id": new_id,
                    "url": address,
                    "event_types": json.dumps(wanted),
                    "secret_sealed": encryption.encrypt(endpoints.new_secret(), new_id),
                    "state": endpoints.ACTIVE,
                    "disabled_reason": "",
                    "request_key": request_key,
                    "created_at": now,
                    "changed_at": now,
                },
            )
        if is_new:
            _log("seller_endpoint_created", new_id, by)
        row = _by_key(request_key) if request_key is not None else _row(db.session(), new_id)
        if row is None:
            raise Refused("The endpoint was deleted just now.", "endpoint_deleted", 409)
        return _same(row, url, wanted)


def listed(*, after: str = "", limit: int = 50) -> list[Listed]:
    """Return the endpoints, the newest first, behind the one with the id `after`."""
    found = select(SellerEndpoint)
    if after:
        found = found.where(SellerEndpoint.id < after)
    found = found.order_by(SellerEndpoint.id.desc()).limit(limit)
    with as_service("list the seller's endpoints"):
        return [_shown(row) for row in db.session.scalars(found.execution_options(populate_existing=True))]


def one(endpoint_id: str) -> Listed:
    """Return an endpoint, or `NotFound`."""
    with as_service("look at an endpoint of the seller's"):
        return _shown(_row(db.session(), endpoint_id))


def secret(endpoint_id: str) -> str:
    """Return the secret that signs what is sent there, or refuse."""
    with as_service("read a secret of the seller's"):
        row = _row(db.session(), endpoint_id)
        return endpoints.opened(row.secret_sealed, row.id)


def rotate(endpoint_id: str, *, by: str = "seller") -> Listed:
    """Sign with a new secret from now on, and for a day with the old one as well."""
    with as_service("rotate a secret of the seller's"), transaction() as session:
        row = _row(session, endpoint_id, lock=True)
        endpoints.turn(row)
        shown = _shown(row)
    _log("seller_endpoint_secret_rotated", endpoint_id, by)
    return shown


def enable(endpoint_id: str, *, by: str = "seller") -> Listed:
    """Send there again after it was switched off."""
    with as_service("enable an endpoint of the seller's"), transaction() as session:
        row = _row(session, endpoint_id, lock=True)
        row.state, row.disabled_reason, row.changed_at = endpoints.ACTIVE, "", clock.now()
        shown = _shown(row)
    _log("seller_endpoint_enabled", endpoint_id, by)
    return shown


def delete(endpoint_id: str, *, by: str = "seller") -> None:
    """Send nothing there any more."""
    with as_service("delete an endpoint of the seller's"), transaction() as session:
        row = _row(session, endpoint_id, lock=True)
        queue.drop(session, row.id, "The address was removed.")
        session.delete(row)
    _log("seller_endpoint_deleted", endpoint_id, by)


def _log(event: str, endpoint_id: str, by: str) -> None:
    """Leave a trace: entries of the audit are a customer's, and these endpoints are nobody's but the seller's."""
    log.info(event, id=endpoint_id, by=by)


def _check_number(session: Session) -> None:
    if len(session.scalars(select(SellerEndpoint.id).limit(MOST)).all()) >= MOST:
        raise Refused(f"There are {MOST} endpoints already. Delete one first.", "too_many_endpoints", 409)


def _by_key(request_key: str) -> SellerEndpoint | None:
    found = select(SellerEndpoint).where(SellerEndpoint.request_key == request_key)
    return db.session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def _same(row: SellerEndpoint, url: str, wanted: list[str]) -> tuple[Listed, str]:
    if row.url != url.strip() or json.loads(row.event_types) != wanted:
        raise Refused("This Idempotency-Key was used with another body.", "idempotency_key_reused", 409)
    return _shown(row), endpoints.opened(row.secret_sealed, row.id)


def _row(session: Session, endpoint_id: str, *, lock: bool = False) -> SellerEndpoint:
    wanted = select(SellerEndpoint).where(SellerEndpoint.id == endpoint_id)
    if lock:
        wanted = wanted.with_for_update()
    found = (
        ids.is_id(endpoint_id, "whk")
        and session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    )
    if not found:
        raise NotFound("endpoint")
    return found


def _shown(row: SellerEndpoint) -> Listed:
    until = row.old_secret_until if row.old_secret_until and row.old_secret_until > clock.now() else None
    return Listed(
        id=row.id,
        url=row.url,
        event_types=tuple(json.loads(row.event_types)),
        active=row.state == endpoints.ACTIVE,
        disabled_reason=row.disabled_reason,
        old_secret_until=until,
        created_at=row.created_at,
    )
