"""A1–A7: the process dies (kill -9) at every moment of a purchase, and nothing is charged twice, lost or given away."""

import signal
import subprocess
import sys

import pytest
from flask import Flask

from app import ids
from app.config import Settings
from app.domain.money import Money
from app.domain.people import Actor
from app.models.scope import as_customer
from app.services import payment_methods, top_ups
from tests.faults.outcome import outcome, recover
from tests.support.databases import environment

MOMENTS = {"pm_card_visa": 14, "pm_card_chargeCustomerFail": 16}
"""How many moments a purchase has: paid at once, and declined (which is given up at the processor before it fails)."""
KILLS = [("pm_card_visa", moment) for moment in range(1, 15)] + [
    ("pm_card_chargeCustomerFail", moment) for moment in range(10, 17)
]


def buyer(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.buyer", *words],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.case("AC-9", "AC-22", "AC-24")
@pytest.mark.parametrize(("card", "moment"), KILLS)
def test_a_killed_purchase_is_charged_and_credited_once_or_not_at_all(
    app: Flask, settings: Settings, alice_actor: Actor, card: str, moment: int
) -> None:
    customer_id, form_key = alice_actor.customer_id, ids.new_form_key()
    with app.app_context(), as_customer(customer_id):
        method = payment_methods.add_test_method(alice_actor, card).id

    died = buyer(settings, customer_id, method, form_key, str(moment))
    assert died.returncode == -signal.SIGKILL, died.stdout + died.stderr

    recover(app)
    first = outcome(app, customer_id)
    assert set(first.states) <= {"succeeded", "canceled", "failed"}, died.stdout

    # The customer goes back and sends the same form again: still at most one purchase of this wish.
    with app.app_context(), as_customer(customer_id):
        again = top_ups.buy(
            alice_actor,
            form_key=form_key,
            amount=Money(2500, "USD"),
            pack="",
            method_id=method,
            return_url="http://127.0.0.1/{}".format,
        )
        assert again.state in {"succeeded", "canceled", "failed"}
    recover(app)
    assert len(outcome(app, customer_id).charged_minor) <= 1
    reached = died.stdout.splitlines()[-1]
    if card != "pm_card_visa":
        assert first.charged_minor == [], reached
    if first.charged_minor:
        assert first.charged_minor == [2500] and first.credited_micros == [25_000_000], reached


@pytest.mark.parametrize(("card", "end"), [("pm_card_visa", "succeeded"), ("pm_card_chargeCustomerFail", "failed")])
def test_the_moments_are_all_of_a_purchase(
    app: Flask, settings: Settings, alice_actor: Actor, card: str, end: str
) -> None:
    with app.app_context(), as_customer(alice_actor.customer_id):
        method = payment_methods.add_test_method(alice_actor, card).id
    whole = buyer(settings, alice_actor.customer_id, method, ids.new_form_key(), "0")
    assert whole.stdout.splitlines()[-1] == f"done {end}", whole.stdout + whole.stderr
    assert len(whole.stdout.splitlines()) - 1 == MOMENTS[card], whole.stdout
    assert outcome(app, alice_actor.customer_id).states == [end]
