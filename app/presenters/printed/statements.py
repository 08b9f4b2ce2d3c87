"""A statement of account for paper: what was to be paid, what changed it, what is to be paid; the credit beside it."""

from collections.abc import Iterable
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.invoices.statement import Span, Sums
from app.domain.language import _
from app.domain.money import Money
from app.presenters import statement
from app.presenters.printed import columns, words
from app.presenters.printed.around import Around
from app.presenters.printed.document import Fact, PrintedDocument, Row, Sum
from app.presenters.statement import StatementRow
from app.services.invoices.statement import CreditAccount, Entry

ONE_LINE = 60
"""So many characters stand beside the figures in one line, as a rule."""


def printed(
    about: tuple[Span, datetime],
    found: tuple[Sums, CreditAccount],
    entries: Iterable[Entry],
    units: tuple[str, CreditUnit],
    around: Around,
) -> PrintedDocument:
    """Return the statement for paper; `about`: its days, and when it was asked for, `units`: of money and credit."""
    (span, asked_at), (sums, account), (currency, unit) = about, found, units
    opening, closing = (locale.exact(Money(each, currency)) for each in (sums.opening, sums.closing))
    listed = tuple(row for each in statement.entry_rows(entries, currency) for row in _rows(each))
    rows = (_balance(_(words.OPENING), opening), *listed, _balance(_(words.CLOSING), closing))
    days = words.period(locale.day(span.first), locale.day(span.last))
    return PrintedDocument(
        title=_(words.STATEMENT),
        number=days,
        paper=around.paper,
        seller=around.seller,
        buyer=around.customer,
        facts=(
            Fact(_(words.DAYS), days),
            Fact(words.made(), locale.moment(asked_at)),
            Fact(_(words.CURRENCY), currency),
        ),
        columns=columns.of(_(words.DESCRIPTION), (words.charges(), _(words.PAYMENTS), _(words.BALANCE)), rows),
        rows=rows,
        headline=statement.standing(sums.closing, currency, is_over=span.ends <= asked_at),
        sums=(
            Sum(_(words.OPENING), opening),
            *(Sum(title, locale.exact(money, sign=True)) for title, money in statement.sums(sums, currency)),
            Sum(_(words.CLOSING), closing, is_strong=True),
        ),
        beside=tuple(_credits(account, unit)),
        notes=(_(words.OF_DAYS),),
        logo=around.logo,
    )


def _balance(title: str, amount: str) -> Row:
    return Row((title, "", "", amount))


def _rows(row: StatementRow) -> list[Row]:
    figures = tuple("" if each is None else locale.exact(each) for each in (row.charge, row.payment, row.balance))
    said = words.dated(locale.day(row.at), row.title)
    whole = f"{said} · {row.detail}" if row.detail else said
    return columns.rows(whole, "", figures) if len(whole) <= ONE_LINE else columns.rows(said, row.detail, figures)


def _credits(account: CreditAccount, unit: CreditUnit) -> list[Sum]:
    lines = statement.credit_lines(account)
    changes = [Sum(words.of_credit(title), locale.amount(each, unit, sign=True)) for title, each in lines]
    opening, closing = (locale.balance(each, unit) for each in (account.opening, account.closing))
    return [Sum(_(words.CREDIT_OPENING), opening), *changes, Sum(_(words.CREDIT_CLOSING), closing, is_strong=True)]
