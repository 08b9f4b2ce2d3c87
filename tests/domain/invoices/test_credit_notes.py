"""Credit notes: their parts never exceed their invoice, and together return it to the cent."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.catalog_problems import dotted
from app.domain.catalog_terms import Invoices
from app.domain.errors import Broken, Refused
from app.domain.invoices import credit_notes
from app.domain.invoices.documents import RETURNS, Kind, State, arrows, sources_of
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.numbers import prefix, problems, written
from app.domain.invoices.totals import Taxed, of_parts, totals
from app.domain.money import Money
from app.services.catalog import versions
from tests.support.small_catalogs import SMALL

RATES = (Rate("S", Decimal(25)), Rate("S", Decimal("5.5")), Rate("O"))
NETS = st.lists(st.tuples(st.integers(0, 100_000), st.sampled_from(RATES)), min_size=1, max_size=4)


def _invoice(nets: list[tuple[int, Rate]]) -> tuple[Taxed, ...]:
    return totals([Line(LineKind.TOP_UP, "Credits", Money(minor, "EUR"), rate) for minor, rate in nets]).taxed


def test_a_whole_credit_note_returns_the_tax_that_was_charged() -> None:
    invoice = _invoice([(10_050, RATES[0])])
    assert invoice[0].tax == Money(2_513, "EUR")
    assert credit_notes.returned(invoice, [], Money(12_563, "EUR")) == invoice


@given(NETS, st.lists(st.integers(1, 50_000), max_size=6))
def test_parts_never_exceed_the_invoice_and_together_are_all_of_it(
    nets: list[tuple[int, Rate]], amounts: list[int]
) -> None:
    invoice = _invoice(nets)
    rest = left = of_parts(invoice).total.amount_minor
    assume(left > 0)
    notes: list[Taxed] = []
    for amount in [*amounts, left]:
        minor = min(amount, rest)
        if minor == 0:
            break
        parts = credit_notes.returned(invoice, notes, Money(minor, "EUR"))
        assert of_parts(parts).total == Money(minor, "EUR")
        assert all(part.net.amount_minor >= 0 and part.tax.amount_minor >= 0 for part in parts)
        notes += parts
        rest -= minor
    if rest:
        notes += credit_notes.returned(invoice, notes, Money(rest, "EUR"))
    assert all(part.gross.amount_minor == 0 for part in credit_notes.left(invoice, notes))
    assert sum(note.tax.amount_minor for note in notes) == of_parts(invoice).tax.amount_minor


def _near(invoice: tuple[Taxed, ...], part: Taxed, off: int) -> bool:
    """Say whether the tax of the part is its share of the invoice's, but for so many cents."""
    (sold,) = [each for each in invoice if each.rate == part.rate]
    gross, tax = sold.gross.amount_minor, sold.tax.amount_minor
    return abs(part.tax.amount_minor * gross - tax * part.gross.amount_minor) <= off * gross


def test_many_small_parts_leave_no_tax_over_for_the_last() -> None:
    """Each alone would be taxed 0.40 of a cent, and so nothing: the last would return 40 cents too much."""
    invoice, notes = _invoice([(10_050, RATES[0])]), list[Taxed]()
    for minor in [2] * 100 + [12_363]:
        notes += credit_notes.returned(invoice, notes, Money(minor, "EUR"))
    assert all(_near(invoice, note, 1) for note in notes)
    assert sum(note.tax.amount_minor for note in notes) == 2_513


@given(NETS, st.lists(st.tuples(st.integers(1, 3_000), st.booleans()), max_size=12))
def test_notes_that_are_void_bend_nothing_below_zero(
    nets: list[tuple[int, Rate]], steps: list[tuple[int, bool]]
) -> None:
    invoice, standing = _invoice(nets), list[tuple[Taxed, ...]]()
    for minor, void in steps:
        notes = [part for note in standing for part in note]
        rest = of_parts(credit_notes.left(invoice, notes)).total.amount_minor
        if void and standing:
            standing.pop(minor % len(standing))
        elif rest:
            made = credit_notes.returned(invoice, notes, Money(min(minor, rest), "EUR"))
            assert all(min(part.net.amount_minor, part.tax.amount_minor) >= 0 for part in made)
            standing.append(made)
    notes = [part for note in standing for part in note]
    rest = of_parts(credit_notes.left(invoice, notes)).total
    if rest.amount_minor:
        notes += credit_notes.returned(invoice, notes, rest)
    assert sum(note.tax.amount_minor for note in notes) == of_parts(invoice).tax.amount_minor


def test_a_credit_note_above_its_invoice_is_refused() -> None:
    invoice = _invoice([(1_000, RATES[2])])
    with pytest.raises(Refused):
        credit_notes.returned(invoice, [], Money(1_001, "EUR"))
    with pytest.raises(Broken):
        credit_notes.returned(invoice, [], Money(0, "EUR"))
    with pytest.raises(Broken):
        credit_notes.left(invoice, [*invoice, *credit_notes.returned(invoice, [], Money(1, "EUR"))])


@pytest.mark.parametrize(
    ("place", "number"), [(1, "INV-2026-000001"), (123, "INV-2026-000123"), (1_234_567, "INV-2026-1234567")]
)
def test_a_number_names_its_series_and_year(place: int, number: str) -> None:
    assert written("INV", 2026, place) == number


def test_each_kind_has_a_series_of_its_own() -> None:
    assert len({prefix(kind, invoice="INV", credit_note="CN") for kind in Kind}) == len(Kind)
    for wrong in (("", 2026, 1), ("INV", 26, 1), ("INV", 2026, 0)):
        with pytest.raises(Broken):
            written(*wrong)


@pytest.mark.parametrize(
    ("invoices", "notes", "found"),
    [
        ("RC", "RR", {"invoices.prefix": "is RC, which receipts have", "invoices.credit_note_prefix": "is RR, which refund receipts have"}),
        ("RR", "CN", {"invoices.prefix": "is RR, which refund receipts have"}),
        ("RCX", "RRX", {}),
    ],
)  # fmt: skip
def test_no_invoice_bears_the_number_of_a_receipt(invoices: str, notes: str, found: dict[str, str]) -> None:
    catalog = replace(versions.parse(SMALL), invoices=Invoices(prefix=invoices, credit_note_prefix=notes))
    assert {dotted(each.path): each.reason for each in problems(catalog)} == found


def test_documents_only_go_forward() -> None:
    assert sources_of(Kind.INVOICE, State.PAID) == {State.OPEN, State.UNCOLLECTIBLE}
    assert arrows(Kind.INVOICE)[State.PAID] == frozenset()
    for kind in RETURNS.values():
        assert arrows(kind) == arrows(Kind.RECEIPT)
        assert sources_of(kind, State.VOID) == {State.ISSUED}
    assert all(State.DRAFT not in targets for kind in Kind for targets in arrows(kind).values())


@pytest.mark.parametrize(
    ("kind", "why", "words"),
    [
        ("refund", "Refund", "Refund of INV-7"),
        ("correction", "Correction", "Correction of INV-7"),
        ("dispute", "Lost dispute", "Lost dispute about INV-7"),
        ("seller", "Goodwill, two days down", "Goodwill, two days down: INV-7"),
        ("plan_change", "Rest of your plan", "Rest of your plan: INV-7"),
    ],
)
def test_a_line_says_what_is_returned_of_which_document(kind: str, why: str, words: str) -> None:
    assert credit_notes.words(kind, why, "INV-7") == words
