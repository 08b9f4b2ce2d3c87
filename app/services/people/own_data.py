"""Everything that is kept about a member, as one file: for the member alone.

Each table whose rows belong to members is in it by itself, a new one too; what would let somebody in is left out.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, or_, select

from app import clock, mailboxes
from app.models.customers import Customer
from app.models.database import Base, db
from app.models.events import AuditEntry
from app.models.mails import Mail
from app.models.members import Member, Membership
from app.models.scope import as_service

SECRET = ("hash", "secret", "token", "seed", "challenge", "request_", "nonce", "key_digest")
"""What a column that is left out has in its name: hashes and secrets, which nobody reads."""
NOT_THEIRS = frozenset({"data"})
"""What a session keeps for forms that are open."""

BY_OTHERS = {"mem_": "another member", "acl_": "a read-only link", "key_": "an API key or token"}
"""What the file calls others who wrote an entry, by how their ids begin. Whoever has none works for the seller."""

_MEMBERS = Base.metadata.tables[Member.__tablename__]
_AUDIT = Base.metadata.tables[AuditEntry.__tablename__]


def tables() -> Iterator[tuple[Table, ColumnElement[Any]]]:
    """Yield each table whose rows belong to members, with the column that says to whom."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == Member.__tablename__ for key in column.foreign_keys):
                yield table, column


def of(member_id: str) -> str:
    """Return what is kept about the member, as JSON that people can read too."""
    with as_service("give a member what is kept about them"):
        member = db.session.get_one(Member, member_id)
        found: dict[str, Any] = {
            "exported_at": clock.now(),
            "member": _rows(_MEMBERS, Member.id == member_id)[0],
        }
        found["customers"] = _customers(member_id)
        for table, column in tables():
            found[table.name] = _rows(table, column == member_id)
        acted_for = [each["customer_id"] for each in found["customers"]]
        found["mails"] = _mails(member, acted_for)
        theirs = or_(AuditEntry.actor == member_id, AuditEntry.subject == member_id)
        entries = _rows(_AUDIT, AuditEntry.customer_id.in_(acted_for) & theirs)
        found["audit_entries"] = [_own_entry(each, member_id) for each in entries]
    return json.dumps(found, indent=2, ensure_ascii=False, default=_text)


def _customers(member_id: str) -> list[dict[str, Any]]:
    asked = (
        select(Customer.customer_id, Customer.name, Membership.role)
        .join(Membership, Membership.customer_id == Customer.customer_id)
        .where(Membership.member_id == member_id)
        .order_by(Customer.customer_id)
    )
    return [dict(row) for row in db.session.execute(asked).mappings()]


def _own_entry(entry: dict[str, Any], member_id: str) -> dict[str, Any]:
    """Return an entry of the trail without what is about whoever else wrote it: who they are, and from where."""
    actor = str(entry["actor"])
    if actor == member_id:
        return entry
    by = next((words for begins, words in BY_OTHERS.items() if actor.startswith(begins)), "your seller")
    return entry | {"actor": by, "address": ""}


def _mails(member: Member, customers: list[str]) -> list[dict[str, Any]]:
    """Return which mails went to the address, or were about the member, and when: their words are in the mailbox."""
    asked = select(Mail.template, Mail.recipient, Mail.state, Mail.created_at, Mail.sent_at)
    to_them = Mail.customer_id.in_(customers) & Mail.recipient.in_(mailboxes.forms(member.email))
    asked = asked.where(or_(to_them, Mail.member_id == member.id))
    return [dict(row) for row in db.session.execute(asked.order_by(Mail.created_at, Mail.id)).mappings()]


def _rows(table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    shown = [each for each in table.columns if _is_shown(each)]
    order = [each for each in table.columns if each.name == "id"] or table.primary_key.columns
    asked = select(*shown).where(which).order_by(*order)
    return [dict(row) for row in db.session.execute(asked).mappings()]


def _is_shown(column: ColumnElement[Any]) -> bool:
    name = str(column.key)
    return not (isinstance(column.type, LargeBinary) or name in NOT_THEIRS or any(each in name for each in SECRET))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
