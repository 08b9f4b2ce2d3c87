"""What a new version drops under somebody: plans and meters that are kept, packs that are paid for or have credit left."""

from flask import Flask

from app import ids
from app.domain.money import MICROS, Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.catalog import in_use, versions
from app.services.catalog.in_use import Dropped
from app.services.customers import registration
from app.services.payments import top_ups
from app.services.transaction import transaction
from app.services.usage import recording
from tests.support import cast, shop
from tests.support.small_catalogs import SMALL, TOKENS

WITHOUT_ONE = TOKENS.replace('key = "one"', 'key = "ein"')


def buyer(name: str = "Acme") -> tuple[Customer, Actor]:
    """A customer of tokens, and who buys them."""
    made = registration.create(name=name, email="billing@acme.example", catalog="tokens", external_id=name.lower())
    return made, cast.make_actor(cast.ALICE, made)


def buys(actor: Actor, pack: str) -> Payment:
    """Buy the pack by a card."""
    card = shop.add_method(actor)
    with as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=None,
            pack=pack,
            method_id=card.id,
            return_url="http://127.0.0.1/{}".format,
        )


def test_a_pack_is_in_use_while_credit_of_it_is_left(app: Flask) -> None:
    versions.apply(TOKENS)
    acme, alice = buyer()
    buys(alice, "one")
    buys(alice, "one")
    versions.apply(WITHOUT_ONE)
    assert in_use.of("tokens").dropped == (Dropped("pack", "one", 1),)
    assert versions.of(acme).pack("one") is None, "offered no longer"
    assert shop.remaining(acme) == 2_000 * MICROS, "and what was bought stays"
    recording.record(acme.customer_id, key="all", credits=Credits(2_000 * MICROS), description="All of it")
    assert in_use.of("tokens").dropped == ()


def test_a_closed_account_has_nothing_in_use(app: Flask) -> None:
    versions.apply(SMALL)
    made = registration.create(name="Acme", email="billing@acme.example", catalog="small", plan="paid")
    versions.apply(SMALL.replace('key = "paid"', 'key = "pro"'))
    used = in_use.of("small")
    assert (used.earlier, used.dropped) == ({1: 1}, (Dropped("plan", "paid", 1),))
    with as_service("test"), transaction() as session:
        session.get_one(Customer, made.customer_id).standing = "closed"
    used = in_use.of("small")
    assert (used.earlier, used.dropped) == ({}, ())


def test_the_first_version_drops_nothing(app: Flask) -> None:
    versions.apply(SMALL)
    assert in_use.of("small") == in_use.InUse({}, ())
