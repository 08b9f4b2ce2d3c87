"""A run of the tests that is ended from outside leaves nothing running: no database, no other Stripe, no worker."""

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.support.server import ROOT
from tests.support.worker import until

MARK = "PURSER_ENDED_FROM_OUTSIDE"
HANGS = """
import time
from pathlib import Path

from tests.programs.localstripe.running import running
from tests.support import databases, postgres, programs, receiver


def test_hangs(session_dir, tmp_path, database):
    with running(), receiver.receiving(tmp_path):
        postgres.shared(session_dir)
        programs.start("flask", "--help", env={}).communicate()
        Path(%r).touch()
        time.sleep(600)
"""


@pytest.mark.proof
@pytest.mark.parametrize(
    "number",
    [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP],
    ids=["KILL", "TERM", "INT", "HUP"],
)
def test_nothing_is_left_running(tmp_path: Path, number: signal.Signals) -> None:
    mark, there = str(uuid.uuid4()), tmp_path / "there"
    (tmp_path / "test_hangs.py").write_text(HANGS % str(there))
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "tests.conftest", "-c", os.devnull, "-k", "sqlite"]
    with (tmp_path / "log").open("wb") as log:
        run = subprocess.Popen(
            [*command, "--rootdir", str(tmp_path), str(tmp_path / "test_hangs.py")],
            cwd=ROOT, env={**os.environ, MARK: mark}, stdout=log, stderr=log,
            preexec_fn=_in_the_background,  # noqa: PLW1509  # no other thread runs here
        )  # fmt: skip
    until(lambda: there.exists() or run.poll() is not None)
    assert run.poll() is None, (tmp_path / "log").read_text()
    assert len(marked(mark)) >= 6, "the run, its worker, a fork server, PostgreSQL, and a Stripe of two processes"
    run.send_signal(number)
    run.wait(60)
    until(lambda: marked(mark) == [])


def _in_the_background() -> None:
    """A shell lets what it runs in the background ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def marked(mark: str) -> list[str]:
    """Return the processes that were started by the run, or by what it started."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (each / "environ").read_bytes().split(b"\0"):
                found.append((each / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found
