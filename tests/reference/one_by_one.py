"""Usage posted as it was before it was posted for many at once: one customer, one row and one statement at a time.

It shares the rules of `app.domain.ledger` and `app.domain.grants`, and nothing else, with what it is held against.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ids
from app.domain import grants as burning
from app.domain import ledger as rule
from app.domain.ledger import CREDITS, Posting
from app.domain.periods import dated
from app.domain.usage_words import title
from app.models.customers import BillingPeriod, Customer
from app.models.ledger import Account, Allocation, Grant, Transfer
from app.models.usage import Spending, UsageDay
from app.services.catalog import versions
from app.services.ledger.burn_down import view

Share = tuple[list[UsageDay], str, str, str]


def post(session: Session, customer_id: str, now: datetime, until: date) -> None:
    """Post what is due of the customer by that day."""
    due = select(UsageDay).where(
        UsageDay.customer_id == customer_id, UsageDay.micros > UsageDay.posted_micros, UsageDay.due_on <= until
    )
    rows = session.scalars(due.order_by(UsageDay.day, UsageDay.meter)).all()
    customer, spent = session.get_one(Customer, customer_id), session.get_one(Spending, customer_id)
    for share, kind, source, words in list(_shares(session, customer, rows, now)):
        micros = sum(row.micros - row.posted_micros for row in share)
        unit = rule.credits_unit(customer.credit_unit)
        _post(
            session, Posting(unit, CREDITS, "revenue", micros, "usage", kind, source, words, claw_back=True), now, spent
        )
        for row in share:
            row.posted_micros, row.postings = row.micros, int(source.rpartition(":")[2])
        session.flush()


def _post(session: Session, posting: Posting, now: datetime, spent: Spending) -> None:
    customer_id = spent.customer_id
    own, other = (session.get_one(Account, (customer_id, posting.unit, name)) for name in (CREDITS, "revenue"))
    keys = {posting.debited: own, posting.credited: other}
    after = rule.post(
        [posting], {key: each.balance for key, each in keys.items()}, {key: each.floor for key, each in keys.items()}
    )
    for key, each in keys.items():
        each.balance, each.version = after[key], each.version + 1
        each.debt = rule.debt(each.balance, each.floor)
    made = Transfer(
        id=ids.new("txn"),
        customer_id=customer_id,
        unit=posting.unit,
        debit_account=posting.debit,
        credit_account=posting.credit,
        amount=posting.amount,
        kind=posting.kind,
        source_type=posting.source_type,
        source_id=posting.source_id,
        description=posting.description,
        booked_at=now,
        sequence=own.version,
        change_micros=-posting.amount,
        balance_after_micros=own.balance,
    )
    session.add(made)
    spent.unposted_micros, spent.dirty = spent.unposted_micros - posting.amount, True
    session.flush()
    live = session.scalars(select(Grant).where(Grant.customer_id == customer_id, Grant.remaining_micros > 0)).all()
    named = {each.id: each for each in live}
    for share in burning.allocate(posting.amount, [view(each) for each in live])[0]:
        named[share.grant_id].remaining_micros -= share.micros
        session.add(
            Allocation(customer_id=customer_id, transfer_id=made.id, grant_id=share.grant_id, micros=share.micros)
        )
    session.flush()


def _shares(session: Session, customer: Customer, rows: Sequence[UsageDay], now: datetime) -> Iterator[Share]:
    catalog = versions.sold(customer.catalog, customer.catalog_version)
    if catalog.credits.burn == "realtime":
        for row in rows:
            words = f"{title(catalog, row.meter)}, {dated(row.day, row.day)}"[:300]
            yield [row], "usage_day", f"{row.meter}:{row.day}:{row.postings + 1}", words
        return
    for number, group in groupby(sorted(rows, key=lambda row: row.period_number), key=lambda row: row.period_number):
        share = list(group)
        before = _rows_of(session, customer.customer_id, number)
        words = f"Applied credit balance to usage, {_stretch(session, share, before, now)}"
        yield share, "usage_period", f"{number}:{before + 1}", words


def _rows_of(session: Session, customer_id: str, number: int) -> int:
    sources = session.scalars(
        select(Transfer.source_id).where(
            Transfer.customer_id == customer_id,
            Transfer.source_type == "usage_period",
            Transfer.source_id.startswith(f"{number}:"),
        )
    )
    return max((int(source.rpartition(":")[2]) for source in sources), default=0)


def _stretch(session: Session, share: list[UsageDay], before: int, now: datetime) -> str:
    period = session.get_one(BillingPeriod, (share[0].customer_id, share[0].period_number))
    first, last = min(row.day for row in share), max(row.day for row in share)
    if before == 0:
        first = period.starts_at.date()
    if period.ends_at <= now:
        last = period.ends_at.date() - timedelta(days=1)
    return dated(first, last)
