"""The rule of corrections: who may, until when, and what the invoice in its place comes to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.invoices import corrections as rule
from app.domain.invoices.corrections import Facts
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.totals import Totals, of_parts, totals
from app.domain.money import Money
from app.domain.processor_amounts import is_taken
from app.domain.tax.treatment import tax_within

SOLD = date(2026, 11, 1)
GOOD = Facts(Kind.INVOICE, State.PAID, False, SOLD, returned=0, refunding=0, disputed=0, of_top_up=True)
DUE = replace(GOOD, state=State.OPEN, of_top_up=False, of_period=True)
STANDARD, NONE = Rate("S", Decimal(19)), Rate("AE")
NETS = st.lists(st.integers(0, 10**9), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (GOOD, None),
        (replace(GOOD, kind=Kind.RECEIPT, state=State.ISSUED), "not_an_invoice"),
        (replace(GOOD, kind=Kind.CREDIT_NOTE, state=State.ISSUED), "not_an_invoice"),
        (replace(GOOD, is_corrected=True, returned=5), "corrected_already"),
        (replace(GOOD, state=State.OPEN), None),  # what a correction has left to be paid
        (replace(GOOD, is_being_paid=True, is_partly_paid=True, is_carried_over=True), None),
        (replace(GOOD, comes_to_nothing=True), "nothing_invoiced"),
        (replace(GOOD, state=State.VOID), "void"),
        (replace(GOOD, state=State.UNCOLLECTIBLE), "not_paid"),
        (replace(GOOD, of_top_up=False), "not_of_a_purchase"),
        (DUE, None),
        (replace(DUE, state=State.PAID), None),
        (replace(DUE, state=State.UNCOLLECTIBLE), "not_paid"),
        (replace(DUE, is_being_paid=True), "payment_under_way"),
        (replace(DUE, is_partly_paid=True), "partly_paid"),
        (replace(DUE, is_carried_over=True), "carried_over"),
        (replace(DUE, returned=1), "returned"),
        (replace(GOOD, disputed=1), "disputed"),
        (replace(GOOD, refunding=1), "refund_under_way"),
        (replace(GOOD, returned=1), "returned"),
    ],
)
def test_each_reason_is_said(facts: Facts, reason: str | None) -> None:
    no = rule.refusal(facts, SOLD, 30, "Ask Small about it.")
    assert (no.reason if no else None) == reason
    assert no is None or no.status == 409


@pytest.mark.parametrize(
    ("was", "is_more", "expected"),
    [
        (date(2026, 11, 20), False, date(2026, 11, 20)),  # due as the wrong one
        (date(2026, 11, 20), True, date(2026, 11, 20)),
        (date(2026, 11, 5), False, date(2026, 11, 10)),  # it was overdue: never before it is issued
        (date(2026, 11, 5), True, date(2026, 11, 17)),
        (date(2026, 11, 12), True, date(2026, 11, 17)),
        (None, True, date(2026, 11, 17)),
        (None, False, date(2026, 11, 17)),  # the wrong one was too small to be due
    ],
)
def test_nothing_is_due_before_it_is_issued(was: date | None, is_more: bool, expected: date) -> None:
    assert rule.due_day(was, date(2026, 11, 10), 7, is_more=is_more) == expected


@pytest.mark.parametrize(("days", "within", "reason"), [(30, 30, None), (31, 30, "too_old"), (0, 0, "not_offered")])
def test_the_last_day_still_counts(days: int, within: int, reason: str | None) -> None:
    no = rule.refusal(GOOD, SOLD + timedelta(days=days), within, "")
    assert (no.reason if no else None) == reason


@given(NETS, st.sampled_from([STANDARD, NONE, Rate("S", Decimal("25.5"))]))
def test_three_documents_come_to_the_right_invoice(nets: list[int], rate: Rate) -> None:
    """The price before tax stays; the tax is that of the new rate, rounded once."""
    lines = [Line(LineKind.TOP_UP, "Credit", Money(net, "EUR"), STANDARD) for net in nets]
    wrong = totals(lines)
    made, right = rule.replaced(lines, rate, wrong.total, inclusive=False)
    sold_right = totals([Line(LineKind.TOP_UP, "Credit", Money(sum(nets), "EUR"), rate)])
    assert wrong.total - wrong.total + right.total == sold_right.total
    assert (right.net, right.tax) == (sold_right.net, sold_right.tax)
    assert rule.replaced(made, STANDARD, right.total, inclusive=False)[1].total == wrong.total


RATES = st.sampled_from([STANDARD, NONE, Rate("S", Decimal("25.5")), Rate("S", Decimal("8.1"))])


@given(
    nets=NETS.filter(any),
    rates=st.lists(RATES, min_size=2, max_size=6),
    pays=st.lists(st.booleans(), min_size=6, max_size=6),
    share=st.integers(0, 100),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    inclusive=st.booleans(),
)
def test_however_often_it_is_corrected_what_was_paid_and_is_due_is_the_right_invoice(
    nets: list[int], rates: list[Rate], pays: list[bool], share: int, currency: str, *, inclusive: bool
) -> None:
    """Three documents a correction; credit stays applied; money is taken over or goes back, and never counted twice."""
    first, *others = rates
    lines: Sequence[Line] = [Line(LineKind.USAGE, "Calls", Money(each, currency), first) for each in nets]
    wrong, zero = totals(lines), Money(0, currency)
    credit = Money(min(nets_of(wrong), wrong.total.amount_minor * share // 100), currency)
    wrong = of_parts(wrong.taxed, [credit])
    documents, received, paid = wrong.total, zero, zero
    for rate, is_paid in zip(others, pays, strict=False):
        if is_paid:
            received, paid = received + wrong.payable - paid, wrong.payable
        lines, right = rule.replaced(lines, rate, wrong.total, inclusive=inclusive)
        right = of_parts(right.taxed, [credit])
        taken_over, back, due = rule.settled(paid, right.payable)
        assert (taken_over + back, taken_over + due) == (paid, right.payable)
        assert min(back, due) == zero
        assert is_taken(back) and is_taken(due)
        documents += right.total - wrong.total
        received, paid, wrong = received - back, taken_over, right
        assert received == paid
    received += wrong.payable - paid
    assert documents == wrong.total
    assert received + credit - wrong.rounding == wrong.total
    if inclusive:
        assert (
            wrong.total == totals([Line(LineKind.USAGE, "Calls", Money(each, currency), first) for each in nets]).total
        )
    else:
        assert wrong.net.amount_minor == sum(nets)
        assert wrong.tax == totals([Line(LineKind.USAGE, "Calls", wrong.net, wrong.taxed[0].rate)]).tax


def nets_of(sums: Totals) -> int:
    """Return what credit pays at most: usage before its tax, so that no rate makes an invoice of less."""
    return sums.net.amount_minor


@given(NETS, st.sampled_from([STANDARD, NONE, Rate("S", Decimal("25.5"))]))
def test_where_prices_include_tax_the_total_stays(nets: list[int], rate: Rate) -> None:
    lines = [Line(LineKind.TOP_UP, "Credit", Money(net, "EUR"), STANDARD) for net in nets]
    total = totals(lines).total
    made, right = rule.replaced(lines, rate, total, inclusive=True)
    assert right.total == total
    assert [(each.rate, each.net, each.tax) for each in right.taxed] == [
        (rate, right.net, tax_within(total, rate.percent)),
    ]
    assert sum(each.net.amount_minor for each in made) == right.net.amount_minor or not any(nets)
