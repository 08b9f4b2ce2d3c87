"""Two months of the demo's history, with a host that listens: written once for all tests that look at them or go on."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import clock, create_app
from app.demo import customers, host_product
from app.models.database import db
from app.services.authorizations import holds
from tests.support import databases, postgres, shared_work, tiers
from tests.support.databases import Database
from tests.support.ports import free_port

NOW = datetime(2026, 11, 21, 15, 4, tzinfo=UTC)
MONTHS = tiers.sample_of(1, proof=2)


@pytest.fixture
def two_months(database: Database, session_dir: Path) -> None:
    """The demo's customers and their last two months are in the database. Ask for it before the app, which opens it."""
    if database.kind != "sqlite":
        _write(database)
        return
    written = session_dir / "demo.sqlite3"
    with postgres.locked(session_dir / "demo.lock"):
        if not written.exists():
            folder = session_dir / "demo"
            folder.mkdir()
            _write(databases.fresh_sqlite(session_dir, folder))
            with closing(sqlite3.connect(folder / "purser.sqlite3")) as log:
                log.execute("pragma wal_checkpoint(truncate)")  # the file alone is copied
            (folder / "purser.sqlite3").rename(written)
    shutil.copyfile(written, database.url.removeprefix("sqlite:///"))


def _write(database: Database) -> None:
    app = create_app(databases.settings_for(database, webhooks_allow_loopback=True))
    shared_work.share(app)
    with app.app_context():
        with host_product.listening(free_port()) as url, clock.at(NOW):
            customers.make(months=MONTHS, progress=lambda days: days, webhook_url=url)
        holds.close()
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
