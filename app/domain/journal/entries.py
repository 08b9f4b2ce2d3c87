"""A customer's accounts and grants in memory: what is posted and burned there is written afterwards, all at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain import grants, ledger
from app.domain.errors import ensure
from app.domain.grants import LiveGrant, Share
from app.domain.ledger import CREDITS, HISTORY_KINDS, AccountKey, Posting


@dataclass(slots=True)
class Balance:
    """An account as it stands under the lock."""

    balance: int
    version: int
    floor: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A transfer that is decided: its id, and its place in the balance history where it has one."""

    id: str
    posting: Posting
    booked_at: datetime
    sequence: int | None
    balance_after: int | None


@dataclass
class Accounts:
    """The accounts of one customer. What is posted moves them here; `moved` says from which version each began."""

    rows: Mapping[AccountKey, Balance]
    moved: dict[AccountKey, int] = field(default_factory=dict)

    def post(self, postings: Sequence[Posting], now: datetime, new_id: Callable[[], str]) -> list[Entry]:
        """Return the entries, and move the balances; or refuse all of them by the ledger's rule."""
        rows = self.rows
        touched = {key for each in postings for key in (each.debited, each.credited)}
        ensure(touched <= rows.keys(), "posted to an account that there is not")
        before = {key: rows[key].balance for key in touched}
        ledger.post(postings, before, {key: rows[key].floor for key in touched})
        for key in touched:
            self.moved.setdefault(key, rows[key].version)
        return [self._entry(each, now, new_id()) for each in postings]

    def _entry(self, posting: Posting, now: datetime, name: str) -> Entry:
        debited, credited = self.rows[posting.debited], self.rows[posting.credited]
        debited.balance -= posting.amount
        credited.balance += posting.amount
        debited.version += 1
        credited.version += 1
        if posting.change is None:
            return Entry(name, posting, now, None, None)
        ensure(posting.kind in HISTORY_KINDS, f"the balance history has no {posting.kind!r}")
        own = self.rows[posting.unit, CREDITS]
        return Entry(name, posting, now, own.version, own.balance)


class Burning:
    """What is left of a customer's grants, while debits take from it."""

    def __init__(self, live: Iterable[LiveGrant]) -> None:
        self._live = {each.id: each for each in live}

    def take(self, debit: int) -> list[Share]:
        """Take a debit out of what is left, in burn order, and return from which; the rest is the customer's debt."""
        shares, _debt = grants.allocate(debit, self._live.values())
        for share in shares:
            grant = self._live[share.grant_id]
            self._live[share.grant_id] = replace(grant, remaining=grant.remaining - share.micros)
        return shares
