"""Usage that was accepted and is not posted yet goes to the ledger here, and takes credit out of the grants."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.ledger import CREDITS, Posting
from app.domain.periods import dated
from app.domain.usage_words import title
from app.models.customers import BillingPeriod
from app.models.ledger import Transfer
from app.models.usage import UsageDay
from app.services.catalog import versions
from app.services.ledger import burn_down, spending
from app.services.ledger.posting import Books


def post(books: Books, now: datetime, *, until: date | None = None) -> list[Transfer]:
    """Post what the customer of the books has used and nothing has posted.

    With `until` only what is due by that day. It is used already, so it goes even below the floor and leaves a debt. It
    was accepted before any grant that is due now began or expired, so it burns all that is left in grants, those whose
    time is over too.
    """
    if books.spending.unposted_micros == 0:
        return []
    session, customer_id = books.session, books.customer_id
    wanted = select(UsageDay).where(UsageDay.customer_id == customer_id, UsageDay.micros > UsageDay.posted_micros)
    if until is not None:
        wanted = wanted.where(UsageDay.due_on <= until)
    rows = session.scalars(
        wanted.order_by(UsageDay.day, UsageDay.meter).execution_options(populate_existing=True)
    ).all()
    if not rows:
        return []
    catalog = versions.sold(books.customer.catalog, books.customer.catalog_version)
    shares = list(_shares(session, catalog, rows, now))
    postings = [
        Posting(
            books.unit,
            CREDITS,
            "revenue",
            sum(row.micros - row.posted_micros for row in share),
            "usage",
            *source,
            words,
            claw_back=True,
        )
        for share, source, words in shares
    ]
    made = books.post(postings, now)
    for transfer in made:
        burn_down.burn(books, transfer)
    for share, (_type, source), _words in shares:
        for row in share:
            row.posted_micros, row.postings = row.micros, int(source.rpartition(":")[2])
    spending.posted(session, customer_id, sum(each.amount for each in postings))
    session.flush()
    return made


def _shares(
    session: Session, catalog: Catalog, rows: Sequence[UsageDay], now: datetime
) -> Iterator[tuple[list[UsageDay], tuple[str, str], str]]:
    """Yield what goes in one row of the history: the days, the source that makes it one fact, and its words.

    In real time that is a day and meter; at the invoice it is all of a billing period, or what of it was used since
    the last row of the period.
    """
    if catalog.credits.burn == "realtime":
        for row in rows:
            source = f"{row.meter}:{row.day}:{row.postings + 1}"
            yield [row], ("usage_day", source), f"{title(catalog, row.meter)}, {dated(row.day, row.day)}"[:300]
        return
    for number, group in groupby(sorted(rows, key=lambda row: row.period_number), key=lambda row: row.period_number):
        share = list(group)
        before = _rows_of(session, share[0].customer_id, number)
        words = _stretch(session, share, before, now)
        yield share, ("usage_period", f"{number}:{before + 1}"), f"Applied credit balance to usage, {words}"


def _rows_of(session: Session, customer_id: str, number: int) -> int:
    """Return how many rows of the history the period has. A day that was posted by itself counts with its postings."""
    sources = session.scalars(
        select(Transfer.source_id).where(
            Transfer.customer_id == customer_id,
            Transfer.source_type == "usage_period",
            Transfer.source_id.startswith(f"{number}:"),
        )
    )
    return max((int(source.rpartition(":")[2]) for source in sources), default=0)


def _stretch(session: Session, share: list[UsageDay], before: int, now: datetime) -> str:
    """Return the days in words: those of the whole period where one row says it all, else those that it is about."""
    period = session.get_one(BillingPeriod, (share[0].customer_id, share[0].period_number))
    first, last = min(row.day for row in share), max(row.day for row in share)
    if before == 0:
        first = period.starts_at.date()
    if period.ends_at <= now:
        last = period.ends_at.date() - timedelta(days=1)
    return dated(first, last)
