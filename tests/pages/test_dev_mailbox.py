"""The demo's mails say when each is sent, and never that one waits which may not be sent at all."""

from flask import Flask

from app.domain.people.members import Actor
from tests.support.browser import Browser
from tests.support.reversals import buys
from tests.support.shop import ASKS


def test_a_mail_that_is_not_due_yet_says_when_and_that_it_may_not_be_sent(
    app: Flask, alice: Browser, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500, ASKS)  # who is there is asked on the page, and mailed only after a while
    state = alice.opens("/dev/mail/").texts("main tbody tr:first-child td")[3]
    assert state.startswith("Sent ") and state.endswith(", if it is still so")
