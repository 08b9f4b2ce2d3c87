"""Notifications: the channel of Slack or Teams with its test, and each member's own weekly digest."""

from datetime import timedelta
from pathlib import Path

import pytest

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.alerts import weekly_digest
from app.services.webhooks import deliveries, log
from tests.support.browser import Browser, Page
from tests.support.noon import noon
from tests.support.receiver import SECRET, receiving
from tests.support.webhook_cast import only, send, settings

__all__ = ["noon", "settings"]
PATH = "/billing/notifications/"
CHANNEL, DIGEST = "#notifications-channel_form", "#notifications-digest_form"


def digest_of(actor: Actor) -> weekly_digest.Subscription | None:
    with as_customer(actor.customer_id):
        return weekly_digest.of(actor)


def joins(browser: Browser, url: str, form: str = "slack", page: Page | None = None) -> Page:
    """Save the channel by the form."""
    return browser.submits(page or browser.opens(PATH), CHANNEL, chat_form=form, chat_url=url)


@pytest.mark.both_databases
def test_a_channel_is_saved_tested_paused_resumed_and_removed(alice: Browser, acme: Customer, tmp_path: Path) -> None:
    page = alice.opens(PATH)
    assert page.status == 200 and "No channel is saved." in page.text
    with receiving(tmp_path) as receiver:
        saved = joins(alice, receiver.slack())
        assert saved.notices() == ["Messages go to Slack from now on."]
        assert f"Slack · 127.0.0.1:{receiver.port}/…{SECRET[-4:]}" in saved.text
        queued = alice.submits(saved, "#notifications-test")
        assert queued.notices() == ["A test message was queued."]
        assert "The test message is on its way." in queued.text and queued.find("#notifications-channel")["hx-get"]
        assert send() == 1
        tested = alice.opens(PATH)
        assert "The test message has arrived." in tested.text
        assert tested.texts("#notifications-channel tbody th") == ["Test message"]
        assert not tested.find("#notifications-channel").has_attr("hx-get")
    paused = alice.submits(tested, "#notifications-pause")
    assert paused.texts(".pill")[-1:] == ["Paused"] and not paused.soup.select("#notifications-test")
    resumed = alice.submits(paused, "#notifications-resumption")
    assert resumed.notices() == ["Messages are sent again."]
    gone = alice.submits(resumed, "#notifications-removal")
    assert gone.notices() == ["The channel is removed. Its address is forgotten."]
    assert "No channel is saved." in gone.text


def test_a_test_that_fails_says_why_and_the_channel_is_off(alice: Browser, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        alice.submits(joins(alice, receiver.teams("404"), "teams"), "#notifications-test")
        send()
    page = alice.opens(PATH)
    assert "The test message has not arrived: Teams answered 404: it no longer knows this workflow." in page.text
    assert page.texts(".pill")[-1:] == ["Switched off"]
    assert "Nothing is sent. Teams answered 404" in page.text


def test_a_test_that_hangs_is_tried_again_and_said(alice: Browser, acme: Customer) -> None:
    alice.submits(joins(alice, "http://127.0.0.1:9/services/nobody"), "#notifications-test")
    send()
    assert only(acme.customer_id).problem == "The connection failed."
    assert "The test message has not arrived: The connection failed." in alice.opens(PATH).text


def test_what_was_given_up_can_be_sent_again(alice: Browser, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        alice.submits(joins(alice, receiver.slack("400")), "#notifications-test")
        send()
        page = joins(alice, receiver.slack())
        again = alice.submits(page, "#notifications-channel td form")
        assert again.notices() == ["The message was queued again."]
        with clock.at(clock.now() + timedelta(seconds=1)):
            assert deliveries.send_due() == 1
    assert only(acme.customer_id).state == "delivered"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Enter the address that Slack or Teams shows for its webhook."),
        ("https://10.0.0.1/x", "Use an address on the public internet"),
        ("http://hooks.slack.com/services/x", "Use an address that begins with https://."),
        ("zebra", "Enter a web address"),
    ],
)
def test_an_address_that_cannot_be_taken_is_refused_beside_its_field(alice: Browser, url: str, words: str) -> None:
    page = joins(alice, url)
    assert page.status == 422 and words.split(",", maxsplit=1)[0] in " ".join(page.errors())
    assert page.find("#notifications-address").has_attr("open") and page.value("chat_url") == ""


def test_a_secret_address_is_never_sent_back(alice: Browser, acme: Customer, tmp_path: Path) -> None:
    stale = alice.opens(PATH)
    saved = joins(alice, f"http://127.0.0.1:9/services/{SECRET}")
    late = joins(alice, f"http://127.0.0.1:9/services/{SECRET}", page=stale)
    assert late.status == 409 and "The channel was changed while this page was open." in late.errors()[0]
    for page in (saved, late, alice.opens(PATH)):
        assert SECRET not in page.response.text
    assert joins(alice, "http://127.0.0.1:9/services/other", page=late).status == 200


def test_the_webhooks_own_log_has_no_message_of_the_chat(alice: Browser, acme: Customer) -> None:
    alice.submits(joins(alice, "http://127.0.0.1:9/services/nobody"), "#notifications-test")
    assert not alice.opens("/billing/spend-management/webhook/").soup.select("#spend_management-webhook tbody tr")


def test_too_many_tests_are_refused_on_the_page(alice: Browser, acme: Customer) -> None:
    page = joins(alice, "http://127.0.0.1:9/services/nobody")
    for _ in range(log.TESTS_AN_HOUR):
        page = alice.submits(page, "#notifications-test")
    refused = alice.submits(page, "#notifications-test")
    assert refused.status == 429 and "tests an hour are allowed" in refused.errors()[0]


def test_a_viewer_may_look_and_have_a_digest_but_change_no_channel(bob: Browser, bob_actor: Actor) -> None:
    page = bob.opens(PATH)
    assert "Your role can view this but not change it." in page.text and not page.soup.select(CHANNEL)
    assert bob.submits(page, DIGEST, digest=True, time_zone="UTC").notices() == ["The weekly digest is on."]
    assert digest_of(bob_actor) is not None


def test_the_digest_is_off_until_it_is_switched_on(alice: Browser, alice_actor: Actor) -> None:
    page = alice.opens(PATH)
    assert not page.find("[name=digest]").has_attr("checked") and digest_of(alice_actor) is None
    wrong = alice.submits(page, DIGEST, digest=True, time_zone="Mars/Olympus")
    assert wrong.status == 422 and "There is no time zone called Mars/Olympus." in " ".join(wrong.errors())
    page = alice.submits(wrong, DIGEST, digest=True, time_zone="Europe/Zurich")
    assert "The next one goes to alice@acme.example on 23 Nov 2026, 07:00" in page.text
    off = alice.submits(page, DIGEST, digest=False)
    assert off.notices() == ["The weekly digest is off."] and digest_of(alice_actor) is None
