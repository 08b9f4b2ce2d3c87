"""Who is asked about: customers with credit, a key that may do what the clients do, and somebody signed in."""

import signal
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, pool

from app import create_app
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.database import db
from app.services.access import api_keys
from app.services.ledger import grants
from app.services.operations.installation import install
from benchmarks import filling
from benchmarks.places import Place
from benchmarks.scale.load import Access
from benchmarks.scale.machines import DATABASE, Machines
from tests.support import cast, meters, postgres
from tests.support.databases import Database, settings_for

CUSTOMERS = 50
MUCH = Credits(100_000 * MICROS)
SCOPES = ["usage:write", "credits:grant"]


@dataclass(frozen=True)
class Seed:
    """A stopped server that each run begins with a copy of, and who is in it."""

    data: Path
    customers: list[str]
    reader: Customer
    """Whoever is signed in looks at this one."""
    access: Access


def seed(data: Path) -> Seed:
    """Make the server in the new directory `data`, and the cast in it."""
    cluster = postgres.start(data)
    try:
        cluster.run(
            f"create role {postgres.OWNER} login createdb createrole",
            f"create role {postgres.LOGIN} login",
            f"create database {DATABASE} owner {postgres.OWNER}",
        )
        urls = [cluster.url(DATABASE, user) for user in (postgres.LOGIN, postgres.OWNER, "postgres")]
        settings = settings_for(Database("postgresql", *urls, drop=lambda: None, jobs_url=f"sqlite:///{data}.sqlite3"))
        install(settings)
        app = create_app(settings)
        with app.app_context():
            meters.apply()
            customers = [meters.customer(f"Load{number}").customer_id for number in range(CUSTOMERS)]
            for each in customers:
                grants.give(each, kind="promotional", credits=MUCH, granted_by="benchmark", reason="Benchmark")
            reader = meters.customer("Reader")
            browser = cast.signed_in(app, settings.base_url, cast.make_actor(cast.ALICE, reader))
            name = app.session_interface.cookie  # type: ignore[attr-defined]  # our own
            cookie = browser.client.get_cookie(name, domain="localhost")
            if cookie is None:
                raise RuntimeError("nobody is signed in")
            _key, key = api_keys.create("benchmark", SCOPES)
            db.session.remove()
            db.engine.dispose()
    finally:
        postgres.stop(cluster.pid, signal.SIGINT)
    return Seed(data, customers, reader, Access(key, f"{name}={cookie.value}"))


def fill(machines: Machines, reader: Customer, rows: int) -> None:
    """Give the reader a history of so many rows, and wait until the replica has them."""
    raw = create_engine(machines.primary.url(DATABASE, "postgres"), poolclass=pool.NullPool)
    filling.fill(Place("postgresql", "", create_app(machines.settings), machines.settings, raw), reader, rows, salt=1)
    machines.replica.catch_up(machines.primary)
