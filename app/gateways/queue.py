"""The queue that wakes the workers, by huey. It holds the names of jobs that have something to do, and nothing else.

What there is to do is in the rows of the database. A lost or doubled wake-up only changes when it is done.
"""

import json
import logging
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.engine import make_url

from app.config import INSTANCE, Settings
from app.domain.errors import ensure
from app.gateways.huey_parts import (
    BaseProcess,
    Consumer,
    Huey,
    Message,
    PostgresStorage,
    Serializer,
    SqliteHuey,
    on_postgresql,
    on_redis,
)
from app.later import later

if TYPE_CHECKING:
    import psycopg

    from app.models import postgresql
else:
    psycopg, postgresql = later("psycopg"), later("app.models.postgresql")

log = structlog.get_logger()
NAME = "purser"
ENOUGH = 100
"""Each name may stand for any number of rows, so there is no use in more of them than this."""
SILENCE = 10.0
"""Seconds for which a queue that did not answer is left alone: nobody's request waits for it twice."""
ONE_AT_A_TIME = 7_074_658  # any number that nothing else locks in PostgreSQL's database of the queue
PATIENCE = 2
"""Seconds that a request may wait for the queue."""


class _Words(Serializer):  # type: ignore[misc]
    """Writes a task as its id and name in JSON: what lies in the queue can never be run as code, as a pickle could."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps([data.id, data.name]).encode()

    def _deserialize(self, data: Any) -> Any:
        task_id, name = json.loads(bytes(data))
        return Message(str(task_id), str(name))


class _Seldom(logging.Filter):
    """Lets a line through now and then: with its queue away, each thread fails twice a second."""

    def __init__(self) -> None:
        super().__init__()
        self._quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002  # logging's call
        """Say whether the line is written."""
        if time.monotonic() < self._quiet_until:
            return False
        self._quiet_until = time.monotonic() + SILENCE
        return True


class _NoSchedule(BaseProcess):  # type: ignore[misc]
    """Stands where huey reads its schedule: ours is in the rows."""

    def __init__(self, huey: Huey, stop_flag: threading.Event, interval: int, periodic: bool) -> None:  # noqa: ARG002  # huey's call
        super().__init__(huey, stop_flag)

    def loop(self, now: Any = None) -> None:  # noqa: ARG002  # huey's call
        """Wait for the end."""
        self.stop_flag.wait()


class _Threads(Consumer):  # type: ignore[misc]
    """Threads that work, and leave the process's signals to the worker."""

    scheduler_class = _NoSchedule

    def _set_signal_handlers(self) -> None:
        """Take none: whichever came while it starts would be lost."""


def address(settings: Settings) -> str:
    """Return where the queue is: JOBS_URL, or a file beside the database."""
    if settings.jobs_url:
        return settings.jobs_url
    if settings.on_postgresql:
        return f"sqlite:///{INSTANCE / 'jobs.sqlite3'}"
    path = Path(make_url(settings.database_url).database or INSTANCE / "purser.sqlite3")
    return f"sqlite:///{path.with_name(f'{path.stem}-jobs.sqlite3')}"


class Queue:
    """The queue of one process. It is opened when it is first used, so that nothing depends on it at the start."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._jobs: dict[str, Callable[[], None]] = {}
        self._tasks: dict[str, Any] = {}
        self._opening = threading.Lock()
        self._huey: Huey | None = None
        self._storages: list[Any] = []
        self._silent_until = 0.0
        weakref.finalize(self, _close, self._storages)  # not the engine, whose jobs may lead back here

    def add(self, job: str, work: Callable[[], None]) -> None:
        """Let `work` be done whenever `job` is woken."""
        ensure(self._huey is None, "a job added to a queue that is in use")
        self._jobs[job] = work

    def knows(self, job: str) -> bool:
        """Say whether there is such a job."""
        return job in self._jobs

    def wake(self, job: str) -> bool:
        """Ask any worker to do the job soon; return whether the queue took it. It never raises and never waits long."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            engine = self._engine()
            if engine.pending_count() < ENOUGH:
                self._tasks[job]()
        except Exception as problem:  # noqa: BLE001  # whichever of the three it is, the sweep finds the rows
            self._silent_until = time.monotonic() + SILENCE
            log.warning("queue_does_not_answer", kind=type(problem).__name__)
            return False
        return True

    def waiting(self) -> int:
        """Return how many names wait for a worker. Raises what the engine raises when it does not answer."""
        return int(self._engine().pending_count())

    def answers(self) -> bool:
        """Say whether the queue can be used."""
        try:
            self.waiting()
        except Exception as problem:  # noqa: BLE001  # each engine has errors of its own
            log.warning("queue_does_not_answer", kind=type(problem).__name__)
            return False
        return True

    def consumer(self, *, threads: int, shutdown_seconds: float) -> Consumer:
        """Return what works on the names in so many threads, once it is started."""
        return _Threads(
            self._engine(),
            workers=threads,
            periodic=False,  # the worker looks at the rows itself, also when there is no queue
            initial_delay=0.05,
            max_delay=0.5,
            shutdown_timeout=shutdown_seconds,
        )

    def close(self) -> None:
        """Close the connection; the next use opens another one."""
        with self._opening:
            self._huey = None
            _close(self._storages)

    def _engine(self) -> Huey:
        with self._opening:
            if self._huey is None:
                engine = _engine_for(self._url)
                self._storages.append(engine.storage)
                self._tasks = {job: engine.task(name=job)(work) for job, work in self._jobs.items()}
                self._huey = engine
            return self._huey


def _engine_for(url: str) -> Huey:
    logging.getLogger("huey").setLevel(logging.WARNING)  # a line for each name would say nothing
    threads = logging.getLogger("huey.consumer.Worker")
    if not threads.filters:
        threads.addFilter(_Seldom())
    options: dict[str, Any] = {"results": False, "serializer": _Words()}
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return SqliteHuey(NAME, filename=rest.removeprefix("/"), timeout=PATIENCE, **options)
    if scheme in {"redis", "rediss"}:
        return on_redis(NAME, _redis_pool(url), **options)
    with psycopg.connect(url, connect_timeout=PATIENCE) as connection:
        # Two processes that make the same table at the same time get in each other's way, `if not exists` or not.
        connection.execute("select pg_advisory_xact_lock(%s)", (ONE_AT_A_TIME,))
        options |= {"storage_class": _Rows, "connection": _Connections(url), "table_prefix": "purser_jobs"}
        return on_postgresql(NAME, psycopg, **options)


class _Rows(PostgresStorage):  # type: ignore[misc]
    """Huey's rows on PostgreSQL. It would notice only by a wake-up that fails that its connection died while idle."""

    @property
    def conn(self) -> Any:
        """Return the connection; another one when it has died."""
        if self._conn is not None and postgresql.has_died(self._conn):
            self._conn.close()
        return super().conn


class _Connections:
    """Opens PostgreSQL's connections for huey and closes them all: it leaves one of each thread to the collector."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[psycopg.Connection[Any]] = []

    def __call__(self) -> "psycopg.Connection[Any]":
        # No prepared statements: the address may be a pooler's.
        made = psycopg.connect(self._url, connect_timeout=PATIENCE, prepare_threshold=None, autocommit=True)
        self._made = [each for each in self._made if not each.closed] + [made]
        return made

    def close(self) -> None:
        """Close what was opened."""
        for each in self._made:
            each.close()


def _redis_pool(url: str) -> Any:
    from redis import ConnectionPool
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # Without retries: the SDK's own would hold a request for seconds, and the sweep comes anyway.
    return ConnectionPool.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=PATIENCE, socket_timeout=2 * PATIENCE
    )


def _close(storages: list[Any]) -> None:
    while storages:
        storage = storages.pop()
        storage.close()
        if isinstance(storage, PostgresStorage):
            storage.connection.close()
