"""The queue on each of its engines: it wakes, it may be away, it is bounded, and nothing in it is ever run."""

import gc
import pickle
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest

from app.config import Settings
from app.gateways.queue import ENOUGH, NAME, Queue, address
from tests.support import databases
from tests.support.ports import free_port
from tests.support.tied import tied
from tests.support.worker import until

Opened = Callable[[], Queue]
REDIS = "import sys, fakeredis; fakeredis.TcpFakeServer(('127.0.0.1', int(sys.argv[1]))).serve_forever()"


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def url(request: pytest.FixtureRequest, session_dir: Path, tmp_path: Path) -> Iterator[str]:
    """The address of an empty queue."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    elif request.param == "postgresql":
        made = databases.empty_postgresql(session_dir)
        yield made.owner_url.replace("+psycopg", "")
        made.drop()
    else:
        yield from redis()


def redis() -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", REDIS, str(port)], stderr=subprocess.DEVNULL, **tied())
    url = f"redis://127.0.0.1:{port}/0"
    until(lambda: Queue(url).answers())
    yield url
    server.kill()
    server.wait()


def opened(url: str, **jobs: Callable[[], None]) -> Queue:
    queue = Queue(url)
    for name, work in jobs.items():
        queue.add(name, work)
    return queue


def idle() -> None:
    """Do nothing."""


def test_a_name_woken_in_one_process_is_done_by_another(url: str) -> None:
    done: list[str] = []
    asks, works = opened(url, mail=idle, sweep=idle), opened(url, mail=lambda: done.append("mail"), sweep=idle)
    assert asks.wake("mail")
    assert asks.waiting() == works.waiting() == 1
    consumer = works.consumer(threads=2, shutdown_seconds=30)
    consumer.start()
    until(lambda: done == ["mail"])
    asks.wake("sweep")
    asks.wake("mail")
    until(lambda: done == ["mail", "mail"])
    consumer.stop(graceful=True)
    assert works.waiting() == 0
    for queue in (asks, works):
        queue.close()


def test_a_queue_that_nobody_has_any_more_is_gone_with_what_its_jobs_hold(url: str) -> None:
    class Portal:
        queue: Queue

        def works(self) -> None:
            """Be what a job needs."""

    portal = Portal()
    portal.queue = opened(url, mail=portal.works)
    assert portal.queue.wake("mail")
    seen = weakref.ref(portal)
    del portal
    gc.collect()
    assert seen() is None


def test_many_may_open_a_new_queue_at_the_same_moment(url: str) -> None:
    queues, start = [opened(url, mail=idle) for _ in range(8)], Barrier(8)

    def wakes(queue: Queue) -> bool:
        start.wait(60)
        return queue.wake("mail")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(wakes, queues)) == [True] * 8
    assert queues[0].waiting() == 8
    for queue in queues:
        queue.close()


def test_a_job_that_fails_does_not_stop_the_threads(url: str) -> None:
    done = Event()

    def fails() -> None:
        raise ValueError("as it happens")

    queue = opened(url, fails=fails, works=done.set)
    queue.wake("fails")
    queue.wake("works")
    consumer = queue.consumer(threads=1, shutdown_seconds=30)
    consumer.start()
    until(done.is_set)
    consumer.stop(graceful=True)
    queue.close()


def test_shutting_down_waits_for_what_is_under_way(url: str) -> None:
    begun, go_on, ended = Event(), Event(), Event()

    def works() -> None:
        begun.set()
        go_on.wait(60)
        ended.set()

    queue = opened(url, works=works)
    queue.wake("works")
    consumer = queue.consumer(threads=1, shutdown_seconds=60)
    consumer.start()
    until(begun.is_set)
    consumer.stop_flag.set()
    go_on.set()
    consumer.stop(graceful=True)
    assert ended.is_set()
    queue.close()


def test_it_holds_no_more_names_than_are_of_use(url: str) -> None:
    queue = opened(url, mail=idle)
    assert all(queue.wake("mail") for _ in range(ENOUGH + 20))
    assert queue.waiting() == ENOUGH
    queue._engine().flush()
    assert queue.waiting() == 0
    queue.close()


class Trap:
    """Makes a file when it is read as a pickle."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_what_somebody_else_puts_there_is_never_run(url: str, tmp_path: Path) -> None:
    trap, done = tmp_path / "trapped", Event()
    queue = opened(url, works=done.set)
    storage = queue._engine().storage
    for planted in (pickle.dumps(Trap(trap)), b"", b"[]", b'["1", "no such job"]', b'["1", "os.system", ["true"]]'):
        storage.enqueue(planted)
    queue.wake("works")
    (*_, ours) = storage.enqueued_items()
    assert bytes(ours).startswith(b'["')
    consumer = queue.consumer(threads=1, shutdown_seconds=30)
    consumer.start()
    until(done.is_set)
    consumer.stop(graceful=True)
    assert not trap.exists()
    queue.close()


@pytest.mark.parametrize(
    "away", ["sqlite:////nowhere/at/all.sqlite3", "postgresql://nobody@127.0.0.1:1/none", "redis://127.0.0.1:1/0"]
)
def test_one_that_is_away_says_no_and_is_left_alone_for_a_while(away: str) -> None:
    queue = opened(away, mail=idle)
    assert not queue.answers()
    assert not queue.wake("mail")
    began = time.monotonic()
    assert not any(queue.wake("mail") for _ in range(1000))
    assert queue._silent_until > began
    queue.close()


def test_threads_whose_queue_is_away_do_not_fill_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    queue, failed = opened(f"sqlite:///{tmp_path / 'jobs.sqlite3'}", mail=idle), Event()
    consumer = queue.consumer(threads=3, shutdown_seconds=30)
    tries = []

    def broken() -> None:
        tries.append(1)
        if len(tries) > 8:
            failed.set()
        raise OSError("the queue is away")

    consumer.huey.dequeue = broken
    consumer.start()
    until(failed.is_set)
    consumer.stop(graceful=True)
    assert len([each for each in caplog.records if each.getMessage() == "Error reading from queue"]) <= 1
    queue.close()


def test_it_comes_back_when_its_engine_does(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    queue = opened(f"sqlite:///{folder / 'jobs.sqlite3'}", mail=idle)
    assert not queue.wake("mail")
    folder.mkdir()
    queue._silent_until = 0
    assert queue.wake("mail")
    assert queue.answers()
    queue.close()


def test_it_is_beside_the_database_by_default() -> None:
    def of(**values: str) -> str:
        return address(Settings(secret_key="0" * 32, **values))  # type: ignore[arg-type]

    assert of(database_url="sqlite:////data/purser.sqlite3") == "sqlite:////data/purser-jobs.sqlite3"
    assert of(database_url="postgresql+psycopg://x@y/z").endswith("/instance/jobs.sqlite3")
    assert of(database_url="sqlite:////data/purser.sqlite3", jobs_url="redis://r/1") == "redis://r/1"
    assert NAME == "purser"
