"""Logs: one line per fact, with the request's id, and only fields that are on the list."""

import contextlib
import json
import logging
import re
import sys
import time
from typing import Any, ClassVar

from flask import Flask, Response, g, request

from app import ids
from app.absent import absent
from app.config import Settings

with absent("rich"):  # for tracebacks in colour, which no line of ours has
    import structlog

# Whatever else a caller hands over is dropped: addresses, tokens and bodies cannot slip in with a new field.
FIELDS = frozenset(
    """
    event level timestamp logger exception request_id method route status milliseconds member customer role reason
    why code count counts name id kind payment attempt intent event_id event_type type state tries job seconds version
    catalog figure invariant fault processor address_hash problem number limit by scopes
    """.split()  # noqa: SIM905  # a list to read, not code
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
KNOWN_ID, BEGAN = "purser.request_id", "purser.began"
"""What the front has said of a request in its environment before it handed it on: no client can set these."""
_BREAKS = str.maketrans({"\r": "\\r", "\n": "\\n", "\x1b": "\\e"})

_STAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)
_REQUESTS = logging.getLogger("request")
log = structlog.get_logger(_REQUESTS.name)


def configure(settings: Settings) -> None:
    """Send every log, ours and the libraries', as lines to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _STAMP,
        structlog.processors.format_exc_info,
        _only_known,
    ]
    renderer: Any = structlog.processors.JSONRenderer()
    if settings.log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Stderr()
    _Stderr.of_json = handler if settings.log_format == "json" else None
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for each in [each for each in root.handlers if isinstance(each, _Stderr)]:
        root.removeHandler(each)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for noisy in ("werkzeug", "stripe", "alembic", "urllib3", "flask_wtf.csrf"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def init_app(app: Flask) -> None:
    """Give each request an id and write one line when it is answered."""

    @app.before_request
    def begin() -> None:
        known = request.environ
        g.request_id = known.get(KNOWN_ID) or request_id_of(request.headers.get("X-Request-Id", ""))
        g.began = known.get(BEGAN) or time.perf_counter()
        speak_of(g.request_id)

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()  # what the thread logs afterwards belongs to no request

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        # The route and not the path: a path may carry a secret.
        route = request.url_rule.rule if request.url_rule else "(none)"
        if request.endpoint not in {"static", "health.live"}:
            answered(request.method, route, response.status_code, time.perf_counter() - g.began)
        return response


def request_id_of(asked: str) -> str:
    """Return the id of a request: what it asks to be called by, or a new one."""
    return asked if _REQUEST_ID.fullmatch(asked) else ids.new("req")


def speak_of(request_id: str) -> None:
    """Let whatever this thread logs from here on have the request's id."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Write the one line of a request that is answered.

    As JSON it is put together here: on the way of all other lines it costs as much as all else that the front does.
    """
    fields = {"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 1)}
    handler = _Stderr.of_json
    if handler is None:
        log.info("answered", **fields)
    elif _REQUESTS.isEnabledFor(logging.INFO):
        handler.write({**fields, "event": "answered", **structlog.contextvars.get_contextvars(), "level": "info"})


class _Stderr(logging.StreamHandler[Any]):
    """Writes to the current standard error."""

    of_json: "ClassVar[_Stderr | None]" = None
    """The one that is in use, where lines are JSON."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    def write(self, fields: dict[str, Any]) -> None:
        """Write the fields, with the time, as a line of JSON."""
        _STAMP(None, "", fields)
        line = json.dumps(_only_known(None, "", fields)) + "\n"
        self.acquire()
        try:
            with contextlib.suppress(OSError, ValueError):  # nobody reads it, and that is no reason not to answer
                self.stream.write(line)
                self.flush()
        finally:
            self.release()

    @property
    def stream(self) -> Any:
        """Standard error."""
        return sys.stderr

    @stream.setter
    def stream(self, _value: Any) -> None:
        """Keep to standard error."""


def _only_known(_logger: object, _method: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Keep the fields on the list, and keep each line one line."""
    kept = {}
    for name, value in fields.items():
        if name.startswith("_"):
            kept[name] = value  # structlog's own, removed before the line is written
        elif name in FIELDS:
            kept[name] = value.translate(_BREAKS) if isinstance(value, str) and name != "exception" else value
    return kept
