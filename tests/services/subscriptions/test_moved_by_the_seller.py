"""The seller moves nobody to a plan that is not sold by the interval that the customer pays for."""

import json

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.models.mails import Mail
from app.services.customers import plan_moves
from app.services.mail import payment_text
from app.services.verification.verify import verify
from tests.support import plans, terms
from tests.support.months import at, runs
from tests.support.plans import HALF, confirms, target
from tests.support.shop import GOOD, add_method

MONTHLY_ONLY = ('annual = "490.00"\n', "")
WITHOUT_SEATS_BY_YEAR = (', annual = "150.00" }', " }")


def test_who_pays_by_the_year_stays_where_a_plan_is_sold_by_the_month_alone(app: Flask) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    confirms(alice, target("personal", interval="annual"), add_method(alice, GOOD).id)
    with clock.at(HALF):
        (to_team,), none = plan_moves.planned("plans", to="team")
        assert none == []
        plans.applies(MONTHLY_ONLY, WITHOUT_SEATS_BY_YEAR)
        moves, stay = plan_moves.planned("plans", to="team")
        words = "It pays by the year, and Team is not sold so. Let it change the interval first."
        assert (moves, [each.why for each in stay]) == ([], [words])
        (newest,), _none = plan_moves.planned("plans", to="personal")
        with pytest.raises(Refused, match="by the year, and Team is not sold so"):
            plan_moves.move(
                plan_moves.Move(
                    acme.customer_id,
                    acme.name,
                    newest.overage,
                    newest.before,
                    "team",
                    type(newest.after).of(newest.after.catalog, "team"),
                ),
                by="seller",
                reason="Asked for",
            )
    assert to_team.plan == "team"
    assert (plans.subscription(acme)[:2], verify()) == (("personal", "annual"), [])


def test_a_scheduled_change_is_not_made_once_the_seller_has_given_another_plan(app: Flask) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    confirms(alice, target("team", 5), add_method(alice, GOOD).id)
    fewer = confirms(alice, target(seats=4), "")
    plans.applies(("requests = 50000", "requests = 60000"), ('monthly = "49.00"', 'monthly = "50.00"'))
    with clock.at(HALF):
        terms.gives(acme, "team")
        assert plans.order_of(fewer).state == "scheduled", "the same plan, in newer terms"
        terms.gives(acme, "personal")
    ended = plans.order_of(fewer)
    assert (ended.state, ended.problem) == ("replaced", "moved_by_the_seller")
    (mail,) = [each for each in plans.rows(Mail, acme) if each.template == "plan_undone"]
    with clock.at(HALF):
        said = payment_text.of(mail.template, acme.customer_id, json.loads(mail.context))
    assert said is not None
    assert said.subject == "The change to Team, billed monthly, 4 seats is not made"
    assert "Plans AB has moved Plans Ltd to Personal, billed monthly." in said.text
    runs(at(2027, 7, 1))
    assert (plans.subscription(acme)[0], verify()) == ("personal", [])
