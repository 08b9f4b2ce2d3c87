"""Balance history: each row of usage opens the usage behind it, and the figures count what has no row yet."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.models.customers import Customer
from app.services import jobs
from app.services.authorizations import holds
from app.services.ledger import grants
from tests.support import meters, usage_cast
from tests.support.browser import Browser, Page
from tests.support.usage_cast import looks, uses

HISTORY = "/billing/balance-history"
ROWS = f"{HISTORY}?view=rows"
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_the_tenth() -> Iterator[None]:
    """It is the tenth of a month, at noon."""
    with clock.at(NOON):
        yield


def _customer(burn: str) -> Customer:
    """Acme with 20 of credit, on the plan that includes 1,000 requests."""
    acme = usage_cast.metered(burn=burn)
    grants.give(
        acme.customer_id, kind="promotional", credits=Credits(20_000_000), granted_by="seller", reason="Welcome"
    )
    return acme


def _rows(page: Page) -> list[list[str]]:
    """Return the description, amount and running balance of each row."""
    cells = [row.select("td") for row in page.soup.select(".table--history tbody tr")]
    return [[" ".join(row[place].get_text(" ").split()) for place in (0, 2, 3)] for row in cells]


def _opened(alice: Browser, number: int) -> Page:
    link = alice.opens(ROWS).soup.select(".table--history tbody a")[number]
    return alice.opens(str(link["href"]))


@pytest.mark.both_databases
def test_a_days_row_opens_the_day_and_its_events(app: Flask, origin: str) -> None:
    acme = _customer("realtime")
    uses(acme, "requests", 1000, 2500)
    taken = holds.authorize(AuthorizationRequest(acme.customer_id, micros=1_500_000))
    holds.capture(taken.id)
    with clock.at(NOON + timedelta(days=1)):
        jobs.run_due(names=["usage_posted"])
        alice = looks(app, origin, acme)
        assert _rows(alice.opens(ROWS))[:2] == [
            ["Requests, 10 November 2026", "−$1.00", "$17.50"],
            ["Usage without a meter, 10 November 2026", "−$1.50", "$18.50"],
        ]
        requests = _opened(alice, 0)
        assert requests.texts("#balance_history-used td") == ["Requests", "3,500 requests", "$1.00"]
        events = alice.follows(requests, "#balance_history-used a")
        assert len(events.texts(".table--events tbody tr")) == 2
        without = _opened(alice, 1)
        assert without.texts("#balance_history-used td") == ["Usage without a meter", "", "$1.50"]
        assert taken.id in alice.follows(without, "#balance_history-used a").text


def test_a_row_of_a_day_that_is_booked_in_parts_says_which_part_is_its_own(app: Flask, origin: str) -> None:
    acme = _customer("realtime")
    uses(acme, "requests", 3500)
    meters.post_all(acme.customer_id)
    alice = looks(app, origin, acme)
    assert not _opened(alice, 0).texts("#balance_history-booked")
    uses(acme, "requests", 1000)
    meters.post_all(acme.customer_id)
    for number, own in enumerate(("$0.40", "$1.00")):
        row = _opened(alice, number)
        assert row.texts("#balance_history-used td") == ["Requests", "4,500 requests", "$1.40"]
        said = f"This row booked {own} of it. The rest is in other rows, or will be."
        assert row.texts("#balance_history-booked") == [said]


def test_a_periods_row_opens_what_each_meter_counted_in_it(app: Flask, origin: str) -> None:
    acme = _customer("at_invoice")
    uses(acme, "requests", 3500)
    uses(acme, "peak", 2)
    with clock.at(datetime(2026, 12, 10, tzinfo=UTC)):
        jobs.run_due(names=["periods_rolled", "usage_posted"])
        alice = looks(app, origin, acme)
        words = "Applied credit balance to usage, 10 November – 9 December 2026"
        assert _rows(alice.opens(ROWS))[0] == [words, "−$5.00", "$15.00"]
        opened = _opened(alice, 0)
        assert opened.texts("#balance_history-used tbody td") == [
            *("Peak", "2 machines", "$4.00"),
            *("Requests", "3,500 requests", "$1.00"),
        ]
        peak = alice.opens(str(opened.soup.select("#balance_history-used a")[0]["href"]))
        assert peak.status == 200
        assert "2 machines" in peak.text


@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_the_figures_add_up_though_usage_has_no_row_yet(app: Flask, origin: str, burn: str) -> None:
    acme = _customer(burn)
    uses(acme, "requests", 3500)
    with clock.at(NOON + timedelta(days=1)):
        jobs.run_due(names=["usage_posted"])
        uses(acme, "peak", 2)
        alice = looks(app, origin, acme)
        for figure, shown in (("usage_this_period", "$5.00"), ("all_usage", "$5.00"), ("remaining_credits", "$15.00")):
            page = alice.opens(f"{HISTORY}?figure={figure}")
            assert page.find("#balance_history-figure-title").text.endswith(shown)
            assert page.texts("#balance_history-summed") == [shown], figure
        lines = page.texts("#balance_history-figure dt")
        many = "1 row" if burn == "realtime" else "2 rows"
        assert f"Used, and not in this history yet , {many}" in lines
        assert alice.opens("/billing/").status == 200
