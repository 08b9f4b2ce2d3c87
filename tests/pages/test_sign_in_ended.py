"""A session that has ended: the sign-in says so, and leads back to the page and to the amount typed there."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app import clock
from app.services.access import sessions
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, PASSWORD

CREDITS = "/billing/add-credits/"
WORDS = "Your session has ended. What you had not saved yet is not saved. Sign in to go on where you were."
LATER = sessions.IDLE + timedelta(minutes=6)


def signs_in_again(alice: Browser, page: Page) -> Page:
    return alice.submits(page, "form[method=post]", email=ALICE.email, password=PASSWORD)


def next_of(location: str) -> str:
    return parse_qs(urlsplit(location).query).get("next", [""])[0]


def test_a_page_comes_back_after_the_sign_in(alice: Browser) -> None:
    alice.opens("/billing/")
    with clock.at(clock.now() + LATER):
        asked = alice.opens("/billing/balance-history/?kind=usage")
        assert WORDS in asked.text
        assert signs_in_again(alice, asked).path.startswith("/billing/balance-history/?kind=usage")


@pytest.mark.parametrize("has_referrer", [True, False], ids=["referrer", "no referrer"])
def test_the_amount_that_was_sent_comes_back(alice: Browser, has_referrer: bool) -> None:
    page = alice.opens(CREDITS)
    form = {"amount": "37.50", "csrf_token": page.value("csrf_token")}
    headers = {"Referer": alice.origin + CREDITS} if has_referrer else {"Referer": ""}
    with clock.at(clock.now() + LATER):
        asked = alice.posts(CREDITS, form, **headers)
        assert WORDS in asked.text
        back = signs_in_again(alice, asked)
        assert back.value("amount") == "37.50"
        assert back.path.startswith(CREDITS)


def test_the_amount_comes_back_with_htmx_too(alice: Browser) -> None:
    alice.opens(CREDITS)
    headers = {"HX-Request": "true", "HX-Current-URL": alice.origin + CREDITS}
    with clock.at(clock.now() + LATER):
        answer = alice.client.get(f"{CREDITS}total?amount=37.50", base_url=alice.origin, headers=headers)
        assert answer.status_code == 401
        assert next_of(answer.headers["HX-Redirect"]) == f"{CREDITS}?amount=37.50"
        assert WORDS in alice.opens(answer.headers["HX-Redirect"]).text


def test_a_change_elsewhere_leads_back_to_its_page(alice: Browser) -> None:
    page = alice.opens("/billing/usage/")
    headers = {"Referer": f"{alice.origin}/billing/usage/?days=90"}
    with clock.at(clock.now() + LATER):
        asked = alice.posts("/billing/usage/alerts", {"csrf_token": page.value("csrf_token")}, **headers)
        assert asked.value("next") == "/billing/usage/?days=90"


def test_a_form_that_is_sent_without_a_referrer_leads_back_to_its_page(alice: Browser) -> None:
    page, form = alice.opens("/billing/usage/"), "/billing/invoices/doc_1/correction"
    with clock.at(clock.now() + LATER):
        asked = alice.posts(form, {"csrf_token": page.value("csrf_token")}, Referer="")
        assert asked.value("next") == form


@pytest.mark.parametrize(
    "referrer",
    ["https://evil.example/billing/usage/", "//evil.example/", "http://[::1", "http://localhost.evil.example/x"],
)
def test_no_other_site_is_come_back_to(alice: Browser, referrer: str) -> None:
    page = alice.opens("/billing/usage/")
    with clock.at(clock.now() + LATER):
        asked = alice.posts("/billing/usage/alerts", {"csrf_token": page.value("csrf_token")}, Referer=referrer)
        assert asked.value("next") == "/"
        for amount in ("//evil.example", "https://evil.example", "1&next=//evil.example", "\r\nLocation: x"):
            answer = alice.client.get(f"{CREDITS}total", query_string={"amount": amount}, base_url=alice.origin)
            assert urlsplit(next_of(answer.location)).netloc == ""
            assert next_of(answer.location).startswith(CREDITS)


def test_who_was_never_signed_in_reads_of_no_session(visitor: Browser) -> None:
    asked = visitor.opens("/billing/")
    assert WORDS not in asked.text
    assert WORDS not in visitor.opens("/billing/").text
