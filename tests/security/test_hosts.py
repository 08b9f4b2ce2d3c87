"""A Host header that is no host's name is the sender's mistake, not ours."""

import pytest
from flask.testing import FlaskClient

NO_HOSTS = ["a" * 300, "\xff" * 70, "a..b", ".", "x" * 64 + ".example"]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/healthz", "/webhooks/stripe", "/static/portal.css", "/nowhere"])
@pytest.mark.parametrize("host", NO_HOSTS)
def test_no_page_falls_over_it(client: FlaskClient, path: str, host: str) -> None:
    for method in ("GET", "POST"):
        answer = client.open(path, method=method, environ_overrides={"HTTP_HOST": host})
        assert answer.status_code < 500
