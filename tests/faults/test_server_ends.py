"""The web server ends when it is asked to, also while somebody sends half a request and never the rest, and else goes on."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask

from app.config import Settings
from app.demo.__main__ import Stopped
from app.domain.authorizations import AuthorizationRequest
from app.models.customers import Customer
from app.services import jobs
from app.services.access import api_keys
from app.services.authorizations import holds
from tests.support.databases import environment
from tests.support.ports import free_port
from tests.support.server import ROOT, _wait
from tests.support.tied import tied
from tests.support.worker import until

HALF = (
    b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nemail=al"
)
HTTP_2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
"""How a client begins that speaks HTTP/2, with settings that ask for nothing."""

Process = subprocess.Popen[bytes]


@contextmanager
def served(settings: Settings, directory: Path) -> Iterator[tuple[Process, int]]:
    """Let `make serve` serve with one process inside the block; yield what was started, and the port."""
    with started(settings, directory) as (server, port):
        _wait(server, f"http://127.0.0.1:{port}", directory / "log")
        yield server, port


@contextmanager
def started(settings: Settings, directory: Path) -> Iterator[tuple[Process, int]]:
    """Start it, whether it serves yet or not."""
    port, log = free_port(), directory / "log"
    command = ["make", "-o", ".venv/runtime.stamp", f"BIN={Path(sys.executable).parent}", "WEB_WORKERS=1"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, f"PORT={port}", "WEB_STOP_SECONDS=1", "serve"],
            cwd=ROOT, env=environment(settings), stdout=output, stderr=output, start_new_session=True, **tied(),
        )  # fmt: skip
    try:
        yield server, port
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def test_half_a_request_holds_up_the_end_no_longer_than_was_said(settings: Settings, tmp_path: Path) -> None:
    with served(settings, tmp_path) as (server, port), socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(HALF)
        for _ in range(5):  # by then the half has been read
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30).close()
        server.terminate()
        server.wait(60)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_web_process_that_is_just_starting_ends_when_it_is_asked_to(settings: Settings, tmp_path: Path) -> None:
    """And not after it was waited for in vain: granian's handler, which it has at first, would not end it."""
    with started(settings, tmp_path) as (server, _port):
        until(lambda: any(loads(each, "markupsafe") for each in children(granian_of(server))))
        os.kill(granian_of(server), signal.SIGTERM)
        server.wait(60)
    log = (tmp_path / "log").read_text()
    assert ("Stopped worker-1" in log, "Killing worker-1" in log) == (True, False), log


def granian_of(server: Process) -> int:
    """Return the server's first process: what `make` runs, once it is the server and no shell any more."""
    until(lambda: any("granian" in command_of(each) for each in children(server.pid)))
    return next(each for each in children(server.pid) if "granian" in command_of(each))


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().partition("\0")[2].partition("\0")[0]
    return ""


def loads(pid: int, module: str) -> bool:
    """Say whether a process has begun to import the portal: this is in its memory."""
    with suppress(OSError):
        return module in Path(f"/proc/{pid}/maps").read_text()
    return False


def test_what_was_cut_short_does_nothing_and_a_killed_process_is_started_again(
    acme: Customer, settings: Settings, tmp_path: Path
) -> None:
    hold = holds.authorize(AuthorizationRequest(acme.customer_id, "requests", 100, 0, "", 900, at_once=False)).id
    _key, key = api_keys.create("host", ["usage:write"])
    with served(settings, tmp_path) as (server, port):
        (web,) = children(children(server.pid)[0])
        os.kill(web, signal.SIGKILL)
        while children(children(server.pid)[0]) in ([], [web]):
            time.sleep(0.1)
        _wait(server, f"http://127.0.0.1:{port}", tmp_path / "log")
        assert b" 400 " in cut_short(port, f"/v1/authorizations/{hold}/capture", key)
    assert holds.explained(hold, acme.customer_id)[0].state == "held"


def test_it_speaks_no_http_2(settings: Settings, tmp_path: Path) -> None:
    with (
        served(settings, tmp_path) as (_server, port),
        socket.create_connection(("127.0.0.1", port), timeout=60) as line,
    ):
        line.sendall(HTTP_2)
        assert line.recv(64) == b"", "it answered by HTTP/2, or by something else"


def cut_short(port: int, path: str, key: str) -> bytes:
    """Send the head of a request and nothing of its body; return the first line that is answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 16\r\n"
        line.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode())
        line.shutdown(socket.SHUT_WR)
        return line.recv(64)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


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
