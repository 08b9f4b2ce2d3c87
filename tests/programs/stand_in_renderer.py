"""What stands in for the process that draws: it does to a document what the document's text says, and draws nothing.

`python -m tests.programs.stand_in_renderer` answers as the real one, under its limits and behind its shut doors.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.gateways.pdf.process import Draw, Forbidden, serve


def prepare() -> Draw:
    """Return what does as the document says."""
    return _do


def _do(html: str, made_at: datetime) -> bytes:
    word, _space, about = html.partition(" ")
    if word in ATTEMPTS:
        try:
            ATTEMPTS[word](about)
        except OSError as problem:
            sys.stderr.write(f"{type(problem).__name__}\n")
        except Forbidden:
            """A library that swallows what is refused must not hide it."""
    if word == "allocate":
        return b"x" * 8 * 1024**3
    if word == "environment":
        return repr(sorted(os.environ)).encode()
    return f"{os.getpid()} {made_at:%Y}".encode()


ATTEMPTS: dict[str, Callable[[str], object]] = {
    "sleep": lambda _about: time.sleep(3600),
    "die": lambda _about: os._exit(3),
    "connect": lambda about: socket.create_connection(("127.0.0.1", int(about))),
    "look_up": lambda _about: socket.getaddrinfo("localhost", 80),
    "read": lambda about: Path(about).read_bytes(),
    "write": lambda about: Path(about).write_text("written"),
    "run": lambda _about: subprocess.run(["/bin/true"], check=False),
    "print": lambda _about: print("what a library says"),
}


if __name__ == "__main__":
    serve(prepare)
