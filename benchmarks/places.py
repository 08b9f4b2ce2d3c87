"""A scratch database of each kind with the portal on it, gone when the benchmark ends."""

import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, create_engine, pool, text

from app import create_app
from app.config import Settings
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.services.operations.installation import install
from tests.support import cast, postgres
from tests.support.browser import Browser
from tests.support.client import StandAloneClient
from tests.support.databases import Database, empty_sqlite, settings_for

EMPTY = "/benchmarks/nothing"
SIGNED_IN_FILE = "/benchmarks/file"
FILE = "htmx-4.0.1.min.js"


@dataclass(frozen=True)
class Place:
    """A portal to be measured."""

    kind: str
    version: str
    app: Flask
    settings: Settings
    raw: Engine
    """Connections past the portal, for filling tables and for floors."""

    def customer(self, name: str) -> tuple[Customer, Actor, Browser]:
        """Return a new customer with somebody signed in."""
        customer = cast.make_customer(name)
        part = cast.Part(name, f"{name.lower()}@example.example", cast.ALICE.role)
        actor = cast.make_actor(part, customer)
        return customer, actor, cast.signed_in(self.app, self.settings.base_url, actor)


@contextmanager
def places() -> Iterator[Iterator[Place]]:
    """Make room for the databases, and hand them out one after the other."""
    directory = Path(tempfile.mkdtemp(prefix="purser-bench-"))
    directory.chmod(0o755)  # the database server runs as somebody else
    try:
        yield _each(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _each(directory: Path) -> Iterator[Place]:
    with _opened(empty_sqlite(directory), f"SQLite {sqlite3.sqlite_version}") as place:
        yield place
    cluster = postgres.start(directory / "postgres", durable=True)
    try:
        cluster.run(f"create role {postgres.OWNER} login createdb createrole", f"create role {postgres.LOGIN} login")
        cluster.run(f"create database bench owner {postgres.OWNER}")
        urls = [cluster.url("bench", user) for user in (postgres.LOGIN, postgres.OWNER, "postgres")]
        jobs = f"sqlite:///{directory / 'jobs.sqlite3'}"
        with _opened(Database("postgresql", *urls, drop=lambda: None, jobs_url=jobs), "") as place:
            yield place
    finally:
        postgres.stop(cluster.pid)


@contextmanager
def _opened(database: Database, version: str) -> Iterator[Place]:
    settings = settings_for(database)
    install(settings)
    app = create_app(settings)
    logging.getLogger().setLevel(logging.WARNING)  # a line for each request would hide the results
    app.test_client_class = StandAloneClient
    app.add_url_rule(EMPTY, "nothing", lambda: "")
    app.add_url_rule(SIGNED_IN_FILE, "file", lambda: app.send_static_file(FILE))
    raw = create_engine(database.superuser_url, poolclass=pool.StaticPool)
    if not version:
        with raw.connect() as connection:
            version = f"PostgreSQL {str(connection.scalar(text('show server_version'))).split()[0]}"
    with app.app_context():
        cast.apply_catalog()
        yield Place(database.kind, version, app, settings, raw)
        db.session.remove()
        db.engine.dispose()
    raw.dispose()
