"""Requests that may be repeated: the first with a key is worked on, every other is answered as that one was (AC-1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from app import clock
from app.domain.errors import Refused
from app.models.api_keys import ApiRequest
from app.models.bulk import insert_new
from app.models.database import db
from app.models.scope import as_service
from app.services.transaction import transaction

LEASE = timedelta(seconds=60)
"""How long the first request is believed to be worked on. What it does must be done once by itself all the same."""
SOONEST, PART = 2, 5
"""Seconds after which a repeat is worth its while: most requests are done by then. One that takes longer may have been
killed, so that repeats come less often: after a fifth of the time that it has taken, and never after its lease."""
KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Mine:
    """The request is ours to work on, until the lease ends."""

    lease_until: datetime


@dataclass(frozen=True)
class Answered:
    """It was answered before, like this."""

    status: int
    body: str


@dataclass(frozen=True)
class UnderWay:
    """Another request with this key is being worked on: ask again in so many seconds."""

    seconds: int


def begin(api_key_id: str, key: str, path: str, digest: str) -> Mine | Answered | UnderWay:
    """Claim the request, or return what became of the first one with its key. Another path or body is refused."""
    now = clock.now()
    until = now + LEASE
    values = {"api_key_id": api_key_id, "key": key, "path": path, "digest": digest, "created_at": now}
    with as_service("claim a request"), transaction() as session:
        if insert_new(session, ApiRequest, {**values, "body": "", "lease_until": until}):
            return Mine(until)
        first = session.execute(
            select(ApiRequest).where(ApiRequest.api_key_id == api_key_id, ApiRequest.key == key).with_for_update()
        ).scalar_one_or_none()
        if first is None:  # it failed and was released just now
            return UnderWay(1)
        if (first.path, first.digest) != (path, digest):
            raise Refused(
                "This Idempotency-Key was used for another request. Take a new key.", "idempotency_key_reused", 409
            )
        if first.status is not None:
            return Answered(first.status, first.body)
        if first.lease_until > now:
            return UnderWay(_comes_back(first.lease_until - now))
        first.lease_until = until  # whoever worked on it was killed
        return Mine(until)


def _comes_back(left: timedelta) -> int:
    """Return in how many seconds to ask again for what is worked on until then, at the latest."""
    taken = int((LEASE - left).total_seconds())
    return min(int(left.total_seconds()) + 1, max(SOONEST, taken // PART))


def finish(api_key_id: str, key: str, mine: Mine, status: int, body: str) -> None:
    """Keep what was answered, unless the lease went to another meanwhile."""
    with as_service("keep an answer"), transaction() as session:
        session.execute(
            update(ApiRequest)
            .where(
                ApiRequest.api_key_id == api_key_id, ApiRequest.key == key, ApiRequest.lease_until == mine.lease_until
            )
            .values(status=status, body=body)
        )


def release(api_key_id: str, key: str, mine: Mine) -> None:
    """Let the key be tried again: nothing was answered that should be repeated."""
    with as_service("release an idempotency key"), transaction() as session:
        session.execute(
            delete(ApiRequest).where(
                ApiRequest.api_key_id == api_key_id,
                ApiRequest.key == key,
                ApiRequest.status.is_(None),
                ApiRequest.lease_until == mine.lease_until,
            )
        )


def trim(limit: int = 100) -> int:
    """Forget answers that are older than they need to be kept, at most `limit`; return how many."""
    with as_service("forget old answers"):
        old = db.session.execute(
            select(ApiRequest.api_key_id, ApiRequest.key)
            .where(ApiRequest.created_at < clock.now() - KEPT)
            .order_by(ApiRequest.created_at)
            .limit(limit)
        ).all()
        if not old:
            return 0
        with transaction() as session:
            for api_key_id, key in old:
                session.execute(delete(ApiRequest).where(ApiRequest.api_key_id == api_key_id, ApiRequest.key == key))
        return len(old)
