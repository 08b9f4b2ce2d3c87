"""The statement of account of the customer in scope, for any span of UTC days: totals by SQL, entries by keyset.

It is a money account: what was invoiced, what was paid, and what is open. The credit account stands beside it, as the
ledger has it at the same two moments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, ScalarSelect, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app import clock, locale
from app.domain.errors import Refused, ensure
from app.domain.invoices.statement import EARLIEST, Span, Sums, subject, sums
from app.domain.language import _
from app.domain.ledger import CREDIT_APPLIED, CREDIT_RETURNED, OVERAGE_INVOICED, OVERAGE_RETURNED, money_unit
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import BalanceDay, Transfer
from app.models.written import ExactMoment, moment_of
from app.services.invoices import entries
from app.services.invoices.entries import Place
from app.services.papers import papers

CHUNK = 2_000
WrittenEntry = Row[*tuple[Any, ...]]
"""When exactly, its order and id, and what an `Entry` has but the balance."""
MOST_ON_PAPER = 10_000
"""So many entries are drawn in well under a minute."""
GIVEN = ("promotional", "referral", "trial")


@dataclass(frozen=True)
class Entry:
    """A row: a document, what paid it, or money that moved. Above zero it raises what is to be paid."""

    place: Place
    what: str
    minor: int
    balance_minor: int
    """What is to be paid after it."""
    number: str | None
    document_id: str | None
    kind: str | None
    payment_id: str | None
    words: str | None


@dataclass(frozen=True)
class CreditAccount:
    """The credit of the span as the ledger has it: what it began and ended with, and what changed it."""

    opening: Credits
    bought: Credits
    given: Credits
    used: Credits
    invoiced: Credits
    """What was used below zero and is on invoices, which brought the balance back."""
    applied: Credits
    """What paid the tax of invoices; signed."""
    other: Credits
    """What expired, was returned, taken back or corrected; signed."""
    closing: Credits


@dataclass(frozen=True)
class Statement:
    """The sums of a span, and one page of its entries, the oldest first."""

    span: Span
    currency: str
    sums: Sums
    credits: CreditAccount
    rows: list[Entry]
    later: Place | None
    """Behind which the next page begins."""


def statement(customer: Customer, span: Span, place: Place | None = None, limit: int = 100) -> Statement:
    """Return the sums and a page of entries, in three statements."""
    ensure(1 <= limit <= CHUNK, f"a page has 1 to {CHUNK} entries")
    totals, before = _sums(customer, span, place)
    rows = _rows(customer, span, place, before, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    return Statement(
        span, customer.currency, totals, _credits(customer.customer_id, span), rows, rows[-1].place if more else None
    )


def paper(customer: Customer, span: Span, *, may_manage: bool = True) -> str:
    """Let the statement be made as a PDF, and return the paper's id; refuse what is too long for paper, or too much."""
    unit = money_unit(customer.currency)
    entries_of_span = entries.between(customer.customer_id, unit, span.begins, span.ends)
    if (db.session.scalar(select(func.count()).select_from(entries_of_span)) or 0) > MOST_ON_PAPER:
        words = _(
            "A PDF holds at most {n} entries. Choose fewer days, or take the spreadsheet.",
            n=locale.whole(MOST_ON_PAPER),
        )
        raise Refused(words, "statement_too_long", 422, "to")
    about = subject(span, clock.now())
    return papers.request(customer.customer_id, papers.STATEMENT, about, may_manage=may_manage)


def written(customer: Customer, span: Span) -> tuple[Sums, Iterator[Sequence[WrittenEntry]]]:
    """Return the sums, and every entry as a file says it, by chunks."""
    totals, _before = _sums(customer, span, None)
    unit = money_unit(customer.currency)

    def chunks() -> Iterator[Sequence[WrittenEntry]]:
        place = None
        while True:
            wanted = entries.behind(customer.customer_id, unit, span.begins, span.ends, place, CHUNK)
            at, *others = wanted.selected_columns
            rows = db.session.execute(wanted.with_only_columns(ExactMoment(at), *others)).all()
            yield rows
            if len(rows) < CHUNK:
                return
            place = moment_of(rows[-1][0]), rows[-1][1], rows[-1][2]

    return totals, chunks()


def export(customer: Customer, span: Span) -> tuple[Sums, Iterator[Entry]]:
    """Return the sums, and every entry, read in chunks so that a long span needs no memory."""
    totals, _before = _sums(customer, span, None)

    def rows() -> Iterator[Entry]:
        place, balance = None, totals.opening
        while True:
            found = _rows(customer, span, place, balance, CHUNK)
            yield from found
            if len(found) < CHUNK:
                return
            place, balance = found[-1].place, found[-1].balance_minor

    return totals, rows()


def _sums(customer: Customer, span: Span, place: Place | None) -> tuple[Sums, int]:
    """Return the sums of the span, and what is to be paid before the page that begins behind the place."""
    found = entries.between(
        customer.customer_id, money_unit(customer.currency), Span(EARLIEST, EARLIEST).begins, span.ends
    )
    columns = found.c

    def total(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return cast(func.coalesce(func.sum(case((condition, columns.minor), else_=0)), 0), BigInteger)

    is_in = columns.at >= span.begins
    before = entries.up_to(found, place) if place is not None else ~is_in
    wanted = select(columns.what, total(~is_in), total(is_in), total(before)).group_by(columns.what)
    rows = db.session.execute(wanted).all()
    opening = sum(int(each[1]) for each in rows)
    return sums(opening, {str(each[0]): int(each[2]) for each in rows}), sum(int(each[3]) for each in rows)


def _rows(customer: Customer, span: Span, place: Place | None, balance: int, limit: int) -> list[Entry]:
    unit = money_unit(customer.currency)
    wanted = entries.behind(customer.customer_id, unit, span.begins, span.ends, place, limit)
    made = []
    for at, order, name, what, minor, *parts in db.session.execute(wanted):
        balance += minor
        made.append(Entry((at, order, name), what, minor, balance, *parts))
    return made


def _credits(customer_id: str, span: Span) -> CreditAccount:
    """Return the credit account, in one statement: balances of days, and what was bought and given."""

    def at(condition: ColumnElement[bool]) -> ScalarSelect[int]:
        closing = select(BalanceDay.closing_micros).where(BalanceDay.customer_id == customer_id, condition)
        return closing.order_by(BalanceDay.day.desc()).limit(1).scalar_subquery()

    def of(column: InstrumentedAttribute[int]) -> ScalarSelect[int]:
        days = select(func.coalesce(func.sum(column), 0)).where(BalanceDay.customer_id == customer_id)
        return days.where(BalanceDay.day >= span.first, BalanceDay.day <= span.last).scalar_subquery()

    def moved(*kinds: str) -> ScalarSelect[int]:
        return (
            select(func.coalesce(func.sum(Transfer.change_micros), 0))
            .where(Transfer.customer_id == customer_id, Transfer.kind.in_(kinds), Transfer.sequence.is_not(None))
            .where(Transfer.booked_at >= span.begins, Transfer.booked_at < span.ends)
            .scalar_subquery()
        )

    row = db.session.execute(
        select(
            at(BalanceDay.day < span.first),
            at(BalanceDay.day <= span.last),
            of(BalanceDay.added_micros),
            of(BalanceDay.used_micros),
            moved("purchased"),
            moved(*GIVEN),
            moved(OVERAGE_INVOICED, OVERAGE_RETURNED),
            moved(CREDIT_APPLIED, CREDIT_RETURNED),
        )
    ).one()
    opening, closing, added, used, bought, given, invoiced, applied = (int(each or 0) for each in row)
    other = added - bought - given - invoiced - applied
    return CreditAccount(*(Credits(each) for each in (opening, bought, given, used, invoiced, applied, other, closing)))
