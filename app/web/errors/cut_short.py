"""A body that its client did not send to the end is none: what came of it is never taken for all of it.

A server may hand a body that was cut short to the app as if it had ended there, and its mark `wsgi.input_terminated`
says that nobody need count. So it is counted here, for whichever part of the app reads it. Of a body whose length is
not known only what is in it can say whether it is whole: JSON can, and the beginning of a form cannot. Whoever takes
nothing for an answer asks `is_unknown`.
"""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request
from werkzeug.exceptions import RequestEntityTooLarge

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
        elif is_unknown(environ) and environ.get("CONTENT_TYPE", "").lower().startswith(FORM):
            environ["wsgi.input"] = _Endless()
        return self.app(environ, start_response)


class _Counted(io.RawIOBase):
    """A body of so many bytes."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream, self._missing = stream, length

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, into: Any) -> int:
        """Read a piece, or refuse a body that has ended too early."""
        piece = self._stream.read(len(into))
        into[: len(piece)] = piece
        self._missing -= len(piece)
        if not piece and self._missing > 0:
            raise cut_short()
        return len(piece)


class _Endless(io.RawIOBase):
    """A body of which nobody can say where it ends."""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, _into: Any) -> int:
        """Refuse it."""
        raise Refused(_("Say how long the request is: send Content-Length."), "length_required", 411)


def body_of(request: Request) -> bytes:
    """Return the body, or refuse one that is larger than the request may have it.

    Of one whose length is not said, werkzeug returns the beginning.
    """
    raw = request.get_data(cache=False, parse_form_data=False) or b""
    if len(raw) == request.max_content_length and is_unknown(request.environ) and request.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge
    return raw


def is_unknown(environ: "WSGIEnvironment") -> bool:
    """Say whether there may be a body whose length is not said: in pieces, or by HTTP/2."""
    if environ.get("CONTENT_LENGTH"):
        return False
    return "HTTP_TRANSFER_ENCODING" in environ or not environ.get("SERVER_PROTOCOL", "HTTP/1.1").startswith("HTTP/1")


def cut_short() -> Refused:
    """Return the refusal of a body that was cut short."""
    return Refused(_("This request did not arrive whole, and nothing was done."), "request_cut_short", 400)


def init_app(app: Flask) -> None:
    """Put it before the app."""
    app.wsgi_app = WholeBodies(app.wsgi_app)  # type: ignore[method-assign]
