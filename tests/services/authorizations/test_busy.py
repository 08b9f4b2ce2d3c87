"""Calls that wait for their customers' rows leave connections to the calls of all others."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text

from app.services.authorizations import postgresql_calls
from app.services.authorizations.postgresql_calls import HotPath
from app.services.authorizations.refusals import DatabaseAway
from tests.services.authorizations.test_together import LOCK, NOW, ON_POSTGRESQL, SEVEN, WAITS, superuser_of
from tests.support.databases import Database
from tests.support.edges import at_an_edge
from tests.support.worker import until


@ON_POSTGRESQL
def test_however_many_customers_are_busy_others_are_answered(
    app: Flask, database: Database, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their calls wait on some of the connections, and never on those of the lines of all customers."""
    monkeypatch.setattr(postgresql_calls, "PATIENCE", 3)
    path, acme = HotPath(database.url, 3), at_an_edge("Acme", "balance", NOW)
    path.call(SEVEN, [], about="opened")
    with path._pool.connection(), path._pool.connection(), path._pool.connection():
        pass  # all of them are there
    with ThreadPoolExecutor(4) as threads, superuser_of(database) as other:
        other.execute(text(f"select pg_advisory_lock({LOCK})"))
        busy = [threads.submit(path.call, WAITS, [], about=name) for name in ("one", "two", "three", "four")]
        until(lambda: len(path._lines._lines) == 4)
        until(lambda: path._pool.get_stats()["requests_num"] >= 5)
        assert path.call(SEVEN, [], about="", customer_id=acme.customer_id) == [b"7"]
        assert not any(each.done() and each.exception() is None for each in busy)
        other.execute(text(f"select pg_advisory_unlock({LOCK})"))
        ends = {type(each.exception()) for each in busy}
        assert ends <= {type(None), DatabaseAway}
    path.close()
