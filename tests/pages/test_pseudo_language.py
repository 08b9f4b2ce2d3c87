"""No finished page has a sentence that the catalogs do not know: in the pseudo-language every letter has an accent."""

import pytest

from app.languages import PSEUDO
from app.models.customers import Customer
from tests.support.browser import Browser
from tests.support.pseudo import known_of, offered, plain

__all__ = ["offered"]

FINISHED = (
    "/account/activity/",
    "/account/api-tokens/",
    "/account/authentication/",
    "/account/authentication/account/",
    "/account/customers/",
    "/account/members/",
    "/account/members/read-only/",
    "/account/passkeys/new",
    "/account/profile/",
    "/account/ssh-keys/",
    "/billing/",
    "/billing/add-credits/",
    "/billing/add-credits/code/",
    "/billing/balance-history",
    "/billing/balance-history/credits",
    "/billing/invoice-address/",
    "/billing/auto-recharge/",
    "/billing/bank-transfers/",
    "/billing/invoice-notifications/",
    "/billing/invoices/statement",
    "/billing/invoices",
    "/billing/notifications/",
    "/billing/payment-methods/",
    "/billing/plan/",
    "/billing/plan/cancellation/",
    "/billing/spend-figures/balance",
    "/billing/tax/",
    "/billing/usage/",
    "/billing/spend-management/",
    "/billing/spend-management/log",
    "/billing/spend-management/webhook/",
    "/billing/usage/",
)
"""The pages that are whole in every language. Each that is added stays."""
OPEN = ("/sign-in", "/sign-in?ended=1&chosen=1&deleted=1", "/forgot-password/", "/forgot-password/sent")
"""Those that strangers read."""


@pytest.mark.parametrize("path", FINISHED)
def test_a_finished_page_has_no_sentence_that_is_not_translated(alice: Browser, acme: Customer, path: str) -> None:
    page = alice.opens(path, **{"Accept-Language": PSEUDO})
    assert (page.status, page.find("html")["lang"]) == (200, PSEUDO)
    assert plain(page, known_of(acme)) == []


@pytest.mark.parametrize("path", OPEN)
def test_a_finished_page_of_strangers_has_none_either(visitor: Browser, acme: Customer, path: str) -> None:
    page = visitor.opens(path, **{"Accept-Language": PSEUDO})
    assert page.status == 200 and plain(page, known_of(acme)) == []


def test_a_refused_profile_says_so_in_the_language(alice: Browser, acme: Customer) -> None:
    token = alice.opens("/account/profile/").value("csrf_token")
    for typed in (
        {"name": ""},
        {"name": "A", "location": "x" * 101},
        {"name": "A", "time_zone": "nowhere"},
        {"name": "A", "username": "-"},
    ):
        refused = alice.posts("/account/profile/", {"csrf_token": token, **typed}, **{"Accept-Language": PSEUDO})
        assert refused.status == 422 and refused.errors()
        assert plain(refused, known_of(acme) | {"nowhere", "x" * 101}) == []


def test_what_is_wrong_is_said_in_the_language(alice: Browser, visitor: Browser, acme: Customer) -> None:
    for browser in (alice, visitor):
        page = browser.opens("/account/nowhere", **{"Accept-Language": PSEUDO})
        assert page.status == 404 and plain(page, known_of(acme)) == []


def test_an_untranslated_sentence_is_found(alice: Browser, acme: Customer) -> None:
    page = alice.opens("/account/profile/")
    assert "Save changes" in plain(page, known_of(acme))


def test_what_the_finished_pages_answer_is_in_the_language(alice: Browser, bob: Browser, acme: Customer) -> None:
    asked, known = {"Accept-Language": PSEUDO}, {*known_of(acme), "new@acme.example", "NOSUCH12"}
    code, sends = "/billing/add-credits/code/", "/billing/invoice-notifications/"
    token = alice.opens(code).value("csrf_token")
    for path, typed, status in (
        (code, {"code": ""}, 422),
        (code, {"code": "NOSUCH12"}, 422),
        (sends, {"billing_email": acme.email, "version": "0", "new_email": "new@acme.example"}, 422),
        (
            sends,
            {"billing_email": acme.email, "version": "0", "new_email": "new@acme.example", "new_invoices": "y"},
            200,
        ),
        (sends, {"billing_email": acme.email, "version": "7"}, 409),
        ("/billing/payment-methods/", {"kind": "card", "test_method": "none"}, 422),
    ):
        page = alice.posts(path, {"csrf_token": token, **typed}, **asked, **{"HX-Request": "true"})
        assert page.status == status, (path, typed, page.text)
        assert plain(page, known) == []
    for path in FINISHED:
        assert plain(bob.opens(path, **asked), known) == [], "whom to ask"
