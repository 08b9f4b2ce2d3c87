"""Lines of the log: a request's id stands on its own lines alone, and that it was answered is a line like any other."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from flask import Flask

from app import logs
from app.config import Settings
from tests.support.browser import Browser


def test_no_line_after_a_request_carries_its_id(alice: Browser) -> None:
    assert alice.opens("/billing/").response.headers["X-Request-Id"].startswith("req_")
    assert structlog.contextvars.get_contextvars() == {}


@pytest.fixture
def as_json(app: Flask, settings: Settings) -> Iterator[None]:
    """Lines as a server writes them, and afterwards as they were."""
    logs.configure(replace(settings, log_format="json"))
    yield
    logs.configure(settings)


def written(*words: Any, **fields: Any) -> list[tuple[str, Any]]:
    """Return the fields of the one line that is written, in their order."""
    with contextlib.redirect_stderr(io.StringIO()) as said:
        logs.answered(*words) if words else logs.log.info("answered", **fields)
    (line,) = said.getvalue().splitlines()
    return list(json.loads(line).items())


@pytest.mark.parametrize("method", ["POST", "A\r\nB\x1b[0m", "\u00fc"])
def test_that_a_request_was_answered_is_a_line_like_any_other(as_json: None, method: str) -> None:
    logs.speak_of("req_17")
    try:
        route = "/v1/authorizations/<authorization_id>/capture"
        short = written(method, route, 200, 0.01234)
        usual = written(method=method, route=route, status=200, milliseconds=12.3)
    finally:
        structlog.contextvars.clear_contextvars()
    assert [each for each in short if each[0] != "timestamp"] == [each for each in usual if each[0] != "timestamp"]
    (at, usually) = (dict(each)["timestamp"] for each in (short, usual))
    assert len(at) == len(usually) and at[-1] == usually[-1] == "Z"


def test_no_line_is_written_where_none_is_asked_for_and_an_answer_needs_no_reader(as_json: None) -> None:
    with contextlib.redirect_stderr(io.StringIO()) as closed:
        closed.close()
        logs.answered("POST", "/v1/authorizations", 200, 0.1)
    logging.disable()
    try:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            logs.answered("POST", "/v1/authorizations", 200, 0.1)
    finally:
        logging.disable(logging.NOTSET)
    assert said.getvalue() == ""
