"""What is credited or paid of an open invoice uses no overage protection any more: figures, authorizations, `verify`."""

import random
from fractions import Fraction
from math import ceil

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.invoices.period_sums import unpaid_overage
from app.domain.money import Money
from app.models.customers import Customer
from app.models.documents import Document
from app.models.scope import as_customer, as_service
from app.services.authorizations import holds
from app.services.balance import history
from app.services.ledger import posting
from app.services.receivables import ending, settling
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import periods, tiers
from tests.support.periods import OVER, now_of

PROTECTION = 20_000_000


def left(whose: Customer) -> tuple[int, int]:
    """Return what is left of the protection, and what may be used."""
    with clock.at(OVER), as_customer(whose.customer_id):
        found = history.numbers()
    return found.overage_protection.micros, found.available_to_use.micros


def is_allowed(whose: Customer, micros: int, key: str) -> bool:
    with clock.at(OVER):
        return holds.authorize(AuthorizationRequest(whose.customer_id, micros=micros, key=key)).allowed


def gives_back(document: Document, cents: int) -> None:
    with clock.at(OVER):
        ending.credit(document.id, Money(cents, "USD"), by="seller", reason="Goodwill")


def pays_a_part(whose: Customer, document: Document, cents: int) -> None:
    """Let less come than was asked for, as a payment that the processor settles with another amount does."""
    with as_service("pay a part"), transaction() as session:
        books = posting.lock(session, whose.customer_id)
        row = settling.locked(books, document.id)
        row.paid_minor += cents
        settling.end(books, [], "Visa", OVER)


@pytest.mark.both_databases
def test_a_credit_note_on_an_open_invoice_frees_its_share_of_the_protection_at_once(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 705)
    invoice = periods.closes(small)
    assert invoice is not None and invoice.payable_minor == 881
    assert left(small) == (12_950_000, 12_950_000)
    gives_back(invoice, 381)  # 3.05 and its tax
    free = PROTECTION - ceil(7_050_000 * Fraction(500, 881))
    assert left(small) == (free, free)
    assert not is_allowed(small, free + 1, "one micro more")
    assert is_allowed(small, free, "all of it")
    assert verify() == []
    gives_back(invoice, 500)
    held = PROTECTION - free
    assert (now_of(invoice).state, left(small)) == ("paid", (PROTECTION, held))
    assert verify() == []


def test_whatever_is_credited_and_paid_in_any_parts_what_is_due_alone_uses_the_protection(app: Flask) -> None:
    for seed in range(tiers.sample_of(1, proof=30)):
        chance = random.Random(seed)  # noqa: S311  # replayed, not secret
        small = periods.customer(taxed=chance.choice(["at_purchase", "at_use"]))
        periods.uses(small, chance.randrange(60, 1900))
        invoice = periods.closes(small)
        assert invoice is not None
        due, overage = invoice.payable_minor, invoice.overage_micros
        while due > 50:
            part = chance.randrange(1, due - 49)
            if chance.random() < 0.5:
                gives_back(invoice, part)
            else:
                pays_a_part(small, invoice, part)
            due -= part
            free = PROTECTION - ceil(overage * Fraction(due, invoice.payable_minor))
            assert left(small) == (free, free), seed
            assert verify() == [], seed
            if chance.random() < 0.5:
                break
        if chance.random() < 0.3:
            with clock.at(OVER):
                ending.give_up(invoice.id, by="seller", reason="Insolvent")
            assert left(small)[0] == PROTECTION - ceil(overage * Fraction(due, invoice.payable_minor)), seed
            continue
        gives_back(invoice, due)
        assert (now_of(invoice).state, left(small)) == ("paid", (PROTECTION, PROTECTION)), seed
        assert verify() == [], seed


def test_one_that_is_carried_over_frees_its_own_share_alone(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 30)
    first = periods.closes(small)
    periods.uses(small, 705, at=OVER)
    second = periods.closes(small, at=OVER.replace(month=12), number=2)
    assert first is not None and second is not None and now_of(first).carried_to_id == second.id
    both = first.overage_micros + second.overage_micros
    assert left(small)[0] == PROTECTION - both
    gives_back(first, first.payable_minor)
    assert left(small)[0] == PROTECTION - second.overage_micros
    assert verify() == []


@given(st.integers(0, 2**61), st.integers(1, 10**15), st.data())
def test_the_share_that_is_due_is_never_less_than_its_part_and_nothing_once_all_is_settled(
    overage: int, payable: int, data: st.DataObject
) -> None:
    due = data.draw(st.integers(0, payable))
    used = unpaid_overage(overage, due, payable)
    assert used == ceil(Fraction(overage) * due / payable)
    assert unpaid_overage(overage, payable, payable) == overage
    assert unpaid_overage(overage, 0, payable) == 0
    if due:
        assert unpaid_overage(overage, due - 1, payable) <= used
