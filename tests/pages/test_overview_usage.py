"""Overview: usage against the plan, what presses, today's limit, and how spend management stands."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.authorizations import holds
from app.services.balance import history
from app.services.catalog import versions
from app.services.ledger import grants
from tests.support import cast, meters, spend, usage_cast
from tests.support.browser import Browser
from tests.support.statements import counted
from tests.support.usage_cast import looks, uses

PATH = "/billing/"


@pytest.fixture(autouse=True)
def on_the_tenth() -> Iterator[None]:
    """It is the tenth of a month, at noon."""
    with clock.at(datetime(2026, 11, 10, 12, tzinfo=UTC)):
        yield


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on the paid plan: 5,000 requests at most; it has $100.00 of credit."""
    made = usage_cast.metered()
    grants.give(made.customer_id, kind="promotional", credits=Credits(10**8), granted_by="seller", reason="Welcome")
    return made


@pytest.mark.both_databases
def test_bars_stand_before_what_has_none_and_open_their_meter(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 4600)
    alice = looks(app, origin, acme)
    page = alice.opens(PATH)
    assert page.texts("#overview-usage .meter__name") == ["Requests", "Users", "Runs", "Storage"]
    assert page.texts("#overview-usage h2") == ["Plan usage · Paid"]
    first = page.soup.select("#overview-usage .meter")[0]
    price = "Use beyond what is included costs $0.40 per 1,000 requests: $1.44 so far"
    note = f"Near the limit: 400 requests left. {price}"
    assert (first["data-state"], page.texts("#overview-usage .meter__note")[0]) == ("near", note)
    assert page.texts("#status_line strong") == ["Requests: 92 % of your plan’s 5,000 requests used."]
    assert alice.follows(page, "#overview-usage .meter:first-child a").texts("h1") == ["Requests"]


def test_usage_without_a_meter_has_one_name_and_one_amount_on_each_page(
    app: Flask, origin: str, acme: Customer
) -> None:
    taken = holds.authorize(AuthorizationRequest(acme.customer_id, micros=300_000))
    holds.capture(taken.id)
    alice, name = looks(app, origin, acme), "Usage without a meter"
    page = alice.opens(PATH)
    assert page.texts("#overview-without_meter")[0].split() == [*name.split(), "$0.30"]
    assert page.texts("#overview-used .num") == ["$0.30"]
    there = alice.follows(page, "#overview-without_meter a")
    assert there.texts("h1") == [name]
    usage = alice.opens("/billing/usage/")
    assert usage.texts("#usage-meters tbody tr:last-child")[0].split() == [*name.split(), "$0.30"]
    assert usage.texts("#usage-cost") == ["$0.30"]
    day = alice.follows(alice.opens("/billing/balance-history?show=usage"), "table a.rowlink")
    assert day.texts(".table--used tbody tr")[0].split() == [*name.split(), "$0.30"]


def test_it_shows_the_same_as_the_usage_page(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 4600)
    uses(acme, "runs", 1, 1)
    alice = looks(app, origin, acme)
    here, there = alice.opens(PATH), alice.opens("/billing/usage/")
    for meter in ("requests", "users", "runs", "storage"):
        shown = [
            [page.find(f"{root} .meter:has(#meter-{meter})").select(part) for part in (".meter__of", "[role=meter]")]
            for page, root in ((here, "#overview-usage"), (there, "#usage-meters"))
        ]
        assert shown[0] == shown[1]


def test_what_wants_attention_stands_first(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 1)
    usage_cast.seen(acme, "ann", "ben", "cy")
    page = looks(app, origin, acme).opens(PATH)
    assert page.texts("#overview-usage .meter__name")[:2] == ["Users", "Requests"]


def test_a_period_that_is_over_begins_at_nothing_before_any_job_ran(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 4600)
    with clock.at(clock.now() + timedelta(days=40)):
        page = looks(app, origin, acme).opens(PATH)
    assert page.texts("#overview-usage .meter__of")[0] == "0 of 5,000 requests"
    assert not page.soup.select("#status_line")


def test_accepted_usage_shows_at_once_in_every_figure(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 3500)
    page = looks(app, origin, acme).opens(PATH)
    assert page.texts("#overview-balance a.figure") == ["$99.00", "$1.00", "Total credits"]
    assert page.texts("#overview-latest td.end")[0] == "−$1.00"
    with as_customer(acme.customer_id):
        numbers = history.numbers()
    assert (numbers.usage_this_period, numbers.remaining_credits) == (Credits(10**6), Credits(99 * 10**6))


@pytest.mark.parametrize(
    ("used", "state", "left"), [(1250, "ok", "$9.90"), (22_000, "near", "$1.60"), (26_000, "over", "$0.00")]
)
def test_todays_limit_is_a_bar_with_words(
    app: Flask, origin: str, acme: Customer, used: int, state: str, left: str
) -> None:
    spend.chooses(acme, "10", "5")
    uses(acme, "requests", used)
    page = looks(app, origin, acme).opens(PATH)
    assert page.find("#overview-available .overview-now__bar")["data-state"] == state
    assert page.texts("#overview-available .sum__total dd")[1].startswith(left)
    assert "usage is blocked until tomorrow, 00:00 UTC." in page.texts("#overview-available .sum__note")[-1]
    assert "of $10.00 used today" in page.texts("#overview-available .overview-now__note")[0]
    assert "Daily limit $10.00" in page.find("#overview-days").get_text()


def test_todays_limit_binds_only_where_the_balance_leaves_more(app: Flask, origin: str, acme: Customer) -> None:
    alice = looks(app, origin, acme)
    for limit, words in (("100", "Your balance leaves less than that."), ("99.99", "It starts over at 00:00 UTC.")):
        spend.chooses(acme, limit)
        note = alice.opens(PATH).texts("#overview-available .overview-now__note")[0]
        assert note == f"$0.00 of ${limit}{'' if '.' in limit else '.00'} used today. {words}"


def test_days_from_the_mail_threshold_on_have_its_colour_and_a_word(app: Flask, origin: str, acme: Customer) -> None:
    spend.chooses(acme, "10", "5")
    alice = looks(app, origin, acme)
    uses(acme, "requests", 10_000)
    lines = ["Daily limit $10.00", "E-mail at $5.00"]
    assert alice.opens(PATH).texts("#overview-days .mark text") == lines
    uses(acme, "requests", 3500)
    page = alice.opens(PATH)
    assert len(page.soup.select("#overview-days a.near")) == 1
    threshold = "From your $5.00 e-mail threshold on"
    assert page.texts("#overview-days a.near title") == [f"10 Nov 2026: $5.00 {threshold}"]
    assert page.texts("#overview-days tbody tr")[0] == f"10 Nov 2026 $5.00 {threshold}"


def test_days_at_the_daily_limit_have_a_colour_of_their_own_and_a_word(app: Flask, origin: str, acme: Customer) -> None:
    spend.chooses(acme, "10", "5")
    uses(acme, "requests", 26_000)
    with clock.at(clock.now() + timedelta(days=1)):
        page = looks(app, origin, acme).opens(PATH)
    assert (len(page.soup.select("a.over")), len(page.soup.select("a.near"))) == (1, 0)
    over = "At or over your $10.00 daily limit"
    assert page.texts("#overview-days tbody tr")[:2] == ["11 Nov 2026 $0.00", f"10 Nov 2026 $10.00 {over}"]
    assert "Days at or over the daily limit of $10.00: 1." in str(
        page.soup.select("#overview-days svg.chart__plot")[0]["aria-label"]
    )


def test_a_day_is_not_judged_by_a_limit_that_came_later(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 26_000)
    with clock.at(clock.now() + timedelta(days=1)):
        spend.chooses(acme, "10", "5")
        page = looks(app, origin, acme).opens(PATH)
    assert not page.soup.select("#overview-days a.over, #overview-days a.near")
    name = str(page.soup.select("#overview-days svg.chart__plot")[0]["aria-label"])
    assert "Days at or over the daily limit of $10.00, which holds since 11 Nov: 0." in name


def test_over_the_daily_limit_it_says_by_how_much_as_spend_management_does(
    app: Flask, origin: str, acme: Customer
) -> None:
    spend.chooses(acme, "10", "5")
    spend.holds(acme, "3")
    uses(acme, "requests", 28_500)
    alice = looks(app, origin, acme)
    page, level = alice.opens(PATH), "Over the limit: 140 % of $10.00 used or held, over by $4.00."
    assert page.texts("#overview-available .sum__note")[-1] == (
        f"{level} $11.00 of $10.00 used today, $3.00 held. Further usage is blocked until tomorrow, 00:00 UTC."
    )
    assert str(page.find("#overview-available [role=meter]")["aria-valuetext"]).endswith("over by $4.00")
    assert alice.opens("/billing/spend-management/").texts(".meter__note")[0].startswith(level)
    assert page.texts("#overview-available .overview-now__note")[0].endswith("It starts over at 00:00 UTC.")


def test_what_calls_under_way_hold_is_no_debt(app: Flask, origin: str, acme: Customer) -> None:
    spend.chooses(acme, "200")
    spend.holds(acme, "30")
    uses(acme, "requests", 201_000)
    alice = looks(app, origin, acme)
    page = alice.opens(PATH)
    total = page.texts("#overview-available .sum__total")[0]
    assert total == (
        "Credits you could use now $0.00 Calls in progress hold all of it, so nothing can be used now. Without them, "
        "$20.00 would be left."
    )
    assert "Missing" not in page.text
    spend.chooses(acme, "50")
    page = alice.opens(PATH)
    binds = page.texts("#overview-available .overview-now__note")[0]
    assert binds == "Calls in progress hold all that is left.", "midnight frees nothing"
    assert page.texts("#overview-available .sum__note")[-1].endswith(
        "Further usage is blocked until tomorrow, 00:00 UTC, and after that by your balance."
    )


def test_the_limits_are_a_step_away(app: Flask, origin: str, acme: Customer) -> None:
    alice, bob = looks(app, origin, acme), looks(app, origin, acme, cast.BOB)
    line = "#overview-next dd:has(#overview-spend)"
    assert alice.opens(PATH).texts(line) == ["Disabled Modify spend management"]
    spend.chooses(acme, "10", "5")
    assert alice.opens(PATH).texts(line) == ["Enabled Modify spend management"]
    assert bob.opens(PATH).texts(line) == ["Enabled See spend management"]


def test_a_seller_who_does_not_offer_it_shows_no_such_line(app: Flask, origin: str) -> None:
    versions.apply(meters.METERED.format(burn="realtime") + "\n[spend_management]\noffered = false\n")
    page = looks(app, origin, meters.customer("Acme", plan="paid")).opens(PATH)
    assert page.status == 200
    assert not page.soup.select("#overview-spend") and "Spend management" not in page.text


def test_more_used_than_may_be_is_shown_as_that(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 1_000_000)
    page = looks(app, origin, acme).opens(PATH)
    assert page.texts("#status_line p") == [
        (
            "Calls are refused: your balance is −$299.60. More was used than your credit. "
            "The next $299.60 you add cover what is owed first."
        )
    ]


def test_it_takes_seven_statements_whatever_was_used(app: Flask, origin: str, acme: Customer) -> None:
    alice: Browser = looks(app, origin, acme)
    uses(acme, "requests", 1)
    with counted() as small:
        alice.opens(PATH)
    for meter in ("requests", "runs", "peak", "hours", "storage"):
        uses(acme, meter, *[1] * 100)
    spend.chooses(acme, "10", "5")
    with counted() as large:
        alice.opens(PATH)
    assert len(small) == len(large) <= 7, "\n".join(large)
