"""Installs localstripe in its own virtual environment, and runs it with the shim before it, on loopback."""

import hashlib
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.support.postgres import locked
from tests.support.stripe_wire import Sent, read
from tests.support.tied import tied

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = ROOT / "requirements" / "localstripe.txt"
HOME = ROOT / ".venv" / "localstripe"
SETTINGS = Path(__file__).with_name("gunicorn_settings.py")


@dataclass(frozen=True)
class LocalStripe:
    """A running localstripe."""

    base: str
    """Where the shim listens: what STRIPE_API_BASE is set to."""
    heard: Path

    def requests(self) -> list[Sent]:
        """Return every request that came in since the last `forget`."""
        return [each for each in read(self.heard) if not each.url.startswith(f"{self.base}/_shim/")]

    def forget(self) -> None:
        """Start empty: no customers, no keys, no requests."""
        with urlopen(Request(f"{self.base}/_shim/forget", data=b""), timeout=60):
            self.heard.write_text("")


def installed() -> Path:
    """Return localstripe's own interpreter, with exactly what the lock names; made once, by whoever comes first."""
    python, stamp = HOME / "bin" / "python", HOME / "lock.sha256"
    lock = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    HOME.mkdir(parents=True, exist_ok=True)
    with locked(HOME.with_suffix(".lock")):
        if not stamp.exists() or stamp.read_text() != lock:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME)], check=True)
            install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
            subprocess.run([str(python), *install, str(REQUIREMENTS)], check=True)
            stamp.write_text(lock)
    return python


@contextmanager
def running() -> Iterator[LocalStripe]:
    """Run localstripe and the shim inside the block, each as a process of its own."""
    python = installed()
    with tempfile.TemporaryDirectory(prefix="purser-localstripe-") as made:
        directory = Path(made)
        listener, before = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
        bases = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in (listener, before)]
        server = [str(python), "-m", "gunicorn", "--worker-class", "aiohttp.GunicornWebWorker", "--no-control-socket"]
        server += ["--config", str(SETTINGS), "--log-level", "warning", "--graceful-timeout", "1"]
        server += ["--bind", f"fd://{listener.fileno()}", "localstripe.server:app"]
        heard = directory / "heard.jsonl"
        shim = [sys.executable, "-m", "tests.programs.localstripe.shim", str(before.fileno()), bases[0], str(heard)]
        log = directory / "log"
        with log.open("wb") as output:
            processes = [
                subprocess.Popen(
                    command,
                    cwd=cwd,
                    pass_fds=[each.fileno()],
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    **tied(),
                )
                for command, cwd, each in ((server, directory, listener), (shim, ROOT, before))
            ]
        listener.close()
        before.close()
        try:
            _wait(bases[1], log)
            yield LocalStripe(bases[1], heard)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)


def _wait(base: str, log: Path) -> None:
    for _ in range(1200):
        try:
            with urlopen(f"{base}/_shim/ready", timeout=60) as answer:
                if json.load(answer)["ready"]:
                    return
        except (URLError, ConnectionError, TimeoutError, KeyError):
            pass
        time.sleep(0.1)
    raise RuntimeError(f"localstripe does not answer: {log.read_text()[-3000:]}")


if __name__ == "__main__":
    print(installed())
