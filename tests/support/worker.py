"""The worker as a real process."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import Settings
from tests.support import programs
from tests.support.databases import environment

PATIENCE = 240


@dataclass(frozen=True)
class Worker:
    """A running worker."""

    process: programs.Program
    log: Path

    def said(self) -> str:
        """Return what it wrote so far."""
        return self.log.read_text()


@contextmanager
def working(settings: Settings, directory: Path, *words: str) -> Iterator[Worker]:
    """Let a worker run inside the block, with these options. Still there at its end, it is killed."""
    log = directory / f"worker-{time.monotonic_ns()}.log"
    command = ("--app", "wsgi", "portal", "worker", *words)
    with log.open("wb") as output:
        process = programs.start("flask", *command, env=environment(settings), output=output)
    worker = Worker(process, log)
    try:
        until(lambda: "worker_started" in worker.said() or process.poll() is not None)
        assert process.poll() is None, worker.said()
        yield worker
    finally:
        process.kill()
        process.wait()


def until(holds: Callable[[], object]) -> None:
    """Wait until it holds."""
    for _ in range(PATIENCE * 20):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to that")
