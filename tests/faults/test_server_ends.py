"""The web server ends when it is asked to: also while somebody sends half a request and never the rest."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask

from app.config import Settings
from app.demo.__main__ import Stopped
from app.services import jobs
from tests.support.databases import environment
from tests.support.ports import free_port
from tests.support.server import ROOT, _wait
from tests.support.tied import tied

HALF = (
    b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nemail=al"
)


def test_half_a_request_holds_up_the_end_no_longer_than_was_said(settings: Settings, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    command = ["make", "-o", ".venv/runtime.stamp", f"BIN={Path(sys.executable).parent}", "WEB_WORKERS=1"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, f"PORT={port}", "WEB_STOP_SECONDS=1", "serve"],
            cwd=ROOT, env=environment(settings), stdout=output, stderr=output, start_new_session=True, **tied(),
        )  # fmt: skip
    try:
        _wait(server, f"http://127.0.0.1:{port}", log)
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(HALF)
            for _ in range(5):  # by then the half has been read
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30).close()
            server.terminate()
            server.wait(60)
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_no_job_takes_the_demos_end_for_a_failure_of_its_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    went_on: list[int] = []

    def ends(_limit: int) -> int:
        raise Stopped

    def counts(limit: int) -> int:
        went_on.append(limit)
        return 0

    monkeypatch.setitem(jobs.JOBS, "requests_trimmed", ends)
    monkeypatch.setitem(jobs.JOBS, "refusals_trimmed", counts)
    with pytest.raises(Stopped):
        jobs.run_due(names=("requests_trimmed", "refusals_trimmed"))
    assert went_on == []
