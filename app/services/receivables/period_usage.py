"""The usage of a customer as invoices see it: which period and meter each row counts in, and what has paid for it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import func, select

from app.domain.invoices import coverage
from app.domain.invoices.coverage import Row, Usage
from app.domain.invoices.postings import Counted, Made, Posted, made_of
from app.domain.money import split
from app.models.customers import BillingPeriod
from app.models.documents import Document
from app.models.ledger import Allocation, Grant, Transfer
from app.models.usage import UsageDay
from app.services.ledger.posting import Books

OF_PERIOD = "usage_period"
"""The source of rows of the history that stand for all meters of a period."""


def paid(books: Books, period: BillingPeriod) -> list[Usage]:
    """Return the usage since the balance was last not below zero before the period, and what has paid for each row.

    Everything that counts is posted: whoever asks has caught up.
    """
    found = coverage.paid(_rows(books, period))
    made = _made(books, {each.period for each in found if not each.meter})
    return [each for usage in found for each in _by_meter(usage, made)]


def _rows(books: Books, period: BillingPeriod) -> Iterator[Row]:
    session, customer_id = books.session, books.customer_id
    begins = session.scalar(
        select(func.max(Transfer.sequence)).where(
            Transfer.customer_id == customer_id,
            Transfer.sequence.is_not(None),
            Transfer.balance_after_micros >= 0,
            Transfer.booked_at < period.starts_at,
        )
    )
    transfers = session.scalars(
        select(Transfer)
        .where(Transfer.customer_id == customer_id, Transfer.sequence > (begins or 0))
        .order_by(Transfer.sequence)
    ).all()
    shares = _shares(books, begins or 0)
    starts, of_invoices = _starts(books), _periods(books)
    for each in transfers:
        number, meter = of_invoices.get(each.source_id, 0), ""
        if each.kind == "usage":
            number, meter = _counts_in(each, starts)
        yield Row(
            each.id,
            each.kind,
            each.amount,
            each.source_id,
            shares[each.id],
            each.corrects_id or "",
            number,
            meter,
        )


def _shares(books: Books, begins: int) -> dict[str, dict[str, int]]:
    """Return, by transfer, what it took from grants of each kind."""
    found = defaultdict[str, dict[str, int]](dict)
    rows = books.session.execute(
        select(Allocation.transfer_id, Grant.kind, func.sum(Allocation.micros))
        .join(Grant, (Grant.customer_id == Allocation.customer_id) & (Grant.id == Allocation.grant_id))
        .join(Transfer, (Transfer.customer_id == Allocation.customer_id) & (Transfer.id == Allocation.transfer_id))
        .where(Allocation.customer_id == books.customer_id, Transfer.sequence > begins)
        .group_by(Allocation.transfer_id, Grant.kind)
    )
    for transfer, kind, micros in rows:
        found[transfer][kind] = int(micros)
    return found


def _periods(books: Books) -> dict[str, int]:
    """Return the period of each invoice of one."""
    rows = books.session.execute(
        select(Document.id, Document.period_number).where(
            Document.customer_id == books.customer_id, Document.period_number.is_not(None)
        )
    )
    return {name: number for name, number in rows if number is not None}


def _starts(books: Books) -> list[tuple[date, int]]:
    rows = books.session.execute(
        select(BillingPeriod.starts_at, BillingPeriod.number)
        .where(BillingPeriod.customer_id == books.customer_id)
        .order_by(BillingPeriod.number)
    )
    return [(_day(start), number) for start, number in rows]


def _counts_in(row: Transfer, starts: Sequence[tuple[date, int]]) -> tuple[int, str]:
    """Return the period that a row of usage counts in, and its meter; empty where it has none, or several."""
    if row.source_type == OF_PERIOD:
        return int(row.source_id.partition(":")[0]), ""
    if row.source_type == "usage_day":
        meter, day, _posting = row.source_id.rsplit(":", 2)
        on = date.fromisoformat(day)
    else:
        meter, on = "", _day(row.booked_at)
    place = bisect_right(starts, on, key=lambda each: each[0])
    return starts[max(place, 1) - 1][1], meter


def _by_meter(usage: Usage, made: dict[str, Made]) -> Iterator[Usage]:
    """Share a row that stands for all meters of a period by what each of them cost in it."""
    if usage.row not in made:
        yield usage
        return
    weights, is_exact = made[usage.row].costs, made[usage.row].is_exact
    costs = list(weights.values())
    parts = zip(weights, split(usage.bought, costs), split(usage.given, costs), split(usage.open, costs), strict=True)
    before = {name: dict(zip(weights, split(micros, costs), strict=True)) for name, micros in usage.invoiced.items()}
    for meter, bought, given, below in parts:
        invoiced = {name: of_meter[meter] for name, of_meter in before.items() if of_meter[meter]}
        yield Usage(
            usage.period, meter, bought, given, below, invoiced, usage.given_by, row=usage.row, is_exact=is_exact
        )


def _made(books: Books, numbers: Iterable[int]) -> dict[str, Made]:
    """Return what the rows that stand for all meters of a period are made of, by their ids."""
    found = dict[str, Made]()
    for number in sorted(numbers):
        days = [
            Counted(row.meter, row.day, row.posted_micros, row.postings)
            for row in books.session.scalars(
                select(UsageDay)
                .where(
                    UsageDay.customer_id == books.customer_id,
                    UsageDay.period_number == number,
                    UsageDay.posted_micros > 0,
                )
                .order_by(UsageDay.day, UsageDay.meter)
            )
        ]
        rows = books.session.scalars(
            select(Transfer).where(
                Transfer.customer_id == books.customer_id,
                Transfer.source_type == OF_PERIOD,
                Transfer.source_id.startswith(f"{number}:"),
                Transfer.kind == "usage",
            )
        ).all()
        ids = {int(each.source_id.rpartition(":")[2]): each.id for each in rows}
        posted = [Posted(int(each.source_id.rpartition(":")[2]), each.amount, _day(each.booked_at)) for each in rows]
        made = made_of(posted, days) or _in_all(ids, days)
        found |= {ids[each]: of_row for each, of_row in made.items()}
    return found


def _in_all(numbers: Iterable[int], days: Sequence[Counted]) -> dict[int, Made]:
    """Return it where the days do not say, as where some were posted one by one: what each meter cost in the period."""
    costs = defaultdict[str, int](int)
    for each in days:
        costs[each.meter] += each.micros
    return {number: Made(dict(sorted(costs.items())), is_exact=False) for number in numbers} if costs else {}


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
