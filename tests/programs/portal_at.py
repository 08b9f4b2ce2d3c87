"""The portal for a real web server, with a clock that shows what each request says in `X-Now`."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from app import clock, create_app
from app.config import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_portal = create_app(Settings.from_env())


def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer one request at its moment."""
    moment = environ.get("HTTP_X_NOW")
    if moment is None:
        return _portal(environ, start_response)
    with clock.at(datetime.fromisoformat(moment)):
        return _portal(environ, start_response)
