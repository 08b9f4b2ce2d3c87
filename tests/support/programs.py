"""Programs that tests start and end: real processes of their own.

`make test` forks them from a process that has imported the app already, which takes a fiftieth of the time; `make proof`
starts each as an installation does, by `python -m`.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from tests.programs.fork_server import LENGTH
from tests.support import tiers
from tests.support.tied import tied

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Ended:
    """How a program ended, and what it said, errors among it."""

    returncode: int
    said: str


class Forked:
    """A forked program: what the tests use of `subprocess.Popen`."""

    def __init__(
        self,
        module: str,
        words: tuple[str, ...],
        env: Mapping[str, str],
        *,
        session: bool,
        output: IO[bytes] | None,
        errors: IO[bytes] | None,
    ) -> None:
        self.returncode: int | None = None
        self._said, theirs = socket.socketpair()
        read_input, write_input = (os.open(os.devnull, os.O_RDONLY), -1) if output else os.pipe()
        read_output, write_output = (-1, os.dup(output.fileno())) if output else os.pipe()
        message = json.dumps({"module": module, "words": words, "env": dict(env), "session": session}).encode()
        write_errors = os.dup(errors.fileno() if errors else write_output)
        given = [read_input, write_output, write_errors, theirs.detach()]
        socket.send_fds(_server(), [f"{len(message):{LENGTH}}".encode()], given)
        _server().sendall(message)
        for each in given:
            os.close(each)
        self.stdin = None if output else os.fdopen(write_input, "w", buffering=1)
        self.stdout = None if output else os.fdopen(read_output)
        self._answers = self._said.makefile("r")
        self.pid = int(self._answers.readline())

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        if self.returncode is None and select.select([self._said], [], [], 0)[0]:
            self._learn()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if self.returncode is None:
            if not select.select([self._said], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self._learn()
        assert self.returncode is not None
        return self.returncode

    def communicate(self, said: str | None = None, timeout: float | None = None) -> tuple[str, None]:
        """Say something to it, and return all that it says until it ends."""
        assert self.stdin is not None and self.stdout is not None
        heard: list[str] = []
        reader = threading.Thread(target=lambda: heard.append(self.stdout.read()))  # type: ignore[union-attr]
        reader.start()
        try:
            if said and not self.stdin.closed:
                self.stdin.write(said)
            self.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            reader.join(60)
        self.stdout.close()
        return "".join(heard), None

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _learn(self) -> None:
        answer = self._answers.readline()
        self.returncode = int(answer) if answer else -signal.SIGKILL
        self._answers.close()
        self._said.close()


Program = subprocess.Popen[str] | Forked


def is_stopped(program: Program) -> bool:
    """Say whether it has stopped itself, as it said that it would: going on before that would be forgotten."""
    return Path(f"/proc/{program.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def start(
    module: str,
    *words: str,
    env: Mapping[str, str],
    session: bool = False,
    output: IO[bytes] | None = None,
    errors: IO[bytes] | None = None,
) -> Program:
    """Start a module as a program.

    It is spoken to and heard through pipes; or it hears nothing, and what it says goes to the file `output`.
    """
    if not tiers.whole():
        return Forked(module, words, env, session=session, output=output, errors=errors)
    return subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env=dict(env),
        stdin=subprocess.DEVNULL if output else subprocess.PIPE,
        stdout=output or subprocess.PIPE,
        stderr=errors or subprocess.STDOUT,
        text=True,
        bufsize=1,
        start_new_session=session,
        **tied(),
    )


def run(module: str, *words: str, env: Mapping[str, str], said: str = "", timeout: float) -> Ended:
    """Run a module as a program to its end."""
    program = start(module, *words, env=env)
    heard, _ = program.communicate(said, timeout)
    assert program.returncode is not None
    return Ended(program.returncode, heard)


@cache
def _server() -> socket.socket:
    """Return the line to this test process's fork server; it ends when the line does."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.programs.fork_server"], cwd=ROOT, stdin=theirs, start_new_session=True
        )

    def end() -> None:
        ours.close()
        process.wait(60)

    atexit.register(end)
    return ours
