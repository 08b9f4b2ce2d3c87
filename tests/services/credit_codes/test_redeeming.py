"""A code is redeemed once by a customer and as often as it says by all; guesses are few and learn nothing."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_service
from app.services.credit_codes import making, redeeming
from app.services.verification.verify import verify
from tests.support.client import outside_contexts
from tests.support.shop import remaining

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def code(name: str = "WELCOME10", **terms: object) -> str:
    """Make a code of ten dollars."""
    said = {"catalog": "gateway", "credits": Credits(10 * MICROS), "reason": "Launch week", "by": "sales", "code": name}
    return making.create(**{**said, **terms}).code  # type: ignore[arg-type]


def refusal(actor: Actor, typed: str, *, redeems: bool = True) -> tuple[str, int]:
    """Return why a code is refused."""
    with pytest.raises(Refused) as refused:
        redeeming.redeem(actor, typed, address="") if redeems else redeeming.look(actor, typed)
    return refused.value.reason, refused.value.status


@pytest.mark.both_databases
def test_a_code_gives_its_credit_once_to_each_customer(
    app: Flask, acme: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    with clock.at(NOW):
        code(lasts_days=90)
        offer = redeeming.look(alice_actor, " welcome10")
        assert (offer.code, offer.credits, offer.expires_at) == (
            "WELCOME10", Credits(10 * MICROS), NOW + timedelta(days=90),
        )  # fmt: skip
        assert remaining(acme) == 0
        redeeming.redeem(alice_actor, "welcome10", address="192.0.2.1")
        assert remaining(acme) == 10_000_000
        assert refusal(alice_actor, "WELCOME10") == ("credit_code_redeemed", 409)
        redeeming.redeem(mallory_actor, "WELCOME10", address="")
        assert remaining(acme) == 10_000_000
    with as_service("look at grants"):
        given = db.session.scalars(select(Grant).where(Grant.customer_id == acme.customer_id)).one()
    assert (given.kind, given.reason, given.expires_at) == ("promotional", "Launch week", NOW + timedelta(days=90))
    assert [each.redeemed for each in making.every()] == [2]
    assert verify() == []


@pytest.mark.both_databases
def test_the_last_one_goes_to_one_of_two_who_ask_at_once(
    app: Flask, acme: Customer, globex: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    code(most=1)
    gate, ended = Barrier(2), list[str]()

    def redeems(actor: Actor) -> None:
        with app.app_context():
            gate.wait(60)
            try:
                redeeming.redeem(actor, "WELCOME10", address="")
                ended.append("given")
            except Refused as refused:
                ended.append(refused.reason)

    with outside_contexts():
        both = [Thread(target=redeems, args=(actor,)) for actor in (alice_actor, mallory_actor)]
        for each in both:
            each.start()
        for each in both:
            each.join()
    assert sorted(ended) == ["credit_code_not_valid", "given"]
    assert sorted([remaining(acme), remaining(globex)]) == [0, 10_000_000]


def test_a_code_that_never_was_and_one_that_is_over_are_answered_alike(app: Flask, alice_actor: Actor) -> None:
    with clock.at(NOW):
        code("OVER-SOON", redeem_until=NOW + timedelta(hours=1))
        code("WITHDRAWN")
        making.withdraw("withdrawn")
        making.withdraw("withdrawn")
    with clock.at(NOW + timedelta(hours=1)):
        answers = {refusal(alice_actor, each) for each in ("OVER-SOON", "WITHDRAWN", "NEVER-WAS", "no code")}
    assert answers == {("credit_code_not_valid", 422)}


def test_the_sixth_guess_of_an_hour_waits_also_with_a_code_that_is_valid(
    app: Flask, acme: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    with clock.at(NOW):
        code()
        for guess in range(5):
            assert refusal(alice_actor, f"GUESS-{guess}", redeems=guess % 2 == 0)[0] == "credit_code_not_valid"
        assert refusal(alice_actor, "WELCOME10") == ("too_many_codes", 429)
        redeeming.redeem(mallory_actor, "WELCOME10", address="")  # another customer's guesses are its own
    with clock.at(NOW + timedelta(hours=1)):
        redeeming.redeem(alice_actor, "WELCOME10", address="")
        assert remaining(acme) == 10_000_000


WRONG: tuple[tuple[dict[str, object], str], ...] = (
    ({"name": "short"}, "credit_code_malformed"),
    ({"credits": Credits(0)}, "credits_too_small"),
    ({"redeem_until": NOW}, "expires_too_soon"),
    ({"most": 0}, "number_malformed"),
    ({"lasts_days": -1}, "number_malformed"),
    ({"reason": " "}, "reason_missing"),
)


def test_a_code_that_gives_nothing_is_not_made(app: Flask, catalog: str) -> None:
    for terms, reason in WRONG:
        with clock.at(NOW), pytest.raises(Refused) as refused:
            code(**terms)  # type: ignore[arg-type]
        assert refused.value.reason == reason
    assert list(making.every()) == []


def test_a_code_is_made_once_and_one_without_a_name_is_drawn(app: Flask, catalog: str) -> None:
    code()
    with pytest.raises(Refused) as refused:
        code("welcome10")
    assert refused.value.reason == "credit_code_taken"
    assert len({code(""), code("")}) == 2
