"""What runs beside each other on more than one machine, started here on loopback, and how one of them dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from app.config import Settings
from benchmarks.busy import with_children
from tests.programs import pgbouncer, redis_server
from tests.programs import replica as replicas
from tests.programs.replica import Replica
from tests.support import postgres
from tests.support.databases import Database, environment, settings_for
from tests.support.postgres import Cluster
from tests.support.server import ROOT, serving
from tests.support.tied import tied
from tests.support.worker import until

DATABASE = "bench"
WEB_PROCESSES, WORKERS, SERVER_CONNECTIONS = 3, 2, 24
MAX_AGE_SECONDS = 5
"""A replica that is further behind is not read; short, so that a run of a minute sees it."""
_POOLER = "query_wait_timeout = 3"


@dataclass
class Machines:
    """What runs, by what it is called in the results."""

    directory: Path
    settings: Settings
    primary: Cluster
    replica: Replica
    pooler_port: int
    webs: list[str]
    processes: dict[str, list[int]]

    def cpu(self) -> dict[str, float]:
        """Return the seconds of CPU that each has had so far."""
        return {name: sum(with_children(pid) for pid in pids) for name, pids in self.processes.items()}

    def kill_the_primary(self) -> None:
        """End all its processes at once, as a machine does that loses its power."""
        parts = postgres.children(self.primary.pid)
        self.processes["primary"].clear()
        for pid in (self.primary.pid, *parts):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def cut_the_line(self) -> None:
        """Let nothing more of the primary reach the replica, as when the network between them fails."""
        self.replica.cluster.run("alter system set primary_conninfo = ''", "select pg_reload_conf()")

    def fail_over(self) -> None:
        """Promote the replica, and let PgBouncer lead to it."""
        self.replica.promote()
        pgbouncer.lead_to(self.directory / "pgbouncer", self.pooler_port, self.replica.cluster.port)

    def superuser(self, cluster: Cluster) -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection straight to a server."""
        return psycopg.connect(host="127.0.0.1", port=cluster.port, dbname=DATABASE, user="postgres", autocommit=True)


@contextmanager
def running(seed: Path, directory: Path, *, synchronous: bool) -> Iterator[Machines]:
    """Run all of them inside the block, on a copy of the server `seed`.

    `synchronous`: what is committed is on the replica's disk as well.
    """
    directory.mkdir(mode=0o755)
    with ExitStack() as stack:
        postgres.copy(seed, directory / "primary")
        primary = postgres.start_copy(directory / "primary")
        alive = [primary.pid]
        stack.callback(lambda: [postgres.stop(pid) for pid in alive])
        copy = replicas.of(primary, directory / "replica")
        stack.callback(postgres.stop, copy.cluster.pid)
        if synchronous:
            primary.run("alter system set synchronous_standby_names = '*'", "select pg_reload_conf()")
        folder = directory / "pgbouncer"
        pooler = stack.enter_context(
            pgbouncer.before(primary.port, folder, size=SERVER_CONNECTIONS, more=_POOLER, database=DATABASE)
        )
        redis = stack.enter_context(redis_server.running())
        straight = [primary.url(DATABASE, user) for user in (postgres.LOGIN, postgres.OWNER, "postgres")]
        pooled = replace(primary, port=pooler).url(DATABASE)
        queue = redis.url.replace("/0", "/1")
        settings = settings_for(
            Database("postgresql", pooled, *straight[1:], drop=lambda: None, jobs_url=queue),
            redis_url=redis.url,
            replica_url=copy.cluster.url(DATABASE),
            replica_max_age_seconds=MAX_AGE_SECONDS,
        )
        more = {"API_CALLS_PER_MINUTE": "0", "REPLICA_MAX_AGE_SECONDS": str(MAX_AGE_SECONDS)}
        webs = [stack.enter_context(serving(settings, directory, **more)) for _ in range(WEB_PROCESSES)]
        workers = [stack.enter_context(_working(settings, directory / f"worker-{n}.log")) for n in range(WORKERS)]
        processes = {
            "web": [each.process.pid for each in webs if each.process],
            "PgBouncer": [pid for pid in postgres.children(os.getpid()) if _name(pid) == "pgbouncer"],
            "primary": alive,
            "replica": [copy.cluster.pid],
            "Redis": [redis.process.pid],
            "workers": workers,
        }
        yield Machines(directory, settings, primary, copy, pooler, [each.url for each in webs], processes)


@contextmanager
def _working(settings: Settings, log: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "worker"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(settings), stdout=output, stderr=output, **tied())
    try:
        until(lambda: b"worker_started" in log.read_bytes() or process.poll() is not None)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _name(pid: int) -> str:
    return (Path("/proc") / str(pid) / "comm").read_text().strip()
