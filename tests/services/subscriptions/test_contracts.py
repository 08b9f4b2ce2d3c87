"""A plan on request has the price of its contract: its customer can end it with the billing period, and keep it."""

import json

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.mails import Mail
from app.services.mail import payment_text
from app.services.subscriptions import cancellation
from app.services.verification.verify import verify
from tests.support import cast, months, plans, terms
from tests.support.months import at, runs
from tests.support.plans import BEGIN, HALF, confirms, target
from tests.support.shop import GOOD, add_method

BIG = ('[[plans.tiers]]\nkey = "team"', '[[plans.tiers]]\nkey = "big"\ntitle = "Big"\non_request = true\n\n[[plans.tiers]]\nkey = "team"')  # fmt: skip
PATH = "/billing/plan/"


@pytest.fixture
def alice(app: Flask) -> Actor:
    """The manager of a customer who had a team for a year, and was given a contract in the middle of it."""
    made = plans.manager(plans.customer(BIG))
    confirms(made, target("team", interval="annual"), add_method(made, GOOD).id, at=BEGIN)
    with clock.at(BEGIN.replace(day=2)):
        terms.gives(plans.customer_of(made), "big")
    return made


@pytest.fixture
def acme(alice: Actor) -> Customer:
    """Its customer."""
    return plans.customer_of(alice)


def test_it_ends_with_the_billing_period_and_the_default_plan_is_had(acme: Customer) -> None:
    with clock.at(HALF):
        for _twice in range(2):
            row = cancellation.cancel(acme.customer_id, by="alice")
    assert f"{row.cancel_at:%F}" == "2027-07-01"
    runs(at(2027, 7, 1))
    assert (plans.subscription(acme), plans.row_of(acme).cancel_at) == (("free", "monthly", None), None)
    assert months.events(acme)[-1] == "subscription.ended"
    assert verify() == []


def test_its_page_says_what_was_agreed_and_offers_to_end_and_to_keep_it(app: Flask, origin: str, alice: Actor) -> None:
    acme = plans.customer_of(alice)
    with clock.at(HALF):
        browser = cast.signed_in(app, origin, alice)
        page = browser.opens(PATH)
        assert (page.texts("#plan-price"), page.texts("#plan-day")) == (["As agreed"], ["1 Jul 2027"])
        assert page.texts("#plan-card-big .plan-card__price") == ["As agreed"]
        asked = browser.follows(page, "#plan-cancel a")
        assert "What you have agreed with Plans AB beside this page stays between you" in asked.text
        done = browser.submits(asked, "form[aria-label='Cancel the plan']")
        assert done.texts("#plan-cancelled p") == [
            "Big ends on 1 Jul 2027. Then you have Free. If you keep it, it goes on as agreed."
        ]
        assert done.texts("#plan-keep") == ["Keep Big"]
        kept = browser.submits(done, "form[aria-label='Keep the plan']", button="#plan-keep")
        assert kept.notices() == ["You keep Big."]
        mail = next(each for each in plans.rows(Mail, acme) if each.template == "plan_kept")
        said = payment_text.of(mail.template, acme.customer_id, json.loads(mail.context))
    assert said is not None
    assert (said.subject, "It goes on as before." in said.text) == ("You keep Big", True)
