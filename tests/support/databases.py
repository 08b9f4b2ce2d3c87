"""A fresh database for each test: a copy of one that was migrated once per session."""

import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.config import Settings
from app.domain.errors import ensure
from app.services.operations.installation import install
from tests.support import postgres

TEMPLATE = "purser_template"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """Where a database is: for the app, for the owner of its tables, and how to be rid of it."""

    kind: str
    url: str
    owner_url: str
    superuser_url: str
    drop: Callable[[], None]
    jobs_url: str = ""
    """Where the queue is. Beside PostgreSQL it has to be said: else it is in the checkout, where there may be no room."""

    def __post_init__(self) -> None:
        ensure(self.kind == "sqlite" or self.jobs_url, "a queue that would be in the checkout")


def settings_for(database: Database, **changes: object) -> Settings:
    """Return the settings that the tests run with."""
    values: dict[str, object] = {
        "secret_key": "only-for-tests-" + "0" * 32,
        "database_url": database.url,
        "database_owner_url": database.owner_url,
        "jobs_url": database.jobs_url,
        "base_url": "http://localhost",
        "log_format": "console",
        "testing": True,
        "pdf_engine": "none",  # whoever wants files draws them: see `drawing` in tests/conftest.py
    }
    settings = Settings(**(values | changes))  # type: ignore[arg-type]
    settings.check()
    return settings


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    """Return the environment in which another process of ours runs with these settings."""
    secret = ("SECRET_KEY", "DATABASE_URL", "DATABASE_OWNER_URL", "JOBS_URL", "MAIL_URL", "REDIS_URL", "REPLICA_URL")
    names = (*secret, "BASE_URL", "LOG_FORMAT", "MAIL_FROM", "PAYMENTS", "PDF_ENGINE")
    values = {name: getattr(settings, name.lower()) for name in names}
    if settings.webhooks_allow_loopback:
        values |= {"WEBHOOKS_ALLOW_LOOPBACK": "1", "DEMO": "1"}  # what no installation but a demo may set
    return {**os.environ, **{name: value for name, value in values.items() if value}, **changes}


def fresh_sqlite(session_dir: Path, test_dir: Path) -> Database:
    """Return a new, migrated SQLite database in `test_dir`."""
    template = session_dir / "template.sqlite3"
    with postgres.locked(session_dir / "sqlite.lock"):
        if not template.exists():
            making = session_dir / "making.sqlite3"
            install(settings_for(_sqlite(making)))
            making.rename(template)
    path = test_dir / "purser.sqlite3"
    shutil.copyfile(template, path)
    return _sqlite(path)


def empty_sqlite(test_dir: Path, name: str = "empty.sqlite3") -> Database:
    """Return a SQLite database with nothing in it."""
    return _sqlite(test_dir / name)


def fresh_postgresql(session_dir: Path) -> Database:
    """Return a new, migrated PostgreSQL database in the session's cluster."""
    cluster = postgres.shared(session_dir)
    with postgres.locked(session_dir / "template.lock"):
        made = session_dir / "template.made"
        if not made.exists():
            cluster.run(f"create database {TEMPLATE} owner {postgres.OWNER}")
            install(settings_for(_postgresql(cluster, TEMPLATE, session_dir)))
            made.touch()
    name = _name()
    cluster.run(f"create database {name} template {TEMPLATE} strategy file_copy owner {postgres.OWNER}")
    return _postgresql(cluster, name, session_dir)


def empty_postgresql(session_dir: Path) -> Database:
    """Return a PostgreSQL database with nothing in it."""
    cluster = postgres.shared(session_dir)
    name = _name()
    cluster.run(f"create database {name} owner {postgres.OWNER}")
    return _postgresql(cluster, name, session_dir)


def _name() -> str:
    return f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}_{next(_numbers)}"


def _sqlite(path: Path) -> Database:
    url = f"sqlite:///{path}"
    return Database("sqlite", url, url, url, drop=lambda: None)


def _postgresql(cluster: postgres.Cluster, name: str, session_dir: Path) -> Database:
    return Database(
        "postgresql",
        cluster.url(name),
        cluster.url(name, postgres.OWNER),
        cluster.url(name, "postgres"),
        drop=lambda: cluster.run(f"drop database {name} with (force)"),
        jobs_url=f"sqlite:///{session_dir / f'{name}-jobs.sqlite3'}",
    )
