"""A PostgreSQL server that only reads, as one whose place another has taken: 503 with Retry-After, never 500; then all goes on."""

from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.services.verification.verify import verify
from tests.support import shop, spend
from tests.support.api import Api, problem_of
from tests.support.databases import Database

FIVE = {"amount": {"amount_minor": 2500, "currency": "USD"}}


def alter(database: Database, words: str, *, end_connections: bool) -> None:
    """Let new sessions of the database begin otherwise; where others are ended, as at a failover, all are new."""
    name = database.url.rpartition("/")[2].partition("?")[0]
    server = database.superuser_url.replace("postgresql+psycopg", "postgresql").replace(f"/{name}", "/postgres")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"alter database {name} {words}".encode())
        if end_connections:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_on_a_server_that_only_reads_nothing_is_500_and_afterwards_its_connections_are_left(
    database: Database, app: Flask, api: Api, acme: Customer, globex: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    spend.gives(acme, "10")
    held = api.post("/authorizations", {"customer": acme.customer_id, "credits": "1"}).get_json()["authorization"]
    preview = api.post(f"/customers/{acme.customer_id}/top_ups/preview", FIVE).get_json()["preview"]
    batch = [{"id": f"e-{each}", "customer": each, "meter": "requests", "quantity": 3} for each in ("acme", "globex")]
    calls: dict[str, Callable[[], TestResponse]] = {
        "authorize": lambda: api.post("/authorizations", {"customer": acme.customer_id, "credits": "1"}),
        "capture": lambda: api.post(f"/authorizations/{held}/capture", {"credits": "0.5"}),
        "release": lambda: api.post(f"/authorizations/{held}/release"),
        "usage": lambda: api.post("/usage_events", {"events": batch}),
        "top up": lambda: api.post(
            f"/customers/{acme.customer_id}/top_ups", FIVE | {"preview": preview}, once="order-1"
        ),
    }
    db.session.remove()
    alter(database, "set default_transaction_read_only = on", end_connections=True)
    try:
        answers = {name: call() for name, call in calls.items()}
    finally:
        alter(database, "set default_transaction_read_only = off", end_connections=False)
    assert {name: problem_of(each) for name, each in answers.items()} == dict.fromkeys(calls, (503, "unavailable"))
    assert [name for name, each in answers.items() if not each.headers.get("Retry-After")] == []
    later = {name: call().status_code for name, call in calls.items()}
    assert later == {"authorize": 200, "capture": 200, "release": 409, "usage": 200, "top up": 201}
    assert (shop.charges(app), verify()) == ([2500], [])
