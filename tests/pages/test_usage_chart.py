"""The chart of Usage on its page: the sums of the tables, the period before, and the day that a bar opens."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from flask import Flask

from app import clock
from app.domain.money import Credits
from app.models.customers import Customer
from app.services.customers import billing_periods
from app.services.ledger import grants
from tests.support import cast
from tests.support.usage_cast import USAGE, looks, uses
from tests.support.usage_page import acme, on_the_tenth

__all__ = ["acme", "on_the_tenth"]


@pytest.fixture
def two_periods(acme: Customer) -> Customer:
    """Acme, who used three meters on days of two billing periods."""
    grants.give(acme.customer_id, kind="promotional", credits=Credits(10**9), granted_by="seller", reason="Welcome")
    began = clock.now()
    for day, quantities in (
        (0, (1500, 2, 30)),
        (3, (200, 0, 80)),
        (29, (900, 1, 0)),
        (31, (2500, 4, 120)),
        (33, (700, 1, 7)),
    ):
        with clock.at(began + timedelta(days=day)):
            billing_periods.roll_due()
            for meter, quantity in zip(("requests", "runs", "hours"), quantities, strict=True):
                uses(acme, meter, *([1] * quantity if meter == "runs" else [quantity] if quantity else []))
    return acme


@pytest.mark.both_databases
def test_the_chart_adds_up_to_the_table_and_each_bar_opens_its_day(
    app: Flask, origin: str, two_periods: Customer
) -> None:
    with clock.at(clock.now() + timedelta(days=33)):
        alice = looks(app, origin, two_periods)
        page = alice.opens(USAGE)
        shown, exact = page.texts("#usage-cost")[0].split(" , exactly ")
        assert page.texts("#usage-total") == [shown] == ["$3.81"]
        cells = [row.select("td") for row in page.soup.select("#usage-history_chart tbody tr")]
        total = page.texts("#usage-history_chart thead th").index("Together")
        assert sum(Decimal(row[total].text[1:]) for row in cells) == Decimal(exact[1:])
        for link in page.soup.select("#usage-history_chart svg a"):
            title = str(link.title.text).partition("\n")[0]  # type: ignore[union-attr]
            day = alice.opens(str(link["href"]))
            exactly = Decimal(day.texts("#usage-day_total")[0].removeprefix("$"))
            cost = exactly.quantize(Decimal("0.01"), ROUND_HALF_UP)  # as on the page
            assert f"{day.texts('h1')[0].removeprefix('Usage on ')}: ${cost}" == title
            assert all(
                alice.opens(str(each["href"])).status == 200 for each in day.soup.select("#usage-all_meters tbody a")
            )


def test_the_period_before_and_the_days_before_stand_beside_it(app: Flask, origin: str, two_periods: Customer) -> None:
    with clock.at(clock.now() + timedelta(days=33)):
        alice = looks(app, origin, two_periods)
        page = alice.opens(f"{USAGE}?meter=requests")
        beside = {
            row[0]: row[-2:]
            for row in (
                [cell.text for cell in each.select("td")] for each in page.soup.select("#usage-history_chart tbody tr")
            )
        }
        assert beside == {
            "13 Dec 2026": ["700 requests", "200 requests"],
            "12 Dec 2026": ["0 requests", "0 requests"],
            "11 Dec 2026": ["2,500 requests", "0 requests"],
            "10 Dec 2026": ["0 requests", "1,500 requests"],
        }
        assert page.texts("#usage-total") == ["3,200 requests"]
        assert page.texts("#usage-beside") == ["1,700 requests from 10 Nov to 13 Nov, now 88 % more"]
        rolling = alice.opens(f"{USAGE}?meter=requests&days=30")
        assert (rolling.texts("#usage-total"), rolling.texts("#usage-beside")) == (["4,100 requests"], []), (
            "not a customer then"
        )
    with clock.at(clock.now() + timedelta(days=60)):
        billing_periods.roll_due()
        rolling = looks(app, origin, two_periods, cast.BOB).opens(f"{USAGE}?meter=requests&days=30")
        assert rolling.texts("#usage-beside") == ["1,100 requests from 11 Nov to 10 Dec, now 191 % more"]


def test_a_day_without_use_is_not_found(app: Flask, origin: str, acme: Customer) -> None:
    alice = looks(app, origin, acme)
    assert alice.opens(f"{USAGE}all-meters/2026-11-10").status == 404
    assert alice.opens(f"{USAGE}all-meters/yesterday").status == 404
