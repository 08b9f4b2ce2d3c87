"""The portal on a port of loopback in a process of its own, which may be killed in the middle of its calls.

    python -m tests.programs.http_portal [POINT AT]

It says its port on a line, and answers until its input ends; then it says in a line of JSON how many POSTs of each name
Flask was asked to do itself. A request says its moment in `X-Now`. It kills itself (kill -9) at the AT-th time that it
reaches the point: `before` the one statement or transaction of a call, `inside` it (before SQLite's commit), or `after`.
"""

import itertools
import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from werkzeug.serving import make_server

from app import clock, create_app
from app.api.contract.operations import OUTCOME
from app.config import Settings
from app.services import writing_turn
from app.services.authorizations import postgresql_calls
from app.services.authorizations.postgresql_calls import HotPath
from app.services.authorizations.sqlite_connection import Writer
from tests.support.server import Quiet, in_one_piece

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class KeptOpen(Quiet):
    """Answers one request after the other on a connection, as servers do."""

    protocol_version = "HTTP/1.1"


def die_at(point: str, at: int) -> None:
    """Let this process be gone, as by kill -9, when it reaches the point for the `at`-th time."""
    numbers = itertools.count(1)
    call, writing = HotPath.call, Writer.writing

    def reached(here: str) -> None:
        if here == point and next(numbers) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def called(self: HotPath, *words: Any, **more: Any) -> Any:
        reached("before")
        answer = call(self, *words, **more)
        reached("after")
        return answer

    @contextmanager
    def written(self: Writer) -> Iterator[Connection]:
        reached("before")
        with writing(self) as rows:
            yield rows
            reached("inside")
        reached("after")

    HotPath.call, Writer.writing = called, written  # type: ignore[method-assign]


def counting(behind: "WSGIApplication", asked: Counter[str]) -> "WSGIApplication":
    """Count what Flask is asked to do itself. What the front did and could not answer is not that."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and OUTCOME not in environ:
            asked[environ["PATH_INFO"].rpartition("/")[2]] += 1
        return behind(environ, start_response)

    return answer


def at_its_moment(portal: "WSGIApplication") -> "WSGIApplication":
    """Let each request be answered at the moment that it says."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with clock.at(datetime.fromisoformat(environ["HTTP_X_NOW"])):
            return portal(environ, start_response)

    return answer


def main() -> None:
    """Answer until the input ends."""
    postgresql_calls.PATIENCE = writing_turn.PATIENCE = 60  # here a busy machine is no fault of the database's
    app, asked = create_app(Settings.from_env()), Counter[str]()
    app.wsgi_app.behind = counting(app.wsgi_app.behind, asked)  # type: ignore[attr-defined]
    if sys.argv[1:]:
        die_at(sys.argv[1], int(sys.argv[2]))
    server = make_server("127.0.0.1", 0, at_its_moment(in_one_piece(app)), threaded=True, request_handler=KeptOpen)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    serving.start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()
    print(json.dumps(asked), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
