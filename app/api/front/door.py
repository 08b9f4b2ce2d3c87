"""The door of the front: a WSGI application around Flask's. What it does not know goes on as it came."""

import time
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import structlog
from flask import Flask

from app import logs
from app.api import metrics
from app.api.contract import callers
from app.api.contract.operations import COUNTED, OUTCOME
from app.api.front import authorizations, plain, usage_events
from app.api.front.ways import Asked, HandOn, Way
from app.config import Settings
from app.web import security_headers

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

WAYS: tuple[Way, ...] = (*authorizations.WAYS, *usage_events.WAYS)
_OK = 200
_JSON = ("Content-Type", "application/json")


class Placed(NamedTuple):
    """A way and its address, as the log and the metrics name it; and what stands before and after the name in it."""

    way: Way
    route: str
    before: str
    after: str


class Front:
    """Answers the calls that are on its ways and plain; hands every other on."""

    def __init__(self, app: Flask, settings: Settings, ways: Iterable[Way]) -> None:
        self._app, self.behind = app, app.wsgi_app
        routes = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
        placed = [Placed(way, routes[way.endpoint], *_ends(routes[way.endpoint])) for way in ways]
        self._whole = {each.before: each for each in placed if each.route == each.before}
        self._named = [each for each in placed if each.route != each.before]
        self._headers = list(security_headers.of_programs(settings).items())

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer, or let Flask answer."""
        found = self._found(environ.get("PATH_INFO", ""))
        if found is None or (head := plain.head(environ)) is None:
            return self.behind(environ, start_response)
        began = time.perf_counter()
        (way, route, _before, _after), named = found
        raw = environ["wsgi.input"].read(head.length) if head.length else b""
        environ["wsgi.input"] = BytesIO(raw)  # for whoever reads it next
        asked = Asked(environ["PATH_INFO"], named, raw, head.proof, head.key)
        work = way.read(asked) if len(raw) == head.length else None
        if work is None:
            return self.behind(environ, start_response)
        request_id = logs.request_id_of(head.request_id)
        logs.speak_of(request_id)
        try:
            with self._app.app_context():
                callers.count(head.proof)
                text = work().encode()
                took = time.perf_counter() - began
                metrics.counted().add("POST", route, _OK, took)
                logs.answered("POST", route, _OK, took)
        except HandOn:
            environ |= {COUNTED: True, logs.KNOWN_ID: request_id, logs.BEGAN: began}
            return self.behind(environ, start_response)
        except Exception as problem:  # noqa: BLE001  # whatever it is, Flask answers it as its own
            environ |= {OUTCOME: problem, logs.KNOWN_ID: request_id, logs.BEGAN: began}
            return self.behind(environ, start_response)
        finally:
            structlog.contextvars.clear_contextvars()
        length = ("Content-Length", str(len(text)))
        start_response("200 OK", [_JSON, length, *self._headers, ("X-Request-Id", request_id)])
        return [text]

    def _found(self, path: str) -> tuple[Placed, str] | None:
        """Return the way that has this address, and the name in it."""
        if (whole := self._whole.get(path)) is not None:
            return whole, ""
        for each in self._named:
            if path.startswith(each.before) and path.endswith(each.after):
                return each, path[len(each.before) : len(path) - len(each.after)]
        return None


def _ends(route: str) -> tuple[str, str]:
    """Return what stands before and after the name in an address."""
    before, _, rest = route.partition("<")
    return before, rest.partition(">")[2]


def init_app(app: Flask, settings: Settings) -> None:
    """Put the front before the app and all that stands before it."""
    if settings.api_front:
        app.wsgi_app = Front(app, settings, WAYS)  # type: ignore[method-assign]
