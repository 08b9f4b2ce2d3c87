"""Balance history by day: today's row and the balance beside it, a day's meters, and the same rows in every file."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.scope import as_customer
from app.presenters.balance_history import GROUPS, KINDS
from app.services import jobs
from app.services.authorizations import holds
from app.services.balance import history
from app.services.ledger import grants
from tests.pages.test_balance_history import DAY_ROW, PATH, file, rows_of
from tests.pages.test_balance_history_spreadsheet import sheet
from tests.support import meters, usage_cast
from tests.support.browser import Browser, Page
from tests.support.usage_cast import looks, uses

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
LINK = f"{DAY_ROW} td:first-child a"


@pytest.fixture(autouse=True)
def on_the_tenth() -> Iterator[None]:
    """It is the tenth of a month, at noon."""
    with clock.at(NOON):
        yield


def _given(customer: Customer, units: int, **when: datetime) -> None:
    grants.give(
        customer.customer_id,
        kind="promotional",
        credits=Credits(units * 10**6),
        granted_by="seller",
        reason="Welcome",
        **when,  # type: ignore[arg-type]  # only times
    )


def _customer(burn: str = "realtime") -> Customer:
    """Acme with 20 of credit, on the plan that includes 1,000 requests."""
    acme = usage_cast.metered(burn=burn)
    _given(acme, 20)
    return acme


def _rows(page: Page) -> list[list[str]]:
    """Return what each row says: its name, amount and balance, as shown."""
    cells = [row.select("td") for row in page.soup.select(DAY_ROW)]
    for tip in page.soup.select(".tip"):
        tip.extract()
    return [[" ".join(row[place].get_text(" ").split()) for place in (0, 2, 3)] for row in cells]


def _badge(page: Page) -> Decimal:
    return Decimal(page.find("#balance-badge .balance__v").get_text().split(",")[0].strip().lstrip("−$"))


@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_the_topmost_balance_is_the_one_beside_it_with_usage_that_waits_and_holds(
    app: Flask, origin: str, burn: str
) -> None:
    acme = _customer(burn)
    uses(acme, "requests", 3500)
    with clock.at(NOON + timedelta(days=1)):
        uses(acme, "peak", 2)
        holds.authorize(AuthorizationRequest(acme.customer_id, micros=1_500_000))
        alice = looks(app, origin, acme)
        page = alice.opens(PATH)
        assert _badge(page) == Decimal(15)
        assert _rows(page) == [
            ["Today so far", "−$4.00", "$15.00"],
            ["Usage, 10 Nov", "−$1.00", "$19.00"],
            ["Welcome", "+$20.00", "$20.00"],
        ]
        every = alice.opens(f"{PATH}?view=rows")
        assert every.texts("#balance_history-to_book") == [
            "Not booked yet: −$5.00 . The balance counts it: $15.00 ."
        ], "the rows end elsewhere than the balance beside them"
        assert alice.opens(f"{PATH}?view=rows&q=Welcome").soup.select("#balance_history-to_book") == []
        jobs.run_due()  # what is booked meanwhile changes no row
        assert _rows(alice.opens(PATH))[1:] == [["Usage, 10 Nov", "−$1.00", "$19.00"], ["Welcome", "+$20.00", "$20.00"]]


def test_credit_that_is_over_or_begins_is_a_row_before_the_job_books_it(app: Flask, origin: str) -> None:
    acme = _customer()
    _given(acme, 5, expires_at=NOON + timedelta(hours=2))
    _given(acme, 7, effective_at=NOON + timedelta(hours=1))
    with clock.at(NOON + timedelta(hours=3)):
        alice = looks(app, origin, acme)
        page = alice.opens(PATH)
        assert _rows(page)[:2] == [
            ["Expired credits, booked soon", "−$5.00", "$27.00"],
            ["Credits that begin, booked soon", "+$7.00", "$32.00"],
        ]
        data = json.loads(file(alice, f"{PATH}.json").text)["data"]
        assert sum(Decimal(row["amount"]) for row in data) == Decimal(27)


def test_usage_of_a_day_is_parted_only_where_something_else_moved_the_balance(app: Flask, origin: str) -> None:
    acme = _customer()
    uses(acme, "peak", 2)
    with clock.at(NOON + timedelta(hours=1)):
        _given(acme, 3)
        uses(acme, "requests", 3500)
    with clock.at(NOON + timedelta(days=1)):
        alice = looks(app, origin, acme)
        page = alice.opens(PATH)
        assert _rows(page) == [
            ["Usage, 10 Nov", "−$1.00", "$18.00"],
            ["Welcome", "+$3.00", "$19.00"],
            ["Usage, 10 Nov", "−$4.00", "$16.00"],
            ["Welcome", "+$20.00", "$20.00"],
        ]
        when = page.texts(f"{DAY_ROW} td:nth-child(2)")
        assert when[0] == "10 Nov 2026 , from 13:00 UTC" and when[2] == "10 Nov 2026 , from 12:00 to 13:00 UTC"
        assert _rows(alice.opens(f"{PATH}?show=usage")) == [["Usage, 10 Nov", "−$5.00", "$18.00"]]


@pytest.mark.both_databases
@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_a_day_opens_its_meters_which_add_up_to_it_and_the_rows_that_booked_it(
    app: Flask, origin: str, burn: str
) -> None:
    acme = _customer(burn)
    uses(acme, "requests", 3333)
    uses(acme, "peak", 2)
    meters.post_all(acme.customer_id)
    uses(acme, "requests", 1000)
    taken = holds.authorize(AuthorizationRequest(acme.customer_id, micros=1_500_000))
    holds.capture(taken.id)
    alice = looks(app, origin, acme)
    page = alice.opens(str(alice.opens(PATH).soup.select(LINK)[0]["href"]))
    assert page.texts("h1") == ["Today so far, 10 Nov 2026 (UTC)"]
    assert page.texts(".table--used tbody td") == [
        *("Peak", "2 machines", "$4.0000"),
        *("Usage without a meter", "", "$1.5000"),
        *("Requests", "4,333 requests", "$1.3332"),
    ]
    assert page.texts(".table--used tfoot td") == ["$6.8332", "$13.1668"]
    with as_customer(acme.customer_id):
        booked = {row.id for row in history.history(history.HistoryQuery(kind="usage")).entries}
    assert {code.text for code in page.soup.select(".table--booked code")} == booked
    assert page.texts(".table--booked tr:last-child td") == ["Not booked yet: it counts already", "−$1.90"]
    assert (
        alice.opens(str(page.soup.select(".table--used tbody a")[0]["href"])).path == "/billing/usage/peak/2026-11-10"
    )


@pytest.mark.parametrize("day", ["2026-11-09", "2026-11-31", "zebra", "20261110", "0000-00-00"])
def test_a_day_without_usage_is_not_there(app: Flask, origin: str, day: str) -> None:
    acme = _customer()
    uses(acme, "peak", 2)
    assert looks(app, origin, acme).opens(f"{PATH}/usage/{day}").status == 404


def test_another_customers_day_is_not_there(app: Flask, origin: str, mallory: Browser) -> None:
    uses(_customer(), "peak", 2)
    assert mallory.opens(f"{PATH}/usage/2026-11-10").status == 404


def test_every_file_holds_the_rows_of_the_page(app: Flask, origin: str) -> None:
    acme = _customer()
    uses(acme, "requests", 3333)
    with clock.at(NOON + timedelta(days=1)):
        uses(acme, "peak", 2)
        alice = looks(app, origin, acme)
        lines = rows_of(file(alice, f"{PATH}.csv").text)
        assert [(row["Day"], row["Description"], row["Amount"], row["Running balance"]) for row in lines] == [
            ("2026-11-11", "Usage, 11 Nov 2026", "-4.000000", "15.066800"),
            ("2026-11-10", "Usage, 10 Nov 2026", "-0.933200", "19.066800"),
            ("2026-11-10", "Welcome", "20.000000", "20.000000"),
        ]
        data = json.loads(file(alice, f"{PATH}.json").text)["data"]
        assert [(row["amount"], row["balance_after"]) for row in data] == [
            (row["Amount"], row["Running balance"]) for row in lines
        ]
        cells = sheet(alice, f"{PATH}.xlsx")[1:]
        assert [Decimal(str(row[2])) for row in cells] == [Decimal(row["Amount"]) for row in lines]
        some = rows_of(file(alice, f"{PATH}.csv?show=grants").text)
        assert [row["Kind"] for row in some] == ["promotional"] and some[0]["Id"].startswith("txn_")


def test_words_find_the_days_of_a_meter_and_an_amount_its_day(app: Flask, origin: str) -> None:
    acme = _customer()
    uses(acme, "requests", 3333)
    with clock.at(NOON + timedelta(days=1)):
        uses(acme, "peak", 2)
        alice = looks(app, origin, acme)
        for typed, found in {
            "request": ["Usage, 10 Nov"],
            "-0.93": ["Usage, 10 Nov"],
            "0.9332": ["Usage, 10 Nov"],
            "$4": ["Today so far"],
            "+4": [],
            "welc": ["Welcome"],
            "20.00": ["Welcome"],
        }.items():
            assert [row[0] for row in _rows(alice.opens(f"{PATH}?q={typed.replace('+', '%2B')}"))] == found, typed


def test_older_and_newer_show_every_day_once(app: Flask, origin: str) -> None:
    acme = _customer()
    for days in range(30):
        with clock.at(NOON + timedelta(days=days)):
            uses(acme, "runs", 1)
    with clock.at(NOON + timedelta(days=29)):
        alice = looks(app, origin, acme)
        first = alice.opens(PATH)
        second = alice.follows(first, ".pager a[rel=next]")
        assert [len(_rows(page)) for page in (first, second)] == [25, 6]
        assert alice.follows(second, ".pager a[rel=prev]").texts(LINK) == first.texts(LINK)
        assert first.texts(".chips a[aria-current]") == ["All", "By day", "Any time"]
        november = alice.opens(f"{PATH}?from=2026-11-01&to=2026-11-30")
        assert "November" in november.texts(".chips a[aria-current]")
        assert len({*november.texts(LINK)}) == 22


def test_each_kind_is_in_one_quick_filter() -> None:
    kinds = [kind for group in GROUPS.values() for kind in group]
    assert sorted(kinds) == sorted(KINDS)
