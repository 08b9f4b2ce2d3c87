"""The month of each example catalog, as the page of the product that it is modelled on says, sentence by sentence."""

from fractions import Fraction

import pytest
from flask import Flask

from app import clock, ids
from app.domain.money import Money
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.scope import as_customer
from app.services.catalog import versions
from app.services.month_end import comparison
from app.services.payments import top_ups
from app.services.subscriptions import cancellation, past_months
from app.services.verification.verify import verify
from tests.support import cast, months, periods, plans
from tests.support.months import at, begins, runs
from tests.support.plans import confirms, target
from tests.support.shop import GOOD, add_method

JUNE, JULY = at(2027, 6, 16, 9), at(2027, 7, 1)
"""The first of them is the middle of June: half of it is over."""
STEPS = "1 to 2,000 at €0.02 per hour; from 2,001 on at €0.016 per hour"


def has(catalog: str, plan: str, moment: object = JUNE, *words: tuple[str, str]) -> Customer:
    """Return a customer of an example catalog."""
    text = (cast.EXAMPLES / f"{catalog}.toml").read_text()
    for old, new in words:
        assert old in text
        text = text.replace(old, new)
    months.applies("\n".join(line for line in text.splitlines() if not line.startswith("logo = ")))
    return begins(moment, plan, catalog=catalog)  # type: ignore[arg-type]  # a moment


def reports(whose: Customer, meter: str, quantity: int) -> None:
    """Report usage on the day after the customer came."""
    periods.reports(whose, meter, quantity, at=JUNE.replace(day=17))


@pytest.mark.case("AC-29")
def test_identity_bills_the_calendar_month_base_fee_and_overage(app: Flask) -> None:
    acme = has("identity", "growth", JUNE, ("mau = 10000,", "mau = 2,"))
    # "Renewal date: when your current billing period ends": the month of monthly active users is the calendar month.
    assert f"{plans.row_of(acme).period_ends_at:%F}" == "2027-07-01"
    # "Pro-rated charges apply based on your billing cycle."
    runs(JUNE)
    assert months.lines(acme) == [("open", [("Growth, 16–30 June 2027", 4950)])]
    for number in range(4):
        periods.reports_of(acme, "mau", f"user-{number}", at=JUNE.replace(day=17))
    # As it says: "Invoices include a detailed breakdown of your charges, including base subscription fees and any overage charges."
    runs(JULY)
    assert months.lines(acme)[1][1] == [
        ("Monthly Active Users (MAU), 16–30 June 2027: 2 users beyond the 2 of the plan at $0.05 per user", 10),
        ("Growth, 1–31 July 2027", 9900),
    ]
    with as_customer(acme.customer_id):  # what is said of the last months is what was billed for them
        assert [each.share for each in past_months.counted()] == [Fraction(1, 2)]
        sold, row = versions.of(plans.customer_of(cast.make_actor(cast.ALICE, acme))), plans.row_of(acme)
        assert comparison.compared(db.session(), acme, row, sold, sold).before == Money(4960, "USD")
    assert verify() == []


def test_analytics_renews_seats_lets_less_wait_and_reverts_to_free(app: Flask) -> None:
    acme = has("analytics", "team", at(2027, 6, 10, 9))
    runs(at(2027, 6, 10, 9))
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    # "Adding seats is billed prorated." (noon of the period: half a month of two seats at 15.00)
    confirms(alice, target(seats=5), way, at=at(2027, 6, 25))
    # "Reducing seats takes effect at the next billing period."
    assert confirms(alice, target(seats=4), "", at=at(2027, 6, 26)).state == "scheduled"
    runs(at(2027, 7, 10))
    assert [found for _state, found in months.lines(acme)] == [
        [("Team, 10 June – 9 July 2027", 4900)],
        [("2 seats, 25 June – 9 July 2027", 1500)],
        # "Line items with plan and seat details"
        [("Team, 10 July – 9 August 2027", 4900), ("1 seat, 10 July – 9 August 2027", 1500)],
    ]
    # "The subscription remains active until the end of the current billing period."
    with clock.at(at(2027, 7, 12)):
        cancellation.cancel(acme.customer_id, by="alice")
    assert plans.subscription(acme)[0] == "team"
    # "After cancellation, your account reverts to the Free plan. … some features may become unavailable."
    runs(at(2027, 8, 10))
    runs(at(2027, 9, 10))
    assert (plans.subscription(acme), len(months.lines(acme))) == (("free", "monthly", None), 3)
    (ended,) = [each.data for each in plans.rows(OutboxEvent, acme) if each.type == "subscription.ended"]
    assert "Shared dashboards" in ended
    assert verify() == []


def test_gateway_bills_what_was_used_of_the_overage_protection_and_nothing_else(app: Flask) -> None:
    acme = has("gateway", "")
    runs(JUNE)
    assert months.lines(acme) == []
    reports(acme, "requests", 12_500)
    # "Any usage from this protection will be billed on your next invoice."
    runs(at(2027, 7, 16))
    assert months.lines(acme) == [
        ("open", [("Requests, used below zero until 15 July 2027: 12,500 requests at $0.40 per 1,000 requests", 500)])
    ]
    assert (runs(at(2027, 8, 16)), len(months.lines(acme)), verify()) == (1, 1, [])


def test_platform_invoices_the_month_before_and_credit_bought_before_pays_it(app: Flask) -> None:
    acme, other = has("platform", ""), has("platform", "support")
    alice = plans.manager_of(acme)
    way = add_method(alice, GOOD).id
    with clock.at(JUNE), as_customer(acme.customer_id):
        bought = top_ups.buy(
            alice, form_key=ids.new_form_key(), amount=Money(5000, "EUR"), pack="", method_id=way, return_url=str
        )
    assert bought.state == "succeeded"
    for whose in (acme, other):
        reports(whose, "container_runtime", 1000)
        reports(whose, "addons", 200)
    # "The beginning of each month": of the calendar, whatever day the customer came on.
    runs(JULY)
    (paid,) = [each for each in plans.invoices(acme) if each[3][0][0].startswith("Application")]
    # As it says, "An invoice … includes application containers runtime, application addons."
    lines = [
        ("Application addons, 16–30 June 2027: 200 hours at €0.0125 per hour", 250),
        (f"Application containers runtime, 16–30 June 2027: 1,000 hours ({STEPS})", 2000),
    ]
    # "Buy credit in advance and we'll use them to pay the invoices."
    assert (paid[0], paid[3]) == ("paid", lines)
    # Who has none of it has something to pay; the plan that begins is on the same invoice.
    assert plans.invoices(other)[-1][0] == "open"
    assert plans.invoices(other)[-1][3] == [*lines, ("Pay per use with support, 1–31 July 2027", 14900)]
    assert (runs(JULY), verify()) == (0, [])
