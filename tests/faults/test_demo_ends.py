"""`make demo` as people meet it: it starts, answers, lets them in, says what is wrong, and leaves nothing behind."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest
from bs4 import BeautifulSoup

from app.demo.__main__ import CannotStart, _ports, _watch
from tests.support import tiers
from tests.support.ports import free_port
from tests.support.server import ROOT

PATIENCE = 600
PROGRAM = tiers.sample_of("tests.programs.short_demo", proof="app.demo.__main__")
"""In `make test` with less of a history, the whole of which `tests/demo` writes."""
CUSTOMERS = tiers.sample_of(2, proof=8)


class Demo:
    """A running demo."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port(2)  # the host product has the next one
        self.url = f"http://localhost:{self.port}"
        self.output = directory / "output.txt"
        command = [sys.executable, "-m", PROGRAM, "--port", str(self.port)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--months", "0", "--directory", str(directory)],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def says(self, words: str, seconds: int = PATIENCE) -> str:
        """Wait until the output holds the words, and return it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if words in (said := self.output.read_text()):
                return said
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        raise AssertionError(f"it never said {words!r}: {self.output.read_text()[-3000:]}")


@contextmanager
def running(directory: Path) -> Iterator[Demo]:
    """Run a demo inside the block."""
    demo = Demo(directory)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.send_signal(signal.SIGTERM)
            demo.process.wait(PATIENCE)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with running(tmp_path) as started:
        yield started


def descendants(pid: int) -> set[int]:
    """Return the processes that a process started, and those that they started."""
    rows = subprocess.run(["/bin/ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (row.split() for row in rows.splitlines())}
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= more
    return found


def alive(pid: int) -> bool:
    return b"State:\tZ" not in (status := of(pid, "status")) and status != b""


def of(pid: int, what: str) -> bytes:
    """Return what the system says of a process; nothing where it is gone."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_it_starts_signs_in_and_ends_with_nothing_left(demo: Demo) -> None:
    said = demo.says("Ctrl-C")
    assert f"{demo.url}/" in said
    assert "day/s" not in said, "a file wants no progress bar"
    row = re.search(r"Northwind Labs GmbH +gateway +owner +(\S+) +(.+)", said)
    assert row is not None, said

    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = BeautifulSoup(browser.open(f"{demo.url}/sign-in").read(), "html.parser")
    token = page.select_one("input[name=csrf_token]")
    assert token is not None
    form = {"csrf_token": token["value"], "email": row[1], "password": row[2].strip()}
    sent = Request(f"{demo.url}/sign-in", urlencode(form).encode(), {"Origin": demo.url})
    home = browser.open(sent)
    assert home.url == f"{demo.url}/billing/"
    assert "Northwind Labs GmbH" in home.read().decode()

    key = re.search(r"with the key (sk_\S+)", said)
    assert key is not None, said
    asked = Request(f"{demo.url}/v1/customers?limit=9", headers={"Authorization": f"Bearer {key[1]}"})
    assert len(json.load(browser.open(asked))["data"]) == CUSTOMERS
    shown = re.search(r"Commands against this database: (.+)", said)
    assert shown is not None, said
    ran = subprocess.run(shlex.split(shown[1]), cwd=ROOT, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.splitlines()[-1:]) == (0, ["Every invariant holds."]), ran

    host = f"http://127.0.0.1:{demo.port + 1}/"
    assert host in said
    known = urlencode({"email": row[1], "password": row[2].strip()}).encode()
    assert browser.open(Request(f"{host}sign-in", known)).url == host
    for path in ("requests", "small", "streams", "streams/end", "downloads"):
        pressed = browser.open(Request(host + path, urlencode({"request_id": path}).encode()))
        assert pressed.url == host
    lines = BeautifulSoup(pressed.read(), "html.parser").get_text(" ")
    assert "reported: 1 new, 0 counted before" in lines
    assert "held 0.36 for 30 minutes" in lines
    assert "refused" not in lines

    children = descendants(demo.process.pid)
    assert len(children) >= 3, "a web server, a worker and the host product"
    for _ in range(200):  # a signal to its group comes again from `make`, while it ends
        demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(PATIENCE) == 0
    assert "Traceback" not in demo.output.read_text()
    assert not [pid for pid in children if alive(pid)]
    with pytest.raises(URLError):
        urlopen(f"{demo.url}/healthz", timeout=2)


@pytest.mark.proof
def test_it_starts_again_and_ends_with_the_reason_when_a_part_of_it_dies(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        first.says("Ctrl-C")
    with running(tmp_path) as demo:  # on the history that is there
        demo.says("Ctrl-C")
        children = descendants(demo.process.pid)
        worker = next(pid for pid in children if b"worker" in of(pid, "cmdline").split(b"\0"))
        os.kill(worker, signal.SIGKILL)
        assert demo.process.wait(PATIENCE) == 1
        assert "The worker process ended by itself; see " in demo.output.read_text()
        assert not [pid for pid in children if alive(pid)]


def test_a_part_of_it_that_died_is_the_reason(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as part:
        part.wait(PATIENCE)
        with pytest.raises(CannotStart, match=r"^The worker process ended by itself; see "):
            _watch([("worker", part)], tmp_path)


def test_a_shell_without_a_demo_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.demo.shell", "--directory", str(tmp_path), "true"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, f"There is no demo in {tmp_path} yet: run make demo first.\n")


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "app.demo.__main__", "--port", str(port), "--directory", str(tmp_path)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 1
    assert ended.stdout.splitlines() == [
        f"Port {port} cannot be used (Address already in use). Choose another one: make demo DEMO_PORT=8010"
    ]
    assert ended.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["80a", "٨٠", "0", "65535", "-1", ""])
def test_a_wrong_port_is_refused(port: str) -> None:
    with pytest.raises(CannotStart) as refused:
        _ports(port)
    assert str(refused.value) == f"The port must be a number from 1 to 65534, not {port!r}."


@pytest.mark.proof
@pytest.mark.parametrize("port", ["80a", ""])
def test_a_wrong_port_is_said_in_one_line(tmp_path: Path, port: str) -> None:
    command = [sys.executable, "-m", "app.demo.__main__", f"--port={port}", "--directory", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 1
    assert ended.stdout.splitlines() == [f"The port must be a number from 1 to 65534, not {port!r}."]
