"""A rival of the registries: installed into a folder that is gone afterwards, and run by a Python of its own."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from benchmarks.busy import Busy

PROGRAMS = Path(__file__).resolve().parent / "programs"
DRIVER = "psycopg[binary]"
INSTALLING, RUNNING = 180, 240
"""So many seconds may a rival take to be installed, and for all that it is asked: then it takes no part."""


class Unavailable(Exception):
    """It cannot be run here; the text says why."""


@dataclass
class Installed:
    """A rival in its own process, which does what it is asked and says what it took."""

    process: "subprocess.Popen[str]"
    said: Any = None

    def ask(self, task: str, many: int) -> Busy:
        """Let it do something so many times, and return what its own process took."""
        assert self.process.stdin
        self.process.stdin.write(f"{task} {many}\n")
        self.process.stdin.flush()
        line = _line(self.process)
        if not line:
            raise Unavailable("it ended, or was ended because it took too long")
        took = json.loads(line)
        self.said = took["said"]
        return Busy(took["cpu"], took["clock"])


@contextmanager
def running(program: str, packages: list[str], arguments: list[str]) -> Iterator[tuple[str, Installed]]:
    """Install the packages, run the program, and hand it out with the version of the first package."""
    with tempfile.TemporaryDirectory(prefix="purser-rival-") as folder:
        python = Path(folder) / "bin" / "python"
        _run([sys.executable, "-m", "venv", folder])
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages, DRIVER])
        (found,) = Path(folder).glob("lib/python3*/site-packages")
        versions = {each.name: each.version for each in distributions(path=[str(found)])}
        with (Path(folder) / "errors").open("w+") as errors:
            command = [str(python), str(PROGRAMS / program), *arguments]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder
            )
            end = threading.Timer(RUNNING, process.kill)
            end.start()
            try:
                if _line(process) != "ready\n":
                    process.wait(30)
                    errors.seek(0)
                    raise Unavailable(f"it does not start: {errors.read()[-300:].strip()}")
                yield f"{packages[0]} {versions[packages[0]]}", Installed(process)
            finally:
                end.cancel()
                process.terminate()
                process.wait(30)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline()


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALLING)
    except subprocess.TimeoutExpired as problem:
        raise Unavailable(f"it takes more than {INSTALLING} s to install") from problem
    if done.returncode:
        raise Unavailable(f"it does not install: {done.stderr[-300:].strip()}")
