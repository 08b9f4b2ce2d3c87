"""What htmx asks, and whether it gets the page or a part of it."""

import pytest
from flask import Flask

from app.web.respond import is_htmx, page_of_htmx, wants_fragment
from tests.support.browser import Browser

PATH = "/billing/payment-methods/"


@pytest.mark.parametrize(
    ("headers", "htmx", "fragment"),
    [
        ({}, False, False),
        ({"HX-Request": "true"}, True, True),
        ({"HX-Request": "false"}, False, False),
        ({"HX-Request": "\xff"}, False, False),
        ({"HX-Request": "true", "HX-Boosted": "true"}, True, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, True, False),
        ({"HX-History-Restore-Request": "true"}, False, False),
        ({"HX-Boosted": "true"}, False, False),
        ({"HX-Request": "true", "HX-Target": "div#a", "HX-Source": "a#b", "HX-Request-Type": "partial"}, True, True),
    ],
)
def test_only_htmx_that_asks_for_a_part_gets_one(
    app: Flask, headers: dict[str, str], htmx: bool, fragment: bool
) -> None:
    with app.test_request_context("/", headers=headers):
        assert (is_htmx(), wants_fragment()) == (htmx, fragment)


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("http://localhost/billing/usage?a=1&b=2#part", "/billing/usage?a=1&b=2"),
        ("http://localhost", ""),
        ("http://[bad", ""),
        ("", ""),
    ],
)
def test_the_page_that_htmx_was_on(app: Flask, url: str, page: str) -> None:
    with app.test_request_context("/", headers={"HX-Current-URL": url}):
        assert page_of_htmx() == page


def test_a_cache_keeps_page_and_part_apart(alice: Browser) -> None:
    whole, part = alice.opens(PATH), alice.opens(PATH, **{"HX-Request": "true"})
    back = alice.opens(PATH, **{"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert ["<html" in each.response.text for each in (whole, part, back)] == [True, False, True]
    for each in (whole, part, back):
        assert "HX-Request" in each.response.headers["Vary"]
