"""Rows of a customer's bank transfers that cannot be written stop no other customer's."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app import clock
from app.domain.bank_transfers.allocation import Standing
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.scope import as_customer
from app.services import jobs
from app.services.bank_transfers import orders, returns
from tests.support.databases import Database
from tests.support.transfers import arrives, ordered, sent, standing, unapplied

TABLES = (("cash_movements", "insert"), ("pro_formas", "update"), ("cash_returns", "update"))


def refused(database: Database, customer_id: str) -> None:
    """Let nothing of this customer's be written any more."""
    engine = create_engine(database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        for table, verb in TABLES:
            when, name = f"new.customer_id = '{customer_id}'", f"no_{table}"
            if connection.dialect.name == "sqlite":
                made = (
                    f"create trigger {name} before {verb} on {table} when {when} begin select raise(abort, 'no'); end"
                )
            else:
                made = (
                    f"create trigger {name} before {verb} on {table} for each row when ({when}) "
                    "execute function purser_append_only()"
                )
            connection.execute(text(made))


def test_what_cannot_be_written_for_one_customer_stops_no_other(
    app: Flask, database: Database, alice_actor: Actor, mallory_actor: Actor
) -> None:
    now, settings, made = clock.now(), app.extensions["purser.settings"], {}
    for actor in (alice_actor, mallory_actor):
        ordered(actor, "90.00")
        sent(app, actor.customer_id, 700)
        controls.plant(settings, "create_refund", "refuse")
        returns.send_back(actor.customer_id, reason="Sent twice", requested_by="seller")
        made[actor.customer_id] = ordered(actor)
        arrives(app, actor.customer_id, 2500)
    refused(database, alice_actor.customer_id)
    with clock.at(now + timedelta(hours=2)):
        for name in ("cash_looked_at", "cash_returned"):
            jobs.JOBS[name](1)
            jobs.JOBS[name](1)
        assert standing(mallory_actor, made[mallory_actor.customer_id]).standing is Standing.PAID
        assert standing(alice_actor, made[alice_actor.customer_id]).standing is Standing.WAITING
        assert unapplied(mallory_actor.customer_id) == 0
    with clock.at(now + timedelta(days=20)):
        jobs.JOBS["pro_formas_expired"](1)
        jobs.JOBS["pro_formas_expired"](1)
        with as_customer(mallory_actor.customer_id):
            assert [each.standing for each in orders.latest()] == [Standing.PAID, Standing.EXPIRED]
