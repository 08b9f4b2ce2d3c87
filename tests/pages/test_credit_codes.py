"""Redeem a code: what it gives and until when is shown before it is taken."""

from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.models.customers import Customer
from tests.services.credit_codes.test_redeeming import code
from tests.support.browser import Browser
from tests.support.shop import remaining

PATH = "/billing/add-credits/code/"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.both_databases
def test_a_code_is_shown_and_then_taken(alice: Browser, acme: Customer) -> None:
    code(lasts_days=90)
    page = alice.follows(alice.opens("/billing/add-credits/"), f'a[href="{PATH}"]')
    assert (page.texts("h1"), page.texts(".side [aria-current=page]")) == (["Redeem a code"], ["Add credits"])
    with clock.at(NOW):
        shown = alice.submits(page, "#credit_codes-form", code=" welcome10")
        assert shown.texts("#credit_codes-offer div") == [
            "Code WELCOME10",
            "Gives $10.00",
            "Use it until 27 Feb 2027, 12:00 UTC",
        ]
        assert remaining(acme) == 0
        taken = alice.submits(shown, "#credit_codes-redemption")
        assert "$10.00 of credit was added to your balance." in taken.text
        assert remaining(acme) == 10_000_000
        again = alice.submits(alice.opens(PATH), "#credit_codes-form", code="WELCOME10")
        assert (again.status, again.errors()) == (409, ["This code was redeemed for your account on 29 Nov 2026."])


def test_a_button_that_is_pressed_twice_says_twice_what_it_gave_and_gives_it_once(
    alice: Browser, acme: Customer
) -> None:
    code()
    shown = alice.submits(alice.opens(PATH), "#credit_codes-form", code="WELCOME10")
    for _twice in range(2):
        taken = alice.submits(shown, "#credit_codes-redemption")
        assert (taken.status, taken.errors()) == (200, [])
        assert "$10.00 of credit was added to your balance." in taken.text
    other = alice.opens(PATH)
    for _guess in range(5):
        alice.submits(other, "#credit_codes-form", code="NEVER-WAS")
    assert alice.submits(shown, "#credit_codes-redemption").status == 200, "it is no guess"
    assert remaining(acme) == 10_000_000


def test_what_is_no_code_is_said_beside_the_field_and_what_was_typed_stays(alice: Browser) -> None:
    page = alice.submits(alice.opens(PATH), "#credit_codes-form", code="NEVER-WAS")
    assert (page.status, page.value("code")) == (422, "NEVER-WAS")
    assert page.errors() == ["This code is not valid, or not any more. Check how it is written."]
    for _ in range(4):
        alice.submits(page, "#credit_codes-form", code="NEVER-WAS")
    waits = alice.submits(page, "#credit_codes-form", code="NEVER-WAS")
    assert waits.status == 429
    assert waits.errors()[0].startswith("Too many codes were typed that are not valid. Try again after ")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (" ", "Enter a code."),
        ("A" * 60, "A code has at most 30 letters and digits, with single hyphens between them."),
    ],
)
def test_what_nobody_meant_as_a_code_is_no_guess(alice: Browser, acme: Customer, typed: str, said: str) -> None:
    code()
    page = alice.opens(PATH)
    for _ in range(6):
        page = alice.submits(page, "#credit_codes-form", code=typed)
        assert (page.status, page.errors()) == (422, [said])
    assert alice.submits(page, "#credit_codes-form", code="WELCOME10").status == 200


def test_a_viewer_may_not(bob: Browser, acme: Customer) -> None:
    code()
    page = bob.opens(PATH)
    assert (page.status, page.soup.select("#credit_codes-form")) == (200, [])
    sent = {"csrf_token": bob.opens("/billing/").value("csrf_token"), "code": "WELCOME10", "seen": "WELCOME10"}
    assert [bob.posts(each, sent).status for each in (PATH, f"{PATH}redemption")] == [403, 403]
    assert remaining(acme) == 0


def test_a_code_that_ended_while_it_was_shown_is_not_given(alice: Browser, acme: Customer) -> None:
    with clock.at(NOW):
        code(redeem_until=NOW + timedelta(minutes=5))
        shown = alice.submits(alice.opens(PATH), "#credit_codes-form", code="WELCOME10")
    with clock.at(NOW + timedelta(minutes=5)):
        late = alice.submits(shown, "#credit_codes-redemption")
    assert (late.status, remaining(acme)) == (422, 0)
