"""The door of the front: a WSGI application around Flask's. What it does not know goes on as it came."""

import time
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

import structlog
from flask import Flask

from app import logs
from app.api import metrics
from app.api.contract import callers
from app.api.contract.operations import OUTCOME
from app.api.front import authorizations, plain
from app.api.front.ways import Asked, Way
from app.config import Settings
from app.web import security_headers

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

WAYS: tuple[Way, ...] = (*authorizations.WAYS,)
_OK = 200
_JSON = ("Content-Type", "application/json")


class Front:
    """Answers the calls that are on its ways and plain; hands every other on."""

    def __init__(self, app: Flask, settings: Settings, ways: Iterable[Way]) -> None:
        self._app, self.behind = app, app.wsgi_app
        self._whole = {way.route: way for way in ways if not way.has_name}
        self._named = [(*way.ends, way) for way in ways if way.has_name]
        self._headers = list(security_headers.of_programs(settings).items())

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer, or let Flask answer."""
        found = self._found(environ.get("PATH_INFO", ""))
        if found is None or (head := plain.head(environ)) is None:
            return self.behind(environ, start_response)
        began = time.perf_counter()
        way, named = found
        raw = environ["wsgi.input"].read(head.length) if head.length else b""
        environ["wsgi.input"] = BytesIO(raw)  # for whoever reads it next
        work = way.read(Asked(named, raw, head.proof, head.key)) if len(raw) == head.length else None
        if work is None:
            return self.behind(environ, start_response)
        request_id = logs.request_id_of(head.request_id)
        logs.speak_of(request_id)
        try:
            with self._app.app_context():
                callers.count(head.proof)
                text = work().encode()
                took = time.perf_counter() - began
                metrics.counted().add("POST", way.route, _OK, took)
                logs.answered("POST", way.route, _OK, took)
        except Exception as problem:  # noqa: BLE001  # whatever it is, Flask answers it as its own
            environ |= {OUTCOME: problem, logs.KNOWN_ID: request_id, logs.BEGAN: began}
            return self.behind(environ, start_response)
        finally:
            structlog.contextvars.clear_contextvars()
        length = ("Content-Length", str(len(text)))
        start_response("200 OK", [_JSON, length, *self._headers, ("X-Request-Id", request_id)])
        return [text]

    def _found(self, path: str) -> tuple[Way, str] | None:
        """Return the way that has this address, and the name in it."""
        if (way := self._whole.get(path)) is not None:
            return way, ""
        for before, after, way in self._named:
            if path.startswith(before) and path.endswith(after):
                return way, path[len(before) : len(path) - len(after)]
        return None


def init_app(app: Flask, settings: Settings) -> None:
    """Put the front before the app and all that stands before it."""
    if settings.api_front:
        app.wsgi_app = Front(app, settings, WAYS)  # type: ignore[method-assign]
