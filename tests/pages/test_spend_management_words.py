"""Spend management says what each limit stops, how near it is and which notifications were sent, with the customer's own numbers."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.customers import registration
from app.services.transaction import transaction
from tests.support import cast, spend, usage_cast
from tests.support.browser import Browser
from tests.support.noon import NOON, noon
from tests.support.noon import since_august as acme

__all__ = ["acme", "noon"]

PATH = "/billing/spend-management/"
LOG = f"{PATH}log"
NOTICES, REFUSED = "#spend_management-notified tbody tr", "#spend_management-refused summary"
FORM = "form[aria-label='Spend management']"
SAVE = "#spend_management-save"


@pytest.mark.parametrize(
    ("used", "state", "words"),
    [("19.99", "ok", "79 % of $25.00 used."), ("20", "near", "Near the limit: 80 %"), ("25", "over", "At the limit: 100 %")],
)  # fmt: skip
def test_the_bar_says_in_words_and_colour_how_near_it_is(
    alice: Browser, acme: Customer, used: str, state: str, words: str
) -> None:
    spend.chooses(acme, "25")
    spend.uses(acme, used)
    meter = alice.opens(PATH).find(".meter")
    assert meter["data-state"] == state
    assert words in " ".join(meter.get_text(" ").split())


@pytest.mark.case("AC-58")
def test_each_limit_says_in_one_sentence_what_it_stops_with_the_customers_own_numbers(
    alice: Browser, acme: Customer
) -> None:
    spend.uses(acme, "18.24")
    spend.chooses(acme, "25", "20")
    page = alice.opens(PATH)
    assert page.texts("#spend_management-limit_effect") == [
        ("Stops calls that ask for more than what is left of it: $18.24 is used today, so $6.76 is left.")
    ]
    assert page.texts("#spend_management-threshold_effect") == [
        ("Stops nothing: one e-mail a day to billing@acme.example; $18.24 is used today, so none is sent yet.")
    ]
    assert (
        "Stops calls that ask for more than your remaining $981.76 and $50.00 of overage protection: that is "
        "$1,031.76 now." in page.text
    )
    spend.uses(acme, "10")
    page = alice.opens(PATH)
    assert page.texts("#spend_management-limit_effect") == [
        ("Stops calls until 00:00 UTC: $28.24 of $25.00 is used today.")
    ]
    assert "; today’s is queued or sent." in page.text


@pytest.mark.case("AC-58")
def test_the_plans_limits_say_so_too(app: Flask, origin: str) -> None:
    text = (
        (cast.EXAMPLES / "identity.toml")
        .read_text()
        .replace("[spend_management]\noffered = false", "[spend_management]\noffered = true")
    )
    versions.apply(text)
    initech = registration.create(name="Initech", email="b@initech.example", catalog="identity", external_id="initech")
    browser = cast.signed_in(app, origin, cast.make_actor(cast.ALICE, initech))
    page = browser.opens(PATH)
    assert (
        "Stops nothing: the Free plan allows 1,000 " in page.text
        and "; 0 used so far in this billing period." in page.text
    )
    assert "; 0 is the latest value. Usage alerts can notify you." in page.text
    assert "Stops calls for more than" not in page.text, "nobody can ask for permission for these"
    paid = usage_cast.looks(app, origin, usage_cast.metered(), cast.BOB)
    sentence = "Stops calls for more than 5,000 requests a billing period on the Paid plan: 0 used, so 5,000 left."
    assert sentence in paid.opens(PATH).text


@pytest.mark.case("AC-58")
def test_below_zero_the_protection_is_what_stops(alice: Browser, acme: Customer) -> None:
    spend.uses(acme, "1021.82")
    spend.holds(acme, "0.36")
    assert (
        "Stops calls that ask for more than what is left of your $50.00 of overage protection: $21.82 of it is used and "
        "$0.36 is held for calls in progress, so that is $27.82 now." in alice.opens(PATH).text
    )
    spend.uses(acme, "30")
    assert (
        "Stops every call: $1.82 is owed, and nothing can be used until a top-up covers it." in alice.opens(PATH).text
    )


@pytest.mark.case("AC-57")
def test_every_time_says_its_zone(alice: Browser, acme: Customer) -> None:
    spend.chooses(acme, "25", "20")
    spend.uses(acme, "25")
    spend.decided()
    times = [each for path in (PATH, LOG) for each in alice.opens(path).soup.select("main time")]
    assert len(times) >= 3
    for each in times:
        stamped, words = str(each["datetime"]), each.get_text()
        assert words.endswith("UTC") if "T" in stamped else "(UTC)" in each.parent.get_text()
        assert stamped.endswith("Z") or "T" not in stamped


@pytest.mark.case("AC-54")
def test_the_pace_of_today_says_when_the_limit_is_reached_and_never_beyond_midnight(
    alice: Browser, acme: Customer
) -> None:
    spend.chooses(acme, "25")
    spend.uses(acme, "20")
    assert "At today’s pace the limit is reached at about 15:00 UTC, and resets at 00:00 UTC." in alice.opens(PATH).text
    spend.chooses(acme, "40.01")
    assert "At today’s pace the limit is not reached before it resets at 00:00 UTC." in alice.opens(PATH).text


def test_notifications_are_listed(alice: Browser, acme: Customer) -> None:
    spend.chooses(acme, "25", "20")
    spend.uses(acme, "26")
    spend.decided()
    rows = alice.opens(LOG).texts(NOTICES)
    assert rows == [
        "Daily limit reached 21 Nov 2026, 12:00 UTC $25.00 $26.00",
        "E-mail threshold reached 21 Nov 2026, 12:00 UTC $20.00 $26.00",
    ]


def test_a_notification_says_what_it_was_about_and_silent_ones_are_left_out(alice: Browser, acme: Customer) -> None:
    spend.chooses(acme, "7")
    spend.uses(acme, "3.5")
    spend.holds(acme, "3")
    spend.asks(acme, "1")
    spend.decided()
    rows = alice.opens(LOG).texts(NOTICES)
    assert rows == ["Call refused: daily limit 21 Nov 2026, 12:00 UTC $7.00 $3.50, $3.00 held"]
    with clock.at(NOON + timedelta(minutes=1)):
        spend.chooses(acme, on=False, limit="7")
        spend.decided()
        spend.uses(acme, "1000")
        spend.decided()
        rows = alice.opens(LOG).texts(NOTICES)
    assert rows[0] == "No credit left 21 Nov 2026, 12:01 UTC $0.00 −$3.50"
    assert not any("Balance low" in row for row in rows)


def test_a_threshold_that_was_raised_after_todays_mail_says_that_no_other_goes(alice: Browser, acme: Customer) -> None:
    spend.chooses(acme, "50", "5")
    spend.uses(acme, "6")
    spend.decided()
    spend.chooses(acme, "50", "20")
    (words,) = alice.opens(PATH).texts("#spend_management-threshold_effect")
    assert words.endswith("; today’s, for $5.00, is queued or sent, and there is no other today.")


def test_calls_that_were_refused_say_why_and_what_they_asked_for(alice: Browser, acme: Customer) -> None:
    spend.chooses(acme, "25")
    assert spend.asks(acme, "25.01") == (False, "daily_limit")
    with clock.at(NOON + timedelta(minutes=1)):
        spend.chooses(acme, on=False, limit="25")
        assert spend.asks(acme, "2000") == (False, "insufficient_credits")
        page = alice.opens(LOG)
        refusal = select(Authorization.id).where(Authorization.reason == "daily_limit").scalar_subquery()
        with as_service("forget what it was decided from"), transaction() as session:
            session.execute(update(Authorization).values(judged_balance_micros=None).where(Authorization.id == refusal))
        later = alice.opens(LOG)
    assert page.texts(REFUSED) == [
        "Not enough credits 21 Nov 2026, 12:01 UTC $2,000.00",
        "Over the daily limit 21 Nov 2026, 12:00 UTC $25.01",
    ]
    newest, oldest = page.soup.select("#spend_management-refused li")
    assert [each.get_text() for each in newest.select("dd")] == [
        "$2,000.00",
        "$1,000.00, up to $50.00 below zero: $1,050.00 left",
        "None",
        "Pay as you go, as sold in version 1",
        "$2,000.00 is more than the $1,050.00 that was left",
    ]
    assert len(oldest.select("dd")) == 5 and "of which $0.00 was used" in oldest.get_text()
    (_newest, kept_none) = later.soup.select("#spend_management-refused li")
    assert kept_none.select("dd") == [] and "was not kept at that time." in kept_none.get_text()


def test_what_is_held_counts_in_every_sentence(alice: Browser, acme: Customer) -> None:
    spend.chooses(acme, "25")
    spend.uses(acme, "10")
    spend.holds(acme, "5")
    page = alice.opens(PATH)
    assert "$10.00 is used today and $5.00 is held, so $10.00 is left." in page.text
    assert "less $5.00 held for calls in progress: that is $1,035.00 now." in page.text
    assert page.texts("#spend_management-left") == ["$10.00"]


@pytest.mark.case("AC-54")
def test_the_overviews_forecast_knows_the_limit(alice: Browser, acme: Customer) -> None:
    for days in range(14, 0, -1):
        spend.uses(acme, "40", NOON - timedelta(days=days))
    assert "Credits last until about 2 Dec 2026" in alice.opens("/billing/").text
    spend.chooses(acme, "10")
    assert "Credits last until about 4 Jan 2027" in alice.opens("/billing/").text
