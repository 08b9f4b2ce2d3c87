"""Spend management: a threshold as a share of the limit, one that follows a lower limit, and typed limits that come back."""

from datetime import timedelta

import pytest

from app import clock
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.services.access import members, sessions
from tests.support import cast, spend
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, PASSWORD
from tests.support.noon import noon
from tests.support.noon import since_august as acme

__all__ = ["acme", "noon"]

PATH = "/billing/spend-management/"
FORM = "form[aria-label='Spend management']"
SAVE, SHARE = "#spend_management-save", "#spend_management-share"
LATER = sessions.IDLE + timedelta(minutes=6)


def saves(browser: Browser, **fields: object) -> Page:
    """Fill in the form as it stands, and save it."""
    return browser.submits(browser.opens(PATH), FORM, button=SAVE, **fields)


@pytest.mark.parametrize(
    ("limit", "typed", "held"),
    [("25", "80 %", "20"), ("25", "12.5%", "3.12"), ("0.05", "10 %", "0.005"), ("25", " 100 % ", "25")],
)
def test_the_threshold_may_be_a_share_of_the_limit(
    alice: Browser, acme: Customer, limit: str, typed: str, held: str
) -> None:
    page = saves(alice, enabled=True, daily_limit=limit, notify_threshold=typed)
    assert page.notices() == ["Spend management is saved."]
    assert spend.held(acme) == (True, limit, held)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"notify_threshold": "101 %"}, "Enter a percentage above 0 and of at most 100."),
        ({"notify_threshold": "0 %"}, "Enter a percentage above 0 and of at most 100."),
        ({"notify_threshold": "-5 %"}, "Enter a percentage above 0 and of at most 100."),
        ({"notify_threshold": "x %"}, "Enter a percentage in digits, such as 80."),
        ({"notify_threshold": "80 % %"}, "Enter a percentage in digits, such as 80."),
        (
            {"notify_threshold": "80 %", "daily_limit": ""},
            "A percentage is one of the daily limit. Enter a daily limit, or an amount here.",
        ),
    ],
)
def test_a_share_that_cannot_be_is_refused_beside_its_field(
    alice: Browser, acme: Customer, typed: dict[str, str], sentence: str
) -> None:
    page = saves(alice, **({"enabled": True, "daily_limit": "25"} | typed))
    assert (page.status, page.texts("#notify_threshold-error")) == (422, [sentence])
    assert page.value("notify_threshold") == typed["notify_threshold"].strip()
    assert spend.held(acme) == (False, "50", "40")


def test_a_lower_limit_takes_the_threshold_along_by_its_share(alice: Browser, acme: Customer) -> None:
    page = saves(alice, enabled=True, daily_limit="30")
    assert page.notices() == ["Spend management is saved. The e-mail threshold keeps its share of the limit: $24.00."]
    assert spend.held(acme) == (True, "30", "24")
    assert saves(alice, daily_limit="100").notices() == ["Spend management is saved."]
    assert spend.held(acme) == (True, "100", "24"), "an amount that can be is left as it is"


def test_a_threshold_typed_above_the_limit_is_mended_by_one_press(alice: Browser, acme: Customer) -> None:
    page = saves(alice, enabled=True, daily_limit="30", notify_threshold="35")
    assert page.texts("#notify_threshold-error") == [
        "The e-mail threshold must not be more than the daily limit: it would never be reached."
    ]
    assert page.texts(SHARE) == ["Save with 80 % of the limit: $24.00"]
    assert (page.value("daily_limit"), page.value("notify_threshold")) == ("30", "35")
    assert alice.submits(page, FORM, button=SHARE).notices() == ["Spend management is saved."]
    assert spend.held(acme) == (True, "30", "24")
    assert alice.opens(PATH).soup.select(SHARE) == []


def test_the_preview_follows_as_the_save_does(alice: Browser, acme: Customer) -> None:
    spend.uses(acme, "28", clock.now() - timedelta(days=1))
    form = alice.opens(PATH)
    for typed, said in (({"daily_limit": "30"}, "an e-mail sent on 1"), ({"notify_threshold": "60 %"}, "sent on none")):
        page = alice.submits(form, FORM, button="#spend_management-simulate", enabled=True, **typed)
        assert said in page.find("#spend_management-said").text


def test_nothing_is_previewed_before_there_is_a_day(alice: Browser, mallory: Browser, acme: Customer) -> None:
    preview = "#spend_management-simulate"
    assert alice.opens(PATH).soup.select(preview)
    page = mallory.opens(PATH)
    assert "There is no complete day yet." in page.text
    assert page.soup.select(preview) == []


@pytest.mark.parametrize("address", ["", "simulation", "simulation?part=preview"])
def test_what_was_typed_comes_back_after_the_session_has_ended(alice: Browser, acme: Customer, address: str) -> None:
    page = alice.opens(PATH)
    typed = {"enabled": "on", "daily_limit": "33", "notify_threshold": "", "version": page.value("version")}
    with clock.at(clock.now() + LATER):
        asked = alice.posts(PATH + address, {"csrf_token": page.value("csrf_token")} | typed)
        back = alice.submits(asked, "form[method=post]", email=ALICE.email, password=PASSWORD)
        assert [back.value(name) for name in typed] == ["on", "33", "", "0"]
        assert back.texts("#spend_management-unsaved") == ["Not saved yet"]
        assert spend.held(acme) == (False, "50", "40"), "nothing is saved by it"
        assert alice.submits(back, FORM, button=SAVE).notices() == ["Spend management is saved."]
    assert spend.held(acme) == (True, "33", "")


@pytest.mark.both_databases
def test_a_viewer_reads_whom_exactly_to_ask(
    bob: Browser, alice_actor: Actor, mallory_actor: Actor, acme: Customer
) -> None:
    asked = "Your role can view this page but not change it. Ask {} to change it."
    for path in (PATH, f"{PATH}webhook/"):
        assert bob.opens(path).texts(".notice--calm") == [asked.format("Alice Archer")], "nobody of another customer"
    for name in ("Carol", "Dan", "Eve"):
        part = cast.Part(name, f"{name.lower()}@acme.example", Role.OWNER)
        cast.make_actor(part, acme)
    named = "Carol, Dan, Eve or another owner or billing manager"
    assert bob.opens(PATH).texts(".notice--calm") == [asked.format(named)]
    assert members.managers(mallory_actor.customer_id) == ["Mallory Marsh"]
