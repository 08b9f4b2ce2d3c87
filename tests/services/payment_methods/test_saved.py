"""Saved methods: one default at most, removed for good, and the processor hears of it."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.payments import PaymentMethod
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.payment_methods import mandates, processor_portal, saved
from app.services.transaction import transaction
from tests.support import methods, shop
from tests.support.client import outside_contexts
from tests.support.methods import ACCOUNT
from tests.support.shop import GOOD

OTHER = "pm_card_mastercard"


def dated(method: PaymentMethod, month: int, year: int) -> None:
    """Give the card another date."""
    with as_service("test"), transaction() as session:
        session.execute(
            update(PaymentMethod)
            .where(PaymentMethod.customer_id == method.customer_id, PaymentMethod.id == method.id)
            .values(exp_month=month, exp_year=year)
        )


def at_once(app: Flask, *changes: "object") -> list[str]:
    """Do all of it at the same moment; return `done` or why it was refused, sorted."""
    start, ends = Barrier(len(changes)), []

    def act(change: "object") -> None:
        with app.app_context():
            start.wait(60)
            try:
                change()  # type: ignore[operator]  # a function of the test
                ends.append("done")
            except Refused as refusal:
                ends.append(refusal.reason)

    threads = [Thread(target=act, args=(change,)) for change in changes]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    return sorted(ends)


def test_another_method_becomes_the_default(acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    other = shop.add_method(alice_actor, OTHER)
    saved.make_default(alice_actor, other.id, address="203.0.113.7")
    assert methods.shown(acme) == [("4444", True), ("4242", False)]
    saved.make_default(alice_actor, other.id)
    with as_customer(acme.customer_id):
        noted = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "payment_method.made_default")).all()
    assert [(each.actor, each.subject, each.address) for each in noted] == [
        (alice_actor.member_id, other.id, "203.0.113.7")
    ]


def test_two_who_choose_a_default_at_once_leave_one(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    one, two = shop.add_method(alice_actor, OTHER), shop.add_method(alice_actor, "pm_card_amex")
    ends = at_once(
        app,
        lambda: saved.make_default(alice_actor, one.id),
        lambda: saved.make_default(alice_actor, two.id),
    )
    assert ends == ["done", "done"]
    assert [is_default for _digits, is_default in methods.shown(acme)] == [True, False, False]


def test_an_expired_card_cannot_become_the_default(acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    old = shop.add_method(alice_actor, OTHER)
    dated(old, 10, 2020)
    with pytest.raises(Refused) as refused:
        saved.make_default(alice_actor, old.id)
    assert (refused.value.status, refused.value.reason) == (409, "method_expired")
    assert methods.shown(acme) == [("4242", True), ("4444", False)]


def test_what_buys_credits_only_is_never_the_default(app: Flask) -> None:
    initech, erika = methods.initech(top_up_only='["sepa_debit"]')
    account = shop.add_method(erika, ACCOUNT)
    assert methods.shown(initech) == [("3000", False)]
    with pytest.raises(Refused) as refused:
        saved.make_default(erika, account.id)
    assert (refused.value.status, refused.value.reason) == (409, "top_up_only")
    shop.add_method(erika)
    assert methods.shown(initech) == [("4242", True), ("3000", False)]


def test_a_removed_method_is_gone_on_both_sides_and_the_default_passes_on(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    card, other = shop.add_method(alice_actor), shop.add_method(alice_actor, OTHER)
    removed, next_default = saved.remove(alice_actor, card.id, address="203.0.113.7")
    assert (removed.id, next_default and next_default.id) == (card.id, other.id)
    assert methods.shown(acme) == [("4444", True)]
    assert methods.both_sides_agree(app, acme)
    with as_customer(acme.customer_id):
        (noted,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "payment_method.removed")).all()
    assert (noted.actor, noted.subject, noted.address) == (alice_actor.member_id, card.id, "203.0.113.7")


def test_the_default_passes_on_to_a_card_that_can_still_be_charged(acme: Customer, alice_actor: Actor) -> None:
    card, good = shop.add_method(alice_actor), shop.add_method(alice_actor, OTHER)
    dated(shop.add_method(alice_actor, "pm_card_amex"), 1, 2021)
    _removed, next_default = saved.remove(alice_actor, card.id)
    assert next_default is not None
    assert next_default.id == good.id


def test_what_is_no_default_goes_without_a_change_of_the_default(acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    _removed, next_default = saved.remove(alice_actor, shop.add_method(alice_actor, OTHER).id)
    assert next_default is None
    assert methods.shown(acme) == [("4242", True)]


@pytest.mark.parametrize("fault", ["refuse", "timeout_before", "timeout_after", "500_after", "429"])
def test_the_processor_hears_of_a_removal_as_soon_as_it_answers(
    app: Flask, acme: Customer, alice_actor: Actor, fault: str
) -> None:
    card = shop.add_method(alice_actor)
    controls.plant(app.extensions["purser.settings"], "detach_method", fault)
    saved.remove(alice_actor, card.id)
    assert methods.live(acme) == [], "removed here at once"
    with clock.at(clock.now() + timedelta(minutes=10)):
        jobs.run_due()
    assert methods.attached(app) == []
    with as_customer(acme.customer_id):
        row = db.session.get_one(PaymentMethod, card.id, populate_existing=True)
    assert (row.detach_at, row.is_default) == (None, False)


@pytest.mark.case("AC-73")
def test_the_seller_may_forbid_removing_the_last_method(app: Flask) -> None:
    initech, erika = methods.initech(may_remove_last="false")
    card = shop.add_method(erika)
    with pytest.raises(Refused) as refused:
        saved.remove(erika, card.id)
    assert (refused.value.status, refused.value.reason) == (409, "last_method")
    other = shop.add_method(erika, OTHER)
    saved.remove(erika, card.id)
    assert methods.shown(initech) == [("4444", True)]
    assert other.id == methods.live(initech)[0].id


@pytest.mark.case("AC-44", "AC-73")
def test_two_who_remove_the_last_two_methods_at_once_leave_one(app: Flask) -> None:
    initech, erika = methods.initech(may_remove_last="false")
    one, two = shop.add_method(erika), shop.add_method(erika, OTHER)
    ends = at_once(app, lambda: saved.remove(erika, one.id), lambda: saved.remove(erika, two.id))
    assert ends == ["done", "last_method"]
    assert [is_default for _digits, is_default in methods.shown(initech)] == [True]


def test_the_same_method_is_removed_once(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    card = shop.add_method(alice_actor)
    ends = at_once(app, *[lambda: saved.remove(alice_actor, card.id)] * 2)
    assert ends == ["done", "not_found"]


@pytest.mark.case("AC-59")
def test_another_customers_method_is_not_there(
    app: Flask, acme: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    card = shop.add_method(alice_actor)
    for change in (saved.make_default, saved.remove):
        with pytest.raises(NotFound):
            change(mallory_actor, card.id)
    assert methods.shown(acme) == [("4242", True)]
    assert methods.both_sides_agree(app, acme)


@pytest.mark.case("AC-59")
def test_another_customers_mandate_is_not_there(app: Flask, mallory_actor: Actor) -> None:
    initech, erika = methods.initech()
    setup = methods.begins(erika, ACCOUNT)
    with as_customer(initech.customer_id):
        assert mandates.read(str(setup.mandate_id)).debtor == "Initech"
    with as_customer(mallory_actor.customer_id), pytest.raises(NotFound):
        mandates.read(str(setup.mandate_id))


def test_a_mandate_outlives_its_method(app: Flask) -> None:
    initech, erika = methods.initech()
    setup = methods.begins(erika, ACCOUNT)
    saved.remove(erika, str(setup.method_id))
    with as_customer(initech.customer_id):
        kept = mandates.read(str(setup.mandate_id))
    assert (kept.account, kept.accepted_by) == ("Bank account (IBAN) ending in 3000", "Erika Ebner")


def test_the_portal_is_offered_only_where_the_catalog_says_so(app: Flask, alice_actor: Actor) -> None:
    with pytest.raises(Refused) as refused:
        processor_portal.address(alice_actor, return_url="http://localhost/billing/payment-methods")
    assert refused.value.status == 404


def test_what_was_done_in_the_portal_shows_here_afterwards(app: Flask) -> None:
    initech, erika = methods.initech(manage='"both"')
    settings = app.extensions["purser.settings"]
    card, other = shop.add_method(erika), shop.add_method(erika, OTHER)
    assert processor_portal.address(erika, return_url="http://localhost/billing/payment-methods").startswith("http")
    controls.detach(settings, card.processor_id)
    with as_customer(initech.customer_id):
        assert processor_portal.came_back(initech.customer_id)
        assert processor_portal.came_back(initech.customer_id)
    assert methods.shown(initech) == [("4444", True)]
    assert methods.live(initech)[0].id == other.id


def test_what_was_added_at_the_processor_is_taken_over_once(app: Flask) -> None:
    initech, erika = methods.initech(manage='"both"')
    shop.add_method(erika)
    client = app.extensions["purser.gateway"]._client
    with as_customer(initech.customer_id):
        owner = str(db.session.get_one(Customer, initech.customer_id).processor_customer)
        db.session.rollback()
        client.v1.payment_methods.attach("pm_card_amex", {"customer": owner}, {"idempotency_key": "portal"})
        for _ in range(2):
            assert processor_portal.came_back(initech.customer_id)
    assert methods.shown(initech) == [("4242", True), ("8431", False)]


def test_an_outage_after_the_portal_changes_nothing(app: Flask) -> None:
    initech, erika = methods.initech(manage='"both"')
    shop.add_method(erika, GOOD)
    controls.plant(app.extensions["purser.settings"], "list_methods", "timeout_before")
    with as_customer(initech.customer_id):
        assert not processor_portal.came_back(initech.customer_id)
    assert methods.shown(initech) == [("4242", True)]
