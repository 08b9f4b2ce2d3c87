"""A backup is restored that is older than a transfer and what it paid: both are written down again, once."""

from pathlib import Path

from flask import Flask

from app.domain.bank_transfers.allocation import Standing
from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.support.backups import backup
from tests.support.databases import Database
from tests.support.restored import HOUR, books
from tests.support.shop import payments
from tests.support.transfers import at_processor, movements, ordered, sent, sound, standing, unapplied


def test_what_was_paid_after_the_backup_is_paid_again_here_and_only_here(
    app: Flask, database: Database, tmp_path: Path, alice_actor: Actor, acme: Customer
) -> None:
    order = ordered(alice_actor).id
    restore = backup(database, tmp_path)
    sent(app, acme.customer_id, 2600)
    restore()
    assert payments(acme) == [] and standing(alice_actor, order).standing is Standing.WAITING
    books(app, HOUR)
    assert standing(alice_actor, order).standing is Standing.PAID
    assert [(each.state, each.received_minor) for each in payments(acme)] == [("succeeded", 2500)]
    assert [each.kind for each in movements(acme.customer_id)] == ["funded", "applied_to_payment"]
    assert unapplied(acme.customer_id) == at_processor(app, acme.customer_id) == 100
    sound(app, acme.customer_id)
