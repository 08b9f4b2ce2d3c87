"""Old entries of the trail say no name or address of a member, as those since then do (decision 0065).

The trail is append-only, and stays so: this is the one time that entries are changed, while nobody writes. No version
that was released has written any such entry.
"""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

TABLE = "audit_entries"
NAMED = frozenset({"name", "email", "account"})
ACTIONS = frozenset(
    {
        "member.invited",
        "member.invited_again",
        "member.invitation_withdrawn",
        "member.joined",
        "member.role_changed",
        "member.removed",
        "passkey.added",
        "passkey.removed",
        "api_token.created",
        "api_token.revoked",
        "ssh_key.added",
        "ssh_key.removed",
        "identity.linked",
        "identity.unlinked",
    }
)
"""Of these the values that name somebody go; what else they say stays."""
PROFILE = "profile.changed"
"""Of this all values go, and which fields they were of stays."""
ENTRIES = sa.table(TABLE, *map(sa.column, ("id", "action", "before", "after")))
MANY = 1_000


def upgrade() -> None:
    """Take the values out, with what refuses changes away meanwhile; whatever goes wrong, all is as it was."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        asked = sa.text("select sql from sqlite_master where type = 'trigger' and name = :name")
        (guard,) = connection.execute(asked, {"name": f"{TABLE}_no_update"}).scalars()
        op.execute(f"drop trigger {TABLE}_no_update")
        _change(connection)
        op.execute(guard)
        return
    # Row-level security, which binds the owner too, would hide every entry.
    op.execute(f"alter table {TABLE} no force row level security")
    op.execute(f"alter table {TABLE} disable trigger {TABLE}_no_change")
    _change(connection)
    op.execute(f"alter table {TABLE} enable trigger {TABLE}_no_change")
    op.execute(f"alter table {TABLE} force row level security")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _change(connection: sa.Connection) -> None:
    for key, action, before, after in _found(connection):
        kept = _without(action, before, after)
        if kept != (before, after):
            changed = sa.update(ENTRIES).where(ENTRIES.c.id == key)
            connection.execute(changed.values(before=kept[0], after=kept[1]))


def _found(connection: sa.Connection) -> Iterator[tuple[str, str, str, str]]:
    last = ""
    while True:
        wanted = sa.select(ENTRIES).where(ENTRIES.c.id > last, ENTRIES.c.action.in_(sorted({PROFILE, *ACTIONS})))
        rows = connection.execute(wanted.order_by(ENTRIES.c.id).limit(MANY)).all()
        yield from ((row.id, row.action, row.before, row.after) for row in rows)
        if len(rows) < MANY:
            return
        last = rows[-1].id


def _without(action: str, before: str, after: str) -> tuple[str, str]:
    was, now = json.loads(before or "{}"), json.loads(after or "{}")
    if action == PROFILE:
        if now.keys() <= {"fields"}:
            return before, after
        fields = sorted(each for each in was.keys() | now.keys() if was.get(each) != now.get(each))
        return "", _written({"fields": fields})
    if NAMED.isdisjoint(was.keys() | now.keys()):
        return before, after
    return (
        _written({key: value for key, value in was.items() if key not in NAMED}),
        _written({key: value for key, value in now.items() if key not in NAMED}),
    )


def _written(values: dict[str, object]) -> str:
    """Return the values as `services/audit.py` writes them."""
    return json.dumps(values, sort_keys=True) if values else ""
