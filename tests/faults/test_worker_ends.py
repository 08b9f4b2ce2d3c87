"""How a worker ends: signals that come twice, and a database that hangs."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from app.config import Settings
from tests.support import postgres, programs
from tests.support.databases import environment, settings_for
from tests.support.own_cluster import OwnCluster, own_cluster
from tests.support.worker import PATIENCE, until, working

STOP_SECONDS, LATEST = 8, 40
"""What hangs is waited for together: each of the six rounds that ask all the time by itself would take longer."""


def test_a_worker_that_is_asked_again_while_it_takes_note_of_the_first_time_ends(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    """A signal to a whole group comes twice: from whoever sent it, and from the `make` between."""
    said = tmp_path / "said"
    with said.open("wb") as output:
        worker = programs.start("tests.programs.asked_twice", env=environment(settings), output=output)
    try:
        until(lambda: "worker_started" in said.read_text() or worker.poll() is not None)
        worker.terminate()
        assert worker.wait(PATIENCE) == 0, said.read_text()
    finally:
        worker.kill()
    assert "worker_ended" in said.read_text()


@contextmanager
def hanging(own: OwnCluster) -> Iterator[None]:
    """Let the server answer nothing inside the block, and keep all its connections, as a machine that stands still."""
    parts = (own.cluster.pid, *postgres.children(own.cluster.pid))
    for pid in parts:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in parts:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.fault("D1")
def test_a_worker_ends_in_the_time_it_was_given_while_its_database_hangs(session_dir: Path, tmp_path: Path) -> None:
    postgres.shared(session_dir)  # who forks the worker has its own use for it
    with own_cluster(session_dir / f"hangs-{tmp_path.parent.name}-{tmp_path.name}") as own:
        settings = settings_for(own.database)
        options = ("--every", "0.05", "--stop-seconds", str(STOP_SECONDS))
        with working(settings, tmp_path, *options) as worker, hanging(own):
            time.sleep(3)  # by then each of its rounds has asked, also the first time
            worker.process.terminate()
            assert worker.process.wait(LATEST) == 1, worker.said()
            assert "worker_gave_up" in worker.said()
