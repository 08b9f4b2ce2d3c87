"""Old entries of the trail: an upgrade takes names and addresses of members out, once, and the trail stays closed."""

import json
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, create_engine, pool, select, text, update
from sqlalchemy.exc import DBAPIError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import _typed, as_nobody_in_particular, empty
from tests.architecture.test_upgrades_corrections import BEFORE, CUSTOMER
from tests.architecture.test_upgrades_corrections import ROWS as BEFORE_ROWS
from tests.support.databases import Database

__all__ = ["empty"]
OLD, NEW = "0053", "0054"
ALICE = "alice@acme.example"
ENTRIES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("passkey.added", {}, {"name": "Alice's phone"}, {}, {}),
    ("api_token.created", {}, {"name": ALICE, "scopes": "billing:read"}, {}, {"scopes": "billing:read"}),
    ("ssh_key.removed", {"name": ALICE, "type": "ssh-rsa"}, {}, {"type": "ssh-rsa"}, {}),
    ("identity.linked", {}, {"provider": "Okta", "account": ALICE}, {}, {"provider": "Okta"}),
    ("member.invited", {}, {"email": ALICE, "role": "viewer"}, {}, {"role": "viewer"}),
    ("member.joined", {}, {"name": "Alice", "role": "viewer"}, {}, {"role": "viewer"}),
    ("member.removed", {"name": "Alice", "role": "viewer"}, {}, {"role": "viewer"}, {}),
    ("profile.changed", {"name": "Al", "city": "x"}, {"name": "Alice", "city": "x"}, {}, {"fields": ["name"]}),
    ("profile.changed", {}, {"fields": ["location"]}, {}, {"fields": ["location"]}),
    ("customer.changed", {"name": "Acme"}, {"name": "Acme Ltd"}, {"name": "Acme"}, {"name": "Acme Ltd"}),
]
"""What was kept, before and after, and what of it is kept now: what is the customer's stays."""


def test_an_upgrade_takes_names_and_addresses_out_of_old_entries(empty: Database) -> None:
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    command.upgrade(configuration(empty.owner_url), BEFORE)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(BEFORE_ROWS[0]), {"customer": CUSTOMER, "at": "2026-11-01 00:00:00"})
    command.upgrade(configuration(empty.owner_url), OLD)
    table = Table("audit_entries", MetaData(), autoload_with=engine, resolve_fks=False)
    same = {"customer_id": CUSTOMER, "at": "2026-11-30T00:00:00", "actor": "mem_1", "subject": "x", "address": ""}
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for number, (action, was, now, *_kept) in enumerate(ENTRIES):
            values = {"id": f"aud_{number}", "action": action, "before": _kept_as(was), "after": _kept_as(now)}
            connection.execute(table.insert(), _typed(table, same | values))
    command.upgrade(configuration(empty.owner_url), NEW)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        rows = connection.execute(select(table.c.before, table.c.after).order_by(table.c.id)).all()
    assert [tuple(row) for row in rows] == [(_kept_as(was), _kept_as(now)) for *_old, was, now in ENTRIES]
    with engine.begin() as connection, as_nobody_in_particular(connection):
        savepoint = connection.begin_nested()
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(update(table).values(after="{}"))
        savepoint.rollback()


def _kept_as(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True) if values else ""
