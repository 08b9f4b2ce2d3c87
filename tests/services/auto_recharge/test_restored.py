"""An automatic payment that was lost with a newer database is there again, and counts in the limit of its period."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.reconciliation import books as reconciliation_books
from app.services.reversals import refunds
from app.services.verification.verify import verify
from tests.support import recharge, shop, spend
from tests.support.backups import backup
from tests.support.databases import Database
from tests.support.outcome import faults
from tests.support.restored import MANY, books

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.mark.fault("D9")
def test_it_counts_in_the_limit_and_its_refund_switches_auto_recharge_off(
    app: Flask, database: Database, tmp_path: Path, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    restore = backup(database, tmp_path)
    recharge.runs(app, NOW + timedelta(minutes=1))
    assert recharge.states(acme) == [(2500, "succeeded")]
    restore()
    assert recharge.states(acme) == []
    with clock.at(NOW + timedelta(minutes=30)):
        look = books(app)
    assert reconciliation_books.problems_of(look) == []
    assert (recharge.states(acme), recharge.budget(acme)) == ([(2500, "succeeded")], (0, 2500))
    spend.uses(acme, "90", NOW + timedelta(hours=1))
    recharge.runs(app, NOW + timedelta(hours=1))
    assert recharge.budget(acme) == (0, 5000)  # not 7500: 25 were charged before
    assert verify() == []
    with clock.at(NOW + timedelta(hours=2)):
        refunds.refund(recharge.automatic(acme)[0].id, reason="Wrong customer", requested_by="support")
    recharge.runs(app, NOW + timedelta(hours=3))
    assert not recharge.terms(alice_actor).enabled


@pytest.mark.fault("D9", "T4")
def test_where_the_limit_was_used_again_meanwhile_both_count_and_nothing_more_is_charged(
    app: Flask, database: Database, tmp_path: Path, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor, threshold="80")
    restore = backup(database, tmp_path)
    recharge.runs(app, NOW + timedelta(days=31))  # charged in a period that the backup does not know
    restore()
    recharge.runs(app, NOW + timedelta(days=31, minutes=5))
    assert recharge.budget(acme) == (0, 5000)
    with clock.at(NOW + timedelta(days=31, minutes=30)):
        assert reconciliation_books.problems_of(books(app)) == []
    assert recharge.budget(acme) == (0, 10000)
    recharge.runs(app, NOW + timedelta(days=31, hours=1))
    assert recharge.budget(acme) == (0, 10000)
    assert verify() == []


@pytest.mark.fault("D9")
def test_restored_while_another_one_is_open_it_is_credited_and_a_person_learns_that_it_counts_in_no_limit(
    app: Flask, database: Database, tmp_path: Path, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    restore = backup(database, tmp_path)
    recharge.runs(app, NOW + timedelta(minutes=1))
    (lost,) = recharge.automatic(acme)
    restore()
    with faults(app, ("confirm_intent", "timeout_before", MANY)):
        recharge.runs(app, NOW + timedelta(minutes=2), times=1)
        with clock.at(NOW + timedelta(minutes=3)):
            problems = reconciliation_books.problems_of(books(app))
    assert [(lost.id in each, "counts in no limit" in each) for each in problems] == [(True, True)]
    assert lost.id in {each.id for each in shop.payments(acme)}
    recharge.runs(app, NOW + timedelta(hours=2))
    assert verify() == []
