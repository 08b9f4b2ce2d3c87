"""Auto-recharge with tax: the limit counts it, and a rule that tax makes impossible is said once, by page and mail."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.auto_recharge import judging, trigger
from app.services.tax import registrations
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import cast, recharge, shop, spend
from tests.support.documents import documents_of
from tests.support.taxed import NUMBER, lives, registered, sold_from_france

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")
STOPPED = "auto_recharge_stopped"
FRENCH = 'country = "FR"\nname = "VAT"\npercent = "20"\nsince = 2014-01-01\n'
LATER = 'country = "FR"\nname = "VAT"\npercent = "25"\nsince = 2026-11-23\n'
RISES = (FRENCH, f"{FRENCH}until = 2026-11-22\n\n[[tax.rates]]\n{LATER}")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture(autouse=True)
def taxed(acme: Customer, alice_actor: Actor) -> None:
    sold_from_france()
    shop.add_method(alice_actor)


@pytest.mark.both_databases
def test_the_total_is_charged_and_counts_in_the_limit(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    """Also for a customer at home with a verified number of another state, as on the page."""
    lives(acme, "FR")
    registered(acme, "verified")
    recharge.on(alice_actor, limit=5_999)
    recharge.runs(app, NOW + timedelta(minutes=1))
    assert recharge.states(acme) == [(3000, "succeeded")]
    assert recharge.budget(acme) == (0, 3000)
    (invoice,) = documents_of(acme)
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (2500, 500, 3000)
    spend.uses(acme, "30", NOW + timedelta(hours=1))
    recharge.runs(app, NOW + timedelta(hours=1))
    assert recharge.decisions(acme)[-1] == "limit_reached"  # 29.99 are left: enough before tax, and not with it
    assert verify() == []


def test_a_limit_that_tax_makes_too_low_is_refused_with_the_tax(acme: Customer, alice_actor: Actor) -> None:
    lives(acme, "FR")
    words = r"One purchase costs \$30\.00 with VAT 20 %, which is more than the limit of \$29\.99: nothing could be"
    with pytest.raises(Refused, match=words) as refused:
        recharge.on(alice_actor, limit=2_999)
    assert (refused.value.reason, refused.value.field) == ("limit_below_purchase", "period_limit")
    assert recharge.on(alice_actor, limit=3_000).enabled


def test_what_becomes_impossible_is_mailed_once_each_time_before_the_credit_is_low(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    lives(acme, "DE")
    number = registrations.add(acme.customer_id, kind="eu_vat", country="DE", value=NUMBER, by="mem_alice").id
    recharge.runs(app, NOW + timedelta(minutes=1))  # VIES confirms it
    spend.gives(acme, "100")
    recharge.on(alice_actor, limit=2_500)
    recharge.runs(app, NOW + timedelta(minutes=2))
    assert (recharge.decisions(acme), recharge.mails(acme).count(STOPPED)) == ([], 0)
    registrations.remove(acme.customer_id, number, by="mem_alice")
    with app.app_context(), clock.at(NOW + timedelta(minutes=3)):
        assert trigger.charge_due() == 1, "looked at by the next worker, before anybody judges"
    recharge.runs(app, NOW + timedelta(minutes=3))
    recharge.runs(app, NOW + timedelta(minutes=30))
    assert (recharge.decisions(acme), recharge.mails(acme).count(STOPPED)) == (["above_limit"], 1)
    assert recharge.events(acme).count("suspended") == 1
    spend.uses(acme, "100", NOW + timedelta(hours=1))
    recharge.runs(app, NOW + timedelta(hours=1))
    assert (recharge.decisions(acme), recharge.states(acme)) == (["above_limit"], [])
    spend.gives(acme, "100")
    again = registrations.add(acme.customer_id, kind="eu_vat", country="DE", value=NUMBER, by="mem_alice").id
    recharge.runs(app, NOW + timedelta(hours=2))
    assert recharge.decisions(acme) == ["above_limit", "enough"]
    registrations.remove(acme.customer_id, again, by="mem_alice")
    recharge.runs(app, NOW + timedelta(hours=3))
    assert recharge.decisions(acme) == ["above_limit", "enough", "above_limit"]
    assert recharge.mails(acme).count(STOPPED) == 2
    assert verify() == []


@pytest.mark.both_databases
@pytest.mark.parametrize("cause", ["rate", "certificate", "catalog"])
def test_what_a_day_or_a_new_catalog_makes_impossible_is_mailed_once_however_much_is_left(
    app: Flask, acme: Customer, alice_actor: Actor, cause: str
) -> None:
    lives(acme, "FR")
    spend.gives(acme, "100")
    day = timedelta(days=1)
    if cause == "certificate":
        ends = (NOW + day).date()
        registrations.add_exemption(
            acme.customer_id, value="A-1", territories=("FR",), expires_on=ends, by="seller", reason="Seen"
        )
    if cause == "rate":
        sold_from_france(RISES)
    recharge.on(alice_actor, limit=2_500 if cause == "certificate" else 3_000)
    recharge.runs(app, NOW + timedelta(hours=1))
    assert (recharge.decisions(acme), recharge.mails(acme).count(STOPPED)) == ([], 0)
    if cause == "catalog":
        sold_from_france(('percent = "20"', 'percent = "21"'))
    for hours in (0, 1, 24):
        recharge.runs(app, NOW + 2 * day + timedelta(hours=hours))
        assert (recharge.decisions(acme), recharge.mails(acme).count(STOPPED)) == (["above_limit"], 1)
    assert verify() == []


@pytest.mark.both_databases
def test_a_customer_who_cannot_be_judged_stops_no_other(
    app: Flask, acme: Customer, globex: Customer, alice_actor: Actor
) -> None:
    other = cast.make_actor(cast.MALLORY, globex)
    shop.add_method(other)
    for customer, actor in ((acme, alice_actor), (globex, other)):
        lives(customer, "FR")
        spend.gives(customer, "100")
        recharge.on(actor, limit=3_000)
    recharge.runs(app, NOW + timedelta(hours=1))
    sold_from_france(('percent = "20"', 'percent = "21"'))
    with as_service("damage a customer"), transaction() as session:
        session.execute(update(Customer).where(Customer.customer_id == globex.customer_id).values(catalog_version=99))
    with app.app_context():
        assert judging.judge(100) == 1
    with as_service("mend the customer"), transaction() as session:
        session.execute(update(Customer).where(Customer.customer_id == globex.customer_id).values(catalog_version=1))
    recharge.runs(app, NOW + timedelta(hours=2))
    assert (recharge.decisions(acme), recharge.decisions(globex)) == (["above_limit"], ["above_limit"])
