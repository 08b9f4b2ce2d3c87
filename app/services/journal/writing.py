"""Write what was decided: each table once, for one customer or for hundreds, with the transaction's unit of work.

A row that is not as it was when it was decided is not written, and that is `Broken`: the transaction ends with nothing
done.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.domain import ledger
from app.domain.grants import Share
from app.domain.journal.entries import Accounts, Entry
from app.domain.journal.usage import UsageShare
from app.models.bulk import Row
from app.models.unit_of_work import waiting
from app.services.journal import in_hand


class Writes:
    """What is to be written, change by change."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = defaultdict(list)
        self._burnt: dict[tuple[str, str], int] = defaultdict(int)

    def transfer(self, customer_id: str, entry: Entry) -> None:
        """Add a transfer."""
        self._rows["new_transfers"].append(row_of(customer_id, entry))

    def accounts(self, customer_id: str, accounts: Accounts) -> None:
        """Move each account that was posted to; a debt is what is below its floor."""
        for (unit, name), was in accounts.moved.items():
            row = accounts.rows[unit, name]
            moved = {"was": was, "version": row.version, "balance": row.balance}
            debt = ledger.debt(row.balance, row.floor)
            self._rows["moved_accounts"].append(
                {"customer_id": customer_id, "unit": unit, "name": name, **moved, "debt": debt}
            )

    def allocated(self, customer_id: str, transfer_id: str, shares: Sequence[Share]) -> None:
        """Keep which grants a transfer came out of, or went to."""
        for share in shares:
            key = {"customer_id": customer_id, "transfer_id": transfer_id, "grant_id": share.grant_id}
            self._rows["new_allocations"].append({**key, "micros": share.micros})

    def taken(self, customer_id: str, transfer_id: str, shares: Sequence[Share]) -> None:
        """Take the shares of a transfer out of their grants."""
        self.allocated(customer_id, transfer_id, shares)
        for share in shares:
            self._burnt[customer_id, share.grant_id] += share.micros

    def new_grant(self, row: Row) -> None:
        """Add a grant, as it stands after it was posted or while it waits."""
        self._rows["new_grants"].append(row)

    def begun(self, customer_id: str, grant_id: str, left: int, now: datetime) -> None:
        """Let a grant that waited begin, with so much left of it."""
        row = {"customer_id": customer_id, "id": grant_id, "remaining_micros": left, "posted_at": now}
        self._rows["begun_grants"].append(row)

    def usage_posted(self, customer_id: str, share: UsageShare) -> None:
        """Count the days of a share as posted."""
        for each in share.days:
            key = {"customer_id": customer_id, "day": each.day, "meter": each.meter}
            posted = {"was": each.posted_micros, "micros": each.micros, "postings": share.number}
            self._rows["posted_days"].append({**key, **posted})

    def counted(self, customer_id: str, entries: Sequence[Entry]) -> None:
        """Add entries of one moment to the totals of its UTC day, but usage that was accepted before: it is in them."""
        rows = [each for each in entries if each.posting.source_type not in ledger.ACCEPTED_BEFORE]
        changes = [(each.posting.kind == "usage", each.posting.change or 0) for each in rows]
        used = -sum(change for is_use, change in changes if is_use)
        added = sum(change for is_use, change in changes if not is_use)
        if any(change for _is_use, change in changes):
            day = rows[0].booked_at.astimezone(UTC).date()
            totals = {"customer_id": customer_id, "day": day, "added_micros": added, "used_micros": used}
            self._rows["day_totals"].append(totals)
            self._rows["later_days"].append(totals)

    def spent(self, customer_id: str, micros: int) -> None:
        """Count so much of what was used as posted, and have the customer's notices decided again."""
        self._rows["spent"].append({"customer_id": customer_id, "was": micros})

    def write(self, session: Session) -> None:
        """Hand all of it to the unit of work. What the session holds of these rows says so at once."""
        rows = self.taken_over()
        waiting.add(session, rows)
        in_hand.correct(session, rows)

    def taken_over(self) -> dict[str, list[Row]]:
        """Return all of it, by the names of the changes: whoever asks writes it."""
        self._rows["burnt_grants"] = [
            {"customer_id": customer_id, "id": grant_id, "was": micros}
            for (customer_id, grant_id), micros in self._burnt.items()
        ]
        rows = {name: self._rows[name] for name in self._rows if self._rows[name]}
        self._rows, self._burnt = defaultdict(list), defaultdict(int)
        return rows


def row_of(customer_id: str, entry: Entry) -> dict[str, Any]:
    """Return the row of a transfer."""
    posting = entry.posting
    return {
        "id": entry.id,
        "customer_id": customer_id,
        "unit": posting.unit,
        "debit_account": posting.debit,
        "credit_account": posting.credit,
        "amount": posting.amount,
        "kind": posting.kind,
        "source_type": posting.source_type,
        "source_id": posting.source_id,
        "description": posting.description,
        "booked_at": entry.booked_at,
        "corrects_id": posting.corrects_id,
        "sequence": entry.sequence,
        "change_micros": posting.change,
        "balance_after_micros": entry.balance_after,
    }
