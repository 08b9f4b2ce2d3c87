"""What waits is shown, undone or replaced; seats given back on the day that they were bought are refunded."""

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.reversals import Refund
from app.models.scope import as_customer
from app.models.subscriptions import PlanChange
from app.presenters.plans import change_result
from app.services.reversals import refunds
from app.services.subscriptions import cancellation, orders, reads, seats, undoing
from app.services.verification.verify import verify
from tests.support import plans
from tests.support.plans import HALF, confirms, previews, target
from tests.support.shop import GOOD, add_method

NOON, TOMORROW = HALF.replace(hour=12), HALF.replace(day=17)


@pytest.fixture
def alice(app: Flask) -> Actor:
    """The manager of a customer with a card and a team of three."""
    made = plans.manager(plans.customer())
    confirms(made, target("team"), add_method(made, GOOD).id)
    return made


@pytest.fixture
def acme(alice: Actor) -> Customer:
    """Her customer."""
    return plans.customer_of(alice)


def way(whose: Customer) -> str:
    return plans.method_of(whose)


def undone(whose: Customer, order: PlanChange, at: object = NOON) -> str:
    with clock.at(at):  # type: ignore[arg-type]  # a moment
        return undoing.undo(whose.customer_id, order.id, by="alice").state


@pytest.mark.case("AC-49")
@pytest.mark.case("AC-49")
def test_what_is_less_waits_is_replaced_by_the_next_and_undone(acme: Customer, alice: Actor) -> None:
    personal, free = confirms(alice, target("personal"), ""), confirms(alice, target("free"), "")
    assert (plans.order_of(personal).state, free.state) == ("replaced", "scheduled")
    assert (f"{free.effective_at:%F %T}", free.total_minor) == ("2027-07-01 00:00:00", 0)
    assert [undone(acme, free) for _twice in range(2)] == ["undone", "undone"]
    again = confirms(alice, target("free"), "")
    more = confirms(alice, target(seats=4), way(acme))
    assert (plans.order_of(again).state, more.state) == ("replaced", "applied")
    assert plans.subscription(acme) == ("team", "monthly", 4)
    with pytest.raises(Refused) as refused:
        undone(acme, again)
    assert (refused.value.reason, verify()) == ("not_undoable", [])


def test_seats_given_back_on_the_same_day_are_refunded_with_a_credit_note(acme: Customer, alice: Actor) -> None:
    added = confirms(alice, target(seats=5), way(acme))
    assert [undone(acme, added) for _twice in range(2)] == ["undone", "undone"]
    assert plans.subscription(acme) == ("team", "monthly", 3)
    assert [(each.state, each.amount_minor) for each in plans.rows(Refund, acme)] == [("succeeded", 1875)]
    notes = [each for each in plans.invoices(acme) if each[0] == "issued"]
    assert [(net, total) for _state, net, total, _lines in notes] == [(1500, 1875)]
    assert confirms(alice, target(seats=5), way(acme), at=NOON).state == "applied"
    assert verify() == []


@pytest.mark.parametrize(
    ("gone", "offered", "refunded"),
    [
        (0, "Give 2 seats back and refund $18.75", [1875]),
        (100, "Give 2 seats back and refund $17.75", [100, 1775]),
        (1875, "Give 2 seats back", [1875]),
    ],
)
def test_what_the_seller_has_refunded_does_not_go_back_again(
    acme: Customer, alice: Actor, gone: int, offered: str, refunded: list[int]
) -> None:
    added = confirms(alice, target(seats=5), way(acme))
    with clock.at(NOON):
        if gone:
            refunds.refund(added.payment_id or "", amount=Money(gone, "USD"), reason="Asked for", requested_by="seller")
        with as_customer(acme.customer_id):
            back = undoing.gives_back(reads.of(plans.customer_of(alice)), added)
    assert back is not None
    assert change_result.undo_words(added, back) == offered
    assert undone(acme, added) == "undone"
    assert plans.subscription(acme) == ("team", "monthly", 3)
    assert sorted(each.amount_minor for each in plans.rows(Refund, acme)) == sorted(refunded)
    assert change_result.undone(plans.order_of(added), "applied", back).startswith("The seats are given back.")
    assert verify() == []


def test_seats_added_twice_are_given_back_twice_with_all_that_was_paid_for_them(acme: Customer, alice: Actor) -> None:
    first, second = (confirms(alice, target(seats=count), way(acme)) for count in (5, 6))
    with clock.at(NOON), as_customer(acme.customer_id):
        assert undoing.gives_back(reads.of(plans.customer_of(alice)), first) is None
    with pytest.raises(Refused):
        undone(acme, first)
    assert undone(acme, second) == "undone"
    with clock.at(NOON), as_customer(acme.customer_id):
        latest = orders.latest()
        assert latest is not None
        back = undoing.gives_back(reads.of(plans.customer_of(alice)), latest)
    assert (latest.id, back) == (first.id, Money(1875, "USD"))
    again = confirms(alice, target(seats=6), way(acme), at=NOON)
    with pytest.raises(Refused):
        undone(acme, first)
    assert [undone(acme, each) for each in (again, first)] == ["undone", "undone"]
    assert plans.subscription(acme) == ("team", "monthly", 3)
    paid = sum(each.received_minor for each in plans.rows(Payment, acme))
    gone = sum(each.amount_minor for each in plans.rows(Refund, acme))
    of_team = plans.rows(Payment, acme)[0].received_minor
    assert (paid - gone, verify()) == (of_team, [])


def test_what_else_changed_since_keeps_seats_that_were_bought_before(acme: Customer, alice: Actor) -> None:
    first, second = (confirms(alice, target(seats=count), way(acme)) for count in (5, 6))
    with clock.at(NOON):
        cancellation.cancel(acme.customer_id, by="alice")
        cancellation.keep(acme.customer_id, by="alice")
    for each in (second, first):
        with pytest.raises(Refused) as refused:
            undone(acme, each)
        assert refused.value.reason == "not_undoable"


def test_another_days_or_used_seats_and_other_changes_are_not_given_back(acme: Customer, alice: Actor) -> None:
    added = confirms(alice, target(seats=5), way(acme))
    (first, _last) = plans.rows(PlanChange, acme)
    with clock.at(NOON):
        seats.report(acme.customer_id, 4, by="host")
    for order, at, reason in (
        (added, TOMORROW, "not_undoable"),
        (first, NOON, "not_undoable"),  # another plan
        (added, NOON, "seats_in_use"),
    ):
        with pytest.raises(Refused) as refused:
            undone(acme, order, at)
        assert refused.value.reason == reason
    assert (plans.subscription(acme)[2], plans.rows(Refund, acme)) == (5, [])


def test_a_cancelled_plan_stays_to_its_end_and_goes_on_when_it_is_kept(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target(interval="annual", plan="personal"), "")
    with clock.at(NOON):
        for _twice in range(2):
            row = cancellation.cancel(acme.customer_id, by="alice", reason="Too dear")
        assert f"{row.cancel_at:%F} {row.cancel_reason}" == "2027-07-01 Too dear"
    assert (plans.order_of(waits).state, plans.subscription(acme)[0]) == ("replaced", "team")
    with pytest.raises(Refused, match="Keep it first"):
        previews(acme, target(seats=4))
    with clock.at(NOON):
        assert cancellation.keep(acme.customer_id, by="alice").cancel_at is None
    assert previews(acme, target(seats=4)).charged.amount_minor == 938
    assert verify() == []
