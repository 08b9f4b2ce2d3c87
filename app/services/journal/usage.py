"""Post usage that was accepted, of many customers at once: what is read, and what is decided of it, is one pass.

The customers' rows of `spending` are locked. Each table is read once for all of them and written once, whatever they
are; the rule is `app.domain.journal`, and a customer by itself (`ledger/usage_posting`) is posted by the same function.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Date, bindparam, select
from sqlalchemy.orm import Session

from app import ids
from app.domain.catalog import Catalog
from app.domain.grants import LiveGrant
from app.domain.journal import usage as rule
from app.domain.journal.entries import Accounts, Balance, Burning, Entry
from app.domain.journal.usage import DayToPost, Period, UsageShare
from app.domain.ledger import CREDITS, REVENUE, credits_unit
from app.models.bulk import one_of
from app.models.catalogs import CatalogVersion
from app.models.customers import BillingPeriod, Customer
from app.models.database import constant
from app.models.ledger import Account, Grant, Transfer
from app.models.usage import UsageDay
from app.services.catalog import versions
from app.services.journal.writing import Writes

_NEW_ID = partial(ids.new, "txn")


@dataclass
class ToPost:
    """A customer of whom something is to be posted, as the rows under the lock say."""

    catalog: Catalog
    unit: str
    days: list[DayToPost] = field(default_factory=list)
    accounts: Accounts = field(default_factory=lambda: Accounts({}))
    grants: list[LiveGrant] = field(default_factory=list)
    periods: dict[int, Period] = field(default_factory=dict)

    def shares(self, now: datetime) -> Iterable[UsageShare]:
        """Return what goes in one row of the history each."""
        if self.catalog.credits.burn == rule.REALTIME:
            return rule.by_day(self.catalog, self.days)
        return rule.by_period(self.days, self.periods, now)


def post(session: Session, customer_ids: Collection[str], now: datetime, *, until: date | None = None) -> int:
    """Post what these customers have used and nothing has posted; return of how many there was any.

    Their rows of `spending` are locked. With `until` only what is due by that day.
    """
    found = read(session, customer_ids, until)
    writes = Writes()
    for customer_id, each in found.items():
        decide(writes, customer_id, each, now)
    writes.write(session)
    return len(found)


def decide(writes: Writes, customer_id: str, each: ToPost, now: datetime) -> list[Entry]:
    """Decide what is posted of one customer, and have it written; return the entries."""
    shares = list(each.shares(now))
    entries = each.accounts.post([share.posting(each.unit) for share in shares], now, _NEW_ID)
    burning = Burning(each.grants)
    for entry, share in zip(entries, shares, strict=True):
        writes.transfer(customer_id, entry)
        writes.taken(customer_id, entry.id, burning.take(entry.posting.amount))
        writes.usage_posted(customer_id, share)
    writes.accounts(customer_id, each.accounts)
    writes.spent(customer_id, sum(entry.posting.amount for entry in entries))
    return entries


def read(
    session: Session,
    customer_ids: Collection[str],
    until: date | None = None,
    accounts: Mapping[str, Accounts] | None = None,
) -> dict[str, ToPost]:
    """Return what is to be posted of those of the customers who have any: a statement for each table.

    `accounts` are theirs where the caller has them in hand.
    """
    days = _days(session, customer_ids, until)
    if not days:
        return {}
    of = {"customers": list(days)}
    found = dict[str, ToPost]()
    for customer_id, unit, name, version, digest in session.execute(_TERMS, of):
        catalog = versions.remembered(name, version, digest)
        found[customer_id] = ToPost(catalog, credits_unit(unit), days[customer_id])
    for customer_id, name, kind, left, priority, begun, over in session.execute(_GRANTS, of):
        found[customer_id].grants.append(LiveGrant(name, kind, left, priority, begun, over))
    of_each = _accounts(session, days) if accounts is None else accounts
    for customer_id, each in found.items():
        each.accounts = of_each[customer_id]
    at_invoice = {name: each.days for name, each in found.items() if each.catalog.credits.burn != rule.REALTIME}
    for customer_id, period in _periods(session, at_invoice):
        found[customer_id].periods[period.number] = period
    return found


_DAYS = (
    select(
        *(UsageDay.customer_id, UsageDay.day, UsageDay.meter, UsageDay.period_number),
        *(UsageDay.micros, UsageDay.posted_micros, UsageDay.postings),
    )
    .where(one_of(UsageDay.customer_id, "customers"), UsageDay.micros > UsageDay.posted_micros)
    .order_by(UsageDay.customer_id, UsageDay.day, UsageDay.meter)
)
_DUE_DAYS = _DAYS.where(UsageDay.due_on <= bindparam("until", type_=Date))
_TERMS = (
    select(
        Customer.customer_id, Customer.credit_unit, Customer.catalog, Customer.catalog_version, CatalogVersion.digest
    )
    .join(
        CatalogVersion,
        (CatalogVersion.catalog == Customer.catalog) & (CatalogVersion.version == Customer.catalog_version),
    )
    .where(one_of(Customer.customer_id, "customers"))
)
_ACCOUNTS = select(
    Account.customer_id, Account.unit, Account.name, Account.balance, Account.version, Account.floor
).where(one_of(Account.customer_id, "customers"), Account.name.in_((constant(CREDITS), constant(REVENUE))))
_GRANTS = select(
    *(Grant.customer_id, Grant.id, Grant.kind, Grant.remaining_micros),
    *(Grant.priority, Grant.effective_at, Grant.expires_at),
).where(one_of(Grant.customer_id, "customers"), Grant.remaining_micros > constant(0))
_PERIODS = select(
    BillingPeriod.customer_id, BillingPeriod.number, BillingPeriod.starts_at, BillingPeriod.ends_at
).where(one_of(BillingPeriod.customer_id, "customers"), BillingPeriod.number.in_(bindparam("numbers", expanding=True)))
_PERIODS_POSTED = select(Transfer.customer_id, Transfer.source_id).where(
    one_of(Transfer.customer_id, "customers"), Transfer.source_type == "usage_period"
)


def _days(session: Session, customer_ids: Collection[str], until: date | None) -> dict[str, list[DayToPost]]:
    asked: dict[str, Any] = {"customers": list(customer_ids)}
    rows = session.execute(_DAYS, asked) if until is None else session.execute(_DUE_DAYS, {**asked, "until": until})
    found = defaultdict[str, list[DayToPost]](list)
    for customer_id, day, meter, period_number, micros, posted_micros, postings in rows:
        found[customer_id].append(DayToPost(day, meter, period_number, micros, posted_micros, postings))
    return found


def _accounts(session: Session, customer_ids: Collection[str]) -> dict[str, Accounts]:
    rows = defaultdict[str, dict[tuple[str, str], Balance]](dict)
    found = session.execute(_ACCOUNTS, {"customers": list(customer_ids)})
    for customer_id, unit, name, balance, version, floor in found:
        rows[customer_id][unit, name] = Balance(balance, version, floor)
    return {customer_id: Accounts(each) for customer_id, each in rows.items()}


def _periods(session: Session, days: Mapping[str, Sequence[DayToPost]]) -> Iterator[tuple[str, Period]]:
    """Yield the billing periods of these days, with how many rows of the history each has."""
    if not days:
        return
    rows = defaultdict[tuple[str, int], int](int)
    for customer_id, source_id in session.execute(_PERIODS_POSTED, {"customers": list(days)}):
        period, _colon, number = source_id.partition(":")
        rows[customer_id, int(period)] = max(rows[customer_id, int(period)], int(number))
    numbers = sorted({day.period_number for each in days.values() for day in each})
    found = session.execute(_PERIODS, {"customers": list(days), "numbers": numbers})
    for customer_id, period_number, starts_at, ends_at in found:
        yield customer_id, Period(period_number, starts_at, ends_at, rows[customer_id, period_number])
