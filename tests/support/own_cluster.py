"""A PostgreSQL of the test's own, which it may stop and start again."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.services.operations.installation import install
from tests.support import postgres
from tests.support.databases import Database, settings_for


@dataclass
class OwnCluster:
    """The server, while it runs and while it does not, and a migrated database in it."""

    data: Path
    cluster: postgres.Cluster
    database: Database

    def stop(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """Stop the server and all its connections, at once or (SIGINT) with a word to them; what was committed is kept."""
        postgres.stop(self.cluster.pid, number)

    def start(self) -> None:
        """Start it again where it was."""
        self.cluster = postgres.start_again(self.data, self.cluster.port)

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()


@contextmanager
def own_cluster(data: Path) -> Iterator[OwnCluster]:
    """Run a cluster in the new directory `data` inside the block."""
    cluster = postgres.start(data, durable=True)
    cluster.run(
        f"create role {postgres.OWNER} login createdb createrole",
        f"create role {postgres.LOGIN} login",
        f"create database own owner {postgres.OWNER}",
    )
    urls = [cluster.url("own", user) for user in (postgres.LOGIN, postgres.OWNER, "postgres")]
    jobs = f"sqlite:///{data.with_suffix('.jobs.sqlite3')}"
    own = OwnCluster(data, cluster, Database("postgresql", *urls, drop=lambda: None, jobs_url=jobs))
    try:
        install(settings_for(own.database))
        yield own
    finally:
        own.stop()
