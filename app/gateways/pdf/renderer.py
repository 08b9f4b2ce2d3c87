"""Who has PDFs drawn: a process of its own, started when it is needed, ended when it hangs, and started again.

Nothing that a document does can hold up or end whoever asks: the process is killed when its time is over, and one that
died is replaced for the next document. One document is drawn at a time.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

import structlog

log = structlog.get_logger()
APP = Path(__file__).resolve().parents[2]
# The package `app` without what it imports: the process needs the rest of the portal as little as its secrets.
_START = (
    "import sys, types; app = types.ModuleType('app'); app.__path__ = [sys.argv[1]]; sys.modules['app'] = app; "
    "sys.path.extend(sys.argv[2:]); from app.gateways.pdf.{module} import main; main()"
)


def program(module: str, *packages: str) -> tuple[str, ...]:
    """Return how a process is started that draws by this module; `packages` are folders of what it needs beside."""
    return (sys.executable, "-P", "-s", "-B", "-c", _START.replace("{module}", module), str(APP), *packages)


ENGINES = {"xhtml2pdf": "drawing", "weasyprint": "tagged"}
"""The module that draws with each engine of `PDF_ENGINE`."""
PROGRAM = program("drawing")
START_SECONDS = 120
"""A cold start reads 7 MB of fonts and a hundred modules, on a machine that may be busy."""
SECONDS = 100
NO_MEMORY = "no_memory"
MOST = 1_000
"""After so many documents the process is replaced: whatever a library keeps, it keeps no longer."""


class RenderFailed(Exception):
    """The document could not be made; `reason` is a word for it, and the message says more to the seller."""

    def __init__(self, reason: str, about: str = "") -> None:
        super().__init__(f"{reason}: {about}" if about else reason)
        self.reason = reason


class Renders(Protocol):
    """What makes a PDF of a document."""

    def render(self, html: str, *, made_at: datetime) -> bytes:
        """Return the PDF, or raise `RenderFailed`. The same document and moment give the same bytes."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


class Renderer:
    """A process that draws, and its time limit."""

    def __init__(self, program: Sequence[str] = PROGRAM, *, seconds: float = SECONDS, most: int = MOST) -> None:
        self._program, self._seconds, self._most = tuple(program), seconds, most
        self._process: subprocess.Popen[bytes] | None = None
        self._drawn = 0
        self._turn = threading.Lock()

    def render(self, html: str, *, made_at: datetime) -> bytes:
        """Return the PDF, or raise `RenderFailed`. A process that hangs is killed; the next document gets a new one."""
        document = html.encode("utf-8", "replace")
        request = json.dumps({"length": len(document), "made_at": int(made_at.timestamp())}).encode() + b"\n"
        with self._turn:
            process = self._running()
            answer, made = self._exchange(process, request + document, self._seconds)
            self._drawn += 1
            if "failed" in answer:
                if answer["failed"] == NO_MEMORY:
                    self._end()  # it ends by itself, but not before the next document comes
                raise RenderFailed(str(answer["failed"]), str(answer["about"]))
            return made

    def close(self) -> None:
        """End the process; the next document starts another."""
        with self._turn:
            self._end()

    @property
    def pid(self) -> int | None:
        """The number of the process that draws, where there is one."""
        return self._process.pid if self._process else None

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and (self._process.poll() is not None or self._drawn >= self._most):
            self._end()
        if self._process is None:
            self._process = subprocess.Popen(
                self._program,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=APP,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"},
                process_group=0,  # Ctrl-C is for the worker, which lets a document be finished
            )
            self._drawn = 0
            answer, _nothing = self._exchange(self._process, b"", START_SECONDS)
            if answer != {"ready": True}:
                self._end()
                raise RenderFailed("not_started")
        return self._process

    def _exchange(
        self, process: "subprocess.Popen[bytes]", request: bytes, seconds: float
    ) -> tuple[dict[str, object], bytes]:
        """Send the request and read the answer; kill the process when its time is over, which ends both."""
        over = threading.Event()

        def kill() -> None:
            over.set()
            process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            return _talk(process, request)
        except (OSError, ValueError) as problem:
            self._end()
            reason = "too_long" if over.is_set() else "died"
            log.warning("renderer_ended", reason=reason, status=process.returncode)
            raise RenderFailed(reason) from problem
        finally:
            timer.cancel()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # between two documents it holds nothing
        for stream in (process.stdin, process.stdout):
            _close(stream)
        process.wait()


def _talk(process: "subprocess.Popen[bytes]", request: bytes) -> tuple[dict[str, object], bytes]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("no pipes")
    if request:
        process.stdin.write(request)
        process.stdin.flush()
    answer: dict[str, object] = json.loads(process.stdout.readline())
    length = int(str(answer.get("length", 0)))
    made = process.stdout.read(length)
    if len(made) != length:
        raise ValueError("cut short")
    return answer, made


def _close(stream: IO[bytes] | None) -> None:
    if stream is None:
        return
    try:
        stream.close()
    except OSError:  # what was written to a process that has died
        return
