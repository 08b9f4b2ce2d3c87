"""A replica that is behind, away, or no replica any more: exports say how old they are, and nothing else reads it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.config import Settings, WrongSetting
from app.domain.money import Credits
from app.models import replica
from app.models.database import db
from app.models.replica import the_replica
from app.services.ledger import grants
from app.web.exports import AS_OF, SOURCE
from tests.programs import replica as replicas
from tests.programs.replica import Replica
from tests.support import cast, postgres
from tests.support.browser import Browser
from tests.support.client import StandAloneClient
from tests.support.databases import settings_for
from tests.support.own_cluster import OwnCluster, own_cluster
from tests.support.server import ROOT

FILES = (
    "/billing/balance-history.csv",
    "/billing/balance-history.xlsx",
    "/billing/balance-history.json",
    "/billing/usage.csv",
    "/billing/usage.xlsx",
    "/billing/spend-management/notifications.csv",
    "/billing/spend-management/refused-calls.xlsx",
    "/billing/auto-recharge/charges.csv",
    "/billing/invoices/statement.csv",
    "/billing/invoices/statement.xlsx",
    "/billing/invoices.csv",
    "/billing/invoices.xlsx",
    "/account/activity/activity.csv",
)
ROWS = "/billing/balance-history.csv?view=rows"
SENT = re.compile(r"exports\.as_(csv|json)|workbooks\.as_workbook")


@dataclass(frozen=True)
class Pair:
    """A primary and its replica, and a portal that knows both."""

    primary: OwnCluster
    replica: Replica
    app: Flask
    browser: Browser
    customer_id: str

    def give(self, reason: str) -> None:
        with self.app.app_context():
            one = Credits(1_000_000)
            grants.give(self.customer_id, kind="promotional", credits=one, granted_by="test", reason=reason)

    def export(self, path: str) -> tuple[str | None, str | None, TestResponse]:
        answer = self.browser.client.get(path, base_url=self.browser.origin)
        assert answer.status_code == 200, path
        return answer.headers.get(SOURCE), answer.headers.get(AS_OF), answer


@pytest.fixture
def pair(session_dir: Path, tmp_path: Path) -> Iterator[Pair]:
    """A portal on a primary with a replica that has everything so far."""
    directory = session_dir / f"pair-{tmp_path.parent.name}-{tmp_path.name}"
    directory.mkdir(mode=0o755)
    with own_cluster(directory / "primary") as primary:
        replica = replicas.of(primary.cluster, directory / "replica")
        try:
            url = primary.database.url.replace(str(primary.cluster.port), str(replica.cluster.port))
            app = create_app(settings_for(primary.database, replica_url=url))
            app.test_client_class = StandAloneClient
            with app.app_context():
                cast.apply_catalog()
                customer = cast.make_customer("Acme")
                browser = cast.signed_in(app, "http://localhost", cast.make_actor(cast.ALICE, customer))
                made = Pair(primary, replica, app, browser, customer.customer_id)
                made.give("First")
                replica.catch_up(primary.cluster)
                yield made
                db.session.remove()
                db.engine.dispose()
        finally:
            postgres.stop(replica.cluster.pid)


@pytest.mark.proof
@pytest.mark.fault("D10")
def test_exports_read_the_replica_and_say_as_of_when_while_all_else_reads_the_primary(pair: Pair) -> None:
    for path in FILES:
        source, as_of, answer = pair.export(path)
        assert (source, as_of is not None) == ("replica", True), path
        assert f"-as-of-{str(as_of).replace('-', '').replace(':', '')}." in answer.headers["Content-Disposition"]
    pair.replica.pause()
    pair.give("Second")
    source, _as_of, answer = pair.export(ROWS)
    assert source == "replica"
    assert "First" in answer.text
    assert "Second" not in answer.text
    assert "Second" in pair.browser.client.get("/billing/balance-history?view=rows", base_url=pair.browser.origin).text
    with_no_patience = replace(the_replica.of(pair.app), oldest=timedelta(0))
    the_replica.set(pair.app, with_no_patience)
    source, as_of, answer = pair.export(ROWS)
    assert (source, as_of, "Second" in answer.text) == ("primary", None, True)
    pair.replica.resume()
    pair.replica.catch_up(pair.primary.cluster)
    assert pair.export(ROWS)[0] == "replica"
    # Once it is promoted it is no replica any more: what it shows may be another history than the primary's.
    pair.replica.promote()
    pair.give("Third")
    source, as_of, answer = pair.export(ROWS)
    assert (source, as_of, "Third" in answer.text) == ("primary", None, True)
    postgres.stop(pair.replica.cluster.pid)
    assert pair.export(ROWS)[0] == "primary"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_that_is_no_replica_is_not_read(settings: Settings, app: Flask, alice: Browser) -> None:
    the_replica.set(app, replica.of(replace(settings, replica_url=settings.database_url)))
    for path in (ROWS, "/billing/usage.xlsx"):
        answer = alice.client.get(path, base_url=alice.origin)
        assert answer.status_code == 200, path
        assert (answer.headers.get(SOURCE), AS_OF in answer.headers) == ("primary", False), path
    the_replica.set(app, None)
    assert SOURCE not in alice.client.get(ROWS, base_url=alice.origin).headers


@pytest.mark.parametrize(
    ("database", "replica_url"),
    [("sqlite:///here.sqlite3", "postgresql://other/purser"), ("postgresql://here/purser", "sqlite:///there.sqlite3")],
)
def test_a_replica_is_postgresqls_as_its_primary(database: str, replica_url: str) -> None:
    said = {"SECRET_KEY": "0" * 32, "DATABASE_URL": database, "JOBS_URL": "redis://here/0", "REPLICA_URL": replica_url}
    with pytest.raises(WrongSetting, match="REPLICA_URL must be postgresql"):
        Settings.from_env(said)


def test_every_export_asks_for_the_replica() -> None:
    """But for the files of a year: whether all of them are made is decided before they are sent."""
    pages = ROOT / "app" / "blueprints"
    sending = {path for path in pages.rglob("*.py") if SENT.search(path.read_text())}
    assert sending
    assert {path.name for path in sending if "exports.from_replica()" not in path.read_text()} == set()
