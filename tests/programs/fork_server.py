"""Starts programs of the tests by forking: everything of the app is imported once, not once for each program.

    python -m tests.programs.fork_server   (standard input is a Unix socket)

Each message is a JSON object `{"module", "words", "env", "session"}` behind its length, with four descriptors: the
program's input, output and errors, and a socket on which its process id and then its exit status are written. When the
other end of that socket is closed, the program is killed; when standard input ends, this process ends.
"""

import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import configure_mappers

import app
from app import create_app
from app.config import Settings
from app.models.database import db
from app.services import wake_ups
from app.services.authorizations import holds
from tests.support import cast, databases, shared_work

LENGTH = 8
LEFT_OUT = ("app.demo",)
"""What only `make demo` runs."""
SESSION_DIR = "PURSER_TESTS_DIR"
CRASH_RUNS, BUYER = "tests.programs.crash_runs", "tests.programs.buyer"


def main() -> None:
    """Fork a program for each message."""
    gc.disable()  # what is imported stays
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.startswith(LEFT_OUT):
            import_module(module.name)
    prepare()
    gc.enable()
    gc.freeze()  # no program looks through what this one imported, nor gets a copy of it for that
    warm = set[str]()
    requests = socket.socket(fileno=0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it, by closing its input
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        received = _receive(requests)
        if received is None:
            return
        request, descriptors = received
        kind = "postgresql" if request["env"].get("DATABASE_URL", "").startswith("postgresql") else "sqlite"
        if kind not in warm:
            warm_up(kind)
            warm.add(kind)
            gc.freeze()
        if os.fork() == 0:
            break
        for each in descriptors:
            os.close(each)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    child = os.fork()
    if child:
        _watch(child, socket.socket(fileno=descriptors[3]), descriptors[:3])
    _become(request, descriptors)


def prepare() -> None:
    """Map the tables and make an app of each kind that nobody uses: no program does again what is the same for all."""
    shared_work.keep_builders()
    shared_work.keep_the_sandboxs_statements(connections=False)
    configure_mappers()
    for address in ("sqlite://", "postgresql+psycopg://nobody@localhost/nothing"):
        create_app(Settings("0" * 32, address, testing=True))
    app.create_app = with_what_is_compiled


def with_what_is_compiled(settings: Settings) -> Flask:
    """Make an app that uses the statements that were compiled here. It opens no connection: who forks on has none."""
    made = create_app(settings)
    shared_work.share(made, only_known=True)
    return made


def warm_up(kind: str) -> None:
    """Buy, work, verify and spend once on a database of this kind, and leave no connection: no program compiles that again."""
    session_dir = Path(os.environ[SESSION_DIR])
    with tempfile.TemporaryDirectory(dir=session_dir) as folder:
        on_sqlite = kind == "sqlite"
        database = (
            databases.fresh_sqlite(session_dir, Path(folder)) if on_sqlite else databases.fresh_postgresql(session_dir)
        )
        made = create_app(databases.settings_for(database))
        shared_work.share(made)
        with made.app_context():
            cast.apply_catalog()
        crash_runs, buyer = import_module(CRASH_RUNS), import_module(BUYER)
        crash_runs.warm_up(made, crash_runs.BEGINS)
        with made.app_context():
            spender = cast.make_customer("Spender").customer_id
            buyer.give(spender, 10_000_000, 600_000)
            buyer.report([spender], "report", 1)
            buyer.hold(spender, "hold", 1_000_000)
            buyer.post(spender)
            for each in (CRASH_RUNS, BUYER):
                del sys.modules[each]  # a program itself, and begun anew
            wake_ups.queue().close()
            holds.close()
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()
        database.drop()


def _receive(requests: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    head, descriptors, _flags, _address = socket.recv_fds(requests, LENGTH, 4)
    if not head:
        return None
    text = b""
    while len(text) < int(head):
        text += requests.recv(int(head) - len(text))
    return json.loads(text), descriptors


def _watch(child: int, said: socket.socket, unused: list[int]) -> None:
    """Say who the child is and how it ends; kill it when nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in (0, *unused):
        os.close(each)
    said.sendall(f"{child}\n".encode())
    ended = None
    while ended is None:
        try:
            if select.select([said], [], [], 0.01)[0]:
                os.kill(child, signal.SIGKILL)
                time.sleep(0.01)
        except ProcessLookupError:
            pass
        found, status = os.waitpid(child, os.WNOHANG)
        ended = status if found else None
    try:
        said.sendall(f"{os.waitstatus_to_exitcode(ended)}\n".encode())
    finally:
        os._exit(0)


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Be the program."""
    if request["session"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    for place, each in enumerate(descriptors[:3]):
        os.dup2(each, place)
    for each in descriptors:
        os.close(each)
    sys.argv = [request["module"], *request["words"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
