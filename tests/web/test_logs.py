"""The request's id stands on the request's own lines alone."""

import structlog

from tests.support.browser import Browser


def test_no_line_after_a_request_carries_its_id(alice: Browser) -> None:
    assert alice.opens("/billing/").response.headers["X-Request-Id"].startswith("req_")
    assert structlog.contextvars.get_contextvars() == {}
