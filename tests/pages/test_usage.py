"""Usage: bars, table and chart of the meters."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from app.services.customers import billing_periods
from tests.support import cast
from tests.support.usage_cast import USAGE, looks, seen, uses
from tests.support.usage_page import acme, bar, day_of, on_the_tenth

__all__ = ["acme", "on_the_tenth"]

FRAGMENT = {"HX-Request": "true"}
FORM = "#usage-history form.filters"


def resets() -> str:
    """Return when a period ends that begins today, as a note says it."""
    start = clock.now().replace(hour=0, minute=0)
    year, month = (start.year + 1, 1) if start.month == 12 else (start.year, start.month + 1)
    ends = datetime(year, month, start.day, tzinfo=UTC)
    return f"{ends.day} {ends:%b} {ends.year}"


@pytest.mark.parametrize(
    ("used", "state", "of", "note"),
    [
        (3999, "ok", "3,999 of 5,000 requests", ""),
        (4000, "near", "4,000 of 5,000 requests", "Near the limit: 1,000 requests left"),
        (4999, "near", "4,999 of 5,000 requests", "Near the limit: 1 request left"),
        (5000, "over", "5,000 of 5,000 requests", "At the limit until 10 Dec 2026"),
        (5600, "over", "5,600 of 5,000 requests", "Over the limit by 600 requests"),
    ],
)
def test_a_bar_changes_colour_and_words_at_80_and_100_percent(
    app: Flask, origin: str, acme: Customer, used: int, state: str, of: str, note: str
) -> None:
    uses(acme, "requests", used)
    page = looks(app, origin, acme).opens(USAGE)
    found = bar(page, "requests")
    assert found[:2] == (state, of)
    assert found[2] == note
    meter = page.find("#usage-meters [role=meter][aria-labelledby=meter-requests]")
    assert meter["aria-valuenow"] == str(min(100, used * 100 // 5000))
    assert meter["aria-valuetext"] == f"{of}, {used * 100 // 5000} percent"
    assert len(page.soup.select("#usage-meters .meter:has(#meter-requests) .meter__note svg")) == (state != "ok")


def test_without_a_limit_the_bar_is_of_what_is_included(app: Flask, origin: str, acme: Customer) -> None:
    seen(acme, "ann", "ben")
    alice = looks(app, origin, acme)
    assert bar(alice.opens(USAGE), "users") == ("over", "2 of 2 users", "All that is included is used")
    seen(acme, "cy", "ann")
    assert bar(alice.opens(USAGE), "users") == ("over", "3 of 2 users", "1 user beyond what is included")
    note = "1 user beyond what is included: $0.05 of credits"
    assert alice.opens(f"{USAGE}users").texts("#usage-meter .meter__note") == [note]


def test_a_meter_with_nothing_to_measure_against_has_no_bar(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "runs", 1, 1, 1)
    page = looks(app, origin, acme).opens(USAGE)
    assert bar(page, "runs") == ("open", "3 runs", "")
    assert bar(page, "storage") == ("open", "0 MB", "")
    assert page.texts("#usage-meters tr:has(#meter-runs) td") == ["3 runs", "", "$0.10 each", "$0.30"]
    assert not page.soup.select("[aria-labelledby=meter-runs]")


@pytest.mark.both_databases
def test_the_table_describes_each_meter_with_its_terms(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 2500)
    uses(acme, "hours", 130)
    page = looks(app, origin, acme).opens(USAGE)
    rows = {row.th.a.get_text(): row for row in page.soup.select(".table--meters tbody tr")}  # type: ignore[union-attr]
    assert list(rows) == ["Requests", "Runs", "Users", "Storage", "Peak", "Hours"]
    shown = [" ".join(cell.get_text().split()) for cell in rows["Requests"].select("td")]
    terms = "1,000 included, up to 5,000 requests"
    assert shown == ["2,500 of 5,000 requests", terms, "$0.40 per 1,000 requests", "$0.60"]
    graduated = rows["Hours"].select("td")[2].get_text()
    assert graduated == "1 to 100: $0.02 each; from 101 on: $0.016 each"
    assert page.texts("#usage-cost") == ["$3.08"]  # 0.60 + 100 × 0.02 + 30 × 0.016


@pytest.mark.both_databases
def test_the_history_is_a_chart_and_a_table_of_the_meter_that_is_chosen(
    app: Flask, origin: str, acme: Customer
) -> None:
    uses(acme, "requests", 100)
    now = clock.now()
    with clock.at(now + timedelta(days=2)):
        uses(acme, "requests", 250, 50)
        alice = looks(app, origin, acme)
        page = alice.submits(alice.opens(USAGE), FORM, meter="requests", days="period")
        assert page.texts("#usage-history tbody tr") == [
            "12 Nov 2026 300 requests",
            "11 Nov 2026 0 requests",
            "10 Nov 2026 100 requests",
        ]
        names = {str(svg["aria-label"]) for svg in page.soup.select("#usage-history svg.chart__plot")}
        assert names == {"Requests each day from 10 Nov to 12 Nov. Most on 12 Nov: 300 requests."}
        assert page.texts("#usage-total") == ["400 requests"]
        other = alice.submits(page, FORM, meter="runs", days="90")
        assert (other.status, other.value("meter"), other.value("days")) == (200, "runs", "90")
        assert other.texts("#usage-history p.muted") == ["Nothing was used on these days."]
        link = page.soup.select("#usage-history_chart svg a")[-1]
        assert alice.opens(str(link["href"])).texts("h1") == ["Requests on 12 Nov 2026"]


@pytest.mark.parametrize("wrong", ["meter=zebras", "days=7", "days=٣٠"])
def test_a_choice_that_is_not_offered_is_refused_in_words(app: Flask, origin: str, acme: Customer, wrong: str) -> None:
    page = looks(app, origin, acme).opens(f"{USAGE}?{wrong}")
    assert page.status == 422
    assert len(page.errors()) == 1 and page.errors()[0].endswith("from the list.")
    assert page.soup.select("#usage-meters .meter")


def test_no_id_stands_twice_on_the_page(app: Flask, origin: str, acme: Customer) -> None:
    page = looks(app, origin, acme).opens(USAGE)
    names = [str(each["id"]) for each in page.soup.select("[id]")]
    assert sorted(set(names)) == sorted(names)
    assert {str(each["for"]) for each in page.soup.select("label")} <= set(names)


def test_page_and_fragment_agree(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 100)
    alice = looks(app, origin, acme)
    for path, root in (
        (USAGE, "usage-history"),
        (f"{USAGE}requests", "usage-meter"),
        (day_of("requests"), "usage-day"),
    ):
        page, fragment = alice.opens(path), alice.opens(path, **FRAGMENT)
        assert fragment.status == 200 and not fragment.soup.select("html")
        assert fragment.find(f"#{root}") == page.find(f"#{root}")


def test_a_meters_page_says_how_the_credits_come_about(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 2500)
    page = looks(app, origin, acme).opens(f"{USAGE}requests")
    lines = dict(
        zip(page.texts("#usage-meter .sum dt"), page.texts("#usage-meter .sum dd"), strict=True),
    )
    assert lines == {
        "Used": "2,500 requests",
        "Included in your plan": "− 1,000 requests",
        "Beyond it": "1,500 requests",
        "Price": "$0.40 per 1,000 requests",
        "Credits used": "$0.60",
    }


@pytest.mark.case("AC-58")
@pytest.mark.parametrize(
    ("used", "sentence"),
    [
        (
            1200,
            "You have used 1,200, so 3,800 are left: calls that ask for more than that are refused until",
        ),
        (5000, "You have used 5,000: calls that ask for permission are refused until"),
    ],
)
def test_a_plans_limit_says_what_it_stops_with_the_customers_own_numbers(
    app: Flask, origin: str, acme: Customer, used: int, sentence: str
) -> None:
    uses(acme, "requests", used)
    page = looks(app, origin, acme).opens(f"{USAGE}requests")
    assert page.texts("#usage-limit_effect") == [
        f"Your plan allows 5,000 requests each billing period. {sentence} {resets()}, 00:00 UTC."
    ]
    assert looks(app, origin, acme, cast.BOB).opens(f"{USAGE}runs").texts("#usage-limit_effect") == []


def test_an_earlier_period_stays_as_it_was(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 1200)
    with clock.at(clock.now() + timedelta(days=35)):
        assert looks(app, origin, acme).opens(USAGE).status == 200  # before any job has rolled the period
        assert bar(looks(app, origin, acme, cast.BOB).opens(USAGE), "requests")[1] == "0 of 5,000 requests"
        billing_periods.roll_due()
        uses(acme, "requests", 70)
        bob = cast.signed_in(app, origin, cast.make_actor(cast.MALLORY, acme))
        page = bob.opens(f"{USAGE}requests")
        assert page.texts("section[aria-labelledby=usage-earlier-title] tbody tr") == [
            "10 Dec 2026 to 9 Jan 2027 (UTC) 70 $0.00",
            "10 Nov 2026 to 9 Dec 2026 (UTC) 1,200 $0.08",
        ]
        earlier = bob.follows(page, "section[aria-labelledby=usage-earlier-title] a")
        assert earlier.texts("#usage-meter-title") == ["10 Nov 2026 to 9 Dec 2026 (UTC)"]
        assert earlier.texts("#usage-meter .meter__of") == ["1,200 of 5,000 requests"]
        assert earlier.texts("#usage-limit_effect") == []
