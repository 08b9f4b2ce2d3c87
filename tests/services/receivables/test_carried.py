"""A small invoice is collected with a later one: what the seller does with either, while it is paid and afterwards."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.invoices.statement import Span
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.documents import Document
from app.models.scope import as_customer
from app.services.invoices import statement
from app.services.payments import settlement
from app.services.receivables import ending
from app.services.verification.verify import verify
from tests.support import periods
from tests.support.documents import documents_of
from tests.support.outcome import faults
from tests.support.periods import now_of, pays
from tests.support.reversals import sends_back
from tests.support.shop import ASKS, GOOD, add_method

DECEMBER = datetime(2026, 12, 2, 9, tzinfo=UTC)
JANUARY = datetime(2027, 1, 2, 9, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 20, 9, tzinfo=UTC)


def small_and_later(whose: Customer) -> tuple[Document, Document]:
    """Close two periods: 0.38, which is collected with the 8.81 of the next one."""
    periods.uses(whose, 30)
    small = periods.closes(whose)
    periods.uses(whose, 705, at=NOVEMBER)
    later = periods.closes(whose, at=DECEMBER, number=2)
    assert small is not None
    assert later is not None
    assert (small.payable_minor, later.payable_minor, later.carried_minor) == (38, 881, 38)
    return small, later


def closing(whose: Customer) -> int:
    """Return what the statement of account says is to be paid."""
    with as_customer(whose.customer_id):
        span = Span(datetime(2026, 1, 1, tzinfo=UTC).date(), datetime(2027, 12, 31, tzinfo=UTC).date())
        return statement.statement(whose, span).sums.closing


def test_a_small_one_that_was_given_up_is_neither_asked_for_nor_paid(app: Flask) -> None:
    whose = periods.customer(overage="100")
    small, later = small_and_later(whose)
    with clock.at(DECEMBER):
        ending.give_up(small.id, by="seller", reason="Tiny")
        alice = periods.manager(whose)
        assert pays(alice, later, add_method(alice, GOOD).id, 881).state == "succeeded"
    assert (now_of(small).state, now_of(small).paid_minor) == ("uncollectible", 0)
    assert (now_of(later).state, now_of(later).paid_minor) == ("paid", 881)
    assert verify() == []


@pytest.mark.parametrize("change", [ending.void, ending.give_up, lambda of, **why: ending.credit(of, None, **why)])
def test_a_small_one_is_left_alone_while_the_payment_of_the_later_one_is_under_way(
    app: Flask, change: Callable[..., object]
) -> None:
    whose = periods.customer(overage="100")
    small, later = small_and_later(whose)
    with clock.at(DECEMBER):
        alice = periods.manager(whose)
        waiting = pays(alice, later, add_method(alice, ASKS).id)
        with pytest.raises(Refused) as refused:
            change(small.id, by="seller", reason="Tiny")
        assert refused.value.reason == "payment_under_way"
        controls.answer_challenge(settings(), waiting.processor_id or "", approved=True)
        assert settlement.settle(waiting.id).state == "succeeded"
    assert [(each.state, each.paid_minor) for each in documents_of(whose)] == [("paid", 38), ("paid", 881)]
    assert verify() == []


def test_what_was_more_than_was_due_goes_back_first_and_without_a_document(app: Flask) -> None:
    whose = periods.customer()
    periods.uses(whose, 705)
    invoice, alice = periods.closes(whose), periods.manager(whose)
    assert invoice is not None
    way = add_method(alice, GOOD).id
    with faults(app, ("confirm_intent", "other_amount", 1)):
        payment = pays(alice, invoice, way)
    assert (payment.received_minor, payment.problem, closing(whose)) == (981, "more_than_was_due", -100)
    sends_back(payment, 60)
    assert (len(documents_of(whose)), closing(whose)) == (1, -40)
    sends_back(payment, 50)
    assert [each.total_minor for each in documents_of(whose)] == [881, 10]
    assert (closing(whose), verify()) == (0, [])
    sends_back(payment)
    assert [each.total_minor for each in documents_of(whose)] == [881, 10, 871]
    assert (sum(each.tax_minor for each in documents_of(whose)[1:]), closing(whose)) == (invoice.tax_minor, 0)
    assert verify() == []


def test_a_small_one_is_collected_with_the_next_when_the_later_one_is_given_up(app: Flask) -> None:
    whose = periods.customer(overage="100")
    small, later = small_and_later(whose)
    with clock.at(DECEMBER):
        ending.give_up(later.id, by="seller", reason="Insolvent")
    assert (now_of(small).state, now_of(small).carried_to_id, verify()) == ("open", None, [])
    periods.uses(whose, 400, at=datetime(2026, 12, 20, 9, tzinfo=UTC))
    third = periods.closes(whose, at=JANUARY, number=3)
    assert third is not None
    assert (third.carried_minor, now_of(small).carried_to_id) == (38, third.id)
    with clock.at(JANUARY):
        alice = periods.manager(whose)
        way = add_method(alice, GOOD).id
        assert pays(alice, third, way, 538).state == "succeeded"
        assert pays(alice, later, way, 881).state == "succeeded"
    assert [(each.state, each.paid_minor) for each in documents_of(whose)] == [
        ("paid", 38),
        ("paid", 881),
        ("paid", 500),
    ]
    assert verify() == []


@pytest.mark.parametrize("gone", ["credited", "given up"])
def test_what_a_small_one_collects_goes_with_the_one_that_collects_that(app: Flask, gone: str) -> None:
    whose = periods.customer(overage="100")
    periods.uses(whose, 10)
    first = periods.closes(whose)
    periods.uses(whose, 10, at=NOVEMBER)
    second = periods.closes(whose, at=DECEMBER, number=2)
    periods.uses(whose, 400, at=datetime(2026, 12, 20, 9, tzinfo=UTC))
    third = periods.closes(whose, at=JANUARY, number=3)
    assert first is not None
    assert second is not None
    assert third is not None
    with clock.at(JANUARY):
        if gone == "credited":
            ending.credit(second.id, None, by="seller", reason="Tiny")
        else:
            ending.give_up(second.id, by="seller", reason="Tiny")
        assert now_of(first).carried_to_id == third.id
        alice = periods.manager(whose)
        assert pays(alice, third, add_method(alice, GOOD).id, 513).state == "succeeded"
    assert (now_of(first).state, now_of(third).state, verify()) == ("paid", "paid", [])
