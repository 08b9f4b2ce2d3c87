"""Plan: what is had, what else is sold for how much, and why one of the plans cannot be chosen."""

from datetime import date

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.mails import Mail
from app.models.scope import as_service
from app.services.customers import billing_periods
from app.services.ledger import posting
from app.services.mail import sending
from app.services.month_end import price_changes
from app.services.subscriptions import seats
from app.services.transaction import transaction
from tests.support import cast, months, periods, plans
from tests.support.browser import Browser
from tests.support.plans import HALF, confirms, target
from tests.support.shop import GOOD, add_method
from tests.support.statements import counted

PATH = "/billing/plan/"
BIG = ('[[plans.tiers]]\nkey = "team"', '[[plans.tiers]]\nkey = "big"\ntitle = "Big"\non_request = true\n\n[[plans.tiers]]\nkey = "team"')  # fmt: skip
MAILED = ('country = "SE", tax_id', 'country = "SE", email = "sales@plans.example", tax_id')
THREE = ("max = 25", "max = 3")


def opened(app: Flask, origin: str, *words: tuple[str, str]) -> tuple[Customer, Actor, Browser]:
    """Return a customer on the free plan in the middle of June, its manager, and the manager's browser."""
    acme = plans.customer(*words)
    with clock.at(HALF):
        alice = plans.manager(acme)
        return acme, alice, cast.signed_in(app, origin, alice)


@pytest.mark.both_databases
def test_what_is_had_and_what_is_sold_stand_with_their_prices(app: Flask, origin: str) -> None:
    _acme, alice, browser = opened(app, origin)
    with clock.at(HALF):
        page = browser.opens(PATH)
        assert (page.status, page.texts("h1"), page.texts("#plan-title")) == (200, ["Plan"], ["Free"])
        assert (page.texts("#plan-price"), page.texts("#plan-day")) == (["Free"], ["1 Jul 2027"])
        assert page.texts(".plan-card h3") == ["Free", "Penny", "Personal", "Team"]
        assert page.texts(".plan-card__price") == ["Free", "$0.40 a month", "$12.00 a month", "$49.00 a month"]
        assert page.texts("#plan-card-free .pill") == ["Your plan"]
        assert "3 seats included, one more $15.00 a month, at most 25" in page.find("#plan-card-team").text
        assert "Up to 50,000 requests" in page.find("#plan-card-personal").text
        assert page.soup.select("#plan-cancel, #plan-seats, .statusline") == []
        by_year = browser.opens(f"{PATH}?interval=annual")
        assert by_year.texts(".plan-card__price") == ["Free", "$0.40 a month", "$120.00 a year", "$490.00 a year"]
        confirms(alice, target("team", 5), add_method(alice, GOOD).id)
        with counted() as statements:
            team = browser.opens(PATH)
        assert team.texts("#plan-title") == ["Team"]
        assert team.texts("#plan-card-team .plan-card__price") == ["$49.00 a month"]
        assert team.texts("#plan-card-team .small strong") == ["With 5 seats $79.00 a month"]
        assert team.texts("#plan-price") == ["$79.00 a month billed monthly, before tax"]
        assert (team.texts("#plan-seats_now"), team.texts("#plan-day")) == (["5"], ["1 Jul 2027"])
        assert len(statements) <= 26, "\n".join(statements)


@pytest.mark.case("AC-97")
def test_a_plan_with_three_seats_is_not_to_be_chosen_by_four_members(app: Flask, origin: str) -> None:
    acme, _alice, browser = opened(app, origin, THREE)
    with clock.at(HALF):
        seats.report(acme.customer_id, 4, by="host")
        page = browser.opens(PATH)
        assert page.texts(".plan-card__why") == ["4 seats are in use, and Team has at most 3. Free 1 of them first."]
        assert page.soup.select("#plan-card-team a") == []
        assert page.texts("#plan-card-personal a") == ["Choose Personal"]
        review = browser.opens(f"{PATH}change?plan=team")
        assert "4 seats are in use, and Team has at most 3." in review.text
        assert review.soup.select("#plan_change-confirm") == []


def test_what_the_last_months_would_have_cost_stands_with_each_plan(app: Flask, origin: str) -> None:
    acme, alice, browser = opened(app, origin)
    with clock.at(HALF):
        assert browser.opens(PATH).soup.select(".plan-card__past") == [], "no period is over yet"
    for month, quantity in ((6, 60_000), (7, 10_000)):
        periods.reports(acme, "requests", quantity, HALF.replace(month=month))
        with clock.at(HALF.replace(month=month + 1)), as_service("go on to August"), transaction() as session:
            posting.lock(session, acme.customer_id)
            billing_periods.roll(session, acme.customer_id, clock.now())
    with clock.at(HALF.replace(month=8)):
        said = cast.signed_in(app, origin, alice).opens(PATH).texts(".plan-card__past")
    assert said == [
        "On your last 2 months: $28.00.",
        "On your last 2 months: $28.80 ($0.80 and $28.00 of usage).",
        "On your last 2 months: $52.00 ($24.00 and $28.00 of usage). You used more Requests than it allows.",
        "On your last 2 months: $126.00 ($98.00 and $28.00 of usage).",
    ]


def test_prices_that_change_are_announced_with_the_own_months_until_the_customer_leaves(
    app: Flask, origin: str
) -> None:
    acme, alice, browser = opened(app, origin)
    with clock.at(HALF):
        assert browser.opens(PATH).soup.select("#plan-price_change") == []
        confirms(alice, target("team"), add_method(alice, GOOD).id)
    plans.applies(('monthly = "49.00"', 'monthly = "98.00"'))
    july = HALF.replace(month=7, day=10)
    months.runs(july)
    with clock.at(july):
        price_changes.announce(acme.customer_id, 2, date(2027, 8, 15), by="seller")
        page = cast.signed_in(app, origin, alice).opens(PATH)
        assert page.texts("#plan-price_change p") == [
            (
                "From 1 Sep 2027 on Team costs $98.00 a month instead of $49.00 a month, before tax. "
                "Your last month under the new prices: $98.00 instead of $49.00. Until then nothing changes. "
                "If you do not want this, choose another plan or cancel before 1 Sep 2027."
            )
        ]
        assert [each["href"] for each in page.soup.select("#plan-price_change a")] == [
            "#plan-cancel",
            "#plan-cards-title",
        ]
        confirms(alice, target("personal"), "", at=july)
        assert browser.opens(PATH).soup.select("#plan-price_change") == []


def test_the_seller_is_asked_about_a_plan_that_is_sold_on_request(app: Flask, origin: str) -> None:
    acme, _alice, browser = opened(app, origin, BIG, MAILED)
    form = "form[aria-label='Ask about Big']"
    with clock.at(HALF):
        page = browser.opens(PATH)
        assert page.texts("#plan-card-big .plan-card__price") == ["On request"]
        empty = browser.submits(page, form, message=" ")
        assert (empty.status, empty.errors()) == (422, ["Write what you want to know."])
        sent = browser.submits(page, form, message="How much are 500 seats?")
        assert sent.notices() == ["Your message is on its way to Plans AB."]
        again = browser.submits(page, form, message="And 600?")
        assert again.status == 409
        assert "You have written about this plan today." in again.text
        sending.send_due()
    (mail,) = [each for each in plans.rows(Mail, acme) if each.template == "plan_request"]
    assert (mail.recipient, mail.subject) == ("sales@plans.example", "Plans Ltd asks about Big")
    assert "How much are 500 seats?" in mail.body_text and "How much are 500 seats?" in mail.body_html


def test_a_viewer_sees_it_and_has_nothing_to_press(app: Flask, origin: str) -> None:
    acme, alice, _browser = opened(app, origin, BIG, MAILED)
    with clock.at(HALF):
        confirms(alice, target("team"), add_method(alice, GOOD).id)
        viewer = cast.signed_in(app, origin, cast.make_actor(cast.BOB, acme))
        page = viewer.opens(PATH)
        assert page.texts("#plan-title") == ["Team"]
        main = page.find("#plan-content")
        assert main.select("form, .plan-card a") == []
        assert "Ask Alice Archer to change the plan." in page.text
        review = viewer.opens(f"{PATH}change?plan=personal")
        assert review.soup.select("#plan_change-confirm") == []
        assert viewer.opens(f"{PATH}cancellation").soup.select("#plan_cancellation-confirm") == []


def test_what_is_not_billed_yet_says_so_and_offers_no_change(app: Flask, origin: str) -> None:
    plans.applies()
    begun = plans.created("team")
    with clock.at(HALF):
        browser = cast.signed_in(app, origin, plans.manager(begun))
        page = browser.opens(PATH)
        assert page.texts("#plan-why_not") == ["The invoice of your plan is being written. Try again in a few minutes."]
        assert page.soup.select(".plan-card a") == []


def test_a_suspended_customer_is_led_to_what_is_to_be_paid(app: Flask, origin: str) -> None:
    acme, _alice, browser = opened(app, origin)
    plans.stands(acme, "suspended")
    with clock.at(HALF):
        page = browser.opens(PATH)
        assert page.texts("#plan-why_not") == [
            "Pay the invoices that are due first: until then your plan cannot be changed. Go to Invoices"
        ]
        assert browser.opens(f"{PATH}change?plan=team").value("seats") == "3"
        assert page.soup.select(".plan-card a") == []


def test_seats_are_priced_while_their_number_is_typed(app: Flask, origin: str) -> None:
    _acme, alice, browser = opened(app, origin)
    htmx = {"HX-Request": "true"}
    with clock.at(HALF):
        confirms(alice, target("team"), add_method(alice, GOOD).id)
        more = browser.opens(f"{PATH}seats?seats=5", **htmx)
        assert more.texts("#plan-seats_price") == [
            "2 seats more at once: $18.75 with tax until 1 Jul 2027; then $79.00 a month before tax."
        ]
        few = browser.opens(f"{PATH}seats?seats=2", **htmx)
        assert few.texts("#plan-seats_price") == ["Team includes 3 seats: fewer cost the same."]
        none = browser.opens(f"{PATH}seats?seats=many", **htmx)
        assert none.texts("#plan-seats_price") == ["Enter a whole number of seats."]
        assert browser.opens(f"{PATH}seats?seats=5").texts("#plan_change-total") == ["$18.75"]
        one = browser.submits(
            browser.opens(PATH), "form[aria-label='Change the seats']", button="[name=step][value='1']"
        )
        assert one.texts("#plan_change-becomes") == ["Team, billed monthly, 4 seats"]
