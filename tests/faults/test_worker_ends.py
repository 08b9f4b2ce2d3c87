"""How a worker ends: signals that come twice."""

from pathlib import Path

from flask import Flask

from app.config import Settings
from tests.support import programs
from tests.support.databases import environment
from tests.support.worker import PATIENCE, until


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
