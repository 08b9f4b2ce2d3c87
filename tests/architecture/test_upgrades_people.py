"""The upgrades of the people: members, sessions and keys of before stay as they are, and what came with them stays."""

from typing import Any

from alembic import command
from sqlalchemy import MetaData, create_engine, pool, select, text

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import _typed, _utc, as_nobody_in_particular, empty
from tests.architecture.test_upgrades_corrections import BEFORE, CUSTOMER
from tests.architecture.test_upgrades_corrections import ROWS as BEFORE_ROWS
from tests.support.databases import Database

__all__ = ["empty"]
CUSTOMERS, MEMBER = BEFORE_ROWS[0], "mem_alice"
AT, HASH = "2026-11-01T00:00:00", "0" * 64
_OWN = {"member_id": MEMBER, "created_at": AT}
_LINK = {"customer_id": CUSTOMER, "created_by": MEMBER, "created_at": AT, "expires_at": AT}
_SESSION = {
    "member_id": MEMBER,
    "customer_id": CUSTOMER,
    "data": "{}",
    "created_at": AT,
    "seen_at": AT,
    "expires_at": AT,
}
_ENTRY = {
    "customer_id": CUSTOMER,
    "action": "member.created",
    "subject": MEMBER,
    "before": "{}",
    "after": "{}",
    "address": "",
}
STEPS: tuple[tuple[str, dict[str, list[dict[str, Any]]]], ...] = (
    ("0040", {
        "members": [{"id": MEMBER, "email": "alice@acme.example", "name": "Alice", "theme": "system", "created_at": AT}],
        "memberships": [{"member_id": MEMBER, "customer_id": CUSTOMER, "role": "owner", "created_at": AT}],
        "browser_sessions": [_SESSION | {"token_hash": "01" * 32}],
        "api_keys": [{"id": "key_1", "name": "ours", "secret_hash": HASH, "scopes": "customers:read", "created_at": AT}],
        "audit_entries": [_ENTRY | {"id": "aud_1", "at": AT, "actor": "seller"}],
        "mails": [{"id": "mail_1", "customer_id": CUSTOMER, "template": "receipt", "recipient": "alice@acme.example", "key": "r", "context": "{}", "state": "sent", "tries": 1, "next_try_at": AT, "problem": "", "subject": "", "body_text": "", "body_html": "", "created_at": AT}],
    }),
    ("0047", {
        "ssh_keys": [_OWN | {"id": "ssh_1", "name": "laptop", "kind": "ssh-rsa", "bits": 2048, "fingerprint": "SHA256:x", "public_key": "ssh-rsa AAAA"}],
        "sign_in_links": [{"id": "lnk_1", "member_id": MEMBER, "purpose": "email_change", "email": "a@b.example", "token_hash": HASH, "asked_at": AT, "expires_at": AT, "counted_from": AT, "asked_times": 1}],
        "password_reset_requests": [{"id": "rst_1", "email": "a@b.example", "address": "", "asked_at": AT, "next_try_at": AT}],
        "api_keys": [_OWN | {"id": "key_2", "name": "mine", "secret_hash": HASH, "scopes": "billing:read", "customer_id": CUSTOMER}],
        "invitations": [{"id": "inv_1", "customer_id": CUSTOMER, "email": "c@d.example", "role": "viewer", "token_hash": HASH, "invited_by": MEMBER, "created_at": AT, "asked_at": AT}],
        "access_links": [_LINK | {"id": "acl_1", "name": "Ann", "token_hash": "02" * 32}],
        "browser_sessions": [_SESSION | {"token_hash": "03" * 32, "member_id": None, "customer_id": CUSTOMER, "link_id": "acl_1", "browser": "", "network": ""}],
    }),
    ("0050", {
        "two_factor": [_OWN | {"secret": "x", "last_step": 7, "confirmed_at": AT}],
        "recovery_codes": [{"member_id": MEMBER, "code_hash": "04" * 32, "used_at": None}],
        "passkeys": [_OWN | {"id": "pky_1", "credential_id": "05", "public_key": "06", "sign_count": 1, "name": "laptop", "transports": "usb"}],
        "passkey_challenges": [{"challenge_hash": "07" * 32, "session_hash": "08" * 32, "purpose": "add", "expires_at": AT}],
        "identities": [_OWN | {"id": "idn_1", "issuer": "https://i.example", "subject": "s", "shown": "a@b.example"}],
    }),
)  # fmt: skip
"""What is written at these revisions, in the tables that are there by then."""
AFTER = "0055"
NEW = {
    "members": {"username": None, "location": "", "newsletter": False, "deleted_at": None, "language": "", "sessions_ended": 0},
    "memberships": {"seen_at": None, "chosen_at": None},
    "browser_sessions": {"browser": "", "network": "", "link_id": None},
    "api_keys": {"member_id": None, "form_key": None},
    "mails": {"member_id": None},
}  # fmt: skip
"""What the first rows have in columns that came later."""


def test_the_people_and_their_ways_in_survive_each_revision(empty: Database) -> None:
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    command.upgrade(configuration(empty.owner_url), BEFORE)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(CUSTOMERS), {"customer": CUSTOMER, "at": "2026-11-01 00:00:00"})
    kept: list[tuple[str, dict[str, Any], bool]] = []
    for revision, tables in STEPS:
        command.upgrade(configuration(empty.owner_url), revision)
        metadata = MetaData()
        metadata.reflect(engine, only=list(tables), resolve_fks=False)
        with engine.begin() as connection, as_nobody_in_particular(connection):
            for name, rows in tables.items():
                table = metadata.tables[name]
                for row in rows:
                    typed = _typed(table, row)
                    connection.execute(table.insert(), typed)
                    kept.append((name, typed, revision == STEPS[0][0]))
    command.upgrade(configuration(empty.owner_url), AFTER)
    metadata = MetaData()
    metadata.reflect(engine, only=sorted({name for name, _row, _is_first in kept}), resolve_fks=False)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for name, row, is_first in kept:
            table = metadata.tables[name]
            asked = select(table).where(*(table.c[each.name] == row[each.name] for each in table.primary_key.columns))
            found = dict(connection.execute(asked).mappings().one())
            assert {each: _utc(found[each]) for each in row} == row, name
            if is_first:
                assert {each: found[each] for each in NEW.get(name, {})} == NEW.get(name, {}), name
