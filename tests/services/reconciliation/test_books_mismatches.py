"""What the processor reports otherwise than was asked for is named to a person, for as long as it needs one."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import payment_intents
from app.gateways.sandbox.store import opened
from app.models.customers import Customer
from app.models.payments import Payment
from app.services.reconciliation import books
from app.services.verification.verify import verify
from tests.support.client import outside_contexts
from tests.support.outcome import faults
from tests.support.reversals import buys, fetched, payment_of
from tests.support.shop import remaining

DAY = timedelta(days=1)


def command(app: Flask) -> tuple[int, str]:
    """Let the seller compare the books."""
    with outside_contexts():
        result = app.test_cli_runner().invoke(args=["portal", "reconcile"])
    return result.exit_code, result.output


def is_named(app: Flask, payment: Payment, words: str) -> None:
    """Let the seller look, and somebody else long after."""
    status, said = command(app)
    assert status == 1 and "Nothing needs your attention." not in said
    sentence = f"{payment.processor_id} at the processor {words} than {payment.id} ($25.00): nothing was credited."
    assert sentence in said
    with clock.at(clock.now() + 90 * DAY):
        books.run()
    with clock.at(clock.now() + 91 * DAY):
        assert sentence in books.problems_of(books.run()), "forgotten"


@pytest.mark.case("AC-43")
@pytest.mark.fault("S15")
def test_another_currency_is_named_while_it_is_not_settled(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with faults(app, ("confirm_intent", "other_currency", 1)):
        payment = buys(app, alice_actor, 2500)
    assert payment_of(payment).problem == "another_currency"
    is_named(app, payment, "is in another currency")
    assert remaining(acme) == 0


@pytest.mark.case("AC-43")
@pytest.mark.fault("S17")
def test_an_intent_of_another_payment_is_named_while_it_is_not_settled(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    with faults(app, ("confirm_intent", "timeout_after", 50), ("fetch_intent", "reset_before", 50)):
        payment = buys(app, alice_actor, 2500)
    with opened(settings.database_url) as store:
        intent = payment_intents.found(store, payment.processor_id or "")
        store.keep(intent | {"metadata": intent["metadata"] | {"customer": "cus_other"}})
    is_named(app, payment, "is of another payment")
    assert remaining(acme) == 0


@pytest.mark.both_databases
def test_another_amount_is_named_once_and_credited(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with faults(app, ("confirm_intent", "other_amount", 1)):
        payment = payment_of(buys(app, alice_actor, 2500))
    buys(app, alice_actor, 1000)
    assert (payment.state, payment.received_minor) == ("succeeded", 2600)
    words = f"{payment.id}: $25.00 was asked for, $26.00 was charged and credited ({payment.processor_id})."
    books.run()  # the worker was quicker than the person
    status, said = command(app)
    assert (status, words in said, "1 thing needs a person." in said) == (1, True, True), said
    with clock.at(clock.now() + 2 * DAY):
        assert books.problems_of(books.run()) == [words], "nobody has looked since"
        assert books.problems_of(books.run()) == []
        assert books.problems_of(books.run(since=fetched(payment).created_at)) == [words]
    assert remaining(acme) == 36_000_000
    assert verify() == []
