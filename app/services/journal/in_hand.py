"""Let the rows that a session holds say what was written past it, so that nobody has to read them again."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from app.models.bulk import Row
from app.models.database import Base
from app.models.ledger import Account, Grant
from app.models.usage import Spending, UsageDay


def correct(session: Session, written: Mapping[str, Sequence[Row]]) -> None:
    """Correct those of the rows that were written that are in the session's hand."""
    if not len(session.identity_map):
        return
    for row in written.get("moved_accounts", ()):
        key = (row["customer_id"], row["unit"], row["name"])
        _set(session, Account, key, balance=row["balance"], version=row["version"], debt=row["debt"])
    for row in written.get("burnt_grants", ()):
        grant = _held(session, Grant, row["id"])
        if grant is not None:
            set_committed_value(grant, "remaining_micros", grant.remaining_micros - row["was"])
    for row in written.get("begun_grants", ()):
        _set(session, Grant, row["id"], remaining_micros=row["remaining_micros"], posted_at=row["posted_at"])
    for row in written.get("posted_days", ()):
        key = (row["customer_id"], row["day"], row["meter"])
        _set(session, UsageDay, key, posted_micros=row["micros"], postings=row["postings"])
    for row in written.get("spent", ()):
        held = _held(session, Spending, row["customer_id"])
        if held is not None:
            set_committed_value(held, "unposted_micros", held.unposted_micros - row["was"])
            set_committed_value(held, "dirty", True)


def hold(session: Session, row: Base) -> None:
    """Take a row that was written past the session into its hand; all of its columns are set."""
    make_transient_to_detached(row)
    session.add(row)


def _set(session: Session, model: type[Any], key: Any, **values: Any) -> None:
    held = _held(session, model, key)
    for name, value in values.items() if held is not None else ():
        set_committed_value(held, name, value)


def _held(session: Session, model: type[Any], key: Any) -> Any:
    return session.identity_map.get(identity_key(model, key))
