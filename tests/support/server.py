"""The portal on loopback: as a server process of its own, or, for browsers, by threads of the test's process."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from app import create_app
from app.config import Settings
from app.models.database import db
from app.services.authorizations import holds
from tests.support import shared_work
from tests.support.databases import environment
from tests.support.ports import free_port
from tests.support.tied import tied

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Server:
    """A running portal."""

    url: str
    settings: Settings
    process: "subprocess.Popen[bytes] | None" = None
    log: Path | None = None


@contextmanager
def serving(settings: Settings, directory: Path, target: str = "wsgi:app", **environ: str) -> Iterator[Server]:
    """Serve the portal (`target`) by granian inside the block, on a free port of loopback."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = replace(settings, base_url=url)
    log = directory / f"server-{port}.log"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--workers-kill-timeout", "5", "--blocking-threads", "4", "--http", "1"]
    command += ["--no-ws", target]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(own, **environ),
            stdout=output,
            stderr=output,
            start_new_session=True,
            **tied(),
        )
    try:
        _wait(process, url, log)
        yield Server(url, own, process, log)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def serving_here(settings: Settings, host: str = "127.0.0.1", **environ: str) -> Iterator[Server]:
    """Serve the portal inside the block by threads of this process, which has imported and compiled everything.

    `host` is how browsers name it: passkeys need a name.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://{host}:{listener.getsockname()[1]}"
    own = Settings.from_env(environment(replace(settings, base_url=url), **environ))
    app = create_app(own)
    shared_work.share(app)
    server = make_server("127.0.0.1", 0, in_one_piece(app), threaded=True, request_handler=Quiet, fd=listener.fileno())
    server.daemon_threads = False  # type: ignore[attr-defined]  # what still answers is waited for: it uses the database
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Server(url, own)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        listener.close()
        with app.app_context():
            holds.close()
            for engine in db.engines.values():
                engine.dispose()


def in_one_piece(app: "WSGIApplication") -> "WSGIApplication":
    """Read each answer of the app to its end and close it, before the server has any of it.

    Werkzeug's server leaves an answer, and so its file, open when a browser hangs up at the moment that it was sent.
    """

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        with closing(ClosingIterator(app(environ, start_response))) as pieces:
            return [b"".join(pieces)]

    return answer


class Quiet(WSGIRequestHandler):
    """Writes no line for each request, and waits for no other one on a line that its browser leaves open."""

    timeout = 30

    def log(self, *_words: object) -> None:
        """Keep it: the app logs its answers."""


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            break
        try:
            with urlopen(f"{url}/healthz", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"the server does not answer: {log.read_text()[-3000:]}")
