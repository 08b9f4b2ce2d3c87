"""A plan is changed as it was previewed, once it is paid, and nothing else is charged."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from app import ids
from app.domain.errors import Refused
from app.models.customers import Customer
from app.models.events import OutboxEvent
from app.services.verification.verify import verify
from tests.support import plans
from tests.support.plans import BEGIN, HALF, confirms, previews, target
from tests.support.shop import BROKE, GOOD, add_method


@pytest.fixture
def acme(app: Flask) -> Customer:
    """A customer on the free plan, in the middle of June."""
    return plans.customer()


def test_a_higher_plan_is_had_at_once_for_the_rest_of_the_period(acme: Customer) -> None:
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    personal = confirms(alice, target("personal"), way)
    assert (personal.state, plans.subscription(acme)) == ("applied", ("personal", "monthly", None))
    team = confirms(alice, target("team", 5), way)
    assert (team.state, plans.subscription(acme)) == ("applied", ("team", "monthly", 5))
    assert plans.invoices(acme) == [
        ("paid", 600, 750, [("Personal, 16–30 June 2027", 600)]),
        (
            "paid",
            3350,
            4188,
            [
                ("Unused time of Personal, 16–30 June 2027", -600),
                ("Team, 16–30 June 2027", 2450),
                ("2 seats, 16–30 June 2027", 1500),
            ],
        ),
    ]
    assert plans.payments(acme) == [("succeeded", 750), ("succeeded", 4188)]
    assert [each.type for each in plans.rows(OutboxEvent, acme)].count("subscription.changed") == 2
    assert verify() == []


@pytest.mark.case("AC-81")
def test_two_seats_more_with_half_a_period_left_cost_half_of_two_seats(acme: Customer) -> None:
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    confirms(alice, target("team"), way)
    assert confirms(alice, target(seats=5), way).total_minor == 1875
    assert plans.invoices(acme)[1] == ("paid", 1500, 1875, [("2 seats, 16–30 June 2027", 1500)])
    assert plans.subscription(acme) == ("team", "monthly", 5)
    assert verify() == []


@pytest.mark.case("AC-80")
def test_seats_of_a_year_are_invoiced_on_the_day_that_they_are_added(acme: Customer) -> None:
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    confirms(alice, target("team", interval="annual"), way, at=plans.BEGIN)
    row = plans.row_of(acme)
    assert f"{row.period_starts_at:%F} {row.period_ends_at:%F}" == "2027-06-01 2028-06-01"
    july = plans.BEGIN.replace(month=7)
    added = confirms(alice, target(seats=8), way, at=july)
    assert plans.invoices(acme)[1][3] == [("5 seats, 1 July 2027 – 31 May 2028", 68776)]  # 750.00 × 335.625 / 366
    assert (added.state, plans.subscription(acme)) == ("applied", ("team", "annual", 8))
    assert verify() == []


def test_what_comes_to_nothing_has_no_document_and_no_payment(app: Flask) -> None:
    acme = plans.customer(('monthly = "15.00"', 'monthly = "0"'), ('annual = "150.00"', 'annual = "0"'))
    alice = plans.manager(acme)
    confirms(alice, target("team"), add_method(alice, GOOD).id)
    more = confirms(alice, target(seats=9), "")
    assert (more.state, more.total_minor, more.document_id) == ("applied", 0, None)
    assert (len(plans.invoices(acme)), len(plans.payments(acme))) == (1, 1)
    assert verify() == []


def test_too_little_for_a_charge_is_had_at_once_and_due_with_the_next_invoice(acme: Customer) -> None:
    alice = plans.manager(acme)
    penny = confirms(alice, target("penny"), "")
    assert (penny.state, penny.payment_id) == ("applied", None)
    assert plans.invoices(acme) == [("open", 20, 25, [("Penny, 16–30 June 2027", 20)])]
    assert plans.subscription(acme)[0] == "penny"
    assert verify() == []


@pytest.mark.case("AC-46", "AC-50")
def test_a_preview_that_has_gone_by_is_refused_and_nothing_is_charged(acme: Customer) -> None:
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    seen = previews(acme, target("team"))
    assert previews(acme, target("team"), HALF + timedelta(seconds=59)).mark == seen.mark
    with pytest.raises(Refused) as refused:
        confirms(alice, target("team"), way, HALF + timedelta(minutes=30), seen)
    assert (refused.value.reason, refused.value.status) == ("preview_gone_by", 409)
    with pytest.raises(Refused, match=r"It now costs \$40\.00\. Nothing was charged or changed"):
        confirms(alice, target("team", 4), way, seen=seen)
    assert (plans.payments(acme), plans.subscription(acme)[0]) == ([], "")


def test_the_same_form_twice_is_one_order_and_two_tabs_change_once(acme: Customer) -> None:
    alice = plans.manager(acme)
    way, key = add_method(alice, GOOD).id, ids.new_form_key()
    seen = previews(acme, target("team"))
    first = confirms(alice, target("team"), way, seen=seen, form_key=key)
    assert confirms(alice, target("team"), way, seen=seen, form_key=key).id == first.id
    with pytest.raises(Refused) as refused:  # another tab, with the same preview
        confirms(alice, target("team"), way, seen=seen)
    assert refused.value.reason == "nothing_changes"
    assert plans.payments(acme) == [("succeeded", 3063)]


def test_declined_it_stays_as_it_was_with_nothing_to_pay(acme: Customer) -> None:
    alice = plans.manager(acme)
    failed = confirms(alice, target("team"), add_method(alice, BROKE).id)
    assert (failed.state, failed.problem) == ("failed", "insufficient_funds")
    assert (plans.subscription(acme)[0], plans.invoices(acme)) == ("", [])
    assert confirms(alice, target("team"), add_method(alice, GOOD).id).state == "applied"
    assert verify() == []


@pytest.mark.parametrize(
    ("standing", "reason"), [("suspended", "suspended"), ("closed", "closed")], ids=["suspended", "closed"]
)
def test_who_is_not_served_changes_nothing(acme: Customer, standing: str, reason: str) -> None:
    plans.stands(acme, standing)
    with pytest.raises(Refused) as refused:
        previews(acme, target("team"))
    assert refused.value.reason == reason


def test_what_is_not_billed_yet_is_not_given_back(app: Flask) -> None:
    plans.customer()
    acme = plans.created("personal")
    with pytest.raises(Refused) as refused:
        previews(acme, target("team"))
    assert refused.value.reason == "not_billed_yet"
    assert verify() == []


def test_a_free_plan_is_changed_in_the_period_that_is_open_then(acme: Customer) -> None:
    alice = plans.manager(acme)
    august = HALF.replace(month=8, day=16, hour=12)
    confirms(alice, target("personal"), add_method(alice, GOOD).id, at=august)
    row = plans.row_of(acme)
    assert (f"{row.period_starts_at:%F}", f"{row.period_ends_at:%F}") == ("2027-08-01", "2027-09-01")
    assert plans.invoices(acme)[0][3] == [("Personal, 16–31 August 2027", 600)]
    assert verify() == []


def test_another_plan_comes_with_the_newest_version_and_more_seats_with_the_own(app: Flask) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    confirms(alice, target("personal"), way)
    plans.applies(('monthly = "15.00"', 'monthly = "30.00"'), ('monthly = "12.00"', 'monthly = "24.00"'))
    assert previews(acme, target(interval="annual")).catalog_version == 1
    assert confirms(alice, target("team", 4), way).catalog_version == 2
    assert plans.invoices(acme)[1][3] == [
        ("Unused time of Personal, 16–30 June 2027", -600),
        ("Team, 16–30 June 2027", 2450),
        ("1 seat, 16–30 June 2027", 1500),
    ]
    plans.applies(('monthly = "15.00"', 'monthly = "60.00"'))
    assert previews(acme, target(seats=5)).price.net.amount_minor == 1500
    assert verify() == []


def test_nothing_has_a_line_of_nothing_near_the_end_of_the_period(acme: Customer) -> None:
    alice = plans.manager(acme)
    way, last = add_method(alice, GOOD).id, HALF.replace(day=30, hour=23, minute=59)
    confirms(alice, target("penny"), "", at=BEGIN)
    seen = previews(acme, target("team", 4), last)
    assert [line.net.amount_minor for line in seen.lines if not line.net.amount_minor] == []
    assert confirms(alice, target("personal", interval="annual"), way, at=last).state == "applied"
    assert all(minor for _state, _net, _total, lines in plans.invoices(acme) for _words, minor in lines)
    assert verify() == []


NO_END = ("max = 25", "max = 100000")


@pytest.mark.parametrize(
    ("seats", "at", "said"),
    [
        (
            60_000,
            BEGIN,
            "It comes to $1,110,942.44 today, and our payment processor charges at most $999,999.99 at once.",
        ),
        (60_000, HALF, "It comes to $1,125,005.00 for one month, and our payment processor charges at most"),
    ],
)
def test_more_than_can_be_charged_at_once_is_refused_before_it_is_offered(
    app: Flask, seats: int, at: datetime, said: str
) -> None:
    acme = plans.customer(NO_END)
    with pytest.raises(Refused) as refused:
        previews(acme, target("team", seats), at)
    assert (refused.value.status, refused.value.reason) == (422, "amount_too_large")
    assert refused.value.sentence.startswith(said)
    assert refused.value.sentence.endswith("Choose fewer seats, or agree on a price with Plans AB.")
    assert previews(acme, target("team", 50_000), at).charged.amount_minor > 0
