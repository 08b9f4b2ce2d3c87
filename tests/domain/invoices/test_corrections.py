"""The rule of corrections: who may, until when, and what the invoice in its place comes to."""

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
from app.domain.invoices.totals import totals
from app.domain.money import Money
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
