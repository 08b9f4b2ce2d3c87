"""Path mode: where a browser keeps no cookie in a frame, the session's token stands in front of every path.

A small WSGI middleware moves it from PATH_INFO to SCRIPT_NAME, so that every address that a page makes has it too, and
no view, log line or file name ever sees it. Decision 0051.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, has_request_context, request

from app.web.session_cookie import PATH_TOKEN

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_PREFIX = re.compile(r"/t/([A-Za-z0-9_-]{43})(?=/|$)")
_AS_SENT = ("REQUEST_URI", "RAW_URI")
_LEADING = ("Location", "HX-Redirect", "HX-Push-Url", "HX-Replace-Url")


class PathMode:
    """Takes the token off the path, for the app behind it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as the app does, below the token where the path has one."""
        found = _PREFIX.match(environ.get("PATH_INFO", ""))
        environ.pop(PATH_TOKEN, None)
        if found:
            rest = environ["PATH_INFO"][found.end() :] or "/"
            environ = {name: value for name, value in environ.items() if name not in _AS_SENT}
            environ |= {
                "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + found[0],
                "PATH_INFO": rest,
                PATH_TOKEN: found[1],
            }
        return self.app(environ, start_response)


def init_app(app: Flask) -> None:
    """Put the middleware before the app, and see that no answer leads out of path mode."""
    app.wsgi_app = PathMode(app.wsgi_app)  # type: ignore[method-assign]

    @app.after_request
    def stay(response: Response) -> Response:
        if is_on():
            for name in _LEADING:
                if name in response.headers:
                    response.headers[name] = with_root(response.headers[name])
        return response


def is_on() -> bool:
    """Whether the token of this request's session stands in its address."""
    return has_request_context() and PATH_TOKEN in request.environ


def root() -> str:
    """Return what stands before every path of ours in this request; mostly nothing."""
    return request.script_root if is_on() else ""


def without_root(path: str) -> str:
    """Return the path as it is without the token: what is kept, compared or handed on."""
    return _PREFIX.sub("", path, count=1) or "/" if _PREFIX.match(path) else path


def with_root(address: str) -> str:
    """Return the path of ours with the token before it, where this request has it; addresses of others as they are."""
    if not is_on() or not address.startswith("/") or address.startswith("//"):
        return address
    return root() + without_root(address)


def address(token: str, path: str) -> str:
    """Return the path below this token; without one as it is."""
    return f"/t/{token}{path}" if token else path


def own_origin() -> str:
    """Return where this request found us."""
    return f"{request.scheme}://{request.host}"


def same_page(address: str) -> str:
    """Return path and query of an address of ours without the token."""
    parts = urlsplit(address)
    return without_root(parts.path) + (f"?{parts.query}" if parts.query else "")
