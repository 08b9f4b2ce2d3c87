"""Two invoices are overdue: whatever ends the last one restores its customer, once, and bills no month without service."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app import clock, ids
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.documents import Document
from app.models.scope import as_customer
from app.services.receivables import ending, paying, transferring
from app.services.verification.verify import verify
from tests.support import dunning, months, periods, plans, transfers
from tests.support.dunning import DAY
from tests.support.months import at
from tests.support.periods import pays
from tests.support.plans import BEGIN
from tests.support.shop import BROKE, GOOD, add_method

TAKING = ("[tax]", '[payment_methods]\nkinds = ["card", "bank_transfer"]\n\n[tax]')
JULY, PAID = at(2027, 7, 1), at(2027, 7, 12)


def two_overdue() -> tuple[Actor, Document, Document]:
    """Return who owes a team of June and what was used in it; suspended since June, and July began like that."""
    small = months.begins(BEGIN, "team", TAKING)
    actor = plans.manager_of(small)
    with clock.at(BEGIN):
        add_method(actor, BROKE)
    months.runs(BEGIN)
    periods.reports(small, "requests", 20_000, BEGIN + DAY)
    dunning.fails_until_suspended(BEGIN)
    months.runs(JULY)
    dunning.collects(JULY)
    first, second = plans.documents(small)
    assert (first.state, second.state, dunning.standing(small)) == ("open", "open", "suspended")
    return actor, first, second


def by_card(app: Flask, actor: Actor, document: Document) -> None:
    card = add_method(actor, GOOD)
    if periods.now_of(document).state == "open":  # nothing has collected it yet
        pays(actor, document, card.id)


def by_charge(app: Flask, actor: Actor, document: Document) -> None:
    """Have the host charge a saved method, as the API does."""
    card = add_method(actor, GOOD)
    made = paying.charge(
        actor.customer_id, document.id, by="key", form_key=ids.new_form_key(), amount=None, method_id=card.id,
        return_url="http://127.0.0.1/{}".format,
    )  # fmt: skip
    assert made.state == "succeeded"


def by_transfer(app: Flask, actor: Actor, document: Document) -> None:
    with as_customer(actor.customer_id):
        size = Money(document.payable_minor, document.currency)
        transferring.order(actor, document.id, form_key=ids.new_form_key(), amount=size)
    transfers.sent(app, actor.customer_id, document.payable_minor)


def by_credit_note(app: Flask, actor: Actor, document: Document) -> None:
    ending.credit(document.id, None, by="sales", reason="Goodwill")


def by_writing_off(app: Flask, actor: Actor, document: Document) -> None:
    ending.give_up(document.id, by="sales", reason="Not worth it")


def by_voiding(app: Flask, actor: Actor, document: Document) -> None:
    """Void it, where it bills no plan."""
    if document.net_minor == 4900:
        by_credit_note(app, actor, document)
    else:
        ending.void(document.id, by="sales", reason="Wrong")


WAYS: list[Callable[[Flask, Actor, Document], None]] = [
    *(by_transfer, by_card, by_charge, by_credit_note, by_writing_off, by_voiding),
]


@pytest.mark.both_databases
@pytest.mark.parametrize("way", WAYS)
def test_the_last_one_restores_whatever_ends_it(app: Flask, way: Callable[[Flask, Actor, Document], None]) -> None:
    actor, first, second = two_overdue()
    small = plans.customer_of(actor)
    with clock.at(PAID):
        way(app, actor, first)
        assert (dunning.standing(small), dunning.allowed(small, PAID)) == ("suspended", "suspended")
        way(app, actor, second)
    assert (dunning.standing(small), dunning.allowed(small, PAID)) == ("good", "")
    restored_once(small, first, second)


def test_a_new_card_pays_both_and_restores(app: Flask) -> None:
    actor, first, second = two_overdue()
    small = plans.customer_of(actor)
    with clock.at(PAID):
        add_method(actor, GOOD)
    dunning.collects(PAID)
    assert (dunning.standing(small), dunning.allowed(small, PAID)) == ("good", "")
    restored_once(small, first, second)


def restored_once(small: Customer, first: Document, second: Document) -> None:
    """See that one event says so, and that July is on no invoice, but August is."""
    for later in (PAID, PAID + timedelta(days=3)):
        dunning.collects(later)
    assert dunning.events(small) == ["past_due", "suspended", "restored"]
    assert [each.id for each in plans.documents(small) if each.kind == "invoice"] == [first.id, second.id]
    months.runs(at(2027, 8, 1))
    newest = plans.documents(small)[-1]
    assert plans.invoice(newest.id)[3][-1:] == [("Team, 1–31 August 2027", 4900)]
    assert verify() == []
