"""What rows of the ledger are called. They are booked with English words, and said in the language of the page.

What the seller or its product has written is said as it is.
"""

import calendar
import re
from datetime import date, datetime
from decimal import Decimal

from app import locale
from app.domain.amounts import NO_BREAK, SYMBOLS
from app.domain.language import ENGLISH, _, current, marked, said_of
from app.presenters.kept.sentences import Kept, Value

_CODES = {sign: code for code, sign in SYMBOLS.items()}
_SIGNS = "|".join(sorted(map(re.escape, _CODES), key=len, reverse=True))
_AMOUNT = rf"(?:{_SIGNS}|[A-Z]{{3}}{NO_BREAK})[0-9,]+(?:\.[0-9]+)?"
_MONTH = f"(?:{'|'.join(calendar.month_name[1:])})"
_DAY = rf"[0-9]{{1,2}} {_MONTH} [0-9]{{4}}"
_DAYS = rf"(?:[0-9]{{1,2}}(?: {_MONTH})?(?: [0-9]{{4}})? ?– ?)?{_DAY}"


def said(words: str) -> str:
    """Return what the row is called."""
    return _BOOKED.said(words)


def giver(words: str) -> str:
    """Return what has given credit, where it was no person: a code, or referrals."""
    return _GIVEN_BY.said(words)


def amount(words: str) -> str:
    """Return an amount that is kept in words as the page writes amounts; what is none as it is."""
    return _amount(words) if current() != ENGLISH and re.fullmatch(_AMOUNT, words) else words


def booked_as(words: str) -> list[str]:
    """Return parts of what rows are booked with that are called by these words: for those who look for them."""
    return list(dict.fromkeys(_BOOKED.kept_as(words)))


def _amount(text: str) -> str:
    number = re.search("[0-9].*", text)
    sign, digits = text[: number.start()] if number else text, number[0] if number else "0"
    return locale.in_currency(Decimal(digits.replace(",", "")), _CODES.get(sign, sign.rstrip(NO_BREAK)))


def _method(text: str) -> str:
    name, ending, last4 = text.partition(" ending in ")
    return _("{method} ending in {last4}", method=said_of(name), last4=last4) if ending else said_of(text)


def _month(text: str) -> str:
    return locale.month(_read(f"1 {text}"))


def _days(text: str) -> str:
    """Return the days of `periods.dated`, which are no days where a name only looks like them."""
    begins, _dash, ends = (each.strip() for each in text.rpartition("–"))
    try:
        last = _read(ends)
        day, month, year = [*begins.split(), "", ""][:3] if begins else ("", "", "")
        first = _read(f"{day} {month or f'{last:%B}'} {year or last.year}") if day else last
    except ValueError:
        return text
    return locale.span(first, last)


def _read(text: str) -> date:
    return datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007  # a day has no zone


_GIVEN_BY = Kept((marked("code {code}"), marked("referrals")))
_BOOKED = Kept(
    (
        marked("Credits bought with {method}"),
        marked("Invoice paid with {method}"),
        marked("Change of plan, paid with {method}"),
        marked("Referral credit for {month}"),
        marked("Unused time of the plan"),
        marked("Free Trial Credits"),
        marked("Credit"),
        marked("Credit expired"),
        marked("Credit taken back"),
        marked("Credit taken back: {reason}"),
        marked("Correction: {movement}"),
        marked("Usage below zero, put on an invoice"),
        marked("Usage below zero, of an invoice that is void"),
        marked("Applied credit balance to an invoice"),
        marked("Applied credit balance to the tax of an invoice"),
        marked("Applied credit balance to usage, {days}"),
        marked("Paid invoice {number} from credit"),
        marked("Credit note {number} on {invoice}"),
        marked("Credit returned from an invoice that is void"),
        marked("Credit returned from invoice {number}, which is void"),
        marked("Refund of {amount}"),
        marked("Refund of {amount} did not arrive"),
        marked("Payment of {amount} disputed"),
        marked("Payment of {amount} lost to a dispute"),
        marked("Payment of {amount} no longer disputed: credit released"),
        marked("Bank transfer received"),
        marked("Refund, back to what you have sent"),
        marked("Sent back to your bank account"),
        marked("Sent back, and came back"),
        marked("Bank transfer called back by the bank"),
        marked("Moved by the payment processor"),
        marked("Covered by the payment processor"),
        marked("Moved at the payment processor"),
        marked("Usage without a meter, {days}"),
        marked("{meter}, {days}"),
    ),
    {
        "method": Value(said=_method),
        "month": Value(rf"{_MONTH} [0-9]{{4}}", _month),
        "days": Value(_DAYS, _days),
        "amount": Value(_AMOUNT, _amount),
        "movement": Value(said=said),
        "number": Value(r"\S+"),
        "invoice": Value(r"\S+"),
    },
)
