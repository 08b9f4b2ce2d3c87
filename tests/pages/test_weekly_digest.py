"""The link in a weekly digest: one press stops it, without a sign-in, and opening it changes nothing."""

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.models.scope import as_customer
from app.services.alerts import weekly_digest
from tests.support.browser import Browser


def digest_of(actor: Actor) -> weekly_digest.Subscription | None:
    with as_customer(actor.customer_id):
        return weekly_digest.of(actor)


@pytest.mark.both_databases
def test_the_mailed_link_stops_it_without_a_sign_in(app: Flask, visitor: Browser, alice_actor: Actor) -> None:
    made = weekly_digest.switch_on(alice_actor, "UTC")
    path = "/billing" + weekly_digest.link(made.id).partition("/billing")[2]
    page = visitor.opens(path)
    assert page.texts("h1") == ["Stop the weekly digest?"] and "alice@acme.example" in page.text
    assert digest_of(alice_actor) is not None  # opening it stops nothing
    assert visitor.submits(page, "form").texts("h1") == ["The weekly digest is stopped"]
    assert digest_of(alice_actor) is None
    assert visitor.opens(path).texts("h1") == ["The weekly digest is stopped"]
    assert visitor.opens(path[:-1] + "~").status == 404
