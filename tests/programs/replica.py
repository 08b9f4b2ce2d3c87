"""A streaming replica of a PostgreSQL of the tests or of the benchmarks, which can be paused, killed and promoted."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support import postgres
from tests.support.postgres import Cluster, as_account, binary
from tests.support.worker import until

SLOT = "replica"


@dataclass(frozen=True)
class Replica:
    """A running replica."""

    data: Path
    cluster: Cluster

    def promote(self) -> None:
        """Make it take writes, and wait until it does."""
        self.cluster.run("select pg_promote(true, 60)")

    def pause(self) -> None:
        """Let it replay nothing more, and wait until it does not. What it receives is kept."""
        self.cluster.run("select pg_wal_replay_pause()")
        until(lambda: _asked(self.cluster.port, "select pg_get_wal_replay_pause_state()") == "paused")

    def resume(self) -> None:
        """Let it replay again."""
        self.cluster.run("select pg_wal_replay_resume()")

    def catch_up(self, primary: Cluster) -> None:
        """Wait until it has replayed all that the primary has written."""
        written = _asked(primary.port, "select pg_current_wal_flush_lsn()::text")
        until(lambda: _asked(self.cluster.port, f"select pg_last_wal_replay_lsn() >= '{written}'::pg_lsn"))


def of(primary: Cluster, data: Path, *settings: str) -> Replica:
    """Copy the primary into the new directory `data` and start the copy, which follows the primary."""
    postgres.make_directory(data)
    copy = ["-D", str(data), "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres", "--checkpoint=fast"]
    how = as_account([binary("pg_basebackup"), *copy, "-R", "-X", "stream", "-C", "-S", SLOT])
    done = subprocess.run(capture_output=True, text=True, **how)  # type: ignore[call-overload]
    if done.returncode:
        raise RuntimeError(f"no replica: {done.stderr[-1500:]}")
    return Replica(data, postgres.start_copy(data, settings))


def _asked(port: int, question: str) -> object:
    with psycopg.connect(host="127.0.0.1", port=port, dbname="postgres", user="postgres") as connection:
        row = connection.execute(question).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None
