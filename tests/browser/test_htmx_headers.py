"""What the htmx of `static/` sends of itself: `web/respond.py` goes by these headers and no others."""

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Opens

METHODS = "/billing/payment-methods/"


@pytest.fixture
def sent(signs_in: Opens) -> tuple[Page, list[Request]]:
    """Alice's page, and what htmx asks from now on."""
    page, asked = signs_in(), []
    page.goto("/billing/")
    page.on("request", lambda request: asked.append(request) if _is_of_htmx(request) else None)
    return page, asked


def _is_of_htmx(request: Request) -> bool:
    """Whether htmx asks; the balance badge asks by itself, however long the rest takes."""
    return "hx-request" in request.headers and "balance-badge" not in request.url


def test_a_part_a_boosted_link_and_the_page_it_was_on(sent: tuple[Page, list[Request]]) -> None:
    page, asked = sent
    page.locator(".side").get_by_role("link", name="Payment methods").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment methods")
    (boosted,) = asked
    assert boosted.headers["hx-request"] == boosted.headers["hx-boosted"] == "true"
    assert boosted.headers["hx-current-url"].endswith("/billing/")
    page.get_by_role("link", name="Add new credit card").click()
    expect(page.locator("#payment_methods-new")).to_be_visible()
    part = asked[-1]
    assert part.headers["hx-request"] == "true" and "hx-boosted" not in part.headers
    assert part.headers["hx-current-url"].endswith(METHODS)
    assert not {"hx-trigger", "hx-trigger-name", "hx-prompt"} & part.headers.keys()
    assert part.headers["hx-target"] == "div#payment_methods-content", "no id alone, as htmx-flask takes it"


def test_the_back_button_says_so(sent: tuple[Page, list[Request]]) -> None:
    page, asked = sent
    page.locator(".side").get_by_role("link", name="Usage").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Usage")
    asked.clear()
    restored: list[Request] = []
    page.on(
        "request", lambda request: restored.append(request) if "hx-history-restore-request" in request.headers else None
    )
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    assert len(restored) == 1 and restored[0].headers["hx-history-restore-request"] == "true"
    assert page.locator("html").count() == 1 and page.locator(".side").count() == 1
