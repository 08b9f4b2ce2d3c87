"""Overview: shows where the customer stands, in few statements, to those who may see it."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.balance import history
from app.services.customers import registration
from app.services.ledger import grants
from app.services.usage import recording
from tests.support import cast, shop
from tests.support.browser import Browser
from tests.support.statements import counted

PATH = "/billing/"
FRAGMENT = {"HX-Request": "true"}


def give(customer: Customer, units: int, reason: str = "Welcome") -> None:
    grants.give(
        customer.customer_id, kind="promotional", credits=Credits(units * 10**6), granted_by="seller", reason=reason
    )


def use(customer: Customer, units: int, key: str) -> None:
    recording.record(customer.customer_id, key=key, credits=Credits(units * 10**6), description="Requests")


@pytest.mark.both_databases
def test_a_new_customer_sees_what_to_do_first(alice: Browser) -> None:
    page = alice.opens(PATH)
    assert page.status == 200
    assert page.texts("h1") == ["Overview"]
    assert page.texts("#overview-first_steps h2") == ["First steps"]
    assert page.texts("#overview-first_steps h3") == ["Add credits", "Set a daily limit", "Use it"]
    steps = [str(link["href"]) for link in page.soup.select("#overview-first_steps a")]
    assert steps == ["/billing/add-credits/", "/billing/spend-management/", "/billing/usage/"]
    assert all(alice.opens(step).status == 200 for step in steps)
    assert not page.soup.select(".chart, #overview-latest, #overview-balance"), "there is nothing to draw"


def test_a_viewer_sees_it_all_but_is_sent_to_a_manager_to_buy(bob: Browser) -> None:
    page = bob.opens(PATH)
    assert page.status == 200
    assert "Ask an owner or billing manager to add credits." in page.text
    assert page.texts("#overview-first_steps a") == ["See the limits", "See what is counted"]


def test_its_figures_are_the_numbers_of_the_service(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    use(acme, 30, "a")
    page = alice.opens(PATH)
    assert page.texts("#overview-balance a.figure") == ["$70.00", "$30.00", "Total credits"]
    assert page.texts("#overview-sums dd") == ["$100.00", "−$30.00", "$70.00"]
    with as_customer(acme.customer_id):
        numbers = history.numbers()
    assert numbers.remaining_credits == Credits(70 * 10**6)
    available = numbers.available_to_use.units
    assert page.texts("#overview-available .lead") == [f"${int(available)}.00"]
    assert "Left of today’s limit" not in page.text


FIGURES = ("total_credits", "usage_this_period", "remaining_credits")


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_opens_rows_that_add_up_to_it(alice: Browser, acme: Customer, figure: str) -> None:
    give(acme, 100)
    give(acme, 11, "Sorry")
    use(acme, 30, "a")
    page = alice.opens(PATH)
    shown = dict(zip(FIGURES, ["$111.00", "$30.00", "$81.00"], strict=True))[figure]
    assert shown in page.text
    rows = alice.follows(page, f"a.figure[href*='figure={figure}']")
    assert rows.status == 200
    assert rows.texts("#balance_history-summed") == [shown]
    assert rows.texts("#balance_history-figure h2")[0].endswith(shown)


def test_the_latest_movements_by_day_open_their_sources(alice: Browser, acme: Customer) -> None:
    for number in range(6):
        give(acme, 1 + number)
        use(acme, 1, f"u{number}")
    page = alice.opens(PATH)
    assert len(page.texts("#overview-latest tbody tr")) == 5
    assert page.texts("#overview-latest td.end")[:2] == ["−$1.00", "+$6.00"]
    assert page.texts("#overview-latest tbody a")[0] == "Today so far"
    links = page.soup.select("#overview-latest tbody a")
    assert len(links) == 5 and all(alice.opens(str(link["href"])).status == 200 for link in links)


def test_the_charts_are_tables_too_and_say_themselves_in_a_sentence(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    use(acme, 30, "a")
    page = alice.opens(PATH)
    drawings = page.soup.select("svg.chart__plot")
    assert len(drawings) == 2, "one drawing each, for every width"
    assert all(svg["role"] == "group" and "$" in str(svg["aria-label"]) for svg in drawings)
    days = [str(link["href"]) for svg in drawings for link in svg.select("a")]
    assert all(alice.opens(day).texts("h1") for day in days) and len(days) == 2
    assert page.texts("#overview-days details td.end") == ["$30.00"]
    assert page.texts("#overview-chart details td.end") == ["$70.00"]
    assert page.texts("#overview-days h2") == ["Used each day"], "there is no day before today"


@pytest.fixture
def old_acme(catalog: str) -> Customer:
    """Acme, who has been a customer for sixty days."""
    made = clock.now() - timedelta(days=60)
    with clock.at(made):
        return registration.create(name="Acme", email="billing@acme.example", catalog=cast.CATALOG, external_id="acme")


@pytest.fixture
def acme_with_habits(app: Flask, origin: str, old_acme: Customer) -> Browser:
    """Alice's browser at an Acme that uses 10.00 on each of the last 20 days, today too."""
    now = clock.now()
    with clock.at(now - timedelta(days=59)):
        give(old_acme, 1000)
    for days in range(20, -1, -1):
        with clock.at(now - timedelta(days=days)):
            use(old_acme, 10, f"d{days}")
    return cast.signed_in(app, origin, cast.make_actor(cast.ALICE, old_acme))


def test_it_forecasts_the_day_the_credit_runs_out(acme_with_habits: Browser) -> None:
    page = acme_with_habits.opens(PATH)
    day = clock.now().date() + timedelta(days=79)  # 790.00 left at 10.00 a day
    assert f"Credits last until about {day.day} {day:%b} {day.year}" in page.text
    assert 'class="fore"' in page.response.text
    assert page.texts("#overview-days h2 .num") == ["$6.90"]
    assert len(page.soup.select("#overview-days details tbody tr")) == 30


def test_the_range_of_a_forecast_is_left_out_when_it_is_one_day(app: Flask, origin: str, old_acme: Customer) -> None:
    now = clock.now()
    with clock.at(now - timedelta(days=59)):
        give(old_acme, 225)
    for days in range(20, -1, -1):
        with clock.at(now - timedelta(days=days)):
            use(old_acme, 10, f"d{days}")
    page = cast.signed_in(app, origin, cast.make_actor(cast.ALICE, old_acme)).opens(PATH)
    note = page.texts("#overview-balance .overview-now__note")[0]
    assert "Credits last until about" in note and "(" not in note


def test_usage_says_since_when_it_counts(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    use(acme, 1, "a")
    page, today = alice.opens(PATH), clock.now().date()
    assert page.texts("#overview-used") == [f"$1.00 used since {today.day} {today:%b %Y}"]


def test_tokens_are_whole_on_average_and_no_overage_protection_is_off(app: Flask, origin: str, catalog: str) -> None:
    cast.apply_catalog("analytics")
    now = clock.now()
    with clock.at(now - timedelta(days=8)):
        customer = registration.create(
            name="Initech", email="b@initech.example", catalog="analytics", external_id="ini"
        )
        give(customer, 1000)
    with clock.at(now - timedelta(days=1)):
        use(customer, 100, "a")
    give(customer, 1)
    page = cast.signed_in(app, origin, cast.make_actor(cast.ALICE, customer)).opens(PATH)
    (average,) = page.texts("#overview-days h2 .num")
    assert average.endswith("tokens") and "." not in average
    assert page.texts("#overview-latest tbody td.end")[0] == "+1 token"
    with as_customer(customer.customer_id):
        protected = history.numbers().overage_protection.micros
    shown = page.find("#overview-available .sum > div:nth-child(2) dd").get_text()
    assert shown.startswith("+" if protected else "Off")


def test_without_use_there_is_no_forecast_and_it_says_so(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    page = alice.opens(PATH)
    assert "No credits used in the last days, so no forecast" in page.text
    assert 'class="fore"' not in page.response.text


def test_use_of_today_alone_makes_no_forecast_and_is_not_denied(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    use(acme, 52, "today")
    assert "No credits used in the last days before today, so no forecast yet" in alice.opens("/billing/").text


def test_below_zero_it_says_what_is_left_of_the_overage_protection(alice: Browser, acme: Customer) -> None:
    give(acme, 10)
    use(acme, 30, "a")
    with as_customer(acme.customer_id):
        numbers = history.numbers()
    page = alice.opens(PATH)
    assert page.texts("#overview-balance .lead") == ["−$20.00"]
    assert numbers.overage_left == numbers.overage_protection - Credits(20 * 10**6)
    lines = dict(zip(page.texts("#overview-available dt"), page.texts("#overview-available dd"), strict=True))
    assert lines["Remaining credits"] == "−$20.00"
    assert lines["Overage protection"].startswith("+$50.00 $30.00 of it is left below zero;")
    assert lines["Credits you could use"] == "$30.00"  # the column adds up
    assert page.texts("#overview-available .overview-now__note")[0] == "$30.00 of overage protection."
    assert "End of your overage protection" in page.response.text


def test_a_payment_that_waits_for_the_bank_can_be_continued(alice: Browser, bob: Browser, alice_actor: Actor) -> None:
    shop.add_method(alice_actor, shop.ASKS)
    shop.bought(alice, "25.00")
    page = alice.opens(PATH)
    assert page.texts("#status_line strong") == ["Your bank asks you to confirm $25.00."]
    assert page.texts("#status_line a") == ["Continue"]
    assert page.texts("#overview-under_way li") == ["$25.00 waits for you to confirm it with your bank."]
    assert page.find("#overview-content")["hx-trigger"] == "every 5s"
    seen = bob.opens(PATH)
    assert "Ask Alice Archer to confirm it." in seen.texts("#status_line")[0]
    assert not seen.soup.select("#status_line a")


def test_nothing_asks_again_while_nothing_is_under_way(alice: Browser) -> None:
    assert not alice.opens(PATH).soup.select("[hx-trigger]")


def test_page_and_fragment_agree(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    page, fragment = alice.opens(PATH), alice.opens(PATH, **FRAGMENT)
    assert fragment.status == 200 and not fragment.soup.select("html")
    assert fragment.find("#overview-content") == page.find("#overview-content")


def test_a_stranger_is_sent_to_sign_in(visitor: Browser) -> None:
    answer = visitor.client.get(PATH)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


def test_another_customer_sees_nothing_of_it(mallory: Browser, acme: Customer) -> None:
    give(acme, 12345, "Only for Acme")
    page = mallory.opens(PATH)
    assert "12,345" not in page.response.text and "Only for Acme" not in page.response.text


def test_it_takes_seven_statements_whatever_the_history(alice: Browser, acme: Customer) -> None:
    give(acme, 1)
    with counted() as small:
        alice.opens(PATH)
    give(acme, 1000)
    for number in range(60):
        use(acme, 1, f"u{number}")
    with counted() as large:
        alice.opens(PATH)
    assert len(small) == len(large) <= 7, "\n".join(large)


def test_the_overage_protection_holds_as_shown(alice: Browser, acme: Customer) -> None:
    give(acme, 10)
    with as_customer(acme.customer_id):
        available = history.numbers().available_to_use
    recording.record(acme.customer_id, key="all", credits=available, description="Everything")
    assert alice.opens(PATH).texts("#overview-available .lead") == ["$0.00"]
    with pytest.raises(Refused):
        recording.record(acme.customer_id, key="more", credits=Credits(1), description="One more")
