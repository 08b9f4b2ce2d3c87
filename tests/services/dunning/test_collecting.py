"""What the schedule does against the clock: attempts, mails, the standing, and the way back."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.documents import Document
from app.models.payments import PaymentMethod
from app.services.payment_methods import saved
from app.services.receivables import ending
from app.services.verification.verify import verify
from tests.support import dunning, periods
from tests.support.dunning import DAY, MINUTE, attempts, charged, collects, events, invoiced, mails, standing
from tests.support.periods import OVER, manager, now_of, pays
from tests.support.shop import ASKS, BROKE, GOOD, add_method

FIFTH = OVER + 5 * DAY


@pytest.fixture
def small(app: Flask) -> Customer:
    return periods.customer()


def with_card(whose: Customer, name: str) -> tuple[Actor, PaymentMethod]:
    actor = manager(whose)
    with clock.at(OVER):
        return actor, add_method(actor, name)


@pytest.mark.both_databases
def test_it_is_charged_when_it_is_generated(app: Flask, small: Customer) -> None:
    with_card(small, GOOD)
    invoice = invoiced(small)
    collects()
    collects()
    assert attempts(invoice) == [(0, "succeeded", OVER)]
    assert charged(small) == [(invoice.id, 881, "succeeded", OVER)]
    assert (now_of(invoice).state, standing(small), events(small), mails(small)) == ("paid", "good", [], [])
    assert verify() == []


@pytest.mark.case("AC-26", "AC-27", "AC-74")
def test_the_schedule_to_the_minute(app: Flask, small: Customer) -> None:
    with_card(small, BROKE)
    invoice = invoiced(small)
    collects()
    assert (standing(small), events(small)) == ("past_due", ["past_due"])
    assert mails(small) == [("invoice_unpaid", OVER)]
    for place in range(1, 6):
        collects(OVER + place * DAY - MINUTE)
        assert len(charged(small)) == place
        collects(OVER + place * DAY)
        assert [at for _invoice, _amount, _state, at in charged(small)] == [OVER + n * DAY for n in range(place + 1)]
        assert standing(small) == ("suspended" if place == 5 else "past_due")
    assert mails(small) == [("invoice_unpaid", OVER), ("account_suspended", FIFTH)]
    assert events(small) == ["past_due", "suspended"]
    for later in (1, 2, 30):
        collects(FIFTH + later * DAY)
    assert attempts(invoice) == [(place, "failed", OVER + place * DAY) for place in range(6)]
    assert {state for _invoice, _amount, state, _at in charged(small)} == {"failed"}
    assert (len(charged(small)), len(mails(small)), events(small)) == (6, 2, ["past_due", "suspended"])
    assert verify() == []


def test_terms_with_a_day_are_not_charged_before_it(app: Flask) -> None:
    small = periods.customer(more="\n[invoices]\ndue_days = 14\n")
    with_card(small, GOOD)
    invoice, due = invoiced(small), datetime(2026, 11, 16, tzinfo=UTC)
    collects()
    collects(due - MINUTE)
    assert attempts(invoice) == [(0, "waiting", due)]
    assert charged(small) == []
    collects(due)
    assert charged(small) == [(invoice.id, 881, "succeeded", due)]


@pytest.mark.case("AC-23")
@pytest.mark.parametrize("more", ["", "\n[invoices]\ncharge_automatically = false\n"])
def test_where_nothing_can_be_charged_it_is_five_days_after_it_fell_due(app: Flask, more: str) -> None:
    small = periods.customer(more=more)
    if more:
        with_card(small, GOOD)
    invoiced(small)
    collects()
    over = datetime(2026, 11, 3, tzinfo=UTC)
    collects(over - MINUTE)
    assert (standing(small), mails(small)) == ("good", [])
    collects(over)
    assert (standing(small), mails(small)) == ("past_due", [("invoice_unpaid", over)])
    for place in range(1, 6):
        assert standing(small) == "past_due"
        collects(OVER + place * DAY - MINUTE)
        collects(OVER + place * DAY)
    assert standing(small) == "suspended"
    assert mails(small)[-1] == ("account_suspended", FIFTH)
    assert charged(small) == []
    assert verify() == []


@pytest.mark.case("AC-25")
def test_a_new_method_pays_every_open_invoice_at_once_the_oldest_first(app: Flask, small: Customer) -> None:
    first, second, actor = two_overdue(small)
    now = FIFTH + 40 * DAY
    assert standing(small) == "suspended"
    with clock.at(now):
        add_method(actor, GOOD)
        collects(now)
    made = charged(small)[-2:]
    assert [(name, state) for name, _amount, state, _at in made] == [
        (first.id, "succeeded"),
        (second.id, "succeeded"),
    ]
    assert (standing(small), events(small)) == ("good", ["past_due", "suspended", "restored"])
    assert mails(small)[-1] == ("account_restored", now)
    assert attempts(first)[-1] == (None, "succeeded", now)
    assert verify() == []


def test_a_newly_default_method_pays_at_once_and_moves_nothing_of_the_schedule(app: Flask, small: Customer) -> None:
    actor, _broke = with_card(small, BROKE)
    with clock.at(OVER - DAY):
        other = add_method(actor, "pm_card_chargeDeclined")
    invoice = invoiced(small)
    collects()
    noon = OVER + timedelta(hours=3)
    with clock.at(noon):
        saved.make_default(actor, other.id)
    collects(noon)
    assert attempts(invoice) == [
        (0, "failed", OVER),
        (1, "waiting", OVER + DAY),
        (None, "failed", noon),
    ]
    collects(OVER + DAY)
    assert attempts(invoice)[-1] == (2, "waiting", OVER + 2 * DAY)


@pytest.mark.both_databases
@pytest.mark.case("AC-88")
@pytest.mark.parametrize("way", ["card", "void", "credit"])
def test_two_are_overdue_and_only_the_last_one_restores(app: Flask, small: Customer, way: str) -> None:
    first, second, actor = two_overdue(small)
    now = FIFTH + 40 * DAY
    assert dunning.allowed(small, now) == "suspended"
    with clock.at(now):
        card = add_method(actor, GOOD)
        pays(actor, first, card.id)
        assert standing(small) == "suspended"
        assert dunning.allowed(small, now) == "suspended"
        if way == "card":
            pays(actor, second, card.id)
        elif way == "void":
            ending.void(second.id, by="sales", reason="Wrong")
        else:
            ending.credit(second.id, None, by="sales", reason="Goodwill")
    assert (standing(small), events(small)) == ("good", ["past_due", "suspended", "restored"])
    assert dunning.allowed(small, now) == ""
    collects(now)
    assert events(small) == ["past_due", "suspended", "restored"]
    assert verify() == []


@pytest.mark.case("AC-23")
def test_while_the_bank_asks_nothing_is_known_and_left_waiting_it_has_failed(app: Flask, small: Customer) -> None:
    with_card(small, ASKS)
    invoice = invoiced(small)
    collects()
    assert attempts(invoice) == [(0, "under_way", OVER)]
    dunning.sweeps(OVER + timedelta(hours=20))
    assert (standing(small), attempts(invoice)) == ("good", [(0, "under_way", OVER)])
    over = OVER + DAY + MINUTE
    dunning.sweeps(over)
    assert (standing(small), [each[:2] for each in attempts(invoice)]) == ("past_due", [(0, "failed"), (1, "waiting")])
    assert attempts(invoice)[1][2] == over + DAY
    assert [name for name, _at in mails(small)] == ["action_needed", "invoice_unpaid"]


def two_overdue(small: Customer) -> tuple[Document, Document, Actor]:
    """Return two invoices that nobody could pay, and a member; the customer is suspended for the first."""
    actor, _card = with_card(small, BROKE)
    first = invoiced(small)
    dunning.fails_until_suspended()
    periods.uses(small, 600, datetime(2026, 11, 4, tzinfo=UTC))
    now = FIFTH + 30 * DAY
    second = periods.closes(small, now, 2)
    assert second is not None
    collects(now)
    return first, second, actor
