"""`make demo`: a database of its own, its customers, the web server, the worker and a host product, until Ctrl-C.

It shares nothing with a real installation: its database, key and logs are in `instance/` under their own names.
"""

import argparse
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from app.config import INSTANCE, Settings, WrongSetting
from app.demo.environment import HOST, NAME, ROOT, USUAL_PORT, environment, shell_command

START_SECONDS, STOP_SECONDS = 120, 10
THREADS = "8"
ENDS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Prepared:
    """What the demo prints when it is ready, and what the host product gets to know."""

    table: str
    api_key: str
    for_host: dict[str, str]


class CannotStart(Exception):
    """The demo cannot start; the words say why."""


class Stopped(BaseException):
    """Somebody asked the demo to end. No job on the way, which outlives any `Exception`, takes it for a failure."""


def ends_once() -> Callable[[int, FrameType | None], None]:
    """Return a handler that ends the demo the first time: a signal to the whole group comes again from `make`.

    It stays the handler: Python prints a traceback when a signal has come and its handler is replaced by `SIG_IGN`
    before it could run.
    """
    first = iter([True])

    def stop(_number: int, _frame: FrameType | None) -> None:
        if next(first, False):
            raise Stopped

    return stop


def main() -> int:
    """Run the demo; return the exit code."""
    stop = ends_once()
    for each in ENDS:
        signal.signal(each, stop)
    children: list[tuple[str, subprocess.Popen[bytes]]] = []
    try:
        asked = _arguments()
        (port, next_port), directory = _ports(asked.port), asked.directory
        environ = environment(directory, port)
        _say("Writing what the demo's customers did: about a minute the first time.")
        made = _prepare(environ, asked.months, directory, next_port)
        children.append(("web", _start("web", _web_command(port), environ, directory)))
        children.append(("worker", _start("worker", _worker_command(), environ, directory)))
        _wait_until_it_answers("web", port, children, directory)
        children.append(("host", _start("host", _host_command(next_port), environ | made.for_host, directory)))
        _wait_until_it_answers("host", next_port, children, directory)
        _say(made.table)
        _say(f"\nBilling API: http://{NAME}:{port}/v1/docs with the key {made.api_key}")
        _say(f"The example host product, which uses it: {_host_address(next_port)}/ (billing is at /billing)")
        _say(f"Commands against this database: {shell_command(directory, port)}")
        _say(f"Purser is at http://{NAME}:{port}/  (Ctrl-C ends it)")
        return _watch(children, directory)
    except (CannotStart, WrongSetting) as problem:
        _say(str(problem))
        return 1
    except Stopped:
        _say("Ending the demo.")
        return 0
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # for good: what comes now changes nothing
        _end([process for _, process in children])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.demo", description="Run the demo until Ctrl-C.")
    parser.add_argument(
        "--port", default=os.environ.get("DEMO_PORT", str(USUAL_PORT)), help="of the portal, on this machine only"
    )
    parser.add_argument("--directory", type=Path, default=INSTANCE, help="where the demo keeps its database and logs")
    parser.add_argument(
        "--months", type=int, choices=range(37), default=12, metavar="0-36", help="of history before the open one"
    )
    return parser.parse_args()


def _ports(text: str) -> tuple[int, int]:
    """Return the portal's port and the next one, for the host product, both free."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_535):
        raise CannotStart(f"The port must be a number from 1 to 65534, not {text!r}.")
    ports = int(text), int(text) + 1
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as problem:
                raise CannotStart(
                    f"Port {port} cannot be used ({problem.strerror}). Choose another one: make demo DEMO_PORT=8010"
                ) from None
    return ports


def _prepare(environ: dict[str, str], months: int, directory: Path, next_port: int) -> Prepared:
    """Bring the database up and write the demo's history; return what to print of it."""
    from app import create_app
    from app.demo import customers, host_product
    from app.models.database import db
    from app.services.operations.installation import install

    # The worker draws the PDFs, the newest first: the mails of the history are not kept waiting for them.
    settings = Settings.from_env(environ | {"PDF_ENGINE": "none"})
    install(settings)
    app = create_app(settings)
    logging.getLogger().setLevel(logging.ERROR)  # a year of declined cards is no news
    with app.app_context(), host_product.listening(next_port) as webhook_url:
        sign_ins = customers.make(months=months, webhook_url=webhook_url)
        made = Prepared(
            customers.table(sign_ins),
            host_product.key(directory, "demo.key"),
            host_product.environment(directory, settings.base_url, next_port),
        )
        db.session.remove()
        db.engine.dispose()
    return made


def _web_command(port: int) -> list[str]:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    command += ["--workers", "1", "--workers-kill-timeout", str(STOP_SECONDS - 2), "--blocking-threads", THREADS]
    return [*command, "--http", "1", "--no-ws", "wsgi:app"]


def _host_address(port: int) -> str:
    from app.demo import host_product

    return host_product.address(port)


def _host_command(port: int) -> list[str]:
    from app.demo import host_product

    return host_product.command(port)


def _worker_command() -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "worker"]


def _start(name: str, command: list[str], environ: dict[str, str], directory: Path) -> "subprocess.Popen[bytes]":
    """Start a child in a session of its own, so that Ctrl-C reaches us alone and we end it in order."""
    with (directory / f"demo-{name}.log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _wait_until_it_answers(
    name: str, port: int, children: list[tuple[str, "subprocess.Popen[bytes]"]], directory: Path
) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        _check(children, directory)
        try:
            with urlopen(f"http://{HOST}:{port}/healthz", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise CannotStart(f"The {name} process does not answer; see {directory / f'demo-{name}.log'}.")


def _watch(children: list[tuple[str, "subprocess.Popen[bytes]"]], directory: Path) -> int:
    while True:
        _check(children, directory)
        time.sleep(0.3)


def _check(children: list[tuple[str, "subprocess.Popen[bytes]"]], directory: Path) -> None:
    for name, process in children:
        if process.poll() is not None:
            raise CannotStart(f"The {name} process ended by itself; see {directory / f'demo-{name}.log'}.")


def _end(children: "list[subprocess.Popen[bytes]]") -> None:
    """End the children and what they started: each is the head of its own process group."""
    for process in children:
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + STOP_SECONDS
    for process in children:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, until - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
