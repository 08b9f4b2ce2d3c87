"""Usage against the plan's limit: what is held, what was refused, what use beyond it costs, and periods that are over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.models.customers import Customer
from app.services.authorizations import holds
from app.services.catalog import versions
from app.services.customers import billing_periods
from app.services.ledger import grants
from tests.support import cast, meters, usage_cast
from tests.support.browser import Page
from tests.support.usage_cast import USAGE, looks, seen, uses

LIMITS = "limits = { requests = 5000 }"
PRICE = "Use beyond what is included costs"


@pytest.fixture(autouse=True)
def on_the_tenth() -> Iterator[None]:
    """It is the tenth of a month, at noon."""
    with clock.at(datetime(2026, 11, 10, 12, tzinfo=UTC)):
        yield


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on the paid plan, 5,000 requests at most; it has $100.00 of credit."""
    return funded(usage_cast.metered())


def funded(customer: Customer) -> Customer:
    """Give the customer $100.00."""
    grants.give(customer.customer_id, kind="promotional", credits=Credits(10**8), granted_by="seller", reason="Welcome")
    return customer


def limited(limits: str) -> Customer:
    """Create Acme on a paid plan with these limits, and give it credit."""
    versions.apply(meters.METERED.format(burn="realtime").replace(LIMITS, f"limits = {{ {limits} }}"))
    return funded(meters.customer("Acme", plan="paid"))


def asks(customer: Customer, quantity: int) -> str:
    """Ask for so many requests; return how it ended."""
    return holds.authorize(AuthorizationRequest(customer.customer_id, meter="requests", quantity=quantity)).state


def note(page: Page) -> str:
    return page.texts(".meter__note")[0]


@pytest.mark.case("AC-58")
@pytest.mark.parametrize(
    ("used", "held", "state", "said", "stops"),
    [
        (
            3000,
            400,
            "ok",
            "1,600 requests left, 400 requests held",
            "3,000 and 400 are held for calls in progress, so 1,600 are left:",
        ),
        (4200, 700, "near", "Near the limit: 100 requests left, 700 requests held", "so 100 are left: calls that ask"),
        (4200, 800, "over", "Nothing left now: 800 requests held for calls in progress", "so nothing is left now:"),
    ],
)
def test_what_is_held_takes_up_the_limit_on_every_page(
    app: Flask, origin: str, acme: Customer, used: int, held: int, state: str, said: str, stops: str
) -> None:
    uses(acme, "requests", used)
    assert asks(acme, held) == "held"
    assert asks(acme, 5000 - used - held + 1) == "refused"
    alice = looks(app, origin, acme)
    page = alice.opens(f"{USAGE}requests")
    assert note(page).startswith(said)
    assert stops in page.texts("#usage-limit_effect")[0]
    assert page.find("#usage-meter .meter")["data-state"] == state
    spoken = str(page.find("#usage-meter [role=meter]")["aria-valuetext"])
    assert spoken == f"{used:,} of 5,000 requests, {held} requests held, {(used + held) // 50} percent"
    for path, root in ((USAGE, "#usage-meters"), ("/billing/", "#overview-usage")):
        shown = alice.opens(path).find(f"{root} .meter:has(#meter-requests)")
        assert shown["data-state"] == state and (said in shown.get_text() or state == "ok")


def test_the_calls_that_a_limit_refused_stand_on_the_meters_page(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 4990)
    alice = looks(app, origin, acme)
    assert not alice.opens(f"{USAGE}requests").soup.select("#usage-refused")
    for quantity in range(11, 18):
        assert asks(acme, quantity) == "refused"
    page = alice.opens(f"{USAGE}requests")
    rows = page.texts("#usage-refused summary")
    assert len(rows) == 5
    assert all("Over the plan’s limit" in row for row in rows)
    for other in ("hours", "users", "-"):
        assert not alice.opens(f"{USAGE}{other}").soup.select("#usage-refused")
    with clock.at(clock.now() + timedelta(days=35)):
        billing_periods.roll_due()
        alice = looks(app, origin, acme, cast.BOB)
        assert not alice.opens(f"{USAGE}requests").soup.select("#usage-refused")
        assert alice.opens(f"{USAGE}requests?period=1").texts("#usage-refused summary") == rows


def test_beyond_a_limit_that_stops_nothing_it_says_what_it_costs(app: Flask, origin: str) -> None:
    acme = limited("users = 4, storage = 10")
    seen(acme, "ann", "ben", "cy", "dee")
    alice = looks(app, origin, acme)
    assert note(alice.opens(f"{USAGE}users")) == f"All that your plan allows. {PRICE} $0.05 each: $0.10 so far"
    seen(acme, "eve")
    page = alice.opens(f"{USAGE}users")
    assert note(page) == f"1 user more than your plan allows. {PRICE} $0.05 each: $0.15 so far"
    assert page.texts("#usage-limit_effect")[0].endswith(f"can notify you. {PRICE} $0.05 each: $0.15 so far.")
    uses(acme, "storage", 8)
    assert note(alice.opens(f"{USAGE}storage")) == "Nearly all that your plan allows: 2 MB left"
    uses(acme, "storage", 16)
    assert note(alice.opens(f"{USAGE}storage")) == "6 MB more than your plan allows"


def test_near_what_is_included_it_says_what_use_beyond_costs(app: Flask, origin: str) -> None:
    acme = limited("runs = 0")
    uses(acme, "requests", 900)
    alice = looks(app, origin, acme)
    left = "Nearly all that is included: 100 requests left"
    assert note(alice.opens(f"{USAGE}requests")) == f"{left}. {PRICE} $0.40 per 1,000 requests"
    assert note(alice.opens(f"{USAGE}runs")) == "Not part of your plan"


@pytest.mark.parametrize(
    ("meter", "used", "said"),
    [
        ("requests", 3500, "1,500 requests were left; $1.00 of credits"),
        ("requests", 4999, "1 request was left; $1.60 of credits"),
        ("requests", 5000, "The limit was reached; $1.60 of credits"),
        ("requests", 5600, "Over the limit by 600 requests; $1.84 of credits"),
        ("peak", 3, "2 machines more than your plan allowed; $6.00 of credits"),
        ("hours", 10, "$0.20 in all"),
    ],
)
def test_a_period_that_is_over_is_described_as_over(app: Flask, origin: str, meter: str, used: int, said: str) -> None:
    acme = limited("requests = 5000, peak = 1")
    uses(acme, meter, used)
    with clock.at(clock.now() + timedelta(days=35)):
        billing_periods.roll_due()
        page = looks(app, origin, acme).opens(f"{USAGE}{meter}?period=1")
    words = note(page)
    assert words.endswith(said)
    assert not any(now in words for now in ("so far", "Resets", "until"))


def test_a_day_of_a_unique_meter_says_what_is_counted(app: Flask, origin: str, acme: Customer) -> None:
    seen(acme, "ann", "ben", "ann")
    page = looks(app, origin, acme).opens(f"{USAGE}users/2026-11-10")
    assert "Subjects seen for the first time in this billing period" in page.texts(".sum dt")


def test_percentages_are_offered_where_there_is_something_to_take_them_of(app: Flask, origin: str) -> None:
    acme = usage_cast.metered(plan="free")
    choices = looks(app, origin, acme).opens(USAGE).soup.select("#usage-alert_form [name=measure] option")
    assert [str(each["value"]) for each in choices] == ["quantity"]
    globex = meters.customer("Globex", plan="paid")
    choices = (
        looks(app, origin, globex, cast.MALLORY).opens(USAGE).soup.select("#usage-alert_form [name=measure] option")
    )
    assert [str(each["value"]) for each in choices] == ["percent", "quantity"]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_form_keeps_the_meter_of_the_alert_that_was_added(
    app: Flask, origin: str, acme: Customer, headers: dict[str, str]
) -> None:
    alice = looks(app, origin, acme)
    token = alice.opens(USAGE).value("csrf_token")
    data = {"csrf_token": token, "meter": "runs", "threshold": "7", "measure": "quantity"}
    page = alice.posts(f"{USAGE}alerts", data, **headers)
    assert page.notices() == ["Usage alert added."] if not headers else page.status == 200
    assert page.find("#usage-alert_form [name=meter] [selected]")["value"] == "runs"
    assert page.value("threshold") == ""
    wrong = alice.opens(f"{USAGE}?added=zebras")
    assert wrong.status == 200 and not wrong.soup.select("#usage-alert_form [name=meter] [selected]")
