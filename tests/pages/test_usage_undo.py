"""Undo: an alert or an address that was removed is there again as it was, by the notice that says the removal."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import AlertRecipient, UsageAlert
from app.models.mails import Mail
from app.models.scope import as_service
from app.services.alerts import recipients, thresholds
from app.web.undo import LASTS
from tests.support import cast, usage_cast
from tests.support.browser import Browser, NotOffered, Page
from tests.support.usage_cast import looks

PATH = "/billing/usage/"
UNDO = ".toast form"


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on the paid plan."""
    return usage_cast.metered()


@pytest.fixture
def alice(app: Flask, origin: str, acme: Customer) -> Browser:
    """Alice, who manages Acme."""
    return looks(app, origin, acme)


@pytest.fixture
def bob(app: Flask, origin: str, acme: Customer) -> Browser:
    """Bob, who may look at it."""
    return looks(app, origin, acme, cast.BOB)


def rows(model: type[UsageAlert] | type[AlertRecipient]) -> list[dict[str, object]]:
    with as_service("look"):
        found = db.session.scalars(select(model)).all()
        return [{column.key: getattr(row, column.key) for column in model.__table__.columns} for row in found]


def adds_alert(alice: Browser, at: str = "80") -> Page:
    return alice.submits(alice.opens(PATH), "#usage-alert_form", threshold=at)


def removes_alert(alice: Browser) -> Page:
    return alice.submits(alice.opens(PATH), "#usage-alert_list tbody tr:first-child form[action*=removal]")


@pytest.mark.both_databases
def test_an_alert_is_there_again_as_it_was(alice: Browser, acme: Customer) -> None:
    adds_alert(alice)
    before = rows(UsageAlert)
    page = removes_alert(alice)
    assert (rows(UsageAlert), page.notices()) == ([], ["Usage alert removed."])
    back = alice.submits(page, UNDO)
    assert back.notices() == ["It is there again, as it was."]
    assert rows(UsageAlert) == before
    assert back.soup.select(UNDO) == []


def test_a_confirmed_address_is_there_again_and_is_asked_nothing(alice: Browser, acme: Customer) -> None:
    thresholds.add_email(acme.customer_id, "ops@acme.example", actor="alice")
    with as_service("look"):
        link = recipients.link_token(db.session(), acme.customer_id, "ops@acme.example") or ""
    recipients.confirm(link, "192.0.2.1")
    before = rows(AlertRecipient)
    with as_service("look"):
        mails = len(db.session.scalars(select(Mail.id)).all())
    page = alice.submits(alice.opens(PATH), "#usage-recipients form[action*=removal]")
    assert rows(AlertRecipient) == []
    back = alice.submits(page, UNDO)
    assert (rows(AlertRecipient), back.notices()) == (before, ["It is there again, as it was."])
    with as_service("look"):
        assert len(db.session.scalars(select(Mail.id)).all()) == mails
    assert recipients.look(link).is_confirmed, "the mailed link is good again"


def test_htmx_gets_the_offer_beside_the_part(alice: Browser, acme: Customer) -> None:
    adds_alert(alice)
    page = alice.opens(PATH)
    form = page.find("#usage-alert_list tbody tr:first-child form[action*=removal]")
    part = alice.posts(str(form["hx-post"]), {"csrf_token": page.value("csrf_token")}, **{"HX-Request": "true"})
    assert part.find(UNDO)["action"] == f"{PATH}alerts/undo"
    assert part.texts(f"{UNDO} button") == ["Undo"]


def test_it_is_offered_for_a_short_while_and_for_the_last_removal_alone(alice: Browser, acme: Customer) -> None:
    adds_alert(alice, "80")
    adds_alert(alice, "90")
    first = removes_alert(alice)
    second = removes_alert(alice)
    assert alice.submits(first, UNDO).notices() == ["This can no longer be undone. Add it again."]
    with clock.at(clock.now() + LASTS + timedelta(seconds=1)):
        assert alice.submits(second, UNDO).notices() == ["This can no longer be undone. Add it again."]
    assert rows(UsageAlert) == []


def test_it_is_put_back_once(alice: Browser, acme: Customer) -> None:
    adds_alert(alice)
    page = removes_alert(alice)
    alice.submits(page, UNDO)
    assert alice.submits(page, UNDO).notices() == ["This can no longer be undone. Add it again."]
    assert len(rows(UsageAlert)) == 1


def test_the_like_that_was_added_meanwhile_stays_alone(alice: Browser, acme: Customer) -> None:
    adds_alert(alice)
    page = removes_alert(alice)
    adds_alert(alice)
    there = rows(UsageAlert)
    assert alice.submits(page, UNDO).status == 200
    assert rows(UsageAlert) == there


def test_nobody_else_puts_it_back(app: Flask, alice: Browser, bob: Browser, mallory: Browser, acme: Customer) -> None:
    adds_alert(alice)
    page = removes_alert(alice)
    sent = {"key": page.find(f"{UNDO} [name=key]")["value"]}
    for browser, status in ((bob, 403), (mallory, 200)):
        token = browser.opens(PATH).soup.select("[name=csrf_token]")[0]["value"]
        assert browser.posts(f"{PATH}alerts/undo", {**sent, "csrf_token": token}).status == status
    assert rows(UsageAlert) == []
    with pytest.raises(NotOffered):
        bob.opens(PATH).find(UNDO)
