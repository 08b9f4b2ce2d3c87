"""Whatever is bought and sent back: the tax of a customer's documents is the tax of what stayed paid, and never more."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.invoices.credit_notes import returned
from app.domain.invoices.lines import Rate
from app.domain.invoices.totals import Taxed
from app.domain.money import Credits, Money, divided
from app.domain.tax.prices import UNTAXED, Taxation
from app.domain.tax.treatment import Category, Reason, Treatment
from app.domain.top_ups import TopUp

PURCHASES = st.lists(
    st.tuples(
        st.integers(1, 10**7),
        st.sampled_from(["0", "2.1", "5.5", "19", "20", "25", "27"]),
        st.sampled_from(["exclusive", "inclusive", "at_use"]),
        st.lists(st.integers(1, 10**7), max_size=6),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


def _taxation(percent: str, mode: str) -> Taxation:
    if mode == "at_use":
        return UNTAXED
    category = Category.STANDARD if Decimal(percent) else Category.REVERSE_CHARGE
    return Taxation(Treatment(category, Decimal(percent), "VAT", "FR", Reason.STANDARD), mode)  # type: ignore[arg-type]


@given(PURCHASES)
def test_the_tax_of_documents_is_that_of_what_stayed_paid(
    history: list[tuple[int, str, str, list[int], bool]],
) -> None:
    for minor, percent, mode, parts, rest in history:
        price = TopUp(Money(minor, "EUR"), Credits(1), taxation=_taxation(percent, mode)).price
        if mode == "at_use":  # a payment on account: its tax is on the invoice of what it pays, and nowhere here
            assert (price.tax.amount_minor, price.total) == (0, Money(minor, "EUR"))
            continue
        invoice = [Taxed(Rate("S" if Decimal(percent) else "AE", Decimal(percent)), price.net, price.tax)]
        notes, left = list[Taxed](), price.total.amount_minor
        for part in [*parts, left] if rest else parts:
            if back := min(part, left):
                notes += returned(invoice, notes, Money(back, "EUR"))
                left -= back
        gone = price.total.amount_minor - left
        tax = sum(note.tax.amount_minor for note in notes)
        assert sum(note.gross.amount_minor for note in notes) == gone
        assert tax == divided(price.tax.amount_minor * gone, price.total.amount_minor)
        if not left:
            assert (tax, sum(note.net.amount_minor for note in notes)) == (
                price.tax.amount_minor,
                price.net.amount_minor,
            )
