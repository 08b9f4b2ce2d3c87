"""What a credit note returns: a part of an invoice, with its tax, and never more than is left of it."""

from collections.abc import Iterable, Sequence

from app.domain.errors import Refused, ensure
from app.domain.invoices.lines import Rate
from app.domain.invoices.totals import Taxed
from app.domain.language import ENGLISH, _, labelled, marked, of_documents
from app.domain.money import Money, divided, split

_OF = {
    "refund": marked("Refund of {number}"),
    "correction": marked("Correction of {number}"),
    "dispute": marked("Lost dispute about {number}"),
}


def words(kind: str, why: str, number: str, language: str = ENGLISH) -> str:
    """Return what the line of a credit note or refund receipt says, in its language: why, and of which document."""
    with of_documents(language):
        return _(_OF[kind], number=number) if kind in _OF else labelled(why, number)


def left(invoice: Sequence[Taxed], notes: Iterable[Taxed]) -> tuple[Taxed, ...]:
    """Return what is left of the invoice's nets and taxes after the credit notes that stand."""
    parts: dict[Rate, Taxed] = {each.rate: each for each in invoice}
    for note in notes:
        before = parts[note.rate]
        parts[note.rate] = Taxed(note.rate, before.net - note.net, before.tax - note.tax)
    ensure(
        all(min(each.net.amount_minor, each.tax.amount_minor) >= 0 for each in parts.values()),
        "credit notes return more than their invoice",
    )
    return tuple(parts.values())


def returned(invoice: Sequence[Taxed], notes: Sequence[Taxed], amount: Money) -> tuple[Taxed, ...]:
    """Return how `amount`, which includes the tax, is taken off what the notes that stand leave: by rate, net and tax.

    The tax of all that went back is rounded, not of each part. So credit notes that add up to the invoice return its
    tax to the cent, and each of them is near its own share: what many small ones lose is not put on the last.
    """
    zero = Money(0, amount.currency)
    remaining = left(invoice, notes)
    whole = sum((each.gross for each in remaining), zero)
    if amount > whole:
        raise Refused("A credit note returns at most what is left of its invoice.", "more_than_left", 409, "amount")
    ensure(amount > zero, f"a credit note of {amount}")
    shares = split(amount.amount_minor, [each.gross.amount_minor for each in remaining])
    sold = {each.rate: each for each in invoice}
    parts = []
    for each, share in zip(remaining, shares, strict=True):
        if share:
            tax = Money(_tax(sold[each.rate], each, share), amount.currency)
            parts.append(Taxed(each.rate, Money(share, amount.currency) - tax, tax))
    return tuple(parts)


def of_net(invoice: Sequence[Taxed], notes: Sequence[Taxed], net: Money) -> tuple[Taxed, ...]:
    """Return how exactly `net` before tax is taken off what the notes that stand leave, and the tax with it.

    A cent more that goes back is a cent of the net or of the tax, so that each net is met.
    """
    zero = Money(0, net.currency)
    least, most = net.amount_minor, sum((each.gross for each in left(invoice, notes)), zero).amount_minor
    while least < most:
        middle = (least + most) // 2
        if _net(returned(invoice, notes, Money(middle, net.currency))) < net:
            least = middle + 1
        else:
            most = middle
    found = returned(invoice, notes, Money(least, net.currency))
    ensure(_net(found) == net, f"{net} before tax is not left of the invoice")
    return found


def _net(parts: Sequence[Taxed]) -> Money:
    return sum((each.net for each in parts[1:]), parts[0].net)


def _tax(sold: Taxed, rest: Taxed, share: int) -> int:
    """Return the tax in the share; where a note that was void has bent the sum, no more than there is of net or tax."""
    gross, tax = sold.gross.amount_minor, sold.tax.amount_minor
    gone, gone_tax = gross - rest.gross.amount_minor, tax - rest.tax.amount_minor
    wanted = divided(tax * (gone + share), gross) - gone_tax
    return min(max(wanted, 0, share - rest.net.amount_minor), rest.tax.amount_minor, share)
