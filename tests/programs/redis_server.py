"""A Redis of the test's own, which goes away, hangs, or takes nothing more."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from tests.support.ports import free_port
from tests.support.tied import tied
from tests.support.worker import until


@dataclass
class RedisServer:
    """A running Redis, and what may become of it."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def break_it(self, how: str) -> None:
        """Let it be `gone`, `hanging` (it takes connections and never answers) or `full` (it takes no writes)."""
        match how:
            case "gone":
                self.process.kill()
                self.process.wait()
            case "hanging":
                self.process.send_signal(signal.SIGSTOP)
            case "full":
                with redis.Redis(port=self.port) as client:
                    client.config_set("maxmemory-policy", "noeviction")
                    client.config_set("maxmemory", "1")

    def mend(self, how: str) -> None:
        """Undo it; one that was gone comes back empty."""
        match how:
            case "gone":
                self.process = _started(self.port)
            case "hanging":
                self.process.send_signal(signal.SIGCONT)
            case "full":
                with redis.Redis(port=self.port) as client:
                    client.config_set("maxmemory", "0")


@contextmanager
def running() -> Iterator[RedisServer]:
    """Run a Redis that keeps nothing on disk inside the block."""
    port = free_port()
    server = RedisServer(port, _started(port))
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def binary() -> str:
    """Return where Redis is, or say how to install it."""
    found = shutil.which("redis-server")
    if not found:
        raise RuntimeError("The tests need Redis. Run: apt-get install redis-server  (macOS: brew install redis)")
    return found


def _started(port: int) -> "subprocess.Popen[bytes]":
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([binary(), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **tied())
    until(lambda: process.poll() is not None or _answers(port))
    assert process.poll() is None
    return process


def _answers(port: int) -> bool:
    with redis.Redis(port=port) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
