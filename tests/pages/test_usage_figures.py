"""Every figure of Usage, Spend management and Overview opens the rows that come to it, with the formula in words."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from app.services.customers import billing_periods
from tests.support import cast, spend, usage_cast
from tests.support.browser import Browser, Page
from tests.support.statements import counted
from tests.support.usage_cast import USAGE, looks, seen, uses

FIGURES, SPENT = "/billing/usage-figures", "/billing/spend-figures"
SPEND, OVERVIEW = "/billing/spend-management/", "/billing/"
WHERE = (
    (USAGE, "main"), (f"{USAGE}requests", "main"), (f"{USAGE}users", "main"), (f"{USAGE}storage", "main"),
    (f"{USAGE}?meter=requests&days=30", "#usage-history"), (SPEND, "main"), (OVERVIEW, "#overview-available"),
)  # fmt: skip


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme with usage of every kind of meter on two days, a hold, a limit and credit."""
    made = usage_cast.metered()
    spend.gives(made, "50")
    with clock.at(clock.now() - timedelta(days=1)):
        uses(made, "requests", 4_000)
    uses(made, "requests", 500)
    uses(made, "runs", 1, 1)
    uses(made, "peak", 2, 1)
    uses(made, "storage", 7)
    seen(made, "ann", "ben", "cy")
    spend.chooses(made, "20")
    spend.holds(made, "3")
    return made


def of(page: Page) -> tuple[str, str]:
    """Return what the page of a figure shows, and what its rows come to."""
    (title,) = page.texts("h2 .num")
    (summed,) = page.texts("[id$='-figure-summed']")
    return title, summed


@pytest.mark.both_databases
def test_every_figure_opens_its_rows_and_they_come_to_it(app: Flask, origin: str, acme: Customer) -> None:
    alice = looks(app, origin, acme, cast.BOB)
    opened: dict[str, str] = {}
    for path, root in WHERE:
        for link in alice.opens(path).soup.select(f"{root} a[href*='-figures/']"):
            opened[str(link["href"])] = link.get_text(" ", strip=True)
    assert {each.partition("?")[0].rpartition("-figures/")[2].split("/")[0] for each in opened} == {
        "cost", "quantity", "days", "used", "left", "held", "balance", "available", "plan",
    }  # fmt: skip
    for href, said in opened.items():
        page = alice.opens(href)
        assert page.status == 200, (href, page.text)
        shown, summed = of(page)
        assert summed == shown, href
        figure = said.removesuffix(" left").removeprefix("now ")
        assert "from" in said or "of today" in said or "calls in" in said or shown.startswith(figure), (href, shown)
        assert page.soup.select_one("h2 + p")
        for line in page.soup.select("dl a"):
            assert alice.opens(str(line["href"])).status == 200, (href, line["href"])


def test_a_closed_period_keeps_its_figures(app: Flask, origin: str, acme: Customer) -> None:
    alice = looks(app, origin, acme)
    before = alice.opens(f"{FIGURES}/cost?meter=requests")
    assert of(before) == ("$1.40", "$1.40")
    assert "too many events" not in before.text
    with clock.at(clock.now() + timedelta(days=32)):
        billing_periods.roll_due()
        alice = looks(app, origin, acme, cast.BOB)
        assert of(alice.opens(f"{FIGURES}/cost?meter=requests")) == ("$0.00", "$0.00")
        closed = alice.opens(f"{FIGURES}/cost?period=1")
        links = [str(each["href"]) for each in closed.soup.select("dl a")]
        assert f"{FIGURES}/cost?meter=requests&period=1" in links
        assert of(alice.opens(f"{FIGURES}/cost?meter=requests&period=1")) == ("$1.40", "$1.40")
        (words,) = alice.opens(f"{USAGE}requests?period=1").texts("#usage-meter .sum__total a.figure")
        assert words == "$1.40"


@pytest.mark.parametrize(
    "path",
    [f"{FIGURES}/quantity", f"{FIGURES}/cost?meter=nothing", f"{FIGURES}/cost?period=9", f"{FIGURES}/days?days=7",
     f"{FIGURES}/days?meter=storage", f"{FIGURES}/quantity?meter=-", f"{SPENT}/used/soon",
     f"{SPENT}/used/2999-01-01", f"{SPENT}/plan/hours", f"{SPENT}/plan/nothing"],
)  # fmt: skip
def test_what_there_is_not_is_said(app: Flask, origin: str, acme: Customer, path: str) -> None:
    assert looks(app, origin, acme).opens(path).status == 404


def test_nobody_sees_another_customers_rows(acme: Customer, mallory: Browser) -> None:
    for path in (f"{FIGURES}/cost", f"{SPENT}/held", f"{SPENT}/used/{clock.now():%Y-%m-%d}"):
        page = mallory.opens(path)
        assert (of(page), page.soup.select("dl a")) == (("$0.00", "$0.00"), [])


def test_the_statements_do_not_grow_with_the_rows(app: Flask, origin: str, acme: Customer) -> None:
    alice = looks(app, origin, acme)

    def statements(path: str) -> int:
        with counted() as found:
            alice.opens(path)
        return len(found)

    paths = (f"{FIGURES}/cost", f"{FIGURES}/quantity?meter=users", f"{SPENT}/available")
    before = [statements(path) for path in paths]
    uses(acme, "requests", *range(1, 40))
    seen(acme, *(f"user {number}" for number in range(30)))
    assert [statements(path) for path in paths] == before
