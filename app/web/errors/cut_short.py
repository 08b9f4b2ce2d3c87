"""A body that its client did not send to the end is none: what came of it is never taken for all of it.

A server may hand a body that was cut short to the app as if it had ended there, and its mark `wsgi.input_terminated`
says that nobody need count. So it is counted here, for whichever part of the app reads it. Where a body's length was
not said, one of which nothing came is refused: an empty body would be a question of its own, as for a capture all that
is held.
"""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from app.domain.errors import Refused
from app.domain.language import _

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

FORM = "application/x-www-form-urlencoded"
"""Any beginning of such a body is one too; one of JSON is not JSON, and one in parts lacks its end."""


class WholeBodies:
    """Counts the bodies of requests, for the app behind it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as the app does, of which whoever reads a body that is not whole is refused."""
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isascii() and length.isdigit():
            environ["wsgi.input"] = _Counted(environ["wsgi.input"], int(length))
        elif environ.get("CONTENT_TYPE") or environ.get("HTTP_TRANSFER_ENCODING"):
            is_form = environ.get("CONTENT_TYPE", "").lower().startswith(FORM)
            environ["wsgi.input"] = _Counted(environ["wsgi.input"], 1, may_end=not is_form)
        return self.app(environ, start_response)


class _Counted(io.RawIOBase):
    """A body of at least so many bytes. One that has no end that can be known (`may_end`) is refused with 411."""

    def __init__(self, stream: Any, least: int, *, may_end: bool = True) -> None:
        self._stream, self._missing, self._may_end = stream, least, may_end

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, into: Any) -> int:
        """Read a piece, or refuse a body that has ended too early."""
        if not self._may_end:
            raise Refused(_("Say how long the request is: send Content-Length."), "length_required", 411)
        piece = self._stream.read(len(into))
        into[: len(piece)] = piece
        self._missing -= len(piece)
        if not piece and self._missing > 0:
            raise Refused(_("This request did not arrive whole, and nothing was done."), "request_cut_short", 400)
        return len(piece)


def init_app(app: Flask) -> None:
    """Put it before the app."""
    app.wsgi_app = WholeBodies(app.wsgi_app)  # type: ignore[method-assign]
