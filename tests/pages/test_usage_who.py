"""Usage: who sees it, what is not there, and what it costs to show."""

import pytest
from flask import Flask

from app.models.customers import Customer
from app.services.catalog import versions
from app.services.usage import events
from app.services.usage.events import UsageReport
from tests.support import cast, meters
from tests.support.browser import Browser
from tests.support.statements import counted
from tests.support.usage_cast import USAGE, looks, seen, uses
from tests.support.usage_page import acme, bar, day_of, on_the_tenth

__all__ = ["acme", "on_the_tenth"]


@pytest.mark.parametrize(
    "path",
    [
        "zebras", "requests?period=99", "requests?period=0", "requests?period=-1", "requests?period=٣",
        "requests/2026-11-09", "requests/2026-13-40", "requests/yesterday", "requests/2026-11-10?after=zebra",
        "zebras/2026-11-10",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(app: Flask, origin: str, acme: Customer, path: str) -> None:
    uses(acme, "requests", 1)
    assert looks(app, origin, acme).opens(USAGE + path).status == 404


def test_a_viewer_sees_it_and_may_change_nothing(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 4000)
    page = looks(app, origin, acme, cast.BOB).opens(USAGE)
    assert bar(page, "requests")[0] == "near"
    assert [str(form.get("method", "get")) for form in page.soup.select("main form")] == ["get"]
    assert "Ask an owner or billing manager to add one." in page.text


def test_a_stranger_is_sent_to_sign_in(visitor: Browser) -> None:
    for path in (USAGE, f"{USAGE}requests", f"{USAGE}requests/2026-11-10"):
        answer = visitor.client.get(path)
        assert answer.status_code == 303 and answer.location.startswith("/sign-in")


def test_another_customer_sees_nothing_of_it(app: Flask, origin: str, acme: Customer) -> None:
    events.accept([UsageReport("only-for-acme", acme.customer_id, "requests", 4321)])
    other = meters.customer("Globex", plan="paid")
    mallory = looks(app, origin, other, cast.MALLORY)
    assert "4,321" not in mallory.opens(USAGE).text
    assert mallory.opens(day_of("requests")).status == 404


def test_a_seller_without_meters_says_so(app: Flask, origin: str) -> None:
    words = meters.METERED.format(burn="realtime")
    head, _, rest = words.partition("[[meters]]")
    versions.apply(head + "[plans]" + rest.partition("[plans]")[2].partition('[[plans.tiers]]\nkey = "paid"')[0])
    page = looks(app, origin, meters.customer("Acme")).opens(USAGE)
    assert page.status == 200 and "does not meter any usage yet" in page.text


def test_the_number_of_statements_does_not_grow(app: Flask, origin: str, acme: Customer) -> None:
    alice = looks(app, origin, acme)
    uses(acme, "requests", 1)
    paths = (USAGE, f"{USAGE}requests", day_of("requests"))
    few = [_statements(alice, path) for path in paths]
    for meter in ("requests", "runs", "peak", "hours", "storage"):
        uses(acme, meter, *[1] * 60)
    assert [_statements(alice, path) for path in paths] == few
    assert max(few) <= 13  # one of them reads the status line


def _statements(browser: Browser, path: str) -> int:
    with counted() as seen_statements:
        assert browser.opens(path).status == 200
    return len(seen_statements)


@pytest.mark.case("AC-58")
def test_a_limit_that_nobody_asks_about_stops_nothing_and_a_latest_value_never_resets(app: Flask, origin: str) -> None:
    limits = "limits = { requests = 5000, users = 2, storage = 10 }"
    versions.apply(meters.METERED.format(burn="realtime").replace("limits = { requests = 5000 }", limits))
    acme = meters.customer("Acme", plan="paid")
    uses(acme, "storage", 4)
    seen(acme, "ann", "ben")
    alice = looks(app, origin, acme)
    said = {meter: alice.opens(f"{USAGE}{meter}").texts("#usage-limit_effect")[0] for meter in ("users", "storage")}
    nothing = "No calls are refused for it: it is shown here, and usage alerts can notify you."
    price = "Use beyond what is included costs $0.05 each."
    assert said == {
        "users": f"Your plan allows 2 users each billing period. You have used 2. {nothing} {price}",
        "storage": f"Your plan allows 10 MB, and the latest value is 4. {nothing}",
    }
    assert bar(alice.opens(USAGE), "storage") == ("ok", "4 of 10 MB", "")
    uses(acme, "storage", 10)
    assert bar(alice.opens(USAGE), "storage") == ("over", "10 of 10 MB", "All that your plan allows")
    assert '<th scope="col" class="end">MB</th>' in alice.opens(f"{USAGE}storage").response.text
