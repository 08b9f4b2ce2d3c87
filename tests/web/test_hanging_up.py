"""A browser that hangs up at the moment it has its answer: the server of the browser tests leaves no file open."""

import gc
import socket
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from app.config import Settings
from tests.support.server import Server, serving_here

AT_ONCE = struct.pack("ii", 1, 0)
"""`SO_LINGER`: on, for no second. Closing says so to the other side instead of goodbye."""


@pytest.fixture
def left_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What is forgotten without being closed, here and not in the tests before."""
    gc.collect()
    found: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", found.append)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        yield found


def test_a_browser_that_hangs_up_leaves_no_file_open(settings: Settings, left_open: list[object]) -> None:
    with serving_here(settings) as server:
        for _ in range(20):
            hangs_up(server)
    gc.collect()
    assert left_open == []


def test_the_server_ends_after_the_last_answer(settings: Settings) -> None:
    with ExitStack() as lines, serving_here(settings) as server:
        place = urlsplit(server.url)
        for _ in range(5):  # that nobody waits for
            line = lines.enter_context(socket.create_connection((str(place.hostname), int(place.port or 0))))
            line.sendall(f"GET /sign-in HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
        line.recv(1)
    assert [each.name for each in threading.enumerate() if "process_request" in each.name] == []


def hangs_up(server: Server) -> None:
    place = urlsplit(server.url)
    with socket.create_connection((str(place.hostname), int(place.port or 0))) as line:
        line.sendall(f"GET /static/mark.svg HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
        assert line.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
