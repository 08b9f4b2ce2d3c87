"""The plan after a suspension: its month is not billed, and whoever has paid everything may change it at once."""

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.services.subscriptions import undoing
from app.services.verification.verify import verify
from tests.support import months, plans
from tests.support.months import at, begins, runs
from tests.support.plans import BEGIN, confirms, previews, target
from tests.support.shop import GOOD, add_method

JULY, HALF = at(2027, 7, 1), at(2027, 7, 16, 12)
"""The second of them is the middle of July."""
AT_ONCE = ('downgrade = "period_end"', 'downgrade = "immediate"')
HALF_A_TEAM = ("Team, 16–31 July 2027", 2450)
HALF_TWO_SEATS = ("2 seats, 16–31 July 2027", 1500)


def test_more_is_had_at_once_and_paid_for_the_rest_with_nothing_taken_off(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    plans.stands(acme, "suspended")
    runs(JULY)
    with pytest.raises(Refused) as refused:
        previews(acme, target(seats=5), HALF)
    plans.stands(acme, "good")
    alice = plans.manager(acme)
    order = confirms(alice, target(seats=5), add_method(alice, GOOD).id, at=HALF)
    assert (refused.value.reason, order.state) == ("suspended", "applied")
    assert months.lines(acme)[-1] == ("paid", [HALF_A_TEAM, HALF_TWO_SEATS])
    with pytest.raises(Refused) as refused, clock.at(HALF):
        undoing.undo(acme.customer_id, order.id, by="alice")  # it would give the plan for nothing
    assert refused.value.reason == "not_undoable"
    runs(at(2027, 8, 1))
    assert months.lines(acme)[-1][1] == [("Team, 1–31 August 2027", 4900), ("2 seats, 1–31 August 2027", 3000)]
    assert verify() == []


def test_less_waits_also_where_it_is_had_at_once_elsewhere(app: Flask) -> None:
    acme = begins(BEGIN, "team", AT_ONCE)
    runs(BEGIN)
    plans.stands(acme, "suspended")
    runs(JULY)
    plans.stands(acme, "good")
    alice = plans.manager(acme)
    assert confirms(alice, target("personal"), "", at=HALF).state == "scheduled"
    runs(at(2027, 8, 1))
    assert months.lines(acme)[-1] == ("open", [("Personal, 1–31 August 2027", 1200)])
    assert verify() == []


def test_of_a_year_a_month_is_not_billed_and_what_is_chosen_begins_a_year(app: Flask) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    confirms(alice, target("team", interval="annual"), way, at=BEGIN)
    plans.stands(acme, "suspended")
    runs(at(2028, 6, 1))
    plans.stands(acme, "good")
    order = confirms(alice, target(seats=4), way, at=at(2028, 6, 1, 12))
    assert (order.state, f"{order.period_ends_at:%F}") == ("applied", "2029-06-01")
    year = 365 * 2
    assert [minor for _words, minor in months.lines(acme)[-1][1]] == [
        round(49000 * (year - 1) / year),
        round(15000 * (year - 1) / year),
    ]
    assert runs(at(2028, 7, 1)) == 1
    assert verify() == []
