"""The audit trail: who did what, written in the transaction of the change itself (I35)."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import Refused
from app.models.events import AuditEntry
from app.models.unit_of_work import waiting

LONGEST_REASON = 300


def ask_who_and_why(by: str, reason: str, words: str) -> None:
    """Refuse, with these words, a change that nobody answers for, and a reason that nobody could read."""
    if not by.strip() or not reason.strip():
        raise Refused(words, "reason_missing", 422, "reason")
    if not (by.isprintable() and reason.isprintable()):
        words = "The reason has a line break or an invisible character. Enter it without."
        raise Refused(words, "reason_unprintable", 422, "reason")
    ask_short(reason, "reason")


def ask_short(text: str, what: str) -> None:
    """Refuse a text that is longer than its column, instead of keeping a part of it."""
    if len(text) > LONGEST_REASON:
        words = f"The {what} is longer than {LONGEST_REASON} characters. Shorten it."
        raise Refused(words, f"{what}_too_long", 422, what)


def record(
    session: Session,
    customer_id: str,
    actor: str,
    action: str,
    subject: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    address: str = "",
) -> None:
    """Write that `actor` (a member's id, `processor`, `worker` or a person of the seller) did `action` to `subject`.

    `before` and `after` hold the values that changed, `address` the network address it came from.
    """
    new = row(customer_id, actor, action, subject, before, after, address)
    if session.new:  # its customer may be among them, and they may not be whole yet
        session.add(AuditEntry(**new))
    else:
        waiting.add(session, {"new_audit_entries": [new]}, flush=False)


def row(
    customer_id: str,
    actor: str,
    action: str,
    subject: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    address: str = "",
) -> dict[str, Any]:
    """Return the row that says so."""
    return {
        "id": ids.new("aud"),
        "customer_id": customer_id,
        "at": clock.now(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "before": json.dumps(before, sort_keys=True) if before else "",
        "after": json.dumps(after, sort_keys=True) if after else "",
        "address": address,
    }
