"""Where the sandbox keeps what it knows: its own connections and transactions, never those of a request.

The sandbox plays another company's system. What it committed stays when our transaction rolls back, and when our
process is killed after its answer.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

import uuid_utils
from sqlalchemy import Connection, Engine, Table, create_engine, delete, insert, select, text, update
from sqlalchemy.pool import NullPool

from app import clock
from app.domain.errors import ensure
from app.models.database import WRITING, Base, prepare

Body = dict[str, Any]

API_VERSION = "2026-10-28.endive"

OBJECTS: Table = Base.metadata.tables["sandbox_objects"]
REQUESTS: Table = Base.metadata.tables["sandbox_requests"]
FAULTS: Table = Base.metadata.tables["sandbox_faults"]
_HIDDEN = "sandbox"
"""The key in a stored body that holds what only the sandbox knows; it is never part of an answer."""


@lru_cache(maxsize=64)
def _engine(database_url: str) -> Engine:
    # No pool: between requests the other system holds nothing of our database.
    engine = create_engine(database_url, poolclass=NullPool)
    prepare(engine)
    return engine


@contextmanager
def opened(database_url: str) -> Iterator["Store"]:
    """Open one short transaction of the sandbox: committed at the end of the block."""
    with _engine(database_url).connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("select set_config('role', 'purser_service', true)"))
        yield Store(connection)


def new_id(prefix: str) -> str:
    """Return a new id, later than all before, in a form that ours can never be taken for: `pi_` and 32 digits."""
    return f"{prefix}_{uuid_utils.uuid7().hex}"


def public(body: Body) -> Body:
    """Return the object as an answer shows it."""
    return {key: value for key, value in body.items() if key != _HIDDEN}


def hidden(body: Body) -> Body:
    """Return what only the sandbox knows of the object; changes to it are kept when the object is."""
    known: Body = body.setdefault(_HIDDEN, {})
    return known


class Store:
    """The sandbox's objects inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def add(self, body: Body, *, owner: str = "", due_at: datetime | None = None) -> None:
        """Keep a new object."""
        self.connection.execute(
            insert(OBJECTS).values(
                id=body["id"],
                type=body["object"],
                owner=owner,
                body=json.dumps(body),
                due_at=due_at,
                created_at=clock.now(),
            )
        )

    def find(self, kind: str, object_id: str) -> Body | None:
        """Return the object, locked until the transaction ends, or None."""
        found = self.connection.execute(
            select(OBJECTS.c.body).where(OBJECTS.c.id == object_id, OBJECTS.c.type == kind).with_for_update()
        ).scalar_one_or_none()
        return None if found is None else json.loads(found)

    def owner_of(self, object_id: str) -> str:
        """Return the processor's customer that the object belongs to."""
        return str(self.connection.execute(select(OBJECTS.c.owner).where(OBJECTS.c.id == object_id)).scalar_one())

    def keep(self, body: Body, **columns: object) -> None:
        """Write the object back, with other columns that change."""
        changed = self.connection.execute(
            update(OBJECTS).where(OBJECTS.c.id == body["id"]).values(body=json.dumps(body), **columns)
        )
        ensure(changed.rowcount == 1, f"the sandbox holds no {body['id']}")

    def newest(
        self,
        kind: str,
        *,
        owner: str | None = None,
        limit: int = 10_000,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Body]:
        """Return the objects of a kind, the newest first; `since` and `until` bound when they were made."""
        query = select(OBJECTS.c.body).where(OBJECTS.c.type == kind)
        if owner is not None:
            query = query.where(OBJECTS.c.owner == owner)
        if since is not None:
            query = query.where(OBJECTS.c.created_at >= since)
        if until is not None:
            query = query.where(OBJECTS.c.created_at <= until)
        rows = self.connection.execute(query.order_by(OBJECTS.c.created_at.desc(), OBJECTS.c.id.desc()).limit(limit))
        return [json.loads(row.body) for row in rows]

    def any_of(self, object_id: str) -> Body | None:
        """Return the object of any kind, locked until the transaction ends, or None."""
        found = self.connection.execute(
            select(OBJECTS.c.body).where(OBJECTS.c.id == object_id).with_for_update()
        ).scalar_one_or_none()
        return None if found is None else json.loads(found)

    def answer_of(self, key: str) -> tuple[str, int, str, datetime] | None:
        """Return digest, status, body and time of the request that was made with the key, or None."""
        row = self.connection.execute(
            select(REQUESTS.c.digest, REQUESTS.c.status, REQUESTS.c.body, REQUESTS.c.created_at).where(
                REQUESTS.c.idempotency_key == key
            )
        ).one_or_none()
        return None if row is None else (row.digest, row.status, row.body, row.created_at)

    def remember(self, key: str, digest: str, status: int, body: str) -> None:
        """Keep the answer that the key is replayed with, instead of an expired one."""
        self.connection.execute(delete(REQUESTS).where(REQUESTS.c.idempotency_key == key))
        self.connection.execute(
            insert(REQUESTS).values(
                idempotency_key=key, digest=digest, status=status, body=body, created_at=clock.now()
            )
        )


def record_event(store: Store, kind: str, about: Body, *, key: str = "", owner: str = "") -> str:
    """Keep an event in the same transaction as what it reports; it is due at once. Return its id.

    `owner` is the processor's customer, for objects that do not name it.
    """
    now = clock.now()
    event: Body = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": int(now.timestamp()),
        "data": {"object": public(about)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": key or None},
        "type": kind,
    }
    store.add(event, owner=owner or about.get("customer") or "", due_at=now)
    return str(event["id"])
