"""A test client whose requests stand alone, as they do in a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import has_app_context
from flask.ctx import AppContext
from flask.globals import app_ctx
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class StandAloneClient(FlaskClient):
    """Puts the test's own app context aside during a request.

    Otherwise Flask would run the request inside it: the signed-in member and the scope would leak from one request to
    the next, and the test would read from its old database snapshot afterwards.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Make the request, and read the whole answer while its own context is there."""
        kwargs.setdefault("buffered", True)
        with outside_contexts():
            return super().open(*args, **kwargs)


@contextmanager
def outside_contexts() -> Iterator[None]:
    """Leave every app context inside the block, and enter the same ones again after it."""
    left: list[AppContext] = []
    while has_app_context():
        context: AppContext = app_ctx._get_current_object()  # type: ignore[attr-defined]  # a proxy's own method
        context.pop()
        left.append(context)
    try:
        yield
    finally:
        for context in reversed(left):
            context.push()
